//! The exports of the module `inspect`: typed functions and conversions, no decisions.
//!
//! Policies and tokens cross as text: a policy has line numbers, and the numbers of a token stay whole. Timestamps are
//! seconds since the epoch.

mod environment;

use countersign::bindings::{self, Export, timestamp, to_js, to_json_object, to_option_value};
use tsify::Ts;
use wasm_bindgen::prelude::*;

use crate::generate::{self, GeneratedPolicy, PolicyRequest};
use crate::simulate::{self, AwsContext, Simulation};
use crate::token::{self, TokenTexts};

/// Prepares a new instance: its handles begin with this number, and its panics are written to the console.
#[wasm_bindgen]
pub fn start_instance(first_handle: f64) {
    bindings::start(first_handle);
}

/// Reads a compact token, or the JSON text of a claims set. Nothing is verified.
#[wasm_bindgen]
pub fn read_token(token: &str) -> Export<Ts<TokenTexts>> {
    Ok(to_js(&token::read_texts(token)?))
}

/// Holds a policy against a token; without `now`, the token's times are not looked at.
#[wasm_bindgen]
pub fn simulate(
    #[wasm_bindgen(unchecked_param_type = "PolicyKind")] kind: &str,
    policy: &str,
    context: Ts<AwsContext>,
    token: &str,
    now: Option<f64>,
) -> Export<Ts<Simulation>> {
    let now = now.map(timestamp).transpose()?;
    Ok(to_json_object(&simulate::simulate(kind, policy, &to_option_value(&context), token, now)?))
}

/// Generates the narrowest policy that a request asks for. A claims set in `token` is JSON text.
#[wasm_bindgen]
pub fn generate_policy(request: Ts<PolicyRequest>) -> Export<Ts<GeneratedPolicy>> {
    Ok(to_json_object(&generate::generate(&to_option_value(&request))?))
}
