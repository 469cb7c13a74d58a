//! Kinds of tokens and near misses, at the edges of what is accepted.

use countersign::Error;
use countersign::jose::{Jwks, Scratch};
use countersign::jwt::{self, Policy, Typ};
use countersign::time::Timestamp;
use serde_json::json;

use crate::issuer::{FIRST, NOW, claims, jwks, policy, verdict_with};

fn refusal(token: &str, policy: &Policy, now: Timestamp) -> Error {
    let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &policy.algorithms).expect("a key set");
    jwt::verify(token.as_bytes(), &keys, policy, now, &mut Scratch::default()).expect_err("a refusal")
}

fn of_type(typ: &str) -> String {
    FIRST.sign_texts(&json!({"alg": "RS256", "kid": FIRST.kid, "typ": typ}).to_string(), &claims().to_string())
}

#[test]
fn only_the_prefix_of_a_media_type_is_left_out() {
    let seen = |typ: &str, wanted: &str| {
        let policy = Policy { typ: Typ::OneOf(vec![wanted.to_owned()]), ..policy() };
        verdict_with(&of_type(typ), &policy, at_micros(1_000_000))
    };
    assert_eq!(seen("application/jwt", "JWT"), "ok");
    assert_eq!(seen("JWT", "application/jwt"), "ok");
    assert_eq!(seen("application/a/jwt", "application/a/jwt"), "ok");
    for (typ, wanted) in [("imposterabc/jwt", "JWT"), ("twelve bytesjwt", "JWT"), ("application/a/jwt", "a/jwt")] {
        assert_eq!(seen(typ, wanted), "typ check_failed", "{typ}");
    }
}

#[test]
fn the_error_about_a_kind_holds_both_sides() {
    let Error::Claim { mismatch: Some(mismatch), .. } = refusal(&of_type("at+jwt"), &policy(), at_micros(1_000_000))
    else {
        panic!("not a claim")
    };
    assert_eq!((mismatch.expected.as_deref(), mismatch.found.as_deref()), (Some(r#"["JWT"]"#), Some(r#""at+jwt""#)));
}

/// So many microseconds after the token was issued.
fn at_micros(micros: i64) -> Timestamp {
    Timestamp::from_micros(NOW * 1_000_000 + micros).expect("within the calendar")
}

#[test]
fn a_near_miss_is_rounded_up_to_seconds_and_ends_at_a_minute() {
    const SECOND: i64 = 1_000_000;
    let token = FIRST.sign(&claims());
    for (late, seconds) in [
        (0, Some(1)),
        (1, Some(1)),
        (SECOND, Some(1)),
        (SECOND + 1, Some(2)),
        (59 * SECOND, Some(59)),
        (59 * SECOND + 1, None),
        (600 * SECOND, None),
    ] {
        let Error::Expired { claim: "exp", missed_by } = refusal(&token, &policy(), at_micros(3600 * SECOND + late))
        else {
            panic!("not expired: {late}")
        };
        assert_eq!(missed_by, seconds, "{late} µs late");
    }
    for (early, seconds) in [(1, Some(1)), (SECOND, Some(1)), (SECOND + 1, Some(2)), (60 * SECOND, None)] {
        let Error::NotYetValid { claim: "nbf", missed_by } = refusal(&token, &policy(), at_micros(-early)) else {
            panic!("not early: {early}")
        };
        assert_eq!(missed_by, seconds, "{early} µs early");
    }
}
