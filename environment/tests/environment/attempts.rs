//! The number of requests of every class of failure, while the variables are read.

use countersign::flow::{FetchFailure, Outcome};
use countersign_environment::run::{Run, Step};
use countersign_environment::sync::Sync;
use serde_json::json;

use crate::model::read;

#[test]
fn only_a_failure_that_may_pass_is_requested_again() {
    for (failure, again) in [
        (Outcome::Failed(FetchFailure::Network), true),
        (Outcome::Failed(FetchFailure::Timeout), true),
        (Outcome::Failed(FetchFailure::Aborted), false),
        (Outcome::Failed(FetchFailure::TooLarge), false),
        (Outcome::answered(200, ""), false),
        (Outcome::answered(200, "<html>"), false),
        (Outcome::answered(200, "{}"), false),
        (Outcome::answered(302, ""), false),
        (Outcome::answered(400, "{}"), false),
        (Outcome::answered(403, "{}"), false),
        (Outcome::answered(404, "{}"), false),
        (Outcome::answered(429, "{}"), true),
        (Outcome::answered(500, "{}"), true),
    ] {
        let options = json!({ "project": "site", "team": "acme", "token": "tok3n", "values": { "A": "x" } });
        let (mut sync, _) = Sync::begin(read(options)).expect("a run");
        let requested = matches!(sync.resume(failure.clone()), Ok(Step::Send(_)));
        assert_eq!(requested, again, "{failure:?}");
    }
}
