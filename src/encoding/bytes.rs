//! Bytes, sixteen at a time where the target has vectors. Without unsafe code: the compiler makes one load of `load`
//! and one store of `store`.

/// From `at` on, the place of the first byte that is one of `any` or less than `below`; the end where there is none.
#[inline(always)]
pub fn find<const N: usize>(bytes: &[u8], mut at: usize, any: &[u8; N], below: u8) -> usize {
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    {
        at = vectors::find(bytes, at, any, below);
    }
    while let Some(byte) = bytes.get(at)
        && *byte >= below
        && !any.contains(byte)
    {
        at += 1;
    }
    at
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use vectors::{load, store};

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod vectors {
    use core::arch::wasm32::*;

    /// From `at` on, the place of the first such byte, or where fewer than sixteen bytes are left.
    #[inline(always)]
    pub fn find<const N: usize>(bytes: &[u8], mut at: usize, any: &[u8; N], below: u8) -> usize {
        while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            let block = load(block);
            let low = u8x16_lt(block, u8x16_splat(below));
            let found = any.iter().fold(low, |found, byte| v128_or(found, u8x16_eq(block, u8x16_splat(*byte))));
            let found = u8x16_bitmask(found);
            if found != 0 {
                return at + found.trailing_zeros() as usize;
            }
            at += 16;
        }
        at
    }

    /// The bytes as one vector, the first in the lowest lane.
    #[inline(always)]
    pub fn load(bytes: &[u8; 16]) -> v128 {
        let bytes = u128::from_le_bytes(*bytes);
        u64x2(bytes as u64, (bytes >> 64) as u64)
    }

    /// The lanes of a vector, the lowest first.
    #[inline(always)]
    pub fn store(vector: v128) -> [u8; 16] {
        let (low, high) = (u64x2_extract_lane::<0>(vector), u64x2_extract_lane::<1>(vector));
        (u128::from(low) | u128::from(high) << 64).to_le_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn finds_the_first_from_there_on() {
        let mut bytes = [b'x'; 70];
        assert_eq!(find(&bytes, 0, b".", 0), 70);
        assert_eq!(find(&bytes, 71, b".", 0), 71, "beyond the end");
        for at in 0..70 {
            bytes[at] = b'.';
            assert_eq!((find(&bytes, 0, b".", 0), find(&bytes, at, b"!.", 0)), (at, at));
            assert_eq!(find(&bytes, at + 1, b".", 0), 70);
            bytes[at] = 0x1f;
            assert_eq!((find(&bytes, 0, b".", 0x20), find(&bytes, 0, b".", 0x1f)), (at, 70));
            bytes[at] = b'x';
        }
    }
}
