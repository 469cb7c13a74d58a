//! A key set on its way out of one instance and into another: through a store that isolates share, or past a lost instance.
//!
//! The text is the load time in whole seconds since the epoch, a line feed, and the key set as the issuer sent it. What
//! comes back is checked like a response of the issuer; a writer of the store can choose the keys, as with any
//! cache of them.

use std::time::Duration;

use crate::crypto::Algorithm;
use crate::error::{Error, Result};
use crate::jose::Jwks;
use crate::time::Timestamp;

/// How far the clocks of two instances may differ before a text from the future is refused.
const SKEW: Duration = Duration::from_secs(60);

/// A key set as it was loaded.
#[derive(Debug)]
pub struct Fetched {
    /// The keys, ready for use.
    pub jwks: Jwks,
    /// The response of the issuer.
    pub text: String,
}

impl Fetched {
    /// Reads and prepares what the issuer sent.
    ///
    /// # Errors
    /// [`Error::InvalidJwks`].
    pub fn read(text: Vec<u8>, allowed: &[Algorithm]) -> Result<Self> {
        let text = String::from_utf8(text).map_err(|_| Error::jwks("is not UTF-8"))?;
        Ok(Self { jwks: Jwks::parse(text.as_bytes(), allowed)?, text })
    }

    /// The text to keep.
    pub fn to_shared(&self, loaded_at: Timestamp) -> String {
        [&*loaded_at.as_seconds().to_string(), "\n", &self.text].concat()
    }
}

/// Reads a text that was kept, with the time at which it was loaded.
///
/// # Errors
/// [`Error::InvalidJwks`] where it is none, or lies in the future.
pub fn from_shared(text: &str, allowed: &[Algorithm], now: Timestamp) -> Result<(Jwks, Timestamp)> {
    let (seconds, jwks) = text.split_once('\n').ok_or(Error::jwks("was not kept by this package"))?;
    let loaded_at = seconds.parse().ok().and_then(Timestamp::from_seconds);
    match loaded_at {
        Some(at) if at <= now.saturating_add(SKEW) => Ok((Jwks::parse(jwks.as_bytes(), allowed)?, at.min(now))),
        _ => Err(Error::jwks("was kept with an impossible load time")),
    }
}
