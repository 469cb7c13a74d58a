//! Signatures against outside proof: the Wycheproof vectors, and another implementation beside ours.

mod encodings;
#[path = "../vectors/known.rs"]
mod known;
mod oracle;
mod provider;
mod rfc;
mod wycheproof;

use countersign::crypto::{Algorithm, DecodingKey};

/// A key as the crate's own JWK type would hand it over.
struct Key(DecodingKey);

impl AsRef<DecodingKey> for Key {
    fn as_ref(&self) -> &DecodingKey {
        &self.0
    }
}

/// Whether our verifier takes the key and the signature.
fn ours(alg: Algorithm, key: &DecodingKey, message: &[u8], signature: &[u8]) -> bool {
    countersign::crypto::verify(alg, &Key(key.clone()), message, signature).is_ok()
}

/// The same of jsonwebtoken's own provider, which is made of other versions of other crates; it has no ES512, which the crate
/// `p521` has.
fn theirs(alg: Algorithm, key: &DecodingKey, message: &[u8], signature: &[u8]) -> bool {
    use p521::ecdsa::signature::Verifier as _;
    use p521::ecdsa::{Signature, VerifyingKey};

    let provider = &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
    let Ok(alg) = jsonwebtoken::Algorithm::try_from(alg) else {
        let point = key.try_get_as_bytes().expect("a point");
        return VerifyingKey::from_sec1_bytes(point).is_ok_and(|key| {
            Signature::from_slice(signature).is_ok_and(|signature| key.verify(message, &signature).is_ok())
        });
    };
    (provider.verifier_factory)(&alg, key).is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
}
