//! Curve25519 in Edwards form, `-x² + y² = 1 + d·x²·y²` modulo `2^255 - 19`, and Ed25519 on it (RFC 8032 section 5.1).

use std::sync::OnceLock;

use super::comb::{self, Group};
use super::field25519::{Element, Factor, add, mul, square, sub};
use super::limbs::{BITS, Limbs, from_bytes, settle};
use super::modulus::Modulus;

const N: usize = 10;

struct Curve25519;

/// The order of the base point, `2^252` and a little more, modulo which scalars are.
pub(super) const ORDER: Modulus<N> = Modulus::new("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");

pub(super) const D: Element = Element::from_hex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
pub(super) const BASE: [Element; 2] = [
    Element::from_hex("216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a"),
    Element::from_hex("6666666666666666666666666666666666666666666666666666666666666658"),
];
/// A square root of -1: `2^((p-1)/4)`.
pub(super) const ROOT: Element = Element::from_hex("2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0");

/// `(x/z, y/z)` with `t = x·y/z`.
#[derive(Clone, Copy)]
pub(super) struct Point {
    x: Element,
    y: Element,
    z: Element,
    t: Element,
}

/// `y - x`, `y + x` and `2·d·x·y`: a point as an addition wants it.
type Addend = [Factor; 3];

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
        let odd = bytes[31] >> 7 == 1;
        let y = Element::from_bytes(bytes);
        let mut canonical = y.to_bytes();
        canonical[31] |= bytes[31] & 0x80;
        if canonical != *bytes {
            return Err(NotAKey::NotCanonical);
        }
        let x = x_of(&y).ok_or(NotAKey::NotOnCurve)?;
        if odd && x.is_zero() {
            return Err(NotAKey::NotCanonical);
        }
        // Already negated: the other one of x and -x than the key says.
        let x = if x.is_odd() == odd { sub(&Element::ZERO, &x).carried() } else { x };
        let opposite = lift([x, y]);
        if is_of_small_order(&opposite) {
            return Err(NotAKey::OfSmallOrder);
        }
        Ok(Self { bytes: *bytes, opposite, table: OnceLock::new() })
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Returns whether `signature` is `R || S` with `S·B = R + k·A` (section 5.1.7), where `k` is the hash value of R, A and the
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
fn x_of(y: &Element) -> Option<Element> {
    let y2 = y.square();
    let u = sub(&y2, &Element::ONE);
    let v = add(&y2.times(&D.relaxed()), &Element::ONE);
    let v3 = square(&v).times(&v);
    let v7 = v3.square().times(&v);
    let x = v3.times(&u).times(&v7.times(&u).root_power().relaxed());
    let (check, u) = (x.square().times(&v), u.carried());
    if sub(&check, &u).carried().is_zero() {
        return Some(x);
    }
    add(&check, &u).carried().is_zero().then(|| x.times(&ROOT.relaxed()))
}

/// Returns whether eight times the point is the neutral one. The neutral one is the only one with `x = 0` and `y = z`.
pub(super) fn is_of_small_order(point: &Point) -> bool {
    let eight = [(); 3].iter().fold(*point, |point, ()| Curve25519::double(&point));
    eight.x.is_zero() && sub(&eight.y, &eight.z).carried().is_zero()
}

/// Section 5.1.2.
pub(super) fn encode(Point { x, y, z, .. }: &Point) -> [u8; 32] {
    let inverse = z.inverse().relaxed();
    let mut bytes = y.times(&inverse).to_bytes();
    bytes[31] |= u8::from(x.times(&inverse).is_odd()) << 7;
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
        let quotient = (i64::from(rest[N - 1]) << BITS) + i64::from(rest[N - 2]);
        rest = settle(|j| {
            let limb = if j == 0 { next } else { rest[j - 1] };
            if j < N - 1 { i64::from(limb) - quotient * i64::from(ORDER.m[j]) } else { 0 }
        });
    }
    ORDER.least(rest)
}

/// With a z of one.
fn lift([x, y]: [Element; 2]) -> Point {
    Point { x, y, z: Element::ONE, t: x.times(&y.relaxed()) }
}

impl Group<N> for Curve25519 {
    const BITS: usize = 253;
    const NEUTRAL: Point = Point { x: Element::ZERO, y: Element::ONE, z: Element::ONE, t: Element::ZERO };

    type Point = Point;
    type Addend = Addend;

    /// `dbl-2008-hwcd` of the Explicit-Formulas Database, all four factors with the other sign.
    fn double(Point { x, y, z, .. }: &Point) -> Point {
        let (a, b, c) = (x.square(), y.square(), z.times(&add(z, z)));
        let (both, g) = (add(&a, &b).carried(), sub(&b, &a).carried());
        let (e, f) = (sub(&square(&add(x, y)), &both), sub(&c, &g));
        product(&e, &f, &g.relaxed(), &both.relaxed())
    }

    /// `madd-2008-hwcd-3`: complete on this curve, so that no sum is special.
    fn plus(Point { x, y, z, t }: &Point, [minus, plus, product_]: &Addend) -> Point {
        let (a, b) = (mul(&sub(y, x), minus), mul(&add(y, x), plus));
        let (c, d) = (t.times(product_), add(z, z).carried());
        product(&sub(&b, &a), &sub(&d, &c), &add(&d, &c), &add(&b, &a))
    }

    fn addends(points: &[Point]) -> Vec<Addend> {
        let twice_d = add(&D, &D);
        let inverses = Element::invert(points.iter().map(|point| point.z));
        let addend = |(point, inverse): (&Point, Element)| {
            let inverse = inverse.relaxed();
            let (x, y) = (point.x.times(&inverse), point.y.times(&inverse));
            [sub(&y, &x), add(&y, &x), x.times(&y.relaxed()).times(&twice_d).relaxed()]
        };
        points.iter().zip(inverses).map(addend).collect()
    }
}

fn product(e: &Factor, f: &Factor, g: &Factor, h: &Factor) -> Point {
    Point { x: mul(e, f), y: mul(g, h), z: mul(f, g), t: mul(e, h) }
}
