//! The curves `y² = x³ - 3x + b` of NIST (SP 800-186 section 3.2.1), and ECDSA on them.

use std::marker::PhantomData;
use std::sync::OnceLock;

use super::comb::{self, Group};
use super::field::{Field, element, within};
use super::limbs::{Limbs, add, add_times, from_bytes, sub};
use super::modulus::Modulus;

/// A curve whose number of points is a prime, `n`.
pub trait Curve<const N: usize>: Sized + 'static {
    /// The field of the coordinates.
    type Field: Field<N>;

    /// `n`, modulo which scalars are.
    const ORDER: Modulus<N>;

    /// The length of coordinates and scalars.
    const BITS: usize;

    /// The same in bytes, in which coordinates, `r` and `s` are written.
    const BYTES: usize = Self::BITS.div_ceil(8);

    const B: Limbs<N>;

    const GENERATOR: Affine<N>;

    /// The table of the generator.
    fn table() -> &'static OnceLock<Table<N>>;
}

macro_rules! curve {
    (
        $(#[$about:meta])* $name:ident, $limbs:literal, $bits:literal,
        p: $p:literal, n: $n:literal, b: $b:literal, x: $x:literal, y: $y:literal
    ) => {
        $(#[$about])*
        pub struct $name;

        const _: () = {
            pub struct Coordinate;

            impl Field<$limbs> for Coordinate {
                const DIGITS: &'static str = $p;
            }

            impl Curve<$limbs> for $name {
                type Field = Coordinate;
                const ORDER: Modulus<$limbs> = Modulus::new($n);
                const BITS: usize = $bits;
                const B: Limbs<$limbs> = element($b, $p);
                const GENERATOR: Affine<$limbs> = [element($x, $p), element($y, $p)];

                fn table() -> &'static OnceLock<Table<$limbs>> {
                    static TABLE: OnceLock<Table<$limbs>> = OnceLock::new();
                    &TABLE
                }
            }
        };
    };
}

curve!(
    /// P-256.
    P256,
    10,
    256,
    p: "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
    n: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
    b: "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
    x: "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    y: "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
);
curve!(
    /// P-384.
    P384,
    14,
    384,
    p: "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff",
    n: "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
    b: "b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef",
    x: "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
    y: "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f"
);
curve!(
    /// P-521.
    P521,
    19,
    521,
    p: "1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    n: "1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    b: "51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00",
    x: "c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
    y: "11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650"
);

/// A point that is not the one at infinity. Its coordinates are products: settled, more than -m and less than 2m.
pub type Affine<const N: usize> = [Limbs<N>; 2];

/// The table that [`comb::table`] makes.
pub type Table<const N: usize> = Vec<Affine<N>>;

/// `(x/z², y/z³)`; the point at infinity where `z` is zero.
///
/// In the terms of [`Field::mul`]: x has limbs of one unit and is less than 10m in magnitude, y as well, z has limbs of
/// two units and is less than 3m.
#[derive(Clone, Copy)]
pub struct Jacobian<const N: usize> {
    pub x: Limbs<N>,
    pub y: Limbs<N>,
    pub z: Limbs<N>,
}

/// A public key for ECDSA.
pub struct Key<C: Curve<N>, const N: usize> {
    point: Affine<N>,
    table: OnceLock<Table<N>>,
    curve: PhantomData<C>,
}

impl<C: Curve<N>, const N: usize> Key<C, N> {
    /// The key with these coordinates, in big-endian bytes of full length; `None` where they are not both less than p
    /// or the point is not on the curve. The cofactor is 1: no further check is due.
    pub fn new(x: &[u8], y: &[u8]) -> Option<Self> {
        let plain = [from_bytes(x), from_bytes(y)];
        if !plain.iter().all(|coordinate| C::Field::MODULUS.exceeds(coordinate)) {
            return None;
        }
        let point @ [x, y] = plain.map(|coordinate| C::Field::enter(&coordinate));
        let (cube, square) = (C::Field::mul(&C::Field::square(&x), &x), C::Field::square(&y));
        let difference = add_times(&sub(&add(&cube, &C::B), &square), -3, &x);
        C::Field::is_zero(&difference).then(|| Self { point, table: OnceLock::new(), curve: PhantomData })
    }

    /// Returns whether `signature` is `r || s` (RFC 7518 section 3.4) of a hash value (FIPS 186-5 section 6.4.2). It is at most as long as
    /// the order, and less than twice the order as a number.
    pub fn accepts(&self, hash: &[u8], signature: &[u8]) -> bool {
        if signature.len() != 2 * C::BYTES || hash.len() > C::BYTES {
            return false;
        }
        let (r, s) = signature.split_at(C::BYTES);
        let (r, s) = (from_bytes(r), from_bytes(s));
        if ![r, s].iter().all(|number| C::ORDER.exceeds(number) && *number != [0; N]) {
            return false;
        }
        let [of_generator, of_key] = [from_bytes(hash), r].map(|number| C::ORDER.divide(&number, &s));
        let generator = C::table().get_or_init(|| comb::table::<C, N>(lift::<C, N>(&C::GENERATOR)));
        let key = self.table.get_or_init(|| comb::table::<C, N>(lift::<C, N>(&self.point)));
        let Jacobian { x, z, .. } = comb::sum::<C, N>([(&of_generator, generator), (&of_key, key)]);
        // Infinity. Its x is never zero here, so nothing would fit below either; FIPS 186-5 says it, and so do we.
        if C::Field::is_zero(&z) {
            return false;
        }
        // r is x/z² modulo p, then modulo n; p is less than twice n. Compared without the division.
        let square = C::Field::square(&z);
        let fits =
            |abscissa: &Limbs<N>| C::Field::is_zero(&sub(&x, &C::Field::mul(&C::Field::enter(abscissa), &square)));
        let second = add_times(&r, 1, &C::ORDER.m);
        fits(&r) || C::Field::MODULUS.exceeds(&second) && fits(&second)
    }
}

impl<C: Curve<N>, const N: usize> Group<N> for C {
    const BITS: usize = C::BITS;
    const NEUTRAL: Jacobian<N> = Jacobian { x: C::Field::ONE, y: C::Field::ONE, z: [0; N] };

    type Point = Jacobian<N>;
    type Addend = Affine<N>;

    /// `dbl-2001-b` of the Explicit-Formulas Database. Doubling the point at infinity gives it again.
    fn double(point: &Jacobian<N>) -> Jacobian<N> {
        let Jacobian { x, y, z } = point.checked::<C>();
        let (delta, gamma) = (C::Field::square(z), C::Field::square(y));
        let beta = C::Field::mul(x, &gamma);
        let slope = C::Field::mul(&sub(x, &delta), &add(x, &delta));
        let slope = add_times(&slope, 2, &slope);
        let square = C::Field::square(&slope);
        let x3 = add_times(&square, -8, &beta);
        let left = C::Field::mul(&slope, &std::array::from_fn(|j| 4 * beta[j] - x3[j]));
        let right = C::Field::square(&gamma);
        let y3 = add_times(&left, -8, &right);
        let z3 = C::Field::mul(y, z);
        Jacobian { x: x3, y: y3, z: add(&z3, &z3) }
    }

    /// `madd-2004-hmv`. The two points may be the same or opposite, and the first may be the one at infinity.
    fn plus(point: &Jacobian<N>, other: &Affine<N>) -> Jacobian<N> {
        let Jacobian { x, y, z } = point.checked::<C>();
        if C::Field::is_zero(z) {
            return lift::<C, N>(other);
        }
        let square = C::Field::square(z);
        let run = sub(&C::Field::mul(&other[0], &square), x);
        let rise = sub(&C::Field::mul(&other[1], &C::Field::mul(&square, z)), y);
        if C::Field::is_zero(&run) && C::Field::is_zero(&rise) {
            return Self::double(point);
        }
        // Where only the run is zero the points are opposite, and z becomes zero as it should.
        let run2 = C::Field::square(&run);
        let run3 = C::Field::mul(&run2, &run);
        let middle = C::Field::mul(x, &run2);
        let rise2 = C::Field::square(&rise);
        let x3 = add_times(&sub(&rise2, &run3), -2, &middle);
        let (left, right) = (C::Field::mul(&rise, &sub(&middle, &x3)), C::Field::mul(y, &run3));
        Jacobian { x: x3, y: sub(&left, &right), z: C::Field::mul(z, &run) }
    }

    fn addends(points: &[Jacobian<N>]) -> Vec<Affine<N>> {
        let inverses = C::Field::invert(points.iter().map(|point| point.z));
        let affine = |(point, z): (&Jacobian<N>, Limbs<N>)| {
            let square = C::Field::square(&z);
            [C::Field::mul(&point.x, &square), C::Field::mul(&point.y, &C::Field::mul(&square, &z))]
        };
        points.iter().zip(inverses).map(affine).collect()
    }
}

/// With a z of one.
fn lift<C: Curve<N>, const N: usize>(&[x, y]: &Affine<N>) -> Jacobian<N> {
    Jacobian { x, y, z: C::Field::ONE }
}

impl<const N: usize> Jacobian<N> {
    /// Itself, having checked what the type promises.
    fn checked<C: Curve<N>>(&self) -> &Self {
        debug_assert!({
            let m = &C::Field::MODULUS.m;
            within(m, &self.x, 10, 1) && within(m, &self.y, 10, 1) && within(m, &self.z, 3, 2)
        });
        self
    }
}
