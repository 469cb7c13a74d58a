//! Curve25519 in Edwards form, `-x² + y² = 1 + d·x²·y²` modulo `2^255 - 19`, and Ed25519 on it (RFC 8032 section 5.1).

use std::sync::OnceLock;

use super::comb::{self, Group};
use super::field::{Field, element, within};
use super::limbs::{BITS, Limbs, add, add_times, from_bytes, settle, sub};
use super::modulus::Modulus;

const N: usize = 10;

/// `2^255 - 19`
const PRIME: &str = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";

struct Curve25519;

/// What coordinates are in.
pub(super) struct Coordinate;

impl Field<N> for Coordinate {
    const DIGITS: &'static str = PRIME;
}

/// The order of the base point, `2^252` and a little more, modulo which scalars are.
pub(super) const ORDER: Modulus<N> = Modulus::new("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");

pub(super) const D: Limbs<N> = element("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3", PRIME);
pub(super) const BASE: [Limbs<N>; 2] = [
    element("216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a", PRIME),
    element("6666666666666666666666666666666666666666666666666666666666666658", PRIME),
];
/// A square root of -1: `2^((p-1)/4)`.
pub(super) const ROOT: Limbs<N> = element("2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0", PRIME);

/// `(x/z, y/z)` with `t = x·y/z`. All have limbs of one unit in the terms of [`Field::mul`], and are less than 2·m in
/// magnitude.
#[derive(Clone, Copy)]
pub(super) struct Point {
    x: Limbs<N>,
    y: Limbs<N>,
    z: Limbs<N>,
    t: Limbs<N>,
}

/// `y - x`, `y + x` and `2·d·x·y`: a point as an addition wants it.
type Addend = [Limbs<N>; 3];

/// A public key for Ed25519.
pub struct Key {
    bytes: [u8; 32],
    /// The opposite of the key's point.
    opposite: Point,
    table: OnceLock<Vec<Addend>>,
}

/// Why bytes are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAKey {
    NotOnCurve,
    NotCanonical,
    OfSmallOrder,
}

impl Key {
    /// Decodes a point (section 5.1.3).
    pub fn new(bytes: &[u8; 32]) -> Result<Self, NotAKey> {
        let mut big_endian = *bytes;
        big_endian.reverse();
        let odd = big_endian[0] >> 7 == 1;
        big_endian[0] &= 0x7f;
        let y = from_bytes(&big_endian);
        if !Coordinate::MODULUS.exceeds(&y) {
            return Err(NotAKey::NotCanonical);
        }
        let y = Coordinate::enter(&y);
        let x = x_of(&y).ok_or(NotAKey::NotOnCurve)?;
        let is_odd = is_odd(&x);
        if odd && !is_odd && Coordinate::is_zero(&x) {
            return Err(NotAKey::NotCanonical);
        }
        // Already negated: the other one of x and -x than the key says.
        let x = if is_odd == odd { sub(&[0; N], &x) } else { x };
        let opposite = lift([x, y]);
        if is_of_small_order(&opposite) {
            return Err(NotAKey::OfSmallOrder);
        }
        Ok(Self { bytes: *bytes, opposite, table: OnceLock::new() })
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Whether `signature` is `R || S` with `S·B = R + k·A` (section 5.1.7), where `k` is the hash value of R, A and the
    /// message. Strictly: S is less than the order, R is encoded canonically and not of small order.
    pub fn accepts(&self, signature: &[u8; 64], hash: &[u8; 64]) -> bool {
        let (r, s) = signature.split_at(32);
        let mut big_endian = [0; 32];
        big_endian.copy_from_slice(s);
        big_endian.reverse();
        let s = from_bytes(&big_endian);
        if !ORDER.exceeds(&s) {
            return false;
        }
        let sum = self.sum(&s, &reduced(hash));
        !is_of_small_order(&sum) && encode(&sum) == *r
    }

    /// `s·B - k·A`
    pub(super) fn sum(&self, s: &Limbs<N>, k: &Limbs<N>) -> Point {
        static TABLE: OnceLock<Vec<Addend>> = OnceLock::new();
        let base = TABLE.get_or_init(|| comb::table::<Curve25519, N>(lift(BASE)));
        let key = self.table.get_or_init(|| comb::table::<Curve25519, N>(self.opposite));
        comb::sum::<Curve25519, N>([(s, base), (k, key)])
    }
}

/// A root of `x² = (y² - 1) / (d·y² + 1)` (section 5.1.3 step 3); `None` where there is none.
fn x_of(y: &Limbs<N>) -> Option<Limbs<N>> {
    let square = Coordinate::square(y);
    let u = sub(&square, &Coordinate::ONE);
    let v = add(&Coordinate::mul(&square, &D), &Coordinate::ONE);
    let v3 = Coordinate::mul(&Coordinate::square(&v), &v);
    let v7 = Coordinate::mul(&Coordinate::square(&v3), &v);
    let root = power(&Coordinate::mul(&u, &v7));
    let x = Coordinate::mul(&Coordinate::mul(&u, &v3), &root);
    let check = Coordinate::mul(&v, &Coordinate::square(&x));
    if Coordinate::is_zero(&sub(&check, &u)) {
        return Some(x);
    }
    Coordinate::is_zero(&add(&check, &u)).then(|| Coordinate::mul(&x, &ROOT))
}

/// To the power of `(p - 5) / 8`, which is `2^252 - 3`.
fn power(a: &Limbs<N>) -> Limbs<N> {
    let mut power = *a;
    for bit in (0..251).rev() {
        power = Coordinate::square(&power);
        if bit != 1 {
            power = Coordinate::mul(&power, a);
        }
    }
    power
}

fn is_odd(x: &Limbs<N>) -> bool {
    Coordinate::leave(x)[0] & 1 == 1
}

/// Whether eight times the point is the neutral one. The neutral one is the only one with `x = 0` and `y = z`.
pub(super) fn is_of_small_order(point: &Point) -> bool {
    let eight = [(); 3].iter().fold(*point, |point, ()| Curve25519::double(&point));
    Coordinate::is_zero(&eight.x) && Coordinate::is_zero(&sub(&eight.y, &eight.z))
}

/// Section 5.1.2.
pub(super) fn encode(Point { x, y, z, .. }: &Point) -> [u8; 32] {
    let inverse = Coordinate::MODULUS.divide(&Coordinate::ONE, &Coordinate::leave(z));
    let [x, y] = [x, y].map(|coordinate| Coordinate::leave(&Coordinate::mul(coordinate, &inverse)));
    let mut bytes: [u8; 32] = std::array::from_fn(|i| {
        let (at, shift) = (i * 8 / BITS, i * 8 % BITS);
        let limbs = i64::from(y[at]) | i64::from(*y.get(at + 1).unwrap_or(&0)) << BITS;
        (limbs >> shift) as u8
    });
    bytes[31] |= ((x[0] & 1) as u8) << 7;
    bytes
}

/// A number of 512 bits, little-endian, modulo the order.
pub(super) fn reduced(hash: &[u8; 64]) -> Limbs<N> {
    let mut big_endian = *hash;
    big_endian.reverse();
    let number: Limbs<19> = from_bytes(&big_endian);
    let mut rest = [0; N];
    for next in number.into_iter().rev() {
        // Times 2^28, and the next limb. What is then above 2^252 is the quotient, or one more.
        let quotient = i64::from(rest[N - 1]) << BITS | i64::from(rest[N - 2]);
        rest = settle(|j| {
            let limb = if j == 0 { next } else { rest[j - 1] };
            if j < N - 1 { i64::from(limb) - quotient * i64::from(ORDER.m[j]) } else { 0 }
        });
    }
    ORDER.least(rest)
}

/// With a z of one.
fn lift([x, y]: [Limbs<N>; 2]) -> Point {
    Point { x, y, z: Coordinate::ONE, t: Coordinate::mul(&x, &y) }
}

impl Group<N> for Curve25519 {
    const BITS: usize = 253;
    const NEUTRAL: Point = Point { x: [0; N], y: Coordinate::ONE, z: Coordinate::ONE, t: [0; N] };

    type Point = Point;
    type Addend = Addend;

    /// `dbl-2008-hwcd` of the Explicit-Formulas Database.
    fn double(point: &Point) -> Point {
        let Point { x, y, z, .. } = point.checked();
        let (a, b, c) = (Coordinate::square(x), Coordinate::square(y), Coordinate::square(z));
        let (sum, both) = (Coordinate::square(&add(x, y)), add(&a, &b));
        let (e, g) = (sub(&sum, &both), sub(&b, &a));
        let f = add_times(&g, -2, &c);
        product(&e, &f, &g, &both.map(|limb| -limb))
    }

    /// `madd-2008-hwcd-3`: complete on this curve, so that no sum is special.
    fn plus(point: &Point, [minus, plus, product_]: &Addend) -> Point {
        let Point { x, y, z, t } = point.checked();
        let (a, b) = (Coordinate::mul(&sub(y, x), minus), Coordinate::mul(&add(y, x), plus));
        let (c, d) = (Coordinate::mul(t, product_), add(z, z));
        product(&sub(&b, &a), &sub(&d, &c), &add(&d, &c), &add(&b, &a))
    }

    fn addends(points: &[Point]) -> Vec<Addend> {
        let twice_d = D.map(|limb| 2 * limb);
        let inverses = Coordinate::invert(points.iter().map(|point| point.z));
        let addend = |(point, inverse): (&Point, Limbs<N>)| {
            let (x, y) = (Coordinate::mul(&point.x, &inverse), Coordinate::mul(&point.y, &inverse));
            [sub(&y, &x), add(&y, &x), Coordinate::mul(&Coordinate::mul(&x, &y), &twice_d)]
        };
        points.iter().zip(inverses).map(addend).collect()
    }
}

fn product(e: &Limbs<N>, f: &Limbs<N>, g: &Limbs<N>, h: &Limbs<N>) -> Point {
    let mul = Coordinate::mul;
    Point { x: mul(e, f), y: mul(g, h), z: mul(f, g), t: mul(e, h) }
}

impl Point {
    /// Itself, having checked what the type promises.
    fn checked(&self) -> &Self {
        let Self { x, y, z, t } = self;
        debug_assert!([x, y, z, t].iter().all(|coordinate| within(&Coordinate::MODULUS.m, coordinate, 2, 1)));
        self
    }
}
