//! JSON with one meaning (RFC 8259, I-JSON of RFC 7493): one pass that leaves borrowed slices.
//!
//! Refused beside plain syntax errors: duplicate member names at any depth (compared after unescaping), invalid UTF-8,
//! a byte order mark, lone surrogate escapes, more than [`MAX_DEPTH`] levels. What passes here means the same to every
//! later reader, `JSON.parse` among them.

use std::borrow::Cow;
use std::iter;

use crate::time::Timestamp;

/// How many arrays and objects may be open at once.
pub const MAX_DEPTH: u32 = 32;

/// Members up to this number are compared pair by pair; more are sorted, so that the cost stays near-linear.
const PAIRWISE: usize = 16;

/// Not the strict JSON that this module reads; says what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotStrictJson(pub &'static str);

/// What a value is.
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

/// What becomes of the part of an instant that is shorter than a microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// To the earlier microsecond, for what ends at the instant.
    Down,
    /// To the later microsecond, for what begins at it.
    Up,
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
pub fn parse_into<'a>(text: &'a [u8], nodes: &'a mut Vec<Node>) -> Result<Value<'a>, NotStrictJson> {
    let text = read(text, nodes)?;
    Ok(Value { text, nodes, at: 0 })
}

fn read<'a>(text: &'a [u8], nodes: &mut Vec<Node>) -> Result<&'a str, NotStrictJson> {
    nodes.clear();
    let text = std::str::from_utf8(text).map_err(|_| NotStrictJson("is not UTF-8"))?;
    if u32::try_from(text.len()).is_err() {
        return Err(NotStrictJson("is too long"));
    }
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, nodes };
    reader.white_space();
    reader.value(0)?;
    reader.white_space();
    if reader.at != text.len() {
        return Err(NotStrictJson("has text after its end"));
    }
    Ok(text)
}

/// A text with the memory for its structure, for callers that keep no such memory of their own.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    nodes: Vec<Node>,
}

impl<'a> Document<'a> {
    /// Reads `text`.
    pub fn parse(text: &'a [u8]) -> Result<Self, NotStrictJson> {
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
    fn node(self) -> &'a Node {
        &self.nodes[self.at]
    }

    fn at(self, at: usize) -> Self {
        Self { at, ..self }
    }

    /// What this value is.
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// The value's own text, without the quotes of a string.
    pub fn raw(self) -> &'a str {
        &self.text[self.node().start as usize..self.node().end as usize]
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
    pub fn as_timestamp(self, round: Round) -> Option<Timestamp> {
        (self.kind() == Kind::Number).then(|| numeric_date(self.raw(), round))?
    }

    /// The member called `name`; `None` if there is none, or if this is no object.
    pub fn get(self, name: &str) -> Option<Value<'a>> {
        self.members().find(|(key, _)| key == name).map(|(_, value)| value)
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

/// The value of a string's text, whose escapes the reader has checked.
fn unescape(text: &str, escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let mut used = 1;
        out.push(match escape.as_bytes()[0] {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (unit, length) = utf16_escape(&escape.as_bytes()[1..]).unwrap_or(('\u{fffd}', 4));
                used += length;
                unit
            }
            plain => char::from(plain),
        });
        rest = &escape[used..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of `XXXX` or of the surrogate pair `XXXX\uXXXX`, with the length of that text.
fn utf16_escape(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        text.get(at..at + 4)?.iter().try_fold(0u32, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
    };
    match unit(0)? {
        high @ 0xd800..=0xdbff => {
            let low = unit(6).filter(|low| text[4..6] == *b"\\u" && (0xdc00..=0xdfff).contains(low))?;
            Some((char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?, 10))
        }
        unit => Some((char::from_u32(unit)?, 4)),
    }
}

/// The instant that a JSON number means.
///
/// Done in integers, so that no date near a boundary moves by the rounding of a float.
fn numeric_date(text: &str, round: Round) -> Option<Timestamp> {
    /// More digits than any instant has; reached only by leading zeros of a fraction or by absurd magnitudes.
    const DIGITS: usize = 64;
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // An exponent that does not fit is no date, and zero times it is not worth a special case.
    let point = exponent.parse::<i32>().ok()?.checked_add(i32::try_from(whole.len()).ok()?)?.checked_add(6)?;
    let digits = whole.bytes().chain(fraction.bytes());
    // The digits before `point` are whole microseconds; any digit after it that is not zero is for rounding.
    let (mut micros, mut rest) = (0i64, false);
    let length = i32::try_from(whole.len() + fraction.len()).ok()?;
    for (index, digit) in (0i32..).zip(digits) {
        if index < point {
            micros = micros.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
        } else {
            rest |= digit != b'0';
        }
    }
    if micros != 0 {
        for _ in 0..usize::try_from(point - length).unwrap_or(0).min(DIGITS) {
            micros = micros.checked_mul(10)?;
        }
    }
    // Without its sign a number was cut towards zero, which is down only above zero.
    Timestamp::from_micros(match (negative, round) {
        (false, Round::Down) => micros,
        (false, Round::Up) => micros.checked_add(i64::from(rest))?,
        (true, Round::Down) => -micros - i64::from(rest),
        (true, Round::Up) => -micros,
    })
}

struct Reader<'a, 'n> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: &'n mut Vec<Node>,
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over `byte` if it comes next.
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn open(&mut self, kind: Kind) -> usize {
        // The length was checked: positions and node counts fit 32 bits.
        self.nodes.push(Node { kind, escaped: false, start: self.at as u32, end: 0, next: 0 });
        self.nodes.len() - 1
    }

    fn close(&mut self, index: usize) {
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[index];
        node.end = self.at as u32;
        node.next = next;
    }

    fn value(&mut self, depth: u32) -> Result<(), NotStrictJson> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::Bool),
            Some(b'f') => self.word("false", Kind::Bool),
            Some(b'n') => self.word("null", Kind::Null),
            Some(_) => Err(NotStrictJson("has a character where a value should be")),
            None => Err(NotStrictJson("ends too early")),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<(), NotStrictJson> {
        if !self.text[self.at..].starts_with(word) {
            return Err(NotStrictJson("has a character where a value should be"));
        }
        let index = self.open(kind);
        self.at += word.len();
        self.close(index);
        Ok(())
    }

    fn digits(&mut self) -> Result<(), NotStrictJson> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(NotStrictJson("has a malformed number")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<(), NotStrictJson> {
        let index = self.open(Kind::Number);
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            if !self.skip(b'+') {
                self.skip(b'-');
            }
            self.digits()?;
        }
        self.close(index);
        Ok(())
    }

    fn string(&mut self) -> Result<(), NotStrictJson> {
        self.at += 1;
        let index = self.open(Kind::String);
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.nodes[index].escaped = true;
                    self.at += 1 + self.escape()?;
                }
                Some(0..=0x1f) => return Err(NotStrictJson("has a control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(NotStrictJson("ends inside a string")),
            }
        }
        self.close(index);
        self.at += 1;
        Ok(())
    }

    /// The length of the escape after the backslash that comes next.
    fn escape(&self) -> Result<usize, NotStrictJson> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(1),
            Some(b'u') => match utf16_escape(&self.bytes[self.at + 2..]) {
                Some((_, length)) => Ok(1 + length),
                None => Err(NotStrictJson("has a malformed or lone surrogate escape")),
            },
            _ => Err(NotStrictJson("has an unknown escape")),
        }
    }

    fn array(&mut self, depth: u32) -> Result<(), NotStrictJson> {
        let index = self.open(Kind::Array);
        self.items(depth, b']', |reader| reader.value(depth + 1))?;
        self.close(index);
        Ok(())
    }

    fn object(&mut self, depth: u32) -> Result<(), NotStrictJson> {
        let index = self.open(Kind::Object);
        let mut members = 0;
        self.items(depth, b'}', |reader| {
            if reader.peek() != Some(b'"') {
                return Err(NotStrictJson("has a member without a name"));
            }
            let key = reader.nodes.len();
            reader.string()?;
            reader.white_space();
            if !reader.skip(b':') {
                return Err(NotStrictJson("has a member without a value"));
            }
            reader.white_space();
            reader.value(depth + 1)?;
            reader.nodes[key].next = reader.nodes.len() as u32;
            members += 1;
            Ok(())
        })?;
        self.close(index);
        if self.has_duplicates(index, members) {
            return Err(NotStrictJson("has a duplicate member name"));
        }
        Ok(())
    }

    /// The comma-separated items after an opening bracket, up to and with the closing one.
    fn items(
        &mut self,
        depth: u32,
        end: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), NotStrictJson>,
    ) -> Result<(), NotStrictJson> {
        if depth == MAX_DEPTH {
            return Err(NotStrictJson("is nested too deeply"));
        }
        self.at += 1;
        self.white_space();
        if self.skip(end) {
            return Ok(());
        }
        loop {
            item(self)?;
            self.white_space();
            if self.skip(end) {
                return Ok(());
            }
            if !self.skip(b',') {
                return Err(NotStrictJson("has an item that is neither continued nor ended"));
            }
            self.white_space();
        }
    }

    fn has_duplicates(&self, object: usize, members: usize) -> bool {
        let object = Value { text: self.text, nodes: self.nodes, at: object };
        if members > PAIRWISE {
            let mut names: Vec<_> = object.members().map(|(name, _)| name).collect();
            names.sort_unstable();
            return names.windows(2).any(|pair| pair[0] == pair[1]);
        }
        object
            .members()
            .enumerate()
            .any(|(index, (name, _))| object.members().take(index).any(|(other, _)| other == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> &'static str {
        Document::parse(text.as_bytes()).map(|_| "accepted").unwrap_or_else(|NotStrictJson(fault)| fault)
    }

    fn date(text: &str) -> Option<i64> {
        let document = Document::parse(text.as_bytes()).expect("a number");
        let micros = |round| Some((document.root().as_timestamp(round)?.as_seconds_f64() * 1e6).round() as i64);
        let down = micros(Round::Down);
        assert!(micros(Round::Up).is_none_or(|up| (0..=1).contains(&(up - down.unwrap_or(up)))), "{text}");
        down
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
        assert_eq!(fault(r#"{"a":{"a":{"a":1}},"A":2}"#), "accepted");
        let many: Vec<_> = (0..1000).map(|n| format!("\"k{n}\":{n}")).collect();
        assert_eq!(fault(&format!("{{{}}}", many.join(","))), "accepted");
        assert_eq!(fault(&format!("{{{},\"k500\":0}}", many.join(","))), "has a duplicate member name");
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

    #[test]
    fn numeric_dates_are_exact() {
        assert_eq!(date("1718885593"), Some(1_718_885_593_000_000));
        assert_eq!(date("1718885593.25"), Some(1_718_885_593_250_000));
        assert_eq!(date("1.718885593e9"), Some(1_718_885_593_000_000));
        assert_eq!(date("1718885593000E-3"), Some(1_718_885_593_000_000));
        assert_eq!(date("0.00000199"), Some(1));
        assert_eq!(date("-0.0000001"), Some(-1));
        assert_eq!(date("-1.5"), Some(-1_500_000));
        assert_eq!(date("0e999"), Some(0));
        assert_eq!(date("1e-999"), Some(0));
        assert_eq!(date("1e2"), Some(100_000_000));
        let up = |text: &str| Document::parse(text.as_bytes()).unwrap().root().as_timestamp(Round::Up);
        assert_eq!(up("1.0000005"), Timestamp::from_micros(1_000_001));
        assert_eq!(up("1.000000"), Timestamp::from_micros(1_000_000));
        assert_eq!(up("-1.0000005"), Timestamp::from_micros(-1_000_000));
    }

    #[test]
    fn numbers_beyond_the_calendar_are_no_dates() {
        for text in ["1e20", "1e400", "-1e300", "253402300800", "99999999999999999999", "1e99999999999", "-62135596801"]
        {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(date("253402300799"), Some(253_402_300_799_000_000));
        assert_eq!(Document::parse(b"\"1718885593\"").unwrap().root().as_timestamp(Round::Down), None);
    }
}
