//! Errors as the host gets them.

use serde::Serialize;

use crate::error::{Cause, Error, Provider, Rejection};

/// An error, from which the host makes the object that it throws.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetails {
    /// The stable code.
    pub code: &'static str,
    /// The sentence for a person.
    pub message: String,
    /// Whether the same call may succeed later, without any change.
    pub retryable: bool,
    /// The option that was refused, such as `claims.ref`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub option: Option<String>,
    /// The claim that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub claim: Option<String>,
    /// How the claim was refused: `missing`, `invalid` or `check_failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub reason: Option<&'static str>,
    /// The key that the token names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub kid: Option<String>,
    /// The HTTP status of the response that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub status: Option<u16>,
    /// The service that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub provider: Option<ProviderDetails>,
    /// The reason of each source of the credential chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub causes: Option<Vec<CauseDetails>>,
    /// The error behind this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub cause: Option<Box<ErrorDetails>>,
}

/// A service's refusal, in its own words.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "bindings", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ProviderDetails {
    /// The service.
    pub name: &'static str,
    /// The service's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub code: Option<String>,
    /// The service's number for the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub request_id: Option<String>,
    /// The service's explanation, without the secrets that were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub description: Option<String>,
    /// What else the service says, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub details: Option<String>,
}

/// The reason of one source of the credential chain.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(tsify::Tsify))]
pub struct CauseDetails {
    /// The source, by its public name.
    pub source: &'static str,
    /// The reason, without a secret.
    pub reason: String,
}

impl ErrorDetails {
    /// The details that every error has.
    pub fn new(code: &'static str, message: String, retryable: bool) -> Self {
        Self {
            code,
            message,
            retryable,
            option: None,
            claim: None,
            reason: None,
            kid: None,
            status: None,
            provider: None,
            causes: None,
            cause: None,
        }
    }
}

impl From<&Error> for ErrorDetails {
    fn from(error: &Error) -> Self {
        let mut this = Self::new(error.code(), error.to_string(), error.is_retryable());
        match error {
            Error::InvalidOption { option, .. } => this.option = Some(option.to_string()),
            Error::UnknownOption { option, .. } => this.option = Some(option.clone()),
            Error::Claim { claim, reason } => {
                this.claim = Some(claim.to_string());
                this.reason = Some(reason.as_str());
            }
            Error::Expired { claim, .. } | Error::NotYetValid { claim, .. } => {
                this.claim = Some((*claim).to_owned());
                this.reason = Some("check_failed");
            }
            Error::DeliveryRefused(problem) => this.reason = Some(problem.as_str()),
            Error::InvalidJwk(problem) => this.reason = Some(problem),
            Error::NoMatchingKey { kid } => this.kid = kid.as_deref().map(str::to_owned),
            Error::JwksStatus(status) => this.status = Some(*status),
            Error::JwksNotLoaded { last_failure } => {
                this.cause = last_failure.as_deref().map(|failure| Box::new(failure.into()));
            }
            Error::CredentialsNotFound(causes)
            | Error::CredentialInvalid { causes, .. }
            | Error::CapturedTokenExpired(causes) => {
                this.causes = Some(causes.iter().map(CauseDetails::from).collect());
            }
            Error::ExchangeRejected(rejection) => {
                this.status = Some(rejection.status);
                this.provider = Some((&**rejection).into());
            }
            Error::ExchangeFailed(provider, _) | Error::InvalidResponse(provider, _) => {
                this.provider = Some((*provider).into());
            }
            _ => {}
        }
        this
    }
}

impl From<&Rejection> for ProviderDetails {
    fn from(rejection: &Rejection) -> Self {
        let Rejection { provider, code, request_id, description, details, .. } = rejection.clone();
        Self { code, request_id, description, details, ..provider.into() }
    }
}

impl From<Provider> for ProviderDetails {
    fn from(provider: Provider) -> Self {
        Self { name: provider.as_str(), ..Self::default() }
    }
}

impl From<&Cause> for CauseDetails {
    fn from(cause: &Cause) -> Self {
        Self { source: cause.source, reason: cause.reason.to_string() }
    }
}
