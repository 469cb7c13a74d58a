//! The functions that the JavaScript wrapper calls. Text in, the text of [`boundary::text`] out.

use countersign::time::Timestamp;
use wasm_bindgen::prelude::*;

use crate::boundary;
use crate::error::{Error, Result};
use crate::generate;
use crate::simulate;
use crate::token;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

fn instant(seconds: Option<f64>) -> Result<Option<Timestamp>> {
    let read = |seconds| Timestamp::from_seconds_f64(seconds).ok_or_else(|| Error::option("now", "must be seconds"));
    seconds.map(read).transpose()
}

/// What a token or a claims set says.
#[wasm_bindgen]
pub fn read_token(token: &str) -> String {
    boundary::text(token::read(token))
}

/// What a policy would make of a token.
#[wasm_bindgen]
pub fn simulate(kind: &str, policy: &str, context: &str, token: &str, now: Option<f64>) -> String {
    boundary::text(instant(now).and_then(|now| simulate::simulate(kind, policy, context, token, now)))
}

/// The policy that lets in some workloads and nobody else.
#[wasm_bindgen]
pub fn generate_policy(request: &str) -> String {
    boundary::text(generate::generate(request))
}
