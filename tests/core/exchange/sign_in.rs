//! Sign-in through Vercel Connect: the form, the client's credentials, and what is made of the answers.

use countersign::error::{Error, Provider, Result};
use countersign::exchange::connect::{SignIn, SignInOptions, basic_credentials, owner_of};
use countersign::exchange::{Credential, Jitter};
use countersign::flow::{HttpRequest, Method, Outcome, Step};
use serde_json::{Value, json};

use super::{NOW, at, fields, read, secret};

const IDENTITY: &str = "eyJhbGciOiJSUzI1NiJ9.eyJvd25lcl9pZCI6InRlYW1fMSJ9.c2lnbmF0dXJl";
const CODE: &str = r#"{"grant_type":"authorization_code","code":"c0de-that-is-long-enough","redirect_uri":"https://a.example/cb?x=1","code_verifier":"v3rifier-that-is-long-enough"}"#;

fn client(options: Value) -> Result<SignIn> {
    SignIn::new(read::<SignInOptions>(options)?)
}

fn acme() -> SignIn {
    client(json!({ "connector": "oauth/acme" })).expect("a client")
}

/// The request of a step, and what comes of it with this answer.
fn answered(step: Step<Credential>, outcome: Outcome) -> (HttpRequest, Result<Step<Credential>>) {
    match step {
        Step::Fetch(request, pending) => (request, pending.resume(outcome, at(NOW))),
        Step::Done(_) => panic!("a request"),
    }
}

fn tokens(outcome: Outcome) -> (HttpRequest, Result<Step<Credential>>) {
    answered(acme().request_tokens(CODE, &secret(IDENTITY), Jitter::new(0)).expect("a step"), outcome)
}

/// Code, status and whether the same may be tried again.
fn refused(result: Result<Step<Credential>>) -> (Option<String>, u16, bool) {
    match result.err() {
        Some(Error::ExchangeRejected(rejection)) => (rejection.code, rejection.status, rejection.retryable),
        other => panic!("{other:?}"),
    }
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request
        .headers
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.expose().as_str())
        .expect("a header")
}

#[test]
fn the_secret_of_the_client_is_the_identity() {
    let text = r#"{"access_token":"at","token_type":"Bearer","expires_in":60,"n":1.50}"#;
    let (request, result) = tokens(Outcome::answered(200, text));
    assert_eq!((request.method, request.url.as_str()), (Method::Post, "https://connect.vercel.com/oauth/token"));
    assert_eq!(header(&request, "content-type"), "application/x-www-form-urlencoded");
    assert_eq!(header(&request, "authorization"), basic_credentials("oauth/acme", IDENTITY));
    assert_eq!(fields(&request), serde_json::from_str::<Value>(CODE).expect("JSON"));
    let Ok(Step::Done(credential)) = result else { panic!("tokens") };
    assert_eq!(credential.json().expose(), text);
    assert_eq!(basic_credentials("a/b c", "x:y"), "Basic YSUyRmIlMjBjOnglM0F5");
}

#[test]
fn the_profile_is_asked_for_with_the_access_token() {
    let step = || acme().request_profile(&secret("at-1"), Jitter::new(0)).expect("a step");
    let (request, result) = answered(step(), Outcome::answered(200, r#"{"sub":"u","email":null}"#));
    assert_eq!((request.method, request.url.as_str()), (Method::Get, "https://connect.vercel.com/oauth/userinfo"));
    assert_eq!(header(&request, "authorization"), "Bearer at-1");
    assert!(matches!(result, Ok(Step::Done(_))));
    assert_eq!(
        refused(answered(step(), Outcome::answered(401, r#"{"error":"invalid_token"}"#)).1),
        (Some("invalid_token".to_owned()), 401, false)
    );
    assert_eq!(answered(step(), Outcome::answered(200, "{}")).1.unwrap_err().code(), "ERR_EXCHANGE_INVALID");
    assert!(
        matches!(answered(step(), Outcome::answered(503, "")).1, Ok(Step::Fetch(..))),
        "asked again, since nothing changes"
    );
}

#[test]
fn a_code_is_used_once_and_its_refusal_is_a_code() {
    let result = tokens(Outcome::answered(400, r#"{"error":"invalid_grant","error_description":"used"}"#)).1;
    assert_eq!(refused(result), (Some("invalid_grant".to_owned()), 400, false));
    for wrong in ["{}", "[]", r#"{"access_token":""}"#, r#"{"access_token":"a b"}"#, r#"{"access_token":7}"#] {
        assert_eq!(tokens(Outcome::answered(200, wrong)).1.unwrap_err().code(), "ERR_EXCHANGE_INVALID", "{wrong}");
    }
    assert!(matches!(tokens(Outcome::answered(503, "")).1, Ok(Step::Fetch(..))), "it was not used");
    let lost = Outcome::Failed(countersign::error::FetchFailure::Network);
    assert!(matches!(tokens(lost).1, Err(Error::ExchangeFailed(Provider::Connect, _))));
}

#[test]
fn nothing_that_the_service_quotes_is_shown() {
    let basic = basic_credentials("oauth/acme", IDENTITY);
    let quoting = json!({ "error": "invalid_request", "error_description": format!("{basic} {CODE} {IDENTITY}") });
    let (request, result) = tokens(Outcome::answered(400, quoting.to_string()));
    let error = result.expect_err("a refusal");
    let printed = format!("{request:?} {error:?} {error}");
    for part in ["c0de-that", "v3rifier", "eyJvd25lcl9pZCI6", &basic[20..50]] {
        assert!(!printed.contains(part), "{part}: {printed}");
    }
}

#[test]
fn a_refusal_quotes_what_is_no_secret_and_hides_a_short_code_behind_its_name() {
    let fields = r#"{"code":"c0de","redirect_uri":"https://a.example/callback"}"#;
    let step = acme().request_tokens(fields, &secret(IDENTITY), Jitter::new(0)).expect("a step");
    let quoting = r#"{"error":"invalid_grant","error_description":"code=c0de, for https://a.example/callback"}"#;
    let Err(Error::ExchangeRejected(rejection)) = answered(step, Outcome::answered(400, quoting)).1 else {
        panic!("a refusal")
    };
    assert_eq!(rejection.description.as_deref(), Some("code=[redacted], for https://a.example/callback"));
}

#[test]
fn options_that_are_wrong_are_named() {
    let named = |options: Value| match client(options) {
        Err(Error::InvalidOption { option, .. }) => option.into_owned(),
        Err(Error::UnknownOption { option, .. }) => option,
        other => panic!("{other:?}"),
    };
    assert_eq!(named(json!({ "connector": "" })), "connector");
    assert_eq!(named(json!({ "connector": "a", "x": 1 })), "x");
    for endpoint in ["", "http://a.example", "https://u@a.example", "https://a.example?q", "x"] {
        assert_eq!(named(json!({ "connector": "a", "endpoint": endpoint })), "endpoint", "{endpoint}");
    }
    let local = client(json!({ "connector": "a", "endpoint": "http://127.0.0.1:9/" })).expect("a client");
    assert_eq!(local.address("authorize"), "http://127.0.0.1:9/oauth/authorize");
    for fields in ["", "[]", r#"{"a":1}"#, &format!(r#"{{"a":"{}"}}"#, "x".repeat(70_000))] {
        let refused = acme().request_tokens(fields, &secret(IDENTITY), Jitter::new(0));
        assert!(matches!(refused, Err(Error::InvalidOption { .. })), "{fields:.20}");
    }
    assert!(acme().request_tokens(CODE, &secret("a b"), Jitter::new(0)).is_err());
    assert!(acme().request_profile(&secret(""), Jitter::new(0)).is_err());
}

#[test]
fn the_owner_is_read_of_what_is_a_token() {
    assert_eq!(owner_of(IDENTITY).as_deref(), Some("team_1"));
    for other in ["", "a.b.c", "eyJhbGciOiJSUzI1NiJ9.e30.AAAA", "vca_x"] {
        assert_eq!(owner_of(other), None, "{other}");
    }
}
