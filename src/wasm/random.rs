//! Random bytes, at first use: runtimes such as workerd refuse them while a module is being loaded.

use crate::error::{Error, Result};
use crate::exchange::{CacheKeys, Jitter};

/// Random bytes.
///
/// # Errors
/// [`Error::Internal`] where the runtime has none.
fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| Error::Internal("this runtime has no random bytes at this point"))?;
    Ok(bytes)
}

/// A jitter that differs from that of other callers.
///
/// # Errors
/// [`Error::Internal`] where the runtime has no random bytes.
pub fn jitter() -> Result<Jitter> {
    bytes().map(u64::from_le_bytes).map(Jitter::new)
}

/// Cache keys that the callers of one instance share, and that no one else can compute.
///
/// # Errors
/// Those of [`jitter`].
pub fn cache_keys() -> Result<CacheKeys> {
    bytes().map(CacheKeys::new)
}
