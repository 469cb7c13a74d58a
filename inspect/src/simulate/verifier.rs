//! The options of `createVerifier` and `createVercelVerifier`: read, and held against the token, by the core itself.

use countersign::Error as CoreError;
use countersign::encoding::json::{Document, JsonError};
use countersign::error::ClaimReason;
use countersign::issuer::{self, Profile, VercelVerifierOptions, VerifierOptions};
use countersign::jwt::{Finding, Policy};
use countersign::options::{self, OptionValue};
use countersign::time::Timestamp;
use serde_json::{Map, Value};

use crate::document::Source;
use crate::error::Result;
use crate::simulate::claims::Claims;
use crate::simulate::report::{Effect, PolicyCheck, PolicyRule};
use crate::simulate::{Evaluation, Evaluator};

/// Options that have no part in the decision, or cannot be written down.
const ELSEWHERE: [&str; 6] = ["jwks", "jwksStore", "storeTimeout", "onStoreError", "cache", "fetch"];

/// A verifier, ready to be held against tokens.
pub struct Options {
    policy: Policy,
    profile: Profile,
    header: Option<Map<String, Value>>,
    now: Option<Timestamp>,
}

impl Options {
    /// Reads options as `createVerifier` does, or `createVercelVerifier` if `vercel`. Keys play no part.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION`, as these functions throw it.
    pub fn read(
        policy: &Source<'_>,
        vercel: bool,
        header: Option<Map<String, Value>>,
        now: Option<Timestamp>,
    ) -> Result<Self> {
        let root = policy.root();
        let mut value = serde_json::from_str(root.raw()).unwrap_or(OptionValue::Unsupported);
        if let OptionValue::Object(members) = &mut value {
            members.retain(|(name, _)| !ELSEWHERE.contains(&name.as_str()));
        }
        let (policy, profile, keys) = if vercel {
            options::read::<VercelVerifierOptions>(&value, &ELSEWHERE)?.into_policy()?
        } else {
            options::read::<VerifierOptions>(&value, &ELSEWHERE)?.into_policy()?
        };
        issuer::check(&policy, &keys)?;
        Ok(Self { policy, profile, header, now })
    }
}

impl Evaluator for Options {
    fn evaluate(&self, claims: Claims<'_>) -> Evaluation {
        let checks = match self.findings(claims) {
            Ok(findings) => findings.into_iter().map(|finding| self.check(finding, claims)).collect(),
            Err(error) => {
                let fix = || error.to_string();
                vec![PolicyCheck::new("the claims set", Vec::new(), None, Some(false), fix, None)]
            }
        };
        let rule = PolicyRule::new("the verifier", Effect::Allow, checks, None);
        Evaluation { checks: Vec::new(), rules: vec![rule] }
    }
}

impl Options {
    fn findings(&self, claims: Claims<'_>) -> Result<Vec<Finding>, CoreError> {
        // Both were read strictly before, so their texts are strict too.
        let problem = |JsonError(problem)| CoreError::InvalidJwt(problem);
        let text = Value::Object(claims.0.clone()).to_string();
        let document = Document::parse(text.as_bytes()).map_err(problem)?;
        let text = self.header.as_ref().map(|header| Value::Object(header.clone()).to_string());
        let header = text.as_ref().map(|text| Document::parse(text.as_bytes()).map_err(problem)).transpose()?;
        issuer::explain(&self.policy, self.profile, header.as_ref().map(Document::root), document.root(), self.now)
    }

    fn check(&self, Finding { name, wanted, result }: Finding, claims: Claims<'_>) -> PolicyCheck {
        let found = match &*name {
            "alg" | "typ" => self.header.as_ref().and_then(|header| Claims(header).shown(&name)),
            name => claims.shown_time(name).or_else(|| claims.shown(name)),
        };
        let passed = Some(result.is_ok());
        let fix = || match &result {
            Err(error) => match (error, &found) {
                (CoreError::Claim { reason: ClaimReason::CheckFailed, .. }, Some(found)) if !wanted.is_empty() => {
                    format!("{error}: it is `{}`", found.join("`, `"))
                }
                _ => error.to_string(),
            },
            Ok(()) => String::new(),
        };
        let what = if name == "exp" { "the times".to_owned() } else { format!("`{name}`") };
        PolicyCheck::new(what, wanted.clone(), found.clone(), passed, fix, None)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::Error;
    use crate::simulate::{PolicyWarning, Simulation, simulate};

    fn claims() -> Value {
        json!({
            "iss": "https://oidc.vercel.com/acme", "aud": "https://vercel.com/acme", "exp": 2_000_000_000,
            "sub": "owner:acme:project:site:environment:production",
            "owner": "acme", "owner_id": "team_1", "project": "site", "project_id": "prj_1", "environment": "production",
        })
    }

    fn run(kind: &str, options: &Value, claims: &Value, now: Option<i64>) -> Result<Simulation, Error> {
        let now = now.and_then(Timestamp::from_seconds);
        simulate(kind, &options.to_string(), &OptionValue::Object(Vec::new()), &claims.to_string(), now)
    }

    fn vercel(edit: &[(&str, Value)]) -> Value {
        let mut options = json!({ "team": "acme", "projectId": "prj_1", "environment": "production" });
        for (name, value) in edit {
            options[*name] = value.clone();
        }
        options
    }

    #[test]
    fn a_vercel_verifier_is_explained_condition_by_condition() {
        let simulation = run("vercel-verifier", &vercel(&[]), &claims(), Some(1_900_000_000)).unwrap();
        assert!(simulation.accepted && simulation.warnings.is_empty(), "{simulation:?}");
        let names: Vec<_> = simulation.rules[0].checks.iter().map(|check| check.what.as_str()).collect();
        let wanted =
            ["`iss`", "`sub`", "`aud`", "`owner`", "`project_id`", "`environment`", "the times", "`sub`", "`iss`"];
        assert_eq!(names, wanted);
        for (claim, value, wanted) in [
            ("environment", json!("preview"), "claim `environment` is not what this verifier expects: it is `preview`"),
            ("project_id", json!(7), "claim `project_id` has the wrong type or form"),
            ("owner", Value::Null, "claim `owner` has the wrong type or form"),
            (
                "sub",
                json!("owner:acme:project:site:environment:preview"),
                "claim `sub` is not what this verifier expects",
            ),
            ("exp", json!(1_800_000_000), "the token has expired"),
        ] {
            let mut claims = claims();
            claims[claim] = value;
            let simulation = run("vercel-verifier", &vercel(&[]), &claims, Some(1_900_000_000)).unwrap();
            assert!(!simulation.accepted && simulation.summary.contains(wanted), "{}", simulation.summary);
        }
    }

    #[test]
    fn wide_options_are_called_wide() {
        let codes = |options: &Value| {
            let simulation = run("vercel-verifier", options, &claims(), None).unwrap();
            simulation.warnings.iter().map(PolicyWarning::code_name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(codes(&vercel(&[("projectId", json!("*")), ("ownerId", json!("team_1"))])), "other-project");
        assert_eq!(codes(&vercel(&[("environment", json!("*"))])), "preview development other-environment");
        assert_eq!(codes(&vercel(&[("environment", json!(["production", "preview"]))])), "preview");
    }

    #[test]
    fn any_verifier_says_the_same_as_its_errors() {
        let options = json!({ "issuer": "https://oidc.vercel.com/acme", "audience": "api", "claims": { "environment": ["production"] },
            "requiredClaims": ["jti"], "jwks": "https://oidc.vercel.com/acme/keys", "cache": { "tokens": 0 } });
        let simulation = run("verifier", &options, &claims(), None).unwrap();
        let failed: Vec<_> = simulation.rules[0].checks.iter().filter(|check| check.passed == Some(false)).collect();
        assert_eq!(failed.iter().map(|check| check.what.as_str()).collect::<Vec<_>>(), ["`jti`", "`aud`"]);
        assert_eq!(simulation.summary, "refused: `jti` (the verifier): claim `jti` is missing");
        let error = run("verifier", &json!({ "issuer": "https://x.example" }), &claims(), None).unwrap_err();
        assert!(error.to_string().starts_with("`audience` is required"), "{error}");
        let error = run("verifier", &json!([]), &claims(), None).unwrap_err();
        assert_eq!(error.code(), "ERR_INVALID_OPTION");
    }

    #[test]
    fn a_token_has_a_header_too() {
        let encode = |value: Value| countersign::encoding::base64url::encode(value.to_string().as_bytes());
        let token = |header: Value| format!("{}.{}.AQ", encode(header), encode(claims()));
        let run = |header: Value| {
            simulate(
                "vercel-verifier",
                &vercel(&[]).to_string(),
                &OptionValue::Object(Vec::new()),
                &token(header),
                None,
            )
            .unwrap()
        };
        assert!(run(json!({ "alg": "RS256", "typ": "JWT" })).accepted);
        assert!(run(json!({ "alg": "ES256" })).summary.contains("`alg` is not allowed here"));
        assert!(run(json!({ "alg": "RS256", "typ": "at+jwt" })).summary.contains("`typ`"));
    }
}
