//! The strict reader of JWS compact serialization (RFC 7515 section 3.1 and 5.2, steps 1 to 7).

use crate::crypto::Algorithm;
use crate::encoding::base64url;
use crate::encoding::bytes::find;
use crate::encoding::json::{self, JsonError, Kind, Node, Value};
use crate::error::{Error, Result};
use crate::jose::header::Header;
use crate::jose::jwks::Jwks;

/// The largest token that is read unless the caller says otherwise, in bytes.
pub const DEFAULT_MAX_BYTES: usize = 16 * 1024;

/// Memory lent to the reader and kept by the caller, so that reading one more token allocates nothing.
#[derive(Debug, Default)]
pub struct Scratch {
    header: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
    header_nodes: Vec<Node>,
    payload_nodes: Vec<Node>,
}

impl Scratch {
    /// None yet: it grows with the first token.
    pub const fn new() -> Self {
        Self {
            header: Vec::new(),
            payload: Vec::new(),
            signature: Vec::new(),
            header_nodes: Vec::new(),
            payload_nodes: Vec::new(),
        }
    }
}

/// A well-formed, unverified token: anyone may have written it.
#[derive(Debug, Clone, Copy)]
pub struct Unverified<'a> {
    header: Value<'a>,
    payload: &'a [u8],
    signature: &'a Vec<u8>,
    signing_input: &'a [u8],
}

/// Reads a token of at most `max_bytes` bytes; returns its parts and the memory for reading the payload as JSON.
///
/// The size is checked first and the shape second, before anything is decoded.
///
/// # Errors
/// [`Error::InvalidJws`] where size, shape, encoding or the protected header's JSON is wrong.
pub fn read<'a>(
    token: &'a [u8],
    max_bytes: usize,
    scratch: &'a mut Scratch,
) -> Result<(Unverified<'a>, &'a mut Vec<Node>)> {
    if token.len() > max_bytes {
        return Err(too_long(token.len(), max_bytes));
    }
    read_parts(token, scratch).map_err(|error| match copy_accident(token) {
        Some(problem) => Error::InvalidJws { part: "the token", problem: problem.into() },
        None => error,
    })
}

/// The refusal of a token of `length` bytes.
pub(crate) fn too_long(length: usize, max_bytes: usize) -> Error {
    let problem = format!("is {length} bytes long, and `maxTokenBytes` allows {max_bytes}");
    Error::InvalidJws { part: "the token", problem: problem.into() }
}

/// The mistake with which a malformed token was copied or chosen, if it is a known one.
fn copy_accident(token: &[u8]) -> Option<&'static str> {
    let (first, last) = (*token.first()?, *token.last()?);
    if token.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"bearer ")) {
        Some("begins with `Bearer `: pass what follows it")
    } else if matches!(first, b'"' | b'\'' | b'`') || matches!(last, b'"' | b'\'' | b'`') {
        Some("stands in quotes: pass it without them")
    } else if matches!(last, b'\n' | b'\r') {
        Some("ends with a line break: trim it")
    } else if first.is_ascii_whitespace() || last.is_ascii_whitespace() {
        Some("begins or ends with white space: trim it")
    } else if token.iter().filter(|byte| **byte == b'.').count() == 4 {
        Some("has five parts, so it is encrypted (a JWE): only signed tokens are read")
    } else {
        None
    }
}

fn read_parts<'a>(token: &'a [u8], scratch: &'a mut Scratch) -> Result<(Unverified<'a>, &'a mut Vec<Node>)> {
    let fault = |part, problem: &'static str| Error::InvalidJws { part, problem: problem.into() };
    if token.is_empty() {
        return Err(fault("the token", "is empty"));
    }
    let dot = |from: usize| find(token, from, b".", 0);
    let first = dot(0);
    let second = dot(first + 1);
    if second >= token.len() || dot(second + 1) < token.len() {
        return Err(fault("the token", "is not three parts separated by dots"));
    }
    let (signing_input, signature) = (&token[..second], &token[second + 1..]);
    let (header, payload) = (&signing_input[..first], &signing_input[first + 1..]);
    if signature.is_empty() {
        return Err(fault("the signature", "is empty"));
    }
    let decode = |text, out: &mut Vec<u8>, part| {
        out.clear();
        base64url::decode_into(text, out).map_err(|_| fault(part, "is not canonical base64url"))
    };
    decode(header, &mut scratch.header, "the protected header")?;
    decode(payload, &mut scratch.payload, "the payload")?;
    decode(signature, &mut scratch.signature, "the signature")?;
    let header_value = json::parse_into(&scratch.header, &mut scratch.header_nodes)
        .map_err(|JsonError(problem)| fault("the protected header", problem))?;
    if header_value.kind() != Kind::Object {
        return Err(fault("the protected header", "is not a JSON object"));
    }
    let unverified =
        Unverified { header: header_value, payload: &scratch.payload, signature: &scratch.signature, signing_input };
    Ok((unverified, &mut scratch.payload_nodes))
}

/// Verifies a JWS with whatever payload and returns that payload.
///
/// Checks form, algorithm, key and signature, and nothing of what the payload says: tokens are verified by
/// `jwt::verify`.
///
/// # Errors
/// Those of [`read`], [`Header::read`] and [`Unverified::check_signature`].
pub fn verify<'a>(
    jws: &'a [u8],
    jwks: &Jwks,
    allowed: &[Algorithm],
    max_bytes: usize,
    scratch: &'a mut Scratch,
) -> Result<&'a [u8]> {
    let (unverified, _) = read(jws, max_bytes, scratch)?;
    unverified.check_signature(&Header::read(unverified.header(), allowed)?, jwks)?;
    Ok(unverified.payload())
}

impl<'a> Unverified<'a> {
    /// The protected header, a JSON object.
    pub fn header(&self) -> Value<'a> {
        self.header
    }

    /// The payload as the token carries it, decoded from base64url and no further.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Checks the signature with the keys of `jwks` that fit the header.
    ///
    /// Does not check who issued the token, for whom and when: that is `jwt::verify`.
    ///
    /// # Errors
    /// [`Error::NoMatchingKey`] where no key fits, [`Error::SignatureMismatch`] where none of those that fit made the
    /// signature.
    pub fn check_signature(&self, header: &Header<'_>, jwks: &Jwks) -> Result<()> {
        let (kid, algorithm) = (header.kid(), header.algorithm());
        let mut tried = false;
        for key in jwks.candidates(kid, algorithm) {
            if key.verify(self.signing_input, self.signature).is_ok() {
                return Ok(());
            }
            tried = true;
        }
        match jwks.no_choice(kid, algorithm, tried) {
            Some(reason) => Err(Error::NoMatchingKey { kid: kid.map(Into::into), reason }),
            None => Err(Error::SignatureMismatch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(token: &str) -> String {
        match read(token.as_bytes(), 64, &mut Scratch::default()) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn reads_the_three_parts() {
        let mut scratch = Scratch::default();
        let (token, _) = read(b"eyJhbGciOiJSUzI1NiJ9.e30.AQID", 64, &mut scratch).unwrap();
        assert_eq!(token.header().raw(), r#"{"alg":"RS256"}"#);
        assert_eq!(token.payload(), b"{}");
        assert_eq!(token.signature, &[1, 2, 3]);
        assert_eq!(token.signing_input, b"eyJhbGciOiJSUzI1NiJ9.e30");
    }

    #[test]
    fn refuses_other_shapes() {
        assert_eq!(problem(""), "the token is empty");
        for token in [".", "e30.e30", "e30.e30.AQ.AQ", "nonsense"] {
            assert_eq!(problem(token), "the token is not three parts separated by dots", "{token}");
        }
        assert_eq!(problem("e30.e30."), "the signature is empty");
        assert_eq!(problem("..AQ"), "the protected header ends too early");
        assert_eq!(problem("W10.e30.AQ"), "the protected header is not a JSON object");
        assert_eq!(problem("e30=.e30.AQ"), "the protected header is not canonical base64url");
        assert_eq!(problem("e30.e31.AQ"), "the payload is not canonical base64url");
        assert_eq!(problem("e30.e30.A\nQ"), "the signature is not canonical base64url");
        assert_eq!(
            problem(&format!("e30.e30.{}", "A".repeat(57))),
            "the token is 65 bytes long, and `maxTokenBytes` allows 64"
        );
    }

    #[test]
    fn names_the_accidents_of_copying() {
        let token = "eyJhbGciOiJSUzI1NiJ9.e30.AQID";
        for (text, expected) in [
            (format!("Bearer {token}"), "begins with `Bearer `"),
            (format!("bearer {token}"), "begins with `Bearer `"),
            (format!("\"{token}\""), "stands in quotes"),
            (format!("{token}'"), "stands in quotes"),
            (format!("{token}\n"), "ends with a line break"),
            (format!("{token}\r\n"), "ends with a line break"),
            (format!(" {token}"), "begins or ends with white space"),
            ("eyJhbGciOiJkaXIifQ..AQ.AQ.AQ".to_owned(), "has five parts, so it is encrypted (a JWE)"),
        ] {
            let problem = problem(&text);
            assert!(problem.starts_with(&format!("the token {expected}")), "{text:?}: {problem}");
        }
        assert_eq!(problem(token), "accepted");
    }
}
