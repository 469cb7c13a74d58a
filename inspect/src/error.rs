//! Every way in which a question is refused.

use std::fmt;

use serde::Serialize;

use crate::env::fault::Fault;

/// `std::result::Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a question was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The core refuses an option, a token or a claim.
    Core(countersign::Error),
    /// A run comes to nothing at Vercel's REST API.
    Vercel(Fault),
}

impl Error {
    /// The stable code, equal to `CountersignError.code` in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Core(error) => error.code(),
            Self::Vercel(fault) => fault.code(),
        }
    }

    /// The error as it crosses to JavaScript.
    pub(crate) fn wire(&self) -> WireError {
        let mut error =
            WireError { code: self.code(), message: self.to_string(), retryable: None, status: None, provider: None };
        if let Self::Vercel(fault) = self {
            fault.complete(&mut error);
        }
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(error) => error.fmt(f),
            Self::Vercel(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<countersign::Error> for Error {
    fn from(error: countersign::Error) -> Self {
        Self::Core(error)
    }
}

/// What the wrapper makes a `CountersignError` of.
#[derive(Serialize)]
pub(crate) struct WireError {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retryable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<WireRefusal>,
}

/// Who refused a request, and in which words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireRefusal {
    pub(crate) name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
}
