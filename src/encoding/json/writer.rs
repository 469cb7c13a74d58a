//! Writing objects.

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
}
