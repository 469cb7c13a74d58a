//! The one pass over the text.

use std::collections::BinaryHeap;

use super::text::{unescape, utf16_escape};
use super::{JsonError, Kind, MAX_DEPTH, Node, Value};
use crate::encoding::bytes::find;

/// Up to this number of members, names are compared where their marks say that they may be equal; more are sorted, so that
/// the cost stays near-linear whatever they are.
const FEW: usize = 32;

/// Reads `text` into `nodes`, which is emptied first.
pub(super) fn read<'a>(text: &'a [u8], nodes: &mut Vec<Node>) -> Result<&'a str, JsonError> {
    nodes.clear();
    let text = std::str::from_utf8(text).map_err(|_| JsonError("is not UTF-8"))?;
    if u32::try_from(text.len()).is_err() {
        return Err(JsonError("is too long"));
    }
    Reader { text, bytes: text.as_bytes(), at: 0, nodes }.document()?;
    Ok(text)
}

/// Returns the byte at which reading stops, if `text` is not strict JSON: at the error, or after the object that has a name twice.
pub(super) fn error_offset(text: &str) -> Option<usize> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, nodes: &mut Vec::new() };
    reader.document().err().map(|_| reader.at)
}

/// The small steps are inlined whatever the compiler is told to save: between two functions the place would have to go through
/// memory, and that is a third of the time.
struct Reader<'a, 'n> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: &'n mut Vec<Node>,
}

impl Reader<'_, '_> {
    fn document(&mut self) -> Result<(), JsonError> {
        self.white_space();
        self.value(0)?;
        self.white_space();
        if self.at == self.text.len() { Ok(()) } else { Err(JsonError("has text after its end")) }
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over `byte` if it comes next.
    #[inline(always)]
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[inline(always)]
    fn white_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Notes what lies between `start` and here and has nothing inside it.
    #[inline(always)]
    fn leaf(&mut self, kind: Kind, escaped: bool, start: usize) {
        // The length was checked: positions and node counts fit 32 bits.
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { kind, escaped, start: start as u32, end: self.at as u32, next });
    }

    /// Notes an array or object that begins here; [`Reader::close`] says where it ends.
    fn open(&mut self, kind: Kind) -> usize {
        self.leaf(kind, false, self.at);
        self.nodes.len() - 1
    }

    fn close(&mut self, index: usize) {
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[index];
        node.end = self.at as u32;
        node.next = next;
    }

    fn value(&mut self, depth: u32) -> Result<(), JsonError> {
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::Bool),
            Some(b'f') => self.word("false", Kind::Bool),
            Some(b'n') => self.word("null", Kind::Null),
            Some(_) => Err(JsonError("has a character where a value should be")),
            None => Err(JsonError("ends too early")),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<(), JsonError> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(JsonError("has a character where a value should be"));
        }
        let start = self.at;
        self.at += word.len();
        self.leaf(kind, false, start);
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(JsonError("has a malformed number")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let start = self.at;
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
        self.leaf(Kind::Number, false, start);
        Ok(())
    }

    #[inline(always)]
    fn string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        let (start, mut escaped) = (self.at, false);
        loop {
            self.at = find(self.bytes, self.at, br#""\\"#, 0x20);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1 + self.escape()?;
                }
                Some(_) => return Err(JsonError("has a control character in a string")),
                None => return Err(JsonError("ends inside a string")),
            }
        }
        self.leaf(Kind::String, escaped, start);
        self.at += 1;
        Ok(())
    }

    /// The length of the escape after the backslash that comes next.
    fn escape(&self) -> Result<usize, JsonError> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(1),
            Some(b'u') => match utf16_escape(&self.bytes[self.at + 2..]) {
                Some((_, length)) => Ok(1 + length),
                None => Err(JsonError("has a malformed or lone surrogate escape")),
            },
            _ => Err(JsonError("has an unknown escape")),
        }
    }

    fn array(&mut self, depth: u32) -> Result<(), JsonError> {
        let index = self.open(Kind::Array);
        self.items(depth, b']', |reader| reader.value(depth + 1))?;
        self.close(index);
        Ok(())
    }

    fn object(&mut self, depth: u32) -> Result<(), JsonError> {
        let index = self.open(Kind::Object);
        let (mut members, mut marks, mut duplicate) = (0, 0, false);
        self.items(depth, b'}', |reader| {
            if reader.peek() != Some(b'"') {
                return Err(JsonError("has a member without a name"));
            }
            let key = reader.nodes.len();
            reader.string()?;
            members += 1;
            if members <= FEW {
                // Equal names have the same mark, and most others have another.
                let mark = reader.mark(key);
                duplicate |= marks & mark != 0 && reader.repeats(index + 1, key);
                marks |= mark;
            }
            reader.white_space();
            if !reader.skip(b':') {
                return Err(JsonError("has a member without a value"));
            }
            reader.white_space();
            reader.value(depth + 1)?;
            reader.nodes[key].next = reader.nodes.len() as u32;
            Ok(())
        })?;
        self.close(index);
        if duplicate || members > FEW && self.has_duplicates(index) {
            return Err(JsonError("has a duplicate member name"));
        }
        Ok(())
    }

    /// The comma-separated items after an opening bracket, up to and with the closing one.
    fn items(
        &mut self,
        depth: u32,
        end: u8,
        mut item: impl FnMut(&mut Self) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if depth == MAX_DEPTH {
            return Err(JsonError("is nested too deeply"));
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
                return Err(JsonError("has an item that is neither continued nor ended"));
            }
            self.white_space();
        }
    }

    /// Names are compared by their values, so that an escape hides none.
    fn has_duplicates(&self, object: usize) -> bool {
        let object = Value { text: self.text, nodes: self.nodes, at: object };
        // A heap sorts with less code than a slice does.
        let names: BinaryHeap<_> = object.members().map(|(name, _)| name).collect();
        let names = names.into_sorted_vec();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// One bit for a name. One with escapes may equal any other, so it has all.
    #[inline(always)]
    fn mark(&self, key: usize) -> u64 {
        let name = self.name(key);
        let (Some(first), Some(last)) = (name.first(), name.last()) else { return 1 };
        let sum = name.len() * 5 + usize::from(*first) + usize::from(name[name.len() / 2]) * 3 + usize::from(*last) * 7;
        if self.nodes[key].escaped { u64::MAX } else { 1 << (sum % 64) }
    }

    /// Returns whether a name is among those from `earlier` on.
    fn repeats(&self, mut earlier: usize, key: usize) -> bool {
        while earlier < key {
            let same = if self.nodes[earlier].escaped || self.nodes[key].escaped {
                let value = |key: usize| {
                    unescape(self.text.get(range(&self.nodes[key])).unwrap_or_default(), self.nodes[key].escaped)
                };
                value(earlier) == value(key)
            } else {
                self.name(earlier) == self.name(key)
            };
            if same {
                return true;
            }
            earlier = self.nodes[earlier].next as usize;
        }
        false
    }

    /// The text of a name, escapes and all.
    #[inline(always)]
    fn name(&self, key: usize) -> &[u8] {
        &self.bytes[range(&self.nodes[key])]
    }
}

fn range(node: &Node) -> std::ops::Range<usize> {
    node.start as usize..node.end as usize
}
