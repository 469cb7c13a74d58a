//! Operations that wait for a response of the host. Each goes on and ends in the same way.

use wasm_bindgen::prelude::*;

use crate::error::{Error, Result};
use crate::flow::{FetchFailure, HttpResponse, Outcome, Step};
use crate::time::Timestamp;
use crate::wasm::exports::questions::Given;
use crate::wasm::exports::state::{State, timestamp, with_state};
use crate::wasm::wire;

/// An operation that waits for the answer to a request.
pub struct Operation(Box<Resume>);

/// Goes on with what came of the request; without an outcome the host has aborted it.
type Resume = dyn FnOnce(&mut State, Option<Outcome>, Timestamp) -> Result<JsValue>;

/// How an operation ended.
pub enum Completion<T> {
    /// With its result.
    Done(T),
    /// With a refusal.
    Refused(Box<Error>),
    /// The host aborted it.
    Cancelled,
}

/// Takes an operation as far as it goes without the host: the request that the host has to carry out next, or what `complete`
/// makes of the end. `complete` is called exactly once for each operation, unless the instance is lost.
pub fn start<T: 'static>(
    state: &mut State,
    step: Step<T>,
    now: Timestamp,
    complete: impl FnOnce(&mut State, Completion<T>, Timestamp) -> Result<JsValue> + 'static,
) -> Result<JsValue> {
    let (request, pending) = match step {
        Step::Done(value) => return complete(state, Completion::Done(value), now),
        Step::Fetch(request, pending) => (request, pending),
    };
    let operation = Operation(Box::new(move |state, outcome, now| {
        let Some(outcome) = outcome else { return complete(state, Completion::Cancelled, now) };
        match pending.resume(outcome, now) {
            Ok(step) => start(state, step, now, complete),
            Err(error) => complete(state, Completion::Refused(error), now),
        }
    }));
    let number = state.operations.insert(operation);
    Ok(wire::request(number, &request))
}

/// Resumes an operation with an answer: the next request, or what came of the operation. `headers` holds names, in lower case,
/// and values in turn.
pub fn answered(given: &mut Given) -> Result<JsValue> {
    let (operation, status, headers, body, clock) =
        (given.index(), given.index() as u16, given.texts(), given.bytes(), given.number());
    let mut texts = headers.into_iter();
    let headers = std::iter::from_fn(|| texts.next().zip(texts.next())).collect();
    resume(operation, Some(Outcome::Response(HttpResponse { status, headers, body })), clock)
}

/// Resumes an operation that got no whole answer.
pub fn failed(given: &mut Given) -> Result<JsValue> {
    let (operation, failure, clock) = (given.index(), given.text()?, given.number());
    let failure = match &*failure {
        "timeout" => FetchFailure::Timeout,
        "too-large" => FetchFailure::TooLarge,
        "aborted" => FetchFailure::Aborted,
        _ => FetchFailure::Network,
    };
    resume(operation, Some(Outcome::Failed(failure)), clock)
}

/// Aborts an operation whose result is no longer needed.
pub fn cancel(given: &mut Given) -> Result<JsValue> {
    let (operation, clock) = (given.index(), given.number());
    resume(operation, None, clock)
}

fn resume(operation: u32, outcome: Option<Outcome>, clock: f64) -> Result<JsValue> {
    with_state(|state| {
        let Operation(operation) =
            state.operations.remove(operation).ok_or_else(|| Error::internal("unknown flight"))?;
        operation(state, outcome, timestamp(clock)?)
    })
}
