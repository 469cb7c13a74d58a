//! Modular exponentiation for any odd modulus, with the vector instructions of wasm.
//!
//! Wasm has no wide multiplication to speak of, but `i32x4.dot_i16x8_s` makes eight products of 16 bits at once. So
//! digits have 13 or 12 bits and a sign: sums of many products fit 32 bits, and carries never run further than two
//! digits, so they are vectors as well. `product` holds that part, with its bounds.
//!
//! # Reduction
//!
//! Montgomery's, in two halves, because a column may sum no more than `H = L/2` products. With `B = 2^R`, `n` the
//! modulus and `L` digits, both halves map `X` to `X / B^H`, up to a multiple of `n`.
//!
//! The first folds the lower half onto the rest. With `k = -1/n mod B^H`, the low half of `k·n` is -1, so that a multiple
//! of it that makes the low half of `X` vanish is at hand:
//!
//! ```text
//! F = (1 + k·n) / B^H
//! X' = (X - x + x·B^H·F) / B^H    where x = X mod B^H, and x·k·n = x·B^H·F - x
//! ```
//!
//! That adds up to `H` digits more than `n` has. So the second takes a multiple of `n` itself:
//!
//! ```text
//! q = (X mod B^H) · k mod B^H
//! X' = (X + q·n) / B^H
//! ```
//!
//! Its division is exact, whatever representative of its class `q` is, so digits with signs do no harm. The columns
//! below `B^H` need not be known either, only what they carry. They sum to `c·B^H`; without those below the last eight
//! the sum differs by less than 2^31·B^(H-8), and since eight settled digits are less than 0.54·B^H in magnitude, the
//! carry out of them is within less than one of the integer `c`: it is `c`.
//!
//! # Size of numbers
//!
//! Let `B^L ≥ 2^8·n`. Settled digits give `|q| < 0.54·B^H`, those of a square `|x| < 0.57·B^H`, and digits within half the
//! radix `|k| < 0.51·B^H`, so that `|F| < 0.51·n`. Take a product of numbers up to `1.72·n` in magnitude. The first half
//! leaves less than `2.96·n²/B^H + 0.3·n·B^H`, and the second less than `2.96·n²/B^L + 0.3·n + 0.54·n < 0.86·n`; twice that
//! is within `1.72·n` again. What [`Kernel::enter`] makes is less than that, too. Numbers stay that small without any
//! comparison, and their sign is looked at once, in the end.
//!
//! Variable time: for public data only.

#[cfg(test)]
mod bounds;
mod digits;
#[cfg(test)]
mod induction;
mod lanes;
mod product;

use self::product::{EDGE, Factors, PAD, SPARE, columns, square};
use super::MAX_BITS;

/// The digits of the longest modulus: R = 12.
const MAX_DIGITS: usize = digits_for(MAX_BITS, 12);

/// The longest number for R = 13: `product` says how many digits a half may have.
const MAX_DIGITS_13: usize = 240;

/// How many digits a modulus needs: `B^L ≥ 2^8·n`, and whole vectors of pairs in a half.
const fn digits_for(bits: usize, radix: usize) -> usize {
    (bits + 8).div_ceil(16 * radix) * 16
}

/// A number as a vector factor.
type Number = [i16; PAD + MAX_DIGITS + PAD];

/// A modulus and an exponent, with what can be computed in advance.
pub struct Kernel {
    /// `R`, 13 or 12.
    radix: u32,
    /// The number of digits, `L`.
    len: usize,
    /// The modulus. This and the numbers below are vector factors, for one that is reversed and has `H` digits.
    n: Box<[i16]>,
    /// `k = -1/n mod B^H`.
    inverse: Box<[i16]>,
    /// `F = (1 + k·n) / B^H`.
    fold: Box<[i16]>,
    /// `B^(L+H) mod n` and `B^2L mod n`: what the halves of a number are multiplied with, so that it comes into Montgomery
    /// form.
    to_form: [Box<[i16]>; 2],
    /// Big-endian.
    e: Box<[u8]>,
}

impl Kernel {
    /// `n` and `e` are big-endian without leading zeros; `n` is odd, at most `MAX_BITS` long, `e` is odd and at least 3.
    pub fn new(n: &[u8], e: &[u8]) -> Self {
        let bits = n.len() * 8 - n[0].leading_zeros() as usize;
        let radix = if digits_for(bits, 13) <= MAX_DIGITS_13 { 13 } else { 12 };
        let len = digits_for(bits, radix);
        let mut modulus = vec![0; len];
        digits::read(radix as u32, n, &mut modulus);
        let mut kernel = Self {
            radix: radix as u32,
            len,
            n: padded(&modulus),
            inverse: padded(&digits::minus_inverse(radix as u32, &modulus[..len / 2])),
            fold: Box::default(),
            to_form: Default::default(),
            e: e.into(),
        };
        let mut scratch = Scratch::new();

        // The second half of a reduction, of one: its q is k, and F remains.
        scratch.wide[len / 2] = 1;
        kernel.divide(&mut scratch);
        kernel.fold = padded(&scratch.wide[len..2 * len]);

        // The form of 2 is 2·B^L mod n, which is found by doubling. That of B^L is the wanted number: the form of 2
        // to the power of R·L.
        let exponent = radix * len;
        let x = &mut scratch.x[PAD..PAD + len];
        digits::read(kernel.radix, &digits::power_of_two(n, exponent + 1), x);
        for bit in (0..exponent.ilog2()).rev() {
            kernel.square(&mut scratch);
            if exponent >> bit & 1 == 1 {
                digits::double(kernel.radix, &mut scratch.x[PAD..PAD + len]);
            }
        }
        let Scratch { x, wide, .. } = &mut scratch;
        kernel.to_form[1] = padded(&x[PAD..PAD + len]);
        wide[len / 2..][..len].copy_from_slice(&x[PAD..PAD + len]);
        wide[len / 2 + len..2 * len].fill(0);
        kernel.divide(&mut scratch);
        kernel.to_form[0] = padded(&scratch.wide[len..2 * len]);
        kernel
    }

    /// Writes `base^e mod n` in big-endian order. `base` is less than `n`, and `out` is as long as `n`.
    pub fn power(&self, base: &[u8], out: &mut [u8]) {
        let (len, e) = (self.len, &self.e);
        let mut scratch = Scratch::new();
        let mut plain = [0; MAX_DIGITS];
        let plain = &mut plain[..len];
        digits::read(self.radix, base, plain);
        self.enter(&mut scratch, plain);
        // The base in Montgomery form, for the ones within e.
        let mut form = [0; MAX_DIGITS];
        form[..len].copy_from_slice(&scratch.x[PAD..PAD + len]);

        // Left to right, without the first bit and the last.
        let bits = e.len() * 8 - e[0].leading_zeros() as usize;
        for bit in (1..bits - 1).rev() {
            self.square(&mut scratch);
            if e[e.len() - 1 - bit / 8] >> (bit % 8) & 1 == 1 {
                self.multiply(&mut scratch, &form[..len]);
            }
        }
        // e is odd: the last step always multiplies. With the plain base it also leaves the Montgomery form.
        self.square(&mut scratch);
        self.multiply(&mut scratch, plain);
        digits::write(self.radix, &scratch.x[PAD..PAD + len], &self.n[PAD..PAD + len], out);
    }

    /// `x = x² / B^L`, up to a multiple of `n`.
    fn square(&self, scratch: &mut Scratch) {
        let Scratch { x, reversed, wide, .. } = scratch;
        reverse(&x[PAD..PAD + self.len], reversed);
        let factors = Factors { vector: x, reversed, len: self.len };
        if self.radix == 13 {
            square::<13>(&factors, wide)
        } else {
            square::<12>(&factors, wide)
        }
        self.reduce(scratch);
    }

    /// `x = x · y / B^L`, up to a multiple of `n`.
    fn multiply(&self, scratch: &mut Scratch, y: &[i16]) {
        let Scratch { x, reversed, wide, .. } = scratch;
        let (len, half) = (self.len, self.len / 2);
        wide[..2 * len].fill(0);
        for from in [0, half] {
            self.add_product(x, &y[from..from + half], reversed, &mut wide[from..]);
        }
        self.reduce(scratch);
    }

    /// `x = y · B^L`, up to a multiple of `n`, for a `y` of `0..n`.
    ///
    /// Of the products, `y mod B^H` times less than `0.55·n` and less than `B^H/2^8` times `1.72·n`, there remain less than
    /// `0.29·n` after the division, and that adds `0.54·n`.
    fn enter(&self, scratch: &mut Scratch, y: &[i16]) {
        let Scratch { reversed, wide, .. } = scratch;
        let (len, half) = (self.len, self.len / 2);
        wide[half..2 * len].fill(0);
        for (y, vector) in [(&y[..half], &self.to_form[0]), (&y[half..], &self.to_form[1])] {
            self.add_product(vector, y, reversed, &mut wide[half..]);
        }
        self.divide(scratch);
        scratch.x[PAD..PAD + len].copy_from_slice(&scratch.wide[len..2 * len]);
    }

    /// `x = wide / B^L`, up to a multiple of `n`.
    fn reduce(&self, scratch: &mut Scratch) {
        let Scratch { reversed, wide, .. } = scratch;
        let (low, rest) = wide.split_at_mut(self.len / 2);
        let carry = self.add_product(&self.fold, low, reversed, rest);
        debug_assert!(carry == 0);
        self.divide(scratch);
        scratch.x[PAD..PAD + self.len].copy_from_slice(&scratch.wide[self.len..2 * self.len]);
    }

    /// Divides what is above the lowest half of `wide` by `B^H`, up to a multiple of `n`.
    fn divide(&self, scratch: &mut Scratch) {
        let Scratch { reversed, wide, quotient, .. } = scratch;
        let (len, half) = (self.len, self.len / 2);
        let wide = &mut wide[half..];
        reverse(&wide[..half], reversed);
        quotient[..half].fill(0);
        let factors = Factors { vector: &self.inverse, reversed, len: half };
        self.columns(&factors, half / 2, (0, half / 2), true, quotient);
        reverse(&quotient[..half], reversed);
        let factors = Factors { vector: &self.n, reversed, len: half };
        let carry = self.columns(&factors, len / 2, (half / 2 - 4, (len + half) / 2), false, wide);
        debug_assert!(carry == 0);
    }

    /// Adds the product of a vector factor of `L` digits and a number of `H` digits to `out`; returns what it carries.
    fn add_product(&self, vector: &[i16], y: &[i16], reversed: &mut [i16], out: &mut [i16]) -> i32 {
        let (len, half) = (self.len, self.len / 2);
        reverse(y, reversed);
        let factors = Factors { vector, reversed, len: half };
        self.columns(&factors, len / 2, (0, (len + half) / 2), false, out)
    }

    /// Adds columns of a product to `out`: see [`columns`].
    fn columns(
        &self,
        factors: &Factors<'_>,
        pairs: usize,
        range: (usize, usize),
        short_first: bool,
        out: &mut [i16],
    ) -> i32 {
        let columns = if self.radix == 13 { columns::<13> } else { columns::<12> };
        columns(factors, pairs, range, short_first, out)
    }
}

/// The numbers of a computation. On the stack: a verification allocates nothing, and threads can share a key.
struct Scratch {
    x: Number,
    reversed: [i16; EDGE + MAX_DIGITS + EDGE],
    wide: [i16; 2 * MAX_DIGITS + SPARE],
    quotient: [i16; MAX_DIGITS / 2],
}

impl Scratch {
    fn new() -> Self {
        Self {
            x: [0; PAD + MAX_DIGITS + PAD],
            reversed: [0; EDGE + MAX_DIGITS + EDGE],
            wide: [0; 2 * MAX_DIGITS + SPARE],
            quotient: [0; MAX_DIGITS / 2],
        }
    }
}

/// A vector factor of its own.
fn padded(digits: &[i16]) -> Box<[i16]> {
    let mut out = vec![0; PAD + digits.len() + PAD];
    out[PAD..PAD + digits.len()].copy_from_slice(digits);
    out.into()
}

/// Writes a reversed factor. The number of digits is a multiple of eight.
#[cfg_attr(
    not(test),
    expect(clippy::unwrap_used, reason = "the slice has both edges, and a panic would print no digit")
)]
fn reverse(digits: &[i16], out: &mut [i16]) {
    let out = &mut out[..EDGE + digits.len() + EDGE];
    let (out, end) = out.split_last_chunk_mut::<EDGE>().unwrap();
    let (start, out) = out.split_first_chunk_mut::<EDGE>().unwrap();
    (*start, *end) = ([0; EDGE], [0; EDGE]);
    let (from, to) = (digits.as_chunks().0, out.as_chunks_mut().0);
    for i in 0..from.len().min(to.len()) {
        lanes::store(&mut to[to.len() - 1 - i], lanes::reversed(lanes::load(&from[i])));
    }
}
