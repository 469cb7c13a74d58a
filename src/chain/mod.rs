//! Which bearer token to send: a static key first, then the deployment's OIDC token.
//!
//! A source that is set up and broken ends the search, so that a broken credential never silently becomes another
//! identity. Only a source that is not set up, or whose token has run out or was made for another project, lets the next
//! one be asked. The static key is the exception: present and not blank means used, whatever it is, as Vercel's AI
//! Gateway has it.
//!
//! What is cheap to look at comes in at once. What costs something, a file or a refresh, is asked for when it is needed.

pub mod dev_token;
mod source;

use std::borrow::Cow;
use std::time::Duration;

pub use source::{AuthMethod, Input, Inputs, Source};

use crate::encoding::json::{Rounding, Value};
use crate::error::{Cause, Error, Result};
use crate::jose::compact::DEFAULT_MAX_BYTES;
use crate::jwt::{self, Scratch};
use crate::secret::Secret;
use crate::time::Timestamp;

/// What the caller wants of an OIDC token. A static key has no such properties.
#[derive(Debug, Clone, Default)]
pub struct Wish {
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
    /// Where it came from.
    pub source: Source,
    /// When it expires; unknown for a static key.
    pub expires_at: Option<Timestamp>,
}

/// How far a search has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Search {
    /// It is over.
    Found(BearerToken),
    /// The host must ask this source, and search again with what it has found.
    Ask(Source),
}

/// What one source has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A credential that can be sent.
    Found(BearerToken),
    /// Nothing, perhaps with a reason; the next source is asked.
    NotConfigured(Cow<'static, str>),
    /// It has not been asked yet, and may have something.
    Unasked,
    /// A well-formed token that has expired or is about to; the next source is asked.
    Expired(Timestamp),
    /// A well-formed token of another project or team than the caller names; the next source is asked.
    OtherProject(Timestamp),
    /// Something unusable; the search ends.
    Failed {
        /// Why.
        reason: Cow<'static, str>,
        /// Whether the source may have something later without any change.
        retryable: bool,
    },
}

/// What a health report says of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The source that a search would take, or ask, if any.
    pub selected: Option<Source>,
    /// What each source has. The tokens inside print redacted.
    pub answers: Vec<(Source, Answer)>,
}

/// Asks the sources in order for a credential that is as the caller wishes.
///
/// # Errors
/// [`Error::CredentialInvalid`] where a source is set up and broken; [`Error::CapturedTokenExpired`] where a captured token
/// has expired, [`Error::CredentialsNotFound`] else, where none has a credential. Each with the reasons of all sources
/// that were asked.
pub fn resolve(inputs: &Inputs, wish: &Wish, now: Timestamp) -> Result<Search> {
    let mut causes = Vec::new();
    let mut expired_capture = false;
    for source in inputs.sources() {
        let cause = |reason| Cause { source: source.as_str(), reason };
        match ask(source, inputs, wish, now) {
            Answer::Found(token) => return Ok(Search::Found(token)),
            Answer::Unasked => return Ok(Search::Ask(source)),
            Answer::Failed { reason, retryable } => {
                causes.push(cause(reason));
                return Err(Error::CredentialInvalid { causes, retryable }.into());
            }
            Answer::NotConfigured(reason) => causes.push(cause(reason)),
            Answer::Expired(_) => {
                expired_capture |= source == Source::Captured;
                causes.push(cause("the token has expired, or lives shorter than `minValidity` asks".into()));
            }
            Answer::OtherProject(_) => causes.push(cause("the token is of another project or team".into())),
        }
    }
    Err(if expired_capture { Error::CapturedTokenExpired(causes) } else { Error::CredentialsNotFound(causes) }.into())
}

/// Whether no source is set up at all, which is a state and not a fault.
pub fn is_unconfigured(inputs: &Inputs) -> bool {
    let wish = Wish::default();
    inputs.sources().all(|source| matches!(ask(source, inputs, &wish, Timestamp::MIN), Answer::NotConfigured(_)))
}

/// What every source has, for a health report.
pub fn describe(inputs: &Inputs, wish: &Wish, now: Timestamp) -> Report {
    let answers = inputs.sources().map(|source| (source, ask(source, inputs, wish, now))).collect();
    let selected = match resolve(inputs, wish, now) {
        Ok(Search::Found(token)) => Some(token.source),
        Ok(Search::Ask(source)) => Some(source),
        Err(_) => None,
    };
    Report { selected, answers }
}

fn ask(source: Source, inputs: &Inputs, wish: &Wish, now: Timestamp) -> Answer {
    let failed = |reason: &'static str| Answer::Failed { reason: reason.into(), retryable: false };
    let value = match inputs.get(source) {
        Input::Absent(reason) => return Answer::NotConfigured(reason.clone()),
        Input::Unasked => return Answer::Unasked,
        Input::Failed { reason, retryable } => {
            return Answer::Failed { reason: reason.clone(), retryable: *retryable };
        }
        Input::Text(text) => text.expose().trim(),
    };
    if value.is_empty() {
        // Somebody said that the token is in that file: an empty one is a fault, where an empty variable is none.
        return if source == Source::File {
            failed("the file is empty")
        } else {
            Answer::NotConfigured(NOT_SET.into())
        };
    }
    let found = |expires_at| Answer::Found(BearerToken { value: Secret::new(value.to_owned()), source, expires_at });
    if source == Source::StaticKey {
        // A header value with a line break or a control character cannot be sent.
        let sendable = value.bytes().all(|byte| byte.is_ascii_graphic());
        return if sendable { found(None) } else { failed("holds characters that no header can carry") };
    }
    // What a refresh has was fetched for that very project, which may have another name by now.
    let checked = source != Source::Refresh;
    let (project, team) = (wish.project.as_deref().filter(|_| checked), wish.team.as_deref().filter(|_| checked));
    match read(value, project, team) {
        Err(reason) => failed(reason),
        Ok(Read { expires_at, of_project: false }) => Answer::OtherProject(expires_at),
        Ok(Read { expires_at, .. }) if now.saturating_add(wish.min_validity) < expires_at => found(Some(expires_at)),
        Ok(Read { expires_at, .. }) => Answer::Expired(expires_at),
    }
}

/// What is said of a source that has nothing.
const NOT_SET: &str = "not configured";

struct Read {
    expires_at: Timestamp,
    of_project: bool,
}

/// What a token says of itself. Nothing is verified: the receiver does that, this only avoids sending a dead or a wrong one.
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
