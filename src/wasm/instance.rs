//! The instance of a module.

use wasm_bindgen::prelude::*;

use crate::bindings::Export;
use crate::options;

/// Prepares a new instance: its handles begin with this number, and its panics are written to the console.
#[wasm_bindgen]
pub fn start_instance(first_handle: f64) {
    crate::bindings::start(first_handle);
    #[cfg(feature = "credentials")]
    super::credentials::start(first_handle as u64);
}

/// Throws for an option that is not among the known ones, with the one that was most likely meant. `path` is the option that
/// it is inside, or empty.
#[wasm_bindgen]
pub fn refuse_option(path: &str, name: &str, known: Vec<String>) -> Export<()> {
    Err(options::unknown(path, name, known.iter().map(String::as_str)).into())
}

/// The version that Cargo.toml states.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
