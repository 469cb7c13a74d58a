//! Which bearer token to send: a static key first, then the deployment's OIDC token.
//!
//! A source that is set up and broken ends the search, so that a broken credential never silently becomes another
//! identity. Only a source that is not set up, or whose token has run out or was made for another project, lets the next
//! one be tried. The static key is the exception: present and not blank means used, whatever it is, as Vercel's AI
//! Gateway has it.
//!
//! A relay holds the tokens of one identity. After an expired token of a request it is used only where that token says the
//! same identity. The unverified claims select nothing: they are compared, and a token that differs closes the relay.
//!
//! Cheap sources are read at once. A costly one, a file or a refresh, is queried when it is needed.

pub mod dev_token;
mod source;

use std::borrow::Cow;
use std::time::Duration;

pub use source::{AuthMethod, Input, Inputs, RelayIdentity, Source};

use crate::encoding::json::{Rounding, Value};
use crate::error::{Cause, Error, Result};
use crate::jose::compact::DEFAULT_MAX_BYTES;
use crate::jwt::{self, Scratch};
use crate::secret::Secret;
use crate::time::Timestamp;

/// The requirements of the caller on an OIDC token. A static key has no such properties.
#[derive(Debug, Clone, Default)]
pub struct TokenRequirements {
    /// How long it must still live.
    pub min_validity: Duration,
    /// The project that it must be of, by id or by name; any where there is none.
    pub project: Option<String>,
    /// The team that it must be of, by id or by name; any where there is none.
    pub team: Option<String>,
}

/// A credential to send as `Authorization: Bearer …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BearerToken {
    /// The credential itself.
    pub value: Secret<String>,
    /// Its source.
    pub source: Source,
    /// When it expires; unknown for a static key.
    pub expires_at: Option<Timestamp>,
}

/// The state of a resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The search is complete.
    Found(BearerToken),
    /// The host must query this source, and resolve again with the result.
    NeedsSource(Source),
}

/// The status of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceStatus {
    /// A credential that can be sent.
    Found(BearerToken),
    /// Nothing, perhaps with a reason; the next source is tried.
    NotConfigured(Cow<'static, str>),
    /// This source has not been queried yet, and may have a credential.
    NotQueried,
    /// A well-formed token that has expired or is about to; the next source is tried.
    Expired(Timestamp),
    /// A well-formed token of another project or team than the caller names; the next source is tried.
    OtherProject(Timestamp),
    /// Something unusable; the search ends.
    Failed {
        /// Why.
        reason: Cow<'static, str>,
        /// Whether the source may have something later without any change.
        retryable: bool,
    },
}

/// The health report of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The source that a resolution would take or query, if any.
    pub selected: Option<Source>,
    /// The status of each source. The tokens inside print redacted.
    pub statuses: Vec<(Source, SourceStatus)>,
}

/// Tries the sources in order for a credential that meets the requirements of the caller.
///
/// # Errors
/// [`Error::CredentialInvalid`] where a source is set up and broken; [`Error::CapturedTokenExpired`] where a captured token
/// has expired, [`Error::CredentialsNotFound`] else, where none has a credential. Each with the reasons of all sources
/// that were tried.
pub fn resolve(inputs: &Inputs, requirements: &TokenRequirements, now: Timestamp) -> Result<Resolution> {
    let mut causes = Vec::new();
    let mut expired_capture = false;
    for source in inputs.sources() {
        let cause = |reason| Cause { source: source.as_str(), reason };
        match status_of(source, inputs, requirements, now) {
            SourceStatus::Found(token) => return Ok(Resolution::Found(token)),
            SourceStatus::NotQueried => return Ok(Resolution::NeedsSource(source)),
            SourceStatus::Failed { reason, retryable } => {
                causes.push(cause(reason));
                return Err(Error::CredentialInvalid { causes, retryable });
            }
            SourceStatus::NotConfigured(reason) => causes.push(cause(reason)),
            SourceStatus::Expired(_) => {
                expired_capture |= source == Source::Captured;
                causes.push(cause("the token has expired, or lives shorter than `minValidity` asks".into()));
            }
            SourceStatus::OtherProject(_) => causes.push(cause("the token is of another project or team".into())),
        }
    }
    Err(if expired_capture { Error::CapturedTokenExpired(causes) } else { Error::CredentialsNotFound(causes) })
}

/// Returns whether no source is set up at all, which is a state and not a fault.
pub fn is_unconfigured(inputs: &Inputs) -> bool {
    let requirements = TokenRequirements::default();
    inputs.sources().all(|source| {
        matches!(status_of(source, inputs, &requirements, Timestamp::MIN), SourceStatus::NotConfigured(_))
    })
}

/// Returns the status of every source, for a health report.
pub fn describe(inputs: &Inputs, requirements: &TokenRequirements, now: Timestamp) -> Report {
    let statuses = inputs.sources().map(|source| (source, status_of(source, inputs, requirements, now))).collect();
    let selected = match resolve(inputs, requirements, now) {
        Ok(Resolution::Found(token)) => Some(token.source),
        Ok(Resolution::NeedsSource(source)) => Some(source),
        Err(_) => None,
    };
    Report { selected, statuses }
}

/// The sources whose token says who the caller is, before the relay.
const REQUEST_SOURCES: [Source; 3] = [Source::Captured, Source::Header, Source::Context];

/// Returns the first source whose token gave way and is of another identity than the relay.
fn foreign_source(inputs: &Inputs, requirements: &TokenRequirements, now: Timestamp) -> Option<Source> {
    REQUEST_SOURCES.into_iter().find(|&source| {
        let status = status_of(source, inputs, requirements, now);
        let gave_way = matches!(status, SourceStatus::Expired(_) | SourceStatus::OtherProject(_));
        gave_way && !matches!(inputs.get(source), Input::Text(text) if is_of_relay(text.expose().trim(), inputs))
    })
}

/// Returns whether a token says the identity of the relay. Nothing is verified.
fn is_of_relay(token: &str, inputs: &Inputs) -> bool {
    let mut scratch = Scratch::default();
    let (Some(relay), Ok(token)) = (inputs.relay(), jwt::decode(token.as_bytes(), DEFAULT_MAX_BYTES, &mut scratch))
    else {
        return false;
    };
    [("owner_id", &relay.owner_id), ("project_id", &relay.project_id), ("environment", &relay.environment)]
        .into_iter()
        .all(|(claim, wanted)| token.claims.get(claim).and_then(Value::as_str).as_deref() == Some(wanted))
}

fn status_of(source: Source, inputs: &Inputs, requirements: &TokenRequirements, now: Timestamp) -> SourceStatus {
    let failed = |reason: &'static str| SourceStatus::Failed { reason: reason.into(), retryable: false };
    if source == Source::Shared
        && let Some(other) = foreign_source(inputs, requirements, now)
    {
        let other = other.as_str();
        let reason = format!("not used: the `{other}` token is of another team, project or environment than the relay");
        return SourceStatus::NotConfigured(reason.into());
    }
    let value = match inputs.get(source) {
        Input::Absent(reason) => return SourceStatus::NotConfigured(reason.clone()),
        Input::NotQueried => return SourceStatus::NotQueried,
        Input::Failed { reason, retryable } => {
            return SourceStatus::Failed { reason: reason.clone(), retryable: *retryable };
        }
        Input::Text(text) => text.expose().trim(),
    };
    if value.is_empty() {
        // The variable names that file: an empty file is a fault, while an empty variable is not.
        return if source == Source::File {
            failed("the file that VERCEL_OIDC_TOKEN_FILE names is empty")
        } else {
            SourceStatus::NotConfigured(NOT_SET.into())
        };
    }
    let found =
        |expires_at| SourceStatus::Found(BearerToken { value: Secret::new(value.to_owned()), source, expires_at });
    if source == Source::StaticKey {
        // A header value with a line break or a control character cannot be sent.
        let sendable = value.bytes().all(|byte| byte.is_ascii_graphic());
        return match copying_mistake(value) {
            Some(reason) => failed(reason),
            None if sendable => found(None),
            None => failed("holds characters that no header can carry"),
        };
    }
    // What a refresh has was fetched for that very project, which may have another name by now.
    let checked = source != Source::Refresh;
    let (project, team) =
        (requirements.project.as_deref().filter(|_| checked), requirements.team.as_deref().filter(|_| checked));
    match read(value, project, team) {
        Err(reason) => failed(copying_mistake(value).unwrap_or(reason)),
        Ok(_) if source == Source::Shared && !is_of_relay(value, inputs) => {
            failed("the token is of another team, project or environment than the relay")
        }
        Ok(Read { expires_at, of_project: false }) => SourceStatus::OtherProject(expires_at),
        Ok(Read { expires_at, .. }) if now.saturating_add(requirements.min_validity) < expires_at => {
            found(Some(expires_at))
        }
        Ok(Read { expires_at, .. }) => SourceStatus::Expired(expires_at),
    }
}

/// The reason why a source has no credential.
const NOT_SET: &str = "not configured";

/// Returns the reason why a value is more than a credential: quotes around it, or the scheme of the header in front of it.
///
/// No key and no token has either. A value in quotes comes from a reader of environment files that keeps them.
fn copying_mistake(value: &str) -> Option<&'static str> {
    let quoted = |quote: char| value.len() > 1 && value.starts_with(quote) && value.ends_with(quote);
    if ['"', '\'', '`'].into_iter().any(quoted) {
        return Some("is in quotes; remove them");
    }
    let scheme = value.split_once(char::is_whitespace).map_or(value, |(scheme, _)| scheme);
    scheme.eq_ignore_ascii_case("bearer").then_some("begins with `Bearer`; give the credential alone")
}

struct Read {
    expires_at: Timestamp,
    of_project: bool,
}

/// When a token says that it expires. Nothing is verified.
pub fn expiry(token: &str) -> Option<Timestamp> {
    read(token, None, None).ok().map(|read| read.expires_at)
}

/// The claims that decide whether a token is sent. They are not verified, which is up to the receiver: this only avoids sending a dead
/// or a wrong token.
fn read(token: &str, project: Option<&str>, team: Option<&str>) -> Result<Read, &'static str> {
    let mut scratch = Scratch::default();
    let token = jwt::decode(token.as_bytes(), DEFAULT_MAX_BYTES, &mut scratch).map_err(|_| "is not a JWT")?;
    let expires_at = token.claims.get("exp").and_then(|exp| exp.as_timestamp(Rounding::Down));
    let is = |claim, wanted: &str| token.claims.get(claim).and_then(Value::as_str).as_deref() == Some(wanted);
    let either = |id, name, wanted: Option<&str>| wanted.is_none_or(|wanted| is(id, wanted) || is(name, wanted));
    let of_project = either("project_id", "project", project) && either("owner_id", "owner", team);
    Ok(Read { expires_at: expires_at.ok_or("has no usable `exp` claim")?, of_project })
}

#[cfg(test)]
mod tests;
