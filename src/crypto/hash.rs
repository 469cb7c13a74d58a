//! SHA-2, chosen at run time (FIPS 180-4).

use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The hash functions of RFC 7518 section 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// A hash value of up to 64 octets.
pub struct Digest {
    octets: [u8; 64],
    len: usize,
}

impl Hash {
    /// The length of a hash value in octets.
    pub fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The hash of the parts, one after another.
    pub fn of(self, parts: &[&[u8]]) -> Digest {
        let mut octets = [0; 64];
        let len = self.len();
        let out = &mut octets[..len];
        match self {
            Self::Sha256 => digest::<Sha256>(parts, out),
            Self::Sha384 => digest::<Sha384>(parts, out),
            Self::Sha512 => digest::<Sha512>(parts, out),
        }
        Digest { octets, len }
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
        &self.octets[..self.len]
    }
}

pub fn sha256(data: &[u8]) -> [u8; 32] {
    Sha256::digest(data).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
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
}
