//! The arithmetic against big integers, and the curves against the crates of RustCrypto and dalek.
//!
//! Tests run with overflow checks and debug assertions, so that the code which is tested checks each bound that it
//! claims, in every operation of every test.

mod columns;
mod division;
mod edwards;
mod field;
mod induction;
mod limbs;
mod toy;
mod weierstrass;

use num_bigint::BigInt;
use proptest::prelude::*;

use super::limbs::{BITS, Limbs, settle};

const P256: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
const P384: &str = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff";
const P521: &str = "1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
const P25519: &str = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
const N256: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const N384: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973";
const N521: &str = "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409";
const N25519: &str = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";

fn big(hex: &str) -> BigInt {
    BigInt::parse_bytes(hex.as_bytes(), 16).unwrap()
}

fn power_of_two(bits: usize) -> BigInt {
    BigInt::from(1) << bits
}

/// At least zero and less than `m`.
fn modulo(a: &BigInt, m: &BigInt) -> BigInt {
    ((a % m) + m) % m
}

fn inverse(a: &BigInt, m: &BigInt) -> BigInt {
    modulo(a, m).modpow(&(m - 2), m)
}

/// The number that limbs are, whatever their form.
fn value<const N: usize>(limbs: &Limbs<N>) -> BigInt {
    limbs.iter().rev().fold(BigInt::ZERO, |sum, limb| (sum << BITS) + *limb)
}

/// Settled limbs of a number.
fn to_limbs<const N: usize>(number: &BigInt) -> Limbs<N> {
    let parts: Vec<i64> = (0..N)
        .map(|j| {
            let part = number >> (BITS * j);
            if j < N - 1 { i64::try_from(modulo(&part, &power_of_two(BITS))) } else { i64::try_from(part) }.unwrap()
        })
        .collect();
    let limbs = settle(|j| parts[j]);
    assert_eq!(value(&limbs), *number);
    limbs
}

fn is_settled<const N: usize>(limbs: &Limbs<N>) -> bool {
    limbs[..N - 1].iter().all(|limb| (0..1 << BITS).contains(limb))
}

/// Big-endian bytes, so many.
fn bytes(number: &BigInt, len: usize) -> Vec<u8> {
    let (_, digits) = number.to_bytes_be();
    let digits = if *number == BigInt::ZERO { &[] } else { &digits[..] };
    [&vec![0; len - digits.len()], digits].concat()
}

/// Numbers below `m` that arithmetic tends to get wrong.
fn corners(m: &BigInt) -> Vec<BigInt> {
    let mut corners: Vec<BigInt> = (0..4).map(BigInt::from).collect();
    corners.extend((1..4).map(|less| m - less));
    corners.extend([m / 2, m / 2 + 1, m / 3, m.sqrt(), m.sqrt() + 1]);
    let bits = m.bits() as usize;
    for at in [27, 28, 29, 56, 84, 128, bits / 2, 252, bits - 2] {
        let power = power_of_two(at.min(bits - 2));
        corners.extend([&power - 1, power.clone(), &power + 1, m - &power]);
    }
    corners
}

/// Any number below `m`, with long runs of equal bits as often as without.
fn number(m: BigInt) -> impl Strategy<Value = BigInt> {
    let bits = m.bits() as usize;
    let random = prop::collection::vec(any::<u8>(), bits.div_ceil(8) + 1)
        .prop_map(|bytes| BigInt::from_bytes_le(num_bigint::Sign::Plus, &bytes));
    let runs = prop::collection::vec(1usize..90, bits / 15).prop_map(|runs| {
        runs.into_iter().enumerate().fold(BigInt::ZERO, |number, (i, run)| {
            (number << run) + if i % 2 == 0 { power_of_two(run) - 1 } else { BigInt::ZERO }
        })
    });
    let corner = prop::sample::select(corners(&m));
    prop_oneof![random, runs, corner].prop_map(move |number| number % &m)
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}
