//! Unvalidated values of options.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::encoding::json::{Kind, Rounding, Value};
use crate::encoding::tree::Tree;
use crate::time::Timestamp;

/// How deeply arrays and objects may be nested. JavaScript objects can hold themselves.
const MAX_DEPTH: u32 = 8;

/// An unvalidated value, as a caller of JavaScript passes it. Reading one never fails, so that an error can name the
/// option.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A number; also one that is not finite.
    Number(f64),
    /// A string.
    String(String),
    /// An array.
    List(Vec<OptionValue>),
    /// The own members of an object.
    Object(Vec<(String, OptionValue)>),
    /// A function, a symbol, a bigint, a `Map` or another iterable, or a value that is nested too deeply.
    Unsupported,
}

/// Beyond it, a number of JavaScript is not exact.
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// A whole number that a float holds exactly.
fn exact(number: i64) -> Option<f64> {
    (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&number).then_some(number as f64)
}

/// The middle between the microseconds on both sides.
fn fraction(value: Value<'_>) -> f64 {
    let side = |rounding| value.as_timestamp(rounding).map_or(f64::NAN, Timestamp::as_seconds_f64);
    f64::midpoint(side(Rounding::Down), side(Rounding::Up))
}

impl<'a> Tree<'a> for &'a OptionValue {
    fn kind(self) -> Option<Kind> {
        Some(match self {
            OptionValue::Null => Kind::Null,
            OptionValue::Boolean(_) => Kind::Bool,
            OptionValue::Number(_) => Kind::Number,
            OptionValue::String(_) => Kind::String,
            OptionValue::List(_) => Kind::Array,
            OptionValue::Object(_) => Kind::Object,
            OptionValue::Unsupported => return None,
        })
    }

    fn as_string(self) -> Option<Cow<'a, str>> {
        match self {
            OptionValue::String(string) => Some(Cow::Borrowed(string)),
            _ => None,
        }
    }

    fn as_boolean(self) -> Option<bool> {
        match self {
            OptionValue::Boolean(boolean) => Some(*boolean),
            _ => None,
        }
    }

    fn as_integer(self) -> Option<i64> {
        let whole = |number: &f64| number.fract() == 0.0 && number.abs() <= MAX_SAFE_INTEGER as f64;
        self.as_float().filter(whole).map(|number| number as i64)
    }

    fn as_float(self) -> Option<f64> {
        match self {
            OptionValue::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn elements(self) -> impl Iterator<Item = Self> {
        match self {
            OptionValue::List(elements) => elements.iter(),
            _ => [].iter(),
        }
    }

    fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Self)> {
        let members = match self {
            OptionValue::Object(members) => members.iter(),
            _ => [].iter(),
        };
        members.map(|(name, value)| (Cow::Borrowed(name.as_str()), value))
    }
}

/// Whole numbers are exact. Fractions are read to the microsecond, as times are: options have no finer ones, and the library's
/// reader of decimal fractions is larger than all other code for options. A finer fraction becomes another fraction, never a
/// whole number. A number beyond the calendar, or beyond 2^53, is NaN, which no option takes.
impl From<Value<'_>> for OptionValue {
    fn from(value: Value<'_>) -> Self {
        match value.kind() {
            Kind::Null => Self::Null,
            Kind::Bool => Self::Boolean(value.as_bool().unwrap_or_default()),
            Kind::Number => Self::Number(value.as_whole_number().and_then(exact).unwrap_or_else(|| fraction(value))),
            Kind::String => Self::String(value.as_str().unwrap_or_default().into_owned()),
            Kind::Array => Self::List(value.elements().map(Self::from).collect()),
            Kind::Object => {
                Self::Object(value.members().map(|(name, value)| (name.into_owned(), value.into())).collect())
            }
        }
    }
}

impl<'de> Deserialize<'de> for OptionValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Depth(MAX_DEPTH).deserialize(deserializer)
    }
}

/// Reads a value inside which as many others may be nested.
#[derive(Clone, Copy)]
struct Depth(u32);

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = OptionValue;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<OptionValue, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Depth {
    /// A value that cannot be read is kept as such: the reader of the option names it.
    fn below(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = OptionValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("plain data")
    }

    fn visit_unit<E: Error>(self) -> Result<OptionValue, E> {
        Ok(OptionValue::Null)
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<OptionValue, E> {
        Ok(OptionValue::Boolean(boolean))
    }

    fn visit_i64<E: Error>(self, integer: i64) -> Result<OptionValue, E> {
        Ok(OptionValue::Number(integer as f64))
    }

    fn visit_u64<E: Error>(self, integer: u64) -> Result<OptionValue, E> {
        Ok(OptionValue::Number(integer as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<OptionValue, E> {
        Ok(OptionValue::Number(number))
    }

    fn visit_str<E: Error>(self, string: &str) -> Result<OptionValue, E> {
        Ok(OptionValue::String(string.to_owned()))
    }

    fn visit_string<E: Error>(self, string: String) -> Result<OptionValue, E> {
        Ok(OptionValue::String(string))
    }

    fn visit_byte_buf<E: Error>(self, _: Vec<u8>) -> Result<OptionValue, E> {
        Ok(OptionValue::Unsupported)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OptionValue, A::Error> {
        let mut elements = Vec::new();
        let Some(below) = self.below() else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(OptionValue::Unsupported);
        };
        while let Some(element) = seq.next_element_seed(below).unwrap_or(Some(OptionValue::Unsupported)) {
            let is_plain = element != OptionValue::Unsupported;
            elements.push(element);
            if !is_plain {
                break;
            }
        }
        Ok(OptionValue::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OptionValue, A::Error> {
        let mut members = Vec::new();
        let Some(below) = self.below() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(OptionValue::Unsupported);
        };
        while let Some(name) = map.next_key()? {
            let value = map.next_value_seed(below).unwrap_or(OptionValue::Unsupported);
            members.push((name, value));
        }
        Ok(OptionValue::Object(members))
    }
}
