//! JSON Web Tokens (RFC 7519): claims, the policy they must meet, and the one way to a [`VerifiedToken`].

pub mod claim_rule;
pub mod claim_value;
pub mod claims;
mod difference;
mod explain;
pub mod issuer_template;
pub mod policy;
pub mod spiffe;
mod verify;

pub use claim_rule::{ClaimRule, Combinations, Condition};
pub use claim_value::ClaimValue;
pub use claims::Claims;
pub use explain::{Finding, explain};
pub use issuer_template::IssuerTemplate;
pub use policy::{Audience, DEFAULT_CLOCK_TOLERANCE, Policy, Typ, Validity};
pub use verify::{KeyLookup, Unverified, VerifiedToken, decode, verify};

pub use crate::jose::Scratch;
