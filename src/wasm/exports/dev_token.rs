//! The development token: the steps between which the host reads files, writes them and runs the command.

use wasm_bindgen::prelude::*;

use crate::chain::dev_token::{self, Login, Project};
use crate::error::{Error, Result};
use crate::flow::Step;
use crate::secret::Secret;
use crate::wasm::exports::operations::{Completion, start};
use crate::wasm::exports::questions::{Given, nothing};
use crate::wasm::exports::state::{timestamp, with_state};
use crate::wasm::{options, wire};

/// Throws where the names are none that a project and a team can have.
pub fn check(given: &mut Given) -> Result<JsValue> {
    let (project, team) = (given.text()?, given.optional_text());
    Project::new(project, team).map(nothing)
}

/// The token in a cache file of this project; undefined where there is none that lives long enough.
pub fn cached(given: &mut Given) -> Result<JsValue> {
    let (text, project, team, min_validity, now) =
        (given.text()?, given.text()?, given.optional_text(), given.number(), given.number());
    let project = Project::new(project, team)?;
    let token = dev_token::cached(text.as_bytes(), &project, options::min_validity(min_validity)?, timestamp(now)?);
    Ok(token.map(Secret::into_exposed).into())
}

/// What is to be done with the login in a file of the command line.
pub fn login(given: &mut Given) -> Result<JsValue> {
    let (text, min_validity, now) = (given.text()?, given.number(), given.number());
    Ok(wire::login(&Login::read(text.as_bytes(), options::min_validity(min_validity)?, timestamp(now)?)))
}

/// Renews the login.
pub fn renew(given: &mut Given) -> Result<JsValue> {
    let (refresh_token, now) = (given.text()?, given.number());
    begin(dev_token::renew(Secret::new(refresh_token)), now, |renewed| wire::renewed(&renewed))
}

/// Fetches a token of the project with the login.
pub fn fetch(given: &mut Given) -> Result<JsValue> {
    let (project, team, login, now) = (given.text()?, given.optional_text(), given.text()?, given.number());
    let project = Project::new(project, team)?;
    begin(dev_token::fetch_token(&project, &Secret::new(login)), now, |token| token.into_exposed().into())
}

/// The token that the command line printed.
pub fn printed(given: &mut Given) -> Result<JsValue> {
    let (text, now) = (given.text()?, given.number());
    Ok(dev_token::read_token(text.as_bytes(), timestamp(now)?)?.into_exposed().into())
}

fn begin<T: 'static>(step: Step<T>, now: f64, show: fn(T) -> JsValue) -> Result<JsValue> {
    let complete = move |completion| match completion {
        Completion::Done(value) => Ok(show(value)),
        Completion::Refused(error) => Err(error),
        Completion::Cancelled => Err(Error::internal("the refresh was given up")),
    };
    with_state(|state| start(state, step, timestamp(now)?, move |_, completion, _| complete(completion)))
}
