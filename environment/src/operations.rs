//! Runs as the host sees them: a handle, and the request that comes next.

use std::cell::RefCell;

use countersign::bindings::Slab;
use countersign::flow::{HttpRequest, Outcome};
use countersign::wire::PendingRequest;
use serde::Serialize;

use crate::error::Result;
use crate::run::{Run, RunProgress, Step};

/// Resumes a run with the outcome of its request.
type Resume = dyn FnOnce(Outcome) -> Result<RunStep>;

thread_local! {
    static RUNS: RefCell<Slab<Box<Resume>>> = const { RefCell::new(Slab::new()) };
}

/// How far a run is: a request to carry out next, or its result.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct RunStep {
    /// The request that the run waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub request: Option<PendingRequest>,
    /// The result, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub result: Option<String>,
    /// The variables that are read or written.
    pub progress: RunProgress,
}

/// Begins a run, and returns its first request.
pub fn begin<R: Run<Report: Serialize> + 'static>((run, request): (R, HttpRequest)) -> RunStep {
    keep(run, &request)
}

fn keep<R: Run<Report: Serialize> + 'static>(mut run: R, request: &HttpRequest) -> RunStep {
    let progress = run.progress();
    let resume: Box<Resume> = Box::new(move |outcome| match run.resume(outcome)? {
        Step::Send(request) => Ok(keep(run, &request)),
        Step::Done(report) => Ok(RunStep { request: None, result: Some(json(&report)?), progress: run.progress() }),
    });
    let operation = RUNS.with_borrow_mut(|runs| runs.insert(resume));
    RunStep { request: Some(PendingRequest::new(operation.as_u64(), request)), result: None, progress }
}

fn json(report: &impl Serialize) -> Result<String> {
    serde_json::to_string(report).map_err(|_| countersign::Error::Internal("a report that is not JSON").into())
}

/// Resumes a run with the outcome of its request.
///
/// # Errors
/// Those of the run, which is then over, and [`countersign::Error::Internal`] for an unknown handle.
pub fn resume(operation: f64, outcome: Outcome) -> Result<RunStep> {
    // Taken out while it works: a run may begin another.
    let resume = RUNS.with_borrow_mut(|runs| runs.remove(operation))?;
    resume(outcome)
}

/// Drops a run whose result is no longer needed, with the secrets that it holds.
///
/// # Errors
/// [`countersign::Error::Internal`] for an unknown handle.
pub fn cancel(operation: f64) -> Result<()> {
    drop(RUNS.with_borrow_mut(|runs| runs.remove(operation))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use countersign::options::OptionValue;
    use serde_json::{Value, json};

    use super::*;
    use crate::settings::SyncOptions;
    use crate::sync::Sync;

    fn sync(options: Value) -> Result<RunStep> {
        let options: OptionValue = serde_json::from_value(options).unwrap();
        SyncOptions::read(&options).and_then(Sync::begin).map(begin)
    }

    #[test]
    fn a_run_crosses_the_boundary_by_handle() {
        countersign::bindings::start(1000.0);
        let first = sync(json!({ "project": "site", "token": "t", "values": { "A": "x" }, "dryRun": true })).unwrap();
        let request = first.request.unwrap();
        assert_eq!((request.operation, request.method), (1000, "GET"));
        assert_eq!(request.headers[1], ("authorization", "Bearer t".to_owned()));
        assert_eq!(first.result, None);
        assert_eq!(serde_json::to_value(first.progress).unwrap(), json!({ "phase": "read", "done": 0 }));
        let again = resume(1000.0, Outcome::answered(500, "")).unwrap().request.unwrap();
        assert_eq!(again.operation, 1001, "a handle never repeats");
        assert_eq!(again.delay_ms, 1000);
        let done = resume(1001.0, Outcome::answered(200, r#"{"envs":[]}"#)).unwrap();
        assert_eq!(done.request, None);
        let report: Value = serde_json::from_str(&done.result.unwrap()).unwrap();
        let created = json!([{ "name": "A", "targets": ["development", "preview", "production"] }]);
        let wanted = json!({ "created": created, "updated": [], "takenOver": [], "unchanged": [], "removed": [],
            "foreign": [], "needsDeployment": ["preview", "production"] });
        assert_eq!(report, wanted);
        for used in [1000.0, 1001.0] {
            assert_eq!(resume(used, Outcome::answered(200, "")).unwrap_err().code(), "ERR_INTERNAL");
        }
    }

    #[test]
    fn a_cancelled_run_is_gone() {
        let step = sync(json!({ "project": "site", "token": "t", "values": { "A": "x" } })).unwrap();
        let operation = step.request.unwrap().operation as f64;
        cancel(operation).unwrap();
        assert_eq!(cancel(operation).unwrap_err().code(), "ERR_INTERNAL");
    }

    #[test]
    fn a_refusal_ends_a_run() {
        let error = sync(json!({ "project": "site", "token": "t", "values": { "A": 5 } })).unwrap_err();
        assert_eq!(error.to_string(), "`values.A` must be a string");
        for (options, message) in [
            (json!([]), "`options` must be an object"),
            (json!("x"), "`options` must be an object"),
            (json!({ "project": "p" }), "`token` is required"),
            (
                json!({ "project": "p", "token": "t", "values": {}, "valeus": 1 }),
                "unknown option `valeus`; did you mean `values`?",
            ),
            (
                json!({ "project": "p", "token": "t", "values": {}, "fecth": 1 }),
                "unknown option `fecth`; did you mean `fetch`?",
            ),
        ] {
            let error = sync(options).unwrap_err();
            assert_eq!((error.code(), &*error.to_string()), ("ERR_INVALID_OPTION", message));
        }
        let step = sync(json!({ "project": "site", "token": "t", "values": { "A": "x" } })).unwrap();
        let operation = step.request.unwrap().operation as f64;
        assert_eq!(resume(operation, Outcome::answered(403, "")).unwrap_err().code(), "ERR_EXCHANGE_REJECTED");
        assert_eq!(resume(operation, Outcome::answered(200, "")).unwrap_err().code(), "ERR_INTERNAL");
    }
}
