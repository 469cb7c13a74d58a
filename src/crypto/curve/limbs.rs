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

/// `a + b`, without a carry.
pub fn add<const N: usize>(a: &Limbs<N>, b: &Limbs<N>) -> Limbs<N> {
    std::array::from_fn(|j| a[j] + b[j])
}

/// `a - b`, without a carry.
pub fn sub<const N: usize>(a: &Limbs<N>, b: &Limbs<N>) -> Limbs<N> {
    std::array::from_fn(|j| a[j] - b[j])
}

/// The number with these limbs, settled.
pub fn settle<const N: usize>(limb: impl Fn(usize) -> i64) -> Limbs<N> {
    let mut out = [0; N];
    let mut carry = 0;
    for (j, out) in out.iter_mut().enumerate() {
        let sum = limb(j) + carry;
        // The highest keeps what there is, and with it the number's sign.
        *out = if j < N - 1 { sum & MASK } else { sum } as i32;
        debug_assert!(j < N - 1 || i64::from(*out) == sum, "the highest limb overflows");
        carry = sum >> BITS;
    }
    out
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

/// A bit of a settled number that is at least zero; the number goes on in zeros.
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
