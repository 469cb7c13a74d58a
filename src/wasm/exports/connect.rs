//! What Vercel Connect is asked besides tokens.

use wasm_bindgen::prelude::*;

use crate::error::{Error, Result};
use crate::exchange::Jitter;
use crate::exchange::connect::{Action, Call};
use crate::secret::Secret;
use crate::wasm::exchange_options;
use crate::wasm::exports::exchanges;
use crate::wasm::exports::operations::{Completion, start};
use crate::wasm::exports::questions::{Given, nothing};
use crate::wasm::exports::state::{timestamp, with_state};
use crate::wasm::loose::Loose;

/// Throws where it cannot be asked for this.
pub fn check(given: &mut Given) -> Result<JsValue> {
    let (action, options) = (given.text()?, given.value());
    read(&action, options).map(nothing)
}

/// Asks: the request to carry out, and at its end the answer as JSON. What a revocation ends is forgotten at once, and again
/// when it is over, whatever came of it.
pub fn call(given: &mut Given) -> Result<JsValue> {
    let (action, options, token, jitter, clock) =
        (given.text()?, given.value(), given.text()?, given.number(), given.number());
    with_state(|state| {
        let call = read(&action, options)?;
        let (now, ends) = (timestamp(clock)?, call.ends());
        let step = call.begin(&Secret::new(token), Jitter::new(jitter.to_bits()))?;
        ends.iter().for_each(|group| state.forget_group(group, now));
        start(state, step, now, move |state, completion, now| {
            ends.iter().for_each(|group| state.forget_group(group, now));
            match completion {
                Completion::Done(answer) => Ok(answer.json().expose().as_str().into()),
                Completion::Refused(error) => Err(error),
                Completion::Cancelled => Ok(JsValue::UNDEFINED),
            }
        })
    })
}

/// Forgets the tokens for which exactly this was asked, whoever asked.
pub fn forget(given: &mut Given) -> Result<JsValue> {
    let (options, clock) = (given.value(), given.number());
    with_state(|state| {
        let (now, groups) = (timestamp(clock)?, exchanges::read("connect", options)?.groups(None));
        // The first is the very thing that was asked for.
        groups.first().into_iter().for_each(|group| state.forget_group(group, now));
        Ok(JsValue::UNDEFINED)
    })
}

fn read(action: &str, options: JsValue) -> Result<Call> {
    let action = match action {
        "revoke" => Action::Revoke,
        "authorize" => Action::Authorize,
        "install" => Action::Install,
        "describe" => Action::Describe,
        _ => return Err(Error::internal("unknown action")),
    };
    Call::new(action, exchange_options::read(Loose::from(options))?)
}
