//! Bare signatures and JWS, for `describeKeys` and for the test vectors, which speak of the module as it is shipped.

use wasm_bindgen::prelude::*;

use crate::bindings::Export;
use crate::crypto;
use crate::error::Error;
use crate::jose::compact::{self, DEFAULT_MAX_BYTES};
use crate::jose::{Jwk, Jwks, Scratch, header};

/// Verifies a bare signature with one JWK; throws where verification fails.
#[wasm_bindgen]
pub fn check_signature(algorithm: &str, jwk: &str, message: &[u8], signature: &[u8]) -> Export<()> {
    let algorithm = header::algorithm(algorithm).ok_or(Error::AlgorithmNotAllowed)?;
    let jwk = Jwk::parse(jwk.as_bytes())?;
    if !jwk.fits(algorithm) {
        return Err(Error::AlgorithmNotAllowed.into());
    }
    Ok(crypto::verify(algorithm, &jwk, message, signature)?)
}

/// Verifies a JWS with any payload; throws where verification fails.
#[wasm_bindgen]
pub fn check_jws(jws: &str, jwks: &str, algorithms: Vec<String>) -> Export<()> {
    let allowed: Vec<_> = algorithms.iter().filter_map(|name| header::algorithm(name)).collect();
    let jwks = Jwks::parse(jwks.as_bytes(), &allowed)?;
    compact::verify(jws.as_bytes(), &jwks, &allowed, DEFAULT_MAX_BYTES, &mut Scratch::default())?;
    Ok(())
}
