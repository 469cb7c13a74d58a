//! Federated credentials of Microsoft Entra: on applications and on managed identities.
//!
//! Source: Microsoft's documentation of workload identity federation and, for `claimsMatchingExpression`, of flexible
//! federated identity credentials (language version 1).

use crate::document::{Fields, Node, Source};
use crate::error::{PolicyPosition, Result};
use crate::simulate::claims::Claims;
use crate::simulate::pattern::{Pattern, Syntax};
use crate::simulate::report::{Effect, PolicyCheck, PolicyRule};
use crate::simulate::{Evaluation, Evaluator};

/// How many credentials an application may have.
const MAX_CREDENTIALS: usize = 20;

/// Credentials, ready to be held against tokens.
pub struct Azure(Vec<Credential>);

struct Credential {
    name: String,
    position: PolicyPosition,
    issuer: (String, PolicyPosition),
    audiences: (Vec<String>, PolicyPosition),
    subject: Matching,
}

/// How the subject is compared.
enum Matching {
    Exact(String, PolicyPosition),
    Expression(Vec<Clause>, PolicyPosition),
}

/// `claims['<claim>'] eq|matches '<comparand>'`.
#[derive(Debug, PartialEq, Eq)]
struct Clause {
    claim: String,
    wildcards: bool,
    comparand: String,
}

impl Azure {
    /// Reads one credential or several, as `az ad app federated-credential list` prints them.
    ///
    /// # Errors
    /// `ERR_POLICY_INVALID` for what Entra would not take.
    pub fn read(policy: &Source<'_>) -> Result<Self> {
        let root = policy.root();
        let credentials = root.one_or_many();
        if credentials.is_empty() || credentials.len() > MAX_CREDENTIALS {
            return Err(root.error_at(format!("must have 1 to {MAX_CREDENTIALS} credentials")));
        }
        credentials
            .into_iter()
            .enumerate()
            .map(|(index, node)| Credential::read(index, node))
            .collect::<Result<_>>()
            .map(Self)
    }
}

impl Credential {
    fn read(index: usize, node: Node<'_>) -> Result<Self> {
        let position = node.position();
        let mut fields = Fields::new(node.clone())?;
        for known in ["id", "description", "@odata.type", "@odata.context", "resourceGroup", "type"] {
            fields.take(known);
        }
        let name = fields.take("name").map(|name| name.name()).transpose()?;
        let issuer = fields.required("issuer")?;
        let audiences = fields.required("audiences")?;
        let listed = audiences.strings()?;
        if listed.len() != 1 {
            return Err(audiences.error_at("must have one audience: Entra takes no more"));
        }
        let null = |node: &Node<'_>| node.raw() == "null";
        let subject = fields.take("subject").filter(|node| !null(node));
        let expression = fields.take("claimsMatchingExpression").filter(|node| !null(node));
        fields.finish()?;
        let subject = match (subject, expression) {
            (Some(subject), None) => Matching::Exact(subject.name()?, subject.position()),
            (None, Some(node)) => {
                let [value, version] = node.only(["value", "languageVersion"])?;
                if let Some(version) = version.filter(|version| version.raw() != "1") {
                    return Err(version.error_at("must be 1"));
                }
                let value = value.ok_or_else(|| node.error_at("must have a `value`"))?;
                let clauses = clauses(&value.string()?).map_err(|problem| value.error_at(problem))?;
                Matching::Expression(clauses, value.position())
            }
            (Some(_), Some(both)) => return Err(both.error_at("cannot stand beside `subject`")),
            (None, None) => return Err(node.error_at("must have a `subject` or a `claimsMatchingExpression`")),
        };
        Ok(Self {
            name: name.unwrap_or_else(|| format!("credential {}", index + 1)),
            position,
            issuer: (issuer.name()?, issuer.position()),
            audiences: (listed, audiences.position()),
            subject,
        })
    }

    fn rule(&self, claims: Claims<'_>) -> PolicyRule {
        let (issuer, position) = &self.issuer;
        let mut checks = vec![exact("issuer", "iss", std::slice::from_ref(issuer), claims, position)];
        let (audiences, position) = &self.audiences;
        checks.push(exact("audience", "aud", audiences, claims, position));
        match &self.subject {
            Matching::Exact(subject, position) => {
                checks.push(exact("subject", "sub", std::slice::from_ref(subject), claims, position));
            }
            Matching::Expression(clauses, position) => {
                checks.push(takes_expressions(issuer, clauses, position));
                checks.extend(clauses.iter().map(|clause| clause.check(claims, position)));
            }
        }
        PolicyRule::new(self.name.clone(), Effect::Allow, checks, Some(self.position.clone()))
    }
}

impl Evaluator for Azure {
    fn evaluate(&self, claims: Claims<'_>) -> Evaluation {
        let rules = self.0.iter().map(|credential| credential.rule(claims)).collect();
        Evaluation { checks: Vec::new(), rules }
    }
}

/// Entra compares all three to the letter.
fn exact(what: &str, claim: &str, wanted: &[String], claims: Claims<'_>, position: &PolicyPosition) -> PolicyCheck {
    let found = claims.texts(claim);
    let values = || found.iter().flatten();
    let passed = values().any(|value| wanted.contains(value));
    let near = |same: fn(&str, &str) -> bool| values().any(|a| wanted.iter().any(|b| same(a, b)));
    let fix = || {
        let listed = found.as_ref().map_or(String::new(), |found| found.join("`, `"));
        if found.is_none() {
            format!("the token has no `{claim}`")
        } else if near(|a, b| a.eq_ignore_ascii_case(b)) {
            format!("upper and lower case differ, and Entra compares them: the token has `{listed}`")
        } else if near(|a, b| a.trim_end_matches('/') == b.trim_end_matches('/')) {
            format!("only a slash at the end differs: the token has `{listed}`")
        } else if wanted.iter().any(|wanted| wanted.contains('*')) {
            format!("Entra takes `*` for itself here: write a credential for `{listed}`")
        } else {
            format!("the token has `{listed}`: write a credential with that {what} if such tokens may come in")
        }
    };
    PolicyCheck::new(format!("the {what}"), wanted.to_vec(), found.clone(), Some(passed), fix, Some(position.clone()))
}

/// Expressions are there for some issuers only, and for some of their claims.
fn takes_expressions(issuer: &str, clauses: &[Clause], position: &PolicyPosition) -> PolicyCheck {
    let host = issuer.trim_start_matches("https://");
    let gitlab = host.strip_prefix("gitlab.").is_some_and(|rest| !rest.contains('/'));
    let claims: &[&str] = match host {
        "token.actions.githubusercontent.com" => &["sub", "job_workflow_ref"],
        "app.terraform.io" | "app.eu.terraform.io" => &["sub"],
        _ if gitlab => &["sub"],
        _ => &[],
    };
    let passed = !claims.is_empty() && clauses.iter().all(|clause| claims.contains(&clause.claim.as_str()));
    let fix = || match claims {
        [] => "Entra takes expressions for GitHub, GitLab and Terraform Cloud only: write one credential for each \
               subject, with `subject`"
            .to_owned(),
        known => format!("Entra compares only {} of this issuer", known.join(" and ")),
    };
    let names = clauses.iter().map(|clause| clause.claim.clone()).collect();
    let wanted = claims.iter().map(|&claim| claim.to_owned()).collect();
    PolicyCheck::new(
        "the claims that an expression may name",
        wanted,
        Some(names),
        Some(passed),
        fix,
        Some(position.clone()),
    )
}

impl Clause {
    fn check(&self, claims: Claims<'_>, position: &PolicyPosition) -> PolicyCheck {
        let Self { claim, wildcards, comparand } = self;
        let found = claims.text(claim);
        let syntax = Syntax { wildcards: *wildcards, variables: false };
        let pattern = Pattern::new(comparand, syntax, |_| None);
        let passed = found.is_some_and(|found| pattern.is_ok_and(|pattern| pattern.matches(found, false)));
        let fix = || match found {
            None => format!("the token has no `{claim}`"),
            Some(_) if !wildcards && comparand.contains(['*', '?']) => {
                "`eq` takes `*` and `?` for themselves: use `matches`".to_owned()
            }
            Some(found) => format!("the token has `{found}`"),
        };
        let what = format!("claims['{claim}'] {}", if *wildcards { "matches" } else { "eq" });
        let found = found.map(|found| vec![found.to_owned()]);
        PolicyCheck::new(what, vec![comparand.clone()], found, Some(passed), fix, Some(position.clone()))
    }
}

/// Reads an expression: clauses with `and` between them. Two quotes within a comparand are one.
fn clauses(text: &str) -> Result<Vec<Clause>, &'static str> {
    const FORM: &str = "must be `claims['<claim>'] eq|matches '<text>'`, with `and` between several, and single spaces";
    let mut clauses = Vec::new();
    let mut rest = text;
    loop {
        let (claim, after) = rest.strip_prefix("claims['").and_then(|rest| rest.split_once("'] ")).ok_or(FORM)?;
        let (operator, after) = after.split_once(" '").ok_or(FORM)?;
        let wildcards = match operator {
            "matches" => true,
            "eq" => false,
            _ => return Err(FORM),
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:".contains(&byte);
        if claim.is_empty() || !claim.bytes().all(plain) {
            return Err(FORM);
        }
        let (comparand, after) = quoted(after).ok_or(FORM)?;
        clauses.push(Clause { claim: claim.to_owned(), wildcards, comparand });
        match after {
            "" => return Ok(clauses),
            after => rest = after.strip_prefix(" and ").ok_or(FORM)?,
        }
    }
}

/// Splits a text at the closing quote.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut value, mut rest) = (String::new(), text);
    loop {
        let (before, after) = rest.split_once('\'')?;
        value.push_str(before);
        match after.strip_prefix('\'') {
            Some(after) => {
                value.push('\'');
                rest = after;
            }
            None => return (!value.is_empty()).then_some((value, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign::options::OptionValue;
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Error;
    use crate::simulate::{Simulation, simulate};

    fn claims() -> Value {
        json!({ "iss": "https://oidc.vercel.com/acme", "aud": "https://vercel.com/acme",
                "sub": "owner:acme:project:site:environment:production" })
    }

    fn credential(edit: &[(&str, Value)]) -> Value {
        let mut credential = json!({
            "name": "site-production", "issuer": "https://oidc.vercel.com/acme",
            "subject": "owner:acme:project:site:environment:production", "audiences": ["https://vercel.com/acme"],
        });
        for (name, value) in edit {
            credential[*name] = value.clone();
        }
        credential
    }

    fn run(policy: &Value, claims: &Value) -> Result<Simulation, Error> {
        simulate("azure", &policy.to_string(), &OptionValue::Object(Vec::new()), &claims.to_string(), None)
    }

    #[test]
    fn all_three_are_compared_to_the_letter() {
        let simulation = run(&credential(&[]), &claims()).unwrap();
        assert!(simulation.accepted && simulation.warnings.is_empty(), "{simulation:?}");
        assert_eq!(simulation.summary, "accepted by site-production");
        for (name, value, fix) in [
            ("issuer", json!("https://oidc.vercel.com/acme/"), "only a slash"),
            ("issuer", json!("https://oidc.vercel.com"), "with that issuer"),
            ("audiences", json!(["api://AzureADTokenExchange"]), "with that audience"),
            ("subject", json!("owner:acme:project:site:environment:Production"), "upper and lower case differ"),
            ("subject", json!("owner:acme:project:site:environment:*"), "takes `*` for itself"),
        ] {
            let simulation = run(&credential(&[(name, value)]), &claims()).unwrap();
            assert!(!simulation.accepted && simulation.summary.contains(fix), "{}", simulation.summary);
        }
        let other = credential(&[("subject", json!("x"))]);
        assert!(run(&json!([other, credential(&[])]), &claims()).unwrap().accepted, "one of several is enough");
    }

    #[test]
    fn expressions_of_microsofts_documentation() {
        let run = |expression: &str, sub: &str, workflow: &str| {
            let policy = json!({
                "name": "github", "issuer": "https://token.actions.githubusercontent.com",
                "audiences": ["api://AzureADTokenExchange"], "subject": null,
                "claimsMatchingExpression": { "value": expression, "languageVersion": 1 },
            });
            let claims = json!({ "iss": "https://token.actions.githubusercontent.com",
                "aud": "api://AzureADTokenExchange", "sub": sub, "job_workflow_ref": workflow });
            run(&policy, &claims).unwrap().accepted
        };
        let main = "repo:contoso/contoso-repo:ref:refs/heads/main";
        let workflow = "foo-org/bar-repo/.github/workflows/deploy.yml@refs/heads/main";
        for (expression, sub, accepted) in [
            ("claims['sub'] matches 'repo:contoso/contoso-repo:ref:refs/heads/*'", main, true),
            ("claims['sub'] matches 'repo:contoso/contoso-repo-*:ref:refs/heads/????'", main, false),
            (
                "claims['sub'] matches 'repo:contoso/contoso-repo-*:ref:refs/heads/????'",
                "repo:contoso/contoso-repo-a:ref:refs/heads/main",
                true,
            ),
            (
                "claims['sub'] matches 'repo:contoso/contoso-repo-*:ref:refs/heads/????'",
                "repo:contoso/contoso-repo-a:ref:refs/heads/release",
                false,
            ),
            ("claims['sub'] eq 'repo:contoso/contoso-repo:ref:refs/heads/main'", main, true),
            ("claims['sub'] eq 'repo:contoso/contoso-repo:ref:refs/heads/*'", main, false),
            (
                "claims['sub'] eq 'repo:contoso/contoso-repo:ref:refs/heads/main' and claims['job_workflow_ref'] \
                 matches 'foo-org/bar-repo/.github/workflows/*@refs/heads/main'",
                main,
                true,
            ),
            (
                "claims['sub'] eq 'repo:contoso/contoso-repo:ref:refs/heads/main' and claims['job_workflow_ref'] \
                 matches 'foo-org/other/*'",
                main,
                false,
            ),
            ("claims['sub'] eq 'it''s'", "it's", true),
            ("claims['actor'] eq 'me'", main, false),
        ] {
            assert_eq!(run(expression, sub, workflow), accepted, "{expression} for {sub}");
        }
    }

    #[test]
    fn vercels_tokens_cannot_be_met_by_an_expression() {
        let mut policy = credential(&[]);
        policy.as_object_mut().unwrap().remove("subject");
        policy["claimsMatchingExpression"] = json!({ "value": "claims['sub'] matches 'owner:acme:*'" });
        let simulation = run(&policy, &claims()).unwrap();
        assert!(!simulation.accepted && simulation.summary.contains("GitHub, GitLab and Terraform Cloud only"));
    }

    #[test]
    fn what_entra_would_not_take_is_refused_with_its_place() {
        let expression = |value: &str| {
            credential(&[
                ("subject", Value::Null),
                ("claimsMatchingExpression", json!({ "value": value, "languageVersion": 1 })),
            ])
        };
        for (policy, path) in [
            (credential(&[("audiences", json!([]))]), "audiences"),
            (credential(&[("audiences", json!(["a", "b"]))]), "audiences"),
            (credential(&[("subject", json!(""))]), "subject"),
            (credential(&[("subject", Value::Null)]), ""),
            (credential(&[("audience", json!("x"))]), "audience"),
            (credential(&[("claimsMatchingExpression", json!({ "value": "x" }))]), "claimsMatchingExpression"),
            (expression("claims['sub'] matches x"), "claimsMatchingExpression.value"),
            (expression("claims['sub']  eq 'x'"), "claimsMatchingExpression.value"),
            (expression("claims['sub'] like 'x'"), "claimsMatchingExpression.value"),
            (expression("claims['sub'] eq 'x' or claims['sub'] eq 'y'"), "claimsMatchingExpression.value"),
            (expression("claims['sub'] eq 'x' and "), "claimsMatchingExpression.value"),
            (expression("claims['sub'] eq 'x"), "claimsMatchingExpression.value"),
            (json!([]), ""),
            (json!(vec![credential(&[]); 21]), ""),
        ] {
            match run(&policy, &claims()) {
                Err(Error::Policy { position, .. }) => assert_eq!(position.path, path, "{policy}"),
                other => panic!("{policy}: {other:?}"),
            }
        }
    }
}
