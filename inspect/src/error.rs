//! Every way in which a question is refused.

use std::fmt;

use serde::Serialize;

/// `std::result::Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a question was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The core refuses an option, a token or a claim.
    Core(countersign::Error),
}

impl Error {
    /// The stable code, equal to `CountersignError.code` in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Core(error) => error.code(),
        }
    }

    /// The error as it crosses to JavaScript.
    pub(crate) fn wire(&self) -> WireError {
        WireError { code: self.code(), message: self.to_string() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(error) => error.fmt(f),
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
}
