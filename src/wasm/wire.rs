//! What leaves the core as plain objects.

use js_sys::Array;
use wasm_bindgen::prelude::*;

use crate::chain::dev_token::{Login, Renewed};
use crate::chain::{BearerToken, Report, Source, SourceStatus};
use crate::error::{Cause, Error, Provider, Rejection};
use crate::flow::HttpRequest;
use crate::secret::Secret;
use crate::time::Timestamp;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Object)]
    type Plain;

    #[wasm_bindgen(constructor, js_class = "Object")]
    fn new() -> Plain;

    #[wasm_bindgen(method, structural, indexing_setter)]
    fn set(this: &Plain, name: &str, value: &JsValue);
}

/// A plain object that is being made, member by member. What is `None` is left out.
pub struct Object(Plain);

impl Object {
    /// One without members.
    pub fn new() -> Self {
        Self(Plain::new())
    }

    /// Adds a member of whatever type.
    pub fn value(self, name: &str, value: impl Into<Option<JsValue>>) -> Self {
        if let Some(value) = value.into() {
            self.0.set(name, &value);
        }
        self
    }

    /// Adds a string.
    pub fn text<'a>(self, name: &str, text: impl Into<Option<&'a str>>) -> Self {
        self.value(name, text.into().map(JsValue::from_str))
    }

    /// Adds a number.
    pub fn number(self, name: &str, number: impl Into<Option<f64>>) -> Self {
        self.value(name, number.into().map(JsValue::from_f64))
    }

    /// Adds a Boolean.
    pub fn flag(self, name: &str, flag: bool) -> Self {
        self.value(name, JsValue::from_bool(flag))
    }
}

impl From<Object> for JsValue {
    fn from(object: Object) -> Self {
        object.0.into()
    }
}

/// An array of what the items are made into.
pub fn list<T>(items: impl IntoIterator<Item = T>, make: impl Fn(T) -> JsValue) -> JsValue {
    let list = Array::new();
    for item in items {
        list.push(&make(item));
    }
    list.into()
}

/// The error as it is thrown; the wrapper turns it into a `CountersignError`.
pub fn thrown(error: Box<Error>) -> JsValue {
    details(&error).into()
}

fn details(error: &Error) -> Object {
    let this = Object::new()
        .text("code", error.code())
        .text("message", &*error.sentence())
        .flag("retryable", error.is_retryable());
    match error {
        Error::Claim { claim, reason } => this.text("claim", &**claim).text("reason", reason.as_str()),
        Error::Expired { claim } => this.text("claim", *claim).text("reason", "check_failed"),
        Error::NoMatchingKey { kid } => this.text("kid", kid.as_deref()),
        Error::JwksStatus(status) => this.number("status", f64::from(*status)),
        Error::JwksNotLoaded { last_failure } => {
            this.value("cause", last_failure.as_deref().map(|failure| details(failure).into()))
        }
        Error::CredentialsNotFound(causes)
        | Error::CredentialInvalid { causes, .. }
        | Error::CapturedTokenExpired(causes) => this.value("causes", list(causes, cause)),
        Error::ExchangeRejected(rejection) => {
            let Rejection { provider, status, code, request_id, description, details, .. } = &**rejection;
            let provider = named(*provider)
                .text("code", code.as_deref())
                .text("requestId", request_id.as_deref())
                .text("description", description.as_deref())
                .text("details", details.as_deref());
            this.number("status", f64::from(*status)).value("provider", JsValue::from(provider))
        }
        Error::ExchangeFailed(provider, _) | Error::InvalidAnswer(provider, _) => {
            this.value("provider", JsValue::from(named(*provider)))
        }
        _ => this,
    }
}

fn named(provider: Provider) -> Object {
    Object::new().text("name", provider.as_str())
}

fn cause(cause: &Cause) -> JsValue {
    Object::new().text("source", cause.source).text("reason", &*cause.reason).into()
}

/// The request that operation number `operation` waits for.
pub fn request(operation: u32, request: &HttpRequest) -> JsValue {
    let header = |(name, value): &(&str, Secret<String>)| list([*name, value.expose()], JsValue::from_str);
    Object::new()
        .number("flight", f64::from(operation))
        .text("method", request.method.as_str())
        .text("url", &*request.url)
        .value("headers", list(&request.headers, header))
        .text("body", request.body.as_ref().map(|body| body.expose().as_str()))
        .number("delayMs", request.delay.as_secs_f64() * 1000.0)
        .number("timeoutMs", request.timeout.as_secs_f64() * 1000.0)
        .number("maxBodyBytes", request.max_body_bytes as f64)
        .into()
}

/// A credential to send.
pub fn token(token: &BearerToken) -> JsValue {
    Object::new()
        .text("value", &**token.value.expose())
        .text("source", token.source.as_str())
        .text("authMethod", token.source.auth_method().as_str())
        .number("expiresAt", token.expires_at.map(Timestamp::as_seconds_f64))
        .into()
}

/// A health report; no secret.
pub fn report(report: &Report) -> JsValue {
    let source = |(source, status): &(Source, SourceStatus)| {
        let (state, reason, expires_at) = match status {
            SourceStatus::Found(token) => ("found", None, token.expires_at),
            SourceStatus::NotConfigured(reason) => ("not-configured", Some(&**reason), None),
            SourceStatus::NotQueried => ("available", None, None),
            SourceStatus::Expired(at) => ("expired", None, Some(*at)),
            SourceStatus::OtherProject(at) => ("other-project", None, Some(*at)),
            SourceStatus::Failed { reason, .. } => ("failed", Some(&**reason), None),
        };
        Object::new()
            .text("source", source.as_str())
            .text("state", state)
            .text("reason", reason)
            .number("expiresAt", expires_at.map(Timestamp::as_seconds_f64))
            .into()
    };
    Object::new()
        .text("selected", report.selected.map(Source::as_str))
        .value("sources", list(&report.statuses, source))
        .into()
}

/// The login of the command line: what to do with it, and the token to do it with.
pub fn login(login: &Login) -> JsValue {
    let (state, token) = match login {
        Login::Usable(token) => ("usable", Some(token)),
        Login::Renewable(token) => ("renewable", Some(token)),
        Login::Expired => ("expired", None),
        Login::Missing => ("missing", None),
    };
    Object::new().text("state", state).text("token", token.map(|token| token.expose().as_str())).into()
}

/// A renewed login, with the names that its file has for it.
pub fn renewed(renewed: &Renewed) -> JsValue {
    Object::new()
        .text("token", &**renewed.token.expose())
        .number("expiresAt", renewed.expires_at.as_seconds() as f64)
        .text("refreshToken", renewed.refresh_token.as_ref().map(|token| token.expose().as_str()))
        .into()
}
