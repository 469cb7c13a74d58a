//! Sixteen octets at a time, without unsafe code: the compiler makes one load and one store of these.

use core::arch::wasm32::{u64x2, u64x2_extract_lane, v128};

/// The octets as one vector, the first in the lowest lane.
#[inline(always)]
pub fn load(octets: &[u8; 16]) -> v128 {
    let octets = u128::from_le_bytes(*octets);
    u64x2(octets as u64, (octets >> 64) as u64)
}

/// The lanes of a vector, the lowest first.
#[inline(always)]
pub fn store(vector: v128) -> [u8; 16] {
    let (low, high) = (u64x2_extract_lane::<0>(vector), u64x2_extract_lane::<1>(vector));
    (u128::from(low) | u128::from(high) << 64).to_le_bytes()
}
