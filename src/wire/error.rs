//! Errors as the host gets them.

use serde::Serialize;

use crate::error::{Cause, Difference, Error, KeyChoice, Mismatch, Provider, Rejection, UnusableKey};

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
    /// The kind of difference between claim and policy, such as `trailing-slash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub difference: Option<&'static str>,
    /// The values that the policy expects, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub expected: Option<String>,
    /// The value that the token has, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub found: Option<String>,
    /// The key that the token names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub kid: Option<String>,
    /// The HTTP status of the response that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub status: Option<u16>,
    /// The URL of the discovery document or key set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub url: Option<String>,
    /// Why each key of a set cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub keys: Option<Vec<UnusableKeyDetails>>,
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
    /// Further details of the service, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub details: Option<String>,
}

/// A key of a set that is not used.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(tsify::Tsify))]
pub struct UnusableKeyDetails {
    /// The key's place in the set, from 0.
    pub index: u32,
    /// Its name, if it has a well-formed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub kid: Option<String>,
    /// Why it is not used.
    pub reason: &'static str,
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
            difference: None,
            expected: None,
            found: None,
            kid: None,
            status: None,
            url: None,
            keys: None,
            provider: None,
            causes: None,
            cause: None,
        }
    }
}

impl ErrorDetails {
    fn compare(&mut self, mismatch: Option<&Mismatch>) {
        let Some(Mismatch { expected, found, difference }) = mismatch else { return };
        self.difference = difference.map(Difference::as_str);
        self.expected.clone_from(expected);
        self.found.clone_from(found);
    }
}

impl From<&Error> for ErrorDetails {
    fn from(error: &Error) -> Self {
        let mut this = Self::new(error.code(), error.to_string(), error.is_retryable());
        match error {
            Error::InvalidOption { option, .. } => this.option = Some(option.to_string()),
            Error::UnknownOption { option, .. } => this.option = Some(option.clone()),
            Error::Claim { claim, reason, mismatch } => {
                this.claim = Some(claim.to_string());
                this.reason = Some(reason.as_str());
                this.compare(mismatch.as_deref());
            }
            Error::AlgorithmNotListed(mismatch) => this.compare(Some(mismatch)),
            Error::Expired { claim, .. } | Error::NotYetValid { claim, .. } => {
                this.claim = Some((*claim).to_owned());
                this.reason = Some("check_failed");
            }
            Error::DeliveryRefused(problem) => this.reason = Some(problem.as_str()),
            Error::InvalidJwk(problem) => this.reason = Some(problem),
            Error::InvalidJwks { keys, url, .. } => {
                this.keys = (!keys.is_empty()).then(|| keys.iter().map(UnusableKeyDetails::from).collect());
                this.url = url.as_deref().map(str::to_owned);
            }
            Error::NoMatchingKey { kid, reason } => {
                this.kid = kid.as_deref().map(str::to_owned);
                if let KeyChoice::Unusable(reason) = reason {
                    this.reason = Some(reason);
                }
            }
            Error::JwksStatus { status, url, .. } => {
                this.status = Some(*status);
                this.url = Some(url.to_string());
            }
            Error::JwksFetch { url, .. } | Error::InvalidDiscovery { url, .. } => this.url = Some(url.to_string()),
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

impl From<&UnusableKey> for UnusableKeyDetails {
    fn from(key: &UnusableKey) -> Self {
        // No more keys are read than fit.
        Self { index: key.index as u32, kid: key.kid.as_deref().map(str::to_owned), reason: key.reason }
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
