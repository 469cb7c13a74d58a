//! The bounds of the kernel as an induction: intervals of digits in even and in odd places go through every operation, and
//! what comes out lies within what was assumed, for every number of digits in use. Each lane on the way fits 32 bits.
//!
//! Intervals follow the instructions of `product` one by one. That the code does what they say is the matter of `bounds`,
//! which runs it with digits at the ends of these intervals.

use super::{Kernel, MAX_DIGITS, MAX_DIGITS_13, digits_for};
use crate::crypto::hash::Hash;
use crate::crypto::interval::Interval;
use crate::crypto::rsa::{MAX_BITS, MIN_BITS};

/// The digits of a number.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Digits {
    even: Interval,
    odd: Interval,
}

const NONE: Digits = Digits { even: Interval::ZERO, odd: Interval::ZERO };

impl Digits {
    fn or(self, other: Self) -> Self {
        Self { even: self.even.or(other.even), odd: self.odd.or(other.odd) }
    }
}

/// A run of the kernel's operations with one radix.
struct Run {
    radix: u32,
    /// The largest magnitude of any lane.
    largest: i64,
}

impl Run {
    fn half(&self) -> i64 {
        1 << (self.radix - 1)
    }

    /// The range of the result of `digits`: within half the radix.
    fn read(&self) -> Digits {
        let digit = Interval { least: -self.half(), most: self.half() - 1 };
        Digits { even: digit, odd: digit }
    }

    /// `bits` of any lane.
    fn masked(bits: u32) -> Interval {
        Interval { least: 0, most: (1 << bits) - 1 }
    }

    /// A lane, which must fit 32 bits.
    fn lane(&mut self, lane: Interval) -> Interval {
        self.largest = self.largest.max(lane.magnitude());
        lane
    }

    /// `finish`, with what odd columns carry into even ones.
    fn finish(&mut self, on: Interval) -> Digits {
        let mask = Self::masked(self.radix);
        // The first carry is zero.
        let even = self.lane(mask + on.or(Interval::ZERO));
        let half = Interval { least: -self.half(), most: -self.half() };
        Digits { even: mask + half, odd: mask + even.shr(self.radix) + half }
    }

    /// `columns`: a short factor of so many digits, a vector factor, and the digits that the product is added to.
    fn columns(&mut self, short: Digits, len: usize, vector: Digits, onto: Digits) -> Digits {
        let pairs = len / 2;
        let even = (short.even * vector.even + short.odd * vector.odd).times(pairs);
        let odd = (short.even * vector.odd + short.odd * vector.even).times(pairs);
        // Sums on the way lie between the start and the end, since each term may be zero or of either sign.
        let start = Interval { least: self.half(), most: self.half() };
        let even = self.lane(even + start + onto.even);
        let odd = self.lane(odd + start + onto.odd);
        let odd = self.lane(odd + even.shr(self.radix));
        self.finish(odd.shr(self.radix))
    }

    /// `square` of a number of so many digits.
    fn square(&mut self, x: Digits, len: usize) -> Digits {
        // A column has products of `len / 2` pairs of different digits. In even columns half of them are of even places.
        let start = Interval { least: self.half() / 2, most: self.half() / 2 };
        let even = self.lane((x.even * x.even + x.odd * x.odd).times(len / 4) + start);
        let odd = self.lane((x.even * x.odd).times(len / 2) + start);
        let (first_even, first_odd) = (even.shr(self.radix - 1), odd.shr(self.radix - 1));
        let rest = Self::masked(self.radix - 1).times(2);
        let digit = x.even.or(x.odd);
        let largest = digit.magnitude();
        let even = self.lane(rest + Interval { least: 0, most: largest * largest });
        let odd = self.lane(rest + first_even + even.shr(self.radix));
        let on = self.lane(first_odd + odd.shr(self.radix));
        self.finish(on)
    }

    /// One of each operation on numbers of so many digits, with settled digits and those of a square as they are assumed.
    /// Returns what they come out as.
    fn step(&mut self, len: usize, settled: Digits, squared: Digits) -> (Digits, Digits) {
        let (half, read) = (len / 2, self.read());
        let settled = settled.or(read);
        let square = self.square(settled, len);
        // `multiply` by the plain base and by its form, one half after the other; `enter`.
        let product = self.columns(settled, half, settled, NONE);
        let product = self.columns(settled, half, settled, product.or(settled)).or(product);
        // `reduce`: the digits of a square or of a product, times `fold`.
        let wide = squared.or(settled);
        let folded = self.columns(wide, half, settled, wide);
        // `divide`: by `inverse`, then by `n`, which `digits` made.
        let quotient = self.columns(settled, half, read, NONE);
        let divided = self.columns(quotient.or(settled), half, read, settled);
        (product.or(folded).or(quotient).or(divided), square)
    }
}

/// The numbers of digits that moduli have in this radix.
fn lengths(radix: u32) -> Vec<usize> {
    let longest = if radix == 13 { MAX_DIGITS_13 } else { MAX_DIGITS };
    let mut lengths: Vec<_> = (MIN_BITS..=MAX_BITS).map(|bits| digits_for(bits, radix as usize)).collect();
    lengths.dedup();
    lengths.retain(|len| *len <= longest);
    lengths
}

/// The digits that are assumed: `M` and the bound of a square in odd places, as `product` states them.
fn assumed(radix: u32) -> (Digits, Digits) {
    let half = 1 << (radix - 1);
    let even = Interval { least: -half, most: half - 1 };
    let with = |more: i64| Digits { even, odd: Interval { least: -half - more, most: half - 1 + more } };
    (with(1 << (31 - 2 * radix)), with((1 << (32 - 2 * radix)) + 1))
}

fn induction(radix: u32) -> f64 {
    let (settled, squared) = assumed(radix);
    let mut run = Run { radix, largest: 0 };
    for len in lengths(radix) {
        let (out, square) = run.step(len, settled, squared);
        for (out, assumed) in [(out, settled), (square, squared)] {
            assert!(assumed.even.contains(out.even) && assumed.odd.contains(out.odd), "{len} digits: {out:?}");
        }
        assert!(run.largest < 1 << 31, "{len} digits: {}", run.largest);
    }
    run.largest as f64 / f64::from(1u32 << 31)
}

#[test]
fn digits_stay_within_what_is_assumed() {
    assert_eq!(lengths(13), [160, 176, 192, 208, 224, 240]);
    assert_eq!(lengths(12).last(), Some(&MAX_DIGITS));
    // The shares of a lane that `product` states.
    assert_eq!((induction(13) * 1000.0).round(), 949.0);
    assert_eq!((induction(12) * 1000.0).round(), 738.0);
}

/// One vector of pairs more in each half is too long, so the limit of this radix is where it has to be.
#[test]
fn longer_numbers_do_not_fit() {
    let (settled, squared) = assumed(13);
    let mut run = Run { radix: 13, largest: 0 };
    run.step(MAX_DIGITS_13 + 16, settled, squared);
    assert!(run.largest >= 1 << 31, "{}", run.largest);
}

/// The digits of `fold` do not stay within half the radix: the bound that counts is `M`. Few moduli show it.
#[test]
fn fold_needs_the_larger_bound() {
    let largest = (0..400u32).map(|number| {
        // Any odd modulus of 2048 bits.
        let mut n: Vec<u8> =
            (0..4u8).flat_map(|part| Hash::Sha512.of(&[&number.to_be_bytes(), &[part]]).to_vec()).collect();
        n[0] |= 0x80;
        n[255] |= 1;
        let kernel = Kernel::new(&n, &[3]);
        kernel.fold.iter().map(|digit| digit.unsigned_abs()).max().unwrap_or_default()
    });
    let largest = largest.max().unwrap_or_default();
    println!("{largest}");
    assert!(largest > 4096 && largest <= 4128, "{largest}");
}
