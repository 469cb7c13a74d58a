use super::*;
use crate::error::FetchFailure;
use crate::flow::Outcome;

const IDENTITY: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lb25lIn0.c2lnbmF0dXJl";
const APP: &str = r#"{"subject":{"type":"app"}}"#;

fn now() -> Timestamp {
    Timestamp::from_seconds(1_760_000_000).unwrap()
}

fn connector(name: &str) -> Connector {
    Connector::new(name.to_owned(), None, None).unwrap()
}

fn token(params: &str) -> Token {
    Token::new(connector("slack/acme"), params).unwrap()
}

fn identity() -> Secret<String> {
    Secret::new(IDENTITY.to_owned())
}

fn request<T>(step: Step<T>) -> (HttpRequest, crate::flow::Pending<T>) {
    let Step::Fetch(request, pending) = step else { panic!("a request") };
    (request, pending)
}

fn refused(call: Result<impl std::fmt::Debug>) -> String {
    match call {
        Err(Error::InvalidOption { option, .. }) => option.into_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn asks_as_the_published_sdk_does() {
    let (sent, _) = request(token(APP).begin(identity(), Entropy::new(0)));
    assert_eq!(
        (sent.method, sent.url.as_str()),
        (Method::Post, "https://api.vercel.com/v1/connect/token/slack%2Facme")
    );
    assert_eq!(sent.body.unwrap().expose(), r#"{"subject":{"type":"app"},"scopes":["*"]}"#);
    let headers: Vec<_> = sent.headers.iter().map(|(name, value)| format!("{name}: {}", value.expose())).collect();
    let bearer = format!("authorization: Bearer {IDENTITY}");
    assert_eq!(headers, ["accept: application/json", "content-type: application/json", &bearer]);
    assert_eq!(sent.timeout, TIMEOUT);

    let place = Connector::new("a b?#%é".to_owned(), Some("fra1"), None).unwrap();
    for (action, params, method, path, body) in [
        (Action::Revoke, APP, Method::Delete, "connectors/a%20b%3F%23%25%C3%A9/tokens", Some(APP)),
        (
            Action::Install,
            r#"{"tenantId":"t"}"#,
            Method::Post,
            "install/a%20b%3F%23%25%C3%A9",
            Some(r#"{"tenantId":"t"}"#),
        ),
        (Action::Describe, "{}", Method::Get, "connectors/a%20b%3F%23%25%C3%A9", None),
    ] {
        let call = Call::new(action, place.clone(), params).unwrap();
        let (sent, _) = request(call.begin(&identity(), Entropy::new(0)).unwrap());
        assert_eq!((sent.method, sent.url), (method, format!("https://api-fra1.vercel.com/v1/connect/{path}")));
        assert_eq!(sent.body.as_ref().map(|body| body.expose().as_str()), body);
        assert_eq!(sent.headers.iter().any(|(name, _)| *name == "content-type"), body.is_some());
    }
    let start = r#"{"subject":{"type":"user","id":"a"},"callbackUrl":"http://localhost:3000","prompt":"login"}"#;
    let call = Call::new(Action::Authorize, connector("a"), start).unwrap();
    let (sent, _) = request(call.begin(&identity(), Entropy::new(0)).unwrap());
    let body =
        r#"{"subject":{"id":"a","type":"user"},"scopes":["*"],"returnUrl":"http://localhost:3000","prompt":"login"}"#;
    assert_eq!(sent.body.unwrap().expose(), body);
}

#[test]
fn the_identity_goes_nowhere_else() {
    let place = |region, endpoint| Connector::new("a".to_owned(), region, endpoint);
    for region in
        ["", "fra", "fra12", "FRA1", "fr\u{e1}1", "fra1.evil", "evil.example/", "x@y", "fra1\n", "1fra", "fraa"]
    {
        assert_eq!(refused(place(Some(region), None)), "region", "{region:?}");
    }
    for endpoint in ["", "http://api.example", "https://u@a.example", "https://a.example?q", "//a.example"] {
        assert_eq!(refused(place(None, Some(endpoint))), "endpoint", "{endpoint:?}");
    }
    assert_eq!(refused(place(Some("iad1"), Some("https://a.example"))), "endpoint");
    assert!(place(None, Some("http://127.0.0.1:9/")).unwrap().base.ends_with(":9"));
    for name in ["", ".", ".."] {
        assert_eq!(refused(Connector::new(name.to_owned(), None, None)), "connector", "{name:?}");
    }
}

#[test]
fn wishes_are_equal_where_they_ask_for_the_same() {
    let params = |text: &str| token(text).params;
    let one = params(
        r#"{"subject":{"type":"jwt-bearer","sub":"s","additionalClaims":{"a":1,"b":[{"x":1,"y":2}]}},"scopes":["*"]}"#,
    );
    assert_eq!(
        one,
        params(r#" {"subject":{"additionalClaims":{"b":[{"y":2,"x":1}],"a":1},"sub":"\u0073","type":"jwt-bearer"}} "#)
    );
    for other in [
        r#"{"subject":{"type":"jwt-bearer","sub":"s"}}"#,
        r#"{"subject":{"type":"user","id":"s"}}"#,
        r#"{"subject":{"type":"app"},"scopes":["a"]}"#,
        r#"{"subject":{"type":"app"},"audience":["a"]}"#,
        r#"{"subject":{"type":"app"},"resources":["a"]}"#,
    ] {
        assert_ne!(one, params(other));
    }
    let place = |region| Token::new(Connector::new("a".into(), region, None).unwrap(), APP).unwrap();
    assert_ne!(place(Some("iad1")), place(None));
    assert_eq!(place(Some("iad1")).groups(), place(None).groups(), "they end together");
}

#[test]
fn members_that_are_wrong_are_named() {
    let read = |action, text: &str| refused(Call::new(action, connector("a"), text));
    for (text, option) in [
        ("", "params"),
        ("[]", "params"),
        ("{}", "subject"),
        (r#"{"subject":{"type":"app"},"connector":"b"}"#, "connector"),
        (r#"{"subject":{"type":"app"},"validityBufferMs":1}"#, "validityBufferMs"),
        (r#"{"subject":{"type":"robot"}}"#, "subject"),
        (r#"{"subject":{"type":"user"}}"#, "subject.id"),
        (r#"{"subject":{"type":"user","id":"a","sub":"b"}}"#, "subject.sub"),
        (r#"{"subject":{"type":"app"},"scopes":[1]}"#, "scopes"),
        (r#"{"subject":{"type":"app"},"authorizationDetails":[1]}"#, "authorizationDetails"),
    ] {
        assert_eq!(refused(Token::new(connector("a"), text)), option, "{text}");
    }
    for url in
        ["http://a.example", "http://localhost.a.example", "http://localhost@a.example", "https://", "https://a\\b"]
    {
        let text = format!(r#"{{"subject":{{"type":"user","id":"a"}},"callbackUrl":{}}}"#, serde_json::json!(url));
        assert_eq!(read(Action::Authorize, &text), "callbackUrl", "{url}");
    }
    assert_eq!(read(Action::Install, r#"{"webhook":"http://localhost"}"#), "webhook");
    assert_eq!(read(Action::Install, r#"{"expiresInMs":1.5}"#), "expiresInMs");
    assert_eq!(read(Action::Revoke, r#"{"subject":{"type":"app"},"scopes":[]}"#), "scopes");
    assert_eq!(read(Action::Describe, r#"{"a":1}"#), "a");
    assert!(
        Token::new(connector("a"), &format!(r#"{{"subject":{{"type":"app"}},"scopes":["{}"]}}"#, "x".repeat(70_000)))
            .is_err()
    );
}

#[test]
fn an_answer_is_kept_as_it_is_with_the_time_of_its_end() {
    let answer = r#"{"token":"xoxb","expiresAt":1760003600999,"connector":{"id":"scl_1","uid":"slack/acme","type":"slack"},"n":1.50}"#;
    let wish = token(APP);
    let (_, pending) = request(wish.begin(identity(), Entropy::new(0)));
    let Step::Done(credential) = pending.resume(Outcome::answered(200, answer), now()).unwrap() else {
        panic!("the end")
    };
    assert_eq!(credential.json().expose(), &format!(r#"{{"response":{answer},"expiresAt":1760003600}}"#));
    assert_eq!(credential.expires_at(), Timestamp::from_seconds(1_760_003_600));
    let by_id = Token::new(connector("scl_1"), APP).unwrap();
    assert!(wish.groups_of(&credential).contains(&by_id.groups()[1]), "known under the other name too");
}

#[test]
fn what_may_have_been_billed_is_not_asked_for_twice() {
    let resumed = |outcome| {
        let (_, pending) = request(token(APP).begin(identity(), Entropy::new(0)));
        pending.resume(outcome, now())
    };
    for status in [429, 500, 502, 503, 504] {
        assert!(matches!(resumed(Outcome::answered(status, "")), Ok(Step::Fetch(..))), "{status}");
    }
    for failure in [FetchFailure::Timeout, FetchFailure::Network, FetchFailure::Aborted, FetchFailure::TooLarge] {
        assert_eq!(resumed(Outcome::Failed(failure)).unwrap_err(), Error::ExchangeFailed(Provider::Connect, failure));
    }
    for body in
        ["", "{}", r#"{"token":"t"}"#, r#"{"token":"t","expiresAt":"1760003600999"}"#, r#"{"token":"t","expiresAt":1}"#]
    {
        assert_eq!(resumed(Outcome::answered(200, body)).unwrap_err().code(), "ERR_EXCHANGE_INVALID", "{body}");
    }
    assert!(matches!(resumed(Outcome::answered(422, "")).unwrap_err(), Error::ExchangeRejected(_)));
    let revoke = Call::new(Action::Revoke, connector("a"), APP).unwrap();
    let (_, pending) = request(revoke.begin(&identity(), Entropy::new(0)).unwrap());
    assert!(matches!(pending.resume(Outcome::Failed(FetchFailure::Network), now()), Ok(Step::Fetch(..))));
}

#[test]
fn nothing_that_is_printed_holds_a_secret() {
    let wish = token(r#"{"subject":{"type":"token","token":"s3cret"}}"#);
    let call = Call::new(Action::Revoke, connector("a"), r#"{"subject":{"type":"token","token":"s3cret"}}"#).unwrap();
    assert!(!format!("{wish:?} {call:?} {:?} {:?}", wish.groups(), call.ends()).contains("s3cret"));
    let (sent, pending) = request(wish.begin(identity(), Entropy::new(0)));
    assert!(!format!("{sent:?}").contains("s3cret"));
    let body = r#"{"error":{"code":"x","message":"s3cret-that-is-long-enough","vendor":{"t":"eyJ0aGlzIjoidG9vIn0"}}}"#;
    let error = pending.resume(Outcome::answered(400, body), now()).unwrap_err();
    let Error::ExchangeRejected(rejection) = error else { panic!("a refusal") };
    assert_eq!(rejection.details.as_deref(), Some(r#"{"t":"[redacted]"}"#));
}
