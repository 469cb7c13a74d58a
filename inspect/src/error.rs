//! The ways in which a call is refused.

use std::borrow::Cow;
use std::fmt;

use countersign::wire::ErrorDetails;
use serde::Serialize;

/// `std::result::Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The core refuses an option, a token or a claim.
    Core(countersign::Error),
    /// A policy has a form that its cloud would refuse.
    Policy {
        /// The fault.
        problem: Cow<'static, str>,
        /// And where.
        position: PolicyPosition,
    },
}

/// A place in a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct PolicyPosition {
    /// The path to the value, such as `Statement[0].Effect`; empty for the policy itself.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
}

impl PolicyPosition {
    /// The place at this byte of the text.
    pub(crate) fn new(path: impl Into<String>, text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self { path: path.into(), line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
    }
}

/// The codes that this crate adds to those of the core; a test compares them with docs/errors.md.
pub const CODES: &[&str] = &["ERR_POLICY_INVALID"];

impl Error {
    /// The stable code, equal to `CountersignError.code` in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Core(error) => error.code(),
            Self::Policy { .. } => "ERR_POLICY_INVALID",
        }
    }

    /// An option that the caller must correct.
    pub(crate) fn option(option: impl Into<Cow<'static, str>>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::Core(countersign::Error::InvalidOption { option: option.into(), problem: problem.into() })
    }

    /// The error as it crosses to the host.
    pub fn details(&self) -> PolicyErrorDetails {
        match self {
            Self::Core(error) => PolicyErrorDetails { details: error.into(), position: None },
            Self::Policy { position, .. } => {
                let details = ErrorDetails::new(self.code(), self.to_string(), false);
                PolicyErrorDetails { details, position: Some(position.clone()) }
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(error) => error.fmt(f),
            Self::Policy { problem, position: PolicyPosition { path, line, column } } => {
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

/// An error, from which the host makes the object that it throws.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PolicyErrorDetails {
    /// The members of every error.
    #[serde(flatten)]
    pub details: ErrorDetails,
    /// The place in a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<PolicyPosition>,
}

/// The object that an export throws.
#[cfg(target_arch = "wasm32")]
impl From<Error> for wasm_bindgen::JsValue {
    fn from(error: Error) -> Self {
        countersign::bindings::to_object(&error.details())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn members(error: &Error) -> Value {
        let mut value = serde_json::to_value(error.details()).unwrap();
        value.as_object_mut().unwrap().retain(|_, member| !member.is_null());
        value
    }

    #[test]
    fn the_host_gets_the_details_of_an_error() {
        let error = Error::Core(countersign::Error::InvalidJwt("is not a JSON object"));
        let wanted = json!({
            "code": "ERR_JWT_INVALID", "message": "the claims set is not a JSON object", "retryable": false,
        });
        assert_eq!(members(&error), wanted);
        let error = Error::option("kind", "is required");
        let wanted = json!({
            "code": "ERR_INVALID_OPTION", "message": "`kind` is required", "option": "kind", "retryable": false,
        });
        assert_eq!(members(&error), wanted);
        let position = PolicyPosition::new("Statement", "{\n \"Statement\": 1}", 16);
        let error = Error::Policy { problem: "must be an object".into(), position };
        let wanted = json!({
            "code": "ERR_POLICY_INVALID", "message": "`Statement` must be an object (line 2, column 15)",
            "position": { "path": "Statement", "line": 2, "column": 15 }, "retryable": false,
        });
        assert_eq!(members(&error), wanted);
    }

    #[test]
    fn a_position_counts_characters_and_lines_from_1() {
        let text = "é{\n\n\"x\"";
        for (byte, line, column) in [(0, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 1), (5, 3, 1), (6, 3, 2), (99, 3, 4)] {
            let position = PolicyPosition::new("", text, byte);
            assert_eq!((position.line, position.column), (line, column), "byte {byte}");
        }
    }
}
