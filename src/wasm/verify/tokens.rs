//! The hot path: the host writes a token into the buffer, and reads the checked text back.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use super::verifiers;
use crate::bindings::{Export, timestamp};
use crate::error::{Error, Result};
use crate::issuer::Attempt;
use crate::jose::Scratch;
use crate::jose::compact::too_long;
use crate::jwt::{self, Unverified, Validity};
use crate::time::Timestamp;

/// The token that is being read, and the result.
struct Tokens {
    /// The bytes that the host wrote.
    input: Vec<u8>,
    scratch: Scratch,
    output: VerifyOutput,
    error: Option<Error>,
}

/// The result of `verify` and `decode`, for the host to read.
#[repr(C)]
struct VerifyOutput {
    /// Of an accepted token: the time span in which the policy accepts it, `from` and `until`; then the times from which its
    /// keys are used, until which they are fresh, and until which they are used at all.
    validity: [f64; 5],
    /// The checked header and payload, each an address and a length; then the key refresh.
    slices: [u32; 5],
}

impl VerifyOutput {
    const NOTHING: Self = Self { validity: [0.0; 5], slices: [0; 5] };
}

thread_local! {
    // Made when the module is compiled, so that no call has to ask whether it is there.
    static TOKENS: RefCell<Tokens> = const {
        RefCell::new(Tokens {
            input: Vec::new(),
            scratch: Scratch::new(),
            output: VerifyOutput::NOTHING,
            error: None,
        })
    };
}

/// The address of a buffer of `capacity` bytes for the next token.
#[wasm_bindgen]
pub fn buffer(capacity: usize) -> *mut u8 {
    TOKENS.with_borrow_mut(|Tokens { input, .. }| {
        if input.len() < capacity {
            input.resize(capacity, 0);
        }
        input.as_mut_ptr()
    })
}

/// The address of what `verify` and `decode` leave behind: five 64-bit floats, then five 32-bit integers.
#[wasm_bindgen]
pub fn output() -> *const f64 {
    TOKENS.with_borrow(|tokens| tokens.output.validity.as_ptr())
}

/// Verifies the token in the buffer; false where it is refused, with the reason in `refusal`.
///
/// The key refresh in the output is 0 for none, else `1 + 2 * source + (unknown kid ? 1 : 0)`.
#[wasm_bindgen]
pub fn verify(verifier: f64, length: usize, now: f64, clock: f64) -> bool {
    TOKENS.with_borrow_mut(|Tokens { input, scratch, output, error }| {
        *output = VerifyOutput::NOTHING;
        let verdict = verifiers::with(verifier, |verifier| {
            let token = token(input, length, verifier.max_token_bytes())?;
            let (now, clock) = (timestamp(now)?, timestamp(clock)?);
            let Attempt { result, keys, key_refresh } = verifier.verify(token, now, clock, scratch);
            output.slices[4] =
                key_refresh.map_or(0, |refresh| 1 + 2 * refresh.source as u32 + u32::from(refresh.unknown_kid));
            let token = result?;
            if let Some(keys) = keys {
                let Validity { from, until } = token.validity();
                output.validity = [from, until, keys.from, keys.fresh, keys.usable].map(Timestamp::as_seconds_f64);
            }
            leave(Unverified { header: token.header(), claims: token.claims() }, output);
            Ok(())
        });
        report(verdict, error)
    })
}

/// Decodes the token in the buffer without verifying anything; false where it is malformed.
#[wasm_bindgen]
pub fn decode(length: usize, max_bytes: usize) -> bool {
    TOKENS.with_borrow_mut(|Tokens { input, scratch, output, error }| {
        *output = VerifyOutput::NOTHING;
        let decoded = token(input, length, max_bytes).and_then(|token| jwt::decode(token, max_bytes, scratch));
        report(decoded.map(|token| leave(token, output)), error)
    })
}

/// Throws the reason why the last `verify` or `decode` returned false.
#[wasm_bindgen]
pub fn refusal() -> Export<()> {
    let error = TOKENS.with_borrow_mut(|tokens| tokens.error.take());
    Err(error.unwrap_or(Error::Internal("there is no error to report")).into())
}

/// The bytes that the host wrote. A token that is longer than the limit was not copied.
fn token(input: &[u8], length: usize, max_bytes: usize) -> Result<&[u8]> {
    input.get(..length).filter(|token| token.len() <= max_bytes).ok_or_else(|| too_long(length, max_bytes))
}

/// Leaves the addresses of the checked texts.
fn leave(token: Unverified<'_>, output: &mut VerifyOutput) {
    let (header, claims) = (token.header.raw(), token.claims.text());
    output.slices[0] = header.as_ptr() as u32;
    output.slices[1] = header.len() as u32;
    output.slices[2] = claims.as_ptr() as u32;
    output.slices[3] = claims.len() as u32;
}

/// Says whether there is a result, and keeps the error.
fn report(result: Result<()>, error: &mut Option<Error>) -> bool {
    match result {
        Ok(()) => true,
        Err(refused) => {
            *error = Some(refused);
            false
        }
    }
}
