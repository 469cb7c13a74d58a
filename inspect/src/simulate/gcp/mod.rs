//! Providers of Google Cloud workload identity pools.
//!
//! Source: Google's IAM documentation, "Workload Identity Federation", and the REST resource
//! `projects.locations.workloadIdentityPools.providers`. Not evaluated: the bindings that say what a principal of the
//! pool may do.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::document::{Fields, Node, Source};
use crate::error::{PolicyPosition, Result};
use crate::simulate::cel::{Expression, Failure};
use crate::simulate::claims::Claims;
use crate::simulate::report::{Effect, PolicyCheck, PolicyRule};
use crate::simulate::{Evaluation, Evaluator};

/// How long `google.subject` may be, in bytes.
const MAX_SUBJECT: usize = 127;
/// How long all mapped attributes together may be.
const MAX_ATTRIBUTES: usize = 8 * 1024;

/// A provider, ready to be held against tokens.
pub struct Gcp {
    position: PolicyPosition,
    issuer: Place<String>,
    /// The listed audiences, or those that stand for the provider itself; none where its name is not known.
    audiences: Option<Place<Vec<String>>>,
    mapping: Vec<(String, Place<Expression>)>,
    condition: Option<Place<Expression>>,
}

/// A value and where it stands.
struct Place<T> {
    value: T,
    position: PolicyPosition,
}

impl Gcp {
    /// Reads a provider as `gcloud iam workload-identity-pools providers describe --format=json` prints it.
    ///
    /// # Errors
    /// `ERR_POLICY_INVALID` for what Google would not take.
    pub fn read(policy: &Source<'_>) -> Result<Self> {
        let root = policy.root();
        let position = root.position();
        let mut fields = Fields::new(root)?;
        for known in ["displayName", "description", "state", "disabled", "expireTime", "etag"] {
            fields.take(known);
        }
        for other in ["aws", "saml", "x509"] {
            if let Some(node) = fields.take(other) {
                return Err(node.error_at("makes it another kind of provider; only OIDC providers take tokens"));
            }
        }
        let name = fields.take("name");
        let own_name = name.as_ref().map(Node::string).transpose()?;
        let [issuer, audiences, jwks] = fields.required("oidc")?.only(["issuerUri", "allowedAudiences", "jwksJson"])?;
        jwks.map(|jwks| jwks.string()).transpose()?;
        let issuer = issuer.ok_or_else(|| policy.root().error_at("must have an `oidc.issuerUri`"))?;
        let uri = issuer.string()?;
        if !uri.starts_with("https://") {
            return Err(issuer.error_at("must begin with `https://`"));
        }
        let audiences = match audiences.filter(|list| !list.one_or_many().is_empty()) {
            Some(list) => Some(Place { value: allowed(&list)?, position: list.position() }),
            None => own_name.zip(name).map(|(name, node)| Place {
                value: vec![format!("https://iam.googleapis.com/{name}"), format!("//iam.googleapis.com/{name}")],
                position: node.position(),
            }),
        };
        let mapping = mapping(&fields.required("attributeMapping")?)?;
        let condition = fields.take("attributeCondition").map(|node| expression(&node, 4096)).transpose()?;
        fields.finish()?;
        let issuer = Place { value: uri, position: issuer.position() };
        Ok(Self { position, issuer, audiences, mapping, condition })
    }
}

fn allowed(list: &Node<'_>) -> Result<Vec<String>> {
    let audiences = list.strings()?;
    if audiences.len() > 10 || audiences.iter().any(|audience| audience.len() > 256) {
        return Err(list.error_at("must have at most ten audiences of at most 256 characters"));
    }
    Ok(audiences)
}

fn mapping(node: &Node<'_>) -> Result<Vec<(String, Place<Expression>)>> {
    let mut mapping = Vec::new();
    for (key, node) in node.members()? {
        let custom = key.strip_prefix("attribute.").is_some_and(|name| {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
            (1..=100).contains(&name.len()) && name.bytes().all(plain)
        });
        if !custom && key != "google.subject" && key != "google.groups" {
            return Err(node.error_at(
                "is no attribute of Google's: there are `google.subject`, `google.groups` and `attribute.<name>` in \
                 lower case",
            ));
        }
        mapping.push((key.into_owned(), expression(&node, 2048)?));
    }
    if mapping.len() > 52 {
        return Err(node.error_at("must have at most fifty attributes"));
    }
    if mapping.iter().all(|(key, _)| key != "google.subject") {
        return Err(node.error_at("must map `google.subject`"));
    }
    Ok(mapping)
}

fn expression(node: &Node<'_>, limit: usize) -> Result<Place<Expression>> {
    let text = node.string()?;
    if text.chars().count() > limit {
        return Err(node.error_at(format!("must have at most {limit} characters")));
    }
    match Expression::read(&text) {
        Ok(value) => Ok(Place { value, position: node.position() }),
        Err(problem) => Err(node.error_at(format!("is no expression of CEL: {problem}"))),
    }
}

impl Evaluator for Gcp {
    fn evaluate(&self, claims: Claims<'_>) -> Evaluation {
        let mut checks = vec![self.issuer(claims), self.audience(claims)];
        let (mut google, mut attribute, mut size) = (Map::new(), Map::new(), 0);
        let assertion = Value::Object(claims.0.clone());
        for (key, place) in &self.mapping {
            let (check, value) = map(key, place, &assertion);
            checks.push(check);
            if let Some(value) = value {
                size += value.to_string().len();
                match key.split_once('.') {
                    Some(("google", name)) => google.insert(name.to_owned(), value),
                    _ => attribute.insert(key.trim_start_matches("attribute.").to_owned(), value),
                };
            }
        }
        if size > MAX_ATTRIBUTES {
            let (wanted, found) = (vec![format!("at most {MAX_ATTRIBUTES} bytes")], Some(vec![size.to_string()]));
            let fix = || "map fewer or shorter claims".to_owned();
            checks.push(PolicyCheck::new("the size of all attributes", wanted, found, Some(false), fix, None));
        }
        let variables =
            [("assertion", &assertion), ("google", &Value::Object(google)), ("attribute", &Value::Object(attribute))];
        for part in self.condition.iter().flat_map(|place| place.value.conjuncts()) {
            checks.push(self.condition(&part, &variables, claims));
        }
        let rule = PolicyRule::new("the provider", Effect::Allow, checks, Some(self.position.clone()));
        Evaluation { checks: Vec::new(), rules: vec![rule] }
    }
}

impl Gcp {
    fn issuer(&self, claims: Claims<'_>) -> PolicyCheck {
        let Place { value: wanted, position } = &self.issuer;
        let found = claims.text("iss");
        let fix = || match found {
            Some(found) if found.trim_end_matches('/') == wanted.trim_end_matches('/') => {
                format!("only a slash at the end differs: the token has `{found}`")
            }
            Some(found) => format!("`oidc.issuerUri` must be the token's issuer: `{found}`"),
            None => "the token has no `iss`".to_owned(),
        };
        let passed = found == Some(wanted.as_str());
        let found = found.map(|found| vec![found.to_owned()]);
        PolicyCheck::new("the issuer", vec![wanted.clone()], found, Some(passed), fix, Some(position.clone()))
    }

    fn audience(&self, claims: Claims<'_>) -> PolicyCheck {
        let found = claims.texts("aud");
        let Some(Place { value: wanted, position }) = &self.audiences else {
            let fix = || "without `allowedAudiences`, the provider's own `name` is the audience: give it".to_owned();
            return PolicyCheck::new("the audience", Vec::new(), found, None, fix, None);
        };
        let passed = found.iter().flatten().any(|audience| wanted.contains(audience));
        let fix = || match &found {
            Some(found) => format!("add `{}` to `oidc.allowedAudiences`", found.join("`, `")),
            None => "the token has no `aud`".to_owned(),
        };
        PolicyCheck::new("the audience", wanted.clone(), found.clone(), Some(passed), fix, Some(position.clone()))
    }

    fn condition(&self, part: &Expression, variables: &[(&str, &Value)], claims: Claims<'_>) -> PolicyCheck {
        let value = part.value(variables);
        let found: Vec<String> = part
            .claims()
            .iter()
            .map(|name| match claims.shown(name) {
                Some(values) => format!("{name}: {}", values.join(", ")),
                None => format!("{name}: none"),
            })
            .collect();
        let passed = match &value {
            Ok(value) => Some(*value == json!(true)),
            Err(Failure::Fails(_)) => Some(false),
            Err(Failure::Unknown(_)) => None,
        };
        let fix = || match &value {
            Ok(Value::Bool(_)) => "change the condition if such tokens may come in".to_owned(),
            Ok(_) => "a condition must be true or false".to_owned(),
            Err(failure) => failure.to_string(),
        };
        let position = self.condition.as_ref().map(|place| place.position.clone());
        PolicyCheck::new("the condition", vec![part.text.clone()], Some(found), passed, fix, position)
    }
}

/// One attribute: what is said of it, and its value.
fn map(key: &str, place: &Place<Expression>, assertion: &Value) -> (PolicyCheck, Option<Value>) {
    let value = place.value.value(&[("assertion", assertion)]);
    let problem = match &value {
        Ok(Value::String(text)) if key == "google.subject" && text.len() > MAX_SUBJECT => Some(format!(
            "`google.subject` has {} bytes, and {MAX_SUBJECT} are allowed: map something shorter",
            text.len()
        )),
        Ok(Value::String(text)) if key == "google.subject" && text.is_empty() => {
            Some("`google.subject` must not be empty".to_owned())
        }
        Ok(Value::String(_)) if key != "google.groups" => None,
        Ok(Value::Array(items)) if key == "google.groups" && items.iter().all(Value::is_string) => None,
        Ok(_) if key == "google.groups" => Some("must be a list of strings".to_owned()),
        Ok(_) => Some("must be a string".to_owned()),
        Err(failure) => Some(failure.to_string()),
    };
    let passed = match (&problem, &value) {
        (None, _) => Some(true),
        (_, Err(Failure::Unknown(_))) => None,
        _ => Some(false),
    };
    let found = value.as_ref().ok().map(|value| match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap_or_default().to_owned()).collect(),
        other => vec![other.to_string()],
    });
    let (wanted, position) = (vec![place.value.text.clone()], Some(place.position.clone()));
    let check = PolicyCheck::new(
        format!("the mapping of {key}"),
        wanted,
        found,
        passed,
        || problem.unwrap_or_default(),
        position,
    );
    (check, value.ok().filter(|_| passed == Some(true)))
}
