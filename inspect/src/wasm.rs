//! The functions that the JavaScript wrapper calls. Text in, the text of [`boundary::text`] out.

use wasm_bindgen::prelude::*;

use crate::boundary;
use crate::token;

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// What a token or a claims set says.
#[wasm_bindgen]
pub fn read_token(token: &str) -> String {
    boundary::text(token::read(token))
}
