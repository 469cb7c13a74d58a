//! JSON with one meaning (RFC 8259, I-JSON of RFC 7493): one pass that leaves borrowed slices.
//!
//! Refused beside plain syntax errors: duplicate member names at any depth (compared after unescaping), invalid UTF-8,
//! a byte order mark, lone surrogate escapes, more than [`MAX_DEPTH`] levels. What passes here means the same to every
//! later reader, `JSON.parse` among them.

mod number;
mod reader;
mod text;
mod tree;
mod writer;

use std::borrow::Cow;
use std::iter;

pub use number::Rounding;
use number::{numeric_date, whole_number};
use reader::read;
use text::unescape;
pub use writer::{Object, canonical, quote_into};

use crate::time::Timestamp;

/// How many arrays and objects may be open at once.
pub const MAX_DEPTH: u32 = 32;

/// Not the strict JSON that this module reads; says what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonError(pub &'static str);

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// One value or member name: where its text lies, and where the next sibling's node is.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    kind: Kind,
    /// The string has escapes, so its text is not its value.
    escaped: bool,
    /// The text, without the quotes of a string.
    start: u32,
    end: u32,
    /// The node after this one and all that is inside it. For a member name that is the node after the member's value.
    next: u32,
}

/// Reads `text`, lending `nodes` (emptied first) as the memory for its structure.
pub fn parse_into<'a>(text: &'a [u8], nodes: &'a mut Vec<Node>) -> Result<Value<'a>, JsonError> {
    let text = read(text, nodes)?;
    Ok(Value { text, nodes, at: 0 })
}

/// Returns the byte at which reading `text` stops, if it is not strict JSON, for showing the place to a person.
///
/// That is at the error, or after the object that has a name twice.
pub fn error_offset(text: &str) -> Option<usize> {
    reader::error_offset(text)
}

/// A text with the memory for its structure, for callers that keep no such memory of their own.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    nodes: Vec<Node>,
}

impl<'a> Document<'a> {
    /// Reads `text`.
    pub fn parse(text: &'a [u8]) -> Result<Self, JsonError> {
        let mut nodes = Vec::new();
        let text = read(text, &mut nodes)?;
        Ok(Self { text, nodes })
    }

    /// The outermost value.
    pub fn root(&self) -> Value<'_> {
        Value { text: self.text, nodes: &self.nodes, at: 0 }
    }
}

/// A value inside a text that was read.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    text: &'a str,
    nodes: &'a [Node],
    at: usize,
}

impl<'a> Value<'a> {
    #[inline(always)]
    fn node(self) -> &'a Node {
        &self.nodes[self.at]
    }

    fn at(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// The kind of this value.
    #[inline(always)]
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// The value's own text, without the quotes of a string.
    pub fn raw(self) -> &'a str {
        // The reader has left the borders of characters.
        self.text.get(self.node().start as usize..self.node().end as usize).unwrap_or_default()
    }

    /// The string's value, unescaped; `None` if this is no string.
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        (self.kind() == Kind::String).then(|| unescape(self.raw(), self.node().escaped))
    }

    /// `true` or `false`; `None` if this is neither.
    pub fn as_bool(self) -> Option<bool> {
        (self.kind() == Kind::Bool).then(|| self.raw() == "true")
    }

    /// A NumericDate (RFC 7519 section 2), to the microsecond; `None` if this is no number, or no instant between the
    /// years 1 and 9999.
    pub fn as_timestamp(self, rounding: Rounding) -> Option<Timestamp> {
        (self.kind() == Kind::Number).then(|| numeric_date(self.raw(), rounding))?
    }

    /// The whole number that this is, exactly; `None` if this is no number, or has a fraction or more than 64 bits.
    ///
    /// The number counts and not its spelling: `1.0` and `10e-1` are 1.
    pub fn as_whole_number(self) -> Option<i64> {
        (self.kind() == Kind::Number).then(|| whole_number(self.raw()))?
    }

    /// The value's text as JSON, with the quotes of a string.
    pub fn json(self) -> Cow<'a, str> {
        if self.kind() == Kind::String {
            Cow::Owned(["\"", self.raw(), "\""].concat())
        } else {
            Cow::Borrowed(self.raw())
        }
    }

    /// The member called `name`; `None` if there is none, or if this is no object.
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        let is_name = |key: &usize| {
            let key = self.at(*key);
            // Few names have escapes, and only those are worth a value of their own.
            if key.node().escaped { unescape(key.raw(), true) == name } else { key.raw() == name }
        };
        self.children(Kind::Object).find(is_name).map(|key| self.at(key + 1))
    }

    /// The members in the order of the text; none if this is no object.
    pub fn members(self) -> impl Iterator<Item = (Cow<'a, str>, Value<'a>)> {
        self.children(Kind::Object).map(move |key| {
            let name = unescape(self.at(key).raw(), self.nodes[key].escaped);
            (name, self.at(key + 1))
        })
    }

    /// The elements in order; none if this is no array.
    pub fn elements(self) -> impl Iterator<Item = Value<'a>> {
        self.children(Kind::Array).map(move |at| self.at(at))
    }

    /// The nodes directly inside this one: elements, or member names.
    fn children(self, of: Kind) -> impl Iterator<Item = usize> {
        let end = if self.kind() == of { self.node().next as usize } else { 0 };
        let mut next = self.at + 1;
        iter::from_fn(move || {
            let at = next;
            (at < end).then(|| next = self.nodes[at].next as usize).map(|()| at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> &'static str {
        Document::parse(text.as_bytes()).map(|_| "accepted").unwrap_or_else(|JsonError(fault)| fault)
    }

    #[test]
    fn reads_values_members_and_elements_in_order() {
        let document = Document::parse(br#" {"a":[1,"x",{}],"b":{"c":null,"d":true} , "e":-1.5e3} "#).unwrap();
        let root = document.root();
        assert_eq!(root.members().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b", "e"]);
        let kinds: Vec<_> = root.get("a").unwrap().elements().map(Value::kind).collect();
        assert_eq!(kinds, [Kind::Number, Kind::String, Kind::Object]);
        assert_eq!(root.get("b").unwrap().get("d").unwrap().as_bool(), Some(true));
        assert_eq!(root.get("b").unwrap().get("c").unwrap().kind(), Kind::Null);
        assert_eq!(root.get("e").unwrap().raw(), "-1.5e3");
        assert_eq!(root.get("b").unwrap().raw(), r#"{"c":null,"d":true}"#);
        assert!(root.get("z").is_none() && root.get("a").unwrap().get("b").is_none());
        assert_eq!(root.get("b").unwrap().elements().count(), 0);
    }

    #[test]
    fn a_fault_has_a_place() {
        for (text, place) in [
            (r#"{"a":1,}"#, Some(7)),
            (r#"{"a":1,"a":2} "#, Some(13)),
            ("[1] 2", Some(4)),
            ("{", Some(1)),
            ("{}", None),
        ] {
            assert_eq!(super::error_offset(text), place, "{text}");
        }
    }

    #[test]
    fn unescapes_strings_and_names() {
        let document = Document::parse(br#"{"\u0061lg":"\"\\\/\b\f\n\r\t \u00e9 \ud83d\ude00 x"}"#).unwrap();
        let value = document.root().get("alg").unwrap().as_str().unwrap();
        assert_eq!(value, "\"\\/\u{8}\u{c}\n\r\t \u{e9} \u{1f600} x");
    }

    #[test]
    fn refuses_duplicate_names_at_any_depth_and_in_any_spelling() {
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":[{"a":{"b":1,"c":2,"b":3}}]}"#,
            r#"{"\ud83d\ude00":1,"😀":2}"#,
        ] {
            assert_eq!(fault(text), "has a duplicate member name", "{text}");
        }
        // An escape among many, before and after.
        let alike: Vec<_> = (0..20).map(|n| format!("\"a{}b\":0", char::from(b'c' + n))).collect();
        assert_eq!(fault(&format!("{{{}}}", alike.join(","))), "accepted");
        assert_eq!(fault(&format!("{{{},\"a\\u0063b\":0}}", alike.join(","))), "has a duplicate member name");
        assert_eq!(fault(&format!("{{\"a\\u0068b\":0,{}}}", alike.join(","))), "has a duplicate member name");
        assert_eq!(fault(r#"{"":1,"a":2,"":3}"#), "has a duplicate member name");
        assert_eq!(fault(r#"{"a":{"a":{"a":1}},"A":2}"#), "accepted");
        let many: Vec<_> = (0..1000).map(|n| format!("\"k{n}\":{n}")).collect();
        assert_eq!(fault(&format!("{{{}}}", many.join(","))), "accepted");
        assert_eq!(fault(&format!("{{{},\"k500\":0}}", many.join(","))), "has a duplicate member name");
    }

    /// The cost is that of sorting the names. To compare each of them with every other one would take minutes.
    #[test]
    fn an_object_may_have_hundreds_of_thousands_of_members() {
        let many: Vec<_> = (0..300_000).map(|n| format!("\"{n}\":0")).collect();
        assert_eq!(fault(&format!("{{{}}}", many.join(","))), "accepted");
    }

    #[test]
    fn names_of_any_length_are_compared() {
        for length in [1, 2, 100, 1000, 60_000] {
            let (name, other) = ("a".repeat(length), "b".repeat(length));
            assert_eq!(fault(&format!(r#"{{"{name}":1,"{other}":2}}"#)), "accepted", "{length}");
            assert_eq!(fault(&format!(r#"{{"{name}":1,"{name}":2}}"#)), "has a duplicate member name", "{length}");
        }
    }

    #[test]
    fn depth_is_capped() {
        let nested = |levels| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(fault(&nested(MAX_DEPTH as usize)), "accepted");
        assert_eq!(fault(&nested(MAX_DEPTH as usize + 1)), "is nested too deeply");
        assert_eq!(fault(&nested(200_000)), "is nested too deeply");
    }

    #[test]
    fn refuses_everything_that_is_not_rfc_8259() {
        for text in [
            "",
            " ",
            "{",
            "[",
            "\"",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "[1,]",
            "[1 2]",
            "{a:1}",
            "{'a':1}",
            "nul",
            "nulL",
            "True",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "0x1",
            "NaN",
            "Infinity",
            "1 2",
            "{}{}",
            "\u{feff}{}",
            "\"\t\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\\ud800\"",
            "\"\\ud800x\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "//\n1",
            "[,1]",
            "\u{a0}1",
            "\"\\ud800\\",
            "\"\\",
        ] {
            assert_ne!(fault(text), "accepted", "{text:?}");
        }
        for bytes in [&b"\"\xff\""[..], b"\"\xc0\x80\"", b"\"\xed\xa0\x80\"", b"\xef\xbb\xbf{}"] {
            assert!(Document::parse(bytes).is_err(), "{bytes:?}");
        }
    }
}
