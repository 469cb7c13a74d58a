//! Harmless and telling beginnings of documents that are fetched.

/// The text after a byte order mark, if it has one.
pub fn without_bom(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Returns whether a text that is not JSON begins like an HTML page.
pub fn is_html(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let begins = |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()));
    begins("<!doctype html") || begins("<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_pages_from_other_text() {
        for page in ["<!DOCTYPE html><p>", "\n <html lang=en>", "<HTML>"] {
            assert!(is_html(page.as_bytes()), "{page}");
        }
        for other in ["", "<", "<?xml version=\"1.0\"?>", "{}", "<htm"] {
            assert!(!is_html(other.as_bytes()), "{other}");
        }
        assert_eq!(without_bom("\u{feff}{}".as_bytes()), b"{}");
        assert_eq!(without_bom(b"{}"), b"{}");
    }
}
