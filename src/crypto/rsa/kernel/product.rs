//! Products of numbers in radix `2^R` with signed digits, eight digit products an instruction.
//!
//! A number is cut into pairs of digits, `(x[2j], x[2j+1])`. The columns of a product come in pairs, too:
//!
//! ```text
//! even  c[2t]   = Σ x[2j]·y[2m]   + x[2j+1]·y[2m-1]    over j + m = t
//! odd   c[2t+1] = Σ x[2j]·y[2m+1] + x[2j+1]·y[2m]
//! ```
//!
//! Each term is one lane of a dot product of the pair `x` with two neighbouring digits of `y` in reverse order, so
//! that a reversed copy of `y` holds both operands. A vector holds four neighbouring `t`; a row is what one `m`
//! contributes to it. Product scanning: the sums of four vectors, even and odd, stay in eight registers.
//!
//! # Bounds
//!
//! Let digits be at most `M` in magnitude and `H` the number of digits of the shorter factor. A column of a product is
//! at most `H·M²`, and with the digit that it is added to and half the radix for rounding it must stay below 2^31.
//! [`settle`] then carries twice: the first carry is below `2^(31-R)`, so the second is at most `2^(31-2R) + 1`, and
//! digits come out within `M = 2^(R-1) + 2^(31-2R) + 1`: 4129 for R = 13 and 2177 for R = 12. Therefore R = 13 is good
//! for `H` up to 125 and R = 12 up to 452.

use super::lanes::*;

/// Zeros that must surround a vector factor: the edge of a vector reaches three pairs too far.
pub const PAD: usize = 8;

/// Zeros that must surround a reversed factor: the first and the last row use one digit from beyond.
pub const EDGE: usize = 2;

/// Two factors: one read in vectors, one reversed, each within its zeros.
#[derive(Clone, Copy)]
pub struct Factors<'a> {
    /// The digits of the first factor start at `origin`.
    pub vector: &'a [i16],
    pub origin: usize,
    /// `EDGE` zeros, `len` digits in reverse order, `EDGE` zeros.
    pub reversed: &'a [i16],
    pub len: usize,
}

/// The sums of four vectors: even and odd columns in turn.
type Sums = [V; 8];

impl<'a> Factors<'a> {
    /// Where the operands are for the rows `from..to` of the vector at `t`, from the last row to the first.
    ///
    /// Checks that all of them lie in the slices, for `width` vectors.
    #[inline(always)]
    fn readers(&self, t: usize, from: usize, to: usize, width: usize) -> (Reader<'a>, Reader<'a>) {
        let rows = to - from;
        let x = self.origin + 2 * (t + 1) - 2 * to;
        let y = EDGE + self.len - 2 * to;
        assert!(x + 2 * (rows - 1) + 8 * width <= self.vector.len() && y + 2 * rows < self.reversed.len());
        (Reader::new(self.vector, x), Reader::new(self.reversed, y))
    }

    /// Adds the rows `from..to` to four vectors from `t` on.
    #[inline(never)]
    fn rows_of_four(&self, t: usize, from: usize, to: usize, sums: &mut Sums) {
        let (mut x, mut y) = self.readers(t, from, to, 4);
        let [mut e0, mut o0, mut e1, mut o1, mut e2, mut o2, mut e3, mut o3] = *sums;
        // Written out: as an inner loop it would keep the sums in memory when built for size.
        for _ in from..to {
            // SAFETY: `readers` has checked the last row, and the others lie before it.
            unsafe {
                let (odd, even) = (y.splat(0), y.splat(1));
                let (x0, x1, x2, x3) = (x.load(0), x.load(8), x.load(16), x.load(24));
                (e0, o0) = (add(e0, dot(x0, even)), add(o0, dot(x0, odd)));
                (e1, o1) = (add(e1, dot(x1, even)), add(o1, dot(x1, odd)));
                (e2, o2) = (add(e2, dot(x2, even)), add(o2, dot(x2, odd)));
                (e3, o3) = (add(e3, dot(x3, even)), add(o3, dot(x3, odd)));
                (x, y) = (x.advance(2), y.advance(2));
            }
        }
        *sums = [e0, o0, e1, o1, e2, o2, e3, o3];
    }

    /// Adds the rows `from..to` to the vector at `t`.
    #[inline(always)]
    fn rows(&self, t: usize, from: usize, to: usize, even: &mut V, odd: &mut V) {
        if from >= to {
            return;
        }
        let (mut x, mut y) = self.readers(t, from, to, 1);
        for _ in from..to {
            // SAFETY: as above.
            unsafe {
                let digits = x.load(0);
                *even = add(*even, dot(digits, y.splat(1)));
                *odd = add(*odd, dot(digits, y.splat(0)));
                (x, y) = (x.advance(2), y.advance(2));
            }
        }
    }

    /// Adds the rows of each of `width` vectors from `t` on: together where all have them, one by one at the edges.
    fn tile(&self, t: usize, width: usize, range: impl Fn(usize) -> (usize, usize), sums: &mut Sums) {
        // Both ends of the range grow with t.
        let (from, to) = if width == 4 { (range(t + 12).0, range(t).1) } else { (0, 0) };
        let together = from < to;
        if together {
            self.rows_of_four(t, from, to, sums);
        }
        for (v, sums) in sums.chunks_exact_mut(2).take(width).enumerate() {
            let t = t + 4 * v;
            let (first, last) = range(t);
            let [even, odd] = sums else { unreachable!() };
            if together {
                self.rows(t, first, from, even, odd);
                self.rows(t, to, last, even, odd);
            } else {
                self.rows(t, first, last, even, odd);
            }
        }
    }
}

/// Computes the pairs of columns `from..to` of a product and makes them digits of `out`, which start at `origin`.
///
/// `pairs` is the length of the vector factor in pairs. With `add`, the product is added to the digits that are there.
/// A carry into the first column is not known, one out of the last column is dropped. The number of vectors need not
/// be a multiple of four: the short tile comes first if `short_first`, else last.
#[inline(always)]
pub fn columns<const R: u32>(
    factors: &Factors<'_>,
    pairs: usize,
    (from, to): (usize, usize),
    short_first: bool,
    add: bool,
    out: &mut [i16],
    origin: usize,
) {
    let range = |t: usize| ((t + 1).saturating_sub(pairs), (factors.len / 2 + 1).min(t + 4));
    let mut carry = Carry::NONE;
    let mut t = from;
    while t < to {
        let vectors = (to - t) / 4;
        let width = if short_first && vectors % 4 != 0 { vectors % 4 } else { vectors.min(4) };
        let mut sums = [ZERO; 8];
        factors.tile(t, width, range, &mut sums);
        for sums in sums.chunks_exact(2).take(width) {
            let at = origin + 2 * t;
            settle::<R>(sums[0], sums[1], add, &mut carry, out, at);
            t += 4;
        }
    }
}

/// Computes the square of a number of `len` digits: `out` gets `2·len` digits from `origin` on.
///
/// Sums the products of two different digits once and doubles them when they are carried.
#[inline(always)]
pub fn square<const R: u32>(factors: &Factors<'_>, len: usize, out: &mut [i16], origin: usize) {
    // The vector at t has its diagonal in the rows t/2, t/2 + 1 and t/2 + 2.
    let range = |t: usize| (t / 2 + 3, (len / 2 + 1).min(t + 4));
    let mut carry = Carry::NONE;
    for t in (0..len).step_by(16) {
        let mut sums = [ZERO; 8];
        factors.tile(t, 4, range, &mut sums);
        for (v, sums) in sums.chunks_exact(2).enumerate() {
            let t = t + 4 * v;
            let (even, odd) = diagonal(factors, t, sums[0], sums[1]);
            let digits = widen(factors.vector, factors.origin + t);
            settle_square::<R>(even, odd, digits, &mut carry, out, origin + 2 * t);
        }
    }
}

/// Adds the rows around the diagonal: of each pair of products that are equal only one, of squares none.
///
/// In the row `m` of lane `t` stand the products of the digits `2(t-m)` and `2(t-m) + 1`. With `u = 2m - t`, the first
/// is before its partner if `u ≥ 1` in even columns and `u ≥ 0` in odd ones, the second if `u ≥ 2` and `u ≥ 1`.
#[inline(always)]
fn diagonal(factors: &Factors<'_>, t: usize, even: V, odd: V) -> (V, V) {
    const BOTH: i32 = -1;
    const FIRST: i32 = 0xffff;
    let (x, y) = factors.readers(t, t / 2, t / 2 + 3, 1);
    // SAFETY: `readers` has checked these three rows.
    unsafe {
        // u = 4, 3, 2, 1 in the four lanes.
        let even = add(even, dot(and(x.load(0), lanes(BOTH, BOTH, BOTH, FIRST)), y.splat(1)));
        let odd = add(odd, dot(x.load(0), y.splat(0)));
        // u = 2, 1, 0, -1
        let even = add(even, dot(and(x.load(2), lanes(BOTH, FIRST, 0, 0)), y.splat(3)));
        let odd = add(odd, dot(and(x.load(2), lanes(BOTH, BOTH, FIRST, 0)), y.splat(2)));
        // u = 0, -1, -2, -3
        let odd = add(odd, dot(and(x.load(4), lanes(FIRST, 0, 0, 0)), y.splat(4)));
        (even, odd)
    }
}

/// What the odd columns of the vector before carry over: its last lane belongs to the next vector.
struct Carry {
    first: V,
    second: V,
}

impl Carry {
    const NONE: Self = Self { first: ZERO, second: ZERO };

    /// The second half of carrying: adds the first carries, carries again, and packs the digits.
    #[inline(always)]
    fn finish<const R: u32>(&mut self, digits: [V; 2], carries: [V; 2]) -> V {
        let even = add(digits[0], one_lane_on(self.first, carries[1]));
        let odd = add(digits[1], carries[0]);
        self.first = carries[1];
        let (even, carry_even) = split::<R>(even);
        let (odd, carry_odd) = split::<R>(odd);
        let even = add(even, one_lane_on(self.second, carry_odd));
        let odd = add(odd, carry_even);
        self.second = carry_odd;
        pack(even, odd)
    }
}

/// A digit within half the radix, and the carry.
#[inline(always)]
fn split<const R: u32>(sum: V) -> (V, V) {
    let carry = shr::<R>(add(sum, splat(1 << (R - 1))));
    (sub(sum, shl::<R>(carry)), carry)
}

/// Makes columns digits, and stores them.
#[inline(always)]
fn settle<const R: u32>(even: V, odd: V, onto: bool, carry: &mut Carry, out: &mut [i16], at: usize) {
    let (mut even, mut odd) = (even, odd);
    if onto {
        even = add(even, lanes_of_even(out, at));
        odd = add(odd, shr::<16>(load(out, at)));
    }
    let (even, carry_even) = split::<R>(even);
    let (odd, carry_odd) = split::<R>(odd);
    store(out, at, carry.finish::<R>([even, odd], [carry_even, carry_odd]));
}

/// The first digit of each pair, sign-extended.
#[inline(always)]
fn lanes_of_even(digits: &[i16], at: usize) -> V {
    // A product with one and zero: there is no shift that would not lose bits on the way.
    dot(load(digits, at), splat(1))
}

/// Makes the columns of a square digits: twice the sums, and in the even columns the square of the digit.
///
/// The doubled sum would not fit a lane. So the first carry is taken from the sum with half the radix, half the
/// digit's square joins the sum, and its last bit comes after the carry.
#[inline(always)]
fn settle_square<const R: u32>(even: V, odd: V, digit: V, carry: &mut Carry, out: &mut [i16], at: usize) {
    let even = add(even, shr::<1>(mul(digit, digit)));
    let (even, carry_even) = split_half::<R>(even);
    let (odd, carry_odd) = split_half::<R>(odd);
    let even = add(add(even, even), and(digit, splat(1)));
    let odd = add(odd, odd);
    store(out, at, carry.finish::<R>([even, odd], [carry_even, carry_odd]));
}

#[inline(always)]
fn split_half<const R: u32>(sum: V) -> (V, V) {
    match R {
        12 => split::<11>(sum),
        13 => split::<12>(sum),
        _ => unreachable!(),
    }
}
