//! The claims set (RFC 7519 section 4).

use std::borrow::Cow;

use crate::encoding::json::{Kind, Rounding, Value};
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
        if payload.kind() == Kind::Object { Ok(Self(payload)) } else { Err(Error::invalid_jwt("is not a JSON object")) }
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
