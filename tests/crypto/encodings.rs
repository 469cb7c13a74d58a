//! Encodings that differ from the right one in one place, signed with the private key itself: each check of a verifier is
//! the only one that can refuse them.

use countersign::crypto::{Algorithm, DecodingKey, PROVIDER, verifier};
use num_bigint::BigUint;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::oracle::RSA_KEYS;

const MESSAGE: &[u8] = b"eyJhbGciOiJub25lIn0.e30";

/// A private key that signs whatever encoding it is given (RSASP1, RFC 8017 section 5.2.1).
struct PrivateKey {
    name: &'static str,
    n: BigUint,
    d: BigUint,
    public: DecodingKey,
}

impl PrivateKey {
    fn new([(name, private), (_, public)]: [(&'static str, &[u8]); 2]) -> Self {
        let (n, e) = (PROVIDER.key_utils.rsa_pub_components_from_public_key)(public).unwrap();
        // The third integer after the version and the modulus, in a sequence with a length of two bytes.
        let mut rest = &private[4..];
        let mut integers = Vec::new();
        while let [2, length, tail @ ..] = rest {
            let (length, tail) = match length {
                0x82 => (usize::from(tail[0]) << 8 | usize::from(tail[1]), &tail[2..]),
                0x81 => (usize::from(tail[0]), &tail[1..]),
                length => (usize::from(*length), tail),
            };
            integers.push(BigUint::from_bytes_be(&tail[..length]));
            rest = &tail[length..];
        }
        assert_eq!(integers[1], BigUint::from_bytes_be(&n), "{name}");
        let public = DecodingKey::from_rsa_raw_components(&n, &e);
        Self { name, n: integers[1].clone(), d: integers[3].clone(), public }
    }

    /// The length of the modulus in bits.
    fn bits(&self) -> usize {
        self.n.bits() as usize
    }

    /// Whether the verifier accepts a signature that this encoding belongs to.
    fn accepts(&self, alg: Algorithm, encoding: &[u8]) -> bool {
        let length = self.bits().div_ceil(8);
        assert_eq!(encoding.len(), length);
        let encoding = BigUint::from_bytes_be(encoding);
        assert!(encoding < self.n, "not a message representative of {}", self.name);
        let signature = encoding.modpow(&self.d, &self.n).to_bytes_be();
        let padded = [vec![0; length - signature.len()], signature].concat();
        verifier(alg, &self.public).unwrap().verify(MESSAGE, &padded).is_ok()
    }
}

/// Fixtures with few bits, which sign quickly: 2048 is a multiple of eight, 2049 is one more.
fn keys() -> [PrivateKey; 2] {
    [0, 2].map(|index| PrivateKey::new(RSA_KEYS[index]))
}

fn hash(alg: Algorithm, bytes: &[u8]) -> Vec<u8> {
    match alg {
        Algorithm::RS256 | Algorithm::PS256 => Sha256::digest(bytes).to_vec(),
        Algorithm::RS384 | Algorithm::PS384 => Sha384::digest(bytes).to_vec(),
        _ => Sha512::digest(bytes).to_vec(),
    }
}

#[test]
fn every_fixture_is_as_long_as_its_name_says() {
    for [(private, _), (public, der)] in RSA_KEYS {
        let (n, _) = (PROVIDER.key_utils.rsa_pub_components_from_public_key)(der).unwrap();
        for name in [private, public] {
            let bits = name.split(['_', '.']).nth(1).and_then(|bits| bits.parse().ok());
            assert_eq!(bits, Some(BigUint::from_bytes_be(&n).bits()), "{name}");
        }
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2), of so many bytes.
fn pkcs1(alg: Algorithm, length: usize) -> Vec<u8> {
    let digest = hash(alg, MESSAGE);
    let number = match alg {
        Algorithm::RS256 => 1,
        Algorithm::RS384 => 2,
        _ => 3,
    };
    let size = digest.len() as u8;
    let oid = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number];
    let info = [&[0x30, size + 17, 0x30, 13, 0x06, 9][..], &oid, &[0x05, 0, 0x04, size], &digest].concat();
    let padding = vec![0xff; length - 3 - info.len()];
    [&[0, 1][..], &padding, &[0], &info].concat()
}

#[test]
fn pkcs1_is_compared_in_every_byte() {
    for key in keys() {
        let length = key.bits().div_ceil(8);
        for alg in [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512] {
            let right = pkcs1(alg, length);
            assert!(key.accepts(alg, &right), "{alg:?} {}", key.name);
            let separator = length - hash(alg, MESSAGE).len() - 20;
            assert_eq!((right[separator], right[separator - 1]), (0, 0xff));
            // The block type, the first and the last FF, the separator, and every byte of DigestInfo and hash value.
            for at in [1, 2, 3, length / 3, separator - 1].into_iter().chain(separator..length) {
                let mut wrong = right.clone();
                wrong[at] ^= 1 << (at % 8);
                assert!(!key.accepts(alg, &wrong), "{alg:?} {}: byte {at}", key.name);
            }
            for (at, byte) in [(1, 0), (1, 2), (2, 0), (2, 0xfe), (separator, 1), (separator, 0xff)] {
                let mut wrong = right.clone();
                wrong[at] = byte;
                assert!(!key.accepts(alg, &wrong), "{alg:?} {}: {byte} as byte {at}", key.name);
            }
        }
    }
}

#[test]
fn pkcs1_has_one_place_for_the_hash() {
    let [key, _] = keys();
    let right = pkcs1(Algorithm::RS256, 256);
    // Less padding and the rest behind it: what a verifier that parses accepts (CVE-2006-4339).
    let info = &right[256 - 51..];
    let forged = [&[0, 1][..], &[0xff; 8], &[0], info, &[0; 256 - 11 - 51]].concat();
    assert!(!key.accepts(Algorithm::RS256, &forged));
    // Without the NULL of the algorithm identifier.
    let mut short = [&[0x30, 47, 0x30, 11], &info[4..15], &info[17..]].concat();
    short.splice(0..0, [&[0, 1][..], &[0xff; 256 - 3 - 49], &[0]].concat());
    assert!(!key.accepts(Algorithm::RS256, &short));
    // The first byte of a modulus of 2049 bits leaves room for a one.
    let [_, longer] = keys();
    let mut beyond = pkcs1(Algorithm::RS256, 257);
    beyond[0] = 1;
    beyond[1] = 0;
    assert!(BigUint::from_bytes_be(&beyond) < longer.n && !longer.accepts(Algorithm::RS256, &beyond));
}

/// What EMSA-PSS is made of, each of which can be wrong.
struct Pss {
    alg: Algorithm,
    /// `emBits`
    bits: usize,
    /// The length of the salt, and its first byte.
    salt: usize,
    seed: u8,
    /// The byte before the salt.
    one: u8,
    /// A byte of the zeros before it, changed.
    padding: Option<usize>,
    trailer: u8,
}

impl Pss {
    fn right(alg: Algorithm, key: &PrivateKey) -> Self {
        let salt = hash(alg, b"").len();
        Self { alg, bits: key.bits() - 1, salt, seed: 1, one: 1, padding: None, trailer: 0xbc }
    }

    /// RFC 8017 section 9.1.1, and zeros before it up to `length`.
    fn encode(&self, length: usize) -> Vec<u8> {
        let em_len = self.bits.div_ceil(8);
        let salt: Vec<u8> = (0..self.salt).map(|i| (i as u8).wrapping_mul(7).wrapping_add(self.seed)).collect();
        let h = hash(self.alg, &[&[0; 8][..], &hash(self.alg, MESSAGE), &salt].concat());
        let zeros = em_len - h.len() - 2 - salt.len();
        let mut db = [vec![0; zeros], vec![self.one], salt].concat();
        if let Some(at) = self.padding {
            db[at] ^= 1;
        }
        for (counter, block) in db.chunks_mut(h.len()).enumerate() {
            let mask = hash(self.alg, &[&h[..], &(counter as u32).to_be_bytes()].concat());
            block.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
        }
        db[0] &= 0xff >> (8 * em_len - self.bits);
        let excess = vec![0; length - em_len];
        [excess, db, h, vec![self.trailer]].concat()
    }
}

#[test]
fn pss_refuses_one_wrong_part() {
    for key in keys() {
        let length = key.bits().div_ceil(8);
        for alg in [Algorithm::PS256, Algorithm::PS384, Algorithm::PS512] {
            let right = || Pss::right(alg, &key);
            assert!(key.accepts(alg, &right().encode(length)), "{alg:?} {}", key.name);
            let salt = right().salt;
            let zeros = right().bits.div_ceil(8) - 2 * salt - 2;
            let wrong = [
                ("without a salt", Pss { salt: 0, ..right() }),
                ("a salt that is too short", Pss { salt: salt - 1, ..right() }),
                ("a salt that is too long", Pss { salt: salt + 1, ..right() }),
                ("zero for one", Pss { one: 0, ..right() }),
                ("two for one", Pss { one: 2, ..right() }),
                ("the first zero", Pss { padding: Some(0), ..right() }),
                ("the second zero", Pss { padding: Some(1), ..right() }),
                ("the last zero", Pss { padding: Some(zeros - 1), ..right() }),
                ("the trailer", Pss { trailer: 0xcc, ..right() }),
                ("no trailer", Pss { trailer: 0, ..right() }),
            ];
            for (name, wrong) in wrong {
                assert!(!key.accepts(alg, &wrong.encode(length)), "{alg:?} {}: {name}", key.name);
            }
            // A bit in each part: masked data block, hash value.
            for at in [length - 2, length - 1 - salt, length - 2 - salt, length / 4, length % 256 + 1] {
                let mut spoilt = right().encode(length);
                spoilt[at] ^= 1;
                assert!(!key.accepts(alg, &spoilt), "{alg:?} {}: byte {at}", key.name);
            }
        }
    }
}

/// Step 6 of RFC 8017 section 9.1.2, and the byte that the encoding of a modulus of 8k + 1 bits is shorter. The rest of
/// the encoding is right, since these bits are cleared before it is unmasked.
#[test]
fn pss_refuses_bits_beyond_its_length() {
    let [key, longer] = keys();
    for alg in [Algorithm::PS256, Algorithm::PS384, Algorithm::PS512] {
        for (key, length, bit) in [(&key, 256, 0x80), (&longer, 257, 1)] {
            // The number must be less than the modulus, which one of few salts achieves.
            let beyond = (0..=255).find_map(|seed| {
                let mut encoding = Pss { seed, ..Pss::right(alg, key) }.encode(length);
                assert!(key.accepts(alg, &encoding) || seed > 0);
                encoding[0] |= bit;
                (BigUint::from_bytes_be(&encoding) < key.n).then_some(encoding)
            });
            let beyond = beyond.expect("an encoding below the modulus");
            assert!(!key.accepts(alg, &beyond), "{alg:?} {}: a bit beyond emBits", key.name);
        }
    }
}

/// Coordinates of points of which one is so small that the sum with p has as many bytes: the same point, encoded a second
/// time. There are 2^-32 of them, so random ones never show it.
#[test]
fn coordinates_beyond_the_prime_are_refused() {
    let number = |hex: &str| BigUint::parse_bytes(hex.as_bytes(), 16).unwrap();
    let p256 = number("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    let p384 = (BigUint::from(1u32) << 384) - (BigUint::from(1u32) << 128) - (BigUint::from(1u32) << 96)
        + (BigUint::from(1u32) << 32)
        - 1u32;
    let points = [
        (
            Algorithm::ES256,
            32,
            &p256,
            [number("9e78d4ef60d05f750f6636209092bc43cbdd6b47e11a9de20a9feb2a50bb96c"), number("1")],
        ),
        (
            Algorithm::ES256,
            32,
            &p256,
            [number("5"), number("459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc")],
        ),
        (
            Algorithm::ES384,
            48,
            &p384,
            [
                number(
                    "2261b2bf605c22f2f3aef6338719b2c486388ad5240719a5257315969ef01ba27f0a104c89704773a81fdabee6ab5c78",
                ),
                number("1"),
            ],
        ),
        (
            Algorithm::ES384,
            48,
            &p384,
            [
                number("2"),
                number(
                    "8cdeadbbd04911a3c1931e26df3fa6439dca9c7eb286fbd46fc319f0e2bb780232baf57825fc0c1912ada2fefe84024c",
                ),
            ],
        ),
    ];
    for (alg, length, p, [x, y]) in points {
        let is_key = |x: &BigUint, y: &BigUint| {
            let bytes = |number: &BigUint| {
                let bytes = number.to_bytes_be();
                [vec![0; length - bytes.len()], bytes].concat()
            };
            verifier(alg, &DecodingKey::from_ec_der(&[vec![4], bytes(x), bytes(y)].concat())).is_ok()
        };
        assert!(is_key(&x, &y), "{alg:?}: a point");
        assert!(is_key(&x, &(p - &y)), "{alg:?}: its opposite");
        for second in [[&x + p, y.clone()], [x.clone(), &y + p]] {
            if second.iter().all(|number| number.bits() <= 8 * length as u64) {
                assert!(!is_key(&second[0], &second[1]), "{alg:?}: {second:x?}");
            }
        }
    }
}
