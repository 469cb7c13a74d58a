//! The token that is presented to a service.

use crate::error::{Error, Result};
use crate::secret::Secret;

/// The longest token that is presented, in bytes. AWS, the strictest, reads no more than 20,000 characters.
const MAX_SUBJECT_BYTES: usize = 20_000;

/// Refuses what no request can carry.
///
/// # Errors
/// [`Error::InvalidOption`] naming `token`.
pub fn check_subject(subject: &Secret<String>) -> Result<()> {
    let text = subject.expose();
    if text.len() > MAX_SUBJECT_BYTES {
        let problem = format!("is {} bytes long, and at most {MAX_SUBJECT_BYTES} are sent", text.len());
        return Err(Error::option("token", problem));
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::option("token", "must be a token of visible ASCII characters, without white space"));
    }
    Ok(())
}
