//! AWS: keys of a role, from the Security Token Service (`AssumeRoleWithWebIdentity`, API version 2011-06-15).
//!
//! The request and the retried errors are those of the AWS SDK for JavaScript 3.

use crate::encoding::date;
use crate::encoding::json::{Document, Kind, Object};
use crate::encoding::url;
use crate::encoding::xml::{self, XmlError};
use crate::error::{Error, Provider, Result};
use crate::exchange::request::{
    OptionKind, Parameter, Placement, Service, TokenRequest, TokenResponse, Values, concat, is_graphic,
};
use crate::exchange::{Credential, response};

/// Partitions: how their regions begin, their name in ARNs, the domain of their endpoints. The first fit counts.
const PARTITIONS: [(&str, &str, &str); 8] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
    ("", "aws", "amazonaws.com"),
];

/// The Security Token Service.
pub(super) const SERVICE: Service = Service {
    provider: Provider::Aws,
    constants: &[("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15")],
    parameters: &[
        Parameter {
            option: "roleArn",
            kind: OptionKind::Required,
            placement: Placement::Into("RoleArn"),
            validate: |arn| partition(arn, "role/").is_some(),
            message: "must be the ARN of a role, as in `arn:aws:iam::123456789012:role/deploy`",
        },
        Parameter {
            option: "roleSessionName",
            kind: OptionKind::One,
            placement: Placement::Into("RoleSessionName"),
            validate: is_session_name,
            message: "must be 2 to 64 characters: letters, digits and `_+=,.@-`",
        },
        Parameter {
            option: "durationSeconds",
            kind: OptionKind::Number,
            placement: Placement::Into("DurationSeconds"),
            validate: |seconds| seconds.parse().is_ok_and(|seconds: u32| (900..=43_200).contains(&seconds)),
            message: "must be from 900 to 43200",
        },
        Parameter {
            option: "policy",
            kind: OptionKind::One,
            placement: Placement::Into("Policy"),
            validate: is_policy,
            message: "must be a policy of at most 2048 characters, as JSON or an object",
        },
        Parameter {
            option: "policyArns",
            kind: OptionKind::Several,
            placement: Placement::Numbered("PolicyArns.member.", ".arn"),
            validate: |arn| partition(arn, "policy/").is_some(),
            message: "must be ARNs of managed policies",
        },
        Parameter {
            option: "region",
            kind: OptionKind::One,
            placement: Placement::Custom,
            validate: is_region,
            message: "must be the name of a region, as in `eu-central-1`",
        },
        Parameter {
            option: "endpoint",
            kind: OptionKind::One,
            placement: Placement::Custom,
            validate: |endpoint| url::is_fetchable(endpoint, false),
            message: "must be an https URL; http only on this machine",
        },
    ],
    subject: "WebIdentityToken",
    finish,
    read,
};

fn finish(values: &Values, request: &mut TokenRequest) -> Result<()> {
    let of = |arn: &str| partition(arn, "").map(str::to_owned);
    let own = values.get("roleArn").and_then(of);
    if values.all("policyArns").count() > 10 || values.all("policyArns").any(|arn| of(arn) != own) {
        return Err(Error::option("policyArns", "must be at most 10 ARNs, in the partition of `roleArn`"));
    }
    if values.get("roleSessionName").is_none() {
        request.add("RoleSessionName", "countersign");
    }
    request.lifetime = values.get("durationSeconds").and_then(|seconds| seconds.parse().ok()).unwrap_or(3600);
    if let Some(endpoint) = values.get("endpoint") {
        request.url.push_str(endpoint);
        return Ok(());
    }
    let region = values.get("region").unwrap_or("us-east-1");
    let found = PARTITIONS.iter().find(|(prefix, ..)| region.starts_with(prefix));
    let Some((_, _, domain)) = found.filter(|(_, name, _)| own.as_deref() == Some(name)) else {
        return Err(Error::option("region", "must be in the partition of `roleArn`"));
    };
    request.url = concat(&["https://sts.", region, ".", domain, "/"]);
    Ok(())
}

fn is_session_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    (2..=64).contains(&name.len()) && name.bytes().all(plain)
}

fn is_region(region: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    region.len() <= 63 && !region.starts_with('-') && region.bytes().all(plain)
}

/// A JSON object with only the characters that a session policy may have.
fn is_policy(policy: &str) -> bool {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    let object = Document::parse(policy.as_bytes()).is_ok_and(|policy| policy.root().kind() == Kind::Object);
    object && policy.chars().all(allowed) && policy.chars().nth(2048).is_none()
}

/// The partition of an ARN of IAM; `None` where it is none of something of this kind. Only policies can be AWS's own.
fn partition<'a>(arn: &'a str, kind: &str) -> Option<&'a str> {
    let mut parts = arn.splitn(6, ':');
    let mut part = || parts.next().unwrap_or_default();
    let (prefix, partition, service, region, account, resource) = (part(), part(), part(), part(), part(), part());
    let owned = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let name = resource.strip_prefix(kind)?;
    let fits = prefix == "arn"
        && PARTITIONS.iter().any(|(_, name, _)| *name == partition)
        && (service, region) == ("iam", "")
        && (owned || (account == "aws" && kind != "role/"))
        && !name.is_empty()
        && is_graphic(name)
        && arn.len() <= 2048;
    fits.then_some(partition)
}

/// Keys, or the refusal. The clock of AWS may go ahead of the one here, so no key is kept for longer than was asked for.
fn read(response: &TokenResponse<'_>) -> Result<Credential> {
    let document = xml::Document::parse(&response.http.body);
    let root = document.as_ref().ok().map(xml::Document::root);
    let text = |path: &[&str]| Some(root?.text_at(path)?.into_owned());
    if !response::is_success(response.http) {
        let said = [text(&["Error", "Code"]), text(&["RequestId"]), text(&["Error", "Message"])];
        return Err(response::rejection(Provider::Aws, response.http, response.presented, said));
    }
    if let Err(XmlError(problem)) = document {
        return Err(response::invalid(Provider::Aws, problem));
    }
    let result = |parent, name| {
        let text = text(&["AssumeRoleWithWebIdentityResult", parent, name]);
        let text = text.filter(|text| !text.is_empty() && is_graphic(text));
        text.ok_or_else(|| response::invalid(Provider::Aws, "has no credentials where they should be"))
    };
    let mut members = Object::default();
    for (name, public) in
        [("AccessKeyId", "accessKeyId"), ("SecretAccessKey", "secretAccessKey"), ("SessionToken", "sessionToken")]
    {
        members.text(public, &result("Credentials", name)?);
    }
    let arn = result("AssumedRoleUser", "Arn")?;
    members.some_text("accountId", arn.split(':').nth(4).filter(|account| !account.is_empty()));
    response::clamp_expiry(members, date::rfc3339(&result("Credentials", "Expiration")?), response)
}
