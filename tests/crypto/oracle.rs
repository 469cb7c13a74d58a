//! Signatures that another implementation made, and every way to spoil them.
//!
//! The keys in tests/crypto/keys were made for these tests and are used nowhere else.

use countersign::crypto::{Algorithm, DecodingKey, PROVIDER, verifier};
use jsonwebtoken::EncodingKey;
use proptest::prelude::*;

use crate::{ours, theirs};

const RSA: [Algorithm; 6] =
    [Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];

macro_rules! key {
    ($name:literal) => {
        ($name, include_bytes!(concat!("keys/", $name)).as_slice())
    };
}

/// The private keys in PKCS#1, the public ones in SPKI.
pub const RSA_KEYS: [[(&str, &[u8]); 2]; 6] = [
    [key!("rsa_2048.pkcs1.der"), key!("rsa_2048.spki.der")],
    [key!("rsa_2048_e3.pkcs1.der"), key!("rsa_2048_e3.spki.der")],
    // PSS encodes for one bit less than the modulus has. Here the encoding is one byte shorter.
    [key!("rsa_2049.pkcs1.der"), key!("rsa_2049.spki.der")],
    [key!("rsa_3072.pkcs1.der"), key!("rsa_3072.spki.der")],
    [key!("rsa_4096.pkcs1.der"), key!("rsa_4096.spki.der")],
    [key!("rsa_8192.pkcs1.der"), key!("rsa_8192.spki.der")],
];

struct Pair {
    name: &'static str,
    alg: Algorithm,
    private: EncodingKey,
    public: DecodingKey,
}

impl Pair {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let provider = &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
        let alg = self.alg.try_into().expect("an algorithm of jsonwebtoken");
        (provider.signer_factory)(&alg, &self.private).unwrap().try_sign(message).unwrap()
    }
}

/// Every algorithm with every key that fits.
fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for [(name, private), (_, public)] in RSA_KEYS {
        let (n, e) = (PROVIDER.key_utils.rsa_pub_components_from_public_key)(public).unwrap();
        for alg in RSA {
            let (private, public) = (EncodingKey::from_rsa_der(private), DecodingKey::from_rsa_raw_components(&n, &e));
            pairs.push(Pair { name, alg, private, public });
        }
    }
    // The subject public key is the end of an SPKI.
    let curves = [
        (Algorithm::ES256, key!("p256.pkcs8.der"), key!("p256.spki.der"), 65),
        (Algorithm::ES384, key!("p384.pkcs8.der"), key!("p384.spki.der"), 97),
    ];
    for (alg, (name, private), (_, public), length) in curves {
        let public = DecodingKey::from_ec_der(&public[public.len() - length..]);
        pairs.push(Pair { name, alg, private: EncodingKey::from_ec_der(private), public });
    }
    let ((name, private), (_, public)) = (key!("ed25519.pkcs8.der"), key!("ed25519.spki.der"));
    let public = DecodingKey::from_ed_der(&public[public.len() - 32..]);
    pairs.push(Pair { name, alg: Algorithm::EdDSA, private: EncodingKey::from_ed_der(private), public });
    pairs
}

#[test]
fn what_the_peer_signs_is_accepted_and_one_flipped_bit_is_not() {
    for pair in pairs() {
        let message = b"eyJhbGciOiJub25lIn0.e30";
        let signature = pair.sign(message);
        let verifier = verifier(pair.alg, &pair.public).unwrap();
        let accepts = |message: &[u8], signature: &[u8]| verifier.verify(message, signature).is_ok();
        let context = format!("{:?} {}", pair.alg, pair.name);
        assert!(accepts(message, &signature), "{context}");
        assert_eq!(verifier.algorithm(), pair.alg);

        // Each byte once, another bit each time.
        for i in (0..signature.len()).step_by(1 + signature.len() / 64) {
            let mut spoilt = signature.clone();
            spoilt[i] ^= 1 << (i % 8);
            assert!(!accepts(message, &spoilt), "{context}: byte {i} of the signature");
        }
        for i in 0..message.len() {
            let mut spoilt = *message;
            spoilt[i] ^= 1 << (i % 8);
            assert!(!accepts(&spoilt, &signature), "{context}: byte {i} of the message");
        }
        // Any other length, also where the number stays the same.
        let longer = [&[0], &signature[..]].concat();
        let trailing = [&signature[..], &[0]].concat();
        for wrong in [&signature[1..], &signature[..signature.len() - 1], &longer, &trailing, &[]] {
            assert!(!accepts(message, wrong), "{context}: {} bytes", wrong.len());
        }
    }
}

#[test]
fn no_signature_verifies_as_another_algorithm() {
    let pairs = pairs();
    for pair in &pairs {
        let signature = pair.sign(b"message");
        for other in &pairs {
            let same = pair.name == other.name && pair.alg == other.alg;
            assert_eq!(ours(other.alg, &other.public, b"message", &signature), same, "{:?} {:?}", pair.alg, other.alg);
        }
    }
}

#[test]
fn a_key_fits_its_own_family_and_curve_only() {
    use Algorithm::*;
    let all = [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA];
    for pair in pairs() {
        for alg in all {
            let fits = alg == pair.alg || (RSA.contains(&alg) && RSA.contains(&pair.alg));
            let result = verifier(alg, &pair.public).map(|_| ());
            let code = result.as_ref().err().map(|error| error.code());
            let expected = match fits {
                true => None,
                // The other curve: the family fits, the key does not.
                false if alg.family() == pair.alg.family() => Some("ERR_JWK_INVALID"),
                false => Some("ERR_JOSE_ALG_NOT_ALLOWED"),
            };
            assert_eq!(code, expected, "{alg:?} with {}", pair.name);
        }
    }
    // A secret is not a key for any of them.
    for alg in all {
        assert_eq!(
            verifier(alg, &DecodingKey::from_secret(b"secret").unwrap()).err().map(|error| error.code()),
            Some("ERR_JOSE_ALG_NOT_ALLOWED")
        );
    }
}

#[test]
fn ecdsa_r_and_s_must_be_in_range() {
    /// The order of P-256.
    const N: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let pair = pairs().into_iter().find(|pair| pair.alg == Algorithm::ES256).unwrap();
    let n = num_bigint::BigUint::parse_bytes(N.as_bytes(), 16).unwrap();
    let signature = pair.sign(b"message");
    let s = num_bigint::BigUint::from_bytes_be(&signature[32..]);
    let with_s = |s: num_bigint::BigUint| {
        let mut other = signature.clone();
        let bytes = s.to_bytes_be();
        other[32..].fill(0);
        other[64 - bytes.len()..].copy_from_slice(&bytes);
        ours(pair.alg, &pair.public, b"message", &other)
    };
    assert!(with_s(s.clone()));
    assert!(with_s(&n - &s), "(r, n - s) is a signature too");
    assert!(!with_s(n.clone()));
    assert!(!with_s(num_bigint::BigUint::ZERO));
    for part in [0..32, 32..64] {
        let mut zero = signature.clone();
        zero[part].fill(0);
        assert!(!ours(pair.alg, &pair.public, b"message", &zero));
    }
}

#[test]
fn points_that_are_no_keys() {
    let pair = pairs().into_iter().find(|pair| pair.alg == Algorithm::ES256).unwrap();
    let point = pair.public.try_get_as_bytes().unwrap().to_vec();
    let refused = |bytes: &[u8]| verifier(Algorithm::ES256, &DecodingKey::from_ec_der(bytes)).is_err();
    assert!(!refused(&point));
    let mut off = point.clone();
    off[64] ^= 1;
    assert!(refused(&off), "off the curve");
    assert!(refused(&[&[2 + (point[64] & 1)], &point[1..33]].concat()), "compressed");
    assert!(refused(&[0]), "the point at infinity");
    assert!(refused(&[4; 65]));
    assert!(refused(&[]));
    let mut hybrid = point.clone();
    hybrid[0] = 6 + (point[64] & 1);
    assert!(refused(&hybrid), "hybrid");

    let refused = |bytes: &[u8]| verifier(Algorithm::EdDSA, &DecodingKey::from_ed_der(bytes)).is_err();
    // y = 1, the neutral element; y = -1, of order 2; y = 0, of order 4.
    let (mut one, mut minus_one) = ([0; 32], [0xff; 32]);
    one[0] = 1;
    minus_one[0] = 0xec;
    minus_one[31] = 0x7f;
    for small in [one, minus_one, [0; 32]] {
        assert!(refused(&small), "of small order");
    }
    // The base point has y = 4/5. A y of p + 3 is 3 in another encoding.
    let mut base = [0x66; 32];
    base[0] = 0x58;
    assert!(!refused(&base));
    let (mut three, mut again) = ([0; 32], [0xff; 32]);
    three[0] = 3;
    again[0] = 0xf0;
    again[31] = 0x7f;
    assert!(!refused(&three));
    assert!(refused(&again), "not canonical");
    for length in [0, 31, 33, 64] {
        assert!(refused(&vec![9; length]), "{length} bytes");
    }
}

#[test]
fn the_provider_only_verifies() {
    let private = EncodingKey::from_rsa_der(RSA_KEYS[0][0].1);
    assert!((PROVIDER.signer_factory)(&jsonwebtoken::Algorithm::RS256, &private).is_err());
    assert!((PROVIDER.key_utils.rsa_pub_components_from_private_key)(RSA_KEYS[0][0].1).is_err());
    // What begins like a public key and is a private one is refused, too.
    assert!(verifier(Algorithm::RS256, &DecodingKey::from_rsa_der(RSA_KEYS[0][0].1)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    /// Whatever the message is, and whatever is done to the signature, both come to the same verdict.
    #[test]
    fn same_verdict_as_the_peer(
        which in any::<prop::sample::Index>(),
        message in prop::collection::vec(any::<u8>(), 0..300),
        place in any::<prop::sample::Index>(),
        change in any::<u8>(),
    ) {
        let pairs = pairs();
        let pair = which.get(&pairs);
        let mut signature = pair.sign(&message);
        let place = place.index(signature.len());
        signature[place] ^= change;
        let verdict = ours(pair.alg, &pair.public, &message, &signature);
        prop_assert_eq!(verdict, change == 0);
        // The peer's rsa crate takes moduli of up to 4096 bits.
        if pair.name != "rsa_8192.pkcs1.der" {
            prop_assert_eq!(theirs(pair.alg, &pair.public, &message, &signature), verdict);
        }
    }
}
