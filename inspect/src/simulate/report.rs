//! Reports of simulations, in one form for every kind of policy.

use serde::{Deserialize, Serialize};

use crate::error::PolicyPosition;

/// The kinds of policy that can be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum PolicyKind {
    /// The trust policy of an AWS IAM role.
    Aws,
    /// A provider of a Google Cloud workload identity pool.
    Gcp,
    /// Federated credentials of Microsoft Entra.
    Azure,
    /// The project links of a connector of Vercel Connect.
    Connect,
    /// The options of `createVerifier`.
    Verifier,
    /// The options of `createVercelVerifier`.
    VercelVerifier,
}

/// The decision about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The token is accepted.
    Accepted,
    /// The token is refused.
    Refused,
    /// That depends on something that neither token nor context says.
    Undecided,
}

/// The decision of a policy about a token, with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Simulation {
    /// The kind of policy.
    pub kind: PolicyKind,
    /// Whether the token certainly gets in.
    pub accepted: bool,
    /// The decision; `undecided` where it depends on a value that neither token nor context holds.
    pub decision: Decision,
    /// The reason, in a sentence.
    pub summary: String,
    /// The checks of every token, whatever the rules say.
    pub checks: Vec<PolicyCheck>,
    /// The statements, credentials or links of the policy, in its order.
    pub rules: Vec<PolicyRule>,
    /// The others that would get in, and likely mistakes.
    pub warnings: Vec<PolicyWarning>,
}

/// Whether a rule lets in or keeps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// A token that meets every check gets in, unless a rule denies it.
    Allow,
    /// A token that meets every check is kept out, whatever else allows it.
    Deny,
}

/// One rule of a policy. It applies where all of its checks are met.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct PolicyRule {
    /// The rule's name in the policy, or its place.
    pub name: String,
    /// A rule that allows lets in, unless one applies that denies.
    pub effect: Effect,
    /// Whether all checks are met; `null` where that is not known here.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "boolean | null"))]
    pub applies: Option<bool>,
    /// The conditions, one by one.
    pub checks: Vec<PolicyCheck>,
    /// Its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub position: Option<PolicyPosition>,
}

impl PolicyRule {
    /// A rule that applies where all of these checks pass.
    pub fn new(
        name: impl Into<String>,
        effect: Effect,
        checks: Vec<PolicyCheck>,
        position: Option<PolicyPosition>,
    ) -> Self {
        let applies = all(checks.iter().map(|check| check.passed));
        Self { name: name.into(), effect, applies, checks, position }
    }
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct PolicyCheck {
    /// The subject of the check, in words.
    pub what: String,
    /// The values of which one is wanted.
    pub wanted: Vec<String>,
    /// The values of the token; `null` for none.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string[] | null"))]
    pub found: Option<Vec<String>>,
    /// Whether the condition is met; `null` where that is not known here.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "boolean | null"))]
    pub passed: Option<bool>,
    /// The way to meet the condition, if it is not met.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub fix: Option<String>,
    /// Its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub position: Option<PolicyPosition>,
}

impl PolicyCheck {
    /// A condition; `fix` is asked only where it is not met.
    pub fn new(
        what: impl Into<String>,
        wanted: Vec<String>,
        found: Option<Vec<String>>,
        passed: Option<bool>,
        fix: impl FnOnce() -> String,
        position: Option<PolicyPosition>,
    ) -> Self {
        let fix = (passed != Some(true)).then(fix);
        Self { what: what.into(), wanted, found, passed, fix, position }
    }
}

/// A finding that does not refuse the token and yet should be known.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct PolicyWarning {
    /// The stable name.
    pub code: WarningCode,
    /// The finding in words.
    pub message: String,
    /// Its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub position: Option<PolicyPosition>,
}

/// Others that get in (`other-…`, `preview`, `development`, `production`; each was tried, with the token of a stranger), or
/// a likely mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "kebab-case")]
pub enum WarningCode {
    /// Another team of Vercel's gets in.
    OtherTeam,
    /// Another project of the team gets in.
    OtherProject,
    /// Any environment gets in.
    OtherEnvironment,
    /// Any other subject of the issuer gets in.
    OtherSubject,
    /// A token for another audience gets in.
    OtherAudience,
    /// Previews get in.
    Preview,
    /// Development gets in.
    Development,
    /// Production gets in.
    Production,
    /// Tokens of every provider in the account get in.
    AnyPrincipal,
    /// Everyone who is not named gets in.
    NotPrincipal,
    /// AWS does not provide the condition key.
    UnknownKey,
    /// The condition also holds where its key is absent.
    HoldsWhenAbsent,
    /// The key has several values, and the operator expects one.
    SeveralValues,
    /// The version of the policy has no variables.
    NoVariables,
}

impl PolicyWarning {
    /// A warning.
    pub fn new(code: WarningCode, message: String, position: Option<PolicyPosition>) -> Self {
        Self { code, message, position }
    }

    /// The code by its name in JavaScript.
    #[cfg(test)]
    pub fn code_name(&self) -> String {
        serde_json::to_value(self.code).unwrap().as_str().unwrap().to_owned()
    }
}

/// Returns whether all hold: false as soon as one does not, unknown if nothing else speaks against it.
pub fn all(verdicts: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut whole = Some(true);
    for one in verdicts {
        match one {
            Some(true) => {}
            Some(false) => return Some(false),
            None => whole = None,
        }
    }
    whole
}

/// The verdict that follows from the checks of the token and the rules.
pub fn decide(checks: &[PolicyCheck], rules: &[PolicyRule]) -> Decision {
    let any = |effect| -> Option<bool> {
        let not = rules.iter().filter(|rule| rule.effect == effect).map(|rule| rule.applies.map(|applies| !applies));
        all(not).map(|none| !none)
    };
    let denied = any(Effect::Deny);
    match all([all(checks.iter().map(|check| check.passed)), denied.map(|denied| !denied), any(Effect::Allow)]) {
        Some(true) => Decision::Accepted,
        Some(false) => Decision::Refused,
        None => Decision::Undecided,
    }
}

/// The decision in a sentence, with the condition that it turns on.
pub fn summary(decision: Decision, checks: &[PolicyCheck], rules: &[PolicyRule]) -> String {
    let applying = |effect| rules.iter().find(|rule| rule.effect == effect && rule.applies == Some(true));
    let turns_on = |check: &PolicyCheck, rule: Option<&PolicyRule>| {
        let place = rule.map_or(String::new(), |rule| format!(" ({})", rule.name));
        let fix = check.fix.as_ref().map_or(String::new(), |fix| format!(": {fix}"));
        format!("{}{place}{fix}", check.what)
    };
    match decision {
        Decision::Accepted => match applying(Effect::Allow) {
            Some(rule) => format!("accepted by {}", rule.name),
            None => "accepted".to_owned(),
        },
        Decision::Refused => {
            if let Some(check) = checks.iter().find(|check| check.passed == Some(false)) {
                return format!("refused: {}", turns_on(check, None));
            }
            if let Some(rule) = applying(Effect::Deny) {
                return format!("refused: {} denies it", rule.name);
            }
            // The rule that comes closest explains most.
            let failures = |rule: &&PolicyRule| rule.checks.iter().filter(|check| check.passed != Some(true)).count();
            let closest = rules.iter().filter(|rule| rule.effect == Effect::Allow).min_by_key(failures);
            let failed = closest.and_then(|rule| {
                rule.checks.iter().find(|check| check.passed == Some(false)).map(|check| turns_on(check, Some(rule)))
            });
            failed.map_or("refused: nothing allows it".to_owned(), |failed| format!("refused: {failed}"))
        }
        Decision::Undecided => {
            let unknown = |rule: &PolicyRule| rule.checks.iter().find(|check| check.passed.is_none()).cloned();
            let check = rules.iter().filter(|rule| rule.applies.is_none()).find_map(unknown);
            check.map_or("undecided".to_owned(), |check| format!("undecided: {}", turns_on(&check, None)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_keeps_null_where_a_value_is_not_known() {
        let check = PolicyCheck::new("x", vec![], None, None, || "y".to_owned(), None);
        let warning = PolicyWarning::new(WarningCode::HoldsWhenAbsent, "z".to_owned(), None);
        let report = Simulation {
            kind: PolicyKind::VercelVerifier,
            accepted: false,
            decision: Decision::Undecided,
            summary: String::new(),
            checks: vec![],
            rules: vec![PolicyRule::new("r", Effect::Allow, vec![check], None)],
            warnings: vec![warning],
        };
        let wanted = serde_json::json!({
            "kind": "vercel-verifier", "accepted": false, "decision": "undecided", "summary": "", "checks": [],
            "rules": [{
                "name": "r", "effect": "allow", "applies": null,
                "checks": [{ "what": "x", "wanted": [], "found": null, "passed": null, "fix": "y" }],
            }],
            "warnings": [{ "code": "holds-when-absent", "message": "z" }],
        });
        assert_eq!(serde_json::to_value(report).unwrap(), wanted);
    }

    #[test]
    fn what_is_unknown_decides_only_where_nothing_else_does() {
        let (yes, no) = (Some(true), Some(false));
        for (verdicts, wanted) in [(vec![], yes), (vec![yes, yes], yes), (vec![yes, None], None), (vec![None, no], no)]
        {
            assert_eq!(all(verdicts.clone()), wanted, "{verdicts:?}");
        }
        let check = |passed| PolicyCheck::new("x", vec![], None, passed, String::new, None);
        let rule = |effect, passed| PolicyRule::new("r", effect, vec![check(passed)], None);
        for (rules, wanted) in [
            (vec![], Decision::Refused),
            (vec![rule(Effect::Allow, None)], Decision::Undecided),
            (vec![rule(Effect::Allow, None), rule(Effect::Allow, yes)], Decision::Accepted),
            (vec![rule(Effect::Allow, yes), rule(Effect::Deny, None)], Decision::Undecided),
            (vec![rule(Effect::Allow, no), rule(Effect::Deny, None)], Decision::Refused),
            (vec![rule(Effect::Allow, None), rule(Effect::Deny, yes)], Decision::Refused),
        ] {
            assert_eq!(decide(&[], &rules), wanted, "{rules:?}");
        }
        assert_eq!(decide(&[check(no)], &[rule(Effect::Allow, yes)]), Decision::Refused);
    }
}
