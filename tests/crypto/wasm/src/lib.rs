//! The signatures and the base64url of countersign behind plain exports: the tests and the measurements of `run.mjs` see what wasm does,
//! without any bindings in between.
//!
//! Arguments lie one after another in a buffer; the exports take their lengths.

#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;

use countersign::crypto::{Algorithm, DecodingKey, KeyVerifier};

/// The kernel itself: the public interface only says whether a signature is right.
#[path = "../../../../src/crypto/rsa/kernel/mod.rs"]
mod kernel;

/// What the kernel takes from the module around it.
const MAX_BITS: usize = 8192;

#[derive(Default)]
struct State {
    buffer: Vec<u8>,
    verifiers: Vec<KeyVerifier>,
    signature: Vec<u8>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn with<T>(f: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(f)
}

/// The buffer, at least so long.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(len: usize) -> *mut u8 {
    with(|state| {
        if state.buffer.len() < len {
            state.buffer.resize(len, 0);
        }
        state.buffer.as_mut_ptr()
    })
}

/// Makes a verifier for an RSA key, `n` and `e`; its number, or -1 if the key is refused.
#[unsafe(no_mangle)]
pub extern "C" fn rsa_verifier(alg: u32, n: usize, e: usize) -> i32 {
    with(|state| {
        let (n, rest) = state.buffer.split_at(n);
        let key = DecodingKey::from_rsa_raw_components(n, &rest[..e]);
        state.keep(alg, &key)
    })
}

/// The same for another key: an elliptic curve point or an Ed25519 key.
#[unsafe(no_mangle)]
pub extern "C" fn point_verifier(alg: u32, len: usize) -> i32 {
    with(|state| {
        let bytes = &state.buffer[..len];
        let key = if alg == 8 { DecodingKey::from_ed_der(bytes) } else { DecodingKey::from_ec_der(bytes) };
        state.keep(alg, &key)
    })
}

impl State {
    fn keep(&mut self, alg: u32, key: &DecodingKey) -> i32 {
        use Algorithm::*;
        let alg = [RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, ES512][alg as usize];
        let Ok(verifier) = countersign::crypto::verifier(alg, key) else { return -1 };
        self.verifiers.push(verifier);
        self.verifiers.len() as i32 - 1
    }
}

/// Verifies a message and a signature.
#[unsafe(no_mangle)]
pub extern "C" fn verify(verifier: usize, message: usize, signature: usize) -> bool {
    with(|state| {
        let (message, rest) = state.buffer.split_at(message);
        state.signature.clear();
        state.signature.extend_from_slice(&rest[..signature]);
        state.verifiers[verifier].verify(message, &state.signature).is_ok()
    })
}

/// Replaces a base64url text by its bytes, and returns how many; -1 if it is refused.
#[unsafe(no_mangle)]
pub extern "C" fn base64url(len: usize) -> i32 {
    with(|state| {
        let mut bytes = Vec::new();
        if countersign::encoding::base64url::decode_into(&state.buffer[..len], &mut bytes).is_err() {
            return -1;
        }
        state.buffer[..bytes.len()].copy_from_slice(&bytes);
        bytes.len() as i32
    })
}

/// Replaces `base` by `base^e mod n`: of the kernel alone. `base` is as long as `n`.
#[unsafe(no_mangle)]
pub extern "C" fn power(n: usize, e: usize) {
    with(|state| {
        let (modulus, rest) = state.buffer.split_at_mut(n);
        let (exponent, rest) = rest.split_at_mut(e);
        let base = &mut rest[..n];
        let copy = base.to_vec();
        kernel::Kernel::new(modulus, exponent).power(&copy, base);
    });
}
