//! Operations as the host carries them out.

use std::time::Duration;

use serde::Serialize;

use crate::flow::HttpRequest;

/// How far an operation is: a request to carry out next, or its result.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "bindings", derive(tsify::Tsify))]
pub struct Progress {
    /// The request that the operation waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub request: Option<PendingRequest>,
    /// The result.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub result: Option<String>,
}

/// A request that an operation waits for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct PendingRequest {
    /// The handle of the operation.
    pub operation: u64,
    /// The HTTP method.
    pub method: &'static str,
    /// The absolute URL.
    pub url: String,
    /// Pairs of a name in lower case and a value.
    #[cfg_attr(feature = "bindings", tsify(type = "[string, string][]"))]
    pub headers: Vec<(&'static str, String)>,
    /// The body, where the method has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub body: Option<String>,
    /// The delay before the request is sent, in milliseconds.
    pub delay_ms: u32,
    /// The time limit from then on, in milliseconds, reading the body included.
    pub timeout_ms: u32,
    /// The largest body that is read, in bytes.
    pub max_body_bytes: u32,
}

impl PendingRequest {
    /// The request that this operation waits for. It holds secrets in the open: the host sends them.
    pub fn new(operation: u64, request: &HttpRequest) -> Self {
        Self {
            operation,
            method: request.method.as_str(),
            url: request.url.clone(),
            headers: request.headers.iter().map(|(name, value)| (*name, value.expose().clone())).collect(),
            body: request.body.as_ref().map(|body| body.expose().clone()),
            delay_ms: milliseconds(request.delay),
            timeout_ms: milliseconds(request.timeout),
            max_body_bytes: u32::try_from(request.max_body_bytes).unwrap_or(u32::MAX),
        }
    }
}

/// Rounded up: a request is not sent before its delay is over.
fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(u32::MAX)
}

/// The use of the present keys until newer ones arrive.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "bindings", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct KeyLoad {
    /// The request to carry out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub request: Option<PendingRequest>,
    /// Whether another caller is loading them.
    pub in_flight: bool,
}

/// The use of one key of a set.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "bindings", derive(tsify::Tsify))]
pub struct KeyDetails {
    /// Its name, if it has a well-formed one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub kid: Option<String>,
    /// The algorithms that it serves.
    pub algorithms: Vec<String>,
    /// Why it is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub reason: Option<&'static str>,
}

/// The result of looking a credential up in the cache.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "bindings", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct CredentialLookup {
    /// A credential that can be used at once, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub credential: Option<String>,
    /// The number of the attempt to obtain a new one, of this caller or of another.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub attempt: Option<u64>,
    /// The first request of that attempt, where this caller carries it out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub request: Option<PendingRequest>,
    /// The name of the credential in a shared store, where a key for names was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "bindings", tsify(optional))]
    pub shared_name: Option<String>,
}
