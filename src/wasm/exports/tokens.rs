//! The hot path: the host writes a token into the buffer and gets back a number and the slices of the checked texts.

use wasm_bindgen::prelude::*;

use crate::error::{Error, Result};
use crate::issuer::Attempt;
use crate::jose::Scratch;
use crate::jwt::{self, Unverified, Validity};
use crate::time::Timestamp;
use crate::wasm::exports::questions::Given;
use crate::wasm::exports::state::{State, timestamp, with_state};

/// The token that is being read, and what came of it.
pub struct Tokens {
    /// What the host wrote.
    input: Vec<u8>,
    scratch: Scratch,
    output: VerifyOutput,
    error: Option<Box<Error>>,
}

/// What `verify` and `decode` leave behind for the host to read.
#[repr(C)]
struct VerifyOutput {
    /// Of an accepted token: from when and until when the policy accepts it; from when, until when as fresh ones and
    /// until when at all its keys are used.
    validity: [f64; 5],
    /// The slices of the checked texts: header and payload, each an address and a length; then the key refresh.
    slices: [u32; 5],
}

impl Tokens {
    /// No token yet.
    pub const fn new() -> Self {
        Self { input: Vec::new(), scratch: Scratch::new(), output: VerifyOutput::NOTHING, error: None }
    }
}

impl VerifyOutput {
    const NOTHING: Self = Self { validity: [0.0; 5], slices: [0; 5] };
}

/// The address of a buffer of `capacity` bytes for the next token.
#[wasm_bindgen]
pub fn buffer(capacity: usize) -> *mut u8 {
    with_state(|state| {
        let input = &mut state.tokens.input;
        if input.len() < capacity {
            input.resize(capacity, 0);
        }
        input.as_mut_ptr()
    })
}

/// The address of what `verify` and `decode` leave behind: five 64-bit floats, then five 32-bit integers.
#[wasm_bindgen]
pub fn output() -> *const f64 {
    with_state(|state| state.tokens.output.validity.as_ptr())
}

/// Verifies the token in the buffer; false where it is refused, with the reason in `refusal`.
#[wasm_bindgen]
pub fn verify(verifier: u32, length: usize, now: f64, clock: f64) -> bool {
    with_state(|state| {
        let State { tokens: Tokens { input, scratch, output, error }, verifiers, .. } = state;
        *output = VerifyOutput::NOTHING;
        let prepared = || Ok((token(input, length)?, verifiers.get(verifier)?, timestamp(now)?, timestamp(clock)?));
        let verdict = match prepared() {
            Ok((token, verifier, now, clock)) => {
                let Attempt { result, keys, key_refresh } = verifier.verify(token, now, clock, scratch);
                output.slices[4] = key_refresh
                    .map_or(0, |key_refresh| 1 + 2 * key_refresh.source as u32 + u32::from(key_refresh.unknown_kid));
                result.map(|token| {
                    if let Some(keys) = keys {
                        let Validity { from, until } = token.validity();
                        output.validity =
                            [from, until, keys.from, keys.fresh, keys.usable].map(Timestamp::as_seconds_f64);
                    }
                    Unverified { header: token.header(), claims: token.claims() }
                })
            }
            Err(error) => Err(error),
        };
        leave(verdict, output, error)
    })
}

/// Decodes the token in the buffer without verifying anything; false where it is malformed.
#[wasm_bindgen]
pub fn decode(length: usize, max_bytes: usize) -> bool {
    with_state(|state| {
        let Tokens { input, scratch, output, error } = &mut state.tokens;
        *output = VerifyOutput::NOTHING;
        let decoded = token(input, length).and_then(|token| jwt::decode(token, max_bytes, scratch));
        leave(decoded, output, error)
    })
}

/// What the host wrote. A length beyond the buffer says that the token was too long to be copied at all.
fn token(input: &[u8], length: usize) -> Result<&[u8]> {
    let problem = "is longer than `maxTokenBytes` allows";
    input.get(..length).ok_or_else(|| Error::InvalidJws { part: "the token", problem }.into())
}

/// Stores the slices of the texts, or the error.
fn leave(token: Result<Unverified<'_>>, output: &mut VerifyOutput, error: &mut Option<Box<Error>>) -> bool {
    match token {
        Ok(token) => {
            let (header, claims) = (token.header.raw(), token.claims.text());
            output.slices[0] = header.as_ptr() as u32;
            output.slices[1] = header.len() as u32;
            output.slices[2] = claims.as_ptr() as u32;
            output.slices[3] = claims.len() as u32;
            true
        }
        Err(refused) => {
            *error = Some(refused);
            false
        }
    }
}

/// Throws why the last `verify` or `decode` answered false.
pub fn refusal(_: &mut Given) -> Result<JsValue> {
    let error = with_state(|state| state.tokens.error.take());
    Err(error.unwrap_or_else(|| Error::internal("there is no error to report")))
}
