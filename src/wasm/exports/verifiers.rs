//! Verifiers: made, given keys, freed; and the operations that fetch their keys.

use wasm_bindgen::prelude::*;

use crate::error::Result;
use crate::issuer::jwks_cache::LoadKeys;
use crate::issuer::{Fetched, KeyRefresh, Keys, Verifier};
use crate::time::Timestamp;
use crate::wasm::exports::operations::{Completion, start};
use crate::wasm::exports::questions::{Given, nothing};
use crate::wasm::exports::state::{State, timestamp, with_state};
use crate::wasm::options;

/// Makes a verifier; its number is good until `verifier_free`.
pub fn create(given: &mut Given) -> Result<JsValue> {
    let (options, vercel, jwks_url, jwks) = (given.value(), given.flag(), given.optional_text(), given.optional_text());
    let keys = jwks_url.map(Keys::Url).or(jwks.map(|jwks| Keys::InHand(jwks.into_bytes())));
    let verifier = options::verifier(options.into(), vercel, keys)?;
    Ok(with_state(|state| state.verifiers.insert(verifier)).into())
}

/// How long a token this verifier reads.
pub fn max_token_bytes(given: &mut Given) -> Result<JsValue> {
    let verifier = given.index();
    with_state(|state| state.verifiers.get(verifier).map(Verifier::max_token_bytes)).map(JsValue::from)
}

/// How many key sources the verifier has.
pub fn sources(given: &mut Given) -> Result<JsValue> {
    let verifier = given.index();
    with_state(|state| state.verifiers.get(verifier).map(|verifier| verifier.sources().len())).map(JsValue::from)
}

/// Forgets a verifier.
#[wasm_bindgen]
pub fn verifier_free(verifier: u32) {
    with_state(|state| state.verifiers.remove(verifier));
}

/// Gives a verifier keys that the caller has in hand.
pub fn set_keys(given: &mut Given) -> Result<JsValue> {
    let (verifier, jwks) = (given.index(), given.text()?);
    with_state(|state| state.verifiers.get_mut(verifier)?.set_keys(jwks.as_bytes())).map(nothing)
}

/// Throws where the source has no keys that can be used.
pub fn check_keys(given: &mut Given) -> Result<JsValue> {
    let (verifier, source, clock) = (given.index(), given.place(), given.number());
    with_state(|state| {
        let clock = timestamp(clock)?;
        state.verifiers.get_mut(verifier)?.source_mut(source)?.keys(clock).map(nothing)
    })
}

/// What a key refresh leads to: undefined for nothing, `true` where another operation is under way, or the request
/// to carry out.
pub fn refresh(given: &mut Given) -> Result<JsValue> {
    let (verifier, source, unknown_kid, clock) = (given.index(), given.place(), given.flag(), given.number());
    with_state(|state| {
        let load = state.verifiers.get_mut(verifier)?.begin_load(KeyRefresh { source, unknown_kid }, timestamp(clock)?);
        Ok(match load {
            LoadKeys::NotNeeded => JsValue::UNDEFINED,
            LoadKeys::InFlight => JsValue::TRUE,
            LoadKeys::Begin(step) => start(state, step, timestamp(clock)?, complete(verifier, source))?,
        })
    })
}

/// The name under which instances share the keys of a source; undefined for keys in hand.
pub fn shared_name(given: &mut Given) -> Result<JsValue> {
    let (verifier, source) = (given.index(), given.place());
    with_state(|state| Ok(state.verifiers.get_mut(verifier)?.source_mut(source)?.shared_name().into()))
}

/// Takes keys that another instance has loaded; whether they are fresh, or undefined where those that are here are newer.
pub fn restore(given: &mut Given) -> Result<JsValue> {
    let (verifier, source, shared, clock) = (given.index(), given.place(), given.text()?, given.number());
    with_state(|state| state.verifiers.get_mut(verifier)?.source_mut(source)?.restore(&shared, timestamp(clock)?))
        .map(JsValue::from)
}

/// Hands a key set to the verifier that waits for it, and the text by which other instances can have it to the host. A
/// verifier that was freed meanwhile no longer cares.
fn complete(
    verifier: u32,
    source: usize,
) -> impl FnOnce(&mut State, Completion<Fetched>, Timestamp) -> Result<JsValue> {
    move |state, completion, now| {
        let verifier = state.verifiers.get_mut(verifier).ok();
        match completion {
            Completion::Done(fetched) => {
                let shared = fetched.to_shared(now);
                if let Some(verifier) = verifier {
                    verifier.finish(source, Ok(fetched.jwks), now);
                }
                Ok(shared.into())
            }
            Completion::Refused(error) => {
                if let Some(verifier) = verifier {
                    verifier.finish(source, Err(error.clone()), now);
                }
                Err(error)
            }
            Completion::Cancelled => {
                if let Some(Ok(source)) = verifier.map(|verifier| verifier.source_mut(source)) {
                    source.cancel();
                }
                Ok(JsValue::UNDEFINED)
            }
        }
    }
}
