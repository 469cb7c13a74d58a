//! The functions that the JavaScript wrapper calls. Text in, the text of [`boundary::text`] out.

use countersign::flow::{FetchFailure, HttpResponse, Outcome};
use wasm_bindgen::prelude::*;

use super::pull::Pull;
use super::settings::{Options, PullOptions};
use super::sync::Sync;
use super::{dotenv, operations, source};
use crate::boundary;

/// Begins to keep a project's environment variables in step: the first request.
#[wasm_bindgen]
pub fn sync_begin(options: &str) -> String {
    operations::begin(Options::read(options).and_then(Sync::begin))
}

/// Begins to read a project's environment variables: the first request.
#[wasm_bindgen]
pub fn pull_begin(options: &str) -> String {
    operations::begin(PullOptions::read(options).and_then(Pull::begin))
}

/// Goes on with an answer: the next request, or what came of the run. `headers` holds names, in lower case, and values in
/// turn.
#[wasm_bindgen]
pub fn run_answered(run: u32, status: u16, headers: Vec<String>, body: Vec<u8>) -> String {
    let mut texts = headers.into_iter();
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (texts.next(), texts.next()) {
        pairs.push((name, value));
    }
    operations::resume(run, Outcome::Response(HttpResponse { status, headers: pairs, body }))
}

/// Goes on without an answer: `timeout`, `too-large` or `network`.
#[wasm_bindgen]
pub fn run_failed(run: u32, failure: &str) -> String {
    let failure = match failure {
        "timeout" => FetchFailure::Timeout,
        "too-large" => FetchFailure::TooLarge,
        _ => FetchFailure::Network,
    };
    operations::resume(run, Outcome::Failed(failure))
}

/// Forgets a run that the host does not go on with.
#[wasm_bindgen]
pub fn run_given_up(run: u32) -> String {
    operations::give_up(run);
    boundary::text(Ok(()))
}

/// Reads variables out of what another program has put out; `map` is the text of an object.
#[wasm_bindgen]
pub fn read_variables(text: &str, format: &str, map: Option<String>) -> String {
    boundary::text(source::read_mapped(text, format, map.as_deref()))
}

/// Writes variables, given as the text of an object, as a dotenv file.
#[wasm_bindgen]
pub fn write_dotenv(variables: &str) -> String {
    boundary::text(dotenv::write_members(variables))
}
