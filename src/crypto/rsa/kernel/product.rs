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
//! contributes to it. Product scanning: the sums of four vectors, even and odd, stay in eight registers. Vectors have
//! rows in common that not all of them need: there, they meet the zeros around `x`. Four rows too many cost about what
//! another loop does.
//!
//! # Bounds
//!
//! The shorter factor has `H` digits, or is one half of a square. Digits are at most `M = 2^(R-1) + 2^(31-2R)` in
//! magnitude, those of even places at most `2^(R-1)`. A column sums up to `H·M²`, joined by a digit, by half the radix
//! for rounding, and by a carry of up to `2^(31-R)`; all that must stay below 2^31. Then digits come out within the
//! same bounds, see [`settle`]. `M` is 4128 for R = 13 and 2176 for R = 12: `H` can be up to 126 with the former, 453
//! with the latter.
//!
//! The columns of a square are twice as large, and its digits in odd places come out within `2^(R-1) + 2^(32-2R) + 1`: 4161
//! and 2305. They are multiplied with the digits of `fold`, which are settled, so that two neighbouring digits add up to
//! `4096² + 4161·4128` to a column, or `2048² + 2305·2176`. With the numbers of digits in use, the largest lane is 0.949 of
//! 2^31 for R = 13, and 0.738 for R = 12. The tests of `induction` follow all operations.

use super::lanes::*;

/// Zeros that must surround a vector factor, where up to fifteen pairs too many are read.
pub const PAD: usize = 32;

/// Zeros that must surround a reversed factor: the first and the last row use one digit from beyond.
pub const EDGE: usize = 2;

/// Digits beyond those of a product: a tile begins with a vector that is wanted, and four are in it.
pub const SPARE: usize = 24;

/// Two factors: one read in vectors, one reversed, each within its zeros.
///
/// The reversed one had better be the shorter: the vectors of the longer meet all its digits, but for those at the ends.
#[derive(Clone, Copy)]
pub struct Factors<'a> {
    /// `PAD` zeros, digits, `PAD` zeros.
    pub vector: &'a [i16],
    /// `EDGE` zeros, `len` digits in reverse order, `EDGE` zeros.
    pub reversed: &'a [i16],
    pub len: usize,
}

/// Rows for the vectors that are named, up to the one before `$end`.
///
/// Written out: as a loop over an array the sums can live in memory.
macro_rules! rows {
    ($x:ident $y:ident until $end:expr; $($even:ident $odd:ident at $offset:literal),+) => {
        let end = $end;
        while $x != end {
            let (odd, even) = ($y.splat(0), $y.splat(1));
            $(
                let digits = $x.load($offset);
                $even = add($even, dot(digits, even));
                $odd = add($odd, dot(digits, odd));
            )+
            ($x, $y) = ($x.on(2), $y.on(2));
        }
    };
}

impl<'a> Factors<'a> {
    /// The positions of the operands: the first digit of the first factor, the end of the second.
    ///
    /// Checks that there are the zeros which are read. `pairs` is the length of the first factor in pairs.
    #[inline(always)]
    fn readers(&self, pairs: usize) -> (Reader<'a>, Reader<'a>) {
        assert!(self.vector.len() >= PAD + 2 * pairs + PAD);
        assert!(self.reversed.len() >= EDGE + self.len + EDGE);
        (Reader::new(self.vector, PAD), Reader::new(self.reversed, EDGE + self.len))
    }
}

/// Adds the pairs of columns `from..to` of a product to the digits of `out`.
///
/// `pairs` is the length of the vector factor in pairs. A carry into the first column is not known; the one out of the
/// last column is returned. The number of vectors need not be a multiple of four: the short tile comes first if
/// `short_first`, else last, wherever it has fewer rows.
#[inline(never)]
pub fn columns<const R: u32>(
    factors: &Factors<'_>,
    pairs: usize,
    (from, to): (usize, usize),
    short_first: bool,
    out: &mut [i16],
) -> i32 {
    // Hidden, as the constants are.
    let (constants, start) = (Constants::new::<R>(), hidden(splat(1 << (R - 1))));
    let (x0, y0) = factors.readers(pairs);
    let rows = factors.len / 2 + 1;
    assert!(from <= to && (to - from).is_multiple_of(4) && to < pairs + rows);
    let mut carry = ZERO;
    let mut t = from;
    let mut width = if short_first { (to - from) / 4 % 4 } else { 4 };
    while t < to {
        width = if width == 0 { 4 } else { width.min((to - t) / 4) };
        // The rows of the vector at t are those from t + 1 - pairs to t + 3, where there are so many. The first two
        // vectors have theirs below `upper`, the others from `lower` on, and all are from `first` to before `end`.
        let end = rows.min(t + 4 * width);
        let upper = end.min(t + 8);
        let lower = (t + 9).saturating_sub(pairs).min(upper);
        let first = (t + 1).saturating_sub(pairs);
        let [mut e0, mut o0, mut e1, mut o1, mut e2, mut o2, mut e3, mut o3] = [start; 8];
        // SAFETY: first ≤ lower ≤ upper ≤ end ≤ rows. In these rows lie, of the first factor, the digits from 30 before it
        // to 30 after it, and of the second one more on either side: the zeros that `readers` has seen to.
        unsafe {
            let row = |m: usize| x0.on(2 * (t + 1) as isize - 2 * m as isize);
            let (mut x, mut y) = (row(end), y0.on(-2 * end as isize));
            rows!(x y until row(upper); e2 o2 at 16, e3 o3 at 24);
            rows!(x y until row(lower); e0 o0 at 0, e1 o1 at 8, e2 o2 at 16, e3 o3 at 24);
            rows!(x y until row(first); e0 o0 at 0, e1 o1 at 8);
        }
        let [out0, out1, out2, out3] = groups_mut(out, 2 * t);
        settle::<R>(e0, o0, &constants, &mut carry, out0);
        if width > 1 {
            settle::<R>(e1, o1, &constants, &mut carry, out1);
        }
        if width > 2 {
            settle::<R>(e2, o2, &constants, &mut carry, out2);
        }
        if width > 3 {
            settle::<R>(e3, o3, &constants, &mut carry, out3);
        }
        t += 4 * width;
        width = 4;
    }
    last_lane(carry)
}

/// Computes the square of a number of `len` digits, a multiple of 16, which is both factors: `out` gets `2·len` digits.
///
/// Sums the products of two different digits once and doubles them when they are carried.
#[inline(never)]
pub fn square<const R: u32>(factors: &Factors<'_>, out: &mut [i16]) {
    let len = factors.len;
    // Hidden, as the constants are.
    let (constants, masks, start) = (Constants::new::<R>(), Masks::new(), hidden(splat(1 << (R - 2))));
    let (x0, y0) = factors.readers(len / 2);
    let rows = len / 2 + 1;
    assert!(len.is_multiple_of(16));
    let mut carry = ZERO;
    let mut t = 0;
    while t < len {
        // The vector at t has its diagonal in the rows t/2, t/2 + 1 and t/2 + 2, and needs those above up to t + 3, where
        // there are so many. The four have their diagonals at nine rows, with two more rows after each.
        let first = t / 2 + 9;
        let end = rows.min(t + 16);
        let upper = end.min(first.max(t + 8));
        let [mut e0, mut o0, mut e1, mut o1, mut e2, mut o2, mut e3, mut o3] = [start; 8];
        // SAFETY: as in `columns`; t/2 ≤ first ≤ upper ≤ end ≤ rows, because t is no more than len - 16.
        let (x, y) = unsafe {
            let row = |m: usize| x0.on(2 * (t + 1) as isize - 2 * m as isize);
            let (mut x, mut y) = (row(end), y0.on(-2 * end as isize));
            rows!(x y until row(upper); e2 o2 at 16, e3 o3 at 24);
            rows!(x y until row(first); e0 o0 at 0, e1 o1 at 8, e2 o2 at 16, e3 o3 at 24);
            rows!(x y until x.on(4); e0 o0 at 0, e1 o1 at 8, e2 o2 at 16);
            rows!(x y until x.on(4); e0 o0 at 0, e1 o1 at 8);
            rows!(x y until x.on(4); e0 o0 at 0);
            (x, y)
        };
        let [out0, out1, out2, out3] = groups_mut(out, 2 * t);
        let [d0, d1, d2, d3] = groups(factors.vector, PAD + t);
        // SAFETY: the rows t/2 to t/2 + 8. Each vector is four pairs further on and has its diagonal two rows later.
        unsafe {
            (e0, o0) = diagonal(x, y, &masks, e0, o0);
            settle_square::<R>(e0, o0, spread(d0), &constants, &mut carry, out0);
            (e1, o1) = diagonal(x.on(4), y.on(-4), &masks, e1, o1);
            settle_square::<R>(e1, o1, spread(d1), &constants, &mut carry, out1);
            (e2, o2) = diagonal(x.on(8), y.on(-8), &masks, e2, o2);
            settle_square::<R>(e2, o2, spread(d2), &constants, &mut carry, out2);
            (e3, o3) = diagonal(x.on(12), y.on(-12), &masks, e3, o3);
            settle_square::<R>(e3, o3, spread(d3), &constants, &mut carry, out3);
        }
        t += 16;
    }
}

/// Which products of a row are of a digit with a later one.
struct Masks([V; 4]);

impl Masks {
    #[inline(always)]
    fn new() -> Self {
        const BOTH: i32 = -1;
        const FIRST: i32 = 0xffff;
        Self([
            hidden(lanes(BOTH, BOTH, BOTH, FIRST)),
            hidden(lanes(BOTH, FIRST, 0, 0)),
            hidden(lanes(BOTH, BOTH, FIRST, 0)),
            hidden(lanes(FIRST, 0, 0, 0)),
        ])
    }
}

/// Adds the rows around the diagonal: of each pair of products that are equal only one, of squares none.
///
/// In the row `m` of lane `t` stand the products of the digits `2(t-m)` and `2(t-m) + 1`. With `u = 2m - t`, the first
/// is before its partner if `u ≥ 1` in even columns and `u ≥ 0` in odd ones, the second if `u ≥ 2` and `u ≥ 1`.
///
/// # Safety
/// The three rows must lie in the slices.
#[inline(always)]
unsafe fn diagonal(x: Reader<'_>, y: Reader<'_>, Masks(masks): &Masks, even: V, odd: V) -> (V, V) {
    // SAFETY: as the caller promises.
    unsafe {
        // u = 4, 3, 2, 1 in the four lanes.
        let even = add(even, dot(and(x.load(0), masks[0]), y.splat(1)));
        let odd = add(odd, dot(x.load(0), y.splat(0)));
        // u = 2, 1, 0, -1
        let even = add(even, dot(and(x.load(2), masks[1]), y.splat(3)));
        let odd = add(odd, dot(and(x.load(2), masks[2]), y.splat(2)));
        // u = 0, -1, -2, -3
        let odd = add(odd, dot(and(x.load(4), masks[3]), y.splat(4)));
        (even, odd)
    }
}

/// The constant with which digits are made. V8 would build a constant anew wherever it stands, in three or four instructions.
struct Constants {
    /// The bits of a digit.
    mask: V,
    /// The bits of half a digit.
    half_mask: V,
    /// Half the radix, in each of a pair.
    half: V,
}

impl Constants {
    #[inline(always)]
    fn new<const R: u32>() -> Self {
        Self {
            mask: hidden(splat((1 << R) - 1)),
            half_mask: hidden(splat((1 << (R - 1)) - 1)),
            half: hidden(splat(1 << (R - 1) | 1 << (R + 15))),
        }
    }
}

/// Adds columns to the digits that are there. The columns come with half the radix, which makes the carries round.
///
/// Even columns carry into odd ones and these into the even ones of the next lane; there, no more than `2^(31-R)` comes
/// in, so that no more than `2^(31-2R)` is carried into the odd ones again, and with that it ends. `carry` is what the
/// odd columns of the vector before carry; only its last lane belongs here.
#[inline(always)]
fn settle<const R: u32>(even: V, odd: V, constants: &Constants, carry: &mut V, out: &mut [i16; 8]) {
    let digits = load(out);
    let even = add(even, firsts(digits));
    let odd = add(add(odd, shr::<16>(digits)), shr::<R>(even));
    let on = shr::<R>(odd);
    let even = add(and(even, constants.mask), one_lane_on(*carry, on));
    *carry = on;
    store(out, finish::<R>(even, odd, constants));
}

/// Makes the columns of a square digits: twice the sums, and in the even columns the square of the digit. Half of half
/// the radix is in the sums.
///
/// The doubled sum would not fit a lane, but its carry and what that leaves do. The carries are twice those of
/// [`settle`], and one more for the square.
#[inline(always)]
fn settle_square<const R: u32>(even: V, odd: V, digit: V, constants: &Constants, carry: &mut V, out: &mut [i16; 8]) {
    let twice = |rest: V| add(rest, rest);
    let halved = |sum: V| if R == 13 { shr::<12>(sum) } else { shr::<11>(sum) };
    let (first_even, first_odd) = (halved(even), halved(odd));
    let even = add(twice(and(even, constants.half_mask)), dot(digit, digit));
    let odd = add(twice(and(odd, constants.half_mask)), add(first_even, shr::<R>(even)));
    let on = add(first_odd, shr::<R>(odd));
    let even = add(and(even, constants.mask), one_lane_on(*carry, on));
    *carry = on;
    store(out, finish::<R>(even, odd, constants));
}

/// The last carry, from even columns into odd ones that have carried already; then the digits without half the radix.
#[inline(always)]
fn finish<const R: u32>(even: V, odd: V, Constants { mask, half, .. }: &Constants) -> V {
    sub16(pack(and(even, *mask), add(and(odd, *mask), shr::<R>(even))), *half)
}
