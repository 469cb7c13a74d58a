//! Cuts the secrets of a request out of what the response to it says.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD_NO_PAD;

use super::Secret;

/// The text in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// The shortest value that is searched for everywhere. A shorter one is cut out behind the name of its field only.
const MIN_VALUE_BYTES: usize = 8;

/// The shortest piece of a secret that is cut out.
const MIN_PIECE_BYTES: usize = 16;

/// How many layers of escapes are read: a form in a JSON string in another one.
const MAX_LAYERS: usize = 4;

/// How many characters may stand between the name of a field and its value.
const MAX_SEPARATOR_BYTES: usize = 12;

/// Reads base64 of both kinds, after [`fold`].
const BASE64_FOLDED: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The secrets that were sent with a request, by the names of their fields.
///
/// A value of 8 bytes or more, and any 16 bytes of one, is found as it was sent, escaped for JSON, XML or a URL, in hex, in
/// base64 and in base64url. Behind the name of its field a value is found whatever its length.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    fields: Vec<Field>,
}

#[derive(Debug, Clone)]
struct Field {
    /// As [`plain_name`] writes it.
    name: String,
    value: Secret<String>,
}

impl Redactor {
    /// A redactor that knows one secret.
    pub fn of(field: &str, value: &Secret<String>) -> Self {
        let mut this = Self::default();
        this.add(field, value);
        this
    }

    /// Adds a secret.
    pub fn add(&mut self, field: &str, value: &Secret<String>) {
        if !value.expose().is_empty() {
            self.fields.push(Field { name: plain_name(field.as_bytes()), value: value.clone() });
        }
    }

    /// Adds a value that is a secret only if it is long, such as one of a URL's query.
    pub fn add_value(&mut self, field: &str, value: &str) {
        if value.len() >= MIN_VALUE_BYTES {
            self.add(field, &Secret::new(value.to_owned()));
        }
    }

    /// Returns whether a member of this name holds what must not be shown.
    pub fn is_secret_field(&self, name: &str) -> bool {
        let name = plain_name(name.as_bytes());
        self.fields.iter().any(|field| name.ends_with(&field.name))
    }

    /// Returns the text with `[redacted]` in the place of each secret, and of anything that begins like a JWT.
    pub fn redact(&self, text: &str) -> String {
        let mut found = vec![false; text.len()];
        let needles = Needles::new(self);
        let mut reading = Reading::of(text);
        for _ in 0..MAX_LAYERS {
            needles.find(&reading, &mut found);
            self.find_by_field(&reading, &mut found);
            self.find_in_base64(&reading, &mut found);
            match reading.unescaped() {
                Some(next) => reading = next,
                None => break,
            }
        }
        cut(text, &found)
    }

    /// Finds what stands behind the name of a field.
    fn find_by_field(&self, reading: &Reading, found: &mut [bool]) {
        let text = &*reading.bytes;
        let mut at = 0;
        while at < text.len() {
            let length = text[at..].iter().take_while(|byte| is_name_byte(**byte)).count();
            let (name, end) = (&text[at..at + length], at + length);
            let quote = at.checked_sub(1).map(|before| text[before]).filter(|byte| b"\"'`".contains(byte));
            at = end.max(at + 1);
            if length == 0 {
                continue;
            }
            let name = plain_name(name);
            for field in self.fields.iter().filter(|field| name.ends_with(&field.name)) {
                if let Some(value) = find_value(text, end, quote, field.value.expose()) {
                    reading.mark(value, found);
                }
            }
        }
    }

    /// Finds words that are base64 of something in which a field is quoted.
    fn find_in_base64(&self, reading: &Reading, found: &mut [bool]) {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
        for word in words(&reading.bytes, is_base64).into_iter().filter(|word| word.len() >= MIN_PIECE_BYTES) {
            let text: Vec<u8> = reading.bytes[word.clone()].iter().copied().map(fold).collect();
            let Ok(decoded) = BASE64_FOLDED.decode(text) else { continue };
            let mut inside = vec![false; decoded.len()];
            self.find_by_field(&Reading::plain(decoded), &mut inside);
            if inside.contains(&true) {
                reading.mark(word, found);
            }
        }
    }
}

/// A text after some layers of its escapes are read, with the place in the original text of each byte.
struct Reading {
    bytes: Vec<u8>,
    sources: Vec<Range<usize>>,
}

impl Reading {
    fn of(text: &str) -> Self {
        Self::plain(text.as_bytes().to_vec())
    }

    fn plain(bytes: Vec<u8>) -> Self {
        let sources = (0..bytes.len()).map(|at| at..at + 1).collect();
        Self { bytes, sources }
    }

    /// The place in the original text of a range that is not empty.
    fn source(&self, range: Range<usize>) -> Range<usize> {
        self.sources[range.start].start..self.sources[range.end - 1].end
    }

    /// Marks the place in the original text of a range that is not empty.
    fn mark(&self, range: Range<usize>, found: &mut [bool]) {
        if let Some(marked) = found.get_mut(self.source(range)) {
            marked.fill(true);
        }
    }

    /// Reads one more layer of escapes; `None` where there is none.
    fn unescaped(&self) -> Option<Self> {
        let mut next = Self { bytes: Vec::with_capacity(self.bytes.len()), sources: Vec::new() };
        let mut at = 0;
        let mut changed = false;
        while at < self.bytes.len() {
            let mut buffer = [0; 4];
            let (decoded, length) = match escape(&self.bytes[at..], &mut buffer) {
                Some((decoded, length)) => (decoded, length),
                None => (&self.bytes[at..=at], 1),
            };
            changed |= length > 1;
            let source = self.source(at..at + length);
            next.bytes.extend_from_slice(decoded);
            next.sources.resize(next.bytes.len(), source);
            at += length;
        }
        changed.then_some(next)
    }
}

/// The bytes that the escape at the start of a text stands for, and its length: `%XX`, JSON's, and XML's references.
fn escape<'a>(text: &[u8], buffer: &'a mut [u8; 4]) -> Option<(&'a [u8], usize)> {
    let (decoded, length) = match text {
        [b'%', high, low, ..] => {
            buffer[0] = (digit(*high)? << 4 | digit(*low)?) as u8;
            return Some((&buffer[..1], 3));
        }
        [b'\\', b'u', digits @ ..] => {
            let (decoded, length) = utf16(digits)?;
            (decoded, length + 2)
        }
        [b'\\', b'b', ..] => ('\u{8}', 2),
        [b'\\', b'f', ..] => ('\u{c}', 2),
        [b'\\', b'n', ..] => ('\n', 2),
        [b'\\', b'r', ..] => ('\r', 2),
        [b'\\', b't', ..] => ('\t', 2),
        [b'\\', plain @ (b'"' | b'\'' | b'\\' | b'/'), ..] => (char::from(*plain), 2),
        [b'&', rest @ ..] => {
            let length = rest.iter().take(10).position(|byte| *byte == b';')?;
            let number = |digits: &[u8], radix| {
                char::from_u32(digits.iter().try_fold(0u32, |number, byte| {
                    number.checked_mul(radix)?.checked_add(char::from(*byte).to_digit(radix)?)
                })?)
            };
            let decoded = match &rest[..length] {
                b"amp" => '&',
                b"lt" => '<',
                b"gt" => '>',
                b"quot" => '"',
                b"apos" => '\'',
                [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
                [b'#', digits @ ..] => number(digits, 10)?,
                _ => return None,
            };
            (decoded, length + 2)
        }
        _ => return None,
    };
    Some((decoded.encode_utf8(buffer).as_bytes(), length))
}

fn digit(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

/// The character of `XXXX`, or of the surrogate pair `XXXX\uXXXX`, with the length of that text.
fn utf16(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| text.get(at..at + 4)?.iter().try_fold(0u32, |unit, byte| Some(unit << 4 | digit(*byte)?));
    match unit(0)? {
        high @ 0xd800..=0xdbff if text.get(4..6) == Some(b"\\u") => {
            let low = unit(6).filter(|low| (0xdc00..=0xdfff).contains(low))?;
            Some((char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?, 10))
        }
        unit => Some((char::from_u32(unit)?, 4)),
    }
}

/// The texts that are searched for by value.
struct Needles {
    /// Values in each of their forms, as [`fold`] writes them.
    texts: Vec<Vec<u8>>,
    /// A bit for each hash of a piece. Most places of a text are done with by one look.
    hashes: Vec<bool>,
}

/// The size of the table of hashes.
const HASHES: usize = 1 << 16;

/// FNV-1a, folded to 16 bits.
fn hash(piece: &[u8]) -> usize {
    let hash = piece.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    ((hash >> 16) ^ (hash & 0xffff)) as usize
}

impl Needles {
    fn new(redactor: &Redactor) -> Self {
        let mut this = Self { texts: Vec::new(), hashes: vec![false; HASHES] };
        for Field { value, .. } in &redactor.fields {
            let value = value.expose().as_bytes();
            if value.len() < MIN_VALUE_BYTES {
                continue;
            }
            this.add(value);
            this.add(hex(value).as_bytes());
            this.add(hex(value).to_ascii_uppercase().as_bytes());
            // In the base64 of a longer text, the secret begins at one of three places in a group of characters.
            for before in 0..3 {
                let text = [&[0; 2][..before], value].concat();
                let encoded = BASE64_STANDARD_NO_PAD.encode(text);
                // The first characters and the last ones depend on what stands around the secret.
                let start = (before * 8).div_ceil(6);
                let end = (before + value.len()) * 8 / 6;
                this.add(&encoded.as_bytes()[start..end]);
            }
        }
        this
    }

    fn add(&mut self, text: &[u8]) {
        let text: Vec<u8> = text.iter().copied().map(fold).collect();
        for piece in text.windows(text.len().min(MIN_PIECE_BYTES)) {
            self.hashes[hash(piece)] = true;
        }
        self.texts.push(text);
    }

    /// Returns whether a piece of a text is one of a secret, or all of a short one.
    fn has(&self, piece: &[u8]) -> bool {
        let fits = |text: &&Vec<u8>| text.len().min(MIN_PIECE_BYTES) == piece.len();
        self.hashes[hash(piece)]
            && self.texts.iter().filter(fits).any(|text| text.windows(piece.len()).any(|window| window == piece))
    }

    fn find(&self, reading: &Reading, found: &mut [bool]) {
        let text: Vec<u8> = reading.bytes.iter().copied().map(fold).collect();
        for length in MIN_VALUE_BYTES..=MIN_PIECE_BYTES {
            for (at, _) in text.windows(length).enumerate().filter(|(_, piece)| self.has(piece)) {
                reading.mark(whole_words(&reading.bytes, at..at + length), found);
            }
        }
        for word in words(&reading.bytes, is_word_byte) {
            if word.len() >= MIN_PIECE_BYTES && reading.bytes[word.clone()].starts_with(b"eyJ") {
                reading.mark(word, found);
            }
        }
    }
}

/// Makes one character of those that encodings write in two ways: `+`, `-` and a space; `/` and `_`.
fn fold(byte: u8) -> u8 {
    match byte {
        b'+' | b' ' => b'-',
        b'/' => b'_',
        byte => byte,
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The name of a field without case, `_` and `-`: services write `client_secret` and `clientSecret`.
fn plain_name(name: &[u8]) -> String {
    let plain = name.iter().filter(|byte| !b"_-".contains(byte));
    plain.map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-".contains(&byte)
}

/// A character of a token.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)
}

/// The longest runs of such bytes.
fn words(text: &[u8], is_inside: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    for at in (0..text.len()).filter(|at| is_inside(text[*at])) {
        match words.last_mut() {
            Some(word) if word.end == at => word.end += 1,
            _ => words.push(at..at + 1),
        }
    }
    words
}

/// A range with the rest of the words at its ends.
fn whole_words(text: &[u8], range: Range<usize>) -> Range<usize> {
    let inside = |at: &usize| is_word_byte(text[*at]);
    let before = (0..range.start).rev().take_while(inside).count();
    let after = (range.end..text.len()).take_while(inside).count();
    range.start - before..range.end + after
}

/// The value of a field whose name ends at `end`, if one stands there.
fn find_value(text: &[u8], end: usize, mut quote: Option<u8>, value: &str) -> Option<Range<usize>> {
    let mut start = end;
    let mut assigned = false;
    let mut opened = None;
    while let Some(byte) = text.get(start).filter(|_| start - end < MAX_SEPARATOR_BYTES) {
        match byte {
            b'=' | b':' => assigned = true,
            b'>' | b'(' | b'[' | b' ' | b'\\' | b'\t' | b'\n' | b'\r' => {}
            // The first quote may close the one before the name.
            b'"' | b'\'' | b'`' if quote == Some(*byte) => quote = None,
            b'"' | b'\'' | b'`' => opened = Some(*byte),
            _ => break,
        }
        start += 1;
    }
    if start == end {
        return None;
    }
    let scheme = b"bearer ";
    if text.get(start..start + scheme.len()).is_some_and(|text| text.eq_ignore_ascii_case(scheme)) {
        start += scheme.len();
    }
    let rest: Vec<u8> = text[start..].iter().take(2 * value.len() + 64).copied().map(fold).collect();
    let forms = [value.to_owned(), hex(value.as_bytes()), BASE64_STANDARD_NO_PAD.encode(value)];
    let folded = |form: &String| form.bytes().map(fold).collect::<Vec<u8>>();
    let exact = forms.iter().map(folded).filter(|form| rest.starts_with(form)).map(|form| form.len()).max();
    // The padding of base64 belongs to it.
    let exact = exact.map(|length| length + rest[length..].iter().take_while(|byte| **byte == b'=').count());
    let is_end = |byte: &u8| match opened {
        Some(quote) => *byte == quote,
        None => byte.is_ascii_whitespace() || b"&,;)]}\"'`".contains(byte),
    };
    let word = text[start..].iter().take_while(|byte| !is_end(byte)).count();
    // What follows the name of a field in prose is its value only where it looks like it.
    let meant = match exact {
        Some(length) => length >= word || length >= MIN_VALUE_BYTES || opened.is_some(),
        None => false,
    };
    let length = if meant { exact?.max(if assigned { word } else { 0 }) } else { word };
    let is_piece = || {
        let word = rest.get(..word).and_then(|word| word.split(|byte| *byte == b'.').next()).unwrap_or_default();
        let is_word = |piece: &[u8]| piece.iter().copied().map(fold).eq(word.iter().copied());
        word.len() >= 4 && value.as_bytes().windows(word.len()).any(is_word)
    };
    let is_assignment = assigned && (opened.is_some() || text[end..start].contains(&b'='));
    (length > 0 && (meant || is_assignment || is_piece())).then(|| start..start + length)
}

/// Replaces the marked bytes of a text, and with them the characters that they belong to.
fn cut(text: &str, found: &[bool]) -> String {
    let mut out = String::new();
    let mut is_cut = false;
    for (start, character) in text.char_indices() {
        let was_cut = is_cut;
        is_cut = found[start..start + character.len_utf8()].contains(&true);
        match (was_cut, is_cut) {
            (_, false) => out.push(character),
            (false, true) => out.push_str(REDACTED),
            (true, true) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests;
