//! Keys in PEM as JWK Sets. They are here and not in `verify`, which is loaded by every program that verifies.

use wasm_bindgen::prelude::*;

use crate::bindings::Export;
use crate::jose::pem::{self, Unsupported};

/// Converts the keys of a PEM text to the JSON text of a JWK Set.
#[wasm_bindgen]
pub fn jwks_from_pem(text: &str, kid: Option<String>, alg: Option<String>) -> Export<String> {
    Ok(pem::jwks_from_pem(text, kid.as_deref(), alg.as_deref())?)
}

/// Converts the JSON text of an object of PEM texts, whose names are the keys' `kid`, to that of a JWK Set.
#[wasm_bindgen]
pub fn jwks_from_certificates(certificates: &str, alg: Option<String>, skip_unsupported: bool) -> Export<String> {
    let unsupported = if skip_unsupported { Unsupported::Skip } else { Unsupported::Refuse };
    Ok(pem::jwks_from_certificates(certificates, alg.as_deref(), unsupported)?)
}

/// Throws where `alg` is not a supported signature algorithm.
#[wasm_bindgen]
pub fn check_signature_algorithm(alg: &str) -> Export<()> {
    Ok(pem::check_algorithm(Some(alg))?)
}
