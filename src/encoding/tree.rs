//! Reads typed values out of a tree of plain values with serde.
//!
//! Both trees of this crate are read here: strict JSON ([`super::json::Value`]) and options that a caller passes
//! (`options::OptionValue`). An error names the path to the value and never quotes the value.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::CowStrDeserializer;
use serde::de::{self, Deserialize, Visitor};
use serde::forward_to_deserialize_any;

use super::json::Kind;

/// A plain value that may hold others.
pub trait Tree<'a>: Copy {
    /// The kind of the value; `None` for a value that is not plain data.
    fn kind(self) -> Option<Kind>;
    /// The value of a string.
    fn as_string(self) -> Option<Cow<'a, str>>;
    /// The value of a Boolean.
    fn as_boolean(self) -> Option<bool>;
    /// The value of a number without a fraction that fits 64 bits.
    fn as_integer(self) -> Option<i64>;
    /// The value of a number.
    fn as_float(self) -> Option<f64>;
    /// The elements of an array.
    fn elements(self) -> impl Iterator<Item = Self>;
    /// The members of an object.
    fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Self)>;
}

/// How strictly an object is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Unknown members are ignored; `null` is a missing value (documents of other services, claims).
    Lenient,
    /// Unknown members are refused; `null` is a value (options).
    Strict,
}

/// Reads a typed value.
///
/// # Errors
/// [`ReadError`] for the first member that is missing, unknown or of the wrong type.
pub fn read<'a, T: Deserialize<'a>>(tree: impl Tree<'a>, mode: Mode) -> Result<T, ReadError> {
    T::deserialize(TreeDeserializer { tree, mode })
}

/// The place of a value that cannot be read, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// From the innermost member outwards.
    segments: Vec<Segment>,
    /// The fault.
    pub problem: Problem,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Member(String),
    Element(usize),
}

/// The fault of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The member is required and missing.
    Missing,
    /// The member is not one of those that are known.
    Unknown {
        /// The names that are known.
        known: &'static [&'static str],
    },
    /// The value has the wrong type or form: "must be …".
    Invalid(String),
}

impl ReadError {
    /// An error about the value itself: "must be …".
    pub fn invalid(problem: impl Into<String>) -> Self {
        Self { segments: Vec::new(), problem: Problem::Invalid(problem.into()) }
    }

    /// The path to the value, such as `claims.ref` or `audience[1]`; empty for the outermost value.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for segment in self.segments.iter().rev() {
            match segment {
                Segment::Member(name) if path.is_empty() => path.push_str(name),
                Segment::Member(name) => {
                    path.push('.');
                    path.push_str(name);
                }
                Segment::Element(index) => {
                    path.push('[');
                    path.push_str(&index.to_string());
                    path.push(']');
                }
            }
        }
        path
    }

    fn member(name: &str, problem: Problem) -> Self {
        Self { segments: vec![Segment::Member(name.to_owned())], problem }
    }

    fn inside(mut self, segment: Segment) -> Self {
        self.segments.push(segment);
        self
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path();
        match &self.problem {
            Problem::Missing => write!(f, "`{path}` is required"),
            Problem::Unknown { .. } => write!(f, "`{path}` is not known"),
            Problem::Invalid(problem) => write!(f, "`{path}` {problem}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// The value that was found is never quoted: it may be a secret.
impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::invalid(message.to_string())
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid(format!("must be {expected}"))
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid(format!("must be {expected}"))
    }

    fn invalid_length(_: usize, expected: &dyn de::Expected) -> Self {
        Self::invalid(format!("must be {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        let mut problem = String::from("must be ");
        for (index, name) in expected.iter().enumerate() {
            let before = match index {
                0 => "`",
                index if index + 1 == expected.len() => " or `",
                _ => ", `",
            };
            problem.push_str(before);
            problem.push_str(name);
            problem.push('`');
        }
        Self::invalid(problem)
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::member(name, Problem::Unknown { known })
    }

    fn missing_field(name: &'static str) -> Self {
        Self::member(name, Problem::Missing)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::member(name, Problem::Invalid("is given twice".to_owned()))
    }
}

/// The serde deserializer of a tree.
#[derive(Clone, Copy)]
struct TreeDeserializer<T> {
    tree: T,
    mode: Mode,
}

impl<'a, T: Tree<'a>> TreeDeserializer<T> {
    fn expect(self, kind: Kind, problem: &'static str) -> Result<(), ReadError> {
        if self.tree.kind() == Some(kind) { Ok(()) } else { Err(ReadError::invalid(problem)) }
    }

    fn integer<N: TryFrom<i64>>(self) -> Result<N, ReadError> {
        let integer = self.tree.as_integer().and_then(|integer| N::try_from(integer).ok());
        integer.ok_or_else(|| ReadError::invalid("must be a whole number in range"))
    }

    fn seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_seq(Elements { mode: self.mode, rest: self.tree.elements().enumerate() })
    }

    fn map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_map(Members { mode: self.mode, rest: self.tree.members(), value: None })
    }
}

/// The elements of an array. An error inside one of them gets its position.
struct Elements<I> {
    mode: Mode,
    rest: std::iter::Enumerate<I>,
}

impl<'de, T: Tree<'de>, I: Iterator<Item = T>> de::SeqAccess<'de> for Elements<I> {
    type Error = ReadError;

    fn next_element_seed<S: de::DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, ReadError> {
        let Some((index, tree)) = self.rest.next() else { return Ok(None) };
        let element = seed.deserialize(TreeDeserializer { tree, mode: self.mode });
        element.map(Some).map_err(|error| error.inside(Segment::Element(index)))
    }
}

/// The members of an object. An error inside one of them gets its name.
struct Members<'de, T, I> {
    mode: Mode,
    rest: I,
    value: Option<(Cow<'de, str>, T)>,
}

impl<'de, T: Tree<'de>, I: Iterator<Item = (Cow<'de, str>, T)>> de::MapAccess<'de> for Members<'de, T, I> {
    type Error = ReadError;

    fn next_key_seed<S: de::DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, ReadError> {
        self.value = self.rest.next();
        let Some((name, _)) = &self.value else { return Ok(None) };
        seed.deserialize(CowStrDeserializer::new(name.clone())).map(Some)
    }

    fn next_value_seed<S: de::DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        let Some((name, tree)) = self.value.take() else { return Err(ReadError::invalid("has no value")) };
        let value = seed.deserialize(TreeDeserializer { tree, mode: self.mode });
        value.map_err(|error| error.inside(Segment::Member(name.into_owned())))
    }
}

macro_rules! integers {
    ($($method:ident: $visit:ident;)*) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
                visitor.$visit(self.integer()?)
            }
        )*
    };
}

impl<'de, T: Tree<'de>> de::Deserializer<'de> for TreeDeserializer<T> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.tree.kind() {
            Some(Kind::Null) => visitor.visit_unit(),
            Some(Kind::Bool) => self.deserialize_bool(visitor),
            Some(Kind::Number) => match self.tree.as_integer() {
                Some(integer) => visitor.visit_i64(integer),
                None => self.deserialize_f64(visitor),
            },
            Some(Kind::String) => self.deserialize_str(visitor),
            Some(Kind::Array) => self.seq(visitor),
            Some(Kind::Object) => self.map(visitor),
            None => Err(de::Error::invalid_type(de::Unexpected::Other(""), &visitor)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_bool(self.tree.as_boolean().ok_or_else(|| ReadError::invalid("must be true or false"))?)
    }

    integers! {
        deserialize_i8: visit_i8;
        deserialize_i16: visit_i16;
        deserialize_i32: visit_i32;
        deserialize_i64: visit_i64;
        deserialize_u8: visit_u8;
        deserialize_u16: visit_u16;
        deserialize_u32: visit_u32;
        deserialize_u64: visit_u64;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_f64(self.tree.as_float().ok_or_else(|| ReadError::invalid("must be a number"))?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.tree.as_string().ok_or_else(|| ReadError::invalid("must be a string"))? {
            Cow::Borrowed(string) => visitor.visit_borrowed_str(string),
            Cow::Owned(string) => visitor.visit_string(string),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match (self.tree.kind(), self.mode) {
            (Some(Kind::Null), Mode::Lenient) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.expect(Kind::Array, "must be an array")?;
        self.seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.expect(Kind::Object, "must be an object")?;
        self.map(visitor)
    }

    /// serde would find an unknown member only where the derive asks for it; here the mode decides.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.expect(Kind::Object, "must be an object")?;
        if self.mode == Mode::Strict {
            for (name, _) in self.tree.members() {
                if !fields.contains(&&*name) {
                    return Err(de::Error::unknown_field(&name, fields));
                }
            }
        }
        self.map(visitor)
    }

    /// Only variants without data, by their names.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self.tree.as_string() {
            Some(name) => visitor.visit_enum(CowStrDeserializer::new(name)),
            None => Err(de::Error::unknown_variant("", variants)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { char bytes byte_buf unit unit_struct tuple tuple_struct }
}
