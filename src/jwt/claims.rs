//! The claims set (RFC 7519 section 4).

use std::borrow::Cow;

use serde::Deserialize;

use crate::encoding::json::{Kind, Rounding, Value};
use crate::encoding::tree::Problem;
use crate::error::{ClaimReason, Difference, Error, Result};
use crate::jwt::difference;
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

    /// A claim by its name, or by a path through objects, such as `realm_access.roles`.
    ///
    /// A dot may belong to a name, as in `kubernetes.io` or `https://example.com/roles`, or stand between two names. The
    /// members of the token decide. `kubernetes.io.namespace` finds the member `namespace` of `kubernetes.io`. Arrays are not
    /// searched.
    ///
    /// # Errors
    /// [`Error::Claim`] with [`ClaimReason::Invalid`] where the path fits two members: a holder who can choose the name of one
    /// must not put it in the place of the other.
    pub fn find(&self, path: &str) -> Result<Option<Value<'a>>> {
        if !path.contains('.') {
            return Ok(self.get(path));
        }
        let mut found = None;
        if find_all(self.0, path, &mut found) {
            return Ok(found);
        }
        let mismatch = difference::mismatch(&[], None, Some(Difference::Ambiguous));
        Err(Error::mismatch(path.to_owned(), ClaimReason::Invalid, mismatch))
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
        self.get(name).map(|value| value.as_str().ok_or_else(|| not_a_string(name, value))).transpose()
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
        let refusal = |value| Error::mismatch(name, ClaimReason::Invalid, difference::of_timestamp(value));
        self.get(name).map(|value| value.as_timestamp(rounding).ok_or_else(|| refusal(value))).transpose()
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
        names.filter(|names| !names.is_empty()).map(Some).ok_or_else(|| {
            let problem = match value.kind() {
                Kind::Array if value.elements().next().is_none() => Some(Difference::Empty),
                Kind::Array => None,
                _ => difference::of_type(value, "a string"),
            };
            Error::mismatch("aud", ClaimReason::Invalid, difference::mismatch(&[], Some(value), problem))
        })
    }

    /// The issuer of the token (section 4.1.1).
    ///
    /// # Errors
    /// [`Error::Claim`] where `iss` is missing or no string.
    pub fn issuer(&self) -> Result<Cow<'a, str>> {
        self.required_string("iss")
    }
}

/// Follows every reading of a path; false where there is more than one. Each member of the token is visited at most once.
fn find_all<'a>(object: Value<'a>, path: &str, found: &mut Option<Value<'a>>) -> bool {
    if object.get(path).is_some_and(|value| found.replace(value).is_some()) {
        return false;
    }
    path.match_indices('.').all(|(dot, _)| {
        let (name, rest) = (path.get(..dot).unwrap_or_default(), path.get(dot + 1..).unwrap_or_default());
        object.get(name).is_none_or(|inner| inner.kind() != Kind::Object || find_all(inner, rest, found))
    })
}

#[cold]
fn not_a_string(name: &'static str, value: Value<'_>) -> Error {
    let problem = difference::of_type(value, "a string");
    Error::mismatch(name, ClaimReason::Invalid, difference::mismatch(&[], Some(value), problem))
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

    #[test]
    fn a_path_is_read_by_the_members_of_the_token() {
        let text = r#"{
            "realm_access": { "roles": ["admin"], "a.b": { "c": 1 } },
            "https://example.com/roles": ["editor"],
            "kubernetes.io": { "namespace": "shop", "service.account": { "name": "checkout" } },
            "a": { "b": 1 }, "a.b": 2,
            "x": "text", "list": [{ "name": 1 }], "": { "": 3 }
        }"#;
        let document = Document::parse(text.as_bytes()).expect("strict JSON");
        let claims = Claims::new(document.root()).unwrap();
        let find = |path: &str| claims.find(path).map(|value| value.map(|value| value.json().into_owned()));
        for (path, value) in [
            ("realm_access.roles", Some(r#"["admin"]"#)),
            ("realm_access.a.b.c", Some("1")),
            ("https://example.com/roles", Some(r#"["editor"]"#)),
            ("kubernetes.io.namespace", Some(r#""shop""#)),
            ("kubernetes.io.service.account.name", Some(r#""checkout""#)),
            (".", Some("3")),
            ("x", Some(r#""text""#)),
            ("x.y", None),
            ("x.", None),
            ("list.0.name", None),
            ("list.name", None),
            ("realm_access.role", None),
            ("kubernetes.namespace", None),
        ] {
            assert_eq!(find(path).unwrap().as_deref(), value, "{path}");
        }
        let Err(Error::Claim { reason, mismatch, .. }) = find("a.b") else { panic!("two members fit") };
        assert_eq!((reason, mismatch.unwrap().difference), (ClaimReason::Invalid, Some(Difference::Ambiguous)));
    }

    #[test]
    fn an_audience_of_another_form_is_explained() {
        for (audience, difference) in [
            ("[]", Some(Difference::Empty)),
            (r#"["a",7]"#, None),
            ("[null]", None),
            ("7", Some(Difference::WrongType { found: "a number", expected: "a string" })),
            ("{}", Some(Difference::WrongType { found: "an object", expected: "a string" })),
        ] {
            let text = format!(r#"{{"aud":{audience}}}"#);
            let document = Document::parse(text.as_bytes()).expect("strict JSON");
            let result = Claims::new(document.root()).unwrap().audience();
            let Err(Error::Claim { reason, mismatch: Some(mismatch), .. }) = result else { panic!("{result:?}") };
            assert_eq!((reason, mismatch.difference), (ClaimReason::Invalid, difference), "{audience}");
        }
    }
}
