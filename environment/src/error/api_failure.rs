//! Failures at Vercel's REST API.

use std::fmt;

use countersign::flow::FetchFailure;
use countersign::wire::{ErrorDetails, ProviderDetails};

/// Why a run was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiFailure {
    /// Vercel refuses a request.
    Refused(Box<Refusal>),
    /// There was no whole answer, however often it was asked for.
    Unreachable(FetchFailure),
    /// Vercel answered with success, and with something else than this.
    NotAsDocumented(&'static str),
}

/// Vercel's refusal. Its explanation is left out: it may repeat what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status; 0 for a redirect that the host hides.
    pub status: u16,
    /// Vercel's code, such as `forbidden`.
    pub code: Option<String>,
    /// Vercel's number for the request, for its support.
    pub request_id: Option<String>,
    /// The variable that it is about.
    pub variable: Option<String>,
    /// The connector that it is about.
    pub connector: Option<String>,
    /// Whether the same run may succeed later.
    pub retryable: bool,
}

impl ApiFailure {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "ERR_EXCHANGE_REJECTED",
            Self::Unreachable(FetchFailure::Timeout) => "ERR_EXCHANGE_TIMEOUT",
            Self::Unreachable(_) => "ERR_EXCHANGE_FAILED",
            Self::NotAsDocumented(_) => "ERR_EXCHANGE_INVALID",
        }
    }

    /// The failure as it crosses to the host.
    pub fn details(&self) -> ErrorDetails {
        let mut provider = ProviderDetails { name: "vercel", ..ProviderDetails::default() };
        let (status, retryable) = match self {
            Self::Refused(refusal) => {
                provider.code.clone_from(&refusal.code);
                provider.request_id.clone_from(&refusal.request_id);
                (Some(refusal.status).filter(|status| *status != 0), refusal.retryable)
            }
            Self::Unreachable(failure) => (None, *failure != FetchFailure::TooLarge),
            Self::NotAsDocumented(_) => (None, false),
        };
        let details = ErrorDetails::new(self.code(), self.to_string(), retryable);
        ErrorDetails { status, provider: Some(provider), ..details }
    }
}

impl fmt::Display for ApiFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => {
                let Refusal { status, code, variable, connector, .. } = &**refusal;
                match (variable, connector) {
                    (Some(variable), _) => write!(f, "Vercel refused the variable `{variable}`")?,
                    (None, Some(connector)) => write!(f, "Vercel refused a request about the connector `{connector}`")?,
                    (None, None) => f.write_str("Vercel refused the request")?,
                }
                match (code, status) {
                    (Some(code), _) => write!(f, ": {code}"),
                    (None, 0 | 300..=399) => f.write_str(": it redirected it, which is not followed"),
                    (None, status) => write!(f, " with status {status}"),
                }
            }
            Self::Unreachable(FetchFailure::Timeout) => f.write_str("Vercel did not answer in time"),
            Self::Unreachable(FetchFailure::TooLarge) => f.write_str("Vercel answered with more than is read"),
            Self::Unreachable(_) => f.write_str("Vercel could not be reached"),
            Self::NotAsDocumented(what) => write!(f, "Vercel answered with something else than {what}"),
        }
    }
}

impl From<ApiFailure> for super::Error {
    fn from(failure: ApiFailure) -> Self {
        Self::Vercel(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_and_why() {
        let refusal = Refusal {
            status: 403,
            code: Some("forbidden".into()),
            request_id: None,
            variable: None,
            connector: None,
            retryable: false,
        };
        let text = |refusal: &Refusal| ApiFailure::Refused(Box::new(refusal.clone())).to_string();
        assert_eq!(text(&refusal), "Vercel refused the request: forbidden");
        let of_one = Refusal { variable: Some("A".into()), code: None, status: 400, ..refusal.clone() };
        assert_eq!(text(&of_one), "Vercel refused the variable `A` with status 400");
        assert_eq!(
            text(&Refusal { code: None, status: 0, ..refusal }),
            "Vercel refused the request: it redirected it, which is not followed"
        );
    }

    #[test]
    fn the_host_gets_status_and_provider() {
        let refusal = Refusal {
            status: 429,
            code: Some("rate_limited".into()),
            request_id: Some("fra1::1".into()),
            variable: None,
            connector: None,
            retryable: true,
        };
        let details = |refusal: &Refusal| ApiFailure::Refused(Box::new(refusal.clone())).details();
        let ErrorDetails { code, status, retryable, provider, .. } = details(&refusal);
        assert_eq!((code, status, retryable), ("ERR_EXCHANGE_REJECTED", Some(429), true));
        let wanted = ProviderDetails {
            name: "vercel",
            code: Some("rate_limited".into()),
            request_id: Some("fra1::1".into()),
            ..ProviderDetails::default()
        };
        assert_eq!(provider, Some(wanted));
        assert_eq!(details(&Refusal { status: 0, ..refusal }).status, None);
        let ErrorDetails { status, retryable, provider, .. } =
            ApiFailure::Unreachable(FetchFailure::TooLarge).details();
        assert_eq!((status, retryable, provider.unwrap().name), (None, false, "vercel"));
        assert!(ApiFailure::Unreachable(FetchFailure::Timeout).details().retryable);
    }
}
