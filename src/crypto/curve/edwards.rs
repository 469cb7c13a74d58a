//! Curve25519 in Edwards form, `-x² + y² = 1 + d·x²·y²` modulo `2^255 - 19`, and Ed25519 on it (RFC 8032 section 5.1).

use std::sync::OnceLock;

use super::comb::{self, ENTRIES, TEETH};
use super::modulus::{Limbs, Modulus, add, from_octets, limbs, settle, sub};

const N: usize = 10;

static FIELD: Modulus<N> = Modulus::new("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
static ORDER: Modulus<N> = Modulus::new("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");

const D: Limbs<N> = limbs("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
const BASE: [Limbs<N>; 2] = [
    limbs("216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a"),
    limbs("6666666666666666666666666666666666666666666666666666666666666658"),
];
/// A square root of -1: `2^((p-1)/4)`.
const ROOT: Limbs<N> = limbs("2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0");
/// `(p - 5) / 8`
const ROOT_EXPONENT: Limbs<N> = limbs("0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd");

/// Of the order, rounded up to what the comb makes of it.
const SCALAR_BITS: usize = 253;

/// `(x/z, y/z)` with `t = x·y/z`. All are products, so of one unit in the terms of [`Modulus::mul`].
#[derive(Clone, Copy)]
struct Point {
    x: Limbs<N>,
    y: Limbs<N>,
    z: Limbs<N>,
    t: Limbs<N>,
}

/// `y - x`, `y + x` and `2·d·x·y`: a point as an addition wants it.
type Addend = [Limbs<N>; 3];

static BASE_COMB: OnceLock<Vec<Addend>> = OnceLock::new();

/// A public key for Ed25519.
pub struct Key {
    octets: [u8; 32],
    /// The opposite of the key's point.
    opposite: Point,
    comb: OnceLock<Vec<Addend>>,
}

/// Why octets are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAKey {
    NotOnCurve,
    NotCanonical,
    OfSmallOrder,
}

impl Key {
    /// Decodes a point (section 5.1.3).
    pub fn new(octets: &[u8; 32]) -> Result<Self, NotAKey> {
        let mut big_endian = *octets;
        big_endian.reverse();
        let odd = big_endian[0] >> 7 == 1;
        big_endian[0] &= 0x7f;
        let y = from_octets(&big_endian);
        if !FIELD.exceeds(&y) {
            return Err(NotAKey::NotCanonical);
        }
        let y = FIELD.enter(&y);
        let x = x_of(&y).ok_or(NotAKey::NotOnCurve)?;
        let is_odd = is_odd(&x);
        if odd && !is_odd && FIELD.is_zero(&x) {
            return Err(NotAKey::NotCanonical);
        }
        // Already negated: the other one of x and -x than the key says.
        let x = if is_odd == odd { sub(&[0; N], &x) } else { x };
        let opposite = Point { x, y, z: FIELD.one, t: FIELD.mul(&x, &y) };
        if is_of_small_order(&opposite) {
            return Err(NotAKey::OfSmallOrder);
        }
        Ok(Self { octets: *octets, opposite, comb: OnceLock::new() })
    }

    pub fn octets(&self) -> &[u8; 32] {
        &self.octets
    }

    /// Whether `signature` is `R || S` with `S·B = R + k·A` (section 5.1.7), where `k` is the hash value of R, A and the
    /// message. Strictly: S is less than the order, R is encoded canonically and not of small order.
    pub fn accepts(&self, signature: &[u8; 64], hash: &[u8; 64]) -> bool {
        let (r, s) = signature.split_at(32);
        let mut big_endian = [0; 32];
        big_endian.copy_from_slice(s);
        big_endian.reverse();
        let s = from_octets(&big_endian);
        if !ORDER.exceeds(&s) {
            return false;
        }
        let sum = self.sum(&s, &reduced(hash));
        !is_of_small_order(&sum) && encode(&sum) == *r
    }

    /// `s·B - k·A`
    fn sum(&self, s: &Limbs<N>, k: &Limbs<N>) -> Point {
        let base = BASE_COMB.get_or_init(|| {
            let [x, y] = BASE.map(|coordinate| FIELD.enter(&coordinate));
            comb(Point { x, y, z: FIELD.one, t: FIELD.mul(&x, &y) })
        });
        let key = self.comb.get_or_init(|| comb(self.opposite));
        let columns = comb::columns(SCALAR_BITS);
        let mut sum = Point { x: [0; N], y: FIELD.one, z: FIELD.one, t: [0; N] };
        for column in (0..columns).rev() {
            sum = double(&sum);
            for (scalar, table) in [(s, base), (k, key)] {
                if let Some(entry) = comb::entry(scalar, column, columns) {
                    sum = plus(&sum, &table[entry]);
                }
            }
        }
        sum
    }
}

/// A root of `x² = (y² - 1) / (d·y² + 1)` (section 5.1.3 step 3); `None` where there is none.
fn x_of(y: &Limbs<N>) -> Option<Limbs<N>> {
    let square = FIELD.square(y);
    let u = sub(&square, &FIELD.one);
    let v = add(&FIELD.mul(&square, &FIELD.enter(&D)), &FIELD.one);
    let v3 = FIELD.mul(&FIELD.square(&v), &v);
    let v7 = FIELD.mul(&FIELD.square(&v3), &v);
    let root = FIELD.power(&FIELD.mul(&u, &v7), &ROOT_EXPONENT);
    let x = FIELD.mul(&FIELD.mul(&u, &v3), &root);
    let check = FIELD.mul(&v, &FIELD.square(&x));
    if FIELD.is_zero(&sub(&check, &u)) {
        return Some(x);
    }
    FIELD.is_zero(&add(&check, &u)).then(|| FIELD.mul(&x, &FIELD.enter(&ROOT)))
}

fn is_odd(x: &Limbs<N>) -> bool {
    FIELD.leave(x)[0] & 1 == 1
}

/// Whether eight times the point is the neutral one. The neutral one is the only one with `x = 0` and `y = z`.
fn is_of_small_order(point: &Point) -> bool {
    let eight = double(&double(&double(point)));
    FIELD.is_zero(&eight.x) && FIELD.is_zero(&sub(&eight.y, &eight.z))
}

/// Section 5.1.2.
fn encode(Point { x, y, z, .. }: &Point) -> [u8; 32] {
    let inverse = FIELD.invert(z);
    let y = FIELD.leave(&FIELD.mul(y, &inverse));
    let mut octets: [u8; 32] = std::array::from_fn(|i| {
        let (at, shift) = (i * 8 / 28, i * 8 % 28);
        let limbs = i64::from(y[at]) | i64::from(*y.get(at + 1).unwrap_or(&0)) << 28;
        (limbs >> shift) as u8
    });
    octets[31] |= u8::from(is_odd(&FIELD.mul(x, &inverse))) << 7;
    octets
}

/// A number of 512 bits, little-endian, modulo the order.
fn reduced(hash: &[u8; 64]) -> Limbs<N> {
    let mut big_endian = *hash;
    big_endian.reverse();
    // R is 2^280: entering multiplies by it what lies above the lowest 35 octets.
    let (high, low) = big_endian.split_at(64 - 35);
    let (high, low) = (ORDER.enter(&from_octets(high)), from_octets(low));
    ORDER.leave(&ORDER.enter(&add(&high, &low)))
}

fn comb(point: Point) -> Vec<Addend> {
    let mut tooth = point;
    let mut teeth = vec![tooth];
    while teeth.len() < TEETH {
        for _ in 0..comb::columns(SCALAR_BITS) {
            tooth = double(&tooth);
        }
        teeth.push(tooth);
    }
    let mut sums = Vec::with_capacity(ENTRIES);
    for (tooth, addend) in teeth.iter().zip(addends(&teeth)) {
        sums.push(*tooth);
        for i in 0..sums.len() - 1 {
            sums.push(plus(&sums[i], &addend));
        }
    }
    addends(&sums)
}

fn addends(points: &[Point]) -> Vec<Addend> {
    let twice_d = FIELD.enter(&D).map(|limb| 2 * limb);
    let inverses = FIELD.invert_all(points.iter().map(|point| point.z));
    let addend = |(point, inverse): (&Point, Limbs<N>)| {
        let (x, y) = (FIELD.mul(&point.x, &inverse), FIELD.mul(&point.y, &inverse));
        [sub(&y, &x), add(&y, &x), FIELD.mul(&FIELD.mul(&x, &y), &twice_d)]
    };
    points.iter().zip(inverses).map(addend).collect()
}

/// `dbl-2008-hwcd` of the Explicit-Formulas Database.
fn double(Point { x, y, z, .. }: &Point) -> Point {
    let (a, b, c) = (FIELD.square(x), FIELD.square(y), FIELD.square(z));
    let (sum, both) = (FIELD.square(&add(x, y)), add(&a, &b));
    let (e, g) = (sub(&sum, &both), sub(&b, &a));
    let f = settle(|j| i64::from(g[j]) - 2 * i64::from(c[j]));
    product(&e, &f, &g, &both.map(|limb| -limb))
}

/// `madd-2008-hwcd-3`: complete on this curve, so that no sum is special.
fn plus(Point { x, y, z, t }: &Point, [minus, plus, product_]: &Addend) -> Point {
    let (a, b) = (FIELD.mul(&sub(y, x), minus), FIELD.mul(&add(y, x), plus));
    let (c, d) = (FIELD.mul(t, product_), add(z, z));
    product(&sub(&b, &a), &sub(&d, &c), &add(&d, &c), &add(&b, &a))
}

fn product(e: &Limbs<N>, f: &Limbs<N>, g: &Limbs<N>, h: &Limbs<N>) -> Point {
    Point { x: FIELD.mul(e, f), y: FIELD.mul(g, h), z: FIELD.mul(f, g), t: FIELD.mul(e, h) }
}
