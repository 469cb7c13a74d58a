//! What the module says of itself.

use wasm_bindgen::prelude::*;

/// The version that Cargo.toml states.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
