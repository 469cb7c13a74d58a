//! The claims set (RFC 7519 section 4).

use std::borrow::Cow;

use serde::Deserialize;

use crate::encoding::json::{Kind, Rounding, Value};
use crate::encoding::tree::Problem;
use crate::error::{ClaimReason, Error, Result};
use crate::time::Timestamp;

/// A claims set whose registered claims, where present, have the types that RFC 7519 section 4.1 gives them.
#[derive(Debug, Clone, Copy)]
pub struct Claims<'a>(Value<'a>);

impl<'a> Claims<'a> {
    /// Takes a JSON value as a claims set.
    ///
    /// # Errors
    /// [`Error::InvalidJwt`] if it is no object.
    pub(crate) fn new(payload: Value<'a>) -> Result<Self> {
        if payload.kind() == Kind::Object { Ok(Self(payload)) } else { Err(Error::InvalidJwt("is not a JSON object")) }
    }

    /// Any claim, by name.
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        self.0.get(name)
    }

    /// All claims in the order of the token.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> {
        self.0.members()
    }

    /// The claims set as the token carries it: JSON text that was read strictly.
    pub fn text(&self) -> &'a str {
        self.0.raw()
    }

    /// The claims as a typed value. Claims that the type does not know are ignored, and `null` is a missing claim.
    ///
    /// Nothing beyond the types is checked: a verifier has checked what its policy names.
    ///
    /// # Errors
    /// [`Error::Claim`] for a claim that is missing or of the wrong type.
    pub fn deserialize<T: Deserialize<'a>>(&self) -> Result<T> {
        self.0.deserialize().map_err(|error| {
            let reason = if error.problem == Problem::Missing { ClaimReason::Missing } else { ClaimReason::Invalid };
            Error::claim(error.path(), reason)
        })
    }

    /// A claim that is a string where it is present.
    ///
    /// # Errors
    /// [`Error::Claim`] with [`ClaimReason::Invalid`] for another type.
    pub fn string(&self, name: &'static str) -> Result<Option<Cow<'a, str>>> {
        self.get(name).map(|value| value.as_str().ok_or_else(|| Error::claim(name, ClaimReason::Invalid))).transpose()
    }

    /// A claim that must be there and be a string.
    ///
    /// # Errors
    /// [`Error::Claim`] with [`ClaimReason::Missing`] or [`ClaimReason::Invalid`].
    pub fn required_string(&self, name: &'static str) -> Result<Cow<'a, str>> {
        self.string(name)?.ok_or_else(|| Error::claim(name, ClaimReason::Missing))
    }

    /// A claim that is a NumericDate (section 2) where it is present, rounded to the microsecond.
    ///
    /// # Errors
    /// [`Error::Claim`] with [`ClaimReason::Invalid`] for another type, or a number that is no instant.
    pub fn timestamp(&self, name: &'static str, rounding: Rounding) -> Result<Option<Timestamp>> {
        self.get(name)
            .map(|value| value.as_timestamp(rounding).ok_or_else(|| Error::claim(name, ClaimReason::Invalid)))
            .transpose()
    }

    /// The recipients named by `aud` (section 4.1.3): one string, or an array of strings that is not empty.
    ///
    /// # Errors
    /// [`Error::Claim`] with [`ClaimReason::Invalid`] for anything else.
    pub fn audience(&self) -> Result<Option<Vec<Cow<'a, str>>>> {
        let Some(value) = self.get("aud") else { return Ok(None) };
        let names: Option<Vec<_>> = match value.kind() {
            Kind::Array => value.elements().map(Value::as_str).collect(),
            _ => value.as_str().map(|name| vec![name]),
        };
        names.filter(|names| !names.is_empty()).map(Some).ok_or_else(|| Error::claim("aud", ClaimReason::Invalid))
    }

    /// Who issued the token (section 4.1.1).
    ///
    /// # Errors
    /// [`Error::Claim`] where `iss` is missing or no string.
    pub fn issuer(&self) -> Result<Cow<'a, str>> {
        self.required_string("iss")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json::Document;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Workflow<'a> {
        #[serde(borrow)]
        repository: Cow<'a, str>,
        run_number: u64,
        environment: Option<String>,
    }

    fn read(text: &str) -> Result<String> {
        let document = Document::parse(text.as_bytes()).expect("strict JSON");
        let workflow: Workflow<'_> = Claims::new(document.root())?.deserialize()?;
        Ok(format!("{workflow:?}"))
    }

    #[test]
    fn claims_become_a_typed_value() {
        let text = r#"{"repository":"acme/site","run_number":7,"environment":null,"exp":1,"more":{"a":[]}}"#;
        let document = Document::parse(text.as_bytes()).expect("strict JSON");
        let workflow: Workflow<'_> = Claims::new(document.root()).unwrap().deserialize().unwrap();
        assert!(matches!(workflow.repository, Cow::Borrowed("acme/site")), "the text is borrowed from the token");
        assert_eq!((workflow.run_number, workflow.environment), (7, None));
    }

    #[test]
    fn a_claim_of_the_wrong_type_is_named() {
        for (text, claim, reason) in [
            (r#"{"run_number":7}"#, "repository", ClaimReason::Missing),
            (r#"{"repository":7,"run_number":7}"#, "repository", ClaimReason::Invalid),
            (r#"{"repository":"a","run_number":"7"}"#, "run_number", ClaimReason::Invalid),
            (r#"{"repository":"a","run_number":-7}"#, "run_number", ClaimReason::Invalid),
        ] {
            assert_eq!(read(text), Err(Error::claim(claim, reason)), "{text}");
        }
    }
}
