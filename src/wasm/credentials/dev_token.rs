//! The development token: the steps between which the host reads files, writes them and runs the command.

use tsify::Ts;
use wasm_bindgen::prelude::*;

use crate::bindings::{Export, timestamp, to_js};
use crate::chain::dev_token::{self, Login, Project};
use crate::error::{Error, Result};
use crate::options::Seconds;
use crate::secret::Secret;
use crate::wasm::operations::{Completion, start};
use crate::wire::{LoginState, Progress};

/// Throws where these are not names that a project and a team can have.
#[wasm_bindgen]
pub fn check_project(project: String, team: Option<String>) -> Export<()> {
    Project::new(project, team)?;
    Ok(())
}

/// The token in a cache file of this project; undefined where none lives long enough.
#[wasm_bindgen]
pub fn read_kept_token(
    text: &str,
    project: String,
    team: Option<String>,
    min_validity: f64,
    now: f64,
) -> Export<Option<String>> {
    let (project, Seconds(min_validity)) = (Project::new(project, team)?, seconds(min_validity)?);
    let token = dev_token::cached(text.as_bytes(), &project, min_validity, timestamp(now)?);
    Ok(token.map(Secret::into_exposed))
}

/// Reads the login file of the command line.
#[wasm_bindgen]
pub fn read_login(text: &str, min_validity: f64, now: f64) -> Export<Ts<LoginState>> {
    let login = Login::read(text.as_bytes(), seconds(min_validity)?.0, timestamp(now)?);
    Ok(to_js(&login.into()))
}

/// Renews the login. The result is a JSON object with the names of the login file.
#[wasm_bindgen]
pub fn renew_login(refresh_token: String, now: f64) -> Export<Ts<Progress>> {
    let step = dev_token::renew(Secret::new(refresh_token));
    let progress = start(step, timestamp(now)?, |completion, _| completed(completion, |renewed| renewed.to_json()))?;
    Ok(to_js(&progress))
}

/// Fetches a token of the project with the login.
#[wasm_bindgen]
pub fn fetch_dev_token(project: String, team: Option<String>, login: String, now: f64) -> Export<Ts<Progress>> {
    let step = dev_token::fetch_token(&Project::new(project, team)?, &Secret::new(login));
    let progress = start(step, timestamp(now)?, |completion, _| completed(completion, Secret::into_exposed))?;
    Ok(to_js(&progress))
}

/// The token that the command line printed.
#[wasm_bindgen]
pub fn read_printed_token(text: &str, now: f64) -> Export<String> {
    Ok(dev_token::read_token(text.as_bytes(), timestamp(now)?)?.into_exposed())
}

fn completed<T>(completion: Completion<T>, show: impl FnOnce(T) -> String) -> Result<Option<String>> {
    completion.into_result().map(|value| value.map(show))
}

fn seconds(seconds: f64) -> Result<Seconds> {
    Seconds::new(seconds).ok_or_else(|| Error::option("minValidity", "must be a number of seconds, not negative"))
}
