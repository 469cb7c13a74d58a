//! The text of strings.

use std::borrow::Cow;

/// The value of a string's text, whose escapes the reader has checked.
pub(super) fn unescape(text: &str, escaped: bool) -> Cow<'_, str> {
    if !escaped {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escape)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut used = 1;
        out.push(match escape.as_bytes() {
            [b'b', ..] => '\u{8}',
            [b'f', ..] => '\u{c}',
            [b'n', ..] => '\n',
            [b'r', ..] => '\r',
            [b't', ..] => '\t',
            [b'u', digits @ ..] => {
                let (unit, length) = utf16_escape(digits).unwrap_or(('\u{fffd}', 4));
                used += length;
                unit
            }
            [plain, ..] => char::from(*plain),
            [] => break,
        });
        rest = escape.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of `XXXX` or of the surrogate pair `XXXX\uXXXX`, with the length of that text.
pub(super) fn utf16_escape(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| {
        text.get(at..at + 4)?.iter().try_fold(0u32, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
    };
    match unit(0)? {
        high @ 0xd800..=0xdbff => {
            let low = unit(6).filter(|low| text[4..6] == *b"\\u" && (0xdc00..=0xdfff).contains(low))?;
            Some((char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?, 10))
        }
        unit => Some((char::from_u32(unit)?, 4)),
    }
}
