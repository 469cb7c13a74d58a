//! EdDSA with Ed25519 (RFC 8037, RFC 8032), verified strictly.
//!
//! Verifiers of Ed25519 disagree about odd encodings. Ours takes one side, always the narrow one: `S` below the group
//! order, canonical encodings of the key and of `R`, and neither of them of small order. What is left has one
//! signature that verifies the same everywhere.

use jsonwebtoken::DecodingKey;

use super::Algorithm;
use super::curve::{EdwardsKey, NotAKey};
use super::hash::Hash;
use crate::error::{Error, Result};

/// A key for EdDSA.
pub struct Ed25519(EdwardsKey);

impl Ed25519 {
    pub fn new(key: &DecodingKey) -> Result<Self> {
        let bytes: &[u8; 32] = key
            .try_get_as_bytes()
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Error::InvalidJwk("an Ed25519 key has 32 octets"))?;
        let reason = |reason| {
            Error::InvalidJwk(match reason {
                NotAKey::NotOnCurve => "the point is not on the curve",
                NotAKey::NotCanonical => "the point is not canonically encoded",
                NotAKey::OfSmallOrder => "the point is of small order",
            })
        };
        EdwardsKey::new(bytes).map(Self).map_err(reason)
    }

    fn alg(&self) -> Algorithm {
        Algorithm::EdDSA
    }

    fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = <&[u8; 64]>::try_from(signature) else { return false };
        let hash = Hash::Sha512.of(&[&signature[..32], self.0.bytes(), message]);
        hash[..].try_into().is_ok_and(|hash: [u8; 64]| self.0.accepts(signature, &hash))
    }
}

super::signature_verifier!(Ed25519);
