//! The condition keys of a call of AssumeRoleWithWebIdentity.
//!
//! Source: the IAM user guide, "Available keys for AWS OIDC federation" and "AWS global condition context keys"; since
//! January 2026 with claims of GitHub's.

use countersign::time::Timestamp;

use crate::simulate::claims::Claims;

/// The claims of which AWS makes condition keys for every OIDC provider.
pub const CLAIMS: [&str; 5] = ["aud", "sub", "amr", "email", "oaud"];

/// And those of GitHub Actions.
const GITHUB: (&str, [&str; 9]) = (
    "token.actions.githubusercontent.com",
    [
        "actor",
        "actor_id",
        "enterprise_id",
        "environment",
        "job_workflow_ref",
        "ref",
        "repository",
        "repository_id",
        "workflow",
    ],
);

/// Providers whose further keys are not listed here.
const OTHERS: [&str; 2] = ["accounts.google.com", "oidc.circleci.com"];

/// The value that a condition finds under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// These values.
    Values(Vec<String>),
    /// The key could be there, and in this call it is not.
    Absent,
    /// AWS never provides this key for such a call.
    NotProvided,
    /// AWS has a value that is not known here.
    Unknown,
}

/// The call.
#[derive(Debug)]
pub struct Request<'a> {
    /// The issuer without `https://`, as AWS names a provider; none for another scheme.
    pub provider: Option<&'a str>,
    /// Values by key, in lower case.
    values: Vec<(String, Vec<String>)>,
}

impl<'a> Request<'a> {
    /// A call with this token. `context` has values of other keys, which go before those that are known here.
    pub fn new(claims: Claims<'a>, context: &[(String, Vec<String>)], now: Option<Timestamp>) -> Self {
        let provider = claims.text("iss").and_then(|issuer| issuer.strip_prefix("https://"));
        let mut values: Vec<_> = context.iter().map(|(key, values)| (key.to_lowercase(), values.clone())).collect();
        let mut add = |key: String, found: Option<Vec<String>>| {
            values.extend(found.map(|found| (key.to_lowercase(), found)));
        };
        if let Some(provider) = provider {
            let audience = claims.texts("aud");
            // Where the token says who asked for it, that is the audience for AWS, and `aud` is `oaud`.
            add(format!("{provider}:aud"), claims.text("azp").map(|azp| vec![azp.to_owned()]).or(audience.clone()));
            add(format!("{provider}:oaud"), audience);
            for claim in ["sub", "amr", "email"].into_iter().chain(further(provider)) {
                add(format!("{provider}:{claim}"), claims.texts(claim));
            }
        }
        add("aws:SecureTransport".into(), Some(vec!["true".into()]));
        if let Some(now) = now {
            add("aws:EpochTime".into(), Some(vec![now.as_seconds().to_string()]));
            add("aws:CurrentTime".into(), Some(vec![now.as_seconds().to_string()]));
        }
        Self { provider, values }
    }

    /// The value under a key.
    pub fn find(&self, key: &str) -> Found {
        let key = key.to_lowercase();
        if let Some((_, values)) = self.values.iter().find(|(known, _)| *known == key) {
            return Found::Values(values.clone());
        }
        let (prefix, name) = key.rsplit_once(':').unwrap_or_default();
        match self.provider {
            Some(provider) if prefix == provider.to_lowercase() => {
                if CLAIMS.contains(&name) || further(provider).any(|claim| claim == name) {
                    Found::Absent
                } else if OTHERS.iter().any(|other| provider.starts_with(other)) {
                    Found::Unknown
                } else {
                    Found::NotProvided
                }
            }
            // The caller has no AWS identity yet, so it has no tags, no account and no organisation.
            _ if prefix == "aws" && (name.starts_with("principal") || ["userid", "username"].contains(&name)) => {
                Found::Absent
            }
            _ if matches!(prefix, "aws" | "sts") => Found::Unknown,
            _ => Found::NotProvided,
        }
    }
}

fn further(provider: &str) -> impl Iterator<Item = &'static str> {
    let (issuer, claims) = GITHUB;
    claims.into_iter().filter(move |_| provider == issuer)
}
