//! Numbers in limbs.
//!
//! A number is `N` limbs of 28 bits, least significant first. A product of two limbs has 56 bits, which leaves room to
//! sum a whole column in 64 bits. Limbs have signs, so that sums and differences need no carry: a number has many
//! forms. In one of them it is *settled*: all limbs but the highest are at least zero and less than 2^28, and the
//! highest has the number's sign.

/// Limbs, least significant first.
pub type Limbs<const N: usize> = [i32; N];

pub const BITS: usize = 28;
pub const MASK: i64 = (1 << BITS) - 1;

/// Longest number of limbs.
pub const MAX_LIMBS: usize = 19;

/// Runs a block with a name for each of so many places, all of which are constants: only then limbs stay in registers,
/// and products with the zeros of a prime disappear.
macro_rules! each {
    ($place:ident in limbs $body:block) => {
        each!(@ $place $body 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18)
    };
    ($place:ident in columns $body:block) => {
        each!(@ $place $body 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18
            19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36)
    };
    (@ $place:ident $body:block $($number:literal)*) => {
        $({
            const $place: usize = $number;
            $body
        })*
    };
}
pub(super) use each;

/// `a + b`, without a carry.
#[inline(never)]
pub fn add<const N: usize>(a: &Limbs<N>, b: &Limbs<N>) -> Limbs<N> {
    let mut out = [0; N];
    each!(J in limbs {
        if J < N {
            out[J] = a[J] + b[J];
        }
    });
    out
}

/// `a - b`, without a carry.
#[inline(never)]
pub fn sub<const N: usize>(a: &Limbs<N>, b: &Limbs<N>) -> Limbs<N> {
    let mut out = [0; N];
    each!(J in limbs {
        if J < N {
            out[J] = a[J] - b[J];
        }
    });
    out
}

/// `a + times · b`, settled.
#[inline(never)]
pub fn add_times<const N: usize>(a: &Limbs<N>, times: i64, b: &Limbs<N>) -> Limbs<N> {
    settle(
        #[inline(always)]
        |j| i64::from(a[j]) + times * i64::from(b[j]),
    )
}

/// The number with these limbs, settled.
#[inline(always)]
pub fn settle<const N: usize>(limb: impl Fn(usize) -> i64) -> Limbs<N> {
    let (mut out, mut sum) = ([0; N], 0);
    each!(J in limbs {
        if J < N {
            sum += limb(J);
            if J < N - 1 {
                out[J] = (sum & MASK) as i32;
                sum >>= BITS;
            }
        }
    });
    // The highest keeps what there is, and with it the number's sign.
    out[N - 1] = sum as i32;
    debug_assert!(i64::from(out[N - 1]) == sum, "the highest limb overflows");
    out
}

/// The number that big-endian bytes say. There are at most as many as the limbs hold.
pub fn from_bytes<const N: usize>(bytes: &[u8]) -> Limbs<N> {
    let mut limbs = [0; N];
    for (i, byte) in bytes.iter().rev().enumerate() {
        let (at, shift) = (i * 8 / BITS, i * 8 % BITS);
        limbs[at] |= i32::from(*byte) << shift & MASK as i32;
        if shift > BITS - 8 {
            limbs[at + 1] = i32::from(*byte) >> (BITS - shift);
        }
    }
    limbs
}

/// A bit of a settled number that is at least zero; the number goes on in zeros.
#[inline(always)]
pub fn bit<const N: usize>(limbs: &Limbs<N>, at: usize) -> usize {
    limbs.get(at / BITS).map_or(0, |limb| (limb >> (at % BITS) & 1) as usize)
}

/// The number that hexadecimal digits say.
pub const fn from_hex<const N: usize>(hex: &str) -> Limbs<N> {
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
