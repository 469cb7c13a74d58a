//! Types of single options: each says in its error what it wants.

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error, Expected, SeqAccess, Visitor};

/// One string, or an array of strings; none of them empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OneOrMore(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Strings)
    }
}

struct Strings;

impl<'de> Visitor<'de> for Strings {
    type Value = OneOrMore;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an array of strings, none of them empty")
    }

    fn visit_str<E: Error>(self, string: &str) -> Result<OneOrMore, E> {
        if string.is_empty() { Err(E::invalid_length(0, &self)) } else { Ok(OneOrMore(vec![string.to_owned()])) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<OneOrMore, A::Error> {
        strings(seq, &self).map(OneOrMore)
    }
}

fn strings<'de, A: SeqAccess<'de>>(mut seq: A, expected: &dyn Expected) -> Result<Vec<String>, A::Error> {
    let mut strings = Vec::new();
    // The option is named, not the element.
    while let Some(NonEmpty(string)) = seq.next_element().map_err(|_| A::Error::invalid_length(0, expected))? {
        strings.push(string);
    }
    Ok(strings)
}

/// As [`OneOrMore`]; `None` for `null`, which differs from leaving the option out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMoreOrNull(pub Option<Vec<String>>);

impl<'de> Deserialize<'de> for OneOrMoreOrNull {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringsOrNull;

        impl<'de> Visitor<'de> for StringsOrNull {
            type Value = OneOrMoreOrNull;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Visitor::expecting(&Strings, f)
            }

            fn visit_unit<E: Error>(self) -> Result<OneOrMoreOrNull, E> {
                Ok(OneOrMoreOrNull(None))
            }

            fn visit_str<E: Error>(self, string: &str) -> Result<OneOrMoreOrNull, E> {
                Strings.visit_str(string).map(|OneOrMore(strings)| OneOrMoreOrNull(Some(strings)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<OneOrMoreOrNull, A::Error> {
                strings(seq, &self).map(|strings| OneOrMoreOrNull(Some(strings)))
            }
        }

        deserializer.deserialize_any(StringsOrNull)
    }
}

/// Reads an array of strings, none of them empty.
///
/// # Errors
/// An error of the deserializer for anything else.
pub fn string_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let list = Vec::<NonEmpty>::deserialize(deserializer);
    let list = list.map_err(|_| D::Error::custom("must be an array of strings that are not empty"))?;
    Ok(Some(list.into_iter().map(|NonEmpty(string)| string).collect()))
}

/// A string that is not empty.
struct NonEmpty(String);

impl<'de> Deserialize<'de> for NonEmpty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        non_empty(deserializer).map(Self)
    }
}

/// Reads a string that is not empty.
///
/// # Errors
/// An error of the deserializer for anything else.
pub fn non_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let string = String::deserialize(deserializer).ok().filter(|string| !string.is_empty());
    string.ok_or_else(|| D::Error::custom("must be a string that is not empty"))
}

/// The longest time span of an option: a century. Beyond that a number is a mistake of unit.
const MAX_SECONDS: f64 = 100.0 * 366.0 * 86_400.0;

/// A time span, as a number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Seconds(pub Duration);

impl Seconds {
    /// A time span of so many seconds; `None` where it is negative, not finite or longer than a century.
    pub fn new(seconds: f64) -> Option<Self> {
        (0.0..=MAX_SECONDS).contains(&seconds).then(|| Self(Duration::from_secs_f64(seconds)))
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer).ok().and_then(Self::new);
        seconds.ok_or_else(|| D::Error::custom("must be a number of seconds, not negative"))
    }
}

/// Reads an optional string that is not empty, for `#[serde(default, deserialize_with)]`.
///
/// # Errors
/// Those of [`non_empty`].
pub fn optional_string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    non_empty(deserializer).map(Some)
}

/// A whole number that is not negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WholeNumber(pub u32);

impl<'de> Deserialize<'de> for WholeNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u32::deserialize(deserializer).map(Self).map_err(|_| D::Error::custom("must be a whole number, not negative"))
    }
}
