//! AWS: keys of a role, from the Security Token Service (`AssumeRoleWithWebIdentity`, API version 2011-06-15).
//!
//! The request and the retried errors are those of the AWS SDK for JavaScript 3.

use std::time::Duration;

use crate::encoding::date;
use crate::encoding::form::Form;
use crate::encoding::json::{Document, Kind, Object};
use crate::encoding::url;
use crate::encoding::xml::{self, NotStrictXml};
use crate::error::{Error, Provider, Result};
use crate::exchange::retry::{self, Entropy};
use crate::exchange::{Credential, answer};
use crate::flow::{HttpResponse, Step};
use crate::secret::Secret;
use crate::time::Timestamp;

/// How long keys live where nobody says otherwise.
const DEFAULT_DURATION: u32 = 3600;

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

/// What a caller may say.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The role.
    pub role_arn: String,
    /// What the session is called in logs. Default: `countersign`.
    pub role_session_name: Option<String>,
    /// How many seconds the keys live, at most what the role allows. Default: an hour.
    pub duration_seconds: Option<u32>,
    /// A session policy, as JSON: the keys may do what both it and the role allow.
    pub policy: Option<String>,
    /// Managed policies that narrow the session in the same way.
    pub policy_arns: Vec<String>,
    /// The region whose endpoint is asked. Default: `us-east-1`.
    pub region: Option<String>,
    /// Another endpoint.
    pub endpoint: Option<String>,
}

/// A request for the keys of a role that AWS can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AssumeRole {
    endpoint: String,
    role_arn: String,
    session_name: String,
    duration: Option<u32>,
    policy: Option<String>,
    policy_arns: Vec<String>,
}

impl AssumeRole {
    /// Checks what AWS would refuse, before anything is sent.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], naming the option.
    pub fn new(options: Options) -> Result<Self> {
        let partition = arn_partition(&options.role_arn, "role/", true).ok_or(Error::option(
            "roleArn",
            "must be the ARN of a role, as in `arn:aws:iam::123456789012:role/deploy`",
        ))?;
        let endpoint = match options.endpoint {
            Some(endpoint) if url::is_fetchable(&endpoint, false) => endpoint,
            Some(_) => return Err(Error::option("endpoint", "must be an https URL; http only on this machine")),
            None => endpoint(options.region.as_deref().unwrap_or("us-east-1"), partition)?,
        };
        let session_name = options.role_session_name.unwrap_or_else(|| "countersign".to_owned());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if !(2..=64).contains(&session_name.len()) || !session_name.bytes().all(plain) {
            return Err(Error::option("roleSessionName", "must be 2 to 64 characters: letters, digits and `_+=,.@-`"));
        }
        if options.duration_seconds.is_some_and(|seconds| !(900..=43_200).contains(&seconds)) {
            return Err(Error::option("durationSeconds", "must be from 900 to 43200"));
        }
        if options.policy.as_deref().is_some_and(|policy| !is_policy(policy)) {
            return Err(Error::option("policy", "must be a policy of at most 2048 characters, as JSON or an object"));
        }
        let is_managed = |arn: &String| arn_partition(arn, "policy/", false) == Some(partition);
        if options.policy_arns.len() > 10 || !options.policy_arns.iter().all(is_managed) {
            return Err(Error::option(
                "policyArns",
                "must be at most 10 ARNs of managed policies, of the role's partition",
            ));
        }
        Ok(Self {
            endpoint,
            role_arn: options.role_arn,
            session_name,
            duration: options.duration_seconds,
            policy: options.policy,
            policy_arns: options.policy_arns,
        })
    }

    pub(super) fn begin(&self, subject: Secret<String>, entropy: Entropy, asked: Timestamp) -> Step<Credential> {
        let mut form = Form::default();
        form.add("Action", "AssumeRoleWithWebIdentity");
        form.add("Version", "2011-06-15");
        form.add("RoleArn", &self.role_arn);
        form.add("RoleSessionName", &self.session_name);
        form.add("WebIdentityToken", subject.expose());
        for (index, arn) in (1u32..).zip(&self.policy_arns) {
            let name = ["PolicyArns.member.", &index.to_string(), ".arn"].concat();
            form.add(&name, arn);
        }
        form.add_some("Policy", self.policy.as_deref());
        form.add_some("DurationSeconds", self.duration.map(|seconds| seconds.to_string()).as_deref());
        let mut request = answer::post_form(self.endpoint.clone(), form);
        // It answers in XML whatever one would accept.
        request.headers.truncate(1);
        let longest = Duration::from_secs(self.duration.unwrap_or(DEFAULT_DURATION).into());
        retry::send(Provider::Aws, request, entropy, move |response, now| {
            read(response, subject.expose(), asked.min(now).saturating_add(longest), now)
        })
    }
}

/// The endpoint of a region, in the partition that the role is in.
fn endpoint(region: &str, partition: &str) -> Result<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if region.is_empty() || region.len() > 63 || region.starts_with('-') || !region.bytes().all(plain) {
        return Err(Error::option("region", "must be the name of a region, as in `eu-central-1`"));
    }
    let found =
        PARTITIONS.iter().find(|(prefix, ..)| region.starts_with(prefix)).filter(|(_, name, _)| *name == partition);
    let (_, _, domain) = found.ok_or(Error::option("region", "must be in the partition of `roleArn`"))?;
    Ok(["https://sts.", region, ".", domain, "/"].concat())
}

/// The partition of an ARN of IAM; `None` where it is none of this kind.
fn arn_partition<'a>(arn: &'a str, kind: &str, account: bool) -> Option<&'a str> {
    let mut parts = arn.splitn(6, ':');
    let mut part = || parts.next();
    let ("arn", partition, "iam", "", owner, resource) = (part()?, part()?, part()?, part()?, part()?, part()?) else {
        return None;
    };
    let owned = owner.len() == 12 && owner.bytes().all(|byte| byte.is_ascii_digit());
    let name = resource.strip_prefix(kind)?;
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
    let fits = arn.len() <= 2048 && plain && (owned || (!account && owner == "aws"));
    let known = PARTITIONS.iter().any(|(_, name, _)| *name == partition);
    (fits && known).then_some(partition)
}

/// A JSON object with only the characters that a session policy may have.
fn is_policy(policy: &str) -> bool {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}');
    let object = Document::parse(policy.as_bytes()).is_ok_and(|policy| policy.root().kind() == Kind::Object);
    object && policy.chars().count() <= 2048 && policy.chars().all(allowed)
}

/// Keys, or the refusal. `longest` is until when they can live at most, by the clock here: that of AWS may go ahead of it.
fn read(response: &HttpResponse, presented: &str, longest: Timestamp, now: Timestamp) -> Result<Credential> {
    let document = xml::Document::parse(&response.body);
    let root = document.as_ref().ok().map(xml::Document::root);
    let text = |path: &[&str]| Some(root?.text_at(path)?.into_owned());
    if !answer::is_success(response) {
        let (code, message) = (text(&["Error", "Code"]), text(&["Error", "Message"]));
        return Err(answer::rejection(Provider::Aws, response, presented, code, text(&["RequestId"]), message));
    }
    if let Err(NotStrictXml(problem)) = document {
        return Err(answer::invalid(Provider::Aws, problem));
    }
    let result = |path: [&str; 2]| {
        let text = text(&["AssumeRoleWithWebIdentityResult", path[0], path[1]]);
        let text = text.filter(|text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
        text.ok_or(answer::invalid(Provider::Aws, "has no credentials where they should be"))
    };
    let mut members = Object::default();
    members.text("accessKeyId", &result(["Credentials", "AccessKeyId"])?);
    members.text("secretAccessKey", &result(["Credentials", "SecretAccessKey"])?);
    members.text("sessionToken", &result(["Credentials", "SessionToken"])?);
    let arn = result(["AssumedRoleUser", "Arn"])?;
    members.some_text("accountId", arn.split(':').nth(4).filter(|account| !account.is_empty()));
    let expiration = date::rfc3339(&result(["Credentials", "Expiration"])?);
    let expiration = expiration.ok_or(answer::invalid(Provider::Aws, "has no usable `Expiration`"))?;
    Ok(Credential::new(members, Some(answer::alive(Provider::Aws, expiration.min(longest), now)?)))
}
