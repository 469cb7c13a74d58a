//! The bounds of an exchange: the longest texts that pass, and the longest delays.

use std::time::Duration;

use countersign::error::{Error, FetchFailure, Provider};
use countersign::exchange::connect::SignIn;
use countersign::exchange::{Exchange, Jitter};
use countersign::flow::{Outcome, Step};
use serde_json::json;

use super::{NOW, answer, at, exchange, read, run, secret};
use crate::issuer::{FIRST, claims_with};

fn audience() -> Exchange {
    exchange("vercel", json!({ "audience": "a" })).expect("an exchange")
}

/// The text with white space after it.
fn padded(text: &str, length: usize) -> String {
    [text, &" ".repeat(length - text.len())].concat()
}

#[test]
fn the_longest_token_that_is_sent_has_20_000_bytes() {
    let begin = |length| audience().begin(&secret(&"x".repeat(length)), Jitter::new(0), at(NOW));
    assert!(matches!(begin(20_000), Ok(Step::Fetch(..))));
    let Err(Error::InvalidOption { option, .. }) = begin(20_001) else { panic!("a refusal") };
    assert_eq!(option, "token");
}

#[test]
fn the_longest_response_that_is_read_has_64_kib() {
    let success =
        json!({"token": FIRST.sign(&claims_with(json!({"exp": NOW + 3600}))), "expiry": NOW + 3600}).to_string();
    let ended = |length| run(&audience(), "t.t.t", vec![answer(200, &padded(&success, length))]).1;
    assert!(ended(65_536).is_ok());
    assert_eq!(ended(65_537).unwrap_err(), Error::ExchangeFailed(Provider::Vercel, FetchFailure::TooLarge));
}

#[test]
fn the_longest_parameters_of_connect_have_64_kib() {
    let made = |length| {
        let params = padded(r#"{"subject":{"type":"app"}}"#, length);
        exchange("connect", json!({ "connector": "a", "params": params }))
    };
    assert!(made(65_536).is_ok());
    assert_eq!(made(65_537).unwrap_err().to_string(), "`params` must not be longer than 64 KiB");
}

#[test]
fn the_longest_form_of_a_sign_in_has_64_kib() {
    let client = SignIn::new(read(json!({ "connector": "a" })).expect("options")).expect("a client");
    let begin = |length| client.request_tokens(&padded(r#"{"code":"c"}"#, length), &secret("a.b.c"), Jitter::new(0));
    assert!(begin(65_536).is_ok());
    assert!(matches!(begin(65_537), Err(Error::InvalidOption { option, .. }) if option == "fields"));
}

#[test]
fn callers_are_spread_over_a_tenth_of_a_second_and_then_over_two() {
    let retry = |step: Step<_>| {
        let Step::Fetch(_, pending) = step else { panic!("a request") };
        let step = pending.resume(Outcome::Failed(FetchFailure::Network), at(NOW)).expect("another attempt");
        let Step::Fetch(request, _) = &step else { panic!("a request") };
        (request.delay, step)
    };
    let delays: Vec<[Duration; 2]> = (0..500)
        .map(|seed| {
            let first = audience().begin(&secret("t.t.t"), Jitter::new(seed), at(NOW)).expect("a request");
            let (second, step) = retry(first);
            [second, retry(step).0]
        })
        .collect();
    for (index, longest) in [100, 200].map(Duration::from_millis).into_iter().enumerate() {
        let delays = || delays.iter().map(|delays| delays[index]);
        let (least, most) = (delays().min().expect("a delay"), delays().max().expect("a delay"));
        assert!(least < longest / 20 && most > longest / 20 * 19 && most < longest, "{least:?} to {most:?}");
    }
}
