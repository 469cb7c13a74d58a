//! Trading an identity for short-lived credentials.
//!
//! Each service is a pair: build the request, read the answer. [`retry`] asks again where the service's own clients would,
//! and [`cache`] keeps what was obtained, by who asked and for exactly what. Nothing here verifies the token that is
//! presented: the service does that, and an unverified claim selects nothing.

mod answer;
pub mod cache;
mod name;
mod retry;
pub mod vercel;

pub use name::{Caller, Name, Names};
pub use retry::Entropy;

use crate::encoding::json::{Document, Object, Round, Value};
use crate::error::{Error, Result};
use crate::flow::Step;
use crate::secret::Secret;
use crate::time::Timestamp;

/// How long a token may be that is presented. AWS, the strictest, reads no more than 20,000 characters.
const MAX_SUBJECT_BYTES: usize = 20_000;

/// What an identity is traded for: a service, and all that it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Exchange {
    /// Another Vercel token, for another audience.
    Vercel(vercel::Audience),
}

impl Exchange {
    /// Starts the exchange of a token. `entropy` spreads the retries of many callers.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a token that no request can carry. On the way: [`Error::ExchangeRejected`],
    /// [`Error::ExchangeFailed`], [`Error::InvalidAnswer`].
    pub fn begin(&self, subject: &Secret<String>, entropy: Entropy, now: Timestamp) -> Result<Step<Credential>> {
        let text = subject.expose();
        if text.is_empty() || text.len() > MAX_SUBJECT_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::option("token", "must be a token of at most 20000 visible ASCII characters"));
        }
        Ok(match self {
            Self::Vercel(audience) => audience.begin(subject.clone(), entropy, now),
        })
    }
}

/// A short-lived credential, as the JSON object in which it is handed out. Its member `expiresAt` counts seconds since the
/// epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    json: Secret<String>,
    expires_at: Option<Timestamp>,
}

impl Credential {
    /// A credential with these members, and `expiresAt` if it is known.
    fn new(mut members: Object, expires_at: Option<Timestamp>) -> Self {
        if let Some(at) = expires_at {
            members.raw("expiresAt", &at.as_seconds().to_string());
        }
        // What is handed out counts whole seconds, so nothing else does either.
        let expires_at = expires_at.and_then(|at| Timestamp::from_seconds(at.as_seconds()));
        Self { json: Secret::new(members.finish()), expires_at }
    }

    /// Reads the text of a credential that was kept.
    ///
    /// # Errors
    /// [`Error::Internal`] where it is none.
    pub fn from_json(text: String) -> Result<Self> {
        let expires_at = match Document::parse(text.as_bytes()) {
            Ok(document) => document.root().get("expiresAt").and_then(|at| at.as_timestamp(Round::Down)),
            Err(_) => None,
        };
        let expires_at = Some(expires_at.ok_or(Error::Internal("what was kept is no credential"))?);
        Ok(Self { json: Secret::new(text), expires_at })
    }

    /// The JSON object.
    pub fn json(&self) -> &Secret<String> {
        &self.json
    }

    /// A member that is a string.
    pub fn get(&self, name: &str) -> Option<Secret<String>> {
        let document = Document::parse(self.json.expose().as_bytes()).ok()?;
        document.root().get(name).and_then(Value::as_str).map(|value| Secret::new(value.into_owned()))
    }

    /// When it expires, if that is known. What is not known to live is not kept.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}
