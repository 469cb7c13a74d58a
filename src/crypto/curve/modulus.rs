//! The operations that need no multiplication: comparing with a modulus, and dividing.

use super::limbs::{BITS, Limbs, MASK, add_times, from_hex, settle};

/// An odd number `m`, at most 2^(28·N - 8).
pub struct Modulus<const N: usize> {
    /// Each limb but the highest is at most 2^27 in magnitude. In this form most limbs of the primes that NIST and
    /// Bernstein chose are zero, and most others powers of two.
    pub m: Limbs<N>,
    /// `-1/m` modulo 2^28.
    pub inverse: i64,
}

impl<const N: usize> Modulus<N> {
    /// The modulus that hexadecimal digits say.
    pub const fn new(hex: &str) -> Self {
        let mut m: Limbs<N> = from_hex(hex);
        let mut j = 0;
        while j < N - 1 {
            if m[j] >= 1 << (BITS - 1) {
                m[j] -= 1 << BITS;
                m[j + 1] += 1;
            }
            j += 1;
        }
        assert!(m[0] & 1 == 1 && m[N - 1] > 0 && m[N - 1] <= 1 << (BITS - 8));
        // Newton's iteration doubles the number of right bits.
        let mut inverse = 1i64;
        let mut step = 0;
        while step < 5 {
            inverse = inverse.wrapping_mul(2 + (m[0] as i64).wrapping_mul(inverse)) & MASK;
            step += 1;
        }
        Self { m, inverse }
    }

    /// Returns whether this is less than `m`.
    pub fn exceeds(&self, a: &Limbs<N>) -> bool {
        add_times(a, -1, &self.m)[N - 1] < 0
    }

    /// The number at least zero and less than `m` that is the same modulo `m`, of a settled one that is only a few
    /// times `m`: it is counted down.
    pub fn least(&self, mut a: Limbs<N>) -> Limbs<N> {
        while a[N - 1] < 0 {
            a = add_times(&a, 1, &self.m);
        }
        while !self.exceeds(&a) {
            a = add_times(&a, -1, &self.m);
        }
        a
    }

    /// `a / b` modulo `m`, which is a prime, at least zero and less than `m`; zero where `b` is. Both are settled and at
    /// least zero, `b` is less than `m`, and `a` less than 2·m.
    ///
    /// Bernstein and Yang's division steps ("Fast constant-time gcd computation and modular inversion", 2019), in a time
    /// that depends on `b`. The quotient costs no more than an inverse: where they start with one, this starts with `a`.
    #[inline(never)]
    pub fn divide(&self, a: &Limbs<N>, b: &Limbs<N>) -> Limbs<N> {
        debug_assert!(b[N - 1] >= 0 && self.exceeds(b) && a[N - 1] >= 0 && self.exceeds(&add_times(a, -1, &self.m)));
        // At all times a·f = b·d and a·g = b·e, modulo m.
        let (mut f, mut g) = (self.m, *b);
        let (mut d, mut e) = ([0; N], *a);
        let mut delta = 1;
        let mut rounds = 0;
        while g != [0; N] {
            // The lowest bits decide on the next steps, which come to one matrix.
            let (mut low_f, mut low_g) = (f[0], g[0]);
            let ([mut u, mut v], [mut q, mut r]) = ([1, 0], [0, 1]);
            for _ in 0..BITS {
                if low_g & 1 == 1 {
                    if delta > 0 {
                        delta = -delta;
                        (low_f, low_g) = (low_g, low_f.wrapping_neg());
                        (u, v, q, r) = (q, r, -u, -v);
                    }
                    low_g = low_g.wrapping_add(low_f);
                    (q, r) = (q + u, r + v);
                }
                delta += 1;
                low_g >>= 1;
                (u, v) = (2 * u, 2 * v);
            }
            debug_assert!(i64::abs(u) + i64::abs(v) <= 1 << BITS && i64::abs(q) + i64::abs(r) <= 1 << BITS);
            (f, g) = (self.combine(&f, &g, [u, v]), self.combine(&f, &g, [q, r]));
            (d, e) = (self.combine(&d, &e, [u, v]), self.combine(&d, &e, [q, r]));
            rounds += 1;
            // Their theorem 11.2. So d and e stay within 57·m: each round adds less than m.
            debug_assert!(rounds * BITS < (49 * N * BITS + 57) / 17 + BITS);
        }
        // f has become 1 or -1.
        self.least(if f[N - 1] < 0 { add_times(&[0; N], -1, &d) } else { d })
    }

    /// `(a·u + b·v) / 2^28` modulo `m`, and exactly where that is an integer: settled, and less than `m` more in
    /// magnitude than the larger of the two, if `|u| + |v| ≤ 2^28`.
    #[inline(never)]
    fn combine(&self, a: &Limbs<N>, b: &Limbs<N>, [u, v]: [i64; 2]) -> Limbs<N> {
        #[inline(always)]
        fn limb<const N: usize>(a: &Limbs<N>, b: &Limbs<N>, [u, v]: [i64; 2], j: usize) -> i64 {
            i64::from(a[j]) * u + i64::from(b[j]) * v
        }
        let q = limb(a, b, [u, v], 0).wrapping_mul(self.inverse) & MASK;
        let carry = (limb(a, b, [u, v], 0) + q * i64::from(self.m[0])) >> BITS;
        settle(
            #[inline(always)]
            |j| {
                let limb = if j + 1 < N { limb(a, b, [u, v], j + 1) + q * i64::from(self.m[j + 1]) } else { 0 };
                if j == 0 { limb + carry } else { limb }
            },
        )
    }
}
