//! Both backends against a big-integer reference. The kernel runs on its checked model here: the same steps, with
//! every overflow a panic.

use num_bigint::BigUint;
use proptest::prelude::*;

use super::kernel::Kernel;
use super::montgomery::Montgomery;
use super::worst_case;

struct Backends {
    n: BigUint,
    e: BigUint,
    montgomery: Montgomery,
    kernel: Kernel,
}

impl Backends {
    fn new(n: &BigUint, e: &BigUint) -> Self {
        let bytes = (n.to_bytes_be(), e.to_bytes_be());
        let (montgomery, kernel) = (Montgomery::new(&bytes.0, &bytes.1), Kernel::new(&bytes.0, &bytes.1));
        Self { n: n.clone(), e: e.clone(), montgomery, kernel }
    }

    fn check(&self, base: &BigUint) {
        let Self { n, e, .. } = self;
        let base = base % n;
        let expected = self.padded(&base.modpow(e, n));
        let base = self.padded(&base);
        let mut out = vec![0xa5; base.len()];
        self.montgomery.power(&base, &mut out);
        assert!(out == expected, "montgomery: n = {n:x}, base = {base:x?}, e = {e:x}");
        out.fill(0x5a);
        self.kernel.power(&base, &mut out);
        assert!(out == expected, "kernel: n = {n:x}, base = {base:x?}, e = {e:x}");
    }

    /// As long as the modulus.
    fn padded(&self, number: &BigUint) -> Vec<u8> {
        let bytes = number.to_bytes_be();
        let mut padded = vec![0; self.n.bits().div_ceil(8) as usize];
        let zeros = padded.len() - bytes.len();
        padded[zeros..].copy_from_slice(&bytes);
        padded
    }
}

#[test]
fn worst_case_moduli_and_bases() {
    // Squarings, a multiplication in Montgomery form, and the last one.
    let e = BigUint::from(0b1011u32);
    for bits in worst_case::LENGTHS {
        for (i, n) in worst_case::moduli(bits).into_iter().enumerate() {
            let backends = Backends::new(&n, &e);
            // A third of the bases with each modulus, another third with the next.
            for base in worst_case::bases(&n).iter().skip(i % 3).step_by(3) {
                backends.check(base);
            }
        }
    }
}

/// The least modulus, where `R² mod n` starts with the most that is left of a power of two.
#[test]
fn least_modulus() {
    let n = &(BigUint::from(1u32) << 2047) + 1u32;
    Backends::new(&n, &BigUint::from(3u32)).check(&(&n - 2u32));
}

#[test]
fn every_shape_of_exponent() {
    let n = &worst_case::moduli(2048)[1];
    let longest = (BigUint::from(1u32) << 256) - 1u32;
    for e in [3u32, 5, 7, 0b1_0001, 0b1_1011, 65_537, u32::MAX].map(BigUint::from).into_iter().chain([longest]) {
        Backends::new(n, &e).check(&(n - 2u32));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
    #[test]
    fn equals_the_reference((n, base) in worst_case::modulus_and_base(), e: u64, shift in 0u32..60) {
        let e = BigUint::from((e >> shift | 1).max(3));
        Backends::new(&n, &e).check(&base);
    }
}
