//! The vector instructions that the kernel is made of, and a checked model of them.
//!
//! [`V`] is a vector of 128 bits: four 32-bit lanes, or four pairs of 16-bit digits. On wasm each function is one
//! instruction. Everywhere else they are plain code that panics where a lane overflows or a read leaves its slice, so
//! that the tests of the kernel also prove its bounds.

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
pub use self::checked::*;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub use self::simd128::*;

/// Four groups of neighbouring digits. Without the checks that the methods of slices would make.
#[inline(always)]
pub fn groups<const N: usize>(digits: &[i16], at: usize) -> &[[i16; N]; 4] {
    assert!(at < digits.len() && digits.len() - at >= 4 * N);
    // SAFETY: so many digits are there, and arrays of them lie like them.
    unsafe { &*digits.as_ptr().add(at).cast() }
}

/// The same, to be written.
#[inline(always)]
pub fn groups_mut<const N: usize>(digits: &mut [i16], at: usize) -> &mut [[i16; N]; 4] {
    assert!(at < digits.len() && digits.len() - at >= 4 * N);
    // SAFETY: as above.
    unsafe { &mut *digits.as_mut_ptr().add(at).cast() }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128 {
    use core::arch::wasm32::*;
    use core::marker::PhantomData;

    pub type V = v128;

    pub const ZERO: V = i32x4(0, 0, 0, 0);

    /// A place in a slice of digits.
    #[derive(Clone, Copy, PartialEq)]
    pub struct Reader<'a>(*const i16, PhantomData<&'a [i16]>);

    impl<'a> Reader<'a> {
        #[inline(always)]
        pub fn new(digits: &'a [i16], at: usize) -> Self {
            Self(digits[at..].as_ptr(), PhantomData)
        }

        /// Eight digits from a place further on.
        ///
        /// # Safety
        /// They must lie in the slice.
        #[inline(always)]
        pub unsafe fn load(self, offset: usize) -> V {
            // SAFETY: as the caller promises; wasm needs no alignment.
            unsafe { v128_load(self.0.add(offset).cast()) }
        }

        /// Two digits from a place further on, in every pair.
        ///
        /// # Safety
        /// They must lie in the slice.
        #[inline(always)]
        pub unsafe fn splat(self, offset: usize) -> V {
            // SAFETY: as above.
            unsafe { v128_load32_splat(self.0.add(offset).cast()) }
        }

        /// A place so many digits on.
        ///
        /// # Safety
        /// The position must lie in the slice or at its end.
        #[inline(always)]
        pub unsafe fn on(self, digits: isize) -> Self {
            // SAFETY: as the caller promises.
            Self(unsafe { self.0.offset(digits) }, PhantomData)
        }
    }

    #[inline(always)]
    pub fn load(digits: &[i16; 8]) -> V {
        // SAFETY: a reference to as many digits as are read; wasm needs no alignment.
        unsafe { v128_load(digits.as_ptr().cast()) }
    }

    #[inline(always)]
    pub fn store(digits: &mut [i16; 8], v: V) {
        // SAFETY: a reference to as many digits as are written; wasm needs no alignment.
        unsafe { v128_store(digits.as_mut_ptr().cast(), v) }
    }

    /// Four digits, each the first of a pair with zero.
    #[inline(always)]
    pub fn spread(digits: &[i16; 4]) -> V {
        // SAFETY: a reference to as many digits as are read; wasm needs no alignment.
        unsafe { i32x4_load_extend_u16x4(digits.as_ptr().cast()) }
    }

    pub use core::arch::wasm32::{
        i16x8_sub as sub16, i32x4 as lanes, i32x4_add as add, i32x4_dot_i16x8 as dot, i32x4_splat as splat,
        v128_and as and,
    };

    /// The same, and no compiler knows that it is constant.
    #[inline(always)]
    pub fn hidden(a: V) -> V {
        core::hint::black_box(a)
    }

    #[inline(always)]
    pub fn shr<const BITS: u32>(a: V) -> V {
        i32x4_shr(a, BITS)
    }

    /// The lanes of `a` one lane on, the last lane of `before` first.
    #[inline(always)]
    pub fn one_lane_on(before: V, a: V) -> V {
        i32x4_shuffle::<3, 4, 5, 6>(before, a)
    }

    /// The first digit of each pair, sign-extended.
    #[inline(always)]
    pub fn firsts(a: V) -> V {
        i32x4_shr(i32x4_shl(a, 16), 16)
    }

    #[inline(always)]
    pub fn last_lane(a: V) -> i32 {
        i32x4_extract_lane::<3>(a)
    }

    /// Pairs of digits from lanes. The first ones are not negative.
    #[inline(always)]
    pub fn pack(even: V, odd: V) -> V {
        v128_or(even, i32x4_shl(odd, 16))
    }

    /// Eight digits in reverse order.
    #[inline(always)]
    pub fn reversed(a: V) -> V {
        i16x8_shuffle::<7, 6, 5, 4, 3, 2, 1, 0>(a, a)
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod checked {
    pub type V = [i32; 4];

    pub const ZERO: V = [0; 4];

    #[derive(Clone, Copy, PartialEq)]
    pub struct Reader<'a>(&'a [i16], usize);

    impl<'a> Reader<'a> {
        pub fn new(digits: &'a [i16], at: usize) -> Self {
            assert!(at <= digits.len());
            Self(digits, at)
        }

        /// # Safety
        /// None: the reads of this model are checked.
        pub unsafe fn load(self, offset: usize) -> V {
            load(self.0[self.1 + offset..].first_chunk().unwrap())
        }

        /// # Safety
        /// None: the reads of this model are checked.
        pub unsafe fn splat(self, offset: usize) -> V {
            splat(pair(self.0[self.1 + offset], self.0[self.1 + offset + 1]))
        }

        /// # Safety
        /// None: the reads of this model are checked.
        pub unsafe fn on(self, digits: isize) -> Self {
            Self::new(self.0, self.1.checked_add_signed(digits).unwrap())
        }
    }

    fn pair(low: i16, high: i16) -> i32 {
        i32::from(high) << 16 | i32::from(low as u16)
    }

    fn low(pair: i32) -> i32 {
        i32::from(pair as i16)
    }

    fn high(pair: i32) -> i32 {
        pair >> 16
    }

    fn map(a: V, b: V, f: impl Fn(i32, i32) -> Option<i32>) -> V {
        std::array::from_fn(|i| f(a[i], b[i]).expect("a lane overflows"))
    }

    pub fn load(digits: &[i16; 8]) -> V {
        std::array::from_fn(|i| pair(digits[2 * i], digits[2 * i + 1]))
    }

    pub fn store(digits: &mut [i16; 8], v: V) {
        for (i, lane) in v.into_iter().enumerate() {
            (digits[2 * i], digits[2 * i + 1]) = (low(lane) as i16, high(lane) as i16);
        }
    }

    pub fn spread(digits: &[i16; 4]) -> V {
        std::array::from_fn(|i| pair(digits[i], 0))
    }

    pub fn hidden(a: V) -> V {
        a
    }

    pub fn lanes(a: i32, b: i32, c: i32, d: i32) -> V {
        [a, b, c, d]
    }

    pub fn splat(a: i32) -> V {
        [a; 4]
    }

    pub fn add(a: V, b: V) -> V {
        map(a, b, i32::checked_add)
    }

    pub fn sub16(a: V, b: V) -> V {
        let difference = |a: i32, b: i32| i16::try_from(a - b).ok();
        map(a, b, |a, b| Some(pair(difference(low(a), low(b))?, difference(high(a), high(b))?)))
    }

    pub fn and(a: V, b: V) -> V {
        map(a, b, |a, b| Some(a & b))
    }

    pub fn dot(a: V, b: V) -> V {
        map(a, b, |a, b| (low(a) * low(b)).checked_add(high(a) * high(b)))
    }

    pub fn shr<const BITS: u32>(a: V) -> V {
        a.map(|a| a >> BITS)
    }

    pub fn firsts(a: V) -> V {
        a.map(low)
    }

    pub fn last_lane(a: V) -> i32 {
        a[3]
    }

    pub fn one_lane_on(before: V, a: V) -> V {
        [before[3], a[0], a[1], a[2]]
    }

    pub fn pack(even: V, odd: V) -> V {
        map(even, odd, |even, odd| Some(pair(u16::try_from(even).ok()? as i16, odd.try_into().ok()?)))
    }

    pub fn reversed(a: V) -> V {
        std::array::from_fn(|i| pair(high(a[3 - i]) as i16, low(a[3 - i]) as i16))
    }
}
