//! Verifiers: made, given keys, freed; and the flights that fetch their keys.

use wasm_bindgen::prelude::*;

use crate::error::Result;
use crate::issuer::jwks_cache::Refresh;
use crate::issuer::{Fetched, Keys, Verifier, Wants};
use crate::time::Timestamp;
use crate::wasm::exports::flights::{Landing, launch};
use crate::wasm::exports::state::{State, instant, with_state};
use crate::wasm::options;

/// Makes a verifier; its number is good until `verifier_free`.
pub fn create(options: JsValue, vercel: bool, jwks_url: Option<String>, jwks: Option<String>) -> Result<u32> {
    let keys = jwks_url.map(Keys::Url).or(jwks.map(|jwks| Keys::InHand(jwks.into_bytes())));
    let verifier = options::verifier(options.into(), vercel, keys)?;
    Ok(with_state(|state| state.verifiers.insert(verifier)))
}

/// How long a token this verifier reads.
pub fn max_token_bytes(verifier: u32) -> Result<usize> {
    with_state(|state| state.verifiers.get(verifier).map(Verifier::max_token_bytes))
}

/// How many key sources the verifier has.
pub fn sources(verifier: u32) -> Result<usize> {
    with_state(|state| state.verifiers.get(verifier).map(|verifier| verifier.sources().len()))
}

/// Forgets a verifier.
#[wasm_bindgen]
pub fn verifier_free(verifier: u32) {
    with_state(|state| state.verifiers.remove(verifier));
}

/// Gives a verifier keys that the caller has in hand.
pub fn set_keys(verifier: u32, jwks: &str) -> Result<()> {
    with_state(|state| state.verifiers.get_mut(verifier)?.set_keys(jwks.as_bytes()))
}

/// Throws where the source has no keys that can be used.
pub fn check_keys(verifier: u32, source: usize, clock: f64) -> Result<()> {
    with_state(|state| {
        let clock = instant(clock)?;
        state.verifiers.get_mut(verifier)?.source_mut(source)?.keys(clock).map(|_| ())
    })
}

/// What a wish for newer keys leads to: undefined for nothing, `true` where another flight is under way, or the request
/// to carry out.
pub fn refresh(verifier: u32, source: usize, unknown_kid: bool, clock: f64) -> Result<JsValue> {
    with_state(|state| {
        let refresh = state.verifiers.get_mut(verifier)?.refresh(Wants { source, unknown_kid }, instant(clock)?);
        Ok(match refresh {
            Refresh::NotNeeded => JsValue::UNDEFINED,
            Refresh::InFlight => JsValue::TRUE,
            Refresh::Begin(step) => launch(state, step, instant(clock)?, land(verifier, source))?,
        })
    })
}

/// The name under which instances share the keys of a source; undefined for keys in hand.
pub fn shared_name(verifier: u32, source: usize) -> Result<Option<String>> {
    with_state(|state| Ok(state.verifiers.get_mut(verifier)?.source_mut(source)?.shared_name()))
}

/// Takes keys that another instance has loaded; whether they are fresh, or undefined where those that are here are newer.
pub fn restore(verifier: u32, source: usize, shared: &str, clock: f64) -> Result<Option<bool>> {
    with_state(|state| state.verifiers.get_mut(verifier)?.source_mut(source)?.restore(shared, instant(clock)?))
}

/// Hands a key set to the verifier that waits for it, and the text by which other instances can have it to the host. A
/// verifier that was freed meanwhile no longer cares.
fn land(verifier: u32, source: usize) -> impl FnOnce(&mut State, Landing<Fetched>, Timestamp) -> Result<JsValue> {
    move |state, landing, now| {
        let verifier = state.verifiers.get_mut(verifier).ok();
        match landing {
            Landing::Done(fetched) => {
                let shared = fetched.to_shared(now);
                if let Some(verifier) = verifier {
                    verifier.finish(source, Ok(fetched.jwks), now);
                }
                Ok(shared.into())
            }
            Landing::Refused(error) => {
                if let Some(verifier) = verifier {
                    verifier.finish(source, Err(error.clone()), now);
                }
                Err(error)
            }
            Landing::GivenUp => {
                if let Some(Ok(source)) = verifier.map(|verifier| verifier.source_mut(source)) {
                    source.cancel();
                }
                Ok(JsValue::UNDEFINED)
            }
        }
    }
}
