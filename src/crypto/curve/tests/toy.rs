//! The generic code over primes so small that everything can be tried: all factors, all quotients, all points in all their
//! forms.

use std::sync::OnceLock;

use super::super::comb::Group;
use super::super::field::{Field, element};
use super::super::limbs::Limbs;
use super::super::modulus::Modulus;
use super::super::weierstrass::{Affine, Curve, Jacobian, Key, Table};

/// Makes `y² = x³ - 3x + b` over a prime of one limb. The generator is not used here.
macro_rules! toy {
    ($name:ident, $prime:literal, $hex:literal, $b:literal) => {
        struct $name;

        impl Field<1> for $name {
            const DIGITS: &'static str = $hex;
        }

        impl Curve<1> for $name {
            type Field = Self;
            const ORDER: Modulus<1> = Modulus::new($hex);
            const BITS: usize = 8;
            const B: Limbs<1> = element($b, $hex);
            const GENERATOR: Affine<1> = [[0], [0]];

            fn table() -> &'static OnceLock<Table<1>> {
                static TABLE: OnceLock<Table<1>> = OnceLock::new();
                &TABLE
            }
        }

        impl Toy for $name {
            const PRIME: i32 = $prime;
        }
    };
}

trait Toy: Curve<1, Field = Self> + Field<1> {
    const PRIME: i32;
}

// Curves of a prime order, like those of NIST.
toy!(Toy11, 11, "b", "a");
toy!(Toy31, 31, "1f", "7");
toy!(Toy61, 61, "3d", "3");

fn modulo<T: Toy>(number: i64) -> i32 {
    number.rem_euclid(i64::from(T::PRIME)) as i32
}

fn inverse<T: Toy>(number: i32) -> i32 {
    (1..T::PRIME).find(|other| modulo::<T>(i64::from(number) * i64::from(*other)) == 1).expect("not zero")
}

fn enter<T: Toy>(number: i32) -> Limbs<1> {
    T::enter(&[number])
}

/// `b` of the curve.
fn b<T: Toy>() -> i32 {
    T::leave(&T::B)[0]
}

/// The points, `None` for the one at infinity.
fn points<T: Toy>() -> Vec<Option<[i32; 2]>> {
    let on_curve = |x: i64, y: i64| modulo::<T>(y * y - x * x * x + 3 * x - i64::from(b::<T>())) == 0;
    let all = (0..T::PRIME).flat_map(|x| (0..T::PRIME).map(move |y| [x, y]));
    let points = all.filter(|[x, y]| on_curve((*x).into(), (*y).into())).map(Some);
    points.chain([None]).collect()
}

/// The sum by the textbook.
fn sum<T: Toy>(p: Option<[i32; 2]>, q: Option<[i32; 2]>) -> Option<[i32; 2]> {
    let (Some([px, py]), Some([qx, qy])) = (p, q) else { return p.or(q) };
    let (px, py, qx, qy) = (i64::from(px), i64::from(py), i64::from(qx), i64::from(qy));
    let [rise, run] = if px != qx {
        [qy - py, qx - px]
    } else if modulo::<T>(py + qy) == 0 {
        return None;
    } else {
        [3 * px * px - 3, 2 * py]
    };
    let slope = i64::from(modulo::<T>(rise)) * i64::from(inverse::<T>(modulo::<T>(run)));
    let slope = i64::from(modulo::<T>(slope));
    let x = i64::from(modulo::<T>(slope * slope - px - qx));
    Some([x as i32, modulo::<T>(slope * (px - x) - py)])
}

/// The affine point of a Jacobian one.
fn affine<T: Toy>(Jacobian { x, y, z }: &Jacobian<1>) -> Option<[i32; 2]> {
    let [x, y, z] = [x, y, z].map(|coordinate| i64::from(T::leave(coordinate)[0]));
    if z == 0 {
        return None;
    }
    let inverse = i64::from(inverse::<T>(z as i32));
    let square = i64::from(modulo::<T>(inverse * inverse));
    Some([modulo::<T>(x * square), modulo::<T>(i64::from(modulo::<T>(y * square)) * inverse)])
}

/// Every form of a point: each z, and for infinity each x and y that its formulas leave.
fn forms<T: Toy>(point: Option<[i32; 2]>) -> Vec<Jacobian<1>> {
    let form = |[x, y]: [i32; 2], z: i32| {
        let (x, y, z) = (i64::from(x), i64::from(y), i64::from(z));
        let (x, y) = (modulo::<T>(x * z * z), modulo::<T>(y * z % i64::from(T::PRIME) * z * z));
        Jacobian { x: enter::<T>(x), y: enter::<T>(y), z: enter::<T>(z as i32) }
    };
    match point {
        Some(point) => (1..T::PRIME).map(|z| form(point, z)).collect(),
        // (t², t³, 0)
        None => (1..T::PRIME).map(|t| form([1, 1], t)).map(|form| Jacobian { z: [0], ..form }).collect(),
    }
}

/// All points in all forms, doubled, and with every other one added.
fn group<T: Toy>(order: usize) {
    let points = points::<T>();
    assert_eq!(points.len(), order);
    assert!((2..order).all(|divisor| !order.is_multiple_of(divisor)), "{order} is not a prime");
    for p in &points {
        for form in forms::<T>(*p) {
            assert_eq!(affine::<T>(&form), *p);
            assert_eq!(affine::<T>(&<T as Group<1>>::double(&form)), sum::<T>(*p, *p), "2 {p:?}");
            for q in points.iter().flatten() {
                let addend = q.map(enter::<T>);
                assert_eq!(
                    affine::<T>(&<T as Group<1>>::plus(&form, &addend)),
                    sum::<T>(*p, Some(*q)),
                    "{p:?} + {q:?}"
                );
            }
        }
    }
    // What a table holds: all points at once, each in another form.
    let mixed: Vec<_> =
        points.iter().flatten().enumerate().map(|(i, p)| forms::<T>(Some(*p)).swap_remove(i % 10)).collect();
    let addends = <T as Group<1>>::addends(&mixed);
    let plain: Vec<_> = addends.iter().map(|addend| addend.map(|coordinate| T::leave(&coordinate)[0])).collect();
    assert_eq!(plain, points.iter().flatten().copied().collect::<Vec<_>>());
    // Keys are the points, with coordinates below the prime.
    for (x, y) in (0..=255u8).flat_map(|x| (0..=255u8).map(move |y| (x, y))) {
        let point = Some([x.into(), y.into()]);
        assert_eq!(Key::<T, 1>::new(&[x], &[y]).is_some(), points.contains(&point), "{x} {y}");
    }
}

#[test]
fn all_points_of_small_curves() {
    group::<Toy11>(7);
    group::<Toy31>(37);
    group::<Toy61>(73);
}

/// All pairs of numbers of a few times the prime, of either sign.
fn products<T: Toy>() {
    let r = inverse::<T>(modulo::<T>(1 << 28));
    for a in -3 * T::PRIME..3 * T::PRIME {
        assert_eq!(T::is_zero(&[a]), a % T::PRIME == 0);
        assert_eq!(T::leave(&T::enter(&[a])), [modulo::<T>(a.into())]);
        for b in -3 * T::PRIME..3 * T::PRIME {
            let product = T::leave(&T::enter(&T::mul(&[a], &[b])))[0];
            assert_eq!(product, modulo::<T>(i64::from(modulo::<T>(i64::from(a) * i64::from(b))) * i64::from(r)));
        }
        assert_eq!(T::square(&[a]), T::mul(&[a], &[a]));
    }
}

#[test]
fn all_products_of_small_primes() {
    products::<Toy11>();
    products::<Toy31>();
    products::<Toy61>();
}

/// All quotients modulo all odd primes below 256.
#[test]
fn all_quotients_of_small_primes() {
    for prime in (3..256i32).step_by(2).filter(|p| (2..*p).all(|divisor| p % divisor != 0)) {
        let modulus = Modulus::<1>::new(&format!("{prime:x}"));
        for b in 0..prime {
            for a in 0..2 * prime {
                let [quotient] = modulus.divide(&[a], &[b]);
                assert!((0..prime).contains(&quotient));
                assert_eq!(quotient * b % prime, if b == 0 { 0 } else { a % prime }, "{a} / {b} modulo {prime}");
            }
        }
        for a in -3 * prime..3 * prime {
            assert_eq!(modulus.least([a]), [a.rem_euclid(prime)]);
            assert_eq!(modulus.exceeds(&[a]), a < prime);
        }
    }
}
