//! Values that a rule about a claim compares.

use crate::encoding::json::quote_into;

/// A value that a rule compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimValue {
    /// A string, compared byte by byte.
    String(String),
    /// A Boolean.
    Boolean(bool),
    /// A whole number. It equals every spelling of the same number, such as `1.0`.
    Number(i64),
}

impl ClaimValue {
    /// The type, by the name that JSON has for it.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Boolean(_) => "a Boolean",
            Self::Number(_) => "a number",
        }
    }

    /// The string's value.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(string) => Some(string),
            _ => None,
        }
    }

    /// Appends the value as JSON.
    pub(crate) fn write_json(&self, out: &mut String) {
        match self {
            Self::String(string) => quote_into(string, out),
            Self::Boolean(boolean) => out.push_str(if *boolean { "true" } else { "false" }),
            Self::Number(number) => out.push_str(&number.to_string()),
        }
    }
}
