//! Finds the others that a policy lets in, by evaluating it on tokens like this one that belong to strangers.

use serde_json::{Map, Value, json};

use crate::simulate::Evaluator;
use crate::simulate::claims::Claims;
use crate::simulate::report::{Decision, PolicyWarning, WarningCode, decide};
use crate::token::{self, VercelSubject};

/// A token of a stranger.
struct Probe {
    code: WarningCode,
    claims: Map<String, Value>,
    message: String,
}

/// A name that no policy lets in on purpose.
const STRANGER: &str = "zz-countersign-probe";

/// Holds the policy against the tokens of others. A warning is the proof of itself: such a token really gets in.
pub fn warnings(evaluator: &dyn Evaluator, claims: Claims<'_>) -> Vec<PolicyWarning> {
    let mut warnings: Vec<PolicyWarning> = Vec::new();
    for Probe { code, claims, message } in probes(claims, evaluator.names_audiences()) {
        let evaluation = evaluator.evaluate(Claims(&claims));
        let gets_in = decide(&evaluation.checks, &evaluation.rules) == Decision::Accepted;
        if gets_in && warnings.iter().all(|known| known.code != code) {
            warnings.push(PolicyWarning::new(code, message, None));
        }
    }
    warnings
}

fn probes(claims: Claims<'_>, audiences: bool) -> Vec<Probe> {
    let mut probes = match token::vercel(claims.0) {
        Some(vercel) => strangers(claims, &vercel),
        None => {
            let message = "a token of this issuer with any other subject gets in: compare `sub`".to_owned();
            vec![Probe { code: WarningCode::OtherSubject, claims: with(claims, &[("sub", STRANGER)]), message }]
        }
    };
    if !audiences {
        return probes;
    }
    let message =
        "a token for another audience gets in, one that was meant for another recipient: compare `aud`".to_owned();
    probes.push(Probe {
        code: WarningCode::OtherAudience,
        claims: with(claims, &[("aud", STRANGER), ("azp", STRANGER)]),
        message,
    });
    probes
}

fn strangers(claims: Claims<'_>, own: &VercelSubject) -> Vec<Probe> {
    let VercelSubject { owner, project, environment, .. } = own;
    let mut probes = Vec::new();
    let mut add = |code, message: &str, changed: &[(&str, &str)]| {
        probes.push(Probe { code, claims: with(claims, changed), message: message.to_owned() });
    };
    // One that no prefix would tell apart, and one that has nothing in common.
    for other in [format!("{project}-{STRANGER}"), STRANGER.to_owned()] {
        let message = "another project of the team gets in: name the project";
        let sub = subject(owner, &other, environment);
        add(WarningCode::OtherProject, message, &[("project", &other), ("project_id", "prj_probe"), ("sub", &sub)]);
    }
    for other in ["preview", "development", "production", STRANGER] {
        if other == environment {
            continue;
        }
        let sub = subject(owner, project, other);
        let changed = [("environment", other), ("sub", &*sub)];
        match other {
            "preview" => add(
                WarningCode::Preview,
                "previews get in: these are built from any branch, and from forks where the project builds those",
                &changed,
            ),
            "development" => {
                add(WarningCode::Development, "development gets in: such tokens lie on people's machines", &changed)
            }
            "production" => add(WarningCode::Production, "production gets in besides", &changed),
            _ => add(
                WarningCode::OtherEnvironment,
                "any environment gets in, also ones that are yet to be made",
                &changed,
            ),
        }
    }
    let issuer = claims.text("iss").map(|issuer| match issuer.strip_suffix(&format!("/{owner}")) {
        Some(stem) => format!("{stem}/{STRANGER}"),
        None => issuer.to_owned(),
    });
    let sub = subject(STRANGER, project, environment);
    let changed = [
        ("iss", issuer.as_deref().unwrap_or_default()),
        ("owner", STRANGER),
        ("owner_id", "team_probe"),
        ("sub", &sub),
    ];
    add(WarningCode::OtherTeam, "another team of Vercel's gets in: name the team", &changed);
    probes
}

fn subject(owner: &str, project: &str, environment: &str) -> String {
    format!("owner:{owner}:project:{project}:environment:{environment}")
}

/// The same claims with others in their place; only `sub`, `aud` and `iss` are put in where they are not there.
fn with(claims: Claims<'_>, changed: &[(&str, &str)]) -> Map<String, Value> {
    let mut claims = claims.0.clone();
    for (name, value) in changed {
        if let Some(claim) = claims.get_mut(*name) {
            *claim = json!(value);
        }
    }
    if let (Some((_, sub)), true) = (changed.iter().find(|(name, _)| *name == "sub"), claims.contains_key("scope")) {
        claims.insert("scope".into(), json!(sub));
    }
    claims
}
