//! The bounds that `product` claims, tried with the largest digits that they allow: the lanes panic on overflow.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::product::*;
use super::{Kernel, MAX_DIGITS, MAX_DIGITS_13, Scratch, digits, padded};
use crate::crypto::rsa::worst_case;

/// `M`. Digits of even places stay within half the radix; here they are tried with as much.
const fn bound(radix: u32) -> i16 {
    (1 << (radix - 1)) + (1 << (31 - 2 * radix))
}

/// The bound of the digits of a square in odd places.
const fn square_bound(radix: u32) -> i16 {
    (1 << (radix - 1)) + (1 << (32 - 2 * radix)) + 1
}

fn within(radix: u32, digits: &[i16], odd: i16) -> bool {
    digits.iter().enumerate().all(|(i, digit)| digit.abs() <= if i % 2 == 0 { 1 << (radix - 1) } else { odd })
}

fn value(radix: u32, digits: &[i16]) -> BigInt {
    digits.iter().rev().fold(BigInt::ZERO, |sum, digit| (sum << radix) + *digit)
}

fn reversed(digits: &[i16]) -> Vec<i16> {
    [0; EDGE].into_iter().chain(digits.iter().rev().copied()).chain([0; EDGE]).collect()
}

/// `x·y` onto a number, and `y²`: the values, and the bounds of the digits. The lanes check themselves.
fn check<const R: u32>(x: &[i16], y: &[i16], onto: &[i16]) {
    let (half, len) = (x.len(), y.len());
    let (vector, x_reversed, y_reversed) = (padded(y), reversed(x), reversed(y));
    let factors = Factors { vector: &vector, reversed: &x_reversed, len: half };
    let mut out = vec![0; 2 * len + SPARE];
    for short_first in [true, false] {
        out[..half + len].copy_from_slice(onto);
        let carry = columns::<R>(&factors, len / 2, (0, (half + len) / 2), short_first, &mut out);
        let digits = &out[..half + len];
        let expected = value(R, x) * value(R, y) + value(R, onto);
        assert_eq!(value(R, digits) + (BigInt::from(carry) << (R as usize * (half + len))), expected);
        assert!(within(R, digits, bound(R)));
    }

    square::<R>(&Factors { vector: &vector, reversed: &y_reversed, len }, &mut out);
    let digits = &out[..2 * len];
    // The carry out of a square is not returned: there is none for numbers of the sizes that occur.
    let difference: BigInt = value(R, y).pow(2) - value(R, digits);
    assert_eq!(difference % (BigInt::from(1) << (2 * len * R as usize)), BigInt::ZERO);
    assert!(within(R, digits, square_bound(R)));
}

/// The largest sums that can occur, of either sign, in the longest numbers of either radix.
fn extremes<const R: u32>(len: usize) {
    let m = bound(R);
    let patterns: [fn(usize, i16) -> i16; 6] = [
        |_, m| m,
        |_, m| -m,
        |i, m| if i % 2 == 0 { m } else { -m },
        |i, m| if i % 4 < 2 { m } else { -m },
        |i, m| if i % 3 == 0 { 0 } else { m },
        |i, m| m - (i % 2) as i16 * (m / 2),
    ];
    let numbers: Vec<Vec<i16>> = patterns.iter().map(|f| (0..len).map(|i| f(i, m)).collect()).collect();
    for x in &numbers {
        for y in &numbers {
            check::<R>(&x[..len / 2], y, &[&y[..], &x[..len / 2]].concat());
        }
    }
}

#[test]
fn no_lane_overflows() {
    extremes::<13>(MAX_DIGITS_13);
    extremes::<12>(MAX_DIGITS);
}

/// The digits of a square times those of `fold`, at their bounds: what a reduction sums.
fn square_by_fold<const R: u32>(len: usize) {
    let number = |len: usize, odd: i16, sign: i16| -> Vec<i16> {
        (0..len).map(|i| sign * if i % 2 == 0 { 1 << (R - 1) } else { odd }).collect()
    };
    for (s, t, u) in [(1, 1, 1), (1, -1, -1), (-1, -1, 1), (-1, 1, -1)] {
        let (low, onto) = (number(len / 2, square_bound(R), s), number(len + len / 2, square_bound(R), u));
        check::<R>(&low, &number(len, bound(R), t), &onto);
    }
}

#[test]
fn no_lane_of_a_reduction_overflows() {
    square_by_fold::<13>(MAX_DIGITS_13);
    square_by_fold::<12>(MAX_DIGITS);
}

/// The columns of `columns` and `square` as polynomials: a coefficient for each pair of digits, and each must be one. Where no
/// lane overflows the columns are linear in either factor, so these are all.
fn coefficients<const R: u32>(len: usize) {
    let unit = |len: usize, places: &[usize]| {
        let mut number = vec![0; len];
        places.iter().for_each(|place| number[*place] += 1);
        number
    };
    let nothing = vec![0; len + len / 2];
    for j in 0..len {
        for i in 0..len / 2 {
            check::<R>(&unit(len / 2, &[i]), &unit(len, &[j]), &nothing);
        }
        for i in 0..j {
            // With the squares of both alone, which the loop above has seen, this is twice their product.
            check::<R>(&unit(len / 2, &[]), &unit(len, &[i, j]), &nothing);
        }
    }
}

/// Lengths with every number of vectors in the short tile, and more than two tiles.
#[test]
fn every_pair_of_digits_is_multiplied_once() {
    for len in [16, 32, 48, 64, 80] {
        coefficients::<13>(len);
        coefficients::<12>(len);
    }
}

/// The model notices, and the bound is near: sixteen digits more are too many.
#[test]
#[should_panic = "a lane overflows"]
fn longer_numbers_would_overflow() {
    extremes::<13>(MAX_DIGITS_13 + 16);
}

/// Loads of wasm are unchecked: this assertion alone keeps them inside the vector factor.
#[test]
#[should_panic = "self.vector.len()"]
fn products_refuse_a_factor_without_its_zeros() {
    let short = [1; PAD + 32 + PAD - 1];
    square::<13>(&Factors { vector: &short, reversed: &reversed(&[1; 32]), len: 32 }, &mut [0; 64 + SPARE]);
}

/// The assertion that keeps unchecked loads inside the reversed factor.
#[test]
#[should_panic = "self.reversed.len()"]
fn products_refuse_a_reversed_factor_without_its_zeros() {
    let short = [1; EDGE + 32 + EDGE - 1];
    square::<13>(&Factors { vector: &padded(&[1; 32]), reversed: &short, len: 32 }, &mut [0; 64 + SPARE]);
}

#[test]
fn enter_ignores_what_scratch_holds() {
    let n = &worst_case::moduli(2048)[0];
    let kernel = Kernel::new(&n.to_bytes_be(), &[3]);
    let mut plain = vec![0; kernel.len];
    digits::read(kernel.radix, &(n - 2u32).to_bytes_be(), &mut plain);
    let (mut new, mut used) = (Scratch::new(), Scratch::new());
    used.wide.fill(1);
    for scratch in [&mut new, &mut used] {
        kernel.enter(scratch, &plain);
    }
    assert_eq!(used.x, new.x);
}

/// The sizes of numbers that `kernel` claims, in hundredths of the modulus.
#[test]
fn numbers_stay_small() {
    for bits in worst_case::LENGTHS {
        for n in worst_case::moduli(bits).into_iter().step_by(3) {
            let kernel = Kernel::new(&n.to_bytes_be(), &[3]);
            let (radix, len) = (kernel.radix, kernel.len);
            let within = |bound: u32, number: &[i16]| {
                assert!(value(radix, number).magnitude() * 100u32 < &n * bound, "{bound} of {n:x}");
            };
            within(51, &kernel.fold[PAD..PAD + len]);
            within(55, &kernel.to_form[0][PAD..PAD + len]);
            within(172, &kernel.to_form[1][PAD..PAD + len]);
            for base in worst_case::bases(&n) {
                let mut plain = vec![0; len];
                digits::read(radix, &base.to_bytes_be(), &mut plain);
                let mut scratch = Scratch::new();
                kernel.enter(&mut scratch, &plain);
                within(86, &scratch.x[PAD..PAD + len]);
                kernel.square(&mut scratch);
                within(86, &scratch.x[PAD..PAD + len]);
                digits::double(radix, &mut scratch.x[PAD..PAD + len]);
                kernel.square(&mut scratch);
                within(86, &scratch.x[PAD..PAD + len]);
                kernel.multiply(&mut scratch, &plain);
                within(86, &scratch.x[PAD..PAD + len]);
            }
        }
    }
}

fn factors(radix: u32) -> impl Strategy<Value = (Vec<i16>, Vec<i16>, Vec<i16>)> {
    // Half the length in steps of eight.
    let digit = move || prop_oneof![-bound(radix)..=bound(radix), Just(bound(radix)), Just(-bound(radix)), Just(0)];
    (1usize..=15).prop_flat_map(move |eights| {
        let half = 8 * eights;
        let number = |len| prop::collection::vec(digit(), len);
        (number(half), number(2 * half), number(3 * half))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn products_are_right_13((x, y, onto) in factors(13)) {
        check::<13>(&x, &y, &onto);
    }

    #[test]
    fn products_are_right_12((x, y, onto) in factors(12)) {
        check::<12>(&x, &y, &onto);
    }
}
