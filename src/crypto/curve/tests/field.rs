//! The multiplication against big integers, with the largest numbers and limbs that its bounds allow.

use num_bigint::BigInt;
use proptest::prelude::*;

use super::super::field::{Field, element, may_be_multiplied, within};
use super::super::limbs::{BITS, Limbs, MASK, add_times};
use super::{
    P256, P384, P521, big, cases, corners, inverse, is_settled, modulo, number, power_of_two, to_limbs, value,
};

/// A field of our own for each prime: those of the curves are private to them, and say the same digits.
struct F256;
struct F384;
struct F521;

impl Field<10> for F256 {
    const DIGITS: &'static str = P256;
}

impl Field<14> for F384 {
    const DIGITS: &'static str = P384;
}

impl Field<19> for F521 {
    const DIGITS: &'static str = P521;
}

fn r<const N: usize>() -> BigInt {
    power_of_two(BITS * N)
}

/// Returns whether the bounds of [`Field::mul`] allow it; exactly, where its own assertion counts in floating point.
fn allowed<F: Field<N>, const N: usize>(a: &Limbs<N>, b: &Limbs<N>) -> bool {
    let largest = |a: &Limbs<N>| a.iter().map(|limb| u64::from(limb.unsigned_abs())).max().unwrap();
    let product = value(a) * value(b);
    largest(a) * largest(b) <= 6 << (2 * BITS) && product.magnitude() <= (value(&F::MODULUS.m) * r::<N>()).magnitude()
}

/// The lowest limb, and zeros.
fn lowest(limb: i32) -> Limbs<10> {
    std::array::from_fn(|j| if j == 0 { limb } else { 0 })
}

/// The highest limb, and zeros: so many times 2^252. The prime is nearly 16 times that, and `R` 2^28 times.
fn highest(limb: i32) -> Limbs<10> {
    std::array::from_fn(|j| if j == 9 { limb } else { 0 })
}

#[test]
fn assertions_allow_products_up_to_their_bounds_and_none_beyond() {
    let (m, unit) = (&F256::MODULUS.m, 1 << BITS);
    let allowed = |a: &Limbs<10>, b: &Limbs<10>| {
        assert_eq!(may_be_multiplied(m, a, b), may_be_multiplied(m, b, a));
        may_be_multiplied(m, a, b)
    };
    for sign in [1, -1] {
        assert!(allowed(&lowest(6 * unit), &lowest(sign * unit)));
        assert!(!allowed(&lowest(6 * unit), &lowest(sign * (unit + 1))));
        assert!(allowed(&lowest(3 * unit), &lowest(sign * 2 * unit)));
        assert!(!allowed(&lowest(3 * unit + 1), &lowest(sign * 2 * unit)));
        assert!(allowed(m, &highest(sign * unit)));
        assert!(!allowed(m, &highest(sign * (unit + 1024))));
    }
}

#[test]
fn assertions_allow_numbers_up_to_their_bounds_and_none_beyond() {
    let (m, unit) = (&F256::MODULUS.m, 1 << BITS);
    let all_bits = std::array::from_fn(|j| if j < 9 { MASK as i32 } else { 15 });
    for sign in [1, -1] {
        let times = |times: i64| add_times(&[0; 10], i64::from(sign) * times, m);
        assert!(within(m, &times(9), 10, 1) && !within(m, &times(11), 10, 1));
        assert!(within(m, &lowest(sign * unit), 1, 1) && !within(m, &lowest(sign * (unit + 1)), 1, 1));
        assert!(within(m, &lowest(sign * 2 * unit), 1, 2) && !within(m, &lowest(sign * (2 * unit + 1)), 1, 2));
        assert!(within(m, &highest(sign * 15), 1, 1) && !within(m, &highest(sign * 16), 1, 1));
        assert!(!within(m, &all_bits.map(|limb: i32| sign * limb), 1, 1), "2^256 - 1");
    }
    assert!(!within(m, m, 1, 1), "m is not less than m");
}

/// A product, and that it is what is stated: settled, and less than m above the quotient.
fn check_product<F: Field<N>, const N: usize>(a: &Limbs<N>, b: &Limbs<N>) {
    let m = big(F::DIGITS);
    let expected = value(a) * value(b);
    let check = |product: Limbs<N>, expected: &BigInt| {
        let difference = value(&product) * r::<N>() - expected;
        assert_eq!(modulo(&difference, &m), BigInt::ZERO, "{a:x?} · {b:x?}");
        assert!(difference >= BigInt::ZERO && difference < &m * r::<N>(), "{a:x?} · {b:x?}");
        assert!(is_settled(&product), "{product:x?}");
        let left = F::leave(&product);
        assert_eq!(modulo(&(value(&left) * r::<N>() - value(&product)), &m), BigInt::ZERO);
        assert!(is_settled(&left) && value(&left) >= BigInt::ZERO && value(&left) < m);
        assert_eq!(F::is_zero(&product), modulo(expected, &m) == BigInt::ZERO);
    };
    check(F::mul(a, b), &expected);
    check(F::mul(b, a), &expected);
    for a in [a, b].into_iter().filter(|a| allowed::<F, N>(a, a)) {
        check(F::square(a), &value(a).pow(2));
    }
}

/// All limbs at a bound, of either sign, with the highest ones as far up as the numbers may go.
fn extremes<F: Field<N>, const N: usize>() {
    let bits = big(F::DIGITS).bits() as usize;
    let patterns: [fn(usize, i64) -> i64; 8] = [
        |_, most| most,
        |_, most| -most,
        |j, most| if j % 2 == 0 { most } else { -most },
        |j, most| if j % 2 == 0 { -most } else { most },
        |j, most| if j % 4 < 2 { most } else { -most },
        |j, most| if j % 3 == 0 { 0 } else { most },
        |j, most| if j == 0 { -1 } else { -most },
        |_, _| 0,
    ];
    let number = |pattern: fn(usize, i64) -> i64, units: i64, top: i64| -> Limbs<N> {
        let most = (units << BITS).min(i64::from(i32::MAX));
        std::array::from_fn(|j| if j < N - 1 { pattern(j, most) as i32 } else { top as i32 })
    };
    let mut count = 0;
    for (u, w) in [(1, 1), (1, 6), (2, 3), (3, 2)] {
        // So many bits above the prime: 8 for both together, and more where there is room.
        let room = BITS * N - bits;
        for (above, below) in [(0, room - 1), (room / 2, room - room / 2 - 1), (room - 1, 0)] {
            let top = |above: usize| ((1i64 << (bits + above - BITS * (N - 1))) - 1).min(u << BITS).min(w << BITS);
            for (x, y) in patterns.iter().flat_map(|x| patterns.iter().map(move |y| (x, y))) {
                for (s, t) in [(1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (1, 0)] {
                    let (a, b) = (number(*x, u, s * top(above)), number(*y, w, t * top(below)));
                    if allowed::<F, N>(&a, &b) {
                        check_product::<F, N>(&a, &b);
                        count += 1;
                    }
                }
            }
        }
    }
    assert!(count > 2000, "{count} are hardly any");
}

/// Corners, beside multiples of m and beside R, of either sign, with each other.
fn edges<F: Field<N>, const N: usize>() {
    let m = big(F::DIGITS);
    let mut numbers = corners(&m);
    for multiple in [&m * 1, &m * 2, &m * 3, &m * 255, r::<N>(), r::<N>() / 2] {
        numbers.extend([-1, 0, 1].map(|beside| &multiple + beside));
    }
    numbers.extend(numbers.clone().iter().map(|number| -number));
    let limbs: Vec<Limbs<N>> = numbers.iter().map(to_limbs).collect();
    let mut count = 0;
    for (a, b) in limbs.iter().flat_map(|a| limbs.iter().map(move |b| (a, b))) {
        if allowed::<F, N>(a, b) {
            check_product::<F, N>(a, b);
            count += 1;
        }
    }
    assert!(count > 5000, "{count} are hardly any");
    let most: BigInt = &m * 256;
    for (number, limbs) in numbers.iter().zip(&limbs) {
        if number.magnitude() < r::<N>().magnitude() {
            assert_eq!(value(&F::leave(limbs)), modulo(&(number * inverse(&r::<N>(), &m)), &m), "{number:x}");
        }
        if number.magnitude() < most.magnitude() {
            assert_eq!(F::is_zero(limbs), modulo(number, &m) == BigInt::ZERO, "{number:x}");
        }
    }
    // Every multiple that the quick look of `is_zero` has to let through, and the numbers beside it.
    for times in -255..=255 {
        for beside in [-1, 0, 1] {
            assert_eq!(F::is_zero(&to_limbs(&(&m * times + beside))), beside == 0, "{times} m + {beside}");
        }
    }
}

#[test]
fn extreme_limbs() {
    extremes::<F256, 10>();
    extremes::<F384, 14>();
    extremes::<F521, 19>();
}

#[test]
fn extreme_numbers() {
    edges::<F256, 10>();
    edges::<F384, 14>();
    edges::<F521, 19>();
}

/// The longest sum that the bounds allow, and how near it is to what 64 bits hold: twice as much would be too much.
#[test]
fn the_bound_of_a_column() {
    let column = 19 * (6 * (1i128 << (2 * BITS)) + (1 << (2 * BITS - 1))) + (1 << 36);
    assert!(column < 1 << 63 && 2 * column > 1 << 63);
}

#[test]
#[should_panic = "beyond the bounds"]
fn larger_limbs_are_noticed() {
    let mut a: Limbs<10> = [3 << BITS; 10];
    a[9] = 0;
    F256::mul(&a, &a);
}

#[test]
#[should_panic = "beyond the bounds"]
fn larger_numbers_are_noticed() {
    let a: Limbs<14> = to_limbs(&(big(P384) * 17));
    F384::mul(&a, &a);
}

/// Their product is more than the largest floating-point number.
#[test]
#[should_panic = "beyond the bounds"]
fn the_largest_numbers_are_noticed() {
    let a: Limbs<19> = to_limbs(&(big(P521) * 46));
    F521::mul(&a, &a);
}

fn constants<F: Field<N>, const N: usize>() {
    let m = big(F::DIGITS);
    assert_eq!(value(&F::MODULUS.m), m);
    assert!(F::MODULUS.m[..N - 1].iter().all(|limb| limb.unsigned_abs() <= 1 << (BITS - 1)));
    assert!(&m * 256 <= r::<N>());
    assert_eq!(modulo(&(&m * F::MODULUS.inverse), &power_of_two(BITS)), power_of_two(BITS) - 1);
    assert_eq!(value(&F::ONE), r::<N>() % &m);
    assert_eq!(value(&F::SQUARE), r::<N>().pow(2) % &m);
    for number in corners(&m) {
        let form = element::<N>(&number.to_str_radix(16), F::DIGITS);
        assert_eq!(value(&form), &number * r::<N>() % &m);
        assert_eq!(value(&F::leave(&form)), number);
        assert_eq!(value(&F::leave(&F::enter(&to_limbs(&number)))), number);
    }
}

#[test]
fn constants_of_the_fields() {
    constants::<F256, 10>();
    constants::<F384, 14>();
    constants::<F521, 19>();
}

/// The reason why it is fast: few limbs of the primes are not zero.
#[test]
fn the_primes_are_sparse() {
    let full = |m: &[i32]| m.iter().filter(|limb| **limb != 0).count();
    assert_eq!(full(&F256::MODULUS.m), 5);
    assert_eq!(full(&F384::MODULUS.m), 5);
    assert_eq!(full(&F521::MODULUS.m), 2);
}

fn inverses<F: Field<N>, const N: usize>() {
    let m = big(F::DIGITS);
    let numbers: Vec<BigInt> = corners(&m).into_iter().filter(|number| *number != BigInt::ZERO).collect();
    let all = F::invert(numbers.iter().map(|number| F::enter(&to_limbs(number))));
    assert_eq!(all.len(), numbers.len());
    for (number, out) in numbers.iter().zip(all) {
        assert_eq!(value(&F::leave(&out)), inverse(number, &m));
    }
}

#[test]
fn inverses_of_many() {
    inverses::<F256, 10>();
    inverses::<F384, 14>();
    inverses::<F521, 19>();
}

/// Any limbs up to so many units, and a highest one that keeps the number within so many times the prime.
fn operand<const N: usize>(bits: usize, units: i64, above: usize) -> impl Strategy<Value = Limbs<N>> {
    let most = (units << BITS).min(i64::from(i32::MAX)) as i32;
    let top = 1 << (bits + above - BITS * (N - 1));
    let limb = prop_oneof![Just(most), Just(-most), Just(0), Just(1), -most..=most];
    (prop::collection::vec(limb, N), -top..=top).prop_map(|(limbs, top)| {
        let mut limbs: Limbs<N> = limbs.try_into().unwrap();
        limbs[N - 1] = top;
        limbs
    })
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn products_equal_the_reference(
        a in operand::<10>(255, 1, 3), b in operand::<10>(255, 6, 1),
        c in operand::<14>(384, 1, 2), d in operand::<14>(384, 6, 1),
        e in operand::<14>(384, 2, 2), f in operand::<14>(384, 3, 1),
        g in operand::<19>(521, 1, 2), h in operand::<19>(521, 6, 1),
        i in operand::<19>(521, 2, 2), k in operand::<19>(521, 3, 1),
    ) {
        for (a, b) in [(&a, &b), (&b, &a)] {
            if allowed::<F256, 10>(a, b) { check_product::<F256, 10>(a, b); }
        }
        for (a, b) in [(&c, &d), (&e, &f)] {
            if allowed::<F384, 14>(a, b) { check_product::<F384, 14>(a, b); }
        }
        for (a, b) in [(&g, &h), (&i, &k)] {
            if allowed::<F521, 19>(a, b) { check_product::<F521, 19>(a, b); }
        }
    }

    #[test]
    fn settled_products_equal_the_reference(
        a in number(big(P256)), b in number(big(P256)), c in number(big(P384)), d in number(big(P384)),
        e in number(big(P521)), f in number(big(P521)),
    ) {
        check_product::<F256, 10>(&to_limbs(&a), &to_limbs(&b));
        check_product::<F384, 14>(&to_limbs(&c), &to_limbs(&d));
        check_product::<F521, 19>(&to_limbs(&e), &to_limbs(&f));
    }
}
