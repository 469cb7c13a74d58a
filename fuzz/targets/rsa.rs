#![no_main]

use num_bigint::BigUint;

#[path = "../fuzz_targets.rs"]
#[allow(dead_code, reason = "one body of several")]
mod fuzz_targets;

/// The kernel of the module, on the checked model of its vectors: in native builds, nothing else uses it.
#[path = "../../src/crypto/rsa/kernel/mod.rs"]
mod kernel;

/// What the kernel takes from the module around it.
const MAX_BITS: usize = 8192;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    fuzz_targets::rsa_signature(data);
    kernel_power(data);
});

/// A power, the same as that of big integers: of any number, for any modulus of a length that the first bytes say.
fn kernel_power(data: &[u8]) {
    let Some((&[high, low, e], rest)) = data.split_first_chunk() else { return };
    // Two in three are of 2048 to 3072 bits: those take a tenth of the time.
    let span = if e % 3 == 0 { MAX_BITS - 2048 } else { 1024 };
    let bits = 2048 + usize::from(u16::from_be_bytes([high, low])) % (span + 1);
    let one = BigUint::from(1u32);
    let (n, base) = rest.split_at(rest.len().min(bits / 8));
    let n = BigUint::from_bytes_le(n) % (&one << (bits - 1)) | &one << (bits - 1) | &one;
    let base = BigUint::from_bytes_le(base) % &n;
    let e = BigUint::from([3u32, 5, 11, 17][usize::from(e / 3 % 4)]);

    let padded = |number: &BigUint| {
        let bytes = number.to_bytes_be();
        [vec![0; bits.div_ceil(8) - bytes.len()], bytes].concat()
    };
    let mut out = vec![0; bits.div_ceil(8)];
    kernel::Kernel::new(&n.to_bytes_be(), &e.to_bytes_be()).power(&padded(&base), &mut out);
    assert!(out == padded(&base.modpow(&e, &n)), "{base:x}^{e} mod {n:x}");
}
