//! JSON Web Tokens (RFC 7519): claims, the policy they must meet, and the one way to a [`VerifiedToken`].

pub mod claims;
mod explain;
pub mod policy;
mod verify;

pub use claims::Claims;
pub use explain::{Finding, explain};
pub use policy::{Audience, DEFAULT_CLOCK_TOLERANCE, Policy, Typ, Validity};
pub use verify::{KeyLookup, Unverified, VerifiedToken, decode, verify};

pub use crate::jose::Scratch;
