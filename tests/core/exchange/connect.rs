//! Vercel Connect: what is sent, where it is sent to, and what is made of the answers.

use std::time::Duration;

use countersign::error::{Error, FetchFailure, Provider, Result};
use countersign::exchange::connect::{Action, Call, is_provisionable};
use countersign::exchange::{Credential, Exchange, Jitter};
use countersign::flow::{HttpRequest, Method, Outcome, Step};
use serde_json::{Value, json};

use super::{NOW, answer, at, connector, exchange, expiry, refusal, run, secret};

const IDENTITY: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lb25lIn0.c2lnbmF0dXJl";
const APP: &str = r#"{"subject":{"type":"app"}}"#;
const USER: &str = r#"{"subject":{"type":"user","id":"a"}}"#;

fn token(params: &str) -> Exchange {
    exchange("connect", json!({ "connector": "slack/acme", "params": params })).expect("a request")
}

fn make(action: Action, options: Value) -> Result<Call> {
    let (connector, params) = connector(options)?;
    Call::new(action, connector, &params)
}

/// The request of a call, and what comes of it with this answer.
fn call(call: &Call, outcome: Outcome) -> (HttpRequest, Result<Step<Credential>>) {
    match call.begin(&secret(IDENTITY), Jitter::new(0)).expect("a request") {
        Step::Fetch(request, pending) => (request, pending.resume(outcome, at(NOW))),
        Step::Done(_) => panic!("a request"),
    }
}

fn body(request: &HttpRequest) -> Option<&str> {
    request.body.as_ref().map(|body| body.expose().as_str())
}

/// The option that is refused.
fn refused(call: Result<impl std::fmt::Debug>) -> String {
    match call {
        Err(Error::InvalidOption { option, .. }) => option.into_owned(),
        Err(Error::UnknownOption { option, .. }) => option,
        other => panic!("{other:?}"),
    }
}

fn good(milliseconds: &str) -> String {
    format!(r#"{{"token":"xoxb","expiresAt":{milliseconds},"connector":{{"id":"scl_1","uid":"slack/acme"}},"n":1.50}}"#)
}

#[test]
fn a_mistyped_parameter_is_named_with_the_one_that_was_meant() {
    for (params, message) in [
        (r#"{"subject":{"type":"app"},"scope":["a"]}"#, "unknown option `scope`; did you mean `scopes`?"),
        (
            r#"{"subject":{"type":"user","id":"a","isuer":"x"}}"#,
            "unknown option `subject.isuer`; did you mean `subject.issuer`?",
        ),
        (r#"{"subject":{"type":"app"},"zzzzzz":1}"#, "unknown option `zzzzzz`"),
    ] {
        let options = json!({ "connector": "slack/acme", "params": params });
        assert_eq!(exchange("connect", options).unwrap_err().to_string(), message);
    }
}

#[test]
fn asks_as_the_published_sdk_does() {
    let (sent, result) = run(&token(APP), IDENTITY, vec![answer(200, &good("1760003600999"))]);
    result.expect("a token");
    assert_eq!(
        (sent[0].method, sent[0].url.as_str()),
        (Method::Post, "https://api.vercel.com/v1/connect/token/slack%2Facme")
    );
    assert_eq!(body(&sent[0]), Some(r#"{"subject":{"type":"app"},"scopes":["*"]}"#));
    let headers: Vec<_> = sent[0].headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect();
    let bearer = format!("authorization: Bearer {IDENTITY}");
    assert_eq!(headers, ["content-type: application/json", "accept: application/json", &bearer]);
    assert_eq!(sent[0].timeout, Duration::from_secs(15));

    let start = r#"{"subject":{"type":"user","id":"a"},"callbackUrl":"http://localhost:3000","prompt":"login"}"#;
    let started =
        r#"{"subject":{"id":"a","type":"user"},"scopes":["*"],"prompt":"login","returnUrl":"http://localhost:3000"}"#;
    for (action, params, method, path, written) in [
        (Action::Revoke, APP, Method::Delete, "connectors/@/tokens", Some(APP)),
        (Action::Install, r#"{"tenantId":"t"}"#, Method::Post, "install/@", Some(r#"{"tenantId":"t"}"#)),
        (Action::Authorize, start, Method::Post, "authorize/@", Some(started)),
        (Action::Describe, "{}", Method::Get, "connectors/@", None),
    ] {
        let made = make(action, json!({ "connector": "a b?#%\u{e9}", "region": "fra1", "params": params }));
        let (sent, _) = call(&made.expect("a call"), Outcome::answered(200, "{}"));
        let path = path.replace('@', "a%20b%3F%23%25%C3%A9");
        assert_eq!((sent.method, sent.url.clone()), (method, format!("https://api-fra1.vercel.com/v1/connect/{path}")));
        let as_value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(body(&sent).map(as_value), written.map(as_value));
        assert_eq!(sent.headers.iter().any(|(name, _)| *name == "content-type"), written.is_some());
    }
}

#[test]
fn the_identity_goes_nowhere_else() {
    let place = |name: &str, value: &str| {
        let mut options = json!({ "connector": "a", "params": "{}" });
        options[name] = value.into();
        make(Action::Describe, options)
    };
    for region in [
        "",
        "fra",
        "fra12",
        "FRA1",
        "fr\u{e1}1",
        "fr\u{e1}",
        "fra1.evil",
        "evil.example/",
        "x@y",
        "fra1\n",
        "1fra",
        "fraa",
    ] {
        assert_eq!(refused(place("region", region)), "region", "{region:?}");
    }
    for endpoint in ["", "http://api.example", "https://u@a.example", "https://a.example?q", "//a.example"] {
        assert_eq!(refused(place("endpoint", endpoint)), "endpoint", "{endpoint:?}");
    }
    for name in ["", ".", ".."] {
        assert_eq!(refused(place("connector", name)), "connector", "{name:?}");
    }
    let both = json!({ "connector": "a", "params": "{}", "region": "iad1", "endpoint": "https://a.example" });
    assert_eq!(refused(make(Action::Describe, both)), "endpoint");
    let local = place("endpoint", "http://127.0.0.1:9/").expect("a call");
    assert_eq!(call(&local, Outcome::answered(200, "{}")).0.url, "http://127.0.0.1:9/v1/connect/connectors/a");
}

#[test]
fn requests_are_equal_where_they_ask_for_the_same() {
    let one = token(
        r#"{"subject":{"type":"jwt-bearer","sub":"s","additionalClaims":{"a":1,"b":[{"x":1,"y":2}]}},"scopes":["*"]}"#,
    );
    assert_eq!(
        one,
        token(r#" {"subject":{"additionalClaims":{"b":[{"y":2,"x":1}],"a":1},"sub":"\u0073","type":"jwt-bearer"}} "#)
    );
    for other in [
        r#"{"subject":{"type":"jwt-bearer","sub":"s"}}"#,
        r#"{"subject":{"type":"user","id":"s"}}"#,
        r#"{"subject":{"type":"app"},"scopes":["a"]}"#,
        r#"{"subject":{"type":"app"},"audience":["a"]}"#,
        r#"{"subject":{"type":"app"},"resources":["a"]}"#,
    ] {
        assert_ne!(one, token(other));
    }
    let elsewhere = json!({ "connector": "slack/acme", "params": APP, "region": "iad1" });
    let elsewhere = exchange("connect", elsewhere).expect("a request");
    assert_ne!(elsewhere, token(APP));
    assert_eq!(elsewhere.groups(None), token(APP).groups(None), "they end together");
}

#[test]
fn members_that_are_wrong_are_named() {
    let options = |params: &str| json!({ "connector": "a", "params": params });
    let long = format!(r#"{{"subject":{{"type":"app"}},"scopes":["{}"]}}"#, "x".repeat(70_000));
    for (text, option) in [
        ("", "params"),
        ("[]", "params"),
        ("{}", "subject"),
        (&*long, "params"),
        (r#"{"subject":{"type":"app"},"connector":"b"}"#, "connector"),
        (r#"{"subject":{"type":"app"},"validityBufferMs":-1}"#, "validityBufferMs"),
        (r#"{"subject":{"type":"app"},"validityBufferMs":"1"}"#, "validityBufferMs"),
        (r#"{"subject":{"type":"robot"}}"#, "subject"),
        (r#"{"subject":{"type":"user"}}"#, "subject.id"),
        (r#"{"subject":{"type":"user","id":"a","sub":"b"}}"#, "subject.sub"),
        (r#"{"subject":{"type":"app"},"scopes":[1]}"#, "scopes"),
        (r#"{"subject":{"type":"app"},"authorizationDetails":[1]}"#, "authorizationDetails"),
    ] {
        assert_eq!(refused(exchange("connect", options(text))), option, "{text:.60}");
    }
    let read = |action, params: &str| refused(make(action, options(params)));
    for url in
        ["http://a.example", "http://localhost.a.example", "http://localhost@a.example", "https://", "https://a\\b"]
    {
        let text = format!(r#"{{"subject":{{"type":"user","id":"a"}},"callbackUrl":{}}}"#, json!(url));
        assert_eq!(read(Action::Authorize, &text), "callbackUrl", "{url}");
    }
    assert_eq!(read(Action::Install, r#"{"webhook":"http://localhost"}"#), "webhook");
    assert_eq!(read(Action::Install, r#"{"expiresInMs":1.5}"#), "expiresInMs");
    assert_eq!(read(Action::Revoke, r#"{"subject":{"type":"app"},"scopes":[]}"#), "scopes");
    assert_eq!(read(Action::Describe, r#"{"a":1}"#), "a");
    assert_eq!(read(Action::Revoke, r#"{"subject":{"type":"app"},"validityBufferMs":1}"#), "validityBufferMs");
    assert_eq!(read(Action::Provision, r#"{"uid":"scl_1","serverUrl":"https://a.example"}"#), "uid");
}

#[test]
fn the_validity_that_is_wanted_is_sent_and_tells_no_two_tokens_apart() {
    let (plain, wanted) = (token(APP), token(r#"{"validityBufferMs":1.5,"subject":{"type":"app"}}"#));
    assert_eq!(plain, wanted);
    assert_eq!(plain.groups(None), wanted.groups(None));
    let (sent, _) = run(&wanted, IDENTITY, vec![answer(200, &good("1760003600999"))]);
    assert_eq!(body(&sent[0]), Some(r#"{"subject":{"type":"app"},"scopes":["*"],"validityBufferMs":1.5}"#));
}

#[test]
fn connectors_are_provisioned_under_names_that_are_not_reserved() {
    let params = r#"{"uid":"mcp.acme.example/a","serverUrl":"https://mcp.acme.example"}"#;
    let options = json!({ "connector": "mcp.acme.example/a", "region": "fra1", "params": params });
    let provision = make(Action::Provision, options).expect("a call");
    let (sent, result) = call(&provision, Outcome::answered(200, ""));
    assert!(matches!(result, Ok(Step::Done(_))));
    assert_eq!(sent.url, "https://api-fra1.vercel.com/v1/connect/connectors/managed/oauth");
    assert_eq!(body(&sent), Some(r#"{"serverUrl":"https://mcp.acme.example","uid":"mcp.acme.example/a"}"#));
    let answered = |status, body: &str| call(&provision, Outcome::answered(status, body)).1;
    let taken = r#"{"error":{"code":"conflict","message":"This is not an OAuth connector"}}"#;
    assert!(matches!(answered(409, taken), Ok(Step::Done(_))), "it is used as it is");
    assert!(answered(409, r#"{"error":{"code":"conflict","message":"busy"}}"#).is_err());
    assert!(answered(403, taken).is_err());

    for (uid, free) in [
        ("oauth/acme", true),
        ("acme", true),
        ("mcp.vercel.com/x", true),
        ("MCP.vercel.com/x", true),
        ("notvercel.com/x", true),
        ("", false),
        ("scl_1", false),
        ("SCL_1", false),
        ("sca_1", false),
        ("store_1", false),
        ("ir_1", false),
        ("vc/x", false),
        ("a.vercel.com/x", false),
        ("a.mcp.vercel.com/x", false),
        ("a b", false),
        ("a%b", false),
        ("a#b", false),
        ("a\u{85}b", false),
    ] {
        assert_eq!(is_provisionable(uid), free, "{uid}");
    }
}

#[test]
fn an_answer_is_kept_as_it_is_with_the_time_of_its_end() {
    let text = good("1760003600999.5");
    let (_, result) = run(&token(APP), IDENTITY, vec![answer(200, &text)]);
    let credential = result.expect("a token");
    assert_eq!(credential.json().expose(), &format!(r#"{{"response":{text},"expiresAt":1760003600}}"#));
    assert_eq!(expiry(&credential), Some(NOW_MS / 1000));
    let by_id = exchange("connect", json!({ "connector": "scl_1", "params": APP })).expect("a request").groups(None);
    assert!(token(APP).groups(Some(&credential)).contains(&by_id[1]), "known under the other name too");
    assert!(!token(APP).groups(None).contains(&by_id[1]));
}

const NOW_MS: i64 = 1_760_003_600_000;

#[test]
fn what_may_have_been_billed_is_not_asked_for_twice() {
    for status in [429, 500, 502, 503, 504] {
        let answers = vec![answer(status, ""), answer(200, &good("1760003600999"))];
        assert!(run(&token(APP), IDENTITY, answers).1.is_ok(), "{status}");
    }
    let late = super::answer_with(429, ("retry-after", "3600"), r#"{"error":{"code":"rate_limited"}}"#);
    let limited = run(&token(APP), IDENTITY, vec![late]).1;
    assert_eq!(refusal(limited), (Some("rate_limited".to_owned()), 429, true), "it is not waited for that long");
    for failure in [FetchFailure::Timeout, FetchFailure::Network, FetchFailure::Aborted, FetchFailure::TooLarge] {
        let result = run(&token(APP), IDENTITY, vec![(Outcome::Failed(failure), 0)]).1;
        assert_eq!(result.unwrap_err(), Error::ExchangeFailed(Provider::Connect, failure));
    }
    for wrong in ["\"1760003600999\"", "1", "1e12", "null", "-1"] {
        let result = run(&token(APP), IDENTITY, vec![answer(200, &good(wrong))]).1;
        assert_eq!(result.unwrap_err().code(), "ERR_EXCHANGE_INVALID", "{wrong}");
    }
    let refused = run(&token(APP), IDENTITY, vec![answer(422, r#"{"err":{"code":"no_token"}}"#)]).1;
    assert_eq!(refusal(refused), (Some("no_token".to_owned()), 422, false));

    let lost = Outcome::Failed(FetchFailure::Network);
    let again = |action, params: &str| {
        let made = make(action, json!({ "connector": "a", "params": params })).expect("a call");
        matches!(call(&made, lost.clone()).1, Ok(Step::Fetch(..)))
    };
    assert!(again(Action::Revoke, APP) && again(Action::Describe, "{}"));
    assert!(!again(Action::Install, "{}") && !again(Action::Authorize, USER));
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let params = r#"{"subject":{"type":"token","token":"s3cret-that-is-long-enough"}}"#;
    let revocation = make(Action::Revoke, json!({ "connector": "a", "params": params })).expect("a call");
    let printed =
        format!("{:?} {revocation:?} {:?} {:?}", token(params), token(params).groups(None), revocation.ends());
    assert!(!printed.contains("s3cret"));
    let quoting =
        r#"{"error":{"code":"x","message":"s3cret-that-is-long-enough","vendor":{"t":"eyJ0aGlzIjoidG9vIn0"}}}"#;
    let (sent, result) = run(&token(params), IDENTITY, vec![answer(400, quoting)]);
    let error = result.unwrap_err();
    assert!(!format!("{sent:?} {error:?} {error}").contains("s3cret"));
    let Error::ExchangeRejected(rejection) = error else { panic!("a refusal") };
    assert_eq!(rejection.details.as_deref(), Some(r#"{"t":"[redacted]"}"#));
    assert_eq!(rejection.description.as_deref(), Some("[redacted]"));
}
