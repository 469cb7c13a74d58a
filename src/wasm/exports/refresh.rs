//! The development refresh: the steps between which the host reads files, writes them and runs the command.

use wasm_bindgen::prelude::*;

use crate::chain::refresh::{self, Login, Project};
use crate::error::{Error, Result};
use crate::flow::Step;
use crate::secret::Secret;
use crate::wasm::exports::flights::{Landing, launch};
use crate::wasm::exports::state::{instant, with_state};
use crate::wasm::{options, wire};

/// Throws where the names are none that a project and a team can have.
pub fn check(project: String, team: Option<String>) -> Result<()> {
    Project::new(project, team).map(|_| ())
}

/// The token in a cache file of this project; undefined where there is none that lives long enough.
pub fn cached(
    text: &str,
    project: String,
    team: Option<String>,
    min_validity: f64,
    now: f64,
) -> Result<Option<String>> {
    let project = Project::new(project, team)?;
    let token = refresh::cached(text.as_bytes(), &project, options::min_validity(min_validity)?, instant(now)?);
    Ok(token.map(Secret::into_exposed))
}

/// What is to be done with the login in a file of the command line.
pub fn login(text: &str, min_validity: f64, now: f64) -> Result<JsValue> {
    Ok(wire::login(&Login::read(text.as_bytes(), options::min_validity(min_validity)?, instant(now)?)))
}

/// Renews the login.
pub fn renew(refresh_token: String, now: f64) -> Result<JsValue> {
    begin(refresh::renew(Secret::new(refresh_token)), now, |renewed| wire::renewed(&renewed))
}

/// Fetches a token of the project with the login.
pub fn fetch(project: String, team: Option<String>, login: String, now: f64) -> Result<JsValue> {
    let project = Project::new(project, team)?;
    begin(refresh::fetch_token(&project, &Secret::new(login)), now, |token| token.into_exposed().into())
}

/// The token that the command line printed.
pub fn printed(text: &str, now: f64) -> Result<String> {
    Ok(refresh::read_token(text.as_bytes(), instant(now)?)?.into_exposed())
}

fn begin<T: 'static>(step: Step<T>, now: f64, show: fn(T) -> JsValue) -> Result<JsValue> {
    let land = move |landing| match landing {
        Landing::Done(value) => Ok(show(value)),
        Landing::Refused(error) => Err(error),
        Landing::GivenUp => Err(Error::internal("the refresh was given up")),
    };
    with_state(|state| launch(state, step, instant(now)?, move |_, landing, _| land(landing)))
}
