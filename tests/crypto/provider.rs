//! The provider for jsonwebtoken: the errors by which that crate tells keys apart, and its hash values.

use countersign::crypto::PROVIDER;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::ThumbprintHash;
use jsonwebtoken::{Algorithm, DecodingKey};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The verifier's own algorithm, or why there is no verifier.
fn made(alg: Algorithm, key: &DecodingKey) -> Result<Algorithm, ErrorKind> {
    (PROVIDER.verifier_factory)(&alg, key).map(|verifier| verifier.algorithm()).map_err(|error| error.into_kind())
}

#[test]
fn a_verifier_says_its_algorithm_and_refuses_a_wrong_signature() {
    let key = DecodingKey::from_rsa_raw_components(&[0xff; 256], &[1, 0, 1]);
    for alg in [Algorithm::RS256, Algorithm::PS512] {
        assert_eq!(made(alg, &key), Ok(alg));
        let verifier = (PROVIDER.verifier_factory)(&alg, &key).expect("a verifier");
        assert!(verifier.verify(b"message", &vec![7; 256]).is_err());
    }
}

#[test]
fn a_key_is_refused_with_the_error_of_its_family() {
    let rsa = DecodingKey::from_rsa_raw_components(&[0xff; 16], &[1, 0, 1]);
    let too_short = ErrorKind::InvalidRsaKey("the RSA modulus is shorter than 2048 bits".to_owned());
    assert_eq!(made(Algorithm::RS256, &rsa), Err(too_short));
    let point = DecodingKey::from_ec_der(&[4; 65]);
    assert_eq!(made(Algorithm::ES256, &point), Err(ErrorKind::InvalidEcdsaKey));
    assert_eq!(made(Algorithm::EdDSA, &DecodingKey::from_ed_der(&[0; 32])), Err(ErrorKind::InvalidEddsaKey));
    assert_eq!(made(Algorithm::RS256, &point), Err(ErrorKind::InvalidAlgorithm), "of another family");
    let secret = DecodingKey::from_secret(b"secret").expect("a key");
    assert_eq!(made(Algorithm::HS256, &secret), Err(ErrorKind::InvalidAlgorithm), "not a signature");
}

#[test]
fn hash_values_are_those_of_sha_2() {
    let digest = |hash| (PROVIDER.key_utils.compute_digest)(b"abc", hash).expect("a hash value");
    assert_eq!(digest(ThumbprintHash::SHA256), Sha256::digest(b"abc").to_vec());
    assert_eq!(digest(ThumbprintHash::SHA384), Sha384::digest(b"abc").to_vec());
    assert_eq!(digest(ThumbprintHash::SHA512), Sha512::digest(b"abc").to_vec());
}
