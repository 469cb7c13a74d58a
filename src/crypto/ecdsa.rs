//! ES256, ES384 and ES512 (RFC 7518 section 3.4): ECDSA on P-256, P-384 and P-521 with raw `r || s` signatures.
//!
//! `r` and `s` must be of full length and in `1..n`. Both `s` and `n - s` are accepted, as FIPS 186-5 has it, so a
//! signature's bytes are no identity of a token.

use jsonwebtoken::DecodingKey;

use super::Algorithm;
use super::curve::{P256, P384, P521, WeierstrassKey};
use super::hash::Hash;
use crate::error::{Error, Result};

/// Makes the verifier of one curve.
macro_rules! curve {
    ($name:ident, $alg:ident, $curve:ident, $hash:expr, $limbs:literal, $bytes:literal) => {
        #[doc = concat!("A key for ", stringify!($alg), ".")]
        pub struct $name(WeierstrassKey<$curve, $limbs>);

        impl $name {
            pub fn new(key: &DecodingKey) -> Result<Self> {
                let (x, y) = coordinates(key, $bytes)?;
                WeierstrassKey::new(x, y).map(Self).ok_or_else(|| Error::InvalidJwk("the point is not on the curve"))
            }

            fn alg(&self) -> Algorithm {
                Algorithm::$alg
            }

            fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
                self.0.accepts(&$hash.of(&[message]), signature)
            }
        }

        super::signature_verifier!($name);
    };
}

curve!(Es256, ES256, P256, Hash::Sha256, 10, 32);
curve!(Es384, ES384, P384, Hash::Sha384, 14, 48);
curve!(Es512, ES512, P521, Hash::Sha512, 19, 66);

/// The coordinates of an uncompressed point (SEC 1 section 2.3.3), each of the given length.
fn coordinates(key: &DecodingKey, bytes: usize) -> Result<(&[u8], &[u8])> {
    let point = key.try_get_as_bytes().map_err(|_| Error::InvalidJwk("an elliptic curve key holds RSA numbers"))?;
    if point.len() != 1 + 2 * bytes {
        return Err(Error::InvalidJwk("the coordinates are not of the length that the curve wants"));
    }
    if point[0] != 4 {
        return Err(Error::InvalidJwk("the point is not in uncompressed form"));
    }
    Ok(point[1..].split_at(bytes))
}
