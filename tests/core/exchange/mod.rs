//! Exchanges as scripts: requests, answers and a clock of the test's, nothing else.

mod cache;
mod vercel;

use countersign::error::{Error, Result};
use countersign::exchange::{Credential, Entropy, Exchange};
use countersign::flow::{HttpRequest, HttpResponse, Outcome, Step};
use countersign::secret::Secret;
use countersign::time::Timestamp;
use serde_json::Value;

pub use crate::issuer::NOW;

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds).expect("an instant")
}

pub fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// What a service is told, and the time at which it answers.
pub type Answer = (Outcome, i64);

pub fn answer(status: u16, body: &str) -> Answer {
    (Outcome::answered(status, body), 0)
}

pub fn answer_with(status: u16, header: (&str, &str), body: &str) -> Answer {
    let headers = vec![(header.0.to_owned(), header.1.to_owned())];
    (Outcome::Response(HttpResponse { status, headers, body: body.into() }), 0)
}

/// Carries an exchange out: each request gets the next answer. Returns the requests and what came of them.
pub fn run(exchange: &Exchange, token: &str, answers: Vec<Answer>) -> (Vec<HttpRequest>, Result<Credential>) {
    let (mut requests, mut answers) = (Vec::new(), answers.into_iter());
    let mut step = exchange.begin(&secret(token), Entropy::new(7), at(NOW));
    loop {
        match step {
            Ok(Step::Fetch(request, pending)) => {
                requests.push(request);
                let (outcome, later) = answers.next().expect("one answer more");
                step = pending.resume(outcome, at(NOW + later));
            }
            Ok(Step::Done(credential)) => {
                assert!(answers.next().is_none(), "an answer that nobody has asked for");
                return (requests, Ok(credential));
            }
            Err(error) => {
                assert!(answers.next().is_none(), "an answer that nobody has asked for: {error}");
                return (requests, Err(error));
            }
        }
    }
}

/// The members of a credential.
pub fn members(credential: &Credential) -> Value {
    serde_json::from_str(credential.json().expose()).expect("JSON")
}

pub fn expiry(credential: &Credential) -> Option<i64> {
    credential.expires_at().map(Timestamp::as_seconds)
}

/// Code and status of a refusal, and whether it is worth another try.
pub fn refusal(result: Result<Credential>) -> (Option<String>, u16, bool) {
    match result.expect_err("a refusal") {
        Error::ExchangeRejected(rejection) => (rejection.code, rejection.status, rejection.retryable),
        other => panic!("{other:?}"),
    }
}
