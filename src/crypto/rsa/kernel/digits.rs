//! Numbers with signed digits, little-endian, in radix `2^radix`: in, out, and what a key needs once.

/// The digit within half the radix that a sum leaves, and its carry.
fn split(radix: u32, sum: i32) -> (i16, i32) {
    let carry = (sum + (1 << (radix - 1))) >> radix;
    ((sum - (carry << radix)) as i16, carry)
}

/// Reads big-endian octets. The number must leave the highest digit a bit to spare.
pub fn read(radix: u32, octets: &[u8], digits: &mut [i16]) {
    let mut words = octets.rchunks(4);
    let (mut bits, mut held, mut carry) = (0, 0u64, 0);
    for digit in digits {
        if bits < radix {
            // Short is only the first chunk of the octets, which comes last.
            let word = words.next().map_or(0, |chunk| match *chunk {
                [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
                _ => chunk.iter().fold(0, |word, octet| word << 8 | u32::from(*octet)),
            });
            held |= u64::from(word) << bits;
            bits += 32;
        }
        (*digit, carry) = split(radix, (held as i32 & ((1 << radix) - 1)) + carry);
        held >>= radix;
        bits -= radix;
    }
    debug_assert!(carry == 0 && held == 0 && words.flatten().all(|octet| *octet == 0));
}

/// Writes a number between `-n` and `n`, or if it is negative the sum with `n`, in big-endian order.
pub fn write<'a>(radix: u32, digits: &[i16], n: impl Iterator<Item = &'a i16>, octets: &mut [u8]) {
    // The highest digit that is not zero has the sign of the number: those below, little more than half the radix in
    // magnitude, are less than one of it together.
    let negative = digits.iter().rev().find(|digit| **digit != 0).is_some_and(|digit| *digit < 0);
    let addend = if negative { -1 } else { 0 };
    let mut words = octets.rchunks_mut(4);
    let (mut bits, mut held) = (0, 0i64);
    for (digit, n) in digits.iter().zip(n) {
        // What is held can be negative: as it is shifted, it borrows from the digits to come.
        held += i64::from(digit + (n & addend)) << bits;
        bits += radix;
        if bits >= 32 {
            put(words.next(), held as u32);
            held >>= 32;
            bits -= 32;
        }
    }
    put(words.next(), held as u32);
    debug_assert!(held >> 32 == 0 && words.next().is_none());
}

/// Writes a word in big-endian order: what does not fit, or has no place, must be zero.
fn put(place: Option<&mut [u8]>, word: u32) {
    let place = place.unwrap_or_default();
    let word = word.to_be_bytes();
    let (zeros, octets) = word.split_at(4 - place.len());
    debug_assert!(zeros.iter().all(|octet| *octet == 0));
    place.copy_from_slice(octets);
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
