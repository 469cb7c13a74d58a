//! EdDSA with Ed25519 (RFC 8037, RFC 8032), verified strictly.
//!
//! Verifiers of Ed25519 disagree about odd encodings. Ours takes one side, always the narrow one: `S` below the group
//! order, canonical encodings of the key and of `R`, and neither of them of small order. What is left has one
//! signature that verifies the same everywhere.

use ed25519_dalek::{Signature, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey};

use crate::error::{Error, Result};

/// A key for EdDSA.
pub struct Ed25519(VerifyingKey);

impl Ed25519 {
    pub fn new(key: &DecodingKey) -> Result<Self> {
        let octets: &[u8; 32] = key
            .try_get_as_bytes()
            .ok()
            .and_then(|octets| octets.try_into().ok())
            .ok_or_else(|| Error::invalid_jwk("an Ed25519 key has 32 octets"))?;
        let key = VerifyingKey::from_bytes(octets).map_err(|_| Error::invalid_jwk("the point is not on the curve"))?;
        // Decoding reduces y modulo p and takes x = -0; only the canonical octets come back from encoding.
        if key.to_edwards().compress().as_bytes() != octets {
            return Err(Error::invalid_jwk("the point is not canonically encoded"));
        }
        if key.is_weak() {
            return Err(Error::invalid_jwk("the point is of small order"));
        }
        Ok(Self(key))
    }

    fn alg(&self) -> Algorithm {
        Algorithm::EdDSA
    }

    fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        // The strict form refuses S >= L, R of small order and, because it compares octets, R in another encoding.
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

super::jwt_verifier!(Ed25519);
