//! Modular exponentiation for any odd modulus, by Montgomery multiplication.
//!
//! Digits have 28 bits, so that a 64-bit accumulator takes the sum of a whole column of products before any carry has
//! to be dealt with. Numbers are little-endian. With `R = 2^(28·len)` and at least two spare bits, `R > 4n`, a
//! product of two numbers below `2n` comes out below `2n` again, and nothing has to be subtracted between
//! multiplications. Variable time: for public data only.

use super::MAX_BITS;

const DIGIT_BITS: usize = 28;
const MASK: u64 = (1 << DIGIT_BITS) - 1;
const MAX_DIGITS: usize = (MAX_BITS + 2).div_ceil(DIGIT_BITS);

/// So many products of two digits fit an accumulator: 2^7 · 2^56 < 2^64.
const COLUMN: usize = 128;

/// Scratch space for one number.
type Digits = [u32; MAX_DIGITS];

/// A modulus and an exponent, with what can be computed in advance.
pub struct Montgomery {
    n: Box<[u32]>,
    /// `n` from its last digit to its first: with one factor reversed, a column of a product is a dot product.
    n_reversed: Box<[u32]>,
    /// `-1/n` modulo 2^28.
    minus_inverse: u32,
    /// `R²` modulo `n`: a product with it brings a number into Montgomery form.
    r_squared: Box<[u32]>,
    /// Big-endian.
    e: Box<[u8]>,
}

impl Montgomery {
    /// `n` and `e` are big-endian without leading zeros; `n` is odd, at most `MAX_BITS` long, `e` is odd and at least 3.
    pub fn new(n: &[u8], e: &[u8]) -> Self {
        let bits = n.len() * 8 - n[0].leading_zeros() as usize;
        let len = (bits + 2).div_ceil(DIGIT_BITS);
        let mut digits = vec![0; len];
        read(n, &mut digits);
        let mut this = Self {
            n_reversed: digits.iter().rev().copied().collect(),
            minus_inverse: minus_inverse(digits[0]),
            r_squared: vec![0; len].into(),
            n: digits.into(),
            e: e.into(),
        };
        this.r_squared = this.square_of_r(bits);
        this
    }

    /// Writes `base^e mod n` in big-endian order. `base` is less than `n`, and `out` is as long as `n`.
    pub fn power(&self, base: &[u8], out: &mut [u8]) {
        let len = self.n.len();
        let (mut plain, mut reversed, mut acc, mut next) =
            ([0; MAX_DIGITS], [0; MAX_DIGITS], [0; MAX_DIGITS], [0; MAX_DIGITS]);
        let (plain, reversed) = (&mut plain[..len], &mut reversed[..len]);

        read(base, plain);
        reverse(&self.r_squared, reversed);
        self.multiply(plain, reversed, &mut acc[..len]);
        // The base in Montgomery form, for the ones within e.
        let mut form = [0; MAX_DIGITS];
        reverse(&acc[..len], &mut form[..len]);

        // Left to right, without the first bit and the last.
        let bits = self.e.len() * 8 - self.e[0].leading_zeros() as usize;
        for bit in (1..bits - 1).rev() {
            self.square(&acc[..len], reversed, &mut next[..len]);
            if self.e[self.e.len() - 1 - bit / 8] >> (bit % 8) & 1 == 1 {
                self.multiply(&next[..len], &form[..len], &mut acc[..len]);
            } else {
                std::mem::swap(&mut acc, &mut next);
            }
        }
        // e is odd: the last step always multiplies. With the plain base it also leaves the Montgomery form.
        self.square(&acc[..len], reversed, &mut next[..len]);
        reverse(plain, reversed);
        self.multiply(&next[..len], reversed, &mut acc[..len]);
        self.subtract_once(&mut acc[..len]);
        write(&acc[..len], out);
    }

    /// `a · b / R`, up to a multiple of `n`.
    fn multiply(&self, a: &[u32], b_reversed: &[u32], out: &mut [u32]) {
        let len = self.n.len();
        let (a, b) = (&a[..len], &b_reversed[..len]);
        self.reduce(out, |k| {
            if k < len { dot(&a[..=k], &b[len - 1 - k..]) } else { dot(&a[k + 1 - len..], &b[..2 * len - 1 - k]) }
        });
    }

    /// `a² / R`, up to a multiple of `n`. `reversed` is scratch space.
    fn square(&self, a: &[u32], reversed: &mut [u32], out: &mut [u32]) {
        let len = self.n.len();
        let a = &a[..len];
        let b = &mut reversed[..len];
        reverse(a, b);
        self.reduce(out, |k| {
            // Each product of two different digits occurs twice: those before the middle, doubled.
            let (first, middle) = (k.saturating_sub(len - 1), k.div_ceil(2));
            let half = dot(&a[first..middle], &b[len - 1 + first - k..]);
            let square = if k % 2 == 0 { u64::from(a[k / 2]).pow(2) } else { 0 };
            Column { low: 2 * half.low + square, high: 2 * half.high }
        });
    }

    /// Montgomery reduction of a product that is given by its columns (product scanning).
    #[inline(always)]
    fn reduce(&self, out: &mut [u32], column: impl Fn(usize) -> Column) {
        let len = self.n.len();
        let (n, n_reversed, out) = (&self.n[..len], &self.n_reversed[..len], &mut out[..len]);
        let mut quotient: Digits = [0; MAX_DIGITS];
        let q = &mut quotient[..len];
        let mut carry = 0;
        for k in 0..len {
            let product = column(k);
            let multiple = dot(&q[..k], &n_reversed[len - 1 - k..len - 1]);
            let low = product.low + multiple.low + carry;
            q[k] = (low as u32).wrapping_mul(self.minus_inverse) & MASK as u32;
            // The multiple of n that makes this digit zero.
            let low = low + u64::from(q[k]) * u64::from(n[0]);
            carry = product.high + multiple.high + (low >> DIGIT_BITS);
        }
        for k in len..2 * len - 1 {
            let product = column(k);
            let multiple = dot(&q[k + 1 - len..], &n_reversed[..2 * len - 1 - k]);
            let low = product.low + multiple.low + carry;
            out[k - len] = (low & MASK) as u32;
            carry = product.high + multiple.high + (low >> DIGIT_BITS);
        }
        debug_assert!(carry <= MASK, "the result is less than 2n");
        out[len - 1] = carry as u32;
    }

    /// `x mod n` for `x < 2n`.
    fn subtract_once(&self, x: &mut [u32]) {
        let mut difference: Digits = [0; MAX_DIGITS];
        let mut borrow = 0;
        for ((out, x), n) in difference.iter_mut().zip(&*x).zip(&self.n) {
            let digit = *x as i32 - *n as i32 + borrow;
            *out = digit as u32 & MASK as u32;
            borrow = digit >> DIGIT_BITS;
        }
        if borrow == 0 {
            x.copy_from_slice(&difference[..x.len()]);
        }
    }

    /// `R² mod n`, for an `n` of so many bits.
    fn square_of_r(&self, bits: usize) -> Box<[u32]> {
        let len = self.n.len();
        let double = |x: &mut [u32]| {
            let mut carry = 0;
            for digit in &mut *x {
                let doubled = *digit << 1 | carry;
                *digit = doubled & MASK as u32;
                carry = doubled >> DIGIT_BITS;
            }
            self.subtract_once(x);
        };

        // 2^bits - n is less than n, because n is odd and has that many bits. It becomes R mod n, then 2R mod n: the
        // Montgomery form of 2.
        let mut x: Digits = [0; MAX_DIGITS];
        let mut borrow = 0;
        for (i, (x, n)) in x.iter_mut().zip(&self.n).enumerate() {
            let top = if i == bits / DIGIT_BITS { 1 << (bits % DIGIT_BITS) } else { 0 };
            let digit = top - *n as i32 + borrow;
            *x = digit as u32 & MASK as u32;
            borrow = digit >> DIGIT_BITS;
        }
        for _ in bits..=DIGIT_BITS * len {
            double(&mut x[..len]);
        }

        // 2^(28·len) in Montgomery form is R · R.
        let exponent = DIGIT_BITS * len;
        let (mut reversed, mut squared): (Digits, Digits) = ([0; MAX_DIGITS], [0; MAX_DIGITS]);
        for bit in (0..exponent.ilog2()).rev() {
            self.square(&x[..len], &mut reversed, &mut squared[..len]);
            self.subtract_once(&mut squared[..len]);
            std::mem::swap(&mut x, &mut squared);
            if exponent >> bit & 1 == 1 {
                double(&mut x[..len]);
            }
        }
        x[..len].into()
    }
}

/// A sum of products, `high · 2^28 + low`.
struct Column {
    low: u64,
    high: u64,
}

/// The sum of the products of the digits, as far as the shorter factor reaches.
#[inline(always)]
fn dot(a: &[u32], b: &[u32]) -> Column {
    let mut column = Column { low: 0, high: 0 };
    for (a, b) in a.chunks(COLUMN).zip(b.chunks(COLUMN)) {
        let sum: u64 = a.iter().zip(b).map(|(a, b)| u64::from(*a) * u64::from(*b)).sum();
        column.low += sum & MASK;
        column.high += sum >> DIGIT_BITS;
    }
    column
}

/// `-1/n` modulo 2^28 by Newton's iteration, which doubles the number of right bits; an odd number is its own inverse
/// modulo 8.
fn minus_inverse(n: u32) -> u32 {
    let mut inverse = n;
    for _ in 0..4 {
        inverse = inverse.wrapping_mul(2u32.wrapping_sub(n.wrapping_mul(inverse)));
    }
    inverse.wrapping_neg() & MASK as u32
}

fn reverse(from: &[u32], to: &mut [u32]) {
    for (to, from) in to.iter_mut().zip(from.iter().rev()) {
        *to = *from;
    }
}

/// Big-endian bytes to digits.
fn read(bytes: &[u8], digits: &mut [u32]) {
    let mut bytes = bytes.iter().rev();
    let (mut bits, mut held) = (0, 0u64);
    for digit in digits {
        while bits < DIGIT_BITS {
            held |= u64::from(bytes.next().copied().unwrap_or(0)) << bits;
            bits += 8;
        }
        *digit = (held & MASK) as u32;
        held >>= DIGIT_BITS;
        bits -= DIGIT_BITS;
    }
}

/// Digits to big-endian bytes.
fn write(digits: &[u32], bytes: &mut [u8]) {
    let mut digits = digits.iter();
    let (mut bits, mut held) = (0, 0u64);
    for byte in bytes.iter_mut().rev() {
        if bits < 8 {
            held |= u64::from(digits.next().copied().unwrap_or(0)) << bits;
            bits += DIGIT_BITS;
        }
        *byte = held as u8;
        held >>= 8;
        bits -= 8;
    }
}
