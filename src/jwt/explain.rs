//! The checks of a policy, each by itself: for showing to a person why a token is refused.

use std::borrow::Cow;

use crate::encoding::json::Value;
use crate::error::Result;
use crate::jose::Header;
use crate::jwt::claim_rule::{Combinations, Condition};
use crate::jwt::claim_value::ClaimValue;
use crate::jwt::claims::Claims;
use crate::jwt::policy::{Audience, Policy, check_presence};
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
            add("typ".into(), &policy.typ.names(), policy.check_typ(&header));
        }
    }
    let issuer = if policy.trust_domain.is_some() { "sub" } else { "iss" };
    add(issuer.into(), &policy.issuer_names(), policy.check_issuer(&claims).map(|_| ()));
    for name in &policy.required_claims {
        add(name.clone().into(), &[], check_presence(&claims, name));
    }
    add("sub".into(), &policy.subjects, policy.check_subject(&claims));
    match &policy.audience {
        Audience::AnyOf(wanted) => add("aud".into(), wanted, policy.check_audience(&claims)),
        Audience::Unchecked => add("aud".into(), &[], policy.check_audience(&claims)),
    }
    for rule in &policy.claims {
        add(rule.claim.clone().into(), &wanted(&rule.condition), rule.check(&claims));
    }
    let Combinations { claims: names, rows } = &policy.combinations;
    if !rows.is_empty() {
        let result = policy.combinations.check(&claims);
        let failed = match &result {
            Err(crate::Error::Claim { claim, .. }) => names.iter().position(|name| name == claim),
            _ => None,
        };
        for (column, name) in names.iter().enumerate() {
            let mut wanted: Vec<_> = rows.iter().filter_map(|row| row.get(column).cloned().flatten()).collect();
            wanted.dedup();
            add((*name).into(), &wanted, if failed == Some(column) { result.clone() } else { Ok(()) });
        }
    }
    if let Some(now) = now {
        add("exp".into(), &[], policy.check_times(&claims, now).map(|_| ()));
    }
    Ok(findings)
}

/// The values of a condition, as a person reads them.
fn wanted(condition: &Condition) -> Vec<String> {
    let text = |value: &ClaimValue| match value {
        ClaimValue::String(string) => string.clone(),
        ClaimValue::Boolean(boolean) => boolean.to_string(),
        ClaimValue::Number(number) => number.to_string(),
    };
    condition.values().iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json::Document;
    use crate::jwt::claim_rule::ClaimRule;
    use crate::jwt::issuer_template::IssuerTemplate;
    use crate::jwt::policy::Typ;

    #[test]
    fn every_condition_is_held_against_the_token() {
        let policy = Policy {
            subjects: vec!["me".into()],
            claims: vec![ClaimRule::equals("environment", &["production".to_owned()])],
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

    /// Names, values and codes of the findings about `claims`.
    fn found(policy: &Policy, claims: &str) -> Vec<(String, Vec<String>, &'static str)> {
        let header = Document::parse(br#"{"alg":"RS256","typ":"at+jwt"}"#).unwrap();
        let claims = Document::parse(claims.as_bytes()).unwrap();
        let found = explain(policy, Some(header.root()), claims.root(), None).unwrap();
        let code = |finding: &Finding| finding.result.as_ref().map_or_else(|error| error.code(), |()| "ok");
        found.into_iter().map(|one| (one.name.to_string(), one.wanted.clone(), code(&one))).collect()
    }

    #[test]
    fn each_finding_has_the_values_that_are_wanted() {
        let rule = ClaimRule {
            claim: "level".into(),
            condition: Condition::OneOf(vec![
                ClaimValue::Number(3),
                ClaimValue::Boolean(true),
                ClaimValue::String("high".into()),
            ]),
        };
        let template = "https://idp.example/{tenant}";
        let policy = Policy {
            typ: Typ::OneOf(vec!["at+jwt".into(), "JWT".into()]),
            claims: vec![rule],
            issuer_template: Some(IssuerTemplate::new(template.into(), "tid".into(), None).unwrap()),
            ..Policy::new("unused", Audience::AnyOf(vec!["api".into(), "web".into()]))
        };
        let claims = r#"{"iss":"https://idp.example/acme","tid":"acme","aud":"api","level":[3]}"#;
        let expected: [(&str, &[&str]); 6] = [
            ("alg", &["RS256"]),
            ("typ", &["at+jwt", "JWT"]),
            ("iss", &[template]),
            ("sub", &[]),
            ("aud", &["api", "web"]),
            ("level", &["3", "true", "high"]),
        ];
        let strings = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect::<Vec<_>>();
        assert_eq!(found(&policy, claims), expected.map(|(name, wanted)| (name.to_owned(), strings(wanted), "ok")));
    }

    #[test]
    fn the_issuers_that_are_wanted_are_those_of_the_policy() {
        let plain = Policy::new("https://issuer.example", Audience::Unchecked);
        let domain = Policy { trust_domain: Some("prod.example".into()), ..plain.clone() };
        let wanted =
            |policy: &Policy| found(policy, "{}").into_iter().skip(2).map(|(name, wanted, _)| (name, wanted)).next();
        assert_eq!(wanted(&plain), Some(("iss".to_owned(), vec!["https://issuer.example".to_owned()])));
        assert_eq!(wanted(&domain), Some(("sub".to_owned(), vec!["spiffe://prod.example/…".to_owned()])));
    }

    #[test]
    fn of_claims_that_belong_together_the_one_that_excludes_every_row_is_refused() {
        let row = |project: &str, environment: &str| vec![Some(project.to_owned()), Some(environment.to_owned())];
        let policy = Policy {
            combinations: Combinations {
                claims: vec!["project_id", "environment"],
                rows: vec![row("prj_1", "production"), row("prj_1", "preview"), row("prj_2", "production")],
            },
            ..Policy::new("https://issuer.example", Audience::Unchecked)
        };
        const REFUSED: &str = "ERR_JWT_CLAIM_VALIDATION_FAILED";
        for (project, environment, results) in [
            ("prj_1", "preview", ["ok", "ok"]),
            ("prj_2", "preview", ["ok", REFUSED]),
            ("prj_3", "production", [REFUSED, "ok"]),
        ] {
            let claims = format!(r#"{{"project_id":"{project}","environment":"{environment}"}}"#);
            let found = found(&policy, &claims);
            let [.., project_id, environment] = &found[..] else { panic!("{found:?}") };
            assert_eq!([&*project_id.0, &*environment.0], ["project_id", "environment"]);
            assert_eq!([project_id.2, environment.2], results, "{claims}");
            assert_eq!(project_id.1, ["prj_1", "prj_2"]);
            assert_eq!(environment.1, ["production", "preview", "production"]);
        }
    }
}
