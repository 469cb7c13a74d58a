//! Calls of Vercel Connect beside the request for a token: what must be in a response, and what a revocation ends.

use countersign::exchange::Jitter;
use countersign::exchange::connect::{Action, Call};
use countersign::flow::{Outcome, Step};
use serde_json::json;

use super::{NOW, answer, at, connector, exchange, run, secret};

const APP: &str = r#"{"subject":{"type":"app"}}"#;

fn call(action: Action, params: &str) -> Call {
    let (connector, params) = connector(json!({ "connector": "slack/acme", "params": params })).expect("options");
    Call::new(action, connector, &params).expect("a call")
}

#[test]
fn a_description_has_an_id_and_a_name() {
    let described = |body: &str| {
        let Ok(Step::Fetch(_, pending)) = call(Action::Describe, "{}").begin(&secret("a.b.c"), Jitter::new(0)) else {
            panic!("a request")
        };
        pending.resume(Outcome::answered(200, body), at(NOW)).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(described(r#"{"id":"scl_1","uid":"slack/acme"}"#), Ok(()));
    for body in [r#"{"id":"scl_1"}"#, r#"{"uid":"slack/acme"}"#, r#"{"request":"a","verifier":"b","url":"c"}"#] {
        assert_eq!(described(body), Err("ERR_EXCHANGE_INVALID"), "{body}");
    }
}

#[test]
fn a_revocation_ends_the_tokens_of_its_subject() {
    let ended = call(Action::Revoke, APP).ends().expect("a group");
    let token = |params: &str| {
        exchange("connect", json!({ "connector": "slack/acme", "params": params })).expect("a request").groups(None)
    };
    assert!(token(APP).contains(&ended));
    assert!(!token(r#"{"subject":{"type":"user","id":"a"}}"#).contains(&ended));
    assert!(call(Action::Describe, "{}").ends().is_none());
}

#[test]
fn secrets_in_an_array_of_a_refusal_are_redacted() {
    let token = exchange("connect", json!({ "connector": "slack/acme", "params": APP })).expect("a request");
    let body = r#"{"error":{"code":"x","vendor":{"list":["a",1,{"t":"eyJ0aGlzIjoidG9vIn0"}]}}}"#;
    let countersign::Error::ExchangeRejected(rejection) = run(&token, "a.b.c", vec![answer(400, body)]).1.unwrap_err()
    else {
        panic!("a refusal")
    };
    assert_eq!(rejection.details.as_deref(), Some(r#"{"list":["a",1,{"t":"[redacted]"}]}"#));
}
