//! Services that quote what they got: no secret that was sent comes back in an error, in whatever form it is quoted.

use countersign::error::Error;
use countersign::exchange::connect::{Action, Call};
use countersign::exchange::{Exchange, Jitter};
use countersign::flow::{HttpRequest, HttpResponse, Outcome, Step};
use serde_json::{Value, json};

use super::{NOW, at, connector, exchange, secret};

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lb25lIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ";
const PROVIDER: &str =
    "//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/vercel/providers/vercel";

/// An exchange, and the secrets that it sends: the name of the field, and the value.
struct Case {
    service: &'static str,
    options: Value,
    secrets: Vec<(&'static str, &'static str)>,
    /// The response to a request that comes before the one that is refused.
    first: Option<&'static str>,
}

fn cases() -> Vec<Case> {
    let case = |service, options, secrets: &[(&'static str, &'static str)]| Case {
        service,
        options,
        secrets: secrets.to_vec(),
        first: None,
    };
    let other = |client_secret: &str, actor_token: &str| {
        json!({
            "url": "https://idp.example/token?code=function-key-1", "clientId": "client-1", "actorTokenType": "urn:x:y",
            "clientSecret": client_secret, "actorToken": actor_token, "audience": "aud-1", "scope": "read",
        })
    };
    vec![
        case("aws", json!({"roleArn": "arn:aws:iam::123456789012:role/deploy"}), &[("WebIdentityToken", TOKEN)]),
        case(
            "azure",
            json!({"tenantId": "t", "clientId": "client-1", "scope": "https://vault.azure.net/.default"}),
            &[("client_assertion", TOKEN)],
        ),
        case("gcp", json!({"audience": PROVIDER}), &[("subject_token", TOKEN)]),
        Case {
            first: Some(
                r#"{"access_token":"ya29.federated/token+1","issued_token_type":"x","token_type":"Bearer","expires_in":3599}"#,
            ),
            ..case(
                "gcp",
                json!({"audience": PROVIDER, "serviceAccount": "site@acme.iam.gserviceaccount.com"}),
                &[("authorization", "ya29.federated/token+1"), ("subject_token", TOKEN)],
            )
        },
        case("vercel", json!({"audience": "aud-1"}), &[("token", TOKEN)]),
        case(
            "token-exchange",
            other("s3cr+t/~ \"q\" \u{e9}&%41", "actor.token-0123456789"),
            &[
                ("client_secret", "s3cr+t/~ \"q\" \u{e9}&%41"),
                ("actor_token", "actor.token-0123456789"),
                ("subject_token", TOKEN),
                ("code", "function-key-1"),
            ],
        ),
        case("token-exchange", other("ab 1", "a.t"), &[("client_secret", "ab 1"), ("actor_token", "a.t")]),
        case(
            "connect",
            json!({"connector": "slack/a", "params": r#"{"subject":{"type":"token","token":"user:token/0123"}}"#}),
            &[("token", "user:token/0123"), ("authorization", TOKEN)],
        ),
        case(
            "connect",
            json!({"connector": "slack/a", "params": r#"{"subject":{"type":"token","token":"u:1"}}"#}),
            &[("token", "u:1")],
        ),
    ]
}

fn percent(text: &str, lower: bool) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) => char::from(byte).to_string(),
        byte if lower => format!("%{byte:02x}"),
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}

/// Base64 of RFC 4648 section 4, or of section 5.
fn base64(text: &str, url: bool) -> String {
    let alphabet: Vec<char> =
        ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(if url { "-_" } else { "+/" }.chars()).collect();
    let sextets = |group: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
        (0..=group.len()).map(|at| alphabet[(bits >> (18 - 6 * at) & 63) as usize]).collect::<String>()
    };
    text.as_bytes().chunks(3).map(sextets).collect()
}

/// The ways in which a service may quote a text.
fn forms(text: &str) -> Vec<String> {
    let quoted = json!(text).to_string();
    let inner = quoted[1..quoted.len() - 1].to_owned();
    vec![text.to_owned(), inner, percent(text, false), percent(text, true), base64(text, false), base64(text, true)]
}

/// The bodies and the header in which a service says a text.
fn responses(service: &str, text: &str) -> Vec<HttpResponse> {
    let header = |value: &str| vec![("x-request-id".to_owned(), value.to_owned())];
    if service == "aws" {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
        let body = |code: &str, id: &str, message: &str| {
            format!("<R><Error><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{id}</RequestId></R>")
        };
        let bodies = [body(&escaped, "1", "m"), body("c", &escaped, "m"), body("c", "1", &escaped)];
        return bodies.map(|body| HttpResponse { status: 400, headers: header("1"), body: body.into() }).into();
    }
    let bodies = [
        json!({"error": "invalid_request", "error_description": text}),
        json!({"error": text}),
        json!({"error": text, "error_description": "d"}),
        json!({"error": {"status": text, "message": text, "code": text}}),
        json!({"err": {"code": "c", "message": text}}),
    ];
    // Only Vercel Connect passes on what another service has said.
    let vendor = json!({"error": {"code": "c", "vendor": {"said": text, "in": [{"deep": text}], text: 1}}});
    let mut responses: Vec<_> = bodies
        .iter()
        .chain((service == "connect").then_some(&vendor))
        .map(|body| HttpResponse { status: 400, headers: header("1"), body: body.to_string().into() })
        .collect();
    responses.push(HttpResponse { status: 400, headers: header(text), body: "{}".into() });
    responses
}

/// Carries an exchange out up to this response, and returns all that is said about it.
fn said(case: &Case, response: HttpResponse) -> String {
    let refused = |step: Step<_>| {
        let mut step = step;
        let mut first = case.first;
        loop {
            let Step::Fetch(_, pending) = step else { panic!("a request") };
            let outcome = match first.take() {
                Some(body) => Outcome::answered(200, body),
                None => Outcome::Response(response.clone()),
            };
            match pending.resume(outcome, at(NOW)) {
                Ok(next) => step = next,
                Err(error) => return error,
            }
        }
    };
    let exchange: Exchange = exchange(case.service, case.options.clone()).expect("an exchange");
    let error = refused(exchange.begin(&secret(TOKEN), Jitter::new(7), at(NOW)).expect("a request"));
    let Error::ExchangeRejected(_) = &error else { panic!("{error:?}") };
    let json = |error: &Error| format!("{:?}", countersign::wire::ErrorDetails::from(error));
    format!("{error:?} {error} {}", json(&error))
}

#[test]
fn no_secret_that_was_sent_comes_back_in_any_form() {
    for case in cases() {
        for (name, value) in &case.secrets {
            for form in forms(value) {
                let by_field = [
                    format!("bad {name}={form}&x=1"),
                    format!("the {name} '{form}' is wrong"),
                    format!("got {{\"{name}\":\"{form}\"}}"),
                ];
                let by_value =
                    [form.clone(), format!("I got {form}, which is wrong"), base64(&format!("id:{value}"), false)];
                let texts = by_field.iter().chain(if value.len() >= 8 { &by_value[..] } else { &[] });
                for response in texts.flat_map(|text| responses(case.service, text)) {
                    let body = String::from_utf8_lossy(&response.body).into_owned();
                    let said = said(&case, response);
                    let escaped = format!("{form:?}");
                    let escaped = &escaped[1..escaped.len() - 1];
                    assert!(said.contains("[redacted]"), "{} {name}: {body} gave {said}", case.service);
                    assert!(
                        !said.contains(&form) && !said.contains(escaped),
                        "{} {name}: {body} gave {said}",
                        case.service
                    );
                }
            }
        }
    }
}

#[test]
fn details_hide_the_members_that_have_the_name_of_a_secret() {
    let params = r#"{"subject":{"type":"token","token":"u:1"}}"#;
    let case = Case {
        service: "connect",
        options: json!({"connector": "slack/a", "params": params}),
        secrets: Vec::new(),
        first: None,
    };
    let body = r#"{"error":{"code":"c","vendor":{"token":12,"said":{"authorization":"x","scope":"read"},"count":3}}}"#;
    let said = said(&case, HttpResponse { status: 400, headers: Vec::new(), body: body.into() });
    let details = json!({"token": "[redacted]", "said": {"authorization": "[redacted]", "scope": "read"}, "count": 3});
    let wanted: String = format!("{:?}", details_text(&details));
    assert!(said.contains(&wanted), "{said} without {wanted}");
}

/// JSON whose members stand as they were sent.
fn details_text(details: &Value) -> String {
    let [token, scope, count] = [&details["token"], &details["said"]["scope"], &details["count"]];
    format!(r#"{{"token":{token},"said":{{"authorization":{token},"scope":{scope}}},"count":{count}}}"#)
}

/// Fields that are no secrets help to find the mistake.
#[test]
fn what_is_no_secret_is_quoted() {
    let fields = json!({"client_id": "client-1", "audience": "aud-1", "scope": "read", "actor_token_type": "urn:x:y"});
    let case = cases().into_iter().find(|case| case.service == "token-exchange").expect("the case");
    for (name, value) in fields.as_object().expect("fields") {
        let text = format!("bad {name}={}", value.as_str().expect("a text"));
        let [first, ..] = &responses(case.service, &text)[..] else { panic!("a response") };
        let said = said(&case, first.clone());
        assert!(said.contains(&text), "{said}");
    }
}

#[test]
fn every_call_of_connect_hides_what_was_sent() {
    let user = r#"{"subject":{"type":"token","token":"user:token/0123"}}"#;
    for (action, params) in
        [(Action::Revoke, user), (Action::Authorize, user), (Action::Install, "{}"), (Action::Describe, "{}")]
    {
        let (options, params) = connector(json!({"connector": "slack/a", "params": params})).expect("options");
        let call = Call::new(action, options, &params).expect("a call");
        let Ok(Step::Fetch(HttpRequest { .. }, pending)) = call.begin(&secret(TOKEN), Jitter::new(7)) else {
            panic!("a request")
        };
        let text = format!("{} and user%3Atoken%2f0123", base64(&format!("Bearer {TOKEN}"), false));
        let body = json!({"error": {"code": "c", "message": text}}).to_string();
        let error = pending.resume(Outcome::answered(400, body), at(NOW)).expect_err("a refusal");
        let Error::ExchangeRejected(rejection) = error else { panic!("{error:?}") };
        let wanted =
            if params.contains("user:") { "[redacted] and [redacted]" } else { "[redacted] and user%3Atoken%2f0123" };
        assert_eq!(rejection.description.as_deref(), Some(wanted), "{action:?}");
    }
}
