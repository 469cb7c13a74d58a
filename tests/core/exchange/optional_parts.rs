//! Parts of a response that a credential does not need, and the names of those that it does.

use countersign::error::Result;
use countersign::exchange::Credential;
use serde_json::{Value, json};

use super::{NOW, always, answer, exchange, expiry, members};

const KEYS: &str = "<Credentials><AccessKeyId>AKIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
    <SessionToken>t</SessionToken><Expiration>2024-06-20T13:13:20Z</Expiration></Credentials>";

fn aws(result: &str) -> Result<Credential> {
    let role = exchange("aws", json!({"roleArn": "arn:aws:iam::123456789012:role/deploy"})).expect("a role");
    let body = format!(
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>{result}\
         </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    );
    always(&role, "t.t.t", answer(200, &body)).1
}

fn oauth(service: &str, body: Value) -> Result<Credential> {
    let options = match service {
        "azure" => json!({"tenantId": "a", "clientId": "b", "scope": "https://vault.azure.net/.default"}),
        "gcp" => {
            json!({"audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/x"})
        }
        "vercel" => json!({}),
        "connect" => json!({"connector": "slack/bot", "params": r#"{"subject":{"type":"app"}}"#}),
        _ => json!({"url": "https://idp.example/token"}),
    };
    always(&exchange(service, options).expect("options"), "t.t.t", answer(200, &body.to_string())).1
}

/// The message of a response that is refused.
fn problem(result: Result<Credential>) -> String {
    result.expect_err("a refusal").to_string()
}

#[test]
fn keys_of_aws_need_no_assumed_role() {
    for user in [
        "",
        "<AssumedRoleUser/>",
        "<AssumedRoleUser><Arn></Arn><AssumedRoleId></AssumedRoleId></AssumedRoleUser>",
        "<AssumedRoleUser><Arn/></AssumedRoleUser>",
        "<AssumedRoleUser><Arn>arn:minio:iam:::user/x</Arn></AssumedRoleUser>",
        "<AssumedRoleUser><Arn>role</Arn></AssumedRoleUser>",
    ] {
        let keys = aws(&format!("{KEYS}{user}")).expect(user);
        let expected =
            json!({"accessKeyId": "AKIA", "secretAccessKey": "s", "sessionToken": "t", "expiresAt": NOW + 3600});
        assert_eq!(members(&keys), expected, "{user}");
    }
}

#[test]
fn a_response_of_aws_without_a_key_is_refused_by_the_name_of_the_part() {
    for name in ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"] {
        let lacks = format!("the response of aws lacks `Credentials.{name}`");
        assert_eq!(problem(aws(&KEYS.replace(name, "Other"))), lacks);
        let (before, _) = KEYS.split_once(&format!("<{name}>")).expect("a member");
        let (_, after) = KEYS.split_once(&format!("</{name}>")).expect("a member");
        assert_eq!(problem(aws(&format!("{before}<{name}/>{after}"))), lacks);
    }
    let spaced = problem(aws(&KEYS.replace("<SessionToken>t", "<SessionToken>t t")));
    assert_eq!(spaced, "the response of aws has a `Credentials.SessionToken` with other than visible ASCII characters");
    let undated = problem(aws(&KEYS.replace("2024-06-20T13:13:20Z", "soon")));
    assert_eq!(undated, "the response of aws has a `Credentials.Expiration` that is not a date");
}

#[test]
fn access_tokens_need_no_types() {
    for service in ["azure", "gcp", "token-exchange"] {
        for types in [json!({}), json!({"token_type": null, "issued_token_type": null}), json!({"token_type": 7})] {
            let mut body = json!({"access_token": "at", "expires_in": 60});
            body.as_object_mut().unwrap().extend(types.as_object().unwrap().clone());
            let token = oauth(service, body).expect(service);
            assert_eq!(members(&token), json!({"value": "at", "expiresAt": NOW + 60}), "{service}");
        }
    }
}

#[test]
fn a_lifetime_may_be_digits_or_null() {
    for (expires_in, until) in [(json!("60"), Some(NOW + 60)), (json!(60.9), Some(NOW + 60)), (json!(null), None)] {
        let token = oauth("token-exchange", json!({"access_token": "at", "expires_in": expires_in})).expect("a token");
        assert_eq!(expiry(&token), until, "{expires_in}");
    }
    let expiring = |expiry_member: Value| oauth("vercel", json!({"token": "opaque", "expiry": expiry_member}));
    assert_eq!(expiry(&expiring(json!(null)).expect("a token")), None);
    assert_eq!(
        problem(expiring(json!("soon"))),
        "the response of vercel has an `expiry` that is not a number of seconds"
    );
}

#[test]
fn a_missing_credential_is_named() {
    for (service, member) in [
        ("azure", "access_token"),
        ("gcp", "access_token"),
        ("token-exchange", "access_token"),
        ("vercel", "token"),
        ("connect", "token"),
    ] {
        assert_eq!(problem(oauth(service, json!({}))), format!("the response of {service} lacks `{member}`"));
    }
    let undated = problem(oauth("connect", json!({"token": "t"})));
    assert_eq!(undated, "the response of connect lacks `expiresAt`, or it is not a number of milliseconds");
    let soon = problem(oauth("token-exchange", json!({"access_token": "at", "expires_in": "soon"})));
    assert_eq!(soon, "the response of token-exchange has an `expires_in` that is not a number of seconds");
}
