//! Verifiers: made, given keys, freed; and the operations that fetch their keys.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use crate::bindings::{Export, Slab, read_json_options, timestamp, to_json};
use crate::crypto::Algorithm;
use crate::error::Result;
use crate::issuer::delivery;
use crate::issuer::jwks_cache::LoadKeys;
use crate::issuer::{
    Fetched, KeyRefresh, Keys, SpiffeVerifierOptions, VercelVerifierOptions, Verifier, VerifierOptions,
};
use crate::jose::{Jwks, KeyReport, header};
use crate::time::Timestamp;
use crate::wasm::operations::{Completion, start};
use crate::wire::{KeyDetails, KeyLoad, Progress};

thread_local! {
    static VERIFIERS: RefCell<Slab<Verifier>> = const { RefCell::new(Slab::new()) };
}

/// The options that the wrapper keeps to itself.
const HOST_OPTIONS: &[&str] = &["cache", "fetch", "jwks", "jwksStore", "onEvent", "onStoreError", "storeTimeout"];

/// As [`HOST_OPTIONS`], for JWT-SVIDs.
const SPIFFE_HOST_OPTIONS: &[&str] = &["bundle", "cache", "onEvent"];

/// Calls with a verifier.
pub fn with<T>(verifier: f64, call: impl FnOnce(&Verifier) -> Result<T>) -> Result<T> {
    VERIFIERS.with_borrow(|verifiers| call(verifiers.get(verifier)?))
}

fn with_mut<T>(verifier: f64, call: impl FnOnce(&mut Verifier) -> Result<T>) -> Result<T> {
    VERIFIERS.with_borrow_mut(|verifiers| call(verifiers.get_mut(verifier)?))
}

/// Makes a verifier for any issuer from the JSON of [`VerifierOptions`]; its handle is good until `free_verifier`.
#[wasm_bindgen]
pub fn create_verifier(options: &str, jwks_url: Option<String>, jwks: Option<String>) -> Export<f64> {
    let options: VerifierOptions = read_json_options(options, HOST_OPTIONS)?;
    Ok(keep(options.into_verifier(keys(jwks_url, jwks))?))
}

/// Makes a verifier for the tokens of Vercel from the JSON of [`VercelVerifierOptions`], or of those that Vercel Connect attaches
/// to its deliveries.
#[wasm_bindgen]
pub fn create_vercel_verifier(
    options: &str,
    jwks_url: Option<String>,
    jwks: Option<String>,
    deliveries: bool,
) -> Export<f64> {
    let options: VercelVerifierOptions = read_json_options(options, HOST_OPTIONS)?;
    let keys = keys(jwks_url, jwks);
    Ok(keep(if deliveries { delivery::verifier(options, keys) } else { options.into_verifier(keys) }?))
}

/// Throws where a delivery may not be handled, by the entry of its token in the replay store and the hash of its body.
#[wasm_bindgen]
pub fn check_replay(entry: Option<String>, body: &str) -> Export<()> {
    Ok(delivery::check_replay(entry.as_deref(), body)?)
}

/// The entry of a delivery in the replay store.
#[wasm_bindgen]
pub fn replay_entry(body: &str, done: bool) -> String {
    delivery::replay_entry(body, done)
}

/// Makes a verifier for JWT-SVIDs from the JSON of [`SpiffeVerifierOptions`].
#[wasm_bindgen]
pub fn create_spiffe_verifier(options: &str, jwks_url: Option<String>, jwks: Option<String>) -> Export<f64> {
    let options: SpiffeVerifierOptions = read_json_options(options, SPIFFE_HOST_OPTIONS)?;
    Ok(keep(options.into_verifier(keys(jwks_url, jwks))?))
}

fn keys(jwks_url: Option<String>, jwks: Option<String>) -> Option<Keys> {
    jwks_url.map(Keys::Url).or(jwks.map(|jwks| Keys::InHand(jwks.into_bytes())))
}

fn keep(verifier: Verifier) -> f64 {
    VERIFIERS.with_borrow_mut(|verifiers| verifiers.insert(verifier)).as_f64()
}

/// Frees a verifier. A handle of a lost instance is ignored.
#[wasm_bindgen]
pub fn free_verifier(verifier: f64) {
    let _ = VERIFIERS.with_borrow_mut(|verifiers| verifiers.remove(verifier));
}

/// The longest token that the verifier reads, in bytes.
#[wasm_bindgen]
pub fn max_token_bytes(verifier: f64) -> Export<u32> {
    Ok(with(verifier, |verifier| Ok(verifier.max_token_bytes() as u32))?)
}

/// The number of key sources of the verifier.
#[wasm_bindgen]
pub fn key_source_count(verifier: f64) -> Export<u32> {
    Ok(with(verifier, |verifier| Ok(verifier.sources().len() as u32))?)
}

/// Sets a static JWK Set, as JSON; undefined fetches the keys again.
#[wasm_bindgen]
pub fn set_keys(verifier: f64, jwks: Option<String>) -> Export<()> {
    Ok(with_mut(verifier, |verifier| verifier.set_keys(jwks.as_deref().map(str::as_bytes)))?)
}

/// Says of each key of a JWK Set what becomes of it. Returns the JSON of an array of [`KeyDetails`].
#[wasm_bindgen]
pub fn describe_keys(jwks: &str, algorithms: Vec<String>) -> Export<String> {
    let known =
        algorithms.iter().filter_map(|name| Some((name.as_str(), header::algorithm(name)?))).collect::<Vec<_>>();
    let allowed: Vec<_> = known.iter().map(|(_, algorithm)| *algorithm).collect();
    let reports = Jwks::describe(jwks.as_bytes(), &allowed)?;
    let served = |report: &KeyReport| {
        let serves = |algorithm: &Algorithm| report.outcome.as_ref().is_ok_and(|served| served.contains(algorithm));
        known.iter().filter(|(_, algorithm)| serves(algorithm)).map(|(name, _)| (*name).to_owned()).collect()
    };
    let details = |report: &KeyReport| KeyDetails {
        kid: report.kid.as_deref().map(str::to_owned),
        algorithms: served(report),
        reason: report.outcome.as_ref().err().copied(),
    };
    Ok(to_json(&reports.iter().map(details).collect::<Vec<_>>()))
}

/// Throws where the source has no keys that can be used.
#[wasm_bindgen]
pub fn check_keys(verifier: f64, source: u32, now: f64) -> Export<()> {
    let now = timestamp(now)?;
    Ok(with_mut(verifier, |verifier| verifier.source_mut(source as usize)?.keys(now).map(|_| ()))?)
}

/// Begins to load newer keys, where that is needed and allowed. Returns the JSON of a [`KeyLoad`].
#[wasm_bindgen]
pub fn load_keys(verifier: f64, source: u32, unknown_kid: bool, now: f64) -> Export<String> {
    let (now, refresh) = (timestamp(now)?, KeyRefresh { source: source as usize, unknown_kid });
    let load = with_mut(verifier, |verifier| Ok(verifier.begin_load(refresh, now)))?;
    Ok(to_json(&match load {
        LoadKeys::NotNeeded => KeyLoad::default(),
        LoadKeys::InFlight => KeyLoad { in_flight: true, request: None },
        LoadKeys::Begin(step) => {
            let Progress { request, .. } =
                start(step, now, move |completion, now| complete(verifier, source as usize, completion, now))?;
            KeyLoad { in_flight: false, request }
        }
    }))
}

/// The name under which instances share the keys of a source; undefined for keys that are not fetched.
#[wasm_bindgen]
pub fn shared_keys_name(verifier: f64, source: u32) -> Export<Option<String>> {
    Ok(with_mut(verifier, |verifier| Ok(verifier.source_mut(source as usize)?.shared_name()))?)
}

/// Takes keys that another instance has loaded. Returns whether they are fresh; undefined where newer ones are here.
#[wasm_bindgen]
pub fn restore_keys(verifier: f64, source: u32, shared: &str, now: f64) -> Export<Option<bool>> {
    let now = timestamp(now)?;
    Ok(with_mut(verifier, |verifier| verifier.source_mut(source as usize)?.restore(shared, now))?)
}

/// Hands a JWK Set to the verifier that waits for it, and to the host the text by which other instances can have it. A
/// verifier that was freed meanwhile no longer needs it.
fn complete(verifier: f64, source: usize, completion: Completion<Fetched>, now: Timestamp) -> Result<Option<String>> {
    VERIFIERS.with_borrow_mut(|verifiers| {
        let verifier = verifiers.get_mut(verifier).ok();
        match completion {
            Completion::Done(fetched) => {
                let shared = fetched.to_shared(now);
                if let Some(verifier) = verifier {
                    verifier.finish(source, Ok(fetched.jwks), now);
                }
                Ok(Some(shared))
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
                Ok(None)
            }
        }
    })
}
