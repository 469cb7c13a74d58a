//! The exports of the crate `environment`: runs, and the reading and writing of variables.

use countersign::bindings::{self, Export, timestamp, to_js, to_option_value};
use countersign::flow::Outcome;
use countersign_environment::connectors::{ConnectorsOptions, ConnectorsRun};
use countersign_environment::dotenv::{self, Assignments, DotenvOptions};
use countersign_environment::operations::{self, RunStep};
use countersign_environment::pull::Pull;
use countersign_environment::settings::{PullOptions, SyncOptions};
use countersign_environment::source::{self, ReadOptions, Variables};
use countersign_environment::sync::Sync;
use tsify::Ts;
use wasm_bindgen::prelude::*;

/// Begins a run that makes a project's environment variables what `values` says. Its result is a `SyncReport` as JSON.
#[wasm_bindgen]
pub fn begin_sync(options: Ts<SyncOptions>) -> Export<Ts<RunStep>> {
    let options = SyncOptions::read(&to_option_value(&options))?;
    Ok(to_js(&operations::begin(Sync::begin(options)?)))
}

/// Begins a run that reads a project's environment variables. Its result is a `PulledVariables` as JSON.
#[wasm_bindgen]
pub fn begin_pull(options: Ts<PullOptions>) -> Export<Ts<RunStep>> {
    let options = PullOptions::read(&to_option_value(&options))?;
    Ok(to_js(&operations::begin(Pull::begin(options)?)))
}

/// Begins a run that makes connectors what `connectors` says. Its result is a `ConnectorsReport` as JSON.
#[wasm_bindgen]
pub fn begin_connectors(options: Ts<ConnectorsOptions>) -> Export<Ts<RunStep>> {
    let options = ConnectorsOptions::read(&to_option_value(&options))?;
    Ok(to_js(&operations::begin(ConnectorsRun::begin(options)?)))
}

/// Resumes a run with a response. `headers` holds names, in lower case, and values in turn.
#[wasm_bindgen]
pub fn complete_operation(
    operation: f64,
    status: u16,
    headers: Vec<String>,
    body: Vec<u8>,
    now: f64,
) -> Export<Ts<RunStep>> {
    resume(operation, bindings::response(status, headers, body), now)
}

/// Resumes a run that got no whole response: `timeout`, `too-large`, `aborted` or `network`.
#[wasm_bindgen]
pub fn fail_operation(operation: f64, failure: &str, now: f64) -> Export<Ts<RunStep>> {
    resume(operation, bindings::failure(failure), now)
}

/// Ends a run whose result is no longer needed.
#[wasm_bindgen]
pub fn cancel_operation(operation: f64, now: f64) -> Export<()> {
    timestamp(now)?;
    Ok(operations::cancel(operation)?)
}

/// No run depends on the time; every module resumes its operations in the same way.
fn resume(operation: f64, outcome: Outcome, now: f64) -> Export<Ts<RunStep>> {
    timestamp(now)?;
    Ok(to_js(&operations::resume(operation, outcome)?))
}

/// Reads variables out of the output of another program.
#[wasm_bindgen]
pub fn read_variables(
    text: &str,
    #[wasm_bindgen(unchecked_param_type = "VariablesFormat")] format: &str,
    options: Ts<ReadOptions>,
) -> Export<Ts<Variables>> {
    let ReadOptions { map } = ReadOptions::read(&to_option_value(&options))?;
    Ok(to_js(&Variables::from(source::read(text, format, map.as_ref())?)))
}

/// Writes variables as a dotenv file.
#[wasm_bindgen]
pub fn write_dotenv(options: Ts<DotenvOptions>) -> Export<String> {
    let DotenvOptions { values } = DotenvOptions::read(&to_option_value(&options))?;
    Ok(dotenv::write(&values)?)
}

/// Reads every assignment of a dotenv file, repeated names and ambiguous values included.
#[wasm_bindgen]
pub fn read_assignments(text: &str) -> Export<Ts<Assignments>> {
    Ok(to_js(&Assignments { assignments: dotenv::assignments(text) }))
}
