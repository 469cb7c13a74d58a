//! The credential chain.

use tsify::Ts;
use wasm_bindgen::prelude::*;

use crate::bindings::{Export, read_options, timestamp, to_js};
use crate::chain;
use crate::error::Error;
use crate::time::Timestamp;
use crate::wasm::credentials::exchanges;
use crate::wire::{ChainReport, ResolutionResult, SourceResults};

/// Finds the credential to send, or the source that has to be looked at first. With `optional` the result is empty where no
/// source is configured.
#[wasm_bindgen]
pub fn resolve_credential(sources: Ts<SourceResults>, optional: bool, now: f64) -> Export<Ts<ResolutionResult>> {
    let (inputs, requirements) = read_options(&sources, &[])?.into_core()?;
    let result = match chain::resolve(&inputs, &requirements, timestamp(now)?) {
        Ok(resolution) => resolution.into(),
        Err(Error::CredentialsNotFound(_)) if optional && chain::is_unconfigured(&inputs) => {
            ResolutionResult::default()
        }
        Err(error) => return Err(error.into()),
    };
    Ok(to_js(&result))
}

/// When a JWT says that it expires, in seconds since the epoch; undefined where it does not. Nothing is verified.
#[wasm_bindgen]
pub fn read_expiry(token: &str) -> Option<f64> {
    chain::expiry(token).map(Timestamp::as_seconds_f64)
}

/// Describes every source of the chain; no secrets.
#[wasm_bindgen]
pub fn describe_sources(sources: Ts<SourceResults>, now: f64) -> Export<Ts<ChainReport>> {
    let (inputs, requirements) = read_options(&sources, &[])?.into_core()?;
    let report = chain::describe(&inputs, &requirements, timestamp(now)?);
    Ok(to_js(&ChainReport::new(report, exchanges::usage()?)))
}
