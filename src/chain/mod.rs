//! Which bearer token to send: a static key first, then the deployment's OIDC token.
//!
//! A source that is set up and broken ends the search, so that a broken credential never silently becomes another
//! identity. Only a source that is not set up, or whose token has run out, lets the next one be asked. The static key is
//! the exception: present and not blank means used, whatever it is, as Vercel's AI Gateway has it.

use std::time::Duration;

use crate::encoding::json::Round;
use crate::error::{Cause, Error, Result};
use crate::jose::compact::DEFAULT_MAX_BYTES;
use crate::jwt::{self, Scratch};
use crate::secret::Secret;
use crate::time::Timestamp;

/// How a credential proves who sends it, as the AI Gateway's header `ai-gateway-auth-method` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// A key that someone configured.
    ApiKey,
    /// The deployment's own identity.
    Oidc,
}

impl AuthMethod {
    /// The public name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api-key",
            Self::Oidc => "oidc",
        }
    }
}

/// Where a credential can come from, in the order of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A key that the caller configured.
    StaticKey,
    /// The request header `x-vercel-oidc-token`.
    Header,
    /// The same header, through Vercel's request context.
    Context,
    /// The environment variable `VERCEL_OIDC_TOKEN`.
    Env,
}

impl Source {
    /// Every source, in the order of the search.
    pub const ALL: [Self; 4] = [Self::StaticKey, Self::Header, Self::Context, Self::Env];

    /// The public name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StaticKey => "static-key",
            Self::Header => "header",
            Self::Context => "context",
            Self::Env => "env",
        }
    }

    /// How a credential from here proves who sends it.
    pub fn auth_method(self) -> AuthMethod {
        if self == Self::StaticKey { AuthMethod::ApiKey } else { AuthMethod::Oidc }
    }
}

/// What the host found at each source; the text as it is, blank or not.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The static key.
    pub static_key: Option<Secret<String>>,
    /// The request header.
    pub header: Option<Secret<String>>,
    /// The request context's header.
    pub context: Option<Secret<String>>,
    /// The environment variable.
    pub env: Option<Secret<String>>,
}

/// What one source has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A credential that can be sent.
    Found(BearerToken),
    /// Nothing; the next source is asked.
    NotConfigured,
    /// A well-formed token that has expired or is about to; the next source is asked.
    Expired(Timestamp),
    /// Something unusable; the search ends.
    Failed(&'static str),
}

/// A credential to send as `Authorization: Bearer …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BearerToken {
    /// The credential itself.
    pub value: Secret<String>,
    /// Where it came from.
    pub source: Source,
    /// When it expires; unknown for a static key.
    pub expires_at: Option<Timestamp>,
}

/// What a health report says of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The source that [`resolve`] would take, if any.
    pub selected: Option<Source>,
    /// What each source has. The tokens inside print redacted.
    pub answers: Vec<(Source, Answer)>,
}

/// Asks the sources in order and returns the first credential that lives for at least `min_validity` from `now`.
///
/// # Errors
/// [`Error::CredentialInvalid`] where a source is set up and broken, [`Error::CredentialsNotFound`] with the reason of
/// each source where none has a credential.
pub fn resolve(inputs: &Inputs, min_validity: Duration, now: Timestamp) -> Result<BearerToken> {
    let mut causes = Vec::new();
    for source in Source::ALL {
        let source_name = source.as_str();
        let reason = match ask(source, inputs, min_validity, now) {
            Answer::Found(token) => return Ok(token),
            Answer::Failed(reason) => return Err(Error::CredentialInvalid(Cause { source: source_name, reason })),
            Answer::NotConfigured => "not configured",
            Answer::Expired(_) => "the token has expired, or lives shorter than `minValidity` asks",
        };
        causes.push(Cause { source: source_name, reason });
    }
    Err(Error::CredentialsNotFound(causes))
}

/// Whether no source is set up at all, which is a state and not a fault.
pub fn is_unconfigured(inputs: &Inputs) -> bool {
    Source::ALL.iter().all(|&source| text(source, inputs).is_none())
}

/// What every source has, for a health report.
pub fn describe(inputs: &Inputs, min_validity: Duration, now: Timestamp) -> Report {
    let answers = Source::ALL.map(|source| (source, ask(source, inputs, min_validity, now))).to_vec();
    let selected = resolve(inputs, min_validity, now).ok().map(|token| token.source);
    Report { selected, answers }
}

/// The text of a source without surrounding white space; a blank one is not set up.
fn text(source: Source, inputs: &Inputs) -> Option<&str> {
    let value = match source {
        Source::StaticKey => &inputs.static_key,
        Source::Header => &inputs.header,
        Source::Context => &inputs.context,
        Source::Env => &inputs.env,
    };
    value.as_ref().map(|value| value.expose().trim()).filter(|value| !value.is_empty())
}

fn ask(source: Source, inputs: &Inputs, min_validity: Duration, now: Timestamp) -> Answer {
    let Some(value) = text(source, inputs) else { return Answer::NotConfigured };
    let found = |expires_at| Answer::Found(BearerToken { value: Secret::new(value.to_owned()), source, expires_at });
    if source == Source::StaticKey {
        // A header value with a line break or a control character cannot be sent.
        let sendable = value.bytes().all(|byte| byte.is_ascii_graphic());
        return if sendable { found(None) } else { Answer::Failed("holds characters that no header can carry") };
    }
    match expiry(value) {
        Ok(expires_at) if now.saturating_add(min_validity) < expires_at => found(Some(expires_at)),
        Ok(expires_at) => Answer::Expired(expires_at),
        Err(reason) => Answer::Failed(reason),
    }
}

/// When a token says that it expires. Nothing is verified: the receiver does that, this only avoids sending a dead one.
fn expiry(token: &str) -> Result<Timestamp, &'static str> {
    let mut scratch = Scratch::default();
    let token = jwt::decode(token.as_bytes(), DEFAULT_MAX_BYTES, &mut scratch).map_err(|_| "is not a JWT")?;
    token.claims.get("exp").and_then(|exp| exp.as_timestamp(Round::Down)).ok_or("has no usable `exp` claim")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::base64url;

    const NOW: i64 = 1_718_885_600;

    fn token(claims: &str) -> Secret<String> {
        let part = |text: &str| base64url::encode(text.as_bytes());
        Secret::new(format!("{}.{}.AQ", part(r#"{"alg":"RS256"}"#), part(claims)))
    }

    fn living(seconds: i64) -> Option<Secret<String>> {
        Some(token(&format!(r#"{{"exp":{}}}"#, NOW + seconds)))
    }

    fn text(value: &str) -> Option<Secret<String>> {
        Some(Secret::new(value.to_owned()))
    }

    fn source(inputs: &Inputs) -> Result<&'static str> {
        let now = Timestamp::from_seconds(NOW).unwrap();
        resolve(inputs, Duration::ZERO, now).map(|token| token.source.as_str())
    }

    #[test]
    fn every_source_comes_before_the_ones_after_it() {
        let all = Inputs { static_key: text("key"), header: living(60), context: living(60), env: living(60) };
        assert_eq!(source(&all), Ok("static-key"));
        let blank = Inputs { static_key: text(" \n"), ..all.clone() };
        assert_eq!(source(&blank), Ok("header"));
        assert_eq!(source(&Inputs { header: text(""), ..blank.clone() }), Ok("context"));
        assert_eq!(source(&Inputs { header: None, context: None, ..blank }), Ok("env"));
    }

    #[test]
    fn a_static_key_is_used_whatever_it_is() {
        let key = Inputs { static_key: text(" not-a-jwt \n"), ..Inputs::default() };
        let found = resolve(&key, Duration::ZERO, Timestamp::from_seconds(NOW).unwrap()).unwrap();
        assert_eq!((found.value.expose().as_str(), found.expires_at), ("not-a-jwt", None));
        let broken = Inputs { static_key: text("a\nb"), env: living(60), ..Inputs::default() };
        assert_eq!(source(&broken).unwrap_err().code(), "ERR_CREDENTIAL_INVALID");
    }

    #[test]
    fn an_expired_token_gives_way_to_a_later_source() {
        let inputs = Inputs { header: living(0), context: living(-5), env: living(1), ..Inputs::default() };
        assert_eq!(source(&inputs), Ok("env"));
        let now = Timestamp::from_seconds(NOW).unwrap();
        let error = resolve(&inputs, Duration::from_secs(1), now).unwrap_err();
        let Error::CredentialsNotFound(causes) = &error else { panic!("{error}") };
        assert_eq!(
            causes.iter().map(|cause| cause.source).collect::<Vec<_>>(),
            ["static-key", "header", "context", "env"]
        );
        assert_eq!(causes[0].reason, "not configured");
        assert!(causes[3].reason.contains("expired"), "{error}");
    }

    #[test]
    fn a_broken_token_ends_the_search() {
        for broken in
            [text("nonsense"), Some(token("{}")), Some(token(r#"{"exp":"1"}"#)), Some(token(r#"{"exp":1e20}"#))]
        {
            let inputs = Inputs { header: broken, env: living(60), ..Inputs::default() };
            let error = source(&inputs).unwrap_err();
            assert_eq!(error.code(), "ERR_CREDENTIAL_INVALID");
            assert!(!error.to_string().contains("nonsense"), "{error}");
        }
    }

    #[test]
    fn reports_every_source_and_no_secret() {
        let inputs = Inputs { static_key: text("s3cret"), header: living(-1), env: text("x.y.z"), ..Inputs::default() };
        let now = Timestamp::from_seconds(NOW).unwrap();
        let report = describe(&inputs, Duration::ZERO, now);
        let states = report.answers.iter().map(|(source, answer)| (source.as_str(), answer));
        let [(_, Answer::Found(_)), (_, Answer::Expired(_)), (_, Answer::NotConfigured), (_, Answer::Failed(_))] =
            states.collect::<Vec<_>>()[..]
        else {
            panic!("{report:?}")
        };
        assert_eq!(report.selected, Some(Source::StaticKey));
        assert_eq!(describe(&Inputs { static_key: None, ..inputs.clone() }, Duration::ZERO, now).selected, None);
        assert!(!format!("{report:?} {inputs:?}").contains("s3cret"));
        assert!(is_unconfigured(&Inputs { env: text(" "), ..Inputs::default() }) && !is_unconfigured(&inputs));
    }
}
