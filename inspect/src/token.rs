//! Tokens and claims sets, read strictly and not verified.

use countersign::encoding::json::{Document, JsonError};
use countersign::issuer::vercel::{GLOBAL_ISSUER, Subject};
use countersign::jose::compact::DEFAULT_MAX_BYTES;
use countersign::jwt::{self, Scratch};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Result;

/// What a token or a claims set says. Anyone may have written it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// The protected header; none where only claims were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<Map<String, Value>>,
    /// The claims set.
    pub claims: Map<String, Value>,
    /// What the issuer and the subject say, where both are Vercel's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vercel: Option<Vercel>,
}

/// The parts of a Vercel token's subject.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Vercel {
    /// `team` or `global`.
    pub issuer_mode: &'static str,
    /// The team's slug.
    pub owner: String,
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub environment: String,
}

/// Reads a compact token, or the JSON text of a claims set. **Nothing is verified.**
///
/// # Errors
/// `ERR_JWS_INVALID` or `ERR_JWT_INVALID` where the text is not strictly well-formed.
pub fn read(text: &str) -> Result<Reading> {
    let text = text.trim();
    let (header, claims) = if text.starts_with('{') {
        let problem = |JsonError(problem)| countersign::Error::InvalidJwt(problem);
        let document = Document::parse(text.as_bytes()).map_err(problem)?;
        (None, object(document.root().raw())?)
    } else {
        let mut scratch = Scratch::default();
        let token = jwt::decode(text.as_bytes(), DEFAULT_MAX_BYTES, &mut scratch)?;
        (Some(object(token.header.raw())?), object(token.claims.text())?)
    };
    let vercel = vercel(&claims);
    Ok(Reading { header, claims, vercel })
}

/// An object that the strict reader has let pass.
fn object(text: &str) -> Result<Map<String, Value>> {
    let problem = "has a number that is too large for a float";
    serde_json::from_str(text).map_err(|_| countersign::Error::InvalidJwt(problem).into())
}

/// What issuer and subject say, where both are Vercel's.
pub fn vercel(claims: &Map<String, Value>) -> Option<Vercel> {
    let text = |name| claims.get(name).and_then(Value::as_str);
    let rest = text("iss")?.strip_prefix(GLOBAL_ISSUER)?;
    let issuer_mode = match rest.strip_prefix('/') {
        None if rest.is_empty() => "global",
        Some(team) if !team.is_empty() && !team.contains('/') => "team",
        _ => return None,
    };
    let Subject { owner, project, environment } = Subject::parse(text("sub")?)?;
    Some(Vercel { issuer_mode, owner: owner.into(), project: project.into(), environment: environment.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: &str = "owner:acme:project:site:environment:preview";

    fn claims(issuer: &str) -> String {
        format!(r#"{{"iss":"{issuer}","sub":"{SUBJECT}","aud":"https://vercel.com/acme"}}"#)
    }

    #[test]
    fn reads_a_token_and_a_claims_set_alike() {
        let text = claims("https://oidc.vercel.com/acme");
        let encode = |text: &str| countersign::encoding::base64url::encode(text.as_bytes());
        let token = format!("{}.{}.AQ", encode(r#"{"alg":"RS256"}"#), encode(&text));
        let (read_claims, read_token) = (read(&text).unwrap(), read(&token).unwrap());
        assert_eq!(read_claims.claims, read_token.claims);
        assert_eq!(read_token.header.unwrap()["alg"], "RS256");
        assert_eq!(read_claims.header, None);
        let vercel = read_claims.vercel.unwrap();
        assert_eq!(
            (vercel.issuer_mode, &*vercel.owner, &*vercel.project, &*vercel.environment),
            ("team", "acme", "site", "preview")
        );
    }

    #[test]
    fn only_vercels_issuers_are_vercel() {
        let mode = |issuer: &str| read(&claims(issuer)).unwrap().vercel.map(|vercel| vercel.issuer_mode);
        assert_eq!(mode("https://oidc.vercel.com"), Some("global"));
        for other in [
            "https://oidc.vercel.com/",
            "https://oidc.vercel.com/a/b",
            "https://oidc.vercel.community",
            "https://x.example",
        ] {
            assert_eq!(mode(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_not_strict_is_refused() {
        let code = |text: &str| read(text).unwrap_err().code();
        assert_eq!(code(r#"{"a":1,"a":2}"#), "ERR_JWT_INVALID");
        assert_eq!(code("nonsense"), "ERR_JWS_INVALID");
        assert_eq!(code(""), "ERR_JWS_INVALID");
        assert_eq!(code("{}x"), "ERR_JWT_INVALID");
        assert_eq!(code(r#"{"a":1e400}"#), "ERR_JWT_INVALID");
    }
}
