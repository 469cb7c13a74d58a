//! The bounds of the curves of NIST as an induction. Intervals go through the formulas of `weierstrass`, operation by operation.
//! Every product is within the bounds of [`Field::mul`], every limb fits 32 bits, and a point that comes out keeps what the
//! type [`Jacobian`] states, which is all that was assumed of the point that went in.
//!
//! Assumed of a product is what `field` tests: it is settled, and at least `a·b/R` and less than `m` more.
//!
//! [`Field::mul`]: super::super::field::Field::mul
//! [`Jacobian`]: super::super::weierstrass::Jacobian

use super::super::limbs::BITS;
use super::{P256, P384, P521, big};
use crate::crypto::interval::Interval;

/// A part of `m`, in which numbers are counted.
const PARTS: i64 = 1 << 20;

/// A number in limbs.
#[derive(Clone, Copy, Debug)]
struct Number {
    /// The number in parts of `m`. What lies between two parts counts as both.
    value: Interval,
    /// Each of the limbs but the highest.
    limbs: Interval,
    /// The highest limb.
    highest: Interval,
}

/// A field with so many bits between the prime and `R`.
struct Run {
    room: u32,
    /// The largest product of two limbs, in units of 2^56.
    limbs: i64,
    /// The largest product of two numbers, in parts of `m · R`.
    product: i64,
}

impl Run {
    fn new(prime: &str, limbs: usize) -> Self {
        let room = (BITS * limbs) as u32 - big(prime).bits() as u32;
        assert!(room >= 8);
        Self { room, limbs: 0, product: 0 }
    }

    /// Less than so many times `m` in magnitude, with limbs of so many units.
    fn assumed(times: i64, units: i64) -> Number {
        let limbs = Interval::within(units << BITS);
        Number { value: Interval::within(times * PARTS), limbs, highest: limbs }
    }

    /// Settled limbs of a number that is less than 2^8 · m in magnitude: the highest one is as small as the others, because
    /// m is at most 2^(28·N - 8).
    fn settled(&self, value: Interval) -> Number {
        assert!(value.magnitude() < PARTS << 8, "{value:?}");
        let highest = Interval::within(((value.magnitude() / PARTS + 1) << BITS) >> self.room);
        Number { value, limbs: Interval { least: 0, most: (1 << BITS) - 1 }, highest }
    }

    /// An element as constants hold it.
    fn constant(&self) -> Number {
        self.settled(Interval { least: 0, most: PARTS })
    }

    fn mul(&mut self, a: Number, b: Number) -> Number {
        let limbs = a.largest() * b.largest();
        assert!(limbs <= 6 << (2 * BITS), "{a:?} · {b:?}");
        self.limbs = self.limbs.max(limbs >> (2 * BITS));
        let product = a.value * b.value;
        // R/m is at least 2^room, so the quotient lies between this and zero. Shifts round down: one more part is safe.
        let quotient = product.shr(20 + self.room).or(Interval::ZERO);
        let Interval { least, most } = quotient;
        assert!(quotient.magnitude() < PARTS, "{a:?} · {b:?}");
        self.product = self.product.max(quotient.magnitude());
        self.settled(Interval { least, most: most + 1 + PARTS })
    }

    fn square(&mut self, a: Number) -> Number {
        // It is not negative.
        let Interval { most, .. } = self.mul(a, a).value;
        self.settled(Interval { least: 0, most })
    }

    fn add(&self, a: Number, b: Number) -> Number {
        a.with(b, |a, b| a + b)
    }

    fn sub(&self, a: Number, b: Number) -> Number {
        a.with(b, |a, b| a - b)
    }

    fn add_times(&self, a: Number, times: i64, b: Number) -> Number {
        self.settled(a.value + b.value * Interval { least: times, most: times })
    }

    /// Asserts what `is_zero` needs: less than 2^8 · m in magnitude.
    fn is_zero(&mut self, a: Number) {
        assert!(a.value.magnitude() < PARTS << 8, "{a:?}");
        let one = Interval::within(1);
        self.mul(a, Number { value: one, limbs: one, highest: Interval::ZERO });
    }

    fn double(&mut self, [x, y, z]: [Number; 3]) -> [Number; 3] {
        let (delta, gamma) = (self.square(z), self.square(y));
        let beta = self.mul(x, gamma);
        let slope = self.mul(self.sub(x, delta), self.add(x, delta));
        let slope = self.add_times(slope, 2, slope);
        let square = self.square(slope);
        let x3 = self.add_times(square, -8, beta);
        let left = self.mul(slope, beta.with(x3, |beta, x3| beta.times(4) - x3));
        let right = self.square(gamma);
        let y3 = self.add_times(left, -8, right);
        let z3 = self.mul(y, z);
        [x3, y3, self.add(z3, z3)]
    }

    fn plus(&mut self, [x, y, z]: [Number; 3], other: [Number; 2]) -> [Number; 3] {
        self.is_zero(z);
        let square = self.square(z);
        let run = self.mul(other[0], square);
        let run = self.sub(run, x);
        let cube = self.mul(square, z);
        let rise = self.mul(other[1], cube);
        let rise = self.sub(rise, y);
        self.is_zero(run);
        self.is_zero(rise);
        let run2 = self.square(run);
        let run3 = self.mul(run2, run);
        let middle = self.mul(x, run2);
        let rise2 = self.square(rise);
        let x3 = self.add_times(self.sub(rise2, run3), -2, middle);
        let (left, right) = (self.mul(rise, self.sub(middle, x3)), self.mul(y, run3));
        let z3 = self.mul(z, run);
        [x3, self.sub(left, right), z3]
    }

    /// `addends`, with the products of `invert`.
    fn addend(&mut self, [x, y, z]: [Number; 3]) -> [Number; 2] {
        let inverse = self.mul(self.constant(), z);
        let inverse = self.mul(inverse, z).or(inverse).or(self.mul(inverse, inverse));
        let square = self.square(inverse);
        let cube = self.mul(square, inverse);
        [self.mul(x, square), self.mul(y, cube)]
    }
}

impl Number {
    /// A sum without a carry, of which each limb must fit.
    fn with(self, other: Self, sum: impl Fn(Interval, Interval) -> Interval) -> Self {
        let sum = Self {
            value: sum(self.value, other.value),
            limbs: sum(self.limbs, other.limbs),
            highest: sum(self.highest, other.highest),
        };
        assert!(sum.largest() < 1 << 31, "a limb overflows: {sum:?}");
        sum
    }

    fn or(self, other: Self) -> Self {
        self.with(other, Interval::or)
    }

    /// The largest magnitude of a limb.
    fn largest(self) -> i64 {
        self.limbs.or(self.highest).magnitude()
    }

    fn is_in(self, assumed: Self) -> bool {
        let parts = [(self.value, assumed.value), (self.limbs, assumed.limbs), (self.highest, assumed.highest)];
        parts.iter().all(|(part, assumed)| assumed.contains(*part))
    }
}

/// What the type `Jacobian` states.
fn point() -> [Number; 3] {
    [Run::assumed(10, 1), Run::assumed(10, 1), Run::assumed(3, 2)]
}

/// What the type `Affine` states: more than -m and less than 2m.
fn affine(run: &Run) -> [Number; 2] {
    [run.settled(Interval { least: -PARTS, most: 2 * PARTS }); 2]
}

/// One step of each kind, and the largest products of limbs and of numbers.
fn step(prime: &str, limbs: usize) -> (i64, f64) {
    let mut run = Run::new(prime, limbs);
    let (point, affine) = (point(), affine(&run));
    let one = run.constant();
    let lifted = [affine[0], affine[1], one];
    let neutral = [one, one, Number { value: Interval::ZERO, limbs: Interval::ZERO, highest: Interval::ZERO }];
    for (name, out) in
        [("double", run.double(point)), ("plus", run.plus(point, affine)), ("lift", lifted), ("neutral", neutral)]
    {
        for (coordinate, (out, assumed)) in out.iter().zip(point).enumerate() {
            assert!(out.is_in(assumed), "{name}, coordinate {coordinate}: {out:?} is not in {assumed:?}");
        }
    }
    for (out, assumed) in run.addend(point).into_iter().zip(affine) {
        assert!(out.is_in(assumed), "{out:?} is not in {assumed:?}");
    }
    // A key's coordinates, which are below m, and the equation of the curve.
    let coordinate = run.mul(run.constant(), run.constant());
    assert!(coordinate.is_in(affine[0]));
    let square = run.square(coordinate);
    let (cube, right) = (run.mul(square, coordinate), run.square(coordinate));
    let difference = run.sub(run.add(cube, run.constant()), right);
    let difference = run.add_times(difference, -3, coordinate);
    run.is_zero(difference);
    // The comparison with r, which is below m.
    let abscissa = run.mul(run.constant(), run.constant());
    let square = run.square(point[2]);
    let abscissa = run.mul(abscissa, square);
    run.is_zero(run.sub(point[0], abscissa));
    (run.limbs, run.product as f64 / PARTS as f64)
}

#[test]
fn a_point_that_comes_out_is_as_small_as_the_one_that_went_in() {
    // P-384 has the least room.
    for (prime, limbs, most) in [(P256, 10, 0.001), (P384, 14, 0.476), (P521, 19, 0.060)] {
        let (limbs, product) = step(prime, limbs);
        // `Field::mul` allows 6 units, and all of m · R.
        assert_eq!(limbs, 4);
        assert!(product < most, "{product}");
    }
}

/// A prime of P-384's length could have one bit more, and not two.
#[test]
#[should_panic(expected = "value: Interval { least: -10485760, most: 10485760 }")]
fn a_prime_that_is_two_bits_longer_has_too_large_products() {
    Run { room: 6, limbs: 0, product: 0 }.double(point());
}
