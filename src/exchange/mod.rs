//! Trading an identity for short-lived credentials.
//!
//! Each service is a pair: build the request, read the response. [`retry`] asks again where the service's own clients would,
//! and [`cache`] keeps what was obtained, by who asked and for exactly what. Nothing here verifies the token that is
//! presented: the service does that, and an unverified claim selects nothing.
//!
//! ```
//! use countersign::exchange::{Exchange, OptionValue};
//!
//! let role = OptionValue::String("arn:aws:iam::123456789012:role/deploy".to_owned());
//! assert!(Exchange::new("aws", vec![("roleArn".to_owned(), role)]).is_ok());
//! ```

mod aws;
mod azure;
pub mod cache;
mod cache_key;
pub mod connect;
mod gcp;
mod request;
mod response;
mod retry;
mod rfc8693;
mod vercel;

pub use cache_key::{CacheIdentity, CacheKey, CacheKeys};
pub use request::{OptionValue, TokenRequest};
pub use retry::Jitter;

use crate::encoding::json::{Document, Object, Rounding, Value};
use crate::error::{Error, Result};
use crate::flow::Step;
use crate::secret::Secret;
use crate::time::Timestamp;

/// How long a token may be that is presented. AWS, the strictest, reads no more than 20,000 characters.
const MAX_SUBJECT_BYTES: usize = 20_000;

/// What an identity is traded for: a service, and all that it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Exchange {
    /// One request by table, or two.
    Request(TokenRequest),
    /// A provider's token, through Vercel Connect.
    Connect(connect::Token),
}

impl Exchange {
    /// What a service is asked for: `aws`, `azure`, `connect`, `gcp`, `vercel` (another audience), or `token-exchange` for any
    /// other by RFC 8693. The options are those of the npm package, which its README lists; those of `connect` are `connector`,
    /// `region` or `endpoint`, and `params`, a JSON object.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option that is missing, unknown or of the wrong form.
    pub fn new(service: &str, options: Vec<(String, OptionValue)>) -> Result<Self> {
        match service {
            "connect" => connect::Token::new(options).map(Self::Connect),
            _ => TokenRequest::new(service, options).map(Self::Request),
        }
    }

    /// Starts the exchange of a token. `jitter` spreads the retries of many callers.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a token that no request can carry. On the way: [`Error::ExchangeRejected`],
    /// [`Error::ExchangeFailed`], [`Error::InvalidAnswer`].
    pub fn begin(&self, subject: &Secret<String>, jitter: Jitter, now: Timestamp) -> Result<Step<Credential>> {
        check_subject(subject)?;
        Ok(match self {
            Self::Request(request) => request.begin(subject.clone(), jitter, now),
            Self::Connect(token) => token.begin(subject, jitter),
        })
    }

    /// Whether a refusal says how things are now: what was granted before is gone, and the next caller may be granted it again.
    /// With Vercel Connect a user can take back and agree at any moment, and no refusal is billed.
    pub fn is_withdrawn_by(&self, error: &Error) -> bool {
        matches!((self, error), (Self::Connect(_), Error::ExchangeRejected(_))) && !error.is_retryable()
    }

    /// What a credential can be forgotten by, together with others; more of it once the credential is there.
    pub fn groups(&self, credential: Option<&Credential>) -> Vec<connect::Group> {
        match (self, credential) {
            (Self::Connect(token), None) => token.groups(),
            (Self::Connect(token), Some(credential)) => token.groups_of(credential),
            _ => Vec::new(),
        }
    }
}

fn check_subject(subject: &Secret<String>) -> Result<()> {
    let text = subject.expose();
    if text.is_empty() || text.len() > MAX_SUBJECT_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::option("token", "must be a token of at most 20000 visible ASCII characters"));
    }
    Ok(())
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
            Ok(document) => document.root().get("expiresAt").and_then(|at| at.as_timestamp(Rounding::Down)),
            Err(_) => None,
        };
        let expires_at = Some(expires_at.ok_or_else(|| Error::internal("what was kept is no credential"))?);
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
