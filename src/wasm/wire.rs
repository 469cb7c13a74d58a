//! What crosses the boundary as plain objects.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use crate::chain::refresh::{Login, Renewed};
use crate::chain::{Answer, BearerToken, Report, Source};
use crate::error::{Cause, Error, Provider, Rejection, Result};
use crate::flow::HttpRequest;
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
}

impl WireRefusal {
    fn new(provider: Provider) -> Self {
        Self { name: provider.as_str(), code: None, request_id: None, description: None }
    }
}

#[derive(Serialize)]
struct WireCause {
    source: &'static str,
    reason: String,
}

impl From<&Cause> for WireCause {
    fn from(cause: &Cause) -> Self {
        Self { source: cause.source, reason: cause.reason.clone().into_owned() }
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
            Error::CredentialsNotFound(causes)
            | Error::CredentialInvalid { causes, .. }
            | Error::CapturedTokenExpired(causes) => this.causes = Some(causes.iter().map(Into::into).collect()),
            Error::ExchangeRejected(rejection) => {
                let Rejection { provider, status, code, request_id, description, .. } = &**rejection;
                this.status = Some(*status);
                let (code, request_id, description) = (code.clone(), request_id.clone(), description.clone());
                this.provider = Some(WireRefusal { code, request_id, description, ..WireRefusal::new(*provider) });
            }
            Error::ExchangeFailed(provider, _) | Error::InvalidAnswer(provider, _) => {
                this.provider = Some(WireRefusal::new(*provider));
            }
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
    reason: Option<String>,
    expires_at: Option<f64>,
}

impl From<&Report> for WireReport {
    fn from(report: &Report) -> Self {
        let source = |(source, answer): &(Source, Answer)| {
            let reason = |reason: &str| Some(reason.to_owned());
            let (state, reason, expires_at) = match answer {
                Answer::Found(token) => ("found", None, token.expires_at),
                Answer::NotConfigured(why) => ("not-configured", reason(why), None),
                Answer::Unasked => ("available", None, None),
                Answer::Expired(at) => ("expired", None, Some(*at)),
                Answer::OtherProject(at) => ("other-project", None, Some(*at)),
                Answer::Failed { reason: why, .. } => ("failed", reason(why), None),
            };
            WireSource { source: source.as_str(), state, reason, expires_at: expires_at.map(Timestamp::as_seconds_f64) }
        };
        Self { selected: report.selected.map(Source::as_str), sources: report.answers.iter().map(source).collect() }
    }
}

/// The login of the command line: what to do with it, and the token to do it with.
#[derive(Serialize)]
pub struct WireLogin<'a> {
    state: &'static str,
    token: Option<&'a str>,
}

impl<'a> From<&'a Login> for WireLogin<'a> {
    fn from(login: &'a Login) -> Self {
        let (state, token) = match login {
            Login::Usable(token) => ("usable", Some(token)),
            Login::Renewable(token) => ("renewable", Some(token)),
            Login::Expired => ("expired", None),
            Login::Missing => ("missing", None),
        };
        Self { state, token: token.map(|token| token.expose().as_str()) }
    }
}

/// A renewed login, with the names that its file has for it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireRenewed<'a> {
    token: &'a str,
    expires_at: f64,
    refresh_token: Option<&'a str>,
}

impl<'a> From<&'a Renewed> for WireRenewed<'a> {
    fn from(renewed: &'a Renewed) -> Self {
        Self {
            token: renewed.token.expose(),
            expires_at: renewed.expires_at.as_seconds() as f64,
            refresh_token: renewed.refresh_token.as_ref().map(|token| token.expose().as_str()),
        }
    }
}
