//! Arithmetic modulo `2^255 - 19` by fiat-crypto, whose code is generated with a proof that it is right.
//!
//! The proof holds for limbs within two bounds. Each type here is one of them and can only be made by an operation that
//! the proof covers, so that no caller can leave the bounds.

use fiat_crypto::curve25519_32::{
    fiat_25519_add, fiat_25519_carry, fiat_25519_carry_mul, fiat_25519_carry_square, fiat_25519_from_bytes,
    fiat_25519_loose_field_element, fiat_25519_sub, fiat_25519_tight_field_element, fiat_25519_to_bytes,
};

/// A number modulo the prime, within the tight bounds.
#[derive(Clone, Copy)]
pub struct Element(fiat_25519_tight_field_element);

/// A sum or a difference of two elements, within the loose bounds: a factor of a product.
#[derive(Clone, Copy)]
pub struct Factor(fiat_25519_loose_field_element);

impl Element {
    pub const ZERO: Self = Self(fiat_25519_tight_field_element([0; 10]));

    pub const ONE: Self = Self::from_hex("1");

    /// The number that little-endian bytes say, without the highest bit, modulo the prime.
    pub const fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut bytes = *bytes;
        bytes[31] &= 0x7f;
        let mut out = Self::ZERO.0;
        fiat_25519_from_bytes(&mut out, &bytes);
        Self(out)
    }

    /// The number that hexadecimal digits say.
    pub const fn from_hex(hex: &str) -> Self {
        let hex = hex.as_bytes();
        let mut bytes = [0; 32];
        let mut i = 0;
        while i < hex.len() {
            let digit = match hex[hex.len() - 1 - i] {
                digit @ b'0'..=b'9' => digit - b'0',
                digit @ b'a'..=b'f' => digit - b'a' + 10,
                _ => panic!("not a hexadecimal digit"),
            };
            bytes[i / 2] |= digit << (i % 2 * 4);
            i += 1;
        }
        Self::from_bytes(&bytes)
    }

    /// The least number that is the same modulo the prime, in little-endian order.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        fiat_25519_to_bytes(&mut bytes, &self.0);
        bytes
    }

    pub fn is_zero(self) -> bool {
        self.to_bytes() == [0; 32]
    }

    /// Returns whether the least number is odd.
    pub fn is_odd(self) -> bool {
        self.to_bytes()[0] & 1 == 1
    }

    /// The same number as a factor.
    #[inline(always)]
    pub fn relaxed(&self) -> Factor {
        // The tight bounds lie within the loose ones.
        Factor(fiat_25519_loose_field_element(self.0.0))
    }

    #[inline(always)]
    pub fn times(&self, factor: &Factor) -> Self {
        mul(&self.relaxed(), factor)
    }

    #[inline(always)]
    pub fn square(&self) -> Self {
        square(&self.relaxed())
    }

    /// To the power of `2^times`, for at least one time.
    fn squared(&self, times: u32) -> Self {
        (1..times).fold(self.square(), |power, _| power.square())
    }

    /// To the power of `2^250 - 1`. The exponents are runs of ones, which are put together.
    fn run_of_250(&self) -> Self {
        let join = |high: &Self, low: &Self, bits| high.squared(bits).times(&low.relaxed());
        let run2 = join(self, self, 1);
        let run3 = join(&run2, self, 1);
        let run5 = join(&run3, &run2, 2);
        let run10 = join(&run5, &run5, 5);
        let run20 = join(&run10, &run10, 10);
        let run25 = join(&run20, &run5, 5);
        let run50 = join(&run25, &run25, 25);
        let run100 = join(&run50, &run50, 50);
        let run125 = join(&run100, &run25, 25);
        join(&run125, &run125, 125)
    }

    /// To the power of `(p - 5) / 8`, which is `2^252 - 3`.
    pub fn root_power(&self) -> Self {
        self.run_of_250().squared(2).times(&self.relaxed())
    }

    /// `1/a`, which is `a` to the power of `p - 2`, `2^255 - 21`; zero of zero.
    pub fn inverse(&self) -> Self {
        let once = self.relaxed();
        let five = self.squared(2).times(&once);
        let eleven = five.square().times(&once);
        self.run_of_250().squared(5).times(&eleven.relaxed())
    }

    /// `1/a` of each, none of which is zero. One inversion serves them all (Montgomery's trick).
    pub fn invert(all: impl DoubleEndedIterator<Item = Self> + ExactSizeIterator + Clone) -> Vec<Self> {
        let mut product = Self::ONE;
        let mut out = Vec::with_capacity(all.len());
        for a in all.clone() {
            out.push(product);
            product = product.times(&a.relaxed());
        }
        let mut inverse = product.inverse();
        for (before, a) in out.iter_mut().zip(all).rev() {
            *before = before.times(&inverse.relaxed());
            inverse = inverse.times(&a.relaxed());
        }
        out
    }
}

impl Factor {
    /// The same number within the tight bounds.
    pub fn carried(&self) -> Element {
        let mut out = Element::ZERO.0;
        fiat_25519_carry(&mut out, &self.0);
        Element(out)
    }
}

#[inline(always)]
pub fn add(a: &Element, b: &Element) -> Factor {
    let mut out = fiat_25519_loose_field_element([0; 10]);
    fiat_25519_add(&mut out, &a.0, &b.0);
    Factor(out)
}

#[inline(always)]
pub fn sub(a: &Element, b: &Element) -> Factor {
    let mut out = fiat_25519_loose_field_element([0; 10]);
    fiat_25519_sub(&mut out, &a.0, &b.0);
    Factor(out)
}

#[inline(always)]
pub fn mul(a: &Factor, b: &Factor) -> Element {
    let mut out = Element::ZERO.0;
    fiat_25519_carry_mul(&mut out, &a.0, &b.0);
    Element(out)
}

#[inline(always)]
pub fn square(a: &Factor) -> Element {
    let mut out = Element::ZERO.0;
    fiat_25519_carry_square(&mut out, &a.0);
    Element(out)
}
