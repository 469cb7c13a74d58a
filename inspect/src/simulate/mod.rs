//! Simulates policies: the decision about a token, condition by condition.
//!
//! The token is not verified: its claims are taken as a cloud would find them after it had verified them.

mod aws;
mod azure;
mod cel;
mod claims;
mod connect;
mod gcp;
mod overbroad;
mod pattern;
mod report;
mod verifier;

use countersign::encoding::date;
use countersign::options::{self, OptionValue};
use countersign::time::Timestamp;
use serde::Deserialize;

use crate::document::Source;
use crate::error::Result;
use crate::token;

pub use aws::AwsContext;
use claims::Claims;
pub use report::{Decision, Effect, PolicyCheck, PolicyKind, PolicyRule, PolicyWarning, Simulation, WarningCode};
use report::{decide, summary};

/// The options that the host keeps to itself.
const HOST_OPTIONS: &[&str] = &["kind", "now", "policy"];

/// A policy that can be held against claims again and again.
trait Evaluator {
    /// The verdict of the policy on these claims.
    fn evaluate(&self, claims: Claims<'_>) -> Evaluation;

    /// Likely mistakes of the policy, as this token shows them.
    fn warnings(&self, _claims: Claims<'_>) -> Vec<PolicyWarning> {
        Vec::new()
    }

    /// Returns whether such a policy can name the audience of a token.
    fn names_audiences(&self) -> bool {
        true
    }
}

/// One answer of a [`Evaluator`].
struct Evaluation {
    checks: Vec<PolicyCheck>,
    rules: Vec<PolicyRule>,
}

/// The context of a policy that needs none.
#[derive(Deserialize)]
struct NoContext {}

/// Holds a policy against a token.
///
/// `policy` is the policy's JSON text. `context` is an object of values that the cloud would know besides: an
/// [`AwsContext`], and without members for every other kind. `token` is a compact token or the JSON text of a claims set.
/// Without `now`, the token's times are not looked at.
///
/// # Errors
/// `ERR_INVALID_OPTION` for `kind` and `context`, `ERR_POLICY_INVALID` for the policy, `ERR_JWS_INVALID` and
/// `ERR_JWT_INVALID` for the token.
pub fn simulate(
    kind: &str,
    policy: &str,
    context: &OptionValue,
    token: &str,
    now: Option<Timestamp>,
) -> Result<Simulation> {
    let kind: PolicyKind = options::read_name("kind", kind)?;
    let policy = Source::read(policy)?;
    let reading = token::read(token)?;
    if kind != PolicyKind::Aws {
        options::read::<NoContext>(context, HOST_OPTIONS)?;
    }
    let options = |vercel| {
        verifier::Options::read(&policy, vercel, reading.header.clone(), now)
            .map(|options| -> Box<dyn Evaluator> { Box::new(options) })
    };
    let evaluator: Box<dyn Evaluator> = match kind {
        PolicyKind::Aws => Box::new(aws::Aws::read(&policy, context, now)?),
        PolicyKind::Gcp => Box::new(gcp::Gcp::read(&policy)?),
        PolicyKind::Azure => Box::new(azure::Azure::read(&policy)?),
        PolicyKind::Connect => Box::new(connect::Connect::read(&policy)?),
        PolicyKind::Verifier => options(false)?,
        PolicyKind::VercelVerifier => options(true)?,
    };
    let claims = Claims(&reading.claims);

    let Evaluation { mut checks, rules } = evaluator.evaluate(claims);
    // A verifier has a tolerance, and looks at the times itself.
    let times_apart = now.filter(|_| !matches!(kind, PolicyKind::Verifier | PolicyKind::VercelVerifier));
    checks.extend(times_apart.into_iter().flat_map(|now| times(claims, now)));
    let decision = decide(&checks, &rules);
    let mut warnings = evaluator.warnings(claims);
    warnings.extend(overbroad::warnings(&*evaluator, claims));
    let summary = summary(decision, &checks, &rules);
    Ok(Simulation { kind, accepted: decision == Decision::Accepted, decision, summary, checks, rules, warnings })
}

/// The checks of the token's times that every cloud makes, without the tolerance that each may have.
fn times(claims: Claims<'_>, now: Timestamp) -> Vec<PolicyCheck> {
    let (now, shown_now) = (now.as_seconds_f64(), date::utc(now));
    let mut checks = Vec::new();
    for (claim, what, holds) in [
        ("exp", "the token has not expired", (|at, now| now < at) as fn(f64, f64) -> bool),
        ("nbf", "the token is valid already", |at, now| now >= at),
    ] {
        let at = claims.number(claim);
        if at.is_some() || claim == "exp" {
            let passed = at.is_some_and(|at| holds(at, now));
            let fix = || match (at, claim) {
                (None, _) => "the token has no `exp`".to_owned(),
                (_, "exp") => "get a new token: this one has expired".to_owned(),
                _ => "the token begins to be valid later: compare the clocks".to_owned(),
            };
            let wanted = format!("{} {shown_now}", if claim == "exp" { "after" } else { "at or before" });
            let found = claims.shown_time(claim).or_else(|| claims.shown(claim));
            checks.push(PolicyCheck::new(what, vec![wanted], found, Some(passed), fix, None));
        }
    }
    checks
}
