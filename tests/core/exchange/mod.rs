//! Exchanges as scripts: requests, answers and a clock of the test's, nothing else.

mod attempts;
mod aws;
mod bounds;
mod cache;
mod cache_edges;
mod connect;
mod connect_calls;
mod connect_params;
mod equality;
mod forgetting;
mod groups;
mod jitter;
mod oauth;
mod optional_parts;
mod quoted;
mod sign_in;
mod vercel;

use countersign::error::{Error, Result};
use countersign::exchange::connect::Token;
use countersign::exchange::{ConnectorOptions, Credential, Exchange, Jitter};
use countersign::flow::{HttpRequest, HttpResponse, Outcome, Step};
use countersign::options::{self, OptionValue};
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

/// An exchange with these options; those of Vercel Connect have `params` among them.
pub fn exchange(service: &str, options: Value) -> Result<Exchange> {
    match service {
        "aws" => Exchange::aws(read(options)?),
        "azure" => Exchange::azure(read(options)?),
        "connect" => {
            let (connector, params) = connector(options)?;
            Ok(Exchange::Connect(Token::new(connector, &params)?))
        }
        "gcp" => Exchange::gcp(read(options)?),
        "token-exchange" => Exchange::token_exchange(read(options)?),
        "vercel" => Exchange::vercel(read(options)?),
        other => panic!("no service is called {other}"),
    }
}

/// Reads options as the boundary does.
pub fn read<T: serde::de::DeserializeOwned>(options: Value) -> Result<T> {
    let options: OptionValue = serde_json::from_value(options).expect("plain data");
    options::read(&options, &[])
}

/// The options of a connector, and the parameters that cross beside them.
pub fn connector(mut options: Value) -> Result<(ConnectorOptions, String)> {
    let params = options.as_object_mut().expect("an object").remove("params");
    let params = params.map_or_else(String::new, |params| params.as_str().expect("a text").to_owned());
    Ok((read(options)?, params))
}

/// The option that is refused when these take the place of (or, by null, away from) good ones.
pub fn refused(service: &str, mut good: Value, changes: Value) -> String {
    for (name, value) in changes.as_object().expect("an object") {
        good[name] = value.clone();
    }
    good.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    match exchange(service, good) {
        Ok(_) => "none".to_owned(),
        Err(error) => error.to_string().split('`').nth(1).expect("a name").to_owned(),
    }
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
    let mut answers = answers.into_iter();
    let ended = carry_out(exchange, token, || answers.next().expect("one answer more"));
    assert!(answers.next().is_none(), "an answer that nobody has asked for");
    ended
}

/// The same with one answer to every request.
pub fn always(exchange: &Exchange, token: &str, answer: Answer) -> (Vec<HttpRequest>, Result<Credential>) {
    carry_out(exchange, token, || answer.clone())
}

fn carry_out(
    exchange: &Exchange,
    token: &str,
    mut answer: impl FnMut() -> Answer,
) -> (Vec<HttpRequest>, Result<Credential>) {
    let mut requests = Vec::new();
    let mut step = exchange.begin(&secret(token), Jitter::new(7), at(NOW));
    loop {
        match step {
            Ok(Step::Fetch(request, pending)) => {
                requests.push(request);
                let (outcome, later) = answer();
                step = pending.resume(outcome, at(NOW + later));
            }
            Ok(Step::Done(credential)) => return (requests, Ok(credential)),
            Err(error) => return (requests, Err(error)),
        }
    }
}

/// The fields of a form, each of which is there once.
pub fn fields(request: &HttpRequest) -> Value {
    let body = request.body.as_ref().expect("a body").expose();
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            let mut digit = || char::from(rest.next().expect("a digit")).to_digit(16).expect("a digit") as u8;
            bytes.push(match byte {
                b'+' => b' ',
                b'%' => digit() << 4 | digit(),
                plain => plain,
            });
        }
        String::from_utf8(bytes).expect("UTF-8")
    };
    let mut fields = serde_json::Map::new();
    for (name, value) in body.split('&').map(|field| field.split_once('=').expect("a field")) {
        assert!(fields.insert(decode(name), decode(value).into()).is_none(), "{name} is there twice");
    }
    Value::Object(fields)
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
