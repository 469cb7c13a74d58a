//! The ways in which a run fails.

mod api_failure;

use std::borrow::Cow;
use std::fmt;

use countersign::wire::ErrorDetails;

pub use api_failure::{ApiFailure, Refusal};

/// `std::result::Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call was refused, or a run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The core refuses an option or a handle.
    Core(countersign::Error),
    /// A run fails at Vercel's REST API.
    Vercel(ApiFailure),
}

impl Error {
    /// The stable code, equal to `CountersignError.code` in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Core(error) => error.code(),
            Self::Vercel(failure) => failure.code(),
        }
    }

    /// The error as it crosses to the host.
    pub fn details(&self) -> ErrorDetails {
        match self {
            Self::Core(error) => error.into(),
            Self::Vercel(failure) => failure.details(),
        }
    }

    /// An option that the caller must correct.
    pub(crate) fn option(option: impl Into<Cow<'static, str>>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::Core(countersign::Error::InvalidOption { option: option.into(), problem: problem.into() })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(error) => error.fmt(f),
            Self::Vercel(failure) => failure.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<countersign::Error> for Error {
    fn from(error: countersign::Error) -> Self {
        Self::Core(error)
    }
}

/// The object that an export throws.
#[cfg(target_arch = "wasm32")]
impl From<Error> for wasm_bindgen::JsValue {
    fn from(error: Error) -> Self {
        countersign::bindings::to_object(&error.details())
    }
}
