//! The one pass over the text.

use std::collections::BinaryHeap;

use super::text::{unescape, utf16_escape};
use super::{Kind, MAX_DEPTH, Node, NotStrictJson, Value};
use crate::encoding::octets::find;

/// Up to this number of members, names are compared where their marks say that they may be equal; more are sorted, so that
/// the cost stays near-linear whatever they are.
const FEW: usize = 32;

/// Reads `text` into `nodes`, which is emptied first.
pub(super) fn read<'a>(text: &'a [u8], nodes: &mut Vec<Node>) -> Result<&'a str, NotStrictJson> {
    nodes.clear();
    let text = std::str::from_utf8(text).map_err(|_| NotStrictJson("is not UTF-8"))?;
    if u32::try_from(text.len()).is_err() {
        return Err(NotStrictJson("is too long"));
    }
    Reader { text, bytes: text.as_bytes(), at: 0, nodes }.document()?;
    Ok(text)
}

/// Where reading stops, in bytes, if `text` is not strict JSON: at the fault, or after the object that has a name twice.
pub(super) fn fault(text: &str) -> Option<usize> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, nodes: &mut Vec::new() };
    reader.document().err().map(|_| reader.at)
}

struct Reader<'a, 'n> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    nodes: &'n mut Vec<Node>,
}

impl Reader<'_, '_> {
    fn document(&mut self) -> Result<(), NotStrictJson> {
        self.white_space();
        self.value(0)?;
        self.white_space();
        if self.at == self.text.len() { Ok(()) } else { Err(NotStrictJson("has text after its end")) }
    }

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
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
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
            self.at = find(self.bytes, self.at, br#""\\"#, 0x20);
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.nodes[index].escaped = true;
                    self.at += 1 + self.escape()?;
                }
                Some(_) => return Err(NotStrictJson("has a control character in a string")),
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

    /// Names are compared by their values, so that an escape hides none.
    fn has_duplicates(&self, object: usize, members: usize) -> bool {
        if members > FEW {
            let object = Value { text: self.text, nodes: self.nodes, at: object };
            // A heap sorts with less code than a slice does.
            let names: BinaryHeap<_> = object.members().map(|(name, _)| name).collect();
            let names = names.into_sorted_vec();
            return names.windows(2).any(|pair| pair[0] == pair[1]);
        }
        // Equal names have the same mark, and most others have another.
        let mut marks = 0u64;
        let mut key = object + 1;
        while key < self.nodes.len() {
            let mark = self.mark(key);
            if marks & mark != 0 && self.repeats(object + 1, key) {
                return true;
            }
            marks |= mark;
            key = self.nodes[key].next as usize;
        }
        false
    }

    /// One bit for a name. One with escapes may equal any other, so it has all.
    fn mark(&self, key: usize) -> u64 {
        let name = self.name(key);
        let (Some(first), Some(last)) = (name.first(), name.last()) else { return 1 };
        let sum = name.len() * 5 + usize::from(*first) + usize::from(name[name.len() / 2]) * 3 + usize::from(*last) * 7;
        if self.nodes[key].escaped { u64::MAX } else { 1 << (sum % 64) }
    }

    /// Whether a name is among those from `earlier` on.
    fn repeats(&self, mut earlier: usize, key: usize) -> bool {
        while earlier < key {
            let same = if self.nodes[earlier].escaped || self.nodes[key].escaped {
                let value = |key: usize| unescape(&self.text[range(&self.nodes[key])], self.nodes[key].escaped);
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
    fn name(&self, key: usize) -> &[u8] {
        &self.bytes[range(&self.nodes[key])]
    }
}

fn range(node: &Node) -> std::ops::Range<usize> {
    node.start as usize..node.end as usize
}
