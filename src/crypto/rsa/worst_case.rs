//! Moduli and bases that arithmetic tends to get wrong and that random ones almost never show.

use num_bigint::BigUint;
use proptest::prelude::*;

/// Lengths of moduli in bits: the usual ones, the bounds, and one bit beside them.
pub const LENGTHS: [usize; 12] = [2048, 2049, 2050, 2051, 2560, 3072, 3073, 4095, 4096, 6144, 8191, 8192];

fn power_of_two(bits: usize) -> BigUint {
    BigUint::from(1u32) << bits
}

/// Odd moduli of exactly so many bits: nearly all ones, sparse, with long runs, just beside powers of two and beside
/// the borders of digits.
pub fn moduli(bits: usize) -> Vec<BigUint> {
    let one = BigUint::from(1u32);
    let top = power_of_two(bits - 1);
    let all = power_of_two(bits) - 1u32;
    let mut moduli = vec![
        all.clone(),
        &all - 2u32,
        &all - power_of_two(bits / 2),
        &all - power_of_two(bits - 2),
        // Ones at the top, zeros below, and the other way round.
        ((power_of_two(64) - 1u32) << (bits - 64)) + &one,
        ((power_of_two(bits / 4) - 1u32) << (bits - bits / 4)) + &one,
        &top + power_of_two(bits / 2) - 1u32,
        &top + &one,
        &top + 3u32,
        &top + power_of_two(bits / 2) + &one,
        // 0101…, and 01 as a digit of 8 bits.
        (&all / 3u32) | &top | &one,
        (&all / 255u32) | &top | &one,
    ];
    // One digit of the radices in use all ones or all zeros, at either end and in the middle.
    for digit in [12, 13, 28] {
        for place in [1, bits / digit / 2, bits / digit - 1] {
            let ones = (power_of_two(digit) - 1u32) << (place * digit);
            moduli.push((&top | &ones | &one) & &all);
            moduli.push(((&all ^ (&ones & &all)) | &top) | &one);
        }
        // Each digit half of the radix, where balanced digits change their sign.
        let half = (0..bits / digit).fold(BigUint::ZERO, |sum, i| sum + power_of_two(i * digit + digit - 1));
        moduli.push(((&half | &top) & &all) | &one);
        moduli.push((((half - 1u32) | &top) & &all) | &one);
    }
    for n in &moduli {
        assert!(n.bits() == bits as u64 && n.bit(0));
    }
    moduli
}

/// Bases below the modulus.
pub fn bases(n: &BigUint) -> Vec<BigUint> {
    let bits = n.bits() as usize;
    vec![
        BigUint::ZERO,
        BigUint::from(1u32),
        BigUint::from(2u32),
        n - 1u32,
        n - 2u32,
        n >> 1,
        (n >> 1) + 1u32,
        power_of_two(bits - 2) - 1u32,
        power_of_two(bits - 1) % n,
        n.sqrt(),
        n.sqrt() + 1u32,
    ]
}

/// Any modulus and base, with long runs of equal bits more often than chance would have it.
pub fn modulus_and_base() -> impl Strategy<Value = (BigUint, BigUint)> {
    (prop::sample::select(&LENGTHS[..]), 0usize..64).prop_flat_map(|(bits, fewer)| {
        let bits = (bits - fewer).max(2048);
        (number(bits), number(bits)).prop_map(move |(n, base)| {
            let n = n | power_of_two(bits - 1) | BigUint::from(1u32);
            let base = base % &n;
            (n, base)
        })
    })
}

/// A number of at most so many bits: random bytes, or runs of random length.
fn number(bits: usize) -> impl Strategy<Value = BigUint> {
    let random = prop::collection::vec(any::<u8>(), bits.div_ceil(8)).prop_map(|bytes| BigUint::from_bytes_le(&bytes));
    let runs = prop::collection::vec(1usize..200, bits / 20).prop_map(|runs| {
        let mut number = BigUint::ZERO;
        for (i, run) in runs.into_iter().enumerate() {
            number <<= run;
            if i % 2 == 0 {
                number |= power_of_two(run) - 1u32;
            }
        }
        number
    });
    prop_oneof![random, runs].prop_map(move |number| number & (power_of_two(bits) - 1u32))
}
