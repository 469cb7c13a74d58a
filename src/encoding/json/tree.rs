//! Strict JSON as a tree that serde reads.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Kind, Value};
use crate::encoding::tree::{self, Mode, ReadError, Tree};

impl<'a> Tree<'a> for Value<'a> {
    fn kind(self) -> Option<Kind> {
        Some(Value::kind(self))
    }

    fn as_string(self) -> Option<Cow<'a, str>> {
        self.as_str()
    }

    fn as_boolean(self) -> Option<bool> {
        self.as_bool()
    }

    fn as_integer(self) -> Option<i64> {
        self.number()?.parse().ok()
    }

    fn as_float(self) -> Option<f64> {
        self.number()?.parse().ok()
    }

    fn elements(self) -> impl Iterator<Item = Self> {
        Value::elements(self)
    }

    fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Self)> {
        Value::members(self)
    }
}

impl<'a> Value<'a> {
    /// Reads a typed value. Members that the type does not know are ignored, and `null` is a missing value.
    ///
    /// The text has passed the strict reader: no duplicate members, valid UTF-8, bounded depth.
    ///
    /// # Errors
    /// [`ReadError`] for the first member that is missing or of the wrong type.
    pub fn deserialize<T: Deserialize<'a>>(self) -> Result<T, ReadError> {
        tree::read(self, Mode::Lenient)
    }

    fn number(self) -> Option<&'a str> {
        (Value::kind(self) == Kind::Number).then(|| self.raw())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Document;
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Key {
        kty: String,
        kid: Option<String>,
        key_ops: Option<Vec<String>>,
        size: Option<u32>,
        weight: Option<f64>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Switch {
        on: bool,
        colour: Colour,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        Red,
        Amber,
        Green,
    }

    fn read(text: &str) -> Result<Key, ReadError> {
        Document::parse(text.as_bytes()).expect("strict JSON").root().deserialize()
    }

    #[test]
    fn a_struct_is_read_from_strict_json() {
        let text = r#"{"kty":"R\u0053A","kid":null,"key_ops":["verify"],"size":7,"weight":-1.5e3,"x5c":[{}]}"#;
        let key = Key {
            kty: "RSA".into(),
            kid: None,
            key_ops: Some(vec!["verify".into()]),
            size: Some(7),
            weight: Some(-1500.0),
        };
        assert_eq!(read(text), Ok(key));
    }

    #[test]
    fn an_error_has_the_path_and_not_the_value() {
        for (text, message) in [
            (r#"{"kid":"a"}"#, "`kty` is required"),
            (r#"{"kty":"RSA","key_ops":["a",{"s3cret":1}]}"#, "`key_ops[1]` must be a string"),
            (r#"{"kty":"RSA","kid":["s3cret"]}"#, "`kid` must be a string"),
            (r#"{"kty":"RSA","size":-1}"#, "`size` must be a whole number in range"),
            (r#"{"kty":"RSA","size":1.0}"#, "`size` must be a whole number in range"),
            (r#"{"kty":"RSA","size":"s3cret"}"#, "`size` must be a whole number in range"),
            (r#"{"kty":"RSA","weight":"s3cret"}"#, "`weight` must be a number"),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn booleans_and_names_are_read_and_what_they_must_be_is_said() {
        let read = |text: &str| Document::parse(text.as_bytes()).expect("strict JSON").root().deserialize::<Switch>();
        assert_eq!(read(r#"{"on":true,"colour":"red"}"#), Ok(Switch { on: true, colour: Colour::Red }));
        assert_eq!(read(r#"{"on":false,"colour":"amber"}"#), Ok(Switch { on: false, colour: Colour::Amber }));
        let colours = "`colour` must be `red`, `amber` or `green`";
        for (text, message) in [
            (r#"{"on":1,"colour":"green"}"#, "`on` must be true or false"),
            (r#"{"on":"true","colour":"green"}"#, "`on` must be true or false"),
            (r#"{"on":true,"colour":"s3cret"}"#, colours),
            (r#"{"on":true,"colour":7}"#, colours),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn an_object_with_unread_members_is_read_by_serde_json_alike() {
        let text = r#"{"kty":"EC","size":4294967295,"more":{"a":[1,2,{"b":null}]}}"#;
        let other: Key = serde_json::from_str(text).expect("the same struct");
        assert_eq!(read(text), Ok(other));
    }
}
