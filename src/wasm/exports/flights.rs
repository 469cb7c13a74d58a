//! Operations that wait for an answer: whatever began them, they go on and end in the same way.

use wasm_bindgen::prelude::*;

use crate::error::{Error, Result};
use crate::flow::{FetchFailure, HttpResponse, Outcome, Step};
use crate::time::Timestamp;
use crate::wasm::exports::questions::Given;
use crate::wasm::exports::state::{State, instant, with_state};
use crate::wasm::wire;

/// An operation that waits for the answer to a request.
pub struct Flight(Box<Resume>);

/// Goes on with what came of the request; without an outcome the host has given it up.
type Resume = dyn FnOnce(&mut State, Option<Outcome>, Timestamp) -> Result<JsValue>;

/// How an operation ended.
pub enum Landing<T> {
    /// With its result.
    Done(T),
    /// With a refusal.
    Refused(Box<Error>),
    /// The host no longer wants it.
    GivenUp,
}

/// Takes an operation as far as it goes without the host: the request that the host has to carry out next, or what `land`
/// makes of the end. `land` is called exactly once for each operation, unless the instance is lost.
pub fn launch<T: 'static>(
    state: &mut State,
    step: Step<T>,
    now: Timestamp,
    land: impl FnOnce(&mut State, Landing<T>, Timestamp) -> Result<JsValue> + 'static,
) -> Result<JsValue> {
    let (request, pending) = match step {
        Step::Done(value) => return land(state, Landing::Done(value), now),
        Step::Fetch(request, pending) => (request, pending),
    };
    let flight = Flight(Box::new(move |state, outcome, now| {
        let Some(outcome) = outcome else { return land(state, Landing::GivenUp, now) };
        match pending.resume(outcome, now) {
            Ok(step) => launch(state, step, now, land),
            Err(error) => land(state, Landing::Refused(error), now),
        }
    }));
    let number = state.flights.insert(flight);
    Ok(wire::request(number, &request))
}

/// Resumes a flight with an answer: the next request, or what came of the operation. `headers` holds names, in lower case,
/// and values in turn.
pub fn answered(given: &mut Given) -> Result<JsValue> {
    let (flight, status, headers, body, clock) =
        (given.index(), given.index() as u16, given.texts(), given.bytes(), given.number());
    let mut texts = headers.into_iter();
    let headers = std::iter::from_fn(|| texts.next().zip(texts.next())).collect();
    resume(flight, Some(Outcome::Response(HttpResponse { status, headers, body })), clock)
}

/// Resumes a flight that got no whole answer.
pub fn failed(given: &mut Given) -> Result<JsValue> {
    let (flight, failure, clock) = (given.index(), given.text()?, given.number());
    let failure = match &*failure {
        "timeout" => FetchFailure::Timeout,
        "too-large" => FetchFailure::TooLarge,
        "aborted" => FetchFailure::Aborted,
        _ => FetchFailure::Network,
    };
    resume(flight, Some(Outcome::Failed(failure)), clock)
}

/// Gives up a flight whose result is no longer needed.
pub fn cancel(given: &mut Given) -> Result<JsValue> {
    let (flight, clock) = (given.index(), given.number());
    resume(flight, None, clock)
}

fn resume(flight: u32, outcome: Option<Outcome>, clock: f64) -> Result<JsValue> {
    with_state(|state| {
        let Flight(flight) = state.flights.remove(flight).ok_or_else(|| Error::internal("unknown flight"))?;
        flight(state, outcome, instant(clock)?)
    })
}
