//! ES256 and ES384 (RFC 7518 section 3.4): ECDSA on P-256 and P-384 with raw `r || s` signatures.
//!
//! `r` and `s` must be of full length and in `1..n`. Both `s` and `n - s` are accepted, as FIPS 186-5 has it, so a
//! signature's octets are no identity of a token.

use jsonwebtoken::{Algorithm, DecodingKey};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::elliptic_curve::point::AffineCoordinates;

use super::hash::Hash;
use crate::error::{Error, Result};

/// Makes the verifier of one curve.
macro_rules! curve {
    ($name:ident, $alg:ident, $curve:ident, $hash:expr, $octets:literal) => {
        #[doc = concat!("A key for ", stringify!($alg), ".")]
        pub struct $name($curve::ecdsa::VerifyingKey);

        impl $name {
            pub fn new(key: &DecodingKey) -> Result<Self> {
                let [x, y] = coordinates::<$octets>(key)?;
                // This checks that both are less than p and that the point is on the curve. The cofactor is 1: no
                // further check is due. Decoding SEC1 would bring in decompression, which nothing here needs.
                Option::from($curve::AffinePoint::from_coordinates(&x.into(), &y.into()))
                    .and_then(|point| $curve::ecdsa::VerifyingKey::from_affine(point).ok())
                    .map(Self)
                    .ok_or_else(|| Error::invalid_jwk("the point is not on the curve"))
            }

            fn alg(&self) -> Algorithm {
                Algorithm::$alg
            }

            fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
                // Of the exact length, with r and s in 1..n.
                let Ok(signature) = $curve::ecdsa::Signature::from_slice(signature) else {
                    return false;
                };
                self.0.verify_prehash(&$hash.of(&[message]), &signature).is_ok()
            }
        }

        super::jwt_verifier!($name);
    };
}

curve!(Es256, ES256, p256, Hash::Sha256, 32);
curve!(Es384, ES384, p384, Hash::Sha384, 48);

/// The coordinates of an uncompressed point (SEC 1 section 2.3.3), each of the given length.
fn coordinates<const OCTETS: usize>(key: &DecodingKey) -> Result<[[u8; OCTETS]; 2]> {
    let point = key.try_get_as_bytes().map_err(|_| Error::invalid_jwk("an elliptic curve key holds RSA numbers"))?;
    if point.len() != 1 + 2 * OCTETS {
        return Err(Error::invalid_jwk("the coordinates are not of the length that the curve wants"));
    }
    if point[0] != 4 {
        return Err(Error::invalid_jwk("the point is not in uncompressed form"));
    }
    let mut coordinates = [[0; OCTETS]; 2];
    coordinates[0].copy_from_slice(&point[1..1 + OCTETS]);
    coordinates[1].copy_from_slice(&point[1 + OCTETS..]);
    Ok(coordinates)
}
