//! Writing `application/x-www-form-urlencoded` (WHATWG URL section 5.2).

/// A form that is being written.
#[derive(Debug, Default)]
pub struct Form(String);

impl Form {
    /// Adds a field. A name that was there before is there twice.
    pub fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        encode_into(name, &mut self.0);
        self.0.push('=');
        encode_into(value, &mut self.0);
    }

    /// Adds a field that may be left out.
    pub fn add_some(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// The form's text.
    pub fn finish(self) -> String {
        self.0
    }
}

fn encode_into(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'*' | b'-' | b'.' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => out.push(char::from(byte)),
            _ => push_percent(byte, out),
        }
    }
}

/// Appends text as JavaScript's `encodeURIComponent` writes it.
pub fn push_component(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            push_percent(byte, out);
        }
    }
}

/// Appends a byte as `%XX` (RFC 3986 section 2.1).
pub fn push_percent(byte: u8, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(DIGITS[usize::from(byte >> 4)]));
    out.push(char::from(DIGITS[usize::from(byte & 15)]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_fields_that_every_reader_takes_apart_alike() {
        let mut form = Form::default();
        form.add("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
        form.add("a b", "&=+%\u{e9}\n*-._~");
        form.add_some("left", None);
        form.add_some("right", Some(""));
        assert_eq!(
            form.finish(),
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
             &a+b=%26%3D%2B%25%C3%A9%0A*-._%7E&right="
        );
    }
}
