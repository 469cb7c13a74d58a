//! The boundary: exports and wire types, no decisions.

use wasm_bindgen::prelude::*;

/// The version of this module, as stamped from Cargo.toml.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
