//! AWS: keys of a role, from the Security Token Service (`AssumeRoleWithWebIdentity`, API version 2011-06-15).
//!
//! The request and the retried errors are those of the AWS SDK for JavaScript 3.

use std::borrow::Cow;

use serde::Deserialize;

use crate::encoding::json::{Document, Kind, Object};
use crate::encoding::url;
use crate::encoding::xml::{self, XmlError};
use crate::error::{Error, Provider, Result};
use crate::exchange::credential::Credential;
use crate::exchange::response;
use crate::exchange::service::{Body, Service, TokenRequest, TokenResponse, is_graphic, no_follow_up, require};
use crate::options::{OneOrMore, WholeNumber, non_empty, optional_string};

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
const SERVICE: Service =
    Service { provider: Provider::Aws, subject: "WebIdentityToken", body: Body::Form, read, follow_up: no_follow_up };

/// The session's name in AWS's logs where the caller names none.
const SESSION_NAME: &str = "countersign";

/// Options of `awsCredentialsProvider`. Unknown members are refused.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct AwsOptions {
    /// The role. Its trust policy must name the issuer, and should name the audience and the subject.
    #[serde(deserialize_with = "non_empty")]
    pub role_arn: String,
    /// The session's name in AWS's logs. Default: `countersign`.
    #[serde(default, deserialize_with = "optional_string")]
    pub role_session_name: Option<String>,
    /// The lifetime of the keys in seconds, from 900 to what the role allows. Default: 3600.
    #[serde(default)]
    #[cfg_attr(feature = "credentials", tsify(type = "number"))]
    pub duration_seconds: Option<WholeNumber>,
    /// A session policy, as JSON: the keys may do what both it and the role allow.
    #[serde(default, deserialize_with = "optional_string")]
    pub policy: Option<String>,
    /// ARNs of managed policies that narrow the session in the same way.
    #[serde(default)]
    #[cfg_attr(feature = "credentials", tsify(type = "string | string[]"))]
    pub policy_arns: OneOrMore,
    /// The region whose endpoint is asked. Default: `us-east-1`.
    #[serde(default, deserialize_with = "optional_string")]
    pub region: Option<String>,
    /// Another endpoint than the region's.
    #[serde(default, deserialize_with = "optional_string")]
    pub endpoint: Option<String>,
}

impl AwsOptions {
    /// Checks what the service would refuse, before anything is sent.
    pub(super) fn into_request(self) -> Result<TokenRequest> {
        let Self { role_arn, role_session_name, duration_seconds, policy, policy_arns, region, endpoint } = self;
        let OneOrMore(policy_arns) = policy_arns;
        let example = "must be the ARN of a role, as in `arn:aws:iam::123456789012:role/deploy`";
        let own = partition(&role_arn, "role/").ok_or_else(|| Error::option("roleArn", example))?;
        let named = "must be 2 to 64 characters: letters, digits and `_+=,.@-`";
        require(role_session_name.as_deref().is_none_or(is_session_name), "roleSessionName", named)?;
        let seconds = duration_seconds.map(|WholeNumber(seconds)| seconds);
        let in_range = seconds.is_none_or(|seconds| (900..=43_200).contains(&seconds));
        require(in_range, "durationSeconds", "must be a number of seconds from 900 to 43200")?;
        let json = "must be a policy of at most 2048 characters, as JSON or an object";
        require(policy.as_deref().is_none_or(is_policy), "policy", json)?;
        let managed = |arn: &String| partition(arn, "policy/").is_some();
        require(policy_arns.iter().all(managed), "policyArns", "must be ARNs of managed policies")?;
        let few = policy_arns.len() <= 10 && policy_arns.iter().all(|arn| partition(arn, "") == Some(own));
        require(few, "policyArns", "must be at most 10 ARNs, in the partition of `roleArn`")?;
        let region_name = "must be the name of a region, as in `eu-central-1`";
        require(region.as_deref().is_none_or(is_region), "region", region_name)?;
        let fetchable = endpoint.as_deref().is_none_or(|endpoint| url::is_fetchable(endpoint, false));
        require(fetchable, "endpoint", "must be an https URL; http only on this machine")?;

        let url = match endpoint {
            Some(endpoint) => endpoint,
            None => regional_endpoint(region.as_deref().unwrap_or("us-east-1"), own)?,
        };
        let mut request = TokenRequest::new(&SERVICE, url);
        request.field("Action", "AssumeRoleWithWebIdentity");
        request.field("Version", "2011-06-15");
        request.field("RoleArn", &role_arn);
        request.field("RoleSessionName", role_session_name.as_deref().unwrap_or(SESSION_NAME));
        request.optional_field("DurationSeconds", seconds.map(|seconds| seconds.to_string()));
        request.optional_field("Policy", policy);
        for (number, arn) in (1..).zip(policy_arns) {
            request.field(format!("PolicyArns.member.{number}.arn"), arn);
        }
        request.lifetime = seconds.unwrap_or(3600);
        Ok(request)
    }
}

fn regional_endpoint(region: &str, own: &str) -> Result<String> {
    let found = PARTITIONS.iter().find(|(prefix, ..)| region.starts_with(prefix));
    match found {
        Some((_, name, domain)) if *name == own => Ok(format!("https://sts.{region}.{domain}/")),
        _ => Err(Error::option("region", "must be in the partition of `roleArn`")),
    }
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
        return Err(response::rejection(Provider::Aws, response.http, response.secrets, said));
    }
    if let Err(XmlError(problem)) = document {
        return Err(response::invalid(Provider::Aws, problem));
    }
    let result = |parent, name| text(&["AssumeRoleWithWebIdentityResult", parent, name]);
    let mut members = Object::default();
    for (name, public) in
        [("AccessKeyId", "accessKeyId"), ("SecretAccessKey", "secretAccessKey"), ("SessionToken", "sessionToken")]
    {
        let text = result("Credentials", name).map(Cow::Owned);
        members.text(public, &response::visible(Provider::Aws, text, &format!("Credentials.{name}"))?);
    }
    // Servers other than AWS's leave the role out, or empty. The keys work without it.
    let arn = result("AssumedRoleUser", "Arn").unwrap_or_default();
    let is_account = |account: &&str| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    members.some_text("accountId", arn.split(':').nth(4).filter(is_account));
    let until = result("Credentials", "Expiration");
    response::clamp_expiry(members, until.as_deref(), "Credentials.Expiration", response)
}
