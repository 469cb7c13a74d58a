//! Issuers: where their keys come from, how long these are used, and what Vercel's tokens say.

pub mod delivery;
pub mod discovery;
mod explain;
pub mod jwks_cache;
mod options;
pub mod shared_set;
pub mod vercel;
mod verifier;

pub use explain::explain;
pub use jwks_cache::{JwksCache, Lifetime};
pub use options::{SpiffeVerifierOptions, VercelVerifierOptions, VerifierOptions};
pub use shared_set::Fetched;
pub use verifier::{Attempt, KeyRefresh, Keys, Profile, Verifier, check};
