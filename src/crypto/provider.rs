//! This module as a [`CryptoProvider`] of `jsonwebtoken`, for Rust users who verify with that crate on wasm.

use jsonwebtoken::crypto::{CryptoProvider, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error as JwtError, ErrorKind};
use jsonwebtoken::jwk::ThumbprintHash;
use jsonwebtoken::{AlgorithmFamily, DecodingKey};

use super::hash::Hash;
use super::{Algorithm, KeyVerifier, der};
use crate::error::Error;

/// Verifies for `jsonwebtoken`; a request to sign is an error.
///
/// RSA keys may be numbers, PKCS#1 or SPKI; the keys and the algorithms that are refused are those of
/// [`verifier`](super::verifier). Of `key_utils`, what reads public data works; what reads private keys is an error.
///
/// `jsonwebtoken` has no `ES512`; [`verify`](super::verify) has it.
///
/// This provider makes `jsonwebtoken`'s signature checks ours, not its handling of claims.
///
/// ```
/// countersign::crypto::PROVIDER.install_default().expect("another provider is installed");
/// ```
pub static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(verifies_only()),
    verifier_factory,
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| Err(verifies_only()),
        rsa_pub_components_from_public_key: |der| {
            let (n, e) = der::rsa_public_key(der)
                .ok_or_else(|| ErrorKind::InvalidRsaKey("not an RSA public key in DER".to_owned()))?;
            Ok((n.to_vec(), e.to_vec()))
        },
        ec_pub_components_from_private_key: |_, _| Err(verifies_only()),
        ed_pub_components_from_private_key: |_, _| Err(verifies_only()),
        compute_digest: |data, hash| {
            let hash = match hash {
                ThumbprintHash::SHA256 => Hash::Sha256,
                ThumbprintHash::SHA384 => Hash::Sha384,
                ThumbprintHash::SHA512 => Hash::Sha512,
                _ => return Err(ErrorKind::UnsupportedAlgorithm.into()),
            };
            Ok(hash.of(&[data]).to_vec())
        },
    },
};

/// A verifier in the traits of `jsonwebtoken`.
struct Provided {
    alg: jsonwebtoken::Algorithm,
    verifier: KeyVerifier,
}

impl signature::Verifier<Vec<u8>> for Provided {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.verifier.verify(message, signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Provided {
    fn algorithm(&self) -> jsonwebtoken::Algorithm {
        self.alg
    }
}

fn verifier_factory(alg: &jsonwebtoken::Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, JwtError> {
    let verifier =
        Algorithm::try_from(*alg).and_then(|alg| super::verifier(alg, key)).map_err(|error| -> JwtError {
            match (error, alg.family()) {
                (Error::InvalidJwk(reason), AlgorithmFamily::Rsa) => ErrorKind::InvalidRsaKey(reason.to_owned()),
                (Error::InvalidJwk(_), AlgorithmFamily::Ec) => ErrorKind::InvalidEcdsaKey,
                (Error::InvalidJwk(_), AlgorithmFamily::Ed) => ErrorKind::InvalidEddsaKey,
                _ => ErrorKind::InvalidAlgorithm,
            }
            .into()
        })?;
    Ok(Box::new(Provided { alg: *alg, verifier }))
}

fn verifies_only() -> JwtError {
    ErrorKind::Provider("this provider holds no private keys: it only verifies".to_owned()).into()
}
