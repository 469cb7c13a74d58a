//! The trust of a generated policy: an issuer, an audience and subjects.

use std::borrow::Cow;

use countersign::issuer::vercel::{GLOBAL_ISSUER, IssuerMode, Subject};
use countersign::options::{OneOrMore, non_empty, optional_string};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::token;

/// The subject of a token.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct TrustedToken {
    /// A compact token, or a claims set as JSON text; it is read and not verified.
    pub token: String,
    /// Default: the token's.
    #[serde(default, deserialize_with = "optional_string")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub audience: Option<String>,
}

/// Each of the projects in each of the environments.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct TrustedProjects {
    /// The team's slug, as in `https://vercel.com/<team>`.
    #[serde(deserialize_with = "non_empty")]
    pub team: String,
    /// The projects' names, as they stand in the subjects of their tokens.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string | readonly string[]"))]
    pub project: OneOrMore,
    /// The environments by name. There is no wildcard: each one is named.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string | readonly string[]"))]
    pub environment: OneOrMore,
    /// The issuer that the project is set to. Default: `team`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "'team' | 'global'"))]
    pub issuer_mode: IssuerMode,
    /// Default: `https://vercel.com/<team>`.
    #[serde(default, deserialize_with = "optional_string")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub audience: Option<String>,
    /// The team's id. Google Cloud then checks it too; AWS and Azure cannot.
    #[serde(default, deserialize_with = "optional_string")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub owner_id: Option<String>,
    /// The one project's id. Google Cloud then checks it too; AWS and Azure cannot.
    #[serde(default, deserialize_with = "optional_string")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub project_id: Option<String>,
}

/// The least that a cloud must know to let in some workloads and no others.
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
    /// The trust in the subject of a token.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for a token that is not fit for a policy; the errors of [`token::read`].
    pub fn of_token(TrustedToken { token, audience }: TrustedToken) -> Result<Self> {
        let reading = token::read(&token)?;
        let refuse = |problem: Cow<'static, str>| Error::option("token", problem);
        let claim = |name: &str| {
            let value = reading.claims.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
            value.map(str::to_owned).ok_or_else(|| refuse(format!("must be a token with the claim `{name}`").into()))
        };
        let issuer = claim("iss")?;
        let plain_url = issuer.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'\\<>^`{|}#?".contains(&byte));
        if !issuer.starts_with("https://") || !plain_url {
            return Err(refuse("must be a token whose `iss` is a URL that begins with `https://`".into()));
        }
        let own_audience = match reading.claims.get("aud") {
            Some(Value::Array(several)) => match several.as_slice() {
                [one] => one.as_str().map(str::to_owned),
                _ => return Err(refuse("has several audiences: say which one with `audience`".into())),
            },
            _ => Some(claim("aud")?),
        };
        let own_audience = own_audience.ok_or_else(|| refuse("must be a token with the claim `aud`".into()))?;
        let own_audience = plain("token", own_audience)?;
        let subject = plain("token", claim("sub")?)?;
        let name = reading.vercel.as_ref().map(|vercel| names(std::slice::from_ref(&vercel.project)));
        let ids = if name.is_some() { ids(&reading.claims) } else { Vec::new() };
        let name = name.unwrap_or_else(|| "workload".to_owned());
        let audience = audience.map(|audience| plain("audience", audience)).transpose()?.unwrap_or(own_audience);
        Ok(Self { issuer, audience, subjects: vec![subject], ids, name })
    }

    /// The trust in each of the projects in each of the environments.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for names that Vercel does not give.
    pub fn of_projects(options: TrustedProjects) -> Result<Self> {
        let TrustedProjects { team, project, environment, issuer_mode, audience, owner_id, project_id } = options;
        let team = slug("team", team)?;
        let slugs = |option, OneOrMore(names): OneOrMore| -> Result<Vec<String>> {
            if names.is_empty() {
                return Err(Error::option(option, "must have at least one value"));
            }
            names.into_iter().map(|name| slug(option, name)).collect()
        };
        let projects = slugs("project", project)?;
        let environments = slugs("environment", environment)?;
        let issuer = match issuer_mode {
            IssuerMode::Team => format!("{GLOBAL_ISSUER}/{team}"),
            IssuerMode::Global => GLOBAL_ISSUER.to_owned(),
        };
        let mut ids = Vec::new();
        for (option, claim, id) in [("ownerId", "owner_id", owner_id), ("projectId", "project_id", project_id)] {
            if let Some(id) = id {
                ids.push((claim.to_owned(), slug(option, id)?));
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
        let audience = audience.map(|audience| plain("audience", audience)).transpose()?;
        let audience = audience.unwrap_or_else(|| format!("https://vercel.com/{team}"));
        Ok(Self { issuer, audience, subjects, ids, name: names(&projects) })
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

fn slug(option: &'static str, text: String) -> Result<String> {
    let problem = "must have letters, digits, `-`, `_` and `.` only, as Vercel's names and ids do; `*` is not narrow";
    if is_slug(&text) { Ok(text) } else { Err(Error::option(option, problem)) }
}

/// Text without anything that a terminal or an editor would not show.
fn plain(option: &'static str, text: String) -> Result<String> {
    if text.len() > 600 {
        return Err(Error::option(option, format!("must have at most 600 bytes, and has {}", text.len())));
    }
    if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
        let problem = format!("has the character U+{:04X}, which is not seen in a policy", u32::from(hidden));
        return Err(Error::option(option, problem));
    }
    Ok(text)
}

/// Returns whether a character is not seen, or changes the order in which others are: controls, the format characters of Unicode 17,
/// the separators of lines, and what fonts leave out (`Default_Ignorable_Code_Point`).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_not_written_into_a_policy() {
        for hidden in
            ['\u{202e}', '\u{2066}', '\u{200b}', '\u{200d}', '\u{feff}', '\u{ad}', '\u{2028}', '\u{e0061}', '\u{7f}']
        {
            let claims = serde_json::json!({
                "iss": "https://oidc.vercel.com/acme", "aud": "https://vercel.com/acme",
                "sub": format!("owner:acme:project:si{hidden}te:environment:production"),
            });
            let error =
                Trust::of_token(TrustedToken { token: claims.to_string(), audience: None }).unwrap_err().to_string();
            let wanted =
                format!("`token` has the character U+{:04X}, which is not seen in a policy", u32::from(hidden));
            assert_eq!(error, wanted);
        }
        assert!(['a', 'é', 'Ж', '本', ' '].into_iter().all(|seen| !is_hidden(seen)));
    }
}
