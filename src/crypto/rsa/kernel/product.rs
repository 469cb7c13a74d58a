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
//! The shorter factor has `H` digits, or is one half of a square. Digits are at most `M` in magnitude. A column sums up
//! to `H·M²`, joined by a digit, by half the square of one, and by half the radix for rounding; all that must stay below
//! 2^31. Then [`settle`] carries twice: the first carry is at most 2^(31-R), so that the second is at most
//! 2^(31-2R) + 1, and digits come out within `M = 2^(R-1) + 2^(31-2R) + 1`. That is 4129 for R = 13 and 2177 for R = 12:
//! `H` can be up to 125 with the former, 452 with the latter.
//!
//! The columns of a square are twice as large, and its digits come out within `2^(R-1) + 2^(32-2R) + 1`. They are only
//! ever multiplied with digits that are within half the radix exactly, and `4161·4096 < 4129²`.

use super::lanes::*;

/// Zeros that must surround a vector factor: the edge of a vector reaches three pairs too far. (More than that, so
/// that the place of a whole tile lies in the slice, too.)
pub const PAD: usize = 32;

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

/// The rows `$from..$to` for the vectors that are named, from the last row to the first.
///
/// Written out: as a loop over an array the sums would live in memory when built for size.
macro_rules! rows {
    ($x:ident $y:ident $from:expr => $to:expr; $($even:ident $odd:ident at $offset:literal),+) => {
        for _ in $from..$to {
            let (odd, even) = ($y.splat(0), $y.splat(1));
            $(
                let digits = $x.load($offset);
                $even = add($even, dot(digits, even));
                $odd = add($odd, dot(digits, odd));
            )+
            ($x, $y) = ($x.advance(2), $y.advance(2));
        }
    };
}

impl<'a> Factors<'a> {
    /// Where the operands are for the rows `from..to` of the vector at `t`, from the last row to the first.
    ///
    /// Checks that all of them lie in the slices, for `width` vectors.
    #[inline(always)]
    fn readers(&self, t: usize, from: usize, to: usize, width: usize) -> (Reader<'a>, Reader<'a>) {
        let rows = to - from;
        let x = self.origin + 2 * (t + 1) - 2 * to;
        let y = EDGE + self.len - 2 * to;
        assert!(x + 2 * rows + 8 * width <= self.vector.len() + 2 && y + 2 * rows < self.reversed.len());
        (Reader::new(self.vector, x), Reader::new(self.reversed, y))
    }

    /// The sums of the rows `range(t)` of each of four vectors from `t` on. Both ends of the range grow with `t`.
    #[inline(always)]
    fn tile(&self, t: usize, range: impl Fn(usize) -> (usize, usize)) -> Sums {
        let ranges = [range(t), range(t + 4), range(t + 8), range(t + 12)];
        if ranges[3].0 <= ranges[0].1 { self.staircase(t, &ranges) } else { self.separate(t, &ranges) }
    }

    /// Four vectors whose ranges overlap: all together in the middle, fewer and fewer at the edges.
    #[inline(never)]
    fn staircase(&self, t: usize, ranges: &[(usize, usize); 4]) -> Sums {
        let [(a, e), (b, f), (c, g), (d, h)] = *ranges;
        assert!([a, b, c, d, e, f, g, h].is_sorted());
        let (mut x, mut y) = self.readers(t, a, h, 4);
        let [mut e0, mut o0, mut e1, mut o1, mut e2, mut o2, mut e3, mut o3] = [ZERO; 8];
        // SAFETY: `readers` has checked the rows a..h, and in order these are no more.
        unsafe {
            rows!(x y g => h; e3 o3 at 24);
            rows!(x y f => g; e2 o2 at 16, e3 o3 at 24);
            rows!(x y e => f; e1 o1 at 8, e2 o2 at 16, e3 o3 at 24);
            rows!(x y d => e; e0 o0 at 0, e1 o1 at 8, e2 o2 at 16, e3 o3 at 24);
            rows!(x y c => d; e0 o0 at 0, e1 o1 at 8, e2 o2 at 16);
            rows!(x y b => c; e0 o0 at 0, e1 o1 at 8);
            rows!(x y a => b; e0 o0 at 0);
        }
        [e0, o0, e1, o1, e2, o2, e3, o3]
    }

    /// Vectors one by one.
    #[inline(never)]
    fn separate(&self, t: usize, ranges: &[(usize, usize)]) -> Sums {
        let mut sums = [ZERO; 8];
        for v in 0..ranges.len() {
            let (from, to) = ranges[v];
            if from < to {
                let (mut x, mut y) = self.readers(t + 4 * v, from, to, 1);
                let [mut even, mut odd] = [ZERO; 2];
                // SAFETY: `readers` has checked the rows.
                unsafe {
                    rows!(x y from => to; even odd at 0);
                }
                (sums[2 * v], sums[2 * v + 1]) = (even, odd);
            }
        }
        sums
    }
}

/// Computes the pairs of columns `from..to` of a product and makes them digits of `out`, which start at `origin`.
///
/// `pairs` is the length of the vector factor in pairs. With `add`, the product is added to the digits that are there.
/// A carry into the first column is not known; the one out of the last column is returned. The number of vectors need
/// not be a multiple of four: the short tile comes first if `short_first`, else last.
#[inline(always)]
pub fn columns<const R: u32>(
    factors: &Factors<'_>,
    pairs: usize,
    (from, to): (usize, usize),
    short_first: bool,
    add: bool,
    out: &mut [i16],
    origin: usize,
) -> i32 {
    let range = |t: usize| ((t + 1).saturating_sub(pairs), (factors.len / 2 + 1).min(t + 4));
    let mut carry = Carry::NONE;
    let mut t = from;
    while t < to {
        let vectors = (to - t) / 4;
        let width = if short_first && vectors % 4 != 0 { vectors % 4 } else { vectors.min(4) };
        let sums = match width {
            4 => factors.tile(t, range),
            _ => factors.separate(t, &[range(t), range(t + 4), range(t + 8)][..width]),
        };
        // Loops over indices, here and below: of iterators, calls remain when built for size.
        for v in 0..width {
            settle::<R>(sums[2 * v], sums[2 * v + 1], add, &mut carry, &mut out[origin + 2 * t..]);
            t += 4;
        }
    }
    carry.out()
}

/// Computes the square of a number of `len` digits: `out` gets `2·len` digits from `origin` on.
///
/// Sums the products of two different digits once and doubles them when they are carried.
#[inline(always)]
pub fn square<const R: u32>(factors: &Factors<'_>, len: usize, out: &mut [i16], origin: usize) {
    // The vector at t has its diagonal in the rows t/2, t/2 + 1 and t/2 + 2.
    let range = |t: usize| (t / 2 + 3, (len / 2 + 1).min(t + 4));
    let mut carry = Carry::NONE;
    let mut t = 0;
    while t < len {
        let sums = factors.tile(t, range);
        for v in 0..4 {
            let (even, odd) = diagonal(factors, t, sums[2 * v], sums[2 * v + 1]);
            let digits = widen(&factors.vector[factors.origin + t..]);
            settle_square::<R>(even, odd, digits, &mut carry, &mut out[origin + 2 * t..]);
            t += 4;
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
    ///
    /// Digits come with half the radix added to them, which is just what rounding wants to be added, and leave without.
    #[inline(always)]
    fn finish<const R: u32>(&mut self, digits: [V; 2], carries: [V; 2]) -> V {
        let even = add(digits[0], one_lane_on(self.first, carries[1]));
        let odd = add(digits[1], carries[0]);
        self.first = carries[1];
        let (carry_even, carry_odd) = (shr::<R>(even), shr::<R>(odd));
        let mask = splat((1 << R) - 1);
        let even = add(and(even, mask), one_lane_on(self.second, carry_odd));
        let odd = add(and(odd, mask), carry_even);
        self.second = carry_odd;
        sub16(pack(even, odd), 1 << (R - 1))
    }

    /// The carry out of the last column.
    fn out(&self) -> i32 {
        last_lane(add(self.first, self.second))
    }
}

/// Makes columns digits, and stores them.
#[inline(always)]
fn settle<const R: u32>(even: V, odd: V, onto: bool, carry: &mut Carry, out: &mut [i16]) {
    let half = splat(1 << (R - 1));
    let mask = splat((1 << R) - 1);
    let (mut even, mut odd) = (add(even, half), add(odd, half));
    if onto {
        let digits = load(out);
        even = add(even, firsts(digits));
        odd = add(odd, shr::<16>(digits));
    }
    let carries = [shr::<R>(even), shr::<R>(odd)];
    store(out, carry.finish::<R>([and(even, mask), and(odd, mask)], carries));
}

/// Makes the columns of a square digits: twice the sums, and in the even columns the square of the digit.
///
/// The doubled sum would not fit a lane. So the first carry is taken from the sum with half the radix, half the
/// digit's square joins the sum, and its last bit comes after the carry.
#[inline(always)]
fn settle_square<const R: u32>(even: V, odd: V, digit: V, carry: &mut Carry, out: &mut [i16]) {
    let quarter = splat(1 << (R - 2));
    let mask = splat((1 << (R - 1)) - 1);
    let even = add(add(even, shr::<1>(mul(digit, digit))), quarter);
    let odd = add(odd, quarter);
    let carries = if R == 13 { [shr::<12>(even), shr::<12>(odd)] } else { [shr::<11>(even), shr::<11>(odd)] };
    let even = add(shl::<1>(and(even, mask)), and(digit, splat(1)));
    let odd = shl::<1>(and(odd, mask));
    store(out, carry.finish::<R>([even, odd], carries));
}
