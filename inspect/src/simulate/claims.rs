//! The claims of the token that a policy is held against.

use countersign::encoding::date;
use countersign::time::Timestamp;
use serde_json::{Map, Value};

/// An unverified claims set.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a>(pub &'a Map<String, Value>);

impl<'a> Claims<'a> {
    /// A claim that is a string.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// A claim that is a string or an array of strings.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        match self.0.get(name)? {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            _ => None,
        }
    }

    /// A claim as a person would read it.
    pub fn shown(&self, name: &str) -> Option<Vec<String>> {
        let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(match self.0.get(name)? {
            Value::Array(items) => items.iter().map(plain).collect(),
            value => vec![plain(value)],
        })
    }

    /// A time with its date, as people read it.
    pub fn shown_time(&self, name: &str) -> Option<Vec<String>> {
        let seconds = ["exp", "nbf", "iat"].contains(&name).then(|| self.number(name)).flatten()?;
        let date = |seconds: f64| Timestamp::from_seconds(seconds as i64).map(date::utc);
        let told = match date(seconds) {
            Some(date) => format!("{seconds} ({date})"),
            // Milliseconds, where seconds are wanted.
            None => format!("{seconds} (in milliseconds {}; it must be seconds)", date(seconds / 1000.0)?),
        };
        Some(vec![told])
    }

    /// A claim that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name).and_then(Value::as_f64)
    }
}
