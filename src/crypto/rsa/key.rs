//! The checks of an RSA key, and the public operation.

use std::sync::OnceLock;

use jsonwebtoken::{DecodingKey, DecodingKeyKind};

use super::{Backend, MAX_BITS, MAX_BYTES, MAX_EXPONENT_BITS, MIN_BITS};
use crate::crypto::der;
use crate::error::{Error, Result};

/// A public key that passed the checks.
pub struct PublicKey {
    /// Big-endian, without leading zeros.
    n: Box<[u8]>,
    e: Box<[u8]>,
    /// Made when a signature is verified for the first time: a set may hold many keys that no token names.
    backend: OnceLock<Backend>,
}

impl PublicKey {
    /// Checks a key; the bounds are documented at [`verifier`](crate::crypto::verifier).
    pub fn new(key: &DecodingKey) -> Result<Self> {
        match key.kind() {
            DecodingKeyKind::RsaModulusExponent { n, e } => Self::from_components(n, e),
            DecodingKeyKind::SecretOrDer(der) => {
                let (n, e) = der::rsa_public_key(der).ok_or(Error::InvalidJwk("not an RSA public key in DER"))?;
                Self::from_components(n, e)
            }
        }
    }

    fn from_components(n: &[u8], e: &[u8]) -> Result<Self> {
        // RFC 7518 section 6.3.1.1 wants no leading zero bytes and says that some libraries prefix one. They do not
        // change the number, and the length of signatures is counted from the number, so they are skipped.
        let n = without_leading_zeros(n);
        let e = without_leading_zeros(e);
        let bits = bit_length(n);
        if bits < MIN_BITS {
            return Err(Error::InvalidJwk("the RSA modulus is shorter than 2048 bits"));
        }
        if bits > MAX_BITS {
            return Err(Error::InvalidJwk("the RSA modulus is longer than 8192 bits"));
        }
        if n[n.len() - 1] & 1 == 0 {
            return Err(Error::InvalidJwk("the RSA modulus is even"));
        }
        // With e = 1 every message is its own signature; an even e has no inverse.
        if e.last().is_none_or(|last| last & 1 == 0) || e == [1] {
            return Err(Error::InvalidJwk("the RSA exponent is not odd and at least 3"));
        }
        // This also keeps e below n.
        if bit_length(e) > MAX_EXPONENT_BITS {
            return Err(Error::InvalidJwk("the RSA exponent is longer than 33 bits"));
        }
        Ok(Self { n: n.into(), e: e.into(), backend: OnceLock::new() })
    }

    /// The length of the modulus in bits: `modBits` of RFC 8017.
    pub fn bits(&self) -> usize {
        bit_length(&self.n)
    }

    /// RSAVP1 (RFC 8017 section 5.2.2) and I2OSP: the message representative, as long as the modulus.
    ///
    /// `None` if the signature is not exactly as long as the modulus (section 8.2.2 step 1), or not less than it.
    pub fn recover<'a>(&self, signature: &[u8], out: &'a mut [u8; MAX_BYTES]) -> Option<&'a [u8]> {
        // Of equal length, so the order of the bytes is the order of the numbers.
        if signature.len() != self.n.len() || *signature >= *self.n {
            return None;
        }
        let out = &mut out[..self.n.len()];
        self.backend.get_or_init(|| Backend::new(&self.n, &self.e)).power(signature, out);
        Some(out)
    }
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// Of a number without leading zeros.
fn bit_length(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(n: &[u8], e: &[u8]) -> Option<&'static str> {
        match PublicKey::new(&DecodingKey::from_rsa_raw_components(n, e)) {
            Ok(_) => None,
            Err(Error::InvalidJwk(reason)) => Some(reason),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// 2^(bits-1) + 1
    fn modulus(bits: usize) -> Vec<u8> {
        let mut n = vec![0; bits.div_ceil(8)];
        n[0] = 1 << ((bits - 1) % 8);
        *n.last_mut().unwrap() |= 1;
        n
    }

    #[test]
    fn modulus_bounds() {
        let e = &[1, 0, 1];
        for (bits, good) in [(512, false), (2047, false), (2048, true), (2049, true), (8192, true), (8193, false)] {
            assert_eq!(reason(&modulus(bits), e).is_none(), good, "{bits}");
        }
        assert!(reason(&[], e).is_some());
        assert!(reason(&[0; 256], e).is_some());
        let mut even = modulus(2048);
        even[255] = 2;
        assert_eq!(reason(&even, e), Some("the RSA modulus is even"));
    }

    #[test]
    fn exponent_bounds() {
        let n = modulus(2048);
        let mut longest = vec![1, 0xff, 0xff, 0xff, 0xff];
        for good in [&[3][..], &[0, 3], &[17], &[1, 0, 1], &longest] {
            assert_eq!(reason(&n, good), None, "{good:?}");
        }
        longest[0] = 3;
        for bad in [&[][..], &[0], &[1], &[0, 1], &[2], &[1, 0, 0], &longest, &n] {
            assert!(reason(&n, bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn a_key_costs_nothing_until_a_signature_is_verified() {
        let key = PublicKey::new(&DecodingKey::from_rsa_raw_components(&modulus(8192), &[1, 0, 1])).unwrap();
        assert!(key.backend.get().is_none());
        let mut out = [0; MAX_BYTES];
        assert!(key.recover(&[0; 256], &mut out).is_none(), "a signature of the wrong length");
        assert!(key.backend.get().is_none());
        assert!(key.recover(&[0; 1024], &mut out).is_some());
        assert!(key.backend.get().is_some());
    }

    #[test]
    fn leading_zeros_change_nothing() {
        let mut n = modulus(2048);
        n.insert(0, 0);
        assert_eq!(reason(&n, &[0, 0, 1, 0, 1]), None);
        let key = PublicKey::new(&DecodingKey::from_rsa_raw_components(&n, &[3])).unwrap();
        assert_eq!(key.bits(), 2048);
        let mut out = [0; MAX_BYTES];
        assert!(key.recover(&n, &mut out).is_none(), "257 bytes for a modulus of 256");
        assert!(key.recover(&n[1..], &mut out).is_none(), "not less than the modulus");
        assert!(key.recover(&[0; 255], &mut out).is_none());
        assert_eq!(key.recover(&[0; 256], &mut out), Some(&[0; 256][..]));
    }
}
