//! RSASSA-PKCS1-v1_5 and RSASSA-PSS verification (RFC 8017 section 8; RFC 7518 sections 3.3 and 3.5).

#[cfg(test)]
mod backend;
#[cfg(any(test, all(target_arch = "wasm32", target_feature = "simd128")))]
mod kernel;
mod key;
#[cfg(any(test, not(all(target_arch = "wasm32", target_feature = "simd128"))))]
mod montgomery;
mod pkcs1;
mod pss;
#[cfg(test)]
mod worst_case;

use std::sync::Arc;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
use self::kernel::Kernel as Backend;
pub use self::key::PublicKey;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
use self::montgomery::Montgomery as Backend;
use super::Algorithm;
use super::hash::Hash;
use crate::error::{Error, Result};

/// The bounds for the length of the modulus in bits. Below, factoring is in reach (RFC 7518 section 3.3 and
/// NIST SP 800-57); above, one verification costs the work of hundreds for no gain.
const MIN_BITS: usize = 2048;
const MAX_BITS: usize = 8192;
const MAX_BYTES: usize = MAX_BITS / 8;

/// The longest exponent in bits. FIPS 186-5 allows 256, and real keys have 17: this bounds the work that a key can ask for.
const MAX_EXPONENT_BITS: usize = 33;

/// A key for one of RSA's six algorithms.
///
/// A verification allocates nothing: its scratch space is on the stack, so that threads can share a verifier.
pub struct Verifier {
    alg: Algorithm,
    hash: Hash,
    pss: bool,
    key: Arc<PublicKey>,
}

impl Verifier {
    pub fn new(alg: Algorithm, key: Arc<PublicKey>) -> Result<Self> {
        let (hash, pss) = match alg {
            Algorithm::RS256 => (Hash::Sha256, false),
            Algorithm::RS384 => (Hash::Sha384, false),
            Algorithm::RS512 => (Hash::Sha512, false),
            Algorithm::PS256 => (Hash::Sha256, true),
            Algorithm::PS384 => (Hash::Sha384, true),
            Algorithm::PS512 => (Hash::Sha512, true),
            _ => return Err(Error::AlgorithmNotAllowed),
        };
        Ok(Self { alg, hash, pss, key })
    }

    fn alg(&self) -> Algorithm {
        self.alg
    }

    fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        let mut recovered = [0; MAX_BYTES];
        let Some(recovered) = self.key.recover(signature, &mut recovered) else {
            return false;
        };
        let digest = self.hash.of(&[message]);
        if self.pss {
            pss::accepts(self.hash, &digest, recovered, self.key.bits() - 1)
        } else {
            pkcs1::accepts(self.hash, &digest, recovered)
        }
    }
}

super::signature_verifier!(Verifier);
