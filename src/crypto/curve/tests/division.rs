//! Division and reduction modulo the primes and the orders, against big integers.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::super::modulus::Modulus;
use super::{
    N256, N384, N521, N25519, P256, P384, P521, big, cases, corners, inverse, is_settled, modulo, number, power_of_two,
    to_limbs, value,
};

fn check<const N: usize>(hex: &str, a: &BigInt, b: &BigInt) {
    let (modulus, m) = (Modulus::<N>::new(hex), big(hex));
    let quotient = modulus.divide(&to_limbs(a), &to_limbs(b));
    assert!(is_settled(&quotient));
    assert_eq!(value(&quotient), modulo(&(a * inverse(b, &m)), &m), "{a:x} / {b:x} modulo {hex}");
}

/// Corners by corners, and numerators up to twice the modulus, as hash values may be.
fn every_corner<const N: usize>(hex: &str) {
    let m = big(hex);
    let corners = corners(&m);
    let bits = power_of_two(m.bits() as usize);
    let large = [m.clone(), &m + 1, &m * 2 - 1, &bits - 1];
    for b in &corners {
        for a in corners.iter().step_by(3).chain(&large).filter(|a| **a < &m * 2) {
            check::<N>(hex, a, b);
        }
    }
}

#[test]
fn corners_of_every_modulus() {
    for hex in [P256, N256, N25519] {
        every_corner::<10>(hex);
    }
    for hex in [P384, N384] {
        every_corner::<14>(hex);
    }
    for hex in [P521, N521] {
        every_corner::<19>(hex);
    }
}

/// Anything that is a few times the modulus is counted down, and compared.
fn least<const N: usize>(hex: &str) {
    let (modulus, m) = (Modulus::<N>::new(hex), big(hex));
    for number in corners(&m) {
        assert!(modulus.exceeds(&to_limbs(&number)));
        for times in [-57, -2, -1, 0, 1, 2, 57] {
            let multiple = &number + &m * times;
            assert_eq!(value(&modulus.least(to_limbs(&multiple))), number, "{multiple:x} modulo {hex}");
            assert_eq!(modulus.exceeds(&to_limbs(&multiple)), multiple < m);
        }
    }
}

#[test]
fn numbers_are_counted_down() {
    for hex in [P256, N256, N25519] {
        least::<10>(hex);
    }
    for hex in [P384, N384] {
        least::<14>(hex);
    }
    for hex in [P521, N521] {
        least::<19>(hex);
    }
}

/// No number takes longer than the proven bound: the assertion in `divide` counts. Powers of two and their neighbours,
/// and Fibonacci numbers, which take longest in Euclid's algorithm.
#[test]
fn divisors_that_take_long() {
    let (mut a, mut b) = (BigInt::from(1), BigInt::from(1));
    while b < big(N521) {
        check::<19>(N521, &BigInt::from(1), &b);
        if b < big(N384) {
            check::<14>(N384, &BigInt::from(1), &b);
        }
        if b < big(N256) {
            check::<10>(N256, &BigInt::from(1), &b);
        }
        (a, b) = (b.clone(), a + b);
    }
    for bits in 0..384 {
        let power = power_of_two(bits);
        check::<14>(N384, &power, &(&power + 1));
        check::<14>(P384, &BigInt::from(1), &power);
    }
    for bits in 0..521 {
        let power = power_of_two(bits);
        check::<19>(N521, &power, &(&power + 1));
        check::<19>(P521, &BigInt::from(1), &power);
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn quotients_equal_the_reference(
        a in number(big(N25519)), b in number(big(N25519)), c in number(big(N384)), d in number(big(N384)),
        e in number(big(N521)), f in number(big(N521)),
    ) {
        for hex in [P256, N256, N25519] {
            check::<10>(hex, &a, &b);
        }
        for hex in [P384, N384] {
            check::<14>(hex, &c, &d);
        }
        for hex in [P521, N521] {
            check::<19>(hex, &e, &f);
        }
    }
}
