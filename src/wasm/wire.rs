//! What crosses the boundary as plain objects.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::chain::{Answer, BearerToken, Inputs, Report, Source};
use crate::error::{Cause, Error, Provider, Rejection, Result};
use crate::flow::HttpRequest;
use crate::secret::Secret;
use crate::time::Timestamp;

/// Reads a plain object. Its form is the wrapper's affair, so a failure is a fault of this package.
pub fn read<T: DeserializeOwned>(value: JsValue) -> Result<T> {
    serde_wasm_bindgen::from_value(value).map_err(|_| Error::Internal("malformed input at the boundary"))
}

/// Writes a plain object.
pub fn write(value: &impl Serialize) -> JsValue {
    serde_wasm_bindgen::to_value(value).unwrap_or(JsValue::UNDEFINED)
}

/// An error, as the wrapper turns it into a `CountersignError`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireError {
    code: &'static str,
    message: String,
    retryable: bool,
    claim: Option<String>,
    reason: Option<&'static str>,
    kid: Option<String>,
    status: Option<u16>,
    provider: Option<WireRefusal>,
    causes: Option<Vec<WireCause>>,
    cause: Option<Box<WireError>>,
}

/// A provider's refusal, in its own words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRefusal {
    name: &'static str,
    code: Option<String>,
    request_id: Option<String>,
    description: Option<String>,
    details: Option<String>,
}

impl WireRefusal {
    fn new(provider: Provider) -> Self {
        Self { name: provider.as_str(), code: None, request_id: None, description: None, details: None }
    }
}

#[derive(Serialize)]
struct WireCause {
    source: &'static str,
    reason: &'static str,
}

impl From<&Cause> for WireCause {
    fn from(cause: &Cause) -> Self {
        Self { source: cause.source, reason: cause.reason }
    }
}

impl From<&Error> for WireError {
    fn from(error: &Error) -> Self {
        let mut this = Self {
            code: error.code(),
            message: error.to_string(),
            retryable: error.is_retryable(),
            claim: None,
            reason: None,
            kid: None,
            status: None,
            provider: None,
            causes: None,
            cause: None,
        };
        match error {
            Error::Claim { claim, reason } => {
                this.claim = Some(claim.clone().into_owned());
                this.reason = Some(reason.as_str());
            }
            Error::Expired { claim } => {
                this.claim = Some((*claim).to_owned());
                this.reason = Some("check_failed");
            }
            Error::NoMatchingKey { kid } => this.kid = kid.as_deref().map(str::to_owned),
            Error::JwksStatus(status) => this.status = Some(*status),
            Error::JwksNotLoaded { last_failure } => this.cause = last_failure.as_deref().map(|e| Box::new(e.into())),
            Error::CredentialsNotFound(causes) => this.causes = Some(causes.iter().map(Into::into).collect()),
            Error::ExchangeRejected(rejection) => {
                let Rejection { provider, status, code, request_id, description, details, .. } = &**rejection;
                this.status = Some(*status);
                let (code, request_id) = (code.clone(), request_id.clone());
                let (description, details) = (description.clone(), details.clone());
                this.provider = Some(WireRefusal { name: provider.as_str(), code, request_id, description, details });
            }
            Error::ExchangeFailed(provider, _) | Error::InvalidAnswer(provider, _) => {
                this.provider = Some(WireRefusal::new(*provider));
            }
            Error::CredentialInvalid(cause) => this.causes = Some(vec![cause.into()]),
            _ => {}
        }
        this
    }
}

/// The error as it is thrown.
pub fn thrown(error: Error) -> JsValue {
    write(&WireError::from(&error))
}

/// A request for the host.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireRequest<'a> {
    flight: u32,
    method: &'static str,
    url: &'a str,
    headers: Vec<(&'static str, &'a str)>,
    body: Option<&'a str>,
    delay_ms: f64,
    timeout_ms: f64,
    max_body_bytes: usize,
}

impl<'a> WireRequest<'a> {
    /// The request that flight number `flight` waits for.
    pub fn new(flight: u32, request: &'a HttpRequest) -> Self {
        Self {
            flight,
            method: request.method.as_str(),
            url: &request.url,
            headers: request.headers.iter().map(|(name, value)| (*name, value.expose().as_str())).collect(),
            body: request.body.as_ref().map(|body| body.expose().as_str()),
            delay_ms: request.delay.as_secs_f64() * 1000.0,
            timeout_ms: request.timeout.as_secs_f64() * 1000.0,
            max_body_bytes: request.max_body_bytes,
        }
    }
}

/// What the wrapper found at each source of the chain.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireInputs {
    static_key: Option<String>,
    header: Option<String>,
    context: Option<String>,
    env: Option<String>,
}

impl From<WireInputs> for Inputs {
    fn from(inputs: WireInputs) -> Self {
        let secret = |value: Option<String>| value.map(Secret::new);
        Self {
            static_key: secret(inputs.static_key),
            header: secret(inputs.header),
            context: secret(inputs.context),
            env: secret(inputs.env),
        }
    }
}

/// A credential to send.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireToken<'a> {
    value: &'a str,
    source: &'static str,
    auth_method: &'static str,
    expires_at: Option<f64>,
}

impl<'a> From<&'a BearerToken> for WireToken<'a> {
    fn from(token: &'a BearerToken) -> Self {
        Self {
            value: token.value.expose(),
            source: token.source.as_str(),
            auth_method: token.source.auth_method().as_str(),
            expires_at: token.expires_at.map(Timestamp::as_seconds_f64),
        }
    }
}

/// A health report; no secret.
#[derive(Serialize)]
pub struct WireReport {
    selected: Option<&'static str>,
    sources: Vec<WireSource>,
}

/// One line of a health report.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireSource {
    source: &'static str,
    state: &'static str,
    reason: Option<&'static str>,
    expires_at: Option<f64>,
}

impl From<&Report> for WireReport {
    fn from(report: &Report) -> Self {
        let source = |(source, answer): &(Source, Answer)| {
            let (state, reason, expires_at) = match answer {
                Answer::Found(token) => ("found", None, token.expires_at),
                Answer::NotConfigured => ("not-configured", None, None),
                Answer::Expired(at) => ("expired", None, Some(*at)),
                Answer::Failed(reason) => ("failed", Some(*reason), None),
            };
            WireSource { source: source.as_str(), state, reason, expires_at: expires_at.map(Timestamp::as_seconds_f64) }
        };
        Self { selected: report.selected.map(Source::as_str), sources: report.answers.iter().map(source).collect() }
    }
}
