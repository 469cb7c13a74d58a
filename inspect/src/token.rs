//! Tokens and claims sets, read strictly and not verified.

use countersign::encoding::json::{Document, JsonError};
use countersign::issuer::vercel::{GLOBAL_ISSUER, Subject};
use countersign::jose::compact::DEFAULT_MAX_BYTES;
use countersign::jwt::{self, Scratch};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::Result;

/// A token or a claims set. Anyone may have written it.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// The protected header; `None` where only claims were given.
    pub header: Option<Map<String, Value>>,
    /// The claims set.
    pub claims: Map<String, Value>,
    /// The parts of issuer and subject, where both are Vercel's.
    pub vercel: Option<VercelSubject>,
}

/// A token or a claims set as JSON text, in which numbers stay whole. Anyone may have written it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct TokenTexts {
    /// The protected header; absent where only claims were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub header: Option<String>,
    /// The claims set.
    pub claims: String,
    /// The parts of issuer and subject, where both are Vercel's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub vercel: Option<VercelSubject>,
}

/// The parts of a Vercel token's issuer and subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct VercelSubject {
    /// The issuer that the project is set to.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "'team' | 'global'"))]
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
pub fn read(text: &str) -> Result<Token> {
    let (header, claims) = texts(text)?;
    let (header, claims) = (header.as_deref().map(object).transpose()?, object(&claims)?);
    let vercel = vercel(&claims);
    Ok(Token { header, claims, vercel })
}

/// Reads like [`read`], and leaves header and claims as text.
///
/// # Errors
/// Those of [`read`].
pub fn read_texts(text: &str) -> Result<TokenTexts> {
    let Token { vercel, .. } = read(text)?;
    let (header, claims) = texts(text)?;
    Ok(TokenTexts { header, claims, vercel })
}

/// The JSON texts of header and claims, as the strict reader has let them pass.
fn texts(text: &str) -> Result<(Option<String>, String)> {
    let text = text.trim();
    if text.starts_with('{') {
        let problem = |JsonError(problem)| countersign::Error::InvalidJwt(problem);
        let document = Document::parse(text.as_bytes()).map_err(problem)?;
        return Ok((None, document.root().raw().to_owned()));
    }
    let mut scratch = Scratch::default();
    let token = jwt::decode(text.as_bytes(), DEFAULT_MAX_BYTES, &mut scratch)?;
    Ok((Some(token.header.raw().to_owned()), token.claims.text().to_owned()))
}

/// An object that the strict reader has let pass.
fn object(text: &str) -> Result<Map<String, Value>> {
    let problem = "has a number that is too large for a float";
    serde_json::from_str(text).map_err(|_| countersign::Error::InvalidJwt(problem).into())
}

/// The parts of issuer and subject, where both are Vercel's.
pub fn vercel(claims: &Map<String, Value>) -> Option<VercelSubject> {
    let text = |name| claims.get(name).and_then(Value::as_str);
    let rest = text("iss")?.strip_prefix(GLOBAL_ISSUER)?;
    let issuer_mode = match rest.strip_prefix('/') {
        None if rest.is_empty() => "global",
        Some(team) if !team.is_empty() && !team.contains('/') => "team",
        _ => return None,
    };
    let Subject { owner, project, environment } = Subject::parse(text("sub")?)?;
    Some(VercelSubject { issuer_mode, owner: owner.into(), project: project.into(), environment: environment.into() })
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
    fn numbers_stay_whole_in_the_texts() {
        let text = r#"{"jti":12345678901234567890123,"exp":1.50}"#;
        let TokenTexts { header, claims, vercel } = read_texts(&format!(" {text}\n")).unwrap();
        assert_eq!((header, &*claims, vercel), (None, text, None));
        let encode = |text: &str| countersign::encoding::base64url::encode(text.as_bytes());
        let token = format!("{}.{}.AQ", encode(r#"{"alg":"RS256"}"#), encode(text));
        let TokenTexts { header, claims, .. } = read_texts(&token).unwrap();
        assert_eq!((header.as_deref(), &*claims), (Some(r#"{"alg":"RS256"}"#), text));
        assert_eq!(read_texts(r#"{"a":1e400}"#).unwrap_err().code(), "ERR_JWT_INVALID");
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
