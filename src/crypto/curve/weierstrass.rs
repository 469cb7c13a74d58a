//! The curves `y² = x³ - 3x + b` of NIST (SP 800-186 section 3.2.1), and ECDSA on them.

use std::sync::OnceLock;

use super::comb::{self, ENTRIES, TEETH};
use super::modulus::{Limbs, Modulus, add, from_octets, limbs, settle, sub};

/// A curve whose number of points is a prime.
pub struct Curve<const N: usize> {
    field: Modulus<N>,
    order: Modulus<N>,
    b: Limbs<N>,
    generator: [Limbs<N>; 2],
    /// The length of coordinates and scalars.
    bits: usize,
    comb: OnceLock<Comb<N>>,
}

/// P-256.
pub static P256: Curve<10> = Curve {
    field: Modulus::new("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
    order: Modulus::new("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    b: limbs("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"),
    generator: [
        limbs("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
        limbs("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
    ],
    bits: 256,
    comb: OnceLock::new(),
};

/// P-384.
pub static P384: Curve<14> = Curve {
    field: Modulus::new(
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
    ),
    order: Modulus::new(
        "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    ),
    b: limbs("b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef"),
    generator: [
        limbs("aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7"),
        limbs("3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"),
    ],
    bits: 384,
    comb: OnceLock::new(),
};

/// A point that is not the one at infinity, in Montgomery form.
type Affine<const N: usize> = [Limbs<N>; 2];

/// The multiples of a point that its [`comb`] needs.
type Comb<const N: usize> = Vec<Affine<N>>;

/// `(x/z², y/z³)`; the point at infinity where `z` is zero.
///
/// In the terms of [`Modulus::mul`]: x is settled and less than 10m in magnitude, y has limbs of one unit and is as
/// large, z has limbs of two units and is less than 3m.
#[derive(Clone, Copy)]
struct Jacobian<const N: usize> {
    x: Limbs<N>,
    y: Limbs<N>,
    z: Limbs<N>,
}

/// A public key for ECDSA.
pub struct Key<const N: usize> {
    curve: &'static Curve<N>,
    point: Affine<N>,
    comb: OnceLock<Comb<N>>,
}

impl<const N: usize> Key<N> {
    /// The key with these coordinates, in big-endian octets of full length; `None` where they are not both less than p
    /// or the point is not on the curve. The cofactor is 1: no further check is due.
    pub fn new(curve: &'static Curve<N>, x: &[u8], y: &[u8]) -> Option<Self> {
        let field = &curve.field;
        let plain = [from_octets(x), from_octets(y)];
        if !plain.iter().all(|coordinate| field.exceeds(coordinate)) {
            return None;
        }
        let [x, y] = plain.map(|coordinate| field.enter(&coordinate));
        let (cube, b) = (field.mul(&field.square(&x), &x), field.enter(&curve.b));
        let square = field.square(&y);
        let difference = settle(|j| i64::from(cube[j]) - 3 * i64::from(x[j]) + i64::from(b[j]) - i64::from(square[j]));
        field.is_zero(&difference).then(|| Self { curve, point: [x, y], comb: OnceLock::new() })
    }

    /// Whether `signature` is `r || s` (RFC 7518 section 3.4) of a hash value that is as long as the order (FIPS 186-5
    /// section 6.4.2).
    pub fn accepts(&self, hash: &[u8], signature: &[u8]) -> bool {
        let Curve { field, order, bits, .. } = self.curve;
        let octets = bits / 8;
        if signature.len() != 2 * octets {
            return false;
        }
        let (r, s) = signature.split_at(octets);
        let (r, s) = (from_octets(r), from_octets(s));
        if ![&r, &s].iter().all(|number| order.exceeds(number) && **number != [0; N]) {
            return false;
        }
        // A Montgomery form times a plain number is a plain number.
        let inverse = order.invert(&order.enter(&s));
        let scalar = |number| order.canonical(order.mul(number, &inverse));
        let Jacobian { x, z, .. } = self.sum(&scalar(&from_octets(hash)), &scalar(&r));
        if field.is_zero(&z) {
            return false;
        }
        // r is x/z² modulo p, then modulo n; p is less than twice n. Compared without the division.
        let square = field.square(&z);
        let fits = |x_coordinate| field.is_zero(&sub(&x, &field.mul(&field.enter(x_coordinate), &square)));
        let second = settle(|j| i64::from(r[j]) + i64::from(order.limbs()[j]));
        fits(&r) || field.exceeds(&second) && fits(&second)
    }

    /// The multiple of the generator and that of the key, summed.
    fn sum(&self, of_generator: &Limbs<N>, of_key: &Limbs<N>) -> Jacobian<N> {
        let curve = self.curve;
        let generator = curve.comb.get_or_init(|| {
            let [x, y] = &curve.generator;
            curve.comb(&[curve.field.enter(x), curve.field.enter(y)])
        });
        let key = self.comb.get_or_init(|| curve.comb(&self.point));
        let columns = comb::columns(curve.bits);
        let mut sum = Jacobian { x: curve.field.one, y: curve.field.one, z: [0; N] };
        for column in (0..columns).rev() {
            sum = curve.double(&sum);
            for (scalar, table) in [(of_generator, generator), (of_key, key)] {
                if let Some(entry) = comb::entry(scalar, column, columns) {
                    sum = curve.add(&sum, &table[entry]);
                }
            }
        }
        sum
    }
}

impl<const N: usize> Curve<N> {
    fn comb(&self, point: &Affine<N>) -> Comb<N> {
        let mut tooth = self.lift(point);
        let mut teeth = vec![tooth];
        while teeth.len() < TEETH {
            for _ in 0..comb::columns(self.bits) {
                tooth = self.double(&tooth);
            }
            teeth.push(tooth);
        }
        let mut sums = Vec::with_capacity(ENTRIES);
        for tooth in self.to_affine(&teeth) {
            sums.push(self.lift(&tooth));
            for i in 0..sums.len() - 1 {
                sums.push(self.add(&sums[i], &tooth));
            }
        }
        self.to_affine(&sums)
    }

    /// With a z of one.
    fn lift(&self, &[x, y]: &Affine<N>) -> Jacobian<N> {
        Jacobian { x, y, z: self.field.one }
    }

    /// None of the points is the one at infinity.
    fn to_affine(&self, points: &[Jacobian<N>]) -> Vec<Affine<N>> {
        let field = &self.field;
        let inverses = field.invert_all(points.iter().map(|point| point.z));
        let affine = |(point, z): (&Jacobian<N>, Limbs<N>)| {
            let square = field.square(&z);
            [field.mul(&point.x, &square), field.mul(&point.y, &field.mul(&square, &z))]
        };
        points.iter().zip(inverses).map(affine).collect()
    }

    /// `dbl-2001-b` of the Explicit-Formulas Database. Doubling the point at infinity gives it again.
    fn double(&self, &Jacobian { x, y, z }: &Jacobian<N>) -> Jacobian<N> {
        let field = &self.field;
        let (delta, gamma) = (field.square(&z), field.square(&y));
        let beta = field.mul(&x, &gamma);
        let slope = field.mul(&sub(&x, &delta), &add(&x, &delta));
        let slope = settle(|j| 3 * i64::from(slope[j]));
        let square = field.square(&slope);
        let x3 = settle(|j| i64::from(square[j]) - 8 * i64::from(beta[j]));
        let (left, right) = (field.mul(&slope, &std::array::from_fn(|j| 4 * beta[j] - x3[j])), field.square(&gamma));
        let y3 = settle(|j| i64::from(left[j]) - 8 * i64::from(right[j]));
        let z3 = field.mul(&y, &z);
        Jacobian { x: x3, y: y3, z: add(&z3, &z3) }
    }

    /// The sum with an affine point, which may be the same, the opposite, or be added to the point at infinity.
    fn add(&self, point: &Jacobian<N>, other: &Affine<N>) -> Jacobian<N> {
        let field = &self.field;
        let Jacobian { x, y, z } = point;
        if field.is_zero(z) {
            return self.lift(other);
        }
        let square = field.square(z);
        let run = sub(&field.mul(&other[0], &square), x);
        let rise = sub(&field.mul(&other[1], &field.mul(&square, z)), y);
        if field.is_zero(&run) && field.is_zero(&rise) {
            return self.double(point);
        }
        // Where only the run is zero the points are opposite, and z becomes zero as it should.
        let run2 = field.square(&run);
        let run3 = field.mul(&run2, &run);
        let middle = field.mul(x, &run2);
        let rise2 = field.square(&rise);
        let x3 = settle(|j| i64::from(rise2[j]) - i64::from(run3[j]) - 2 * i64::from(middle[j]));
        let (left, right) = (field.mul(&rise, &sub(&middle, &x3)), field.mul(y, &run3));
        Jacobian { x: x3, y: sub(&left, &right), z: field.mul(z, &run) }
    }
}
