//! Arithmetic modulo an odd number.
//!
//! A number is `N` limbs of 28 bits, least significant first. A product of two limbs has 56 bits, which leaves room to
//! sum a whole column in 64 bits and to carry once, in the end. Limbs have signs, so that sums and differences need no
//! carry either. What that costs is a bound, which [`Modulus::mul`] states and which every use of it keeps.

/// Limbs, least significant first.
pub type Limbs<const N: usize> = [i32; N];

pub const BITS: usize = 28;
const MASK: i64 = (1 << BITS) - 1;

/// Longest number of limbs.
const MAX_LIMBS: usize = 14;

/// An odd number `m`, at most 2^(28·N - 8), with what can be computed in advance. `R` is 2^(28·N).
pub struct Modulus<const N: usize> {
    m: Limbs<N>,
    /// `-1/m` modulo 2^28.
    inverse: i64,
    /// `R` modulo `m`: one in Montgomery form.
    pub one: Limbs<N>,
    /// `R²` modulo `m`: a product with it brings a number into Montgomery form.
    square: Limbs<N>,
}

/// Runs a block with `$j` as each of the places 1 to 13 that a number has. The limbs of a product stay in registers only
/// where all their places are constants.
macro_rules! each_place {
    ($j:ident in 1..$n:ident $body:block) => {
        each_place!(@ $j $n $body 1 2 3 4 5 6 7 8 9 10 11 12 13)
    };
    (@ $j:ident $n:ident $body:block $($place:literal)*) => {
        $(if $place < $n {
            let $j: usize = $place;
            $body
        })*
    };
}

impl<const N: usize> Modulus<N> {
    /// The modulus that the hexadecimal digits say.
    pub const fn new(hex: &str) -> Self {
        assert!(N <= MAX_LIMBS);
        let m = limbs(hex);
        let mut inverse = 1i64;
        let mut step = 0;
        while step < 5 {
            // Newton's iteration doubles the number of right bits.
            inverse = inverse.wrapping_mul(2 + (m[0] as i64).wrapping_mul(inverse)) & MASK;
            step += 1;
        }
        let mut power = [0; N];
        power[0] = 1;
        let one = doubled(power, BITS * N, &m);
        Self { m, inverse, one, square: doubled(one, BITS * N, &m) }
    }

    /// `a · b / R`, up to a multiple of `m`: settled, more than -m and less than 2m.
    ///
    /// The limbs of `a` may be up to `u` times 2^28 in magnitude and those of `b` up to `w` times, if `u·w ≤ 8`; and
    /// `|a · b|` at most `m · R`. Then a column sums at most 14·(8 + 1) products of 56 bits.
    pub fn mul(&self, a: &Limbs<N>, b: &Limbs<N>) -> Limbs<N> {
        let mut t = [0i64; N];
        for a in a {
            let a = i64::from(*a);
            let lowest = t[0] + a * i64::from(b[0]);
            let q = lowest.wrapping_mul(self.inverse) & MASK;
            let carry = (lowest + q * i64::from(self.m[0])) >> BITS;
            each_place!(j in 1..N {
                t[j - 1] = t[j] + a * i64::from(b[j]) + q * i64::from(self.m[j]);
            });
            t[N - 1] = 0;
            t[0] += carry;
        }
        settle(|j| t[j])
    }

    /// `a² / R`, as [`Modulus::mul`].
    pub fn square(&self, a: &Limbs<N>) -> Limbs<N> {
        self.mul(a, a)
    }

    /// Brings a number into Montgomery form.
    pub fn enter(&self, a: &Limbs<N>) -> Limbs<N> {
        self.mul(a, &self.square)
    }

    /// Brings a number out of Montgomery form, to what is at least zero and less than `m`.
    pub fn leave(&self, a: &Limbs<N>) -> Limbs<N> {
        let mut one = [0; N];
        one[0] = 1;
        // Less than R in magnitude, so that the product lies between zero and m, both included.
        self.canonical(self.mul(a, &one))
    }

    /// The same number modulo `m`, at least zero and less than `m`, of one that is at least zero and less than 2m.
    pub fn canonical(&self, a: Limbs<N>) -> Limbs<N> {
        if less(&a, &self.m) { a } else { settle(|j| i64::from(a[j]) - i64::from(self.m[j])) }
    }

    /// The modulus itself.
    pub fn limbs(&self) -> &Limbs<N> {
        &self.m
    }

    /// Whether this is less than the modulus, of a number that is at least zero.
    pub fn exceeds(&self, a: &Limbs<N>) -> bool {
        less(a, &self.m)
    }

    /// Whether this is a multiple of `m`, of a number less than 2^8·m in magnitude.
    pub fn is_zero(&self, a: &Limbs<N>) -> bool {
        // It could only be one of few multiples, and the lowest limb says which.
        let multiple = i64::from(a[0]).wrapping_mul(self.inverse) & MASK;
        (multiple <= 256 || multiple >= MASK - 256) && self.leave(a) == [0; N]
    }

    /// `base` to the power of a number that is at least zero, in Montgomery form.
    pub fn power(&self, base: &Limbs<N>, exponent: &Limbs<N>) -> Limbs<N> {
        const WINDOW: usize = 4;
        let mut powers = [self.one; 1 << WINDOW];
        for i in 1..powers.len() {
            powers[i] = self.mul(&powers[i - 1], base);
        }
        let mut power = self.one;
        for at in (0..N * BITS / WINDOW).rev() {
            for _ in 0..WINDOW {
                power = self.square(&power);
            }
            let digit = exponent[at * WINDOW / BITS] >> (at * WINDOW % BITS) & 15;
            if digit != 0 {
                power = self.mul(&power, &powers[digit as usize]);
            }
        }
        power
    }

    /// `1/a` in Montgomery form, if `m` is a prime: Fermat's theorem.
    pub fn invert(&self, a: &Limbs<N>) -> Limbs<N> {
        let mut exponent = self.m;
        // No prime here ends in a limb of less than two.
        exponent[0] -= 2;
        self.power(a, &exponent)
    }

    /// `1/a` of each, none of which is zero. One inversion serves them all (Montgomery's trick).
    pub fn invert_all(
        &self,
        all: impl ExactSizeIterator<Item = Limbs<N>> + DoubleEndedIterator + Clone,
    ) -> Vec<Limbs<N>> {
        let mut product = self.one;
        let mut out = Vec::new();
        for a in all.clone() {
            out.push(product);
            product = self.mul(&product, &a);
        }
        let mut inverse = self.invert(&product);
        for (before, a) in out.iter_mut().zip(all).rev() {
            *before = self.mul(&inverse, before);
            inverse = self.mul(&inverse, &a);
        }
        out
    }
}

/// `a + b`, without a carry.
pub fn add<const N: usize>(a: &Limbs<N>, b: &Limbs<N>) -> Limbs<N> {
    std::array::from_fn(|j| a[j] + b[j])
}

/// `a - b`, without a carry.
pub fn sub<const N: usize>(a: &Limbs<N>, b: &Limbs<N>) -> Limbs<N> {
    std::array::from_fn(|j| a[j] - b[j])
}

/// The number with these limbs, settled: all but the highest at least zero and less than 2^28.
pub fn settle<const N: usize>(limb: impl Fn(usize) -> i64) -> Limbs<N> {
    let mut out = [0; N];
    let mut carry = 0;
    for (j, out) in out.iter_mut().enumerate() {
        let sum = limb(j) + carry;
        // The highest keeps what there is, and with it the number's sign.
        *out = if j < N - 1 { sum & MASK } else { sum } as i32;
        carry = sum >> BITS;
    }
    out
}

/// Whether `a < b`, of settled numbers.
fn less<const N: usize>(a: &Limbs<N>, b: &Limbs<N>) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// The number that big-endian octets say. There are at most as many as the limbs hold.
pub fn from_octets<const N: usize>(octets: &[u8]) -> Limbs<N> {
    let mut limbs = [0; N];
    for (i, octet) in octets.iter().rev().enumerate() {
        let (at, shift) = (i * 8 / BITS, i * 8 % BITS);
        limbs[at] |= i32::from(*octet) << shift & MASK as i32;
        if shift > BITS - 8 {
            limbs[at + 1] = i32::from(*octet) >> (BITS - shift);
        }
    }
    limbs
}

/// A bit of a number that is at least zero; the number goes on in zeros.
pub fn bit<const N: usize>(limbs: &Limbs<N>, at: usize) -> usize {
    limbs.get(at / BITS).map_or(0, |limb| (limb >> (at % BITS) & 1) as usize)
}

/// The number that hexadecimal digits say.
pub const fn limbs<const N: usize>(hex: &str) -> Limbs<N> {
    let hex = hex.as_bytes();
    let mut limbs = [0; N];
    let mut i = 0;
    while i < hex.len() {
        let digit = match hex[hex.len() - 1 - i] {
            digit @ b'0'..=b'9' => digit - b'0',
            digit @ b'a'..=b'f' => digit - b'a' + 10,
            _ => panic!("not a hexadecimal digit"),
        };
        limbs[i * 4 / BITS] |= (digit as i32) << (i * 4 % BITS);
        i += 1;
    }
    limbs
}

/// `a · 2^times` modulo `m`, when programs are compiled.
const fn doubled<const N: usize>(mut a: Limbs<N>, times: usize, m: &Limbs<N>) -> Limbs<N> {
    let mut time = 0;
    while time < times {
        // Twice a, and twice a less m.
        let (mut twice, mut less, mut carry, mut borrow) = ([0; N], [0; N], 0, 0);
        let mut j = 0;
        while j < N {
            let limb = 2 * a[j] as i64 + carry;
            twice[j] = (limb & MASK) as i32;
            carry = limb >> BITS;
            let limb = twice[j] as i64 - m[j] as i64 + borrow;
            less[j] = (limb & MASK) as i32;
            borrow = limb >> BITS;
            j += 1;
        }
        a = if borrow < 0 { twice } else { less };
        time += 1;
    }
    a
}
