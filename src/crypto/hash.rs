//! SHA-2, chosen at run time (FIPS 180-4).

use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The hash functions of RFC 7518 section 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// A hash value of up to 64 bytes.
pub struct Digest {
    bytes: [u8; 64],
    len: usize,
}

impl Hash {
    /// The length of a hash value in bytes.
    pub fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The hash of the parts, one after another.
    pub fn of(self, parts: &[&[u8]]) -> Digest {
        let mut bytes = [0; 64];
        let len = self.len();
        let out = &mut bytes[..len];
        match self {
            Self::Sha256 => digest::<Sha256>(parts, out),
            Self::Sha384 => digest::<Sha384>(parts, out),
            Self::Sha512 => digest::<Sha512>(parts, out),
        }
        Digest { bytes, len }
    }
}

fn digest<D: sha2::Digest>(parts: &[&[u8]], out: &mut [u8]) {
    let mut state = D::new();
    for part in parts {
        state.update(part);
    }
    out.copy_from_slice(&state.finalize());
}

impl std::ops::Deref for Digest {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// SHA-256 (FIPS 180-4).
pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

/// HMAC with SHA-256 (RFC 2104) under a key of 32 bytes, for names that cannot be computed without the key. It signs nothing.
pub fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(block, key)| *block ^= key);
        block
    };
    let inner = Hash::Sha256.of(&[&pad(0x36), message]);
    let outer = Hash::Sha256.of(&[&pad(0x5c), &inner]);
    std::array::from_fn(|index| outer[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The first words of FIPS 180-4's example for "abc", and the length of each.
    #[test]
    fn known_answers() {
        for (hash, start) in [(Hash::Sha256, "ba7816bf"), (Hash::Sha384, "cb00753f"), (Hash::Sha512, "ddaf35a1")] {
            let digest = hash.of(&[b"a", b"", b"bc"]);
            assert!(hex(&digest).starts_with(start));
            assert_eq!(digest.len(), hash.len());
        }
        assert_eq!(sha256(b"abc")[..], Hash::Sha256.of(&[b"abc"])[..]);
    }

    /// RFC 4231 section 4.2, whose key of 20 bytes is one of 32 with zeros at its end.
    #[test]
    fn hmac_known_answer() {
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_eq!(hex(&hmac_sha256(&key, b"Hi There")), expected);
        assert_ne!(hmac_sha256(&[0; 32], b"Hi There"), hmac_sha256(&key, b"Hi There"));
    }
}
