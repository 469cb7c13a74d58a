//! Numbers with signed digits, little-endian, in radix `2^radix`: in, out, and what a key needs once.

/// The digit within half the radix that a sum leaves, and its carry.
fn split(radix: u32, sum: i32) -> (i16, i32) {
    let carry = (sum + (1 << (radix - 1))) >> radix;
    ((sum - (carry << radix)) as i16, carry)
}

/// Reads big-endian bytes, four digits at once. The number must leave the highest digit a bit to spare.
pub fn read(radix: u32, bytes: &[u8], digits: &mut [i16]) {
    let (half, mask) = (1 << (radix - 1), (1 << radix) - 1);
    // Half the radix on top of each digit makes the carries round.
    let halves = half | half << radix | half << (2 * radix) | half << (3 * radix);
    let (mut bit, mut carry) = (0, 0);
    for digits in digits.chunks_exact_mut(4) {
        let bits = word(bytes, bit / 8) >> (bit % 8) & ((1 << (4 * radix)) - 1);
        let mut sum = bits + halves + carry;
        for digit in digits {
            *digit = (sum & mask) as i16 - half as i16;
            sum >>= radix;
        }
        carry = sum;
        bit += 4 * radix as usize;
    }
    debug_assert!(carry == 0 && bytes.iter().rev().skip(bit.div_ceil(8)).all(|byte| *byte == 0));
}

/// Eight bytes, before as many others as are given; beyond the first byte there are zeros.
fn word(bytes: &[u8], others: usize) -> u64 {
    let bytes = &bytes[..bytes.len().saturating_sub(others)];
    match bytes.last_chunk() {
        Some(word) => u64::from_be_bytes(*word),
        None => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Writes a number between `-n` and `n`, or if it is negative the sum with `n`, in big-endian order.
pub fn write(radix: u32, digits: &[i16], n: &[i16], bytes: &mut [u8]) {
    // The highest digit that is not zero has the sign of the number: those below, little more than half the radix in
    // magnitude, are less than one of it together.
    let negative = digits.iter().rev().find(|digit| **digit != 0).is_some_and(|digit| *digit < 0);
    let addend = if negative { -1 } else { 0 };
    let mut end = bytes.len();
    let (mut carry, mut held, mut bits) = (0i64, 0u64, 0);
    for (digits, n) in digits.chunks_exact(4).zip(n.chunks_exact(4)) {
        let mut sum = 0;
        for i in 0..4 {
            sum = (sum << radix) + i64::from(digits[3 - i] + (n[3 - i] & addend));
        }
        sum += carry;
        carry = sum >> (4 * radix);
        held |= (sum as u64 & ((1 << (4 * radix)) - 1)) << bits;
        bits += 4 * radix;
        // With bytes above that the next four digits replace.
        let word = held.to_be_bytes();
        match bytes[..end].last_chunk_mut() {
            Some(place) => *place = word,
            None => {
                debug_assert!(word[..8 - end].iter().all(|byte| *byte == 0));
                bytes[..end].copy_from_slice(&word[8 - end..]);
            }
        }
        end = end.saturating_sub(bits as usize / 8);
        held >>= bits / 8 * 8;
        bits %= 8;
    }
    debug_assert!(carry == 0 && held == 0 && end == 0);
}

/// Doubles a number that leaves the highest digit a bit to spare.
pub fn double(radix: u32, digits: &mut [i16]) {
    let mut carry = 0;
    for digit in digits {
        (*digit, carry) = split(radix, 2 * i32::from(*digit) + carry);
    }
    debug_assert!(carry == 0);
}

/// `-1/n mod B^len` for the lowest digits of an odd `n`, as many as there are.
pub fn minus_inverse(radix: u32, n: &[i16]) -> Vec<i16> {
    // Newton's iteration doubles the number of right bits; an odd number is its own inverse modulo 8.
    let mut inverse = i32::from(n[0]);
    for _ in 0..3 {
        inverse = inverse.wrapping_mul(2i32.wrapping_sub(inverse.wrapping_mul(n[0].into())));
    }
    // Digit by digit, so that the sum with one, `1 + n·q`, vanishes.
    let mut sum = vec![0i64; n.len() + 1];
    sum[0] = 1;
    let mut quotient = vec![0; n.len()];
    for i in 0..n.len() {
        let (digit, _) = split(radix, (sum[i] as i32).wrapping_mul(inverse).wrapping_neg() & ((1 << radix) - 1));
        quotient[i] = digit;
        for (sum, n) in sum[i..].iter_mut().zip(n) {
            *sum += i64::from(digit) * i64::from(*n);
        }
        debug_assert!(sum[i] & ((1 << radix) - 1) == 0);
        sum[i + 1] += sum[i] >> radix;
    }
    quotient
}

/// `2^exponent mod n` in big-endian order, for an exponent that is not much larger than the length of `n`.
pub fn power_of_two(n: &[u8], exponent: usize) -> Vec<u8> {
    let bits = n.len() * 8 - n[0].leading_zeros() as usize;
    // Little-endian words, one more than n needs.
    let n: Vec<u32> =
        n.rchunks(4).map(|bytes| bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte))).chain([0]).collect();
    // 2^(bits-1) is less than n.
    let mut x = vec![0u32; n.len()];
    x[(bits - 1) / 32] = 1 << ((bits - 1) % 32);
    let mut difference = x.clone();
    for _ in bits - 1..exponent {
        let mut carry = 0;
        for word in &mut x {
            (*word, carry) = (*word << 1 | carry, *word >> 31);
        }
        let mut borrow = 0;
        for ((out, x), n) in difference.iter_mut().zip(&x).zip(&n) {
            let word = i64::from(*x) - i64::from(*n) + borrow;
            (*out, borrow) = (word as u32, word >> 32);
        }
        if borrow == 0 {
            std::mem::swap(&mut x, &mut difference);
        }
    }
    x.iter().rev().flat_map(|word| word.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use num_bigint::{BigInt, BigUint, Sign};

    use super::*;

    const RADICES: [u32; 2] = [12, 13];

    /// Bytes of a number with this highest byte, the same for each `seed`.
    fn bytes(highest: u8, len: u32, seed: u32) -> Vec<u8> {
        let rest = (1..len).map(|i| (i.wrapping_mul(151).wrapping_add(seed.wrapping_mul(97)) >> 1) as u8);
        [highest].into_iter().chain(rest).collect()
    }

    fn value(radix: u32, digits: &[i16]) -> BigInt {
        digits.iter().rev().fold(BigInt::ZERO, |sum, digit| (sum << radix) + *digit)
    }

    /// Asserts that each digit is within half the radix, which the bounds of all sums rely on.
    fn assert_balanced(radix: u32, digits: &[i16]) {
        let half = 1 << (radix - 1);
        assert!(digits.iter().all(|digit| (-half..half).contains(digit)), "{digits:?}");
    }

    #[test]
    fn a_split_sum_is_its_digit_and_its_carry() {
        for radix in RADICES {
            for sum in -70_000..70_000 {
                let (digit, carry) = split(radix, sum);
                assert_eq!(i32::from(digit) + (carry << radix), sum);
                assert_balanced(radix, &[digit]);
            }
        }
    }

    #[test]
    fn digits_of_bytes_are_balanced_and_doubled_exactly() {
        for radix in RADICES {
            for (highest, seed) in [(0xff, 1), (0x80, 2), (0x01, 3), (0x00, 4)] {
                let bytes = bytes(highest, 64, seed);
                let mut digits = vec![0; 48];
                read(radix, &bytes, &mut digits);
                assert_balanced(radix, &digits);
                let number = BigInt::from_bytes_be(Sign::Plus, &bytes);
                assert_eq!(value(radix, &digits), number);
                double(radix, &mut digits);
                assert_balanced(radix, &digits);
                assert_eq!(value(radix, &digits), number * 2);
            }
        }
    }

    #[test]
    fn powers_of_two_are_those_of_big_integers_however_long_the_modulus_is() {
        for highest in [0xff, 0x80, 0x41, 0x10, 0x03, 0x01] {
            for len in [4, 7, 16] {
                let n = [&bytes(highest, len, u32::from(highest))[..], &[1]].concat();
                let modulus = BigUint::from_bytes_be(&n);
                for exponent in [n.len() * 8, n.len() * 8 + 1, n.len() * 8 + 45] {
                    let power = BigUint::from_bytes_be(&power_of_two(&n, exponent));
                    assert_eq!(power, (BigUint::from(1u32) << exponent) % &modulus, "{highest:x} {len} {exponent}");
                }
            }
        }
    }

    #[test]
    fn the_negative_inverse_of_digits_makes_each_of_them_vanish() {
        for radix in RADICES {
            let mut n = vec![0; 48];
            read(radix, &[&bytes(0x7f, 63, radix)[..], &[0xab]].concat(), &mut n);
            let inverse = minus_inverse(radix, &n);
            assert_balanced(radix, &inverse);
            let sum: BigInt = value(radix, &n) * value(radix, &inverse) + 1;
            assert_eq!(sum % (BigInt::from(1) << (48 * radix)), BigInt::ZERO);
        }
    }
}
