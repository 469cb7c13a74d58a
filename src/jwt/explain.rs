//! The checks of a policy, each by itself: for showing to a person why a token is refused.

use std::borrow::Cow;

use crate::encoding::json::Value;
use crate::error::Result;
use crate::jose::Header;
use crate::jwt::claims::Claims;
use crate::jwt::policy::{Audience, Policy, Typ};
use crate::jwt::policy::{check_claim, check_presence};
use crate::time::Timestamp;

/// One condition of a policy, and whether a token meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The claim, or the header's member.
    pub name: Cow<'static, str>,
    /// The values of which one is wanted; empty where it only has to be there, or in order.
    pub wanted: Vec<String>,
    /// The error that [`super::verify`] would give for this condition alone.
    pub result: Result<()>,
}

/// Holds every condition of a policy against a header, if there is one, and claims; in the order in which
/// [`super::verify`] checks them, and past the first that fails. Without `now`, times are left out.
///
/// **Nothing is verified**: no key is asked for and no signature looked at.
///
/// # Errors
/// [`crate::Error::InvalidJwt`] where `claims` is no object.
pub fn explain(
    policy: &Policy,
    header: Option<Value<'_>>,
    claims: Value<'_>,
    now: Option<Timestamp>,
) -> Result<Vec<Finding>> {
    let claims = Claims::new(claims)?;
    let mut findings = Vec::new();
    let mut add = |name: Cow<'static, str>, wanted: &[String], result: Result<()>| {
        findings.push(Finding { name, wanted: wanted.to_vec(), result });
    };
    if let Some(header) = header {
        let read = Header::read(header, &policy.algorithms);
        let algorithms: Vec<String> = policy.algorithms.iter().map(|algorithm| format!("{algorithm:?}")).collect();
        add("alg".into(), &algorithms, read.as_ref().map(|_| ()).map_err(Clone::clone));
        if let Ok(header) = read {
            let kinds = match &policy.typ {
                Typ::JwtOrAbsent => vec!["JWT".to_owned()],
                Typ::OneOf(kinds) => kinds.clone(),
            };
            add("typ".into(), &kinds, policy.check_typ(&header));
        }
    }
    add("iss".into(), &policy.issuers, policy.check_issuer(&claims).map(|_| ()));
    for name in &policy.required_claims {
        add(name.clone().into(), &[], check_presence(&claims, name));
    }
    add("sub".into(), &policy.subjects, policy.check_subject(&claims));
    match &policy.audience {
        Audience::AnyOf(wanted) => add("aud".into(), wanted, policy.check_audience(&claims)),
        Audience::Unchecked => add("aud".into(), &[], policy.check_audience(&claims)),
    }
    for (name, wanted) in &policy.claims {
        add(name.clone().into(), wanted, check_claim(&claims, name, wanted));
    }
    if let Some(now) = now {
        add("exp".into(), &[], policy.check_times(&claims, now).map(|_| ()));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json::Document;

    #[test]
    fn every_condition_is_held_against_the_token() {
        let policy = Policy {
            subjects: vec!["me".into()],
            claims: vec![("environment".into(), vec!["production".into()])],
            required_claims: vec!["jti".into()],
            ..Policy::new("https://issuer.example", Audience::AnyOf(vec!["api".into()]))
        };
        let header = Document::parse(br#"{"alg":"RS256","typ":"at+jwt"}"#).unwrap();
        let claims = br#"{"iss":"https://issuer.example","aud":"web","sub":"me","environment":"preview","exp":10}"#;
        let claims = Document::parse(claims).unwrap();
        let findings = |now| {
            let found = explain(&policy, Some(header.root()), claims.root(), Timestamp::from_seconds(now)).unwrap();
            found.into_iter().map(|one| (one.name, one.result.map_err(|e| e.code()))).collect::<Vec<_>>()
        };
        const CLAIM: Result<(), &str> = Err("ERR_JWT_CLAIM_VALIDATION_FAILED");
        let wanted = [
            ("alg", Ok(())),
            ("typ", CLAIM),
            ("iss", Ok(())),
            ("jti", CLAIM),
            ("sub", Ok(())),
            ("aud", CLAIM),
            ("environment", CLAIM),
            ("exp", Ok(())),
        ];
        assert_eq!(findings(5), wanted.map(|(name, result)| (name.into(), result)));
        let clock_tolerance = policy.clock_tolerance.as_secs() as i64;
        assert_eq!(findings(10 + clock_tolerance).pop(), Some(("exp".into(), Err("ERR_JWT_EXPIRED"))));
        assert!(explain(&policy, None, Document::parse(b"[]").unwrap().root(), None).is_err());
    }
}
