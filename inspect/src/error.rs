//! Every way in which a question is refused.

mod api_failure;

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

pub use api_failure::{ApiFailure, Refusal};

/// `std::result::Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a question was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The core refuses an option, a token or a claim.
    Core(countersign::Error),
    /// A run comes to nothing at Vercel's REST API.
    Vercel(ApiFailure),
    /// A policy is not one that its cloud would take.
    Policy {
        /// What is wrong.
        problem: Cow<'static, str>,
        /// And where.
        position: Position,
    },
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The way to the value, such as `Statement[0].Effect`; empty for the document itself.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
}

impl Position {
    /// The place at this byte of the text.
    pub(crate) fn new(path: impl Into<String>, text: &str, byte: usize) -> Self {
        let before = &text[..byte];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        Self { path: path.into(), line, column: before[line_start..].chars().count() + 1 }
    }
}

/// The codes that this crate adds to those of the core; a test compares them with the README.
pub const CODES: &[&str] = &["ERR_POLICY_INVALID"];

impl Error {
    /// The stable code, equal to `CountersignError.code` in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Core(error) => error.code(),
            Self::Vercel(failure) => failure.code(),
            Self::Policy { .. } => "ERR_POLICY_INVALID",
        }
    }

    /// An option that the caller must mend.
    pub(crate) fn option(option: impl Into<Cow<'static, str>>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::Core(countersign::Error::InvalidOption { option: option.into(), problem: problem.into() })
    }

    /// The error as it crosses to JavaScript.
    pub(crate) fn wire(&self) -> WireError<'_> {
        let mut wire = WireError { code: self.code(), message: self.to_string(), ..WireError::default() };
        match self {
            Self::Core(countersign::Error::Claim { claim, reason }) => {
                wire.claim = Some(claim);
                wire.reason = Some(reason.as_str());
            }
            Self::Core(_) => {}
            Self::Policy { position, .. } => wire.position = Some(position),
            Self::Vercel(failure) => failure.complete(&mut wire),
        }
        wire
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(error) => error.fmt(f),
            Self::Vercel(failure) => failure.fmt(f),
            Self::Policy { problem, position: Position { path, line, column } } => {
                let place = if path.is_empty() { "the policy".to_owned() } else { format!("`{path}`") };
                write!(f, "{place} {problem} (line {line}, column {column})")
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<countersign::Error> for Error {
    fn from(error: countersign::Error) -> Self {
        Self::Core(error)
    }
}

impl From<Box<countersign::Error>> for Error {
    fn from(error: Box<countersign::Error>) -> Self {
        Self::Core(*error)
    }
}

/// What the wrapper makes a `CountersignError` of.
#[derive(Serialize, Default)]
pub(crate) struct WireError<'a> {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retryable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) provider: Option<WireRefusal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<&'a Position>,
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
