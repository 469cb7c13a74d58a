//! The credential chain.

use wasm_bindgen::prelude::*;

use crate::chain;
use crate::wasm::exports::state::instant;
use crate::wasm::options;
use crate::wasm::wire;

/// The bearer token to send; undefined where `optional` and no source is set up.
#[wasm_bindgen]
pub fn chain_resolve(inputs: JsValue, min_validity: f64, optional: bool, now: f64) -> Result<JsValue, JsValue> {
    let resolve = || {
        let inputs = options::inputs(inputs.into())?;
        if optional && chain::is_unconfigured(&inputs) {
            return Ok(JsValue::UNDEFINED);
        }
        let token = chain::resolve(&inputs, options::min_validity(min_validity)?, instant(now)?)?;
        Ok(wire::token(&token))
    };
    resolve().map_err(wire::thrown)
}

/// What every source of the chain has; no secrets.
#[wasm_bindgen]
pub fn chain_describe(inputs: JsValue, min_validity: f64, now: f64) -> Result<JsValue, JsValue> {
    let describe = || {
        let inputs = options::inputs(inputs.into())?;
        Ok(wire::report(&chain::describe(&inputs, options::min_validity(min_validity)?, instant(now)?)))
    };
    describe().map_err(wire::thrown)
}
