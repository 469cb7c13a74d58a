//! Runs as the host sees them: a number, and the text of what comes next.

use std::cell::RefCell;
use std::collections::BTreeMap;

use countersign::flow::{HttpRequest, Outcome};
use serde::Serialize;

use super::run::{Progress, Run, Step};
use crate::boundary;
use crate::error::Result;

thread_local! {
    static RUNS: RefCell<(u32, BTreeMap<u32, Box<Resume>>)> = RefCell::default();
}

/// Goes on with an outcome: the text of what comes next, and whether there is more to come.
type Resume = dyn FnMut(Outcome, u32) -> (String, bool);

/// What comes next, for the host.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Next<'a, T> {
    Send { run: u32, request: WireRequest<'a>, progress: Progress },
    Done { report: T, progress: Progress },
}

/// A request, in the words of `send.ts`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRequest<'a> {
    method: &'static str,
    url: &'a str,
    headers: Vec<(&'static str, &'a str)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    delay_ms: f64,
    timeout_ms: f64,
    max_body_bytes: usize,
}

impl<'a> From<&'a HttpRequest> for WireRequest<'a> {
    fn from(request: &'a HttpRequest) -> Self {
        Self {
            method: request.method.as_str(),
            url: &request.url,
            headers: request.headers.iter().map(|(name, value)| (*name, value.expose().as_str())).collect(),
            body: request.body.as_ref().map(|body| body.expose().as_str()),
            delay_ms: request.delay.as_secs_f64() * 1000.0,
            timeout_ms: request.timeout.as_secs_f64() * 1000.0,
            max_body_bytes: request.max_body_bytes,
        }
    }
}

/// Keeps a run that has begun, and says what it needs first.
pub fn begin<R: Run<Report: Serialize> + 'static>(begun: Result<(R, HttpRequest)>) -> String {
    let (mut run, request) = match begun {
        Ok(begun) => begun,
        Err(error) => return boundary::text::<()>(Err(error)),
    };
    let progress = run.progress();
    let resume = move |outcome, number| {
        let step = run.resume(outcome);
        let progress = run.progress();
        let next = match step {
            Ok(Step::Send(request)) => return (send(number, &request, progress), true),
            Ok(Step::Done(report)) => Ok(Next::Done { report, progress }),
            Err(error) => Err(error),
        };
        (boundary::text(next), false)
    };
    RUNS.with_borrow_mut(|(last, runs)| {
        *last += 1;
        runs.insert(*last, Box::new(resume));
        send(*last, &request, progress)
    })
}

fn send(run: u32, request: &HttpRequest, progress: Progress) -> String {
    let next: Next<()> = Next::Send { run, request: request.into(), progress };
    boundary::text(Ok(next))
}

/// Goes on with what came of a run's request.
pub fn resume(run: u32, outcome: Outcome) -> String {
    // Taken out while it works, and put back only if it waits for another answer.
    let Some(mut resume) = RUNS.with_borrow_mut(|(_, runs)| runs.remove(&run)) else {
        return boundary::text::<()>(Err(countersign::Error::Internal("no such run").into()));
    };
    let (text, more) = resume(outcome, run);
    if more {
        RUNS.with_borrow_mut(|(_, runs)| runs.insert(run, resume));
    }
    text
}

/// Forgets a run, with the secrets that it holds.
pub fn give_up(run: u32) {
    RUNS.with_borrow_mut(|(_, runs)| runs.remove(&run));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::env::settings::Options;
    use crate::env::sync::Sync;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_run_crosses_the_boundary_as_text() {
        let options = json!({ "project": "site", "token": "t", "values": { "A": "x" }, "dryRun": true }).to_string();
        let first = value(&begin(Options::read(&options).and_then(Sync::begin)));
        let send = &first["answer"]["send"];
        assert_eq!(send["request"]["method"], "GET");
        assert_eq!(send["request"]["headers"][1], json!(["authorization", "Bearer t"]));
        assert_eq!(send["progress"], json!({ "phase": "read", "done": 0, "total": null }));
        let run = send["run"].as_u64().unwrap() as u32;
        let done = value(&resume(run, Outcome::answered(200, r#"{"envs":[]}"#)));
        assert_eq!(done["answer"]["done"]["report"]["created"], json!(["A"]));
        assert_eq!(value(&resume(run, Outcome::answered(200, "")))["error"]["code"], "ERR_INTERNAL");
    }

    #[test]
    fn a_refusal_ends_a_run() {
        let begun =
            begin::<Sync>(Options::read(r#"{"project":"site","token":"t","values":{"A":5}}"#).and_then(Sync::begin));
        let error = &value(&begun)["error"];
        assert_eq!(error["message"], "option `values.A` must be a string");
        for text in ["[]", "x", r#"{"project":"p"}"#, r#"{"project":"p","token":"t","values":{},"valeus":1}"#] {
            assert_eq!(
                value(&begin::<Sync>(Options::read(text).and_then(Sync::begin)))["error"]["code"],
                "ERR_INVALID_OPTION"
            );
        }
    }
}
