//! The members of an object of options, taken one by one, so that what is wrong can be said by name and without a value.

use std::collections::BTreeMap;

use countersign::Error;
use serde_json::{Map, Value};

use crate::Result;

/// The members that are left to be read.
pub struct Members(Map<String, Value>);

impl Members {
    /// Reads the text of a JSON object.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for anything else.
    pub fn read(text: &str) -> Result<Self> {
        match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            _ => Err(problem("options", "must be an object")),
        }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.swap_remove(name)
    }

    /// A string.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for anything else.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>> {
        self.take(name).map(|value| text(value).ok_or_else(|| problem(name, "must be a string"))).transpose()
    }

    /// A string that must be there.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` where it is not.
    pub fn required(&mut self, name: &'static str) -> Result<String> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    /// `true` or `false`, which it is where it is not there.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for anything else.
    pub fn flag(&mut self, name: &'static str) -> Result<bool> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(_) => Err(problem(name, "must be `true` or `false`")),
        }
    }

    /// An array of strings.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for anything else.
    pub fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>> {
        let texts = |value| match value {
            Value::Array(items) => items.into_iter().map(text).collect(),
            _ => None,
        };
        self.take(name)
            .map(|value| texts(value).ok_or_else(|| problem(name, "must be an array of strings")))
            .transpose()
    }

    /// An object of strings.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for anything else, naming the member.
    pub fn texts_by_name(&mut self, name: &'static str) -> Result<Option<BTreeMap<String, String>>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(members)) => {
                let pair = |(member, value)| match text(value) {
                    Some(text) => Ok((member, text)),
                    None => Err(problem(format!("{name}.{member}"), "must be a string")),
                };
                members.into_iter().map(pair).collect::<Result<_>>().map(Some)
            }
            Some(_) => Err(problem(name, "must be an object of strings")),
        }
    }

    /// Refuses what was not read.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` naming one of them.
    pub fn nothing_else(self) -> Result<()> {
        self.0.into_iter().next().map_or(Ok(()), |(unknown, _)| Err(problem(unknown, "is not known here")))
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// An option that must be there and is not.
pub fn missing(name: &'static str) -> crate::Error {
    problem(name, "is required")
}

fn problem(option: impl Into<std::borrow::Cow<'static, str>>, problem: &'static str) -> crate::Error {
    Error::InvalidOption { option: option.into(), problem: problem.into() }.into()
}
