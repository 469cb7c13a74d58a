//! Trading an identity for short-lived credentials.
//!
//! Each service is a pair: build the request, read the response. `retry` repeats a request where the service's own clients would,
//! and [`cache`] keeps what was obtained, by who asked and for exactly what. Nothing here verifies the token that is
//! presented: the service does that, and an unverified claim selects nothing.
//!
//! ```
//! use countersign::exchange::{AwsOptions, Exchange};
//!
//! let options = serde_json::json!({ "roleArn": "arn:aws:iam::123456789012:role/deploy" });
//! let options: AwsOptions = serde_json::from_value(options).unwrap();
//! assert!(Exchange::aws(options).is_ok());
//! ```

mod aws;
mod azure;
pub mod cache;
mod cache_key;
pub mod connect;
mod credential;
mod gcp;
mod http;
mod response;
mod retry;
mod rfc8693;
mod service;
mod subject;
mod vercel;

pub use aws::AwsOptions;
pub use azure::AzureOptions;
pub use cache_key::{CacheIdentity, CacheKey, CacheKeys};
pub use connect::ConnectorOptions;
pub use credential::Credential;
pub use gcp::GcpOptions;
pub use retry::Jitter;
pub use rfc8693::TokenExchangeOptions;
pub use service::TokenRequest;
pub use vercel::VercelOptions;

use crate::error::{Error, Result};
use crate::flow::Step;
use crate::secret::Secret;
use crate::time::Timestamp;

use subject::check_subject;

/// The target of an exchange: a service, and the parameters of the request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Exchange {
    /// One request by table, or two.
    Request(TokenRequest),
    /// A provider's token, through Vercel Connect.
    Connect(connect::Token),
}

impl Exchange {
    /// Keys of a role of AWS.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option that the service would refuse.
    pub fn aws(options: AwsOptions) -> Result<Self> {
        options.into_request().map(Self::Request)
    }

    /// An access token of Microsoft Entra ID.
    ///
    /// # Errors
    /// Those of [`Exchange::aws`].
    pub fn azure(options: AzureOptions) -> Result<Self> {
        options.into_request().map(Self::Request)
    }

    /// An access token of Google Cloud.
    ///
    /// # Errors
    /// Those of [`Exchange::aws`].
    pub fn gcp(options: GcpOptions) -> Result<Self> {
        options.into_request().map(Self::Request)
    }

    /// A token of Vercel's issuer with another audience.
    ///
    /// # Errors
    /// Those of [`Exchange::aws`].
    pub fn vercel(options: VercelOptions) -> Result<Self> {
        options.into_request().map(Self::Request)
    }

    /// A token of any service that speaks RFC 8693.
    ///
    /// # Errors
    /// Those of [`Exchange::aws`].
    pub fn token_exchange(options: TokenExchangeOptions) -> Result<Self> {
        options.into_request().map(Self::Request)
    }

    /// Starts the exchange of a token. `jitter` spreads the retries of many callers.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a token that no request can carry. On the way: [`Error::ExchangeRejected`],
    /// [`Error::ExchangeFailed`], [`Error::InvalidResponse`].
    pub fn begin(&self, subject: &Secret<String>, jitter: Jitter, now: Timestamp) -> Result<Step<Credential>> {
        check_subject(subject)?;
        Ok(match self {
            Self::Request(request) => request.begin(subject.clone(), jitter, now),
            Self::Connect(token) => token.begin(subject, jitter),
        })
    }

    /// Returns whether a refusal says how things are now: what was granted before is gone, and the next caller may be granted it again.
    /// With Vercel Connect a user can take back and agree at any moment, and no refusal is billed.
    pub fn is_withdrawn_by(&self, error: &Error) -> bool {
        matches!((self, error), (Self::Connect(_), Error::ExchangeRejected(_))) && !error.is_retryable()
    }

    /// The names by which a credential is evicted together with others; more of them once the credential is there.
    pub fn groups(&self, credential: Option<&Credential>) -> Vec<connect::Group> {
        match (self, credential) {
            (Self::Connect(token), None) => token.groups(),
            (Self::Connect(token), Some(credential)) => token.groups_of(credential),
            _ => Vec::new(),
        }
    }
}
