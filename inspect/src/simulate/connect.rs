//! Which projects may use a connector of Vercel Connect, and in which environments.
//!
//! Source: Vercel's documentation of Connect: the service verifies who is calling, then looks whether that project is
//! linked to the connector and the link is enabled for the environment. Not evaluated: what the connector's own
//! installation allows.

use countersign::issuer::vercel::GLOBAL_ISSUER;

use crate::document::{Node, Source};
use crate::error::{PolicyPosition, Result};
use crate::simulate::claims::Claims;
use crate::simulate::report::{Effect, PolicyCheck, PolicyRule};
use crate::simulate::{Evaluation, Evaluator};

/// The links of a connector, ready to be held against tokens.
pub struct Connect {
    owner_id: Option<(String, PolicyPosition)>,
    links: Vec<Link>,
}

struct Link {
    project: (String, PolicyPosition),
    environments: (Vec<String>, PolicyPosition),
    position: PolicyPosition,
}

impl Connect {
    /// Reads `{ ownerId?, links: [{ projectId, environments }] }`.
    ///
    /// # Errors
    /// `ERR_POLICY_INVALID` where it has another form.
    pub fn read(policy: &Source<'_>) -> Result<Self> {
        let root = policy.root();
        let [owner_id, links] = root.only(["ownerId", "links"])?;
        let owner_id = match owner_id {
            Some(node) => Some((node.name()?, node.position())),
            None => None,
        };
        let links = links.ok_or_else(|| root.error_at("must have `links`"))?;
        let links = links.one_or_many().iter().map(Link::read).collect::<Result<_>>()?;
        Ok(Self { owner_id, links })
    }
}

impl Link {
    fn read(node: &Node<'_>) -> Result<Self> {
        let [project, environments] = node.only(["projectId", "environments"])?;
        let project = project.ok_or_else(|| node.error_at("must have a `projectId`"))?;
        let environments = environments.ok_or_else(|| node.error_at("must have `environments`"))?;
        Ok(Self {
            project: (project.name()?, project.position()),
            environments: (environments.strings()?, environments.position()),
            position: node.position(),
        })
    }

    fn rule(&self, claims: Claims<'_>) -> PolicyRule {
        let project = compare("project_id", std::slice::from_ref(&self.project.0), claims, &self.project.1, || {
            "link the project to the connector; a project is known by its id and not by its name".to_owned()
        });
        let environment = compare("environment", &self.environments.0, claims, &self.environments.1, || {
            "enable the link for the token's environment".to_owned()
        });
        let name = format!("the link of {}", self.project.0);
        PolicyRule::new(name, Effect::Allow, vec![project, environment], Some(self.position.clone()))
    }
}

fn compare(
    claim: &str,
    wanted: &[String],
    claims: Claims<'_>,
    position: &PolicyPosition,
    fix: impl FnOnce() -> String,
) -> PolicyCheck {
    let found = claims.text(claim);
    let passed = found.is_some_and(|found| wanted.iter().any(|wanted| wanted == found));
    let fix = || if found.is_some() { fix() } else { format!("the token has no `{claim}`") };
    let shown = found.map(|found| vec![found.to_owned()]);
    PolicyCheck::new(format!("`{claim}`"), wanted.to_vec(), shown, Some(passed), fix, Some(position.clone()))
}

impl Evaluator for Connect {
    fn evaluate(&self, claims: Claims<'_>) -> Evaluation {
        let found = claims.text("iss");
        let vercel = found.is_some_and(|issuer| {
            issuer.strip_prefix(GLOBAL_ISSUER).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let wanted = vec![GLOBAL_ISSUER.to_owned(), format!("{GLOBAL_ISSUER}/<team>")];
        let fix = || "Connect takes Vercel's own tokens only".to_owned();
        let shown = found.map(|found| vec![found.to_owned()]);
        let mut checks = vec![PolicyCheck::new("the issuer", wanted, shown, Some(vercel), fix, None)];
        if let Some((owner_id, position)) = &self.owner_id {
            let fix = || "the connector belongs to another team".to_owned();
            checks.push(compare("owner_id", std::slice::from_ref(owner_id), claims, position, fix));
        }
        Evaluation { checks, rules: self.links.iter().map(|link| link.rule(claims)).collect() }
    }

    fn names_audiences(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use countersign::options::OptionValue;
    use serde_json::{Value, json};

    use crate::error::Error;
    use crate::simulate::{PolicyWarning, Simulation, simulate};

    fn run(policy: &Value, edit: &[(&str, Value)]) -> Result<Simulation, Error> {
        let mut claims = json!({
            "iss": "https://oidc.vercel.com/acme", "aud": "https://vercel.com/acme",
            "sub": "owner:acme:project:site:environment:production",
            "owner": "acme", "owner_id": "team_1", "project": "site", "project_id": "prj_1", "environment": "production",
        });
        for (name, value) in edit {
            claims[*name] = value.clone();
        }
        simulate("connect", &policy.to_string(), &OptionValue::Object(Vec::new()), &claims.to_string(), None)
    }

    fn policy() -> Value {
        json!({ "ownerId": "team_1", "links": [
            { "projectId": "prj_1", "environments": ["production", "preview"] },
            { "projectId": "prj_2", "environments": ["development"] },
        ]})
    }

    #[test]
    fn a_linked_project_in_an_enabled_environment_gets_in() {
        let simulation = run(&policy(), &[]).unwrap();
        assert_eq!(simulation.summary, "accepted by the link of prj_1");
        let codes: Vec<_> = simulation.warnings.iter().map(PolicyWarning::code_name).collect();
        assert_eq!(codes, ["preview"]);
        for (claim, value, wanted) in [
            ("environment", json!("development"), "enable the link for the token's environment"),
            ("project_id", json!("prj_3"), "link the project to the connector"),
            ("owner_id", json!("team_2"), "belongs to another team"),
            ("iss", json!("https://oidc.vercel.com.evil.example"), "Vercel's own tokens only"),
            ("project_id", Value::Null, "the token has no `project_id`"),
        ] {
            let simulation = run(&policy(), &[(claim, value)]).unwrap();
            assert!(!simulation.accepted && simulation.summary.contains(wanted), "{}", simulation.summary);
        }
    }

    #[test]
    fn another_form_is_refused_with_its_place() {
        for (policy, path) in [
            (json!({}), ""),
            (json!({ "links": [{ "projectId": "prj_1" }] }), "links[0]"),
            (json!({ "links": [{ "projectId": "", "environments": ["x"] }] }), "links[0].projectId"),
            (json!({ "links": [{ "projectId": "prj_1", "environments": [] }] }), "links[0].environments"),
            (json!({ "links": [], "project": 1 }), "project"),
        ] {
            match run(&policy, &[]) {
                Err(Error::Policy { position, .. }) => assert_eq!(position.path, path, "{policy}"),
                other => panic!("{policy}: {other:?}"),
            }
        }
    }
}
