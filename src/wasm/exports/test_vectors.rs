//! What the test vectors ask: they speak of the module as it is shipped, so it is shipped with a way to ask it.
//! `describeKeys` asks the same way what a key is good for.

use wasm_bindgen::prelude::*;

use crate::crypto;
use crate::error::{Error, Result};
use crate::jose::compact::{self, DEFAULT_MAX_BYTES};
use crate::jose::{Jwk, Jwks, Scratch, header};
use crate::wasm::exports::questions::{Given, nothing};

/// Checks a bare signature with one key; throws where it is none.
pub fn check_signature(given: &mut Given) -> Result<JsValue> {
    let (algorithm, jwk, message, signature) = (given.text()?, given.text()?, given.bytes(), given.bytes());
    let algorithm = header::algorithm(&algorithm).ok_or(Error::AlgorithmNotAllowed)?;
    let jwk = Jwk::parse(jwk.as_bytes())?;
    if !jwk.fits(algorithm) {
        return Err(Error::AlgorithmNotAllowed.into());
    }
    crypto::verify(algorithm, &jwk, &message, &signature).map(nothing)
}

/// Checks a JWS with whatever payload.
pub fn check_jws(given: &mut Given) -> Result<JsValue> {
    let (jws, jwks, algorithms) = (given.text()?, given.text()?, given.texts());
    let allowed: Vec<_> = algorithms.iter().filter_map(|name| header::algorithm(name)).collect();
    let jwks = Jwks::parse(jwks.as_bytes(), &allowed)?;
    compact::verify(jws.as_bytes(), &jwks, &allowed, DEFAULT_MAX_BYTES, &mut Scratch::default()).map(nothing)
}
