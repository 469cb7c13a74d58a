//! The functions that the JavaScript wrapper calls. Instants are seconds since the epoch.

use std::cell::RefCell;

use wasm_bindgen::prelude::*;

use crate::chain;
use crate::crypto;
use crate::error::{Error, Result};
use crate::flow::{FetchFailure, Outcome, Pending, Step};
use crate::issuer::jwks_cache::Refresh;
use crate::issuer::{Attempt, Fetched, Keys, Verifier, Wants};
use crate::jose::compact::{self, DEFAULT_MAX_BYTES};
use crate::jose::{Jwk, Jwks, Scratch, header};
use crate::jwt::{self, Unverified, Validity};
use crate::time::Timestamp;
use crate::wasm::loose::Loose;
use crate::wasm::options;
use crate::wasm::wire::{self, WireInputs, WireReport, WireRequest, WireToken};

/// All that an instance remembers between calls.
#[derive(Default)]
struct State {
    /// The token that the host wrote.
    input: Vec<u8>,
    scratch: Scratch,
    output: Output,
    error: Option<Error>,
    verifiers: Slots<Verifier>,
    flights: Slots<Flight>,
}

/// What `verify` and `decode` leave behind for the host to read.
#[derive(Default, Clone, Copy)]
#[repr(C)]
struct Output {
    /// Of an accepted token: from when and until when the policy accepts it; from when, until when as fresh ones and
    /// until when at all its keys are used.
    times: [f64; 5],
    /// Where the checked texts lie: header and payload, each an address and a length; then the wish for newer keys.
    places: [u32; 5],
}

/// A key set on its way.
struct Flight {
    verifier: u32,
    source: usize,
    pending: Pending<Fetched>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn with_state<T>(call: impl FnOnce(&mut State) -> T) -> T {
    STATE.with_borrow_mut(call)
}

/// Values under small numbers, for a host that can hold nothing else.
struct Slots<T>(Vec<Option<T>>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Slots<T> {
    fn insert(&mut self, value: T) -> u32 {
        let free = self.0.iter().position(Option::is_none).unwrap_or(self.0.len());
        if free == self.0.len() {
            self.0.push(None);
        }
        self.0[free] = Some(value);
        free as u32
    }

    fn get(&self, number: u32) -> Result<&T> {
        self.0.get(number as usize).and_then(Option::as_ref).ok_or(Error::Internal("unknown handle"))
    }

    fn get_mut(&mut self, number: u32) -> Result<&mut T> {
        self.0.get_mut(number as usize).and_then(Option::as_mut).ok_or(Error::Internal("unknown handle"))
    }

    fn remove(&mut self, number: u32) -> Option<T> {
        self.0.get_mut(number as usize).and_then(Option::take)
    }
}

fn instant(seconds: f64) -> Result<Timestamp> {
    Timestamp::from_seconds_f64(seconds).ok_or(Error::option("now", "must be a number of seconds since the epoch"))
}

#[wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
}

/// The version that Cargo.toml states.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

/// The address of a buffer of `capacity` bytes for the next token.
#[wasm_bindgen]
pub fn buffer(capacity: usize) -> *mut u8 {
    with_state(|state| {
        if state.input.len() < capacity {
            state.input.resize(capacity, 0);
        }
        state.input.as_mut_ptr()
    })
}

/// The address of what `verify` and `decode` leave behind: five 64-bit floats, then five 32-bit integers.
#[wasm_bindgen]
pub fn output() -> *const f64 {
    with_state(|state| state.output.times.as_ptr())
}

/// Verifies the token in the buffer; false where it is refused, with the reason in `throw_error`.
#[wasm_bindgen]
pub fn verify(verifier: u32, length: usize, now: f64, clock: f64) -> bool {
    with_state(|state| {
        let State { input, scratch, output, error, verifiers, .. } = state;
        *output = Output::default();
        let prepared = || Ok((token(input, length)?, verifiers.get(verifier)?, instant(now)?, instant(clock)?));
        let verdict = match prepared() {
            Ok((token, verifier, now, clock)) => {
                let Attempt { result, keys, wants } = verifier.verify(token, now, clock, scratch);
                output.places[4] = wants.map_or(0, |wants| 1 + 2 * wants.source as u32 + u32::from(wants.unknown_kid));
                result.map(|token| {
                    if let Some(keys) = keys {
                        let Validity { from, until } = token.validity();
                        output.times = [from, until, keys.from, keys.fresh, keys.usable].map(Timestamp::as_seconds_f64);
                    }
                    Unverified { header: token.header(), claims: token.claims() }
                })
            }
            Err(error) => Err(error),
        };
        leave(verdict, output, error)
    })
}

/// Decodes the token in the buffer without verifying anything; false where it is malformed.
#[wasm_bindgen]
pub fn decode(length: usize, max_bytes: usize) -> bool {
    with_state(|state| {
        let State { input, scratch, output, error, .. } = state;
        *output = Output::default();
        let decoded = token(input, length).and_then(|token| jwt::decode(token, max_bytes, scratch));
        leave(decoded, output, error)
    })
}

/// What the host wrote. A length beyond the buffer says that the token was too long to be copied at all.
fn token(input: &[u8], length: usize) -> Result<&[u8]> {
    let problem = "is longer than `maxTokenBytes` allows";
    input.get(..length).ok_or(Error::InvalidJws { part: "the token", problem })
}

/// Leaves the places of the texts, or the error.
fn leave(token: Result<Unverified<'_>>, output: &mut Output, error: &mut Option<Error>) -> bool {
    match token {
        Ok(token) => {
            let (header, claims) = (token.header.raw(), token.claims.text());
            output.places[0] = header.as_ptr() as u32;
            output.places[1] = header.len() as u32;
            output.places[2] = claims.as_ptr() as u32;
            output.places[3] = claims.len() as u32;
            true
        }
        Err(refused) => {
            *error = Some(refused);
            false
        }
    }
}

/// Throws why the last `verify` or `decode` answered false.
///
/// Thrown and not returned: Node 20 dies of an export that returns a reference, see `describe` in xtask/src/wasm.rs.
#[wasm_bindgen]
pub fn throw_error() -> Result<(), JsValue> {
    let error = with_state(|state| state.error.take());
    Err(wire::thrown(error.unwrap_or(Error::Internal("there is no error to report"))))
}

/// Makes a verifier; its number is good until `verifier_free`.
#[wasm_bindgen]
pub fn verifier_create(
    options: JsValue,
    vercel: bool,
    jwks_url: Option<String>,
    jwks: Option<String>,
) -> Result<u32, JsValue> {
    let keys = jwks_url.map(Keys::Url).or(jwks.map(|jwks| Keys::InHand(jwks.into_bytes())));
    let options = wire::read::<Loose>(options).map_err(wire::thrown)?;
    let verifier = options::verifier(options, vercel, keys).map_err(wire::thrown)?;
    Ok(with_state(|state| state.verifiers.insert(verifier)))
}

/// How long a token this verifier reads.
#[wasm_bindgen]
pub fn verifier_max_token_bytes(verifier: u32) -> Result<usize, JsValue> {
    with_state(|state| state.verifiers.get(verifier).map(Verifier::max_token_bytes)).map_err(wire::thrown)
}

/// How many key sources the verifier has.
#[wasm_bindgen]
pub fn verifier_sources(verifier: u32) -> Result<usize, JsValue> {
    with_state(|state| state.verifiers.get(verifier).map(|verifier| verifier.sources().len())).map_err(wire::thrown)
}

/// Forgets a verifier.
#[wasm_bindgen]
pub fn verifier_free(verifier: u32) {
    with_state(|state| state.verifiers.remove(verifier));
}

/// Gives a verifier keys that the caller has in hand.
#[wasm_bindgen]
pub fn verifier_set_keys(verifier: u32, jwks: &str) -> Result<(), JsValue> {
    with_state(|state| state.verifiers.get_mut(verifier)?.set_keys(jwks.as_bytes())).map_err(wire::thrown)
}

/// Throws where the source has no keys that can be used.
#[wasm_bindgen]
pub fn verifier_check_keys(verifier: u32, source: usize, clock: f64) -> Result<(), JsValue> {
    with_state(|state| {
        let clock = instant(clock)?;
        state.verifiers.get_mut(verifier)?.source_mut(source)?.keys(clock).map(|_| ())
    })
    .map_err(wire::thrown)
}

/// What a wish for newer keys leads to: undefined for nothing, `true` where another flight is under way, or the request
/// to carry out.
#[wasm_bindgen]
pub fn verifier_refresh(verifier: u32, source: usize, unknown_kid: bool, clock: f64) -> Result<JsValue, JsValue> {
    with_state(|state| {
        let refresh = state.verifiers.get_mut(verifier)?.refresh(Wants { source, unknown_kid }, instant(clock)?);
        Ok(match refresh {
            Refresh::NotNeeded => JsValue::UNDEFINED,
            Refresh::InFlight => JsValue::TRUE,
            Refresh::Begin(step) => advance(state, verifier, source, step, clock)?,
        })
    })
    .map_err(wire::thrown)
}

/// The name under which instances share the keys of a source; undefined for keys in hand.
#[wasm_bindgen]
pub fn verifier_shared_name(verifier: u32, source: usize) -> Result<Option<String>, JsValue> {
    with_state(|state| Ok(state.verifiers.get_mut(verifier)?.source_mut(source)?.shared_name())).map_err(wire::thrown)
}

/// Takes keys that another instance has loaded; whether they are fresh, or undefined where those that are here are newer.
#[wasm_bindgen]
pub fn verifier_restore(verifier: u32, source: usize, shared: &str, clock: f64) -> Result<Option<bool>, JsValue> {
    with_state(|state| state.verifiers.get_mut(verifier)?.source_mut(source)?.restore(shared, instant(clock)?))
        .map_err(wire::thrown)
}

/// Gives up a flight that restored keys have made needless.
#[wasm_bindgen]
pub fn flight_cancel(flight: u32) {
    with_state(|state| {
        let Some(Flight { verifier, source, .. }) = state.flights.remove(flight) else { return };
        if let Ok(source) = state.verifiers.get_mut(verifier).and_then(|verifier| verifier.source_mut(source)) {
            source.cancel();
        }
    });
}

/// Resumes a flight with an answer: the next request, or once the keys are there the text by which other instances can
/// have them.
#[wasm_bindgen]
pub fn flight_answered(flight: u32, status: u16, body: Vec<u8>, clock: f64) -> Result<JsValue, JsValue> {
    resume(flight, Outcome::Response { status, body }, clock)
}

/// Resumes a flight that got no whole answer.
#[wasm_bindgen]
pub fn flight_failed(flight: u32, failure: &str, clock: f64) -> Result<JsValue, JsValue> {
    let failure = match failure {
        "timeout" => FetchFailure::Timeout,
        "too-large" => FetchFailure::TooLarge,
        "aborted" => FetchFailure::Aborted,
        _ => FetchFailure::Network,
    };
    resume(flight, Outcome::Failed(failure), clock)
}

fn resume(flight: u32, outcome: Outcome, clock: f64) -> Result<JsValue, JsValue> {
    with_state(|state| {
        let Flight { verifier, source, pending } =
            state.flights.remove(flight).ok_or(Error::Internal("unknown flight"))?;
        let now = instant(clock)?;
        match pending.resume(outcome, now) {
            Ok(step) => advance(state, verifier, source, step, clock),
            Err(error) => {
                // A verifier that was freed meanwhile no longer cares.
                if let Ok(verifier) = state.verifiers.get_mut(verifier) {
                    verifier.finish(source, Err(error.clone()), now);
                }
                Err(error)
            }
        }
    })
    .map_err(wire::thrown)
}

fn advance(state: &mut State, verifier: u32, source: usize, step: Step<Fetched>, clock: f64) -> Result<JsValue> {
    match step {
        Step::Fetch(request, pending) => {
            let flight = state.flights.insert(Flight { verifier, source, pending });
            Ok(wire::write(&WireRequest::new(flight, &request)))
        }
        Step::Done(fetched) => {
            let now = instant(clock)?;
            let shared = fetched.to_shared(now);
            if let Ok(verifier) = state.verifiers.get_mut(verifier) {
                verifier.finish(source, Ok(fetched.jwks), now);
            }
            Ok(shared.into())
        }
    }
}

/// The bearer token to send; undefined where `optional` and no source is set up.
#[wasm_bindgen]
pub fn chain_resolve(inputs: JsValue, min_validity: f64, optional: bool, now: f64) -> Result<JsValue, JsValue> {
    let resolve = || {
        let inputs = wire::read::<WireInputs>(inputs)?.into();
        if optional && chain::is_unconfigured(&inputs) {
            return Ok(JsValue::UNDEFINED);
        }
        let token = chain::resolve(&inputs, options::min_validity(min_validity)?, instant(now)?)?;
        Ok(wire::write(&WireToken::from(&token)))
    };
    resolve().map_err(wire::thrown)
}

/// What every source of the chain has; no secrets.
#[wasm_bindgen]
pub fn chain_describe(inputs: JsValue, min_validity: f64, now: f64) -> Result<JsValue, JsValue> {
    let describe = || {
        let inputs = wire::read::<WireInputs>(inputs)?.into();
        let report = chain::describe(&inputs, options::min_validity(min_validity)?, instant(now)?);
        Ok(wire::write(&WireReport::from(&report)))
    };
    describe().map_err(wire::thrown)
}

/// Checks a bare signature with one key; throws where it is none. For the test vectors: they speak of the module as it is
/// shipped, so it is shipped with a way to ask it.
#[wasm_bindgen]
pub fn check_signature(algorithm: &str, jwk: &str, message: &[u8], signature: &[u8]) -> Result<(), JsValue> {
    let check = || {
        let algorithm = header::algorithm(algorithm).ok_or(Error::AlgorithmNotAllowed)?;
        let jwk = Jwk::parse(jwk.as_bytes())?;
        if !jwk.fits(algorithm) {
            return Err(Error::AlgorithmNotAllowed);
        }
        crypto::verify(algorithm, &jwk, message, signature)
    };
    check().map_err(wire::thrown)
}

/// Checks a JWS with whatever payload, in the same way and for the same use.
#[wasm_bindgen]
pub fn check_jws(jws: &str, jwks: &str, algorithms: Vec<String>) -> Result<(), JsValue> {
    let check = || {
        let allowed: Vec<_> = algorithms.iter().filter_map(|name| header::algorithm(name)).collect();
        let jwks = Jwks::parse(jwks.as_bytes(), &allowed)?;
        compact::verify(jws.as_bytes(), &jwks, &allowed, DEFAULT_MAX_BYTES, &mut Scratch::default()).map(|_| ())
    };
    check().map_err(wire::thrown)
}
