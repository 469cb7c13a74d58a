//! Arithmetic modulo the prime of a curve: the multiplication that all curves share.

#![allow(clippy::absurd_extreme_comparisons, reason = "places are constants, and zero is one of them")]

use super::limbs::{BITS, Limbs, MASK, MAX_LIMBS, each, from_hex};
use super::modulus::Modulus;

/// The numbers modulo a prime `m`. Elements are in Montgomery form: a number times `R`, which is 2^(28·N).
///
/// An element has many forms: it may be any number that is the same modulo `m`, with any limbs. What this costs is a
/// bound, which [`Field::mul`] states, and checks where debug assertions are on.
pub trait Field<const N: usize> {
    /// The prime in hexadecimal digits.
    const DIGITS: &'static str;

    const MODULUS: Modulus<N> = Modulus::new(Self::DIGITS);

    const ONE: Limbs<N> = element("1", Self::DIGITS);

    /// `R²` modulo `m`: a product with it brings a number into Montgomery form.
    const SQUARE: Limbs<N> = element_of(Self::ONE, Self::DIGITS);

    /// `a · b / R` modulo `m`: settled, and from `a·b/R` up to less than `m` more.
    ///
    /// The limbs of `a` may be up to `u` times 2^28 in magnitude and those of `b` up to `w` times, if `u·w ≤ 6`; and
    /// `|a · b|` at most `m · R`, so that the product is more than -m and less than 2m.
    #[inline(never)]
    fn mul(a: &Limbs<N>, b: &Limbs<N>) -> Limbs<N> {
        debug_assert!(may_be_multiplied(&Self::MODULUS.m, a, b), "beyond the bounds: {a:x?} · {b:x?}");
        reduce::<Self, N>(
            #[inline(always)]
            |k| product_column(a, b, k),
        )
    }

    /// `a² / R`, as [`Field::mul`].
    #[inline(never)]
    fn square(a: &Limbs<N>) -> Limbs<N> {
        debug_assert!(may_be_multiplied(&Self::MODULUS.m, a, a), "beyond the bounds: {a:x?}²");
        reduce::<Self, N>(
            #[inline(always)]
            |k| square_column(a, k),
        )
    }

    /// Brings a number into Montgomery form.
    fn enter(a: &Limbs<N>) -> Limbs<N> {
        Self::mul(a, &Self::SQUARE)
    }

    /// Brings a number less than `R` in magnitude out of Montgomery form, to what is at least zero and less than `m`.
    fn leave(a: &Limbs<N>) -> Limbs<N> {
        let mut one = [0; N];
        one[0] = 1;
        // The product lies between zero and m, both included.
        Self::MODULUS.least(Self::mul(a, &one))
    }

    /// Returns whether this is a multiple of `m`, of a number less than 2^8·m in magnitude.
    fn is_zero(a: &Limbs<N>) -> bool {
        // It could only be one of few multiples, and the lowest limb says which.
        let multiple = i64::from(a[0]).wrapping_mul(Self::MODULUS.inverse) & MASK;
        multiple.min(MASK + 1 - multiple) < 1 << 8 && Self::leave(a) == [0; N]
    }

    /// `1/a` of each, none of which is zero. One division serves them all (Montgomery's trick).
    fn invert(all: impl DoubleEndedIterator<Item = Limbs<N>> + ExactSizeIterator + Clone) -> Vec<Limbs<N>> {
        let mut product = Self::ONE;
        let mut out = Vec::with_capacity(all.len());
        for a in all.clone() {
            out.push(product);
            product = Self::mul(&product, &a);
        }
        let mut inverse = Self::MODULUS.divide(&Self::ONE, &Self::leave(&product));
        for (before, a) in out.iter_mut().zip(all).rev() {
            *before = Self::mul(&inverse, before);
            inverse = Self::mul(&inverse, &a);
        }
        out
    }
}

/// Column `k` of `a · b`: the products of limbs whose places sum to `k`.
#[inline(always)]
pub fn product_column<const N: usize>(a: &Limbs<N>, b: &Limbs<N>, k: usize) -> i64 {
    let mut sum = 0;
    each!(I in limbs {
        if I < N && I <= k && k - I < N {
            sum += i64::from(a[I]) * i64::from(b[k - I]);
        }
    });
    sum
}

/// Column `k` of `a²`, with a multiplication for each pair of places.
#[inline(always)]
pub fn square_column<const N: usize>(a: &Limbs<N>, k: usize) -> i64 {
    let mut sum = 0;
    each!(I in limbs {
        if I < N && 2 * I < k && k - I < N {
            sum += i64::from(a[I]) * i64::from(a[k - I]);
        }
    });
    sum *= 2;
    if k.is_multiple_of(2) {
        sum += i64::from(a[k / 2]) * i64::from(a[k / 2]);
    }
    sum
}

/// Montgomery's reduction of a product whose columns are given, one column after the other: `(product + q · m) / R`, with the
/// `q` less than `R` that makes the lower columns vanish.
///
/// A column sums at most 19 products of limbs, of `6·2^56`, as many with limbs of the modulus, of 2^55, and a carry of less
/// than 2^36: that is less than 2^63.
#[inline(always)]
fn reduce<F: Field<N> + ?Sized, const N: usize>(column: impl Fn(usize) -> i64) -> Limbs<N> {
    const { assert!(N <= MAX_LIMBS) };
    let (mut out, mut q, mut sum) = ([0; N], [0; N], 0i64);
    each!(K in columns {
        if K < 2 * N - 1 {
            // The limb of `q` in this place is still zero.
            sum += column(K) + product_column(&q, &F::MODULUS.m, K);
            if K < N {
                q[K] = (sum.wrapping_mul(F::MODULUS.inverse) & MASK) as i32;
                sum += i64::from(q[K]) * i64::from(F::MODULUS.m[0]);
            } else {
                out[K - N] = (sum & MASK) as i32;
            }
            sum >>= BITS;
        }
    });
    out[N - 1] = sum as i32;
    out
}

/// The element that hexadecimal digits say, of the field whose prime they say, when programs are compiled.
pub const fn element<const N: usize>(hex: &str, prime: &str) -> Limbs<N> {
    element_of(from_hex(hex), prime)
}

/// `a · R` modulo the prime, by doubling.
const fn element_of<const N: usize>(mut a: Limbs<N>, prime: &str) -> Limbs<N> {
    let m: Limbs<N> = from_hex(prime);
    let mut time = 0;
    while time < BITS * N {
        // Twice a, and twice a less m.
        let (mut twice, mut less, mut carry, mut borrow) = ([0; N], [0; N], 0, 0);
        let mut j = 0;
        while j < N {
            let limb = 2 * a[j] as i64 + carry;
            twice[j] = (limb & MASK) as i32;
            carry = limb >> BITS;
            let limb = twice[j] as i64 - m[j] as i64 + borrow;
            less[j] = (limb & MASK) as i32;
            borrow = limb >> BITS;
            j += 1;
        }
        a = if borrow < 0 { twice } else { less };
        time += 1;
    }
    a
}

/// The largest limb, in magnitude.
fn largest<const N: usize>(a: &Limbs<N>) -> u64 {
    a.iter().map(|limb| u64::from(limb.unsigned_abs())).max().unwrap_or(0)
}

/// About the number: fifty bits of it are right.
fn about<const N: usize>(a: &Limbs<N>) -> f64 {
    a.iter().rev().fold(0.0, |sum, limb| sum * f64::from(1 << BITS) + f64::from(*limb))
}

/// Returns whether two numbers are within the bounds that [`Field::mul`] states.
pub fn may_be_multiplied<const N: usize>(m: &Limbs<N>, a: &Limbs<N>, b: &Limbs<N>) -> bool {
    let r = 2f64.powi((BITS * N) as i32);
    // The product of the two numbers alone may be more than the largest floating-point number.
    largest(a) * largest(b) <= 6 << (2 * BITS) && (about(a) / about(m) * (about(b) / r)).abs() <= 1.0 + 1e-9
}

/// Returns whether a number is less than so many times `m` in magnitude, and its limbs at most so many times 2^28: what
/// assertions ask.
pub fn within<const N: usize>(m: &Limbs<N>, a: &Limbs<N>, times: u32, units: u64) -> bool {
    about(a).abs() < f64::from(times) * about(m) && largest(a) <= units << BITS
}
