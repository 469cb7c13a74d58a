//! What a simulation says, in one shape for every kind of policy.

use serde::Serialize;

use crate::error::Position;

/// The kinds of policy that can be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
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

impl Kind {
    /// Every kind, by the name that callers use.
    pub const ALL: [(&'static str, Self); 6] = [
        ("aws", Self::Aws),
        ("gcp", Self::Gcp),
        ("azure", Self::Azure),
        ("connect", Self::Connect),
        ("verifier", Self::Verifier),
        ("vercel-verifier", Self::VercelVerifier),
    ];
}

/// What would become of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It gets in.
    Accepted,
    /// It does not.
    Refused,
    /// That depends on something that neither token nor context says.
    Undecided,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Simulation {
    /// The kind of policy.
    pub kind: Kind,
    /// Whether the token certainly gets in.
    pub accepted: bool,
    /// The same with what is not known told apart.
    pub decision: Decision,
    /// The reason, in a sentence.
    pub summary: String,
    /// What is checked of every token, whatever the rules say.
    pub checks: Vec<Check>,
    /// The rules in the order of the policy.
    pub rules: Vec<Rule>,
    /// Who else would get in, and what is likely to be a mistake.
    pub warnings: Vec<Warning>,
}

/// Whether a rule lets in or keeps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// A token that meets every check gets in, unless a rule denies it.
    Allow,
    /// A token that meets every check is kept out, whatever else allows it.
    Deny,
}

/// One rule: a statement of an IAM policy, a federated credential, a project link.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rule {
    /// What the policy calls it, or where it stands.
    pub name: String,
    /// Whether it lets in or keeps out.
    pub effect: Effect,
    /// Whether all checks are met; none if that is not known here.
    pub applies: Option<bool>,
    /// The conditions, one by one.
    pub checks: Vec<Check>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

impl Rule {
    /// A rule that applies where all of these checks pass.
    pub fn new(name: impl Into<String>, effect: Effect, checks: Vec<Check>, position: Option<Position>) -> Self {
        let applies = all(checks.iter().map(|check| check.passed));
        Self { name: name.into(), effect, applies, checks, position }
    }
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// What is checked, in words.
    pub what: String,
    /// The values of which one is wanted.
    pub wanted: Vec<String>,
    /// What the token has; none if it has nothing there.
    pub found: Option<Vec<String>>,
    /// Whether the condition is met; none if that is not known here.
    pub passed: Option<bool>,
    /// How to have it met, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

impl Check {
    /// A condition; `fix` is asked only where it is not met.
    pub fn new(
        what: impl Into<String>,
        wanted: Vec<String>,
        found: Option<Vec<String>>,
        passed: Option<bool>,
        fix: impl FnOnce() -> String,
        position: Option<Position>,
    ) -> Self {
        let fix = (passed != Some(true)).then(fix);
        Self { what: what.into(), wanted, found, passed, fix, position }
    }
}

/// Something that is no reason to refuse and yet should be known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Warning {
    /// A stable name.
    pub code: &'static str,
    /// In words.
    pub message: String,
    /// Where it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

/// The codes of all warnings, in the order of `WarningCode` in TypeScript; a test compares the two lists.
const CODES: [&str; 14] = [
    "other-team",
    "other-project",
    "other-environment",
    "other-subject",
    "other-audience",
    "preview",
    "development",
    "production",
    "any-principal",
    "not-principal",
    "unknown-key",
    "holds-when-absent",
    "several-values",
    "no-variables",
];

impl Warning {
    /// A warning with one of the codes that there are.
    pub fn new(code: &'static str, message: String, position: Option<Position>) -> Self {
        debug_assert!(CODES.contains(&code), "{code} is in no list");
        Self { code, message, position }
    }
}

/// Whether all hold: false as soon as one does not, unknown if nothing else speaks against it.
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

/// What the checks of the token and the rules add up to.
pub fn decide(checks: &[Check], rules: &[Rule]) -> Decision {
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
pub fn summary(decision: Decision, checks: &[Check], rules: &[Rule]) -> String {
    let applying = |effect| rules.iter().find(|rule| rule.effect == effect && rule.applies == Some(true));
    let turns_on = |check: &Check, rule: Option<&Rule>| {
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
            let failures = |rule: &&Rule| rule.checks.iter().filter(|check| check.passed != Some(true)).count();
            let closest = rules.iter().filter(|rule| rule.effect == Effect::Allow).min_by_key(failures);
            let failed = closest.and_then(|rule| {
                rule.checks.iter().find(|check| check.passed == Some(false)).map(|check| turns_on(check, Some(rule)))
            });
            failed.map_or("refused: nothing allows it".to_owned(), |failed| format!("refused: {failed}"))
        }
        Decision::Undecided => {
            let unknown = |rule: &Rule| rule.checks.iter().find(|check| check.passed.is_none()).cloned();
            let check = rules.iter().filter(|rule| rule.applies.is_none()).find_map(unknown);
            check.map_or("undecided".to_owned(), |check| format!("undecided: {}", turns_on(&check, None)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_one_list_in_both_languages() {
        let types = include_str!("../../../pkg-template/src/inspect/simulation.ts");
        let union = types.split_once("export type WarningCode =").expect("the union").1;
        let codes: Vec<&str> = union.split('\'').skip(1).step_by(2).collect();
        assert_eq!(codes, CODES);
    }

    #[test]
    fn what_is_unknown_decides_only_where_nothing_else_does() {
        let (yes, no) = (Some(true), Some(false));
        for (verdicts, wanted) in [(vec![], yes), (vec![yes, yes], yes), (vec![yes, None], None), (vec![None, no], no)]
        {
            assert_eq!(all(verdicts.clone()), wanted, "{verdicts:?}");
        }
        let check = |passed| Check::new("x", vec![], None, passed, String::new, None);
        let rule = |effect, passed| Rule::new("r", effect, vec![check(passed)], None);
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
