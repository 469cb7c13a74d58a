//! Key sets as people are told of them.

use wasm_bindgen::prelude::*;

use crate::jose::{Jwks, header};
use crate::wasm::wire::{self, WireKey};

/// What becomes of each key of a set, for the algorithms of these names.
#[wasm_bindgen]
pub fn jwks_examine(jwks: &str, algorithms: Vec<String>) -> Result<JsValue, JsValue> {
    let named: Vec<_> = algorithms.iter().filter_map(|name| Some((name.as_str(), header::algorithm(name)?))).collect();
    let allowed: Vec<_> = named.iter().map(|(_, algorithm)| *algorithm).collect();
    let examined = Jwks::examine(jwks.as_bytes(), &allowed).map_err(wire::thrown)?;
    let keys: Vec<_> = examined.iter().map(|key| WireKey::new(key, &named)).collect();
    Ok(wire::write(&keys))
}
