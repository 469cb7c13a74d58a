//! The boundary: typed exports and conversions, no decisions.
//!
//! The hot path is one reused buffer: the host writes a token into it and reads the checked text back. Everything else is a
//! typed function; the structs of [`crate::wire`] and of the options cross by serde. Timestamps are seconds since the
//! epoch.

#[cfg(feature = "credentials")]
mod credentials;
mod instance;
mod operations;
#[cfg(feature = "credentials")]
mod random;
#[cfg(feature = "verify")]
mod verify;
