//! The credential chain.

use wasm_bindgen::prelude::*;

use crate::chain::{self, Resolution};
use crate::error::{Error, Result};
use crate::wasm::exports::questions::Given;
use crate::wasm::exports::state::timestamp;
use crate::wasm::{search, wire};

/// The bearer token to send, or the name of the source that must be queried first; undefined where `optional` and no source
/// is set up.
pub fn resolve(given: &mut Given) -> Result<JsValue> {
    let (search, optional, now) = (given.value(), given.flag(), given.number());
    let (inputs, requirements) = search::read(search.into())?;
    match chain::resolve(&inputs, &requirements, timestamp(now)?) {
        Ok(Resolution::Found(token)) => Ok(wire::token(&token)),
        Ok(Resolution::NeedsSource(source)) => Ok(source.as_str().into()),
        Err(error) => match *error {
            Error::CredentialsNotFound(_) if optional && chain::is_unconfigured(&inputs) => Ok(JsValue::UNDEFINED),
            _ => Err(error),
        },
    }
}

/// What every source of the chain has; no secrets.
pub fn describe(given: &mut Given) -> Result<JsValue> {
    let (search, now) = (given.value(), given.number());
    let (inputs, requirements) = search::read(search.into())?;
    Ok(wire::report(&chain::describe(&inputs, &requirements, timestamp(now)?)))
}
