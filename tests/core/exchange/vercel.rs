//! The audience exchange; and, on it, what all exchanges have in common.

use std::time::Duration;

use countersign::error::FetchFailure;
use countersign::exchange::Exchange;
use countersign::flow::Outcome;
use serde_json::{Value, json};

use super::{NOW, answer, answer_with, exchange, expiry, members, refusal, run};
use crate::issuer::{FIRST, claims_with};

fn audience(audience: &str) -> Exchange {
    exchange("vercel", json!({ "audience": audience })).expect("an exchange")
}

/// A token that expires at this time.
fn token(exp: i64) -> String {
    FIRST.sign(&claims_with(json!({"exp": exp})))
}

fn success() -> String {
    json!({"token": token(NOW + 3600), "expiry": NOW + 3600}).to_string()
}

fn code(body: &str) -> Result<Option<i64>, &'static str> {
    let (requests, result) = run(&audience("a"), "t.t.t", vec![answer(200, body)]);
    assert_eq!(requests.len(), 1);
    result.map(|credential| expiry(&credential)).map_err(|error| error.code())
}

#[test]
fn asks_for_an_audience_and_hands_out_the_token() {
    let exchange = exchange("vercel", json!({"audience": "sts.amazonaws.com", "jti": "a\"b"})).expect("an exchange");
    let (requests, result) = run(&exchange, "t.t.t", vec![answer(200, &success())]);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.url.as_str()), ("POST", "https://oidc.vercel.com/~token"));
    assert_eq!(
        (request.timeout, request.max_body_bytes, request.delay),
        (Duration::from_secs(5), 65_536, Duration::ZERO)
    );
    let body: Value = serde_json::from_str(request.body.as_ref().expect("a body").expose()).expect("JSON");
    assert_eq!(body, json!({"token": "t.t.t", "aud": "sts.amazonaws.com", "jti": "a\"b"}));
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| (*name, value.expose().as_str())).collect();
    assert_eq!(headers, [("content-type", "application/json"), ("accept", "application/json")]);
    let credential = result.expect("a token");
    assert_eq!(members(&credential), json!({"value": token(NOW + 3600), "expiresAt": NOW + 3600}));
    assert!(!format!("{request:?} {credential:?}").contains("t.t.t"));
}

#[test]
fn the_earlier_expiry_counts() {
    let until = |expiry_member: Value, exp: i64| {
        let body = json!({"token": token(exp), "expiry": expiry_member}).to_string();
        expiry(&run(&audience("a"), "t.t.t", vec![answer(200, &body)]).1.expect("a token"))
    };
    assert_eq!(until(json!(NOW + 100), NOW + 200), Some(NOW + 100));
    assert_eq!(until(json!(NOW + 200), NOW + 100), Some(NOW + 100));
    let own = json!({"token": token(NOW + 50)}).to_string();
    assert_eq!(expiry(&run(&audience("a"), "t.t.t", vec![answer(200, &own)]).1.unwrap()), Some(NOW + 50));
    let unknown = r#"{"token":"opaque"}"#;
    assert_eq!(expiry(&run(&audience("a"), "t.t.t", vec![answer(200, unknown)]).1.unwrap()), None);
}

#[test]
fn answers_that_break_the_protocol_are_refused() {
    for body in [
        "",
        "<html>",
        "[]",
        "{}",
        r#"{"token":""}"#,
        r#"{"token":7}"#,
        r#"{"token":"a b"}"#,
        "{\"token\":\"a\\nb\"}",
        r#"{"token":"a","token":"b"}"#,
        r#"{"token":"a","expiry":"soon"}"#,
        r#"{"token":"a","expiry":1e300}"#,
        &success()[..40],
    ] {
        assert_eq!(code(body), Err("ERR_EXCHANGE_INVALID"), "{body}");
    }
    assert_eq!(code(&json!({"token": "a", "expiry": NOW}).to_string()), Err("ERR_EXCHANGE_INVALID"), "dead on arrival");
    assert_eq!(code(&json!({"token": token(NOW - 1)}).to_string()), Err("ERR_EXCHANGE_INVALID"));
}

#[test]
fn faults_of_the_service_are_tried_again_and_refusals_are_not() {
    let good = || answer(200, &success());
    for bad in [
        answer(500, "oops"),
        answer(503, ""),
        answer(429, "{}"),
        (Outcome::Failed(FetchFailure::Timeout), 0),
        (Outcome::Failed(FetchFailure::Network), 0),
    ] {
        let (requests, result) = run(&audience("a"), "t.t.t", vec![bad.clone(), bad.clone(), good()]);
        assert!(result.is_ok(), "{bad:?}");
        let pauses: Vec<_> = requests.iter().map(|request| request.delay).collect();
        let throttled = matches!(&bad.0, Outcome::Response(response) if [429, 503].contains(&response.status));
        let least = Duration::from_millis(if throttled { 500 } else { 0 });
        assert_eq!(pauses[0], Duration::ZERO);
        assert!(least <= pauses[1] && pauses[1] <= least + Duration::from_millis(100), "{pauses:?}");
        assert!(least <= pauses[2] && pauses[2] <= least + Duration::from_millis(200), "{pauses:?}");
        assert_ne!(pauses[1], pauses[2]);
    }
    for (bad, expected) in [
        ((Outcome::Failed(FetchFailure::Aborted), 0), "ERR_EXCHANGE_FAILED"),
        ((Outcome::Failed(FetchFailure::TooLarge), 0), "ERR_EXCHANGE_FAILED"),
        (answer(302, ""), "ERR_EXCHANGE_REJECTED"),
        (answer(0, ""), "ERR_EXCHANGE_REJECTED"),
        (answer(403, r#"{"error":"nope"}"#), "ERR_EXCHANGE_REJECTED"),
    ] {
        let (requests, result) = run(&audience("a"), "t.t.t", vec![bad.clone()]);
        assert_eq!((requests.len(), result.unwrap_err().code()), (1, expected), "{bad:?}");
    }
    let (requests, result) = run(&audience("a"), "t.t.t", vec![answer(500, ""); 3]);
    assert_eq!((requests.len(), refusal(result)), (3, (None, 500, true)));
}

#[test]
fn a_service_says_how_long_to_wait() {
    let wait = |seconds: &str, answers: usize| {
        let mut script = vec![answer_with(429, ("retry-after", seconds), "{}"); answers];
        if answers == 1 {
            script.push(answer(200, &success()));
        }
        run(&audience("a"), "t.t.t", script)
    };
    let pause = wait("2", 1).0[1].delay;
    assert!(Duration::from_secs(2) <= pause && pause <= Duration::from_millis(2100), "{pause:?}");
    let pause = wait("Thu, 20 Jun 2024 12:13:13 GMT", 1).0[1].delay;
    assert!(pause < Duration::from_secs(1), "{pause:?}");
    // Longer than anybody waits for: the caller is told that it may ask later.
    let (requests, result) = run(&audience("a"), "t.t.t", vec![answer_with(429, ("retry-after", "60"), "{}")]);
    assert_eq!((requests.len(), refusal(result)), (1, (None, 429, true)));
}

#[test]
fn a_token_that_no_request_can_carry_is_not_sent() {
    for token in ["", "a b", "a\r\nb", "t\u{e9}"] {
        let (requests, result) = run(&audience("a"), token, vec![]);
        assert_eq!((requests.len(), result.unwrap_err().code()), (0, "ERR_INVALID_OPTION"));
    }
}
