//! base64url without padding, canonical (RFC 4648 section 5, RFC 7515 section 2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Not canonical base64url: a foreign character, padding, white space, an impossible length or non-zero trailing bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBase64Url;

/// Appends the decoded bytes to `out`; on failure `out` is as it was.
pub fn decode_into(text: &[u8], out: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    let start = out.len();
    // The engine is strict: it refuses padding and non-zero trailing bits.
    URL_SAFE_NO_PAD.decode_vec(text, out).map_err(|_| {
        out.truncate(start);
        NotBase64Url
    })
}

/// The decoded bytes.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, NotBase64Url> {
    let mut out = Vec::new();
    decode_into(text, &mut out).map(|()| out)
}

/// The canonical text of `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_what_it_encodes() {
        for bytes in [&b""[..], b"f", b"fo", b"foo", b"\xff\xfe\xfd\xfc"] {
            assert_eq!(decode(encode(bytes).as_bytes()).as_deref(), Ok(bytes));
        }
    }

    #[test]
    fn refuses_all_but_the_canonical_form() {
        for text in ["Zg==", "Zh", "Zm9=", "Zm9v\n", " Zm9v", "Zm 9v", "Zm+v", "Zm/v", "Z", "Zm9vY", "Zm9\u{e9}"] {
            let mut out = b"kept".to_vec();
            assert_eq!(decode_into(text.as_bytes(), &mut out), Err(NotBase64Url), "{text:?}");
            assert_eq!(out, b"kept");
        }
    }
}
