//! Reading numbers, and sums without and with a carry.

use num_bigint::{BigInt, Sign};
use proptest::prelude::*;

use super::super::limbs::{BITS, Limbs, add, add_times, bit, from_bytes, from_hex, sub};
use super::{bytes, cases, is_settled, value};

/// Limbs of either sign, so large that two of them just fit.
fn operand<const N: usize>() -> impl Strategy<Value = Limbs<N>> {
    let most = 1 << 30;
    let limb = prop_oneof![Just(most - 1), Just(-most), Just(0), Just(-1), -most..most];
    prop::collection::vec(limb, N).prop_map(|limbs| limbs.try_into().unwrap())
}

/// Every octet in every place of so many bytes, alone and among others that have every bit.
fn octets<const N: usize>(len: usize) {
    for (place, octet, others) in
        (0..len).flat_map(|place| (0..=255).flat_map(move |octet| [(place, octet, 0), (place, octet, 255)]))
    {
        let mut bytes = vec![others; len];
        bytes[place] = octet;
        let number = BigInt::from_bytes_be(Sign::Plus, &bytes);
        let limbs: Limbs<N> = from_bytes(&bytes);
        assert_eq!(value(&limbs), number);
        assert!(limbs.iter().all(|limb| (0..1 << BITS).contains(limb)));
        let last = 8 * (len - place);
        for at in last - 8..last {
            assert_eq!(bit(&limbs, at) == 1, number.bit(at as u64));
        }
    }
}

#[test]
fn each_octet_and_bit_is_read_in_its_place() {
    octets::<10>(32);
    octets::<14>(48);
    octets::<19>(66);
}

fn check<const N: usize>(a: &Limbs<N>, b: &Limbs<N>, times: i64) {
    assert_eq!(value(&add(a, b)), value(a) + value(b));
    assert_eq!(value(&sub(a, b)), value(a) - value(b));
    // The highest limb has to hold what is carried out of the others.
    let [mut a, mut b] = [*a, *b];
    a[N - 1] /= 16;
    b[N - 1] /= 16;
    let sum = add_times(&a, times, &b);
    assert_eq!(value(&sum), value(&a) + value(&b) * times);
    assert!(is_settled(&sum));
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn sums_equal_the_reference(
        a in operand::<10>(), b in operand::<10>(), c in operand::<14>(), d in operand::<14>(),
        e in operand::<19>(), f in operand::<19>(), times in -8..=8i64,
    ) {
        check(&a, &b, times);
        check(&c, &d, times);
        check(&e, &f, times);
    }

    #[test]
    fn numbers_are_read(digits in prop::collection::vec(any::<u8>(), 0..=35)) {
        let number = BigInt::from_bytes_be(Sign::Plus, &digits);
        let limbs: Limbs<10> = from_bytes(&digits);
        prop_assert_eq!(value(&limbs), number.clone());
        prop_assert!(limbs.iter().all(|limb| (0..1 << BITS).contains(limb)));
        prop_assert_eq!(from_hex::<10>(&number.to_str_radix(16)), limbs);
        for at in 0..BITS * 10 + 9 {
            prop_assert_eq!(bit(&limbs, at) == 1, number.bit(at as u64));
        }
        prop_assert_eq!(from_bytes::<10>(&bytes(&number, 35)), limbs);
    }
}
