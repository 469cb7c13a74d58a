//! AWS: what is sent, and the answers that its documentation shows.

use std::time::Duration;

use countersign::exchange::{Credential, Exchange};
use serde_json::{Value, json};

use super::{NOW, always, answer, exchange, expiry, fields, members, refusal, run};

const ROLE: &str = "arn:aws:iam::123456789012:role/team/deploy";

fn role() -> Exchange {
    exchange("aws", json!({ "roleArn": ROLE })).expect("a role")
}

/// The option that is refused when these are added to a good role.
fn refused(options: Value) -> String {
    super::refused("aws", json!({ "roleArn": ROLE }), options)
}

/// The documented answer, living for an hour from [`NOW`].
fn success() -> String {
    r#"<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>owner:acme:project:site:environment:production</SubjectFromWebIdentityToken>
    <Audience>https://vercel.com/acme</Audience>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/deploy/countersign</Arn>
      <AssumedRoleId>AROACLKWSDQRAOEXAMPLE:countersign</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE==</SessionToken>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
      <Expiration>2024-06-20T13:13:20Z</Expiration>
      <AccessKeyId>ASgeIAIOSFODNN7EXAMPLE</AccessKeyId>
    </Credentials>
    <Provider>arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com/acme</Provider>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>ad4156e9-bce1-11e2-82e6-6b6efEXAMPLE</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>"#
        .to_owned()
}

fn fault(code: &str) -> String {
    format!(
        r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>
        <Message>Not authorized: t.t.t-0123456789abcdef &amp; more</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"#
    )
}

fn got(body: &str) -> Result<Credential, &'static str> {
    always(&role(), "t.t.t", answer(200, body)).1.map_err(|error| error.code())
}

#[test]
fn sends_what_the_sdk_sends() {
    let all = json!({
        "roleArn": ROLE, "roleSessionName": "site@production", "durationSeconds": 900,
        "policy": r#"{"Version":"2012-10-17"}"#, "region": "eu-central-1",
        "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::123456789012:policy/a/b"],
    });
    let (requests, result) = run(&exchange("aws", all).unwrap(), "t.t.t", vec![answer(200, &success())]);
    assert_eq!(requests[0].url, "https://sts.eu-central-1.amazonaws.com/");
    assert_eq!(requests[0].headers.len(), 2);
    assert_eq!(
        fields(&requests[0]),
        json!({
            "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": ROLE,
            "RoleSessionName": "site@production", "WebIdentityToken": "t.t.t", "DurationSeconds": "900",
            "Policy": r#"{"Version":"2012-10-17"}"#,
            "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "PolicyArns.member.2.arn": "arn:aws:iam::123456789012:policy/a/b",
        })
    );
    assert_eq!(
        members(&result.expect("keys")),
        json!({
            "accessKeyId": "ASgeIAIOSFODNN7EXAMPLE", "secretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY",
            "sessionToken": "AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE==", "accountId": "123456789012",
            // No longer than was asked for, whatever the clock of AWS says.
            "expiresAt": NOW + 900,
        })
    );
}

#[test]
fn every_partition_has_its_endpoint() {
    for (region, partition, url) in [
        ("us-east-1", "aws", "https://sts.us-east-1.amazonaws.com/"),
        ("cn-north-1", "aws-cn", "https://sts.cn-north-1.amazonaws.com.cn/"),
        ("us-gov-west-1", "aws-us-gov", "https://sts.us-gov-west-1.amazonaws.com/"),
        ("us-iso-east-1", "aws-iso", "https://sts.us-iso-east-1.c2s.ic.gov/"),
        ("us-isob-east-1", "aws-iso-b", "https://sts.us-isob-east-1.sc2s.sgov.gov/"),
        ("eusc-de-east-1", "aws-eusc", "https://sts.eusc-de-east-1.amazonaws.eu/"),
    ] {
        let role_arn = ROLE.replace(":aws:", &format!(":{partition}:"));
        let of = |region: &str| exchange("aws", json!({ "roleArn": role_arn, "region": region }));
        let (requests, _) = run(&of(region).expect(region), "t.t.t", vec![answer(403, &fault("AccessDenied"))]);
        assert_eq!(requests[0].url, url);
        let elsewhere = if region == "us-east-1" { "cn-north-1" } else { "us-east-1" };
        assert!(of(elsewhere).unwrap_err().to_string().contains("`region`"), "the token stays in its partition");
    }
}

#[test]
fn what_aws_would_refuse_is_refused_before_it_is_asked() {
    let policy = |length: usize| json!(format!(r#"{{"a":"{}"}}"#, "x".repeat(length - 8)));
    for arn in [
        "",
        "arn:aws:iam::123456789012:user/x",
        "arn:aws:iam::12345678901:role/x",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam:us-east-1:123456789012:role/x",
        "arn:aws:sts::123456789012:role/x",
        "arn:awsome:iam::123456789012:role/x",
        "arn:aws:iam::123456789012:role/a b",
        "arn:aws:iam::aws:role/x",
        &format!("{ROLE}{}", "x".repeat(2048)),
    ] {
        assert_eq!(refused(json!({ "roleArn": arn })), "roleArn", "{arn}");
    }
    for (name, good) in [("a", false), ("ab", true), ("a b", false), ("a/b", false), ("_+=,.@-", true)] {
        assert_eq!(refused(json!({ "roleSessionName": name })), if good { "none" } else { "roleSessionName" });
    }
    for (length, good) in [(64, true), (65, false)] {
        assert_eq!(
            refused(json!({ "roleSessionName": "x".repeat(length) })),
            if good { "none" } else { "roleSessionName" }
        );
    }
    for (seconds, good) in [
        (0.0, false),
        (899.0, false),
        (900.0, true),
        (900.5, false),
        (43_200.0, true),
        (43_201.0, false),
        (-900.0, false),
    ] {
        assert_eq!(refused(json!({ "durationSeconds": seconds })), if good { "none" } else { "durationSeconds" });
    }
    for (policy, good) in [
        (json!("{}"), true),
        (policy(2048), true),
        (policy(2049), false),
        (json!("[]"), false),
        (json!("{"), false),
        (json!("{\"a\":\"\u{100}\"}"), false),
    ] {
        assert_eq!(refused(json!({ "policy": policy })), if good { "none" } else { "policy" });
    }
    let managed = |arn: &str, count| json!({ "policyArns": vec![arn; count] });
    assert_eq!(refused(managed("arn:aws:iam::aws:policy/x", 10)), "none");
    assert_eq!(refused(managed("arn:aws:iam::aws:policy/x", 11)), "policyArns");
    assert_eq!(refused(managed("arn:aws-cn:iam::aws:policy/x", 1)), "policyArns");
    assert_eq!(refused(managed(ROLE, 1)), "policyArns");
    for region in ["", "us_east_1", "evil.example/", "US-EAST-1", "-x", "a@b", &"x".repeat(64)] {
        assert_eq!(refused(json!({ "region": region })), "region", "{region}");
    }
    for endpoint in ["http://sts.amazonaws.com", "https://a@b.example", "ftp://x"] {
        assert_eq!(refused(json!({ "endpoint": endpoint })), "endpoint");
    }
    assert_eq!(refused(json!({ "endpoint": "http://127.0.0.1:5000" })), "none");
}

#[test]
fn refusals_carry_the_code_of_aws_and_its_retry_class() {
    for (status, code, retried) in [
        (400, "ExpiredTokenException", false),
        (400, "InvalidIdentityToken", false),
        (400, "MalformedPolicyDocument", false),
        (400, "PackedPolicyTooLarge", false),
        (403, "IDPRejectedClaim", false),
        (403, "RegionDisabledException", false),
        (403, "AccessDenied", false),
        (400, "IDPCommunicationError", true),
        (400, "Throttling", true),
        (500, "InternalFailure", true),
        (503, "ServiceUnavailable", true),
    ] {
        let answers = vec![answer(status, &fault(code)); if retried { 3 } else { 1 }];
        let (_, result) = run(&role(), "t.t.t-0123456789abcdef", answers);
        let Err(countersign::Error::ExchangeRejected(rejection)) = &result else { panic!("{result:?}") };
        assert_eq!(rejection.description.as_deref(), Some("Not authorized: [redacted] & more"));
        assert_eq!(rejection.request_id.as_deref(), Some("r-1"));
        assert_eq!(refusal(result), (Some(code.to_owned()), status, retried));
    }
    // As moto answers a role that is not there, and any proxy whatever it likes.
    let (_, result) = run(&role(), "t.t.t", vec![answer(404, "<!doctype html><p>not found")]);
    assert_eq!(refusal(result), (None, 404, false));
}

#[test]
fn answers_that_break_the_protocol_are_refused() {
    let good = success();
    assert_eq!(expiry(&got(&good).expect("keys")), Some(NOW + 3600));
    for (bad, problem) in [
        (String::new(), "empty"),
        (good[..good.len() - 10].to_owned(), "cut"),
        ("{}".to_owned(), "JSON"),
        (good.replace("AccessKeyId", "AccessKey"), "a member is missing"),
        (good.replace("<AccessKeyId>ASgeIAIOSFODNN7EXAMPLE", "<AccessKeyId>"), "a member is empty"),
        (good.replace("EXAMPLEKEY", "EXAMPLE KEY"), "not a key"),
        (good.replace("2024-06-20T13:13:20Z", "tomorrow"), "no date"),
        (good.replace("2024-06-20T13:13:20Z", "2024-06-20T12:13:20Z"), "dead on arrival"),
        (good.replace("<Credentials>", "<Credentials><AccessKeyId>x</AccessKeyId>"), "two keys"),
        (good.replace("<Credentials>", "<Credentials>&xxe;"), "an entity"),
        (format!("<!DOCTYPE x [<!ENTITY xxe SYSTEM 'file:///etc/passwd'>]>{good}"), "a document type"),
    ] {
        assert_eq!(got(&bad).map(|_| ()), Err("ERR_EXCHANGE_INVALID"), "{problem}");
    }
    let late = good.replace("2024-06-20T13:13:20Z", "2034-06-20T13:13:20Z");
    assert_eq!(expiry(&got(&late).expect("keys")), Some(NOW + 3600), "an hour was asked for");
    // Each attempt has five seconds; the answer to the first comes when the clock has been set forward by a day.
    let (_, result) = always(&role(), "t.t.t", (answer(200, &late).0, 86_400));
    assert_eq!(result.expect_err("its age is unknown").code(), "ERR_EXCHANGE_INVALID");
    assert_eq!(run(&role(), "t.t.t", vec![answer(200, &good)]).0[0].timeout, Duration::from_secs(5));
}
