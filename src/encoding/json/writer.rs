//! Writing objects.

use std::borrow::Cow;

use super::{Kind, Value};

/// A JSON object that is being written. Names are not compared: the caller gives each once.
#[derive(Debug, Default)]
pub struct Object(String);

impl Object {
    /// Adds a member whose value is a string.
    pub fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        quote_into(value, &mut self.0);
    }

    /// Adds a member that may be left out.
    pub fn some_text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Adds a member whose value is JSON already.
    pub fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.0.push_str(json);
    }

    /// The object's text.
    pub fn finish(mut self) -> String {
        if self.0.is_empty() {
            self.0.push('{');
        }
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        quote_into(name, &mut self.0);
        self.0.push(':');
    }
}

/// A value in the one way that does not depend on white space or on the order of members. Numbers stay as they are written.
pub fn canonical(value: Value<'_>) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

fn write_canonical(value: Value<'_>, out: &mut String) {
    match value.kind() {
        Kind::String => quote_into(&value.as_str().unwrap_or_default(), out),
        Kind::Array => {
            out.push('[');
            for (index, element) in value.elements().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(element, out);
            }
            out.push(']');
        }
        Kind::Object => {
            out.push('{');
            // One name after the other instead of a sorted list: objects are small here, and sorting is much code.
            let mut last: Option<Cow<'_, str>> = None;
            let after = |last: &Option<Cow<'_, str>>| {
                let later = value.members().filter(|(name, _)| last.as_ref().is_none_or(|last| name > last));
                later.min_by(|(a, _), (b, _)| a.cmp(b))
            };
            while let Some((name, member)) = after(&last) {
                if last.is_some() {
                    out.push(',');
                }
                quote_into(&name, out);
                out.push(':');
                write_canonical(member, out);
                last = Some(name);
            }
            out.push('}');
        }
        Kind::Null | Kind::Bool | Kind::Number => out.push_str(value.raw()),
    }
}

/// Appends a string as JSON has it (RFC 8259 section 7).
pub fn quote_into(text: &str, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.push('"');
    for character in text.chars() {
        match character {
            '\0'..='\u{1f}' => {
                let code = character as usize;
                out.push_str("\\u00");
                out.push(char::from(DIGITS[code >> 4]));
                out.push(char::from(DIGITS[code & 15]));
                continue;
            }
            '"' | '\\' => out.push('\\'),
            _ => {}
        }
        out.push(character);
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::Document;
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let awkward = "\"\\/\u{0}\u{1f}\n\u{7f}\u{e9}\u{1f600}\u{2028}";
        let mut object = Object::default();
        object.text("a\"b", awkward);
        object.some_text("none", None);
        object.raw("list", "[1,2]");
        let text = object.finish();
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(document.root().get("a\"b").unwrap().as_str().unwrap(), awkward);
        assert_eq!(document.root().get("list").unwrap().raw(), "[1,2]");
        assert_eq!(document.root().members().count(), 2);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["a\"b"], awkward);
        assert_eq!(Object::default().finish(), "{}");
    }

    #[test]
    fn values_that_say_the_same_are_written_alike() {
        let write = |text: &str| canonical(Document::parse(text.as_bytes()).unwrap().root());
        let one = write(r#" {"b":[1.50,true,null,{}],"a":{"z":"\u0061\/","y":[]},"":"\n"} "#);
        assert_eq!(one, r#"{"":"\u000a","a":{"y":[],"z":"a/"},"b":[1.50,true,null,{}]}"#);
        assert_eq!(one, write(r#"{"":"\u000A","a":{"y":[],"z":"a/"},"b":[1.50,true,null,{}]}"#));
        assert_eq!(write(&one), one);
        assert_ne!(write("[1,2]"), write("[2,1]"));
    }
}
