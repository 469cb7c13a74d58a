//! RSA public keys in DER: `RSAPublicKey` (RFC 8017 appendix A.1.1), alone or inside a `SubjectPublicKeyInfo`
//! (RFC 3279 section 2.3.1).

/// The modulus and the exponent, each without leading zeros. `None` if the bytes are anything but exactly a key.
pub fn rsa_public_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    /// `SEQUENCE { OBJECT IDENTIFIER rsaEncryption, NULL }`
    const RSA_ENCRYPTION: &[u8] =
        &[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

    match whole(SEQUENCE, der)?.strip_prefix(RSA_ENCRYPTION) {
        None => pkcs1_public_key(der),
        // A bit string begins with the number of bits to leave out of its last byte.
        Some(rest) => pkcs1_public_key(whole(BIT_STRING, rest)?.strip_prefix(&[0])?),
    }
}

/// The same of an `RSAPublicKey` alone.
pub fn pkcs1_public_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (n, rest) = value(INTEGER, whole(SEQUENCE, der)?)?;
    let e = whole(INTEGER, rest)?;
    Some((positive(n)?, positive(e)?))
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// The magnitude of a positive integer in its shortest form (X.690 section 8.3).
fn positive(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Some(rest),
        [1..=0x7f, ..] => Some(content),
        _ => None,
    }
}

/// The content of the one value that the bytes are.
fn whole(tag: u8, der: &[u8]) -> Option<&[u8]> {
    let (content, rest) = value(tag, der)?;
    rest.is_empty().then_some(content)
}

/// The content of the value at the start, and what follows it. The length must be in its shortest form (X.690
/// section 10.1).
fn value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match *der.strip_prefix(&[tag])? {
        [length @ 0..=0x7f, ref rest @ ..] => (usize::from(length), rest),
        [0x81, length @ 0x80..=0xff, ref rest @ ..] => (usize::from(length), rest),
        [0x82, high @ 1..=0xff, low, ref rest @ ..] => (usize::from(u16::from_be_bytes([high, low])), rest),
        // No key that we would use is longer than that.
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PKCS1: &[u8] = &[0x30, 0x09, 0x02, 0x02, 0x00, 0x8f, 0x02, 0x03, 0x01, 0x00, 0x01];

    fn spki() -> Vec<u8> {
        let mut der = vec![0x30, 0x1d, 0x30, 0x0d, 0x06, 0x09];
        der.extend([0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x0c, 0x00]);
        der.extend(PKCS1);
        der
    }

    #[test]
    fn both_forms() {
        let key: (&[u8], &[u8]) = (&[0x8f], &[1, 0, 1]);
        assert_eq!(rsa_public_key(PKCS1), Some(key));
        assert_eq!(rsa_public_key(&spki()), Some(key));
        assert_eq!(pkcs1_public_key(PKCS1), Some(key));
        assert_eq!(pkcs1_public_key(&spki()), None);
    }

    #[test]
    fn every_truncation_and_extension_is_refused() {
        for der in [PKCS1.to_vec(), spki()] {
            for length in 0..der.len() {
                assert_eq!(rsa_public_key(&der[..length]), None);
            }
            let mut longer = der.clone();
            longer.push(0);
            assert_eq!(rsa_public_key(&longer), None);
        }
    }

    /// Up to 127 bytes the length is one byte, up to 255 two and up to 65,535 three.
    #[test]
    fn lengths_have_one_two_or_three_bytes() {
        let encoded = |tag: u8, content: &[u8]| {
            let length = match content.len() {
                short @ 0..=0x7f => vec![short as u8],
                middle @ 0x80..=0xff => vec![0x81, middle as u8],
                long => vec![0x82, (long >> 8) as u8, long as u8],
            };
            [&[tag][..], &length, content].concat()
        };
        for length in [1, 0x70, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x101, 0x201, 0x400] {
            let n = vec![0x7f; length];
            let content = [encoded(INTEGER, &n), encoded(INTEGER, &[3])].concat();
            assert_eq!(pkcs1_public_key(&encoded(SEQUENCE, &content)), Some((&n[..], &[3][..])), "{length}");
        }
        let too_long = [&[0x83, 1, 0, 0][..], &[0x7f; 0x1_0000]].concat();
        assert_eq!(value(INTEGER, &[&[INTEGER], &too_long[..]].concat()), None);
    }

    #[test]
    fn other_encodings_are_refused() {
        let refused: &[&[u8]] = &[
            // Negative, zero, empty, and a superfluous leading zero.
            &[0x30, 0x08, 0x02, 0x01, 0x8f, 0x02, 0x03, 0x01, 0x00, 0x01],
            &[0x30, 0x08, 0x02, 0x01, 0x00, 0x02, 0x03, 0x01, 0x00, 0x01],
            &[0x30, 0x07, 0x02, 0x00, 0x02, 0x03, 0x01, 0x00, 0x01],
            &[0x30, 0x09, 0x02, 0x02, 0x00, 0x0f, 0x02, 0x03, 0x01, 0x00, 0x01],
            // Lengths in a longer form than needed, and of indefinite length.
            &[0x30, 0x81, 0x09, 0x02, 0x02, 0x00, 0x8f, 0x02, 0x03, 0x01, 0x00, 0x01],
            &[0x30, 0x80, 0x02, 0x02, 0x00, 0x8f, 0x02, 0x03, 0x01, 0x00, 0x01, 0x00, 0x00],
            // A third integer: this is how a private key begins.
            &[0x30, 0x0c, 0x02, 0x02, 0x00, 0x8f, 0x02, 0x03, 0x01, 0x00, 0x01, 0x02, 0x01, 0x01],
        ];
        for der in refused {
            assert_eq!(rsa_public_key(der), None, "{der:02x?}");
        }
    }
}
