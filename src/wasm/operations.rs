//! Operations that wait for the response to a request. Whatever started them, they go on and end in the same way.

use std::cell::RefCell;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::bindings::{self, Export, Slab, response, timestamp};
use crate::error::{Error, Result};
use crate::flow::{Outcome, Step};
use crate::time::Timestamp;
use crate::wire::{PendingRequest, Progress};

/// [`Progress`] as it leaves the module: an object, or in `verify` its JSON.
#[cfg(feature = "credentials")]
type Leaving = tsify::Ts<Progress>;
#[cfg(feature = "verify")]
type Leaving = String;
#[cfg(feature = "credentials")]
use crate::bindings::to_js as leave;
#[cfg(feature = "verify")]
use crate::bindings::to_json as leave;

/// Resumes an operation; without an outcome the host has cancelled it.
type Resume = dyn FnOnce(Option<Outcome>, Timestamp) -> Result<Progress>;

thread_local! {
    static OPERATIONS: RefCell<Slab<Box<Resume>>> = const { RefCell::new(Slab::new()) };
}

/// How an operation ended.
pub enum Completion<T> {
    /// With its result.
    Done(T),
    /// With an error.
    Refused(Error),
    /// The host no longer needs it.
    Cancelled,
}

#[cfg(feature = "credentials")]
impl<T> Completion<T> {
    /// The result of an operation whose cancellation means nothing to anyone else.
    pub fn into_result(self) -> Result<Option<T>> {
        match self {
            Self::Done(value) => Ok(Some(value)),
            Self::Refused(error) => Err(error),
            Self::Cancelled => Ok(None),
        }
    }
}

/// Takes an operation as far as it goes without the host: to the next request, or to the text that `complete` makes of its
/// end. `complete` is called exactly once, unless the instance is lost.
pub fn start<T: 'static>(
    step: Step<T>,
    now: Timestamp,
    complete: impl FnOnce(Completion<T>, Timestamp) -> Result<Option<String>> + 'static,
) -> Result<Progress> {
    let (request, pending) = match step {
        Step::Done(value) => return ended(complete(Completion::Done(value), now)),
        Step::Fetch(request, pending) => (request, pending),
    };
    let resume: Box<Resume> = Box::new(move |outcome, now| {
        let Some(outcome) = outcome else { return ended(complete(Completion::Cancelled, now)) };
        match pending.resume(outcome, now) {
            Ok(step) => start(step, now, complete),
            Err(error) => ended(complete(Completion::Refused(error), now)),
        }
    });
    let operation = OPERATIONS.with_borrow_mut(|operations| operations.insert(resume));
    Ok(Progress { request: Some(PendingRequest::new(operation.as_u64(), &request)), result: None })
}

fn ended(result: Result<Option<String>>) -> Result<Progress> {
    result.map(|result| Progress { request: None, result })
}

/// Resumes an operation with a response. `headers` holds names, in lower case, and values in turn.
#[wasm_bindgen]
pub fn complete_operation(
    operation: f64,
    status: u16,
    headers: Vec<String>,
    body: Uint8Array,
    now: f64,
) -> Export<Leaving> {
    resume(operation, Some(response(status, headers, body.to_vec())), now)
}

/// Resumes an operation that got no whole response: `timeout`, `too-large`, `aborted` or `network`.
#[wasm_bindgen]
pub fn fail_operation(operation: f64, failure: &str, now: f64) -> Export<Leaving> {
    resume(operation, Some(bindings::failure(failure)), now)
}

/// Ends an operation whose result is no longer needed.
#[wasm_bindgen]
pub fn cancel_operation(operation: f64, now: f64) -> Export<()> {
    resume(operation, None, now).map(|_| ())
}

fn resume(operation: f64, outcome: Option<Outcome>, now: f64) -> Export<Leaving> {
    let resume = OPERATIONS.with_borrow_mut(|operations| operations.remove(operation))?;
    Ok(leave(&resume(outcome, timestamp(now)?)?))
}
