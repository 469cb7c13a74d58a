//! Numbers with signed digits, little-endian, in radix `2^R`: in, out, and what a key needs once.

/// The digit within half the radix that a sum leaves, and its carry.
fn split<const R: u32>(sum: i32) -> (i16, i32) {
    let carry = (sum + (1 << (R - 1))) >> R;
    ((sum - (carry << R)) as i16, carry)
}

/// Reads big-endian octets. The number must leave the highest digit a bit to spare.
pub fn read<const R: u32>(octets: &[u8], digits: &mut [i16]) {
    let mut octets = octets.iter().rev();
    let (mut bits, mut held, mut carry) = (0, 0u32, 0);
    for digit in digits {
        while bits < R {
            held |= u32::from(octets.next().copied().unwrap_or(0)) << bits;
            bits += 8;
        }
        (*digit, carry) = split::<R>((held & ((1 << R) - 1)) as i32 + carry);
        held >>= R;
        bits -= R;
    }
    debug_assert!(carry == 0 && held == 0 && octets.all(|octet| *octet == 0));
}

/// Writes a number between `-n` and `n`, or if it is negative the sum with `n`, in big-endian order.
pub fn write<'a, const R: u32>(digits: &mut [i16], n: impl Iterator<Item = &'a i16>, octets: &mut [u8]) {
    if unsigned::<R>(digits) {
        for (digit, n) in digits.iter_mut().zip(n) {
            *digit += n;
        }
        let negative = unsigned::<R>(digits);
        debug_assert!(!negative);
    }
    let mut digits = digits.iter();
    let (mut bits, mut held) = (0, 0u32);
    for octet in octets.iter_mut().rev() {
        if bits < 8 {
            held |= u32::from(digits.next().map_or(0, |digit| *digit as u16)) << bits;
            bits += R;
        }
        *octet = held as u8;
        held >>= 8;
        bits -= 8;
    }
    debug_assert!(held == 0 && digits.all(|digit| *digit == 0));
}

/// Makes every digit one of `0..B`; returns whether the number is negative. Then its complement is left.
fn unsigned<const R: u32>(digits: &mut [i16]) -> bool {
    let mut carry = 0;
    for digit in digits {
        let sum = i32::from(*digit) + carry;
        *digit = (sum & ((1 << R) - 1)) as i16;
        carry = sum >> R;
    }
    carry < 0
}

/// Doubles a number that leaves the highest digit a bit to spare.
pub fn double<const R: u32>(digits: &mut [i16]) {
    let mut carry = 0;
    for digit in digits {
        (*digit, carry) = split::<R>(2 * i32::from(*digit) + carry);
    }
    debug_assert!(carry == 0);
}

/// `-1/n mod B^len` for the lowest digits of an odd `n`, as many as there are.
pub fn minus_inverse<const R: u32>(n: &[i16]) -> Vec<i16> {
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
        let (digit, _) = split::<R>((sum[i] as i32).wrapping_mul(inverse).wrapping_neg() & ((1 << R) - 1));
        quotient[i] = digit;
        for (sum, n) in sum[i..].iter_mut().zip(n) {
            *sum += i64::from(digit) * i64::from(*n);
        }
        debug_assert!(sum[i] & ((1 << R) - 1) == 0);
        sum[i + 1] += sum[i] >> R;
    }
    quotient
}

/// `2^exponent mod n` in big-endian order, for an exponent that is not much larger than the length of `n`.
pub fn power_of_two(n: &[u8], exponent: usize) -> Vec<u8> {
    let bits = n.len() * 8 - n[0].leading_zeros() as usize;
    // Little-endian words, one more than n needs.
    let n: Vec<u32> = n
        .rchunks(4)
        .map(|octets| octets.iter().fold(0, |word, octet| word << 8 | u32::from(*octet)))
        .chain([0])
        .collect();
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
