//! Signatures: one verifier a key.
//!
//! [`verifier`] checks a key once and keeps what can be computed in advance; the result then verifies any number of
//! signatures. Keys are `jsonwebtoken`'s, and [`PROVIDER`] plugs this module into that crate.
//!
//! | algorithms | by |
//! |---|---|
//! | `RS256` `RS384` `RS512` `PS256` `PS384` `PS512` | this crate: RFC 8017, public operation only |
//! | `ES256` `ES384` `ES512` | this crate: FIPS 186-5, verification only |
//! | `EdDSA` with Ed25519 | this crate: RFC 8032, strict verification only |
//!
//! Only public data passes through here, so nothing has to run in constant time. Nothing here can sign, and the HMAC
//! algorithms are refused for every key: a public key can never become a shared secret.

mod algorithm;
mod curve;
mod der;
mod ecdsa;
mod eddsa;
mod hash;
#[cfg(test)]
mod interval;
mod provider;
mod rsa;

use std::sync::Arc;

pub use jsonwebtoken::{AlgorithmFamily, DecodingKey};

pub use algorithm::Algorithm;

pub(crate) use der::pkcs1_public_key;
pub(crate) use hash::hmac_sha256;
pub use hash::sha256;
pub use provider::PROVIDER;

use crate::error::{Error, Result};

/// Verifies signatures with one key and one algorithm.
pub trait SignatureVerifier: Send + Sync {
    /// The algorithm that the key is ready for.
    fn algorithm(&self) -> Algorithm;

    /// Verifies one signature.
    ///
    /// # Errors
    /// [`Error::SignatureMismatch`].
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()>;
}

/// A key made ready for one algorithm, for any number of threads.
pub type KeyVerifier = Box<dyn SignatureVerifier>;

/// Checks a key for use with an algorithm, and makes the verifier to keep for it.
///
/// All that can be wrong with a key is found here (RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1):
///
/// - RSA: a modulus of 2048 to 8192 bits that is odd, an exponent that is odd, at least 3, less than the modulus and at
///   most 33 bits long, which bounds the work of a verification. Leading zero bytes do not change an integer and are skipped.
/// - ECDSA: an uncompressed point on the curve that the algorithm names.
/// - Ed25519: the canonical encoding of a point that is not of small order.
///
/// This does not look at `use`, `key_ops` or `alg` of a JWK: a [`DecodingKey`] does not hold them.
///
/// # Errors
///
/// [`Error::AlgorithmNotAllowed`] where the key is of another family than the algorithm; [`Error::InvalidJwk`] for a key that
/// must not be used.
///
/// ```
/// use countersign::crypto::{Algorithm, DecodingKey, verifier};
///
/// // The first test key of RFC 8032.
/// let key = DecodingKey::from_ed_components("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
/// assert!(verifier(Algorithm::EdDSA, &key).is_ok());
/// assert_eq!(verifier(Algorithm::RS256, &key).err().unwrap().code(), "ERR_JOSE_ALG_NOT_ALLOWED");
/// ```
pub fn verifier(alg: Algorithm, key: &DecodingKey) -> Result<KeyVerifier> {
    make(alg, key, &mut None)
}

/// The verifiers of a key for several algorithms. They share what can be computed in advance, which is computed when a
/// signature is verified for the first time.
///
/// # Errors
/// Those of [`verifier`].
pub(crate) fn verifiers(algs: impl Iterator<Item = Algorithm>, key: &DecodingKey) -> Result<Vec<KeyVerifier>> {
    let mut rsa = None;
    algs.map(|alg| make(alg, key, &mut rsa)).collect()
}

/// Makes a verifier; `rsa` keeps the checked numbers of an RSA key for its next algorithm.
fn make(alg: Algorithm, key: &DecodingKey, rsa: &mut Option<Arc<rsa::PublicKey>>) -> Result<KeyVerifier> {
    if alg.family() != key.family() {
        return Err(Error::AlgorithmNotAllowed);
    }
    Ok(match alg {
        Algorithm::ES256 => Box::new(ecdsa::Es256::new(key)?),
        Algorithm::ES384 => Box::new(ecdsa::Es384::new(key)?),
        Algorithm::ES512 => Box::new(ecdsa::Es512::new(key)?),
        Algorithm::EdDSA => Box::new(eddsa::Ed25519::new(key)?),
        _ => {
            let key = match rsa {
                Some(key) => Arc::clone(key),
                None => Arc::clone(rsa.insert(Arc::new(rsa::PublicKey::new(key)?))),
            };
            Box::new(rsa::Verifier::new(alg, key)?)
        }
    })
}

/// Verifies one signature with one key.
///
/// A caller that verifies more than once with a key keeps its [`verifier`] instead: the checks of an RSA key cost about as much as
/// a verification, and the table that is made of a point on a curve more than that. This does not read a token: `message`
/// is the signing input (RFC 7515 section 5.2) and `signature` the decoded signature.
///
/// # Errors
///
/// Those of [`verifier`], and [`Error::SignatureMismatch`].
pub fn verify<K: AsRef<DecodingKey> + ?Sized>(alg: Algorithm, key: &K, message: &[u8], signature: &[u8]) -> Result<()> {
    verifier(alg, key.as_ref())?.verify(message, signature)
}

/// Makes a type with a method `accepts(&self, &[u8], &[u8]) -> bool` and a method `alg` a [`SignatureVerifier`].
macro_rules! signature_verifier {
    ($type:ty) => {
        impl crate::crypto::SignatureVerifier for $type {
            fn algorithm(&self) -> crate::crypto::Algorithm {
                self.alg()
            }

            fn verify(&self, message: &[u8], signature: &[u8]) -> crate::error::Result<()> {
                if self.accepts(message, signature) { Ok(()) } else { Err(crate::error::Error::SignatureMismatch) }
            }
        }
    };
}
use signature_verifier;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_six_algorithms_of_an_rsa_key_share_its_numbers() {
        let mut n = vec![0xff; 256];
        n[255] = 1;
        let key = DecodingKey::from_rsa_raw_components(&n, &[1, 0, 1]);
        let mut shared = None;
        let algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map(|name| name.parse().unwrap());
        let verifiers = algorithms.map(|algorithm| make(algorithm, &key, &mut shared).unwrap());
        assert_eq!(Arc::strong_count(shared.as_ref().unwrap()), 1 + verifiers.len());
        let verifiers = super::verifiers(algorithms.into_iter(), &key).unwrap();
        assert_eq!(verifiers.iter().map(|verifier| verifier.algorithm()).collect::<Vec<_>>(), algorithms);
    }
}
