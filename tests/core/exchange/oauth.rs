//! Google Cloud, Entra ID, and any service of RFC 8693: what is sent, and the answers that their documentation shows.

use countersign::error::FetchFailure;
use countersign::exchange::{Credential, Exchange};
use countersign::flow::Outcome;
use serde_json::{Value, json};

use super::{NOW, always, answer, exchange, expiry, fields, members, refusal, run};
use crate::issuer::{FIRST, claims_with};

const PROVIDER: &str =
    "//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/vercel/providers/vercel";
const ISSUED: &str = "urn:ietf:params:oauth:token-type:access_token";

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const CLIENT: &str = "66666666-7777-8888-9999-000000000000";

/// Good options, with some of them replaced.
fn with(service: &str, changes: Value) -> Exchange {
    let mut options = good(service);
    for (name, value) in changes.as_object().expect("an object") {
        options[name] = value.clone();
    }
    exchange(service, options).expect("an exchange")
}

fn good(service: &str) -> Value {
    match service {
        "gcp" => json!({ "audience": PROVIDER }),
        "azure" => json!({"tenantId": TENANT, "clientId": CLIENT, "scope": "https://vault.azure.net/.default"}),
        _ => json!({"url": "https://idp.example/token?tenant=1"}),
    }
}

fn federation() -> Exchange {
    with("gcp", json!({}))
}

fn other() -> Exchange {
    with("token-exchange", json!({}))
}

fn token(changes: Value) -> String {
    let mut token =
        json!({"access_token": "at", "issued_token_type": ISSUED, "token_type": "Bearer", "expires_in": 3599});
    for (name, value) in changes.as_object().expect("an object") {
        token[name] = value.clone();
    }
    token.to_string()
}

#[test]
fn google_gives_a_federated_token() {
    let (requests, result) = run(&federation(), "t.t.t", vec![answer(200, &token(json!({})))]);
    assert_eq!(requests[0].url, "https://sts.googleapis.com/v1/token");
    assert_eq!(
        fields(&requests[0]),
        json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": PROVIDER,
            "scope": "https://www.googleapis.com/auth/cloud-platform", "requested_token_type": ISSUED,
            "subject_token": "t.t.t", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        })
    );
    assert_eq!(
        members(&result.expect("a token")),
        json!({"value": "at", "tokenType": "Bearer", "issuedTokenType": ISSUED, "expiresAt": NOW + 3599})
    );
}

#[test]
fn google_gives_the_token_of_a_service_account() {
    let exchange = with(
        "gcp",
        json!({
            "serviceAccount": "site@acme.iam.gserviceaccount.com", "lifetimeSeconds": 600,
            "scopes": ["https://www.googleapis.com/auth/devstorage.read_only", "openid"],
        }),
    );
    let second = json!({"accessToken": "of-the-account", "expireTime": "2024-06-20T13:13:20Z"}).to_string();
    let good = || answer(200, &token(json!({})));
    let (requests, result) = run(&exchange, "t.t.t", vec![good(), answer(503, "{}"), answer(200, &second)]);
    assert_eq!(fields(&requests[0])["scope"], "https://www.googleapis.com/auth/cloud-platform");
    assert_eq!(
        requests[2].url,
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/site@acme.iam.gserviceaccount.com:generateAccessToken"
    );
    let body: Value = serde_json::from_str(requests[2].body.as_ref().unwrap().expose()).unwrap();
    assert_eq!(
        body,
        json!({"scope": ["https://www.googleapis.com/auth/devstorage.read_only", "openid"], "lifetime": "600s"})
    );
    let authorization = requests[2].headers.iter().find(|(name, _)| *name == "authorization").expect("the header");
    assert_eq!(authorization.1.expose(), "Bearer at");
    assert!(!format!("{requests:?}").contains("Bearer at"));
    let credential = result.expect("a token");
    assert_eq!(members(&credential), json!({"value": "of-the-account", "tokenType": "Bearer", "expiresAt": NOW + 600}));

    let denied = r#"{"error":{"code":403,"message":"Permission 'iam.serviceAccounts.getAccessToken' denied","status":"PERMISSION_DENIED"}}"#;
    let (_, result) = run(&exchange, "t.t.t", vec![good(), answer(403, denied)]);
    assert_eq!(refusal(result), (Some("PERMISSION_DENIED".into()), 403, false));
    for bad in [
        "{}",
        r#"{"accessToken":"x","expireTime":"never"}"#,
        r#"{"accessToken":"x","expireTime":"2024-06-20T12:13:20Z"}"#,
    ] {
        assert_eq!(
            run(&exchange, "t.t.t", vec![good(), answer(200, bad)]).1.unwrap_err().code(),
            "ERR_EXCHANGE_INVALID"
        );
    }
}

#[test]
fn entra_id_takes_the_token_as_an_assertion() {
    let body =
        json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": "at"}).to_string();
    let (requests, result) = run(&with("azure", json!({})), "t.t.t", vec![answer(200, &body)]);
    assert_eq!(requests[0].url, format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"));
    assert_eq!(
        fields(&requests[0]),
        json!({
            "client_id": CLIENT, "scope": "https://vault.azure.net/.default",
            "grant_type": "client_credentials", "client_assertion": "t.t.t",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        })
    );
    assert_eq!(members(&result.unwrap()), json!({"value": "at", "tokenType": "Bearer", "expiresAt": NOW + 3599}));
    let china = with("azure", json!({"authority": "https://login.chinacloudapi.cn/"}));
    let refused = r#"{"error":"invalid_client","error_description":"AADSTS700213: No matching federated identity record found for presented assertion subject 'x'.\r\nTrace ID: 1","error_codes":[700213]}"#;
    let (requests, result) = run(&china, "t.t.t", vec![answer(401, refused)]);
    assert_eq!(requests[0].url, format!("https://login.chinacloudapi.cn/{TENANT}/oauth2/v2.0/token"));
    let Err(countersign::Error::ExchangeRejected(rejection)) = &result else { panic!("{result:?}") };
    assert!(rejection.description.as_deref().unwrap().ends_with("'x'. Trace ID: 1"));
    assert_eq!(refusal(result), (Some("invalid_client".into()), 401, false));
}

#[test]
fn any_other_service_is_asked_by_rfc_8693() {
    let full = with(
        "token-exchange",
        json!({
            "resource": "https://api.example/", "audience": "backend", "scope": ["read", "write"],
            "requestedTokenType": "urn:ietf:params:oauth:token-type:jwt",
            "subjectTokenType": "urn:ietf:params:oauth:token-type:id_token",
            "actorToken": "a.a.a", "actorTokenType": "urn:ietf:params:oauth:token-type:jwt",
            "clientId": "site", "clientSecret": "s3cret",
        }),
    );
    let body = token(json!({"scope": "read", "refresh_token": "rt", "token_type": "N_A"}));
    let (requests, result) = run(&full, "t.t.t", vec![answer(200, &body)]);
    assert_eq!(requests[0].url, "https://idp.example/token?tenant=1");
    assert_eq!(
        fields(&requests[0]),
        json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "resource": "https://api.example/",
            "audience": "backend", "scope": "read write", "requested_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "subject_token": "t.t.t", "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "actor_token": "a.a.a", "actor_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "client_id": "site", "client_secret": "s3cret",
        })
    );
    assert_eq!(
        members(&result.unwrap()),
        json!({
            "value": "at", "tokenType": "N_A", "issuedTokenType": ISSUED, "scope": "read", "refreshToken": "rt",
            "expiresAt": NOW + 3599
        })
    );
    assert!(!format!("{full:?} {requests:?}").contains("s3cret"));
    let (requests, _) = run(&other(), "t.t.t", vec![answer(200, &token(json!({})))]);
    assert_eq!(fields(&requests[0]).as_object().unwrap().len(), 3);
}

#[test]
fn access_tokens_are_read_strictly() {
    let got = |body: &str| -> Result<Credential, &'static str> {
        always(&other(), "t.t.t", answer(200, body)).1.map_err(|error| error.code())
    };
    for (name, value) in [
        ("access_token", Value::Null),
        ("access_token", json!("")),
        ("access_token", json!("a b")),
        ("expires_in", json!("soon")),
        ("expires_in", json!("-1")),
        ("expires_in", json!(-1)),
        ("expires_in", json!(0)),
        ("expires_in", json!(1e300)),
    ] {
        assert_eq!(got(&token(json!({ name: value }))).map(|_| ()), Err("ERR_EXCHANGE_INVALID"), "{name} {value}");
    }
    // An answer that does not come at once has used some of the life that it speaks of.
    let slow = |later| {
        let (outcome, _) = answer(200, &token(json!({})));
        always(&other(), "t.t.t", (outcome, later)).1.map(|credential| expiry(&credential))
    };
    assert_eq!(slow(4).unwrap(), Some(NOW + 3599));
    assert_eq!(slow(-500).unwrap(), Some(NOW - 500 + 3599), "the clock was set back");
    assert_eq!(slow(86_400).unwrap_err().code(), "ERR_EXCHANGE_INVALID", "or forward");
    let undated = |access_token: &str| {
        let mut body: Value = serde_json::from_str(&token(json!({ "access_token": access_token }))).unwrap();
        body.as_object_mut().unwrap().remove("expires_in");
        expiry(&run(&other(), "t.t.t", vec![answer(200, &body.to_string())]).1.unwrap())
    };
    assert_eq!(undated("opaque"), None);
    assert_eq!(undated(&FIRST.sign(&claims_with(json!({"exp": NOW + 77})))), Some(NOW + 77));
    let (requests, result) = run(
        &other(),
        "t.t.t",
        vec![(Outcome::Failed(FetchFailure::Network), 0), answer(400, r#"{"error":"invalid_target"}"#)],
    );
    assert_eq!((requests.len(), refusal(result)), (2, (Some("invalid_target".into()), 400, false)));
}

#[test]
fn what_no_service_can_be_asked_is_refused_before_it_is() {
    let refused = |service, changes| super::refused(service, good(service), changes);
    let gcp = |changes| refused("gcp", changes);
    assert_eq!(gcp(json!({})), "none");
    for audience in [
        json!(null),
        json!("https://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/x"),
        json!("//iam.googleapis.com.evil.example/providers/x"),
        json!("//iam.googleapis.com/a b/providers/x"),
    ] {
        assert_eq!(gcp(json!({ "audience": audience })), "audience", "{audience}");
    }
    for account in ["", "site", "@x.com", "a@b@c", "../x@y.com", "a@b/c?d", "a@b:x"] {
        assert_eq!(gcp(json!({ "serviceAccount": account })), "serviceAccount", "{account}");
    }
    for (seconds, expected) in [(599, "lifetimeSeconds"), (600, "none"), (43_200, "none"), (43_201, "lifetimeSeconds")]
    {
        assert_eq!(gcp(json!({"serviceAccount": "a@b.example", "lifetimeSeconds": seconds})), expected);
    }
    assert_eq!(gcp(json!({"lifetimeSeconds": 600})), "lifetimeSeconds");
    assert_eq!(gcp(json!({"scopes": ["a\"b"]})), "scopes");
    assert_eq!(gcp(json!({"scopes": "a  b"})), "scopes");
    let asked = |scopes: Value| run(&with("gcp", json!({ "scopes": scopes })), "t.t.t", vec![answer(400, "{}")]).0;
    assert_eq!(asked(json!(["openid", "email"])), asked(json!("openid email")));
    assert_eq!(gcp(json!({"tokenUrl": "http://sts.example"})), "tokenUrl");

    let azure = |changes| refused("azure", changes);
    assert_eq!(azure(json!({})), "none");
    for tenant in ["", "../x", "a/b", "a?b", ".."] {
        assert_eq!(azure(json!({ "tenantId": tenant })), "tenantId", "{tenant}");
    }
    assert_eq!(azure(json!({ "clientId": null })), "clientId");
    // A list, and the same list as one string.
    let two = json!(["https://vault.azure.net/.default", "https://graph.microsoft.com/.default"]);
    let two_as_one = "https://vault.azure.net/.default https://graph.microsoft.com/.default";
    for scope in [
        json!(null),
        json!([]),
        json!("https://vault.azure.net"),
        json!("a b/.default"),
        two.clone(),
        json!(two_as_one),
    ] {
        assert_eq!(azure(json!({ "scope": scope })), "scope", "{scope:?}");
    }
    assert_eq!(azure(json!({"authority": "http://x.example"})), "authority");

    let other = |changes| refused("token-exchange", changes);
    assert_eq!(other(json!({})), "none");
    for url in
        [json!(null), json!("http://idp.example"), json!("https://a:b@idp.example"), json!("https://idp.example#x")]
    {
        assert_eq!(other(json!({ "url": url })), "url", "{url}");
    }
    assert_eq!(other(json!({"resource": "api"})), "resource");
    assert_eq!(other(json!({"resource": ["https://a.example/", "https://a.example/#b"]})), "resource");
    assert_eq!(other(json!({"scope": "a\"b"})), "scope");
    assert_eq!(other(json!({"scope": "read write"})), "none");
    assert_eq!(other(json!({"clientSecret": "x"})), "clientSecret");
    assert_eq!(other(json!({"actorToken": "x"})), "actorToken");
    assert_eq!(other(json!({"audeince": "x"})), "audeince");
}
