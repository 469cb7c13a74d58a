//! Whom a generated policy is to trust: an issuer, an audience, and the subjects that may come in.

use countersign::issuer::vercel::{GLOBAL_ISSUER, Subject};
use serde_json::{Map, Value};

use crate::document::{Fields, Node};
use crate::error::{Error, Result};
use crate::token;

/// The least that a cloud must know to let in some workloads and nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The exact `iss`.
    pub issuer: String,
    /// The exact `aud`.
    pub audience: String,
    /// The exact values of `sub`.
    pub subjects: Vec<String>,
    /// Claims with ids, which do not change hands when a name does. Only some clouds can ask for them.
    pub ids: Vec<(String, String)>,
    /// A short name for the resources: `vercel-site`.
    pub name: String,
}

impl Trust {
    /// Reads `token`, or `team`, `project` and `environment`; with `issuerMode`, `audience`, `ownerId` and `projectId`.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for names that Vercel does not give; the errors of [`token::read`] for the token.
    pub fn read(fields: &mut Fields<'_>) -> Result<Self> {
        let mut trust = match fields.take("token") {
            Some(node) => Self::of_token(&node)?,
            None => Self::of_names(fields)?,
        };
        if let Some(audience) = fields.take("audience") {
            trust.audience = plain(&audience, audience.name()?)?;
        }
        Ok(trust)
    }

    fn of_token(node: &Node<'_>) -> Result<Self> {
        let text = match node.string() {
            Ok(text) => text,
            Err(_) => node.raw().to_owned(),
        };
        let reading = token::read(&text)?;
        let claim = |name: &str| {
            let value = reading.claims.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
            value.map(str::to_owned).ok_or_else(|| node.error_at(format!("must be a token with the claim `{name}`")))
        };
        let issuer = claim("iss")?;
        let plain_url = issuer.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'\\<>^`{|}#?".contains(&byte));
        if !issuer.starts_with("https://") || !plain_url {
            return Err(node.error_at("must be a token whose `iss` is a URL that begins with `https://`"));
        }
        let audience = match reading.claims.get("aud") {
            Some(Value::Array(several)) if several.len() == 1 => several[0].as_str().map(str::to_owned),
            Some(Value::Array(_)) => return Err(node.error_at("has several audiences: say which one with `audience`")),
            _ => Some(claim("aud")?),
        };
        let audience = audience.ok_or_else(|| node.error_at("must be a token with the claim `aud`"))?;
        let subject = plain(node, claim("sub")?)?;
        let name = reading.vercel.as_ref().map(|vercel| names(std::slice::from_ref(&vercel.project)));
        let ids = if name.is_some() { ids(&reading.claims) } else { Vec::new() };
        let name = name.unwrap_or_else(|| "workload".to_owned());
        Ok(Self { issuer, audience: plain(node, audience)?, subjects: vec![subject], ids, name })
    }

    fn of_names(fields: &mut Fields<'_>) -> Result<Self> {
        let team = fields.required("team")?;
        let team = slug(&team, team.name()?)?;
        let slugs = |node: Node<'_>| -> Result<Vec<String>> {
            node.strings()?.into_iter().map(|name| slug(&node, name)).collect()
        };
        let projects = slugs(fields.required("project")?)?;
        let environments = slugs(fields.required("environment")?)?;
        let issuer = match fields.take("issuerMode") {
            None => format!("{GLOBAL_ISSUER}/{team}"),
            Some(node) => match node.string()?.as_str() {
                "team" => format!("{GLOBAL_ISSUER}/{team}"),
                "global" => GLOBAL_ISSUER.to_owned(),
                _ => return Err(node.error_at("must be `team` or `global`")),
            },
        };
        let mut ids = Vec::new();
        for (option, claim) in [("ownerId", "owner_id"), ("projectId", "project_id")] {
            if let Some(node) = fields.take(option) {
                ids.push((claim.to_owned(), slug(&node, node.name()?)?));
            }
        }
        if projects.len() > 1 && ids.iter().any(|(claim, _)| claim == "project_id") {
            return Err(Error::option("projectId", "names one project: leave it out, or ask once for each project"));
        }
        let mut subjects = Vec::new();
        for project in &projects {
            let subject = |environment| format!("owner:{team}:project:{project}:environment:{environment}");
            subjects.extend(environments.iter().map(subject));
        }
        let mut seen = Vec::new();
        subjects.retain(|subject| {
            !seen.contains(subject) && {
                seen.push(subject.clone());
                true
            }
        });
        let (audience, name) = (format!("https://vercel.com/{team}"), names(&projects));
        Ok(Self { issuer, audience, subjects, ids, name })
    }

    /// The issuer without its scheme, as AWS names it.
    pub fn host(&self) -> &str {
        self.issuer.trim_start_matches("https://")
    }

    /// A name for what is made for one subject: `site-production`.
    pub fn name_of(&self, subject: &str) -> String {
        match Subject::parse(subject) {
            Some(Subject { project, environment, .. }) => format!("{project}-{environment}"),
            None => self.name.clone(),
        }
    }
}

/// The ids of a Vercel token: of the team and of the project.
fn ids(claims: &Map<String, Value>) -> Vec<(String, String)> {
    let id = |claim: &str| {
        let value = claims.get(claim)?.as_str().filter(|id| is_slug(id))?;
        Some((claim.to_owned(), value.to_owned()))
    };
    ["owner_id", "project_id"].into_iter().filter_map(id).collect()
}

fn names(projects: &[String]) -> String {
    match projects {
        [one] => format!("vercel-{one}"),
        _ => "vercel".to_owned(),
    }
}

fn is_slug(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=100).contains(&text.len()) && text.bytes().all(plain) && text.bytes().any(|byte| byte != b'.')
}

fn slug(node: &Node<'_>, text: String) -> Result<String> {
    let problem = "must have letters, digits, `-`, `_` and `.` only, as Vercel's names and ids do; `*` is not narrow";
    if is_slug(&text) { Ok(text) } else { Err(node.error_at(problem)) }
}

/// Text without anything that a terminal or an editor would not show.
fn plain(node: &Node<'_>, text: String) -> Result<String> {
    if text.chars().any(char::is_control) || text.len() > 600 {
        return Err(node.error_at("must have no control characters, and at most 600 bytes"));
    }
    Ok(text)
}
