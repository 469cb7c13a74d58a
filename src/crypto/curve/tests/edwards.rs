//! Ed25519 against dalek: the constants, keys, sums of multiples, and signatures, among them those of keys and of R
//! that are of mixed order.

use curve25519_dalek::Scalar;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use num_bigint::{BigInt, Sign};
use proptest::prelude::*;

use super::super::edwards::{self, Key, NotAKey};
use super::super::field25519::Element;
use super::{N25519, P25519, big, cases, corners, inverse, modulo, number, power_of_two, to_limbs, value};
use crate::crypto::hash::Hash;

fn little_endian<const LEN: usize>(number: &BigInt) -> [u8; LEN] {
    let (_, digits) = number.to_bytes_le();
    std::array::from_fn(|i| digits.get(i).copied().unwrap_or(0))
}

fn scalar(number: &BigInt) -> Scalar {
    Scalar::from_bytes_mod_order(little_endian(&modulo(number, &big(N25519))))
}

/// The hash value of RFC 8032 section 5.1.7, of R, the key and the message.
fn hash(r: &[u8], key: &[u8; 32], message: &[u8]) -> [u8; 64] {
    Hash::Sha512.of(&[r, key, message])[..].try_into().unwrap()
}

fn accepts(key: &Key, message: &[u8], signature: &[u8; 64]) -> bool {
    key.accepts(signature, &hash(&signature[..32], key.bytes(), message))
}

fn peer_accepts(key: &VerifyingKey, message: &[u8], signature: &[u8; 64]) -> bool {
    key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
}

/// The verdict of dalek on a key, restricted to the canonical encoding and to large order.
fn peer_key(bytes: &[u8; 32]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(bytes).ok()?;
    (key.to_edwards().compress().as_bytes() == bytes && !key.is_weak()).then_some(key)
}

/// The parameters of RFC 8032 section 5.1, as it defines them, and as dalek has them.
#[test]
fn parameters_of_the_curve() {
    let p = power_of_two(255) - 19;
    assert_eq!(big(P25519), p);
    let order = "27742317777372353535851937790883648493".parse::<BigInt>().unwrap() + power_of_two(252);
    assert_eq!(big(N25519), order);
    let element = |element: &Element| BigInt::from_bytes_le(Sign::Plus, &element.to_bytes());
    assert_eq!(value(&edwards::ORDER.m), order);
    assert_eq!(edwards::ORDER.m[9], 1, "what folding takes for granted");
    let d = element(&edwards::D);
    assert_eq!(d, modulo(&(-121_665 * inverse(&121_666.into(), &p)), &p));
    assert_eq!(element(&edwards::ROOT).pow(2) % &p, &p - 1);
    // No square: the addition is complete.
    assert_eq!(d.modpow(&((&p - 1) / 2), &p), &p - 1);
    let [x, y] = edwards::BASE.each_ref().map(element);
    assert_eq!(y, 4 * inverse(&5.into(), &p) % &p);
    assert_eq!(modulo(&(y.pow(2) - x.pow(2) - 1 - d * x.pow(2) * y.pow(2)), &p), BigInt::ZERO);
    assert!(!x.bit(0));
    assert_eq!(ED25519_BASEPOINT_POINT.compress().as_bytes(), &little_endian::<32>(&y));
    assert_eq!(Scalar::from_bytes_mod_order(little_endian(&(&order - 1))) + Scalar::ONE, Scalar::ZERO);
    assert!(Scalar::from_canonical_bytes(little_endian(&order)).is_none().unwrap_u8() == 1);
}

/// RFC 8032 section 5.1.2 and 5.1.3 at their edges: y near zero, near p and beyond, with either sign.
#[test]
fn keys_equal_the_peers() {
    let p = big(P25519);
    let encode = |y: &BigInt, sign: u8| {
        let mut bytes = little_endian(y);
        bytes[31] |= sign << 7;
        bytes
    };
    let mut kept = 0;
    for near in 0..300u32 {
        for y in [BigInt::from(near), &p + 18u32 - near, (BigInt::from(near) << 200) + near] {
            for sign in [0, 1] {
                let bytes = encode(&y, sign);
                assert_eq!(Key::new(&bytes).is_ok(), peer_key(&bytes).is_some(), "{bytes:x?}");
                kept += usize::from(Key::new(&bytes).is_ok());
            }
        }
    }
    assert!(kept > 500, "{kept}");
    let error = |y: &BigInt, sign| Key::new(&encode(y, sign)).err();
    assert_eq!(error(&1.into(), 0), Some(NotAKey::OfSmallOrder));
    assert_eq!(error(&1.into(), 1), Some(NotAKey::NotCanonical), "-0");
    assert_eq!(error(&(&p - 1), 1), Some(NotAKey::NotCanonical), "-0");
    assert_eq!(error(&p, 0), Some(NotAKey::NotCanonical));
    assert_eq!(error(&(&p + 18), 1), Some(NotAKey::NotCanonical));
    assert_eq!(error(&2.into(), 0), Some(NotAKey::NotOnCurve));
    for point in EIGHT_TORSION {
        assert_eq!(Key::new(point.compress().as_bytes()).err(), Some(NotAKey::OfSmallOrder));
    }
}

fn check_sum(s: &BigInt, k: &BigInt, point: &EdwardsPoint) {
    let bytes = point.compress().0;
    let Ok(key) = Key::new(&bytes) else {
        return assert!(point.is_small_order());
    };
    let expected = ED25519_BASEPOINT_POINT * scalar(s) - point * scalar(k);
    let sum = key.sum(&to_limbs(s), &to_limbs(k));
    assert_eq!(edwards::encode(&sum), expected.compress().0, "{s:x} B - {k:x} · {bytes:x?}");
    assert_eq!(edwards::is_of_small_order(&sum), expected.is_small_order());
}

/// Scalars that are zero, few bits, or nearly the order, with keys near the base point: sums meet themselves, their
/// opposite and the neutral point. With a point of small order added to the key as well.
#[test]
fn special_sums() {
    let l = big(N25519);
    let columns = 253usize.div_ceil(6);
    let mut scalars: Vec<BigInt> = [0, 1, 2, 8].map(BigInt::from).to_vec();
    scalars.extend([power_of_two(columns), power_of_two(5 * columns), &l / 2]);
    scalars.extend(scalars.clone().iter().skip(1).map(|scalar| &l - scalar));
    for (i, a) in scalars.iter().enumerate() {
        let point = ED25519_BASEPOINT_POINT * scalar(a) + EIGHT_TORSION[i % 8];
        for (s, k) in scalars.iter().flat_map(|s| scalars.iter().map(move |k| (s, k))) {
            check_sum(s, k, &(point - EIGHT_TORSION[i % 8]));
            if k.bit(0) {
                check_sum(s, k, &point);
            }
        }
    }
}

/// A hash value of 512 bits modulo the order.
fn check_reduction(number: &BigInt) {
    assert_eq!(value(&edwards::reduced(&little_endian(number))), number % big(N25519), "{number:x}");
}

#[test]
fn edges_of_the_reduction() {
    let l = big(N25519);
    let top = power_of_two(512);
    for multiple in [BigInt::ZERO, 1.into(), 2.into(), power_of_two(28), power_of_two(252), &top / &l, &top / &l - 1] {
        for beside in [-2, -1, 0, 1, 2] {
            let number: BigInt = &multiple * &l + beside;
            if number.sign() != Sign::Minus && number < top {
                check_reduction(&number);
            }
        }
    }
    for bits in 1..=512 {
        check_reduction(&(power_of_two(bits) - 1));
        check_reduction(&(&top - power_of_two(bits - 1)));
        check_reduction(&power_of_two(bits - 1));
    }
    // A quotient of all ones, again and again.
    for limb in 0..19 {
        check_reduction(&((&top - 1) ^ (power_of_two(28) - 1) << (28 * limb) & (&top - 1)));
    }
}

/// A signature whose R and key have parts of small order, which cancel out only if k is right modulo 8: the equation
/// is the one without the cofactor.
#[test]
fn parts_of_small_order() {
    let secret = scalar(&(big(N25519) / 3));
    let mut verdicts = [0, 0];
    for (i, t) in EIGHT_TORSION.iter().enumerate() {
        let point = ED25519_BASEPOINT_POINT * secret + t;
        let bytes = point.compress().0;
        let (key, peer) = (Key::new(&bytes).unwrap(), peer_key(&bytes).unwrap());
        for nonce in 0..8u64 {
            let nonce = if nonce == 0 { Scalar::ZERO } else { scalar(&(BigInt::from(nonce) << 100)) };
            for u in EIGHT_TORSION {
                let r = (ED25519_BASEPOINT_POINT * nonce + u).compress().0;
                let message = [i as u8];
                let k = Scalar::from_bytes_mod_order_wide(&hash(&r, &bytes, &message));
                let s = nonce + k * secret;
                let signature: [u8; 64] = [r, s.to_bytes()].concat().try_into().unwrap();
                let expected = peer_accepts(&peer, &message, &signature);
                assert_eq!(accepts(&key, &message, &signature), expected);
                if nonce == Scalar::ZERO {
                    assert!(!expected, "R is of small order");
                }
                verdicts[usize::from(expected)] += 1;
            }
        }
    }
    assert!(verdicts.iter().all(|count| *count > 20), "{verdicts:?}");
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn signatures_equal_the_peers(
        seed: [u8; 32], message: Vec<u8>, byte in 0..64usize, bits in 0..8u8, small in 0..20u8,
        odd in prop::sample::select(corners(&big(N25519))),
    ) {
        let signing = SigningKey::from_bytes(&seed);
        let peer = signing.verifying_key();
        let key = Key::new(peer.as_bytes()).unwrap();
        let good = signing.sign(&message).to_bytes();
        prop_assert!(accepts(&key, &message, &good));
        let mut spoilt = good;
        spoilt[byte] ^= 1 << bits;
        // An R that is small, or not canonical; an S that is at an edge; and S and the order.
        let mut small_r = good;
        small_r[..32].fill(0);
        small_r[0] = small;
        let mut large_r = good;
        large_r[..32].fill(0xff);
        large_r[0] = 0xff - small;
        let mut edge = good;
        edge[32..].copy_from_slice(&little_endian::<32>(&odd));
        let mut beyond = good;
        let s = BigInt::from_bytes_le(Sign::Plus, &good[32..]) + big(N25519);
        beyond[32..].copy_from_slice(&little_endian::<32>(&s));
        for signature in [spoilt, small_r, large_r, edge, beyond] {
            prop_assert!(!peer_accepts(&peer, &message, &signature));
            prop_assert!(!accepts(&key, &message, &signature));
        }
    }

    #[test]
    fn any_bytes_are_a_key_for_both_or_for_neither(bytes: [u8; 32]) {
        prop_assert_eq!(Key::new(&bytes).is_ok(), peer_key(&bytes).is_some());
    }

    #[test]
    fn sums_equal_the_peers(
        s in number(big(N25519)), k in number(big(N25519)), a in number(big(N25519)), torsion in 0..8usize,
    ) {
        check_sum(&s, &k, &(ED25519_BASEPOINT_POINT * scalar(&a) + EIGHT_TORSION[torsion]));
    }

    #[test]
    fn reductions_equal_the_reference(a in number(power_of_two(512)), b: [u8; 32], c: [u8; 32]) {
        check_reduction(&a);
        check_reduction(&BigInt::from_bytes_le(Sign::Plus, &[b, c].concat()));
    }
}
