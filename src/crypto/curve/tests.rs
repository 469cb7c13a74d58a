//! The arithmetic against big integers, and the curves against the crates of RustCrypto and dalek.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use num_bigint::BigUint;
use proptest::prelude::*;

use super::edwards::{self, NotAKey};
use super::modulus::{BITS, Limbs, Modulus, from_octets, limbs};
use super::weierstrass::{Key, P256, P384};
use crate::crypto::hash::Hash;

const P25519: &str = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
const N256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const N384: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
const P384_PRIME: &str =
    "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff";

fn big(hex: &str) -> BigUint {
    BigUint::parse_bytes(hex.as_bytes(), 16).unwrap()
}

/// What limbs with signs say, modulo `m`.
fn value<const N: usize>(limbs: &Limbs<N>, m: &BigUint) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |sum, limb| {
        let magnitude = BigUint::from(limb.unsigned_abs()) % m;
        ((sum << BITS) + if *limb < 0 { m - magnitude } else { magnitude }) % m
    })
}

fn to_limbs<const N: usize>(number: &BigUint) -> Limbs<N> {
    from_octets(&number.to_bytes_be())
}

/// One product of numbers within the bounds of [`Modulus::mul`].
fn check_product<const N: usize>(hex: &str, a: &Limbs<N>, b: &Limbs<N>) {
    let (modulus, m) = (Modulus::<N>::new(hex), big(hex));
    let r = (BigUint::from(1u32) << (BITS * N)) % &m;
    let product = modulus.mul(a, b);
    assert_eq!(value(&product, &m) * &r % &m, value(a, &m) * value(b, &m) % &m, "{a:x?} {b:x?} modulo {hex}");
    assert!(product[..N - 1].iter().all(|limb| (0..1 << BITS).contains(limb)), "{product:x?}");
    let left = modulus.leave(&product);
    assert!(modulus.exceeds(&left) && left.iter().all(|limb| *limb >= 0), "{left:x?}");
    assert_eq!(value(&left, &m) * &r * &r % &m, value(a, &m) * value(b, &m) % &m);
    assert_eq!(modulus.is_zero(&product), left == [0; N]);
}

/// Limbs up to so many units in magnitude; the highest so that the number is within 2^6 times the modulus of `bits`.
fn operand<const N: usize>(bits: usize, units: i32) -> impl Strategy<Value = Limbs<N>> {
    let most = units << BITS;
    let top = 1 << (bits - BITS * (N - 1) + 3);
    let limb = prop_oneof![Just(most - 1), Just(1 - most), Just(0), Just(1), 1 - most..most];
    (prop::collection::vec(limb, N), prop_oneof![Just(top), Just(-top), Just(0), -top..top]).prop_map(|(limbs, top)| {
        let mut limbs: Limbs<N> = limbs.try_into().unwrap();
        limbs[N - 1] = top;
        limbs
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]
    /// At the bounds too, where tests panic if a column overflows.
    #[test]
    fn products_equal_the_reference(
        a in operand::<10>(255, 4), b in operand::<10>(255, 2), c in operand::<14>(384, 4), d in operand::<14>(384, 2)
    ) {
        check_product(P25519, &a, &b);
        check_product(N256, &b, &a);
        check_product(P384_PRIME, &c, &d);
        check_product(N384, &d, &c);
    }
}

#[test]
fn edges_of_the_moduli() {
    for hex in [P25519, N256, "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"] {
        let (modulus, m) = (Modulus::<10>::new(hex), big(hex));
        for number in [0u32, 1, 2, 3, 0xffff_ffff].map(BigUint::from) {
            for number in [number.clone(), &m - &number, &m + &number] {
                let form = modulus.enter(&to_limbs(&number));
                assert_eq!(value(&modulus.leave(&form), &m), &number % &m, "{number:x} modulo {hex}");
                assert_eq!(modulus.is_zero(&to_limbs(&number)), &number % &m == BigUint::ZERO, "{number:x}");
                let inverse = value(&modulus.leave(&modulus.invert(&form)), &m);
                let one = BigUint::from(u32::from(&number % &m != BigUint::ZERO));
                assert_eq!(inverse * number % &m, one);
            }
        }
    }
    assert_eq!(limbs::<10>("30000000f000000d")[..3], [0xd, 0xf, 0x3 << 4]);
}

/// A signature for a hash value of the forger's choice: of `R = u1·G + u2·Q`, r is the abscissa, and s and the hash value
/// follow. Scalars of few bits make the sum meet itself, its opposite and the point at infinity on the way.
macro_rules! forged {
    ($name:ident, $crate_:ident, $curve:expr, $n:expr, $octets:literal) => {
        #[test]
        fn $name() {
            use $crate_::ecdsa::signature::hazmat::PrehashVerifier;
            use $crate_::elliptic_curve::ops::Reduce;
            use $crate_::elliptic_curve::point::AffineCoordinates;
            use $crate_::{ProjectivePoint, Scalar};

            let n = big($n);
            let octets = |number: &BigUint| -> [u8; $octets] {
                let mut out = [0; $octets];
                let digits = number.to_bytes_be();
                out[$octets - digits.len()..].copy_from_slice(&digits);
                out
            };
            let scalar =
                |number: &BigUint| <Scalar as Reduce<$crate_::FieldBytes>>::reduce(&octets(&(number % &n)).into());
            let invert = |number: &BigUint| number.modpow(&(&n - 2u32), &n);
            let spacing = ($octets * 8usize).div_ceil(6);
            let mut scalars: Vec<BigUint> = [1u32, 2, 3].map(BigUint::from).to_vec();
            scalars.extend([spacing, 5 * spacing].map(|bits| BigUint::from(1u32) << bits));
            scalars.push((BigUint::from(1u32) << ($octets * 7)) / 3u32);
            scalars.extend(scalars.clone().iter().map(|scalar| &n - scalar));

            let (mut accepted, mut infinite) = (0, 0);
            for d in &scalars {
                let point = (ProjectivePoint::GENERATOR * scalar(d)).to_affine();
                let encoded = $crate_::Sec1Point::from(point);
                let key = Key::new($curve, encoded.x().unwrap(), encoded.y().unwrap()).unwrap();
                let peer = $crate_::ecdsa::VerifyingKey::from_affine(point).unwrap();
                for u1 in scalars.iter().chain([&BigUint::ZERO]) {
                    for u2 in &scalars {
                        let sum = (u1 + u2 * d) % &n;
                        let x = if sum == BigUint::ZERO {
                            infinite += 1;
                            BigUint::from(1u32)
                        } else {
                            let x = (ProjectivePoint::GENERATOR * scalar(&sum)).to_affine().x();
                            BigUint::from_bytes_be(&x) % &n
                        };
                        let s = &x * invert(u2) % &n;
                        let hash = octets(&(u1 * &s % &n));
                        let signature = [octets(&x), octets(&s)].concat();
                        let expected = $crate_::ecdsa::Signature::from_slice(&signature)
                            .is_ok_and(|signature| peer.verify_prehash(&hash, &signature).is_ok());
                        assert_eq!(key.accepts(&hash, &signature), expected, "d {d:x} u1 {u1:x} u2 {u2:x}");
                        assert_eq!(expected, sum != BigUint::ZERO);
                        accepted += usize::from(expected);
                        let mut other = hash;
                        other[$octets - 1] ^= 1;
                        assert!(!key.accepts(&other, &signature), "another hash value: d {d:x} u1 {u1:x} u2 {u2:x}");
                    }
                }
            }
            assert!(accepted > 1500 && infinite > 20, "{accepted} accepted, {infinite} at infinity");
        }
    };
}

forged!(forged_signatures_on_p256, p256, &P256, N256, 32);
forged!(forged_signatures_on_p384, p384, &P384, N384, 48);

#[test]
fn points_off_the_curve_and_coordinates_beyond_the_prime_are_no_keys() {
    let g = p256::Sec1Point::from(p256::AffinePoint::GENERATOR);
    let (x, y) = (g.x().unwrap(), g.y().unwrap());
    assert!(Key::new(&P256, x, y).is_some());
    assert!(Key::new(&P256, y, x).is_none());
    for i in 0..32 {
        let mut spoilt = *y;
        spoilt[i] ^= 1 << (i % 8);
        assert!(Key::new(&P256, x, &spoilt).is_none(), "octet {i}");
    }
    // x = 0 has a point; p + 0 names it a second time.
    let p = big("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    let b = big("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
    let root = b.modpow(&((&p + 1u32) / 4u32), &p).to_bytes_be();
    assert!(Key::new(&P256, &[0; 32], &root).is_some());
    assert!(Key::new(&P256, &p.to_bytes_be(), &root).is_none());
    assert!(Key::new(&P256, &[0; 32], &[0; 32]).is_none());
}

/// What dalek takes for a key, held to the canonical encoding and to large order.
fn peer_key(octets: &[u8; 32]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(octets).ok()?;
    (key.to_edwards().compress().as_bytes() == octets && !key.is_weak()).then_some(key)
}

#[test]
fn keys_of_ed25519_equal_the_peers() {
    let prime = big(P25519);
    let encode = |y: &BigUint, sign: u8| {
        let mut octets = [0; 32];
        octets[..y.to_bytes_le().len()].copy_from_slice(&y.to_bytes_le());
        octets[31] |= sign << 7;
        octets
    };
    let mut kept = 0;
    for near in 0..300u32 {
        let below = (&prime + 18u32) - near;
        for y in [BigUint::from(near), below, (BigUint::from(near) << 200) + near] {
            for sign in [0, 1] {
                let octets = encode(&y, sign);
                let key = edwards::Key::new(&octets);
                assert_eq!(key.is_ok(), peer_key(&octets).is_some(), "{octets:x?}");
                kept += usize::from(key.is_ok());
            }
        }
    }
    assert!(kept > 500, "{kept}");
    assert_eq!(edwards::Key::new(&encode(&BigUint::from(1u32), 0)).err(), Some(NotAKey::OfSmallOrder));
    assert_eq!(edwards::Key::new(&encode(&BigUint::from(1u32), 1)).err(), Some(NotAKey::NotCanonical));
    assert_eq!(edwards::Key::new(&encode(&prime, 0)).err(), Some(NotAKey::NotCanonical));
    assert_eq!(edwards::Key::new(&encode(&BigUint::from(2u32), 0)).err(), Some(NotAKey::NotOnCurve));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
    #[test]
    fn signatures_of_ed25519_equal_the_peers(seed: [u8; 32], message: Vec<u8>, octet in 0..64usize, bits in 0..8u8, small in 0..20u8) {
        let signing = SigningKey::from_bytes(&seed);
        let peer = signing.verifying_key();
        let key = edwards::Key::new(peer.as_bytes()).unwrap();
        let accepts = |signature: &[u8; 64]| {
            let hash = Hash::Sha512.of(&[&signature[..32], peer.as_bytes(), &message]);
            key.accepts(signature, &hash[..].try_into().unwrap())
        };
        let good = signing.sign(&message).to_bytes();
        prop_assert!(accepts(&good));
        let mut spoilt = good;
        spoilt[octet] ^= 1 << bits;
        // An R that is small, or not canonical, or S and the order.
        let mut odd = good;
        odd[..32].fill(0);
        odd[0] = small;
        let mut large = good;
        let s = BigUint::from_bytes_le(&good[32..]) + big("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
        large[32..].copy_from_slice(&s.to_bytes_le());
        for signature in [spoilt, odd, large] {
            let expected = peer.verify_strict(&message, &ed25519_dalek::Signature::from_bytes(&signature)).is_ok();
            prop_assert_eq!(accepts(&signature), expected);
            prop_assert!(!expected);
        }
    }
}
