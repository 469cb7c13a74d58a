//! What rows of the table of attacks cannot say: every bit, every second, messages, and when a token is accepted.

use std::time::Duration;

use countersign::encoding::base64url;
use countersign::jose::{Jwks, Scratch};
use countersign::jwt::{self, DEFAULT_CLOCK_TOLERANCE, Policy};
use serde_json::{Value, json};

use crate::issuer::{FIRST, NOW, at, claims, claims_with, jwks, policy, verdict, verdict_with};

#[test]
fn a_token_of_the_issuer_is_accepted() {
    assert_eq!(verdict(&FIRST.sign(&claims())), "ok");
    let policy = policy();
    let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &policy.algorithms).unwrap();
    let (token, mut scratch) = (FIRST.sign(&claims()), Scratch::default());
    let token = jwt::verify(token.as_bytes(), &keys, &policy, at(1), &mut scratch).unwrap();
    assert_eq!(serde_json::from_str::<Value>(token.claims().text()).unwrap(), claims());
    let verified = token.claims();
    let each = verified.iter().map(|(name, value)| (name.into_owned(), value.deserialize().unwrap()));
    assert_eq!(Value::Object(each.collect()), claims());
    assert_eq!(token.header().get("kid").and_then(|kid| kid.as_str()).as_deref(), Some("mrk-1"));
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let token = FIRST.sign(&claims()).into_bytes();
    for index in 0..token.len() {
        for bit in 0..8 {
            let mut flipped = token.clone();
            flipped[index] ^= 1 << bit;
            let text = String::from_utf8_lossy(&flipped);
            assert_ne!(verdict(&text), "ok", "byte {index}, bit {bit}");
        }
    }
}

#[test]
fn times_accept_one_interval() {
    let token = FIRST.sign(&claims_with(json!({"iat": NOW, "nbf": NOW + 10, "exp": NOW + 20})));
    let seen = |policy: &Policy, seconds| verdict_with(&token, policy, at(seconds));
    let strict = policy();
    assert_eq!(seen(&strict, -1), "nbf early");
    assert_eq!(seen(&strict, 9), "nbf early");
    assert_eq!(seen(&strict, 10), "ok");
    assert_eq!(seen(&strict, 19), "ok");
    assert_eq!(seen(&strict, 20), "exp expired");
    let tolerant = Policy { clock_tolerance: Duration::from_secs(5), ..policy() };
    assert_eq!(seen(&tolerant, 4), "nbf early");
    assert_eq!(seen(&tolerant, 5), "ok");
    assert_eq!(seen(&tolerant, 24), "ok");
    assert_eq!(seen(&tolerant, 25), "exp expired");
    let accepted: Vec<i64> = (-100..100).filter(|&seconds| seen(&tolerant, seconds) == "ok").collect();
    assert_eq!(accepted, (5..25).collect::<Vec<_>>());
}

#[test]
fn a_token_that_misses_by_less_than_a_minute_says_so() {
    let limited =
        Policy { clock_tolerance: DEFAULT_CLOCK_TOLERANCE, max_token_age: Some(Duration::from_secs(60)), ..policy() };
    let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &limited.algorithms).unwrap();
    let message = |changes, seconds| {
        let token = FIRST.sign(&claims_with(changes));
        jwt::verify(token.as_bytes(), &keys, &limited, at(seconds), &mut Scratch::default()).unwrap_err().to_string()
    };
    let expired = |seconds| message(json!({"exp": NOW + 20}), seconds);
    assert_eq!(expired(25), "the token has expired, by 1 s more than `clockTolerance` allows");
    assert_eq!(expired(27), "the token has expired, by 2 s more than `clockTolerance` allows");
    assert_eq!(
        message(json!({"exp": NOW - 54}), 10),
        "the token has expired, by 59 s more than `clockTolerance` allows"
    );
    assert_eq!(message(json!({"exp": NOW - 55}), 10), "the token has expired");
    let early = |nbf| message(json!({ "nbf": nbf }), 0);
    assert_eq!(early(NOW + 8), "claim `nbf` lies in the future, by 3 s more than `clockTolerance` allows");
    assert_eq!(early(NOW + 65), "claim `nbf` lies in the future");
    let issued = |iat| message(json!({ "iat": iat }), 0);
    assert_eq!(issued(NOW + 6), "claim `iat` lies in the future, by 1 s more than `clockTolerance` allows");
    let old = "the token was issued longer ago than `maxTokenAge` allows";
    assert_eq!(issued(NOW - 66), format!("{old}, by 1 s more than `clockTolerance` allows"));
    assert_eq!(issued(NOW - 660), old);
}

#[test]
fn size_is_checked_before_anything_else() {
    let policy = Policy { max_token_bytes: 2000, ..policy() };
    let padding = |length: usize| FIRST.sign(&claims_with(json!({ "x": "x".repeat(length) })));
    let fitting = (0..).take_while(|&length| padding(length).len() <= 2000).last().unwrap();
    assert_eq!(verdict_with(&padding(fitting), &policy, at(1)), "ok");
    assert_eq!(verdict_with(&padding(fitting + 1), &policy, at(1)), "ERR_JWS_INVALID");
    assert_eq!(verdict(&".".repeat(8_000_000)), "ERR_JWS_INVALID");
}

#[test]
fn no_error_holds_token_text() {
    let token = FIRST.sign(&claims_with(json!({"project_id": "prj_secret", "exp": "s3cret"})));
    let parts: Vec<&str> = token.split('.').collect();
    let hostile = [
        token.clone(),
        format!("{}.{}.{}", parts[0], parts[1], "AAAA"),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.{}", base64url::encode(br#"{"alg":"s3cret"}"#), parts[1], parts[2]),
    ];
    let policy = policy();
    let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &policy.algorithms).unwrap();
    for text in &hostile {
        let error = jwt::verify(text.as_bytes(), &keys, &policy, at(1), &mut Scratch::default()).unwrap_err();
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(!shown.contains("s3cret") && !shown.contains("prj_secret") && !shown.contains(parts[1]), "{shown}");
        }
    }
}

#[test]
fn a_verified_token_says_when_it_is_accepted() {
    let validity = |claims: Value, policy: &Policy| {
        let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &policy.algorithms).unwrap();
        let (token, mut scratch) = (FIRST.sign(&claims), Scratch::default());
        let validity = jwt::verify(token.as_bytes(), &keys, policy, at(12), &mut scratch).unwrap().validity();
        // The interval is the one that verifying again at each instant finds.
        let seen = |now| verdict_with(&token, policy, now) == "ok";
        assert!(seen(validity.from) && !seen(validity.from.saturating_sub(Duration::from_micros(1))));
        assert!(seen(validity.until.saturating_sub(Duration::from_micros(1))) && !seen(validity.until));
        (validity.from, validity.until)
    };
    let claims = claims_with(json!({"iat": NOW, "nbf": NOW + 10, "exp": NOW + 60}));
    assert_eq!(validity(claims.clone(), &policy()), (at(10), at(60)));
    let tolerant = Policy { clock_tolerance: Duration::from_secs(5), ..policy() };
    assert_eq!(validity(claims.clone(), &tolerant), (at(5), at(65)));
    let limited = Policy { max_token_age: Some(Duration::from_secs(30)), ..tolerant };
    let until = at(35).saturating_add(Duration::from_micros(1));
    assert_eq!(validity(claims, &limited), (at(5), until));
}
