//! The protected header (RFC 7515 section 4).

use std::borrow::Cow;

use crate::crypto::Algorithm;
use crate::encoding::json::{Kind, Value};
use crate::error::{Error, MAX_FOUND_BYTES, Mismatch, Result};

/// The longest `kid` that is looked up, in bytes.
pub const MAX_KID_BYTES: usize = 256;

/// The members of a protected header that decide how a token is verified.
///
/// `jwk`, `jku`, `x5u` and `x5c` are not among them: a key that comes with the token proves nothing.
#[derive(Debug, Clone)]
pub struct Header<'a> {
    text: Value<'a>,
    algorithm: Algorithm,
    kid: Option<Cow<'a, str>>,
    typ: Option<Cow<'a, str>>,
}

impl<'a> Header<'a> {
    /// Reads the header of a token that is to be verified.
    ///
    /// # Errors
    /// [`Error::AlgorithmNotListed`] for an `alg` outside `allowed`, [`Error::NotSupported`] for `crit` and `b64`
    /// (RFC 7797), [`Error::InvalidJws`] for members of the wrong type.
    pub fn read(header: Value<'a>, allowed: &[Algorithm]) -> Result<Self> {
        let fault = |problem: &'static str| Error::InvalidJws { part: "the protected header", problem: problem.into() };
        let text = |name, problem| match header.get(name) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or_else(|| fault(problem)),
        };
        if let Some(crit) = header.get("crit") {
            return Err(match crit.kind() {
                // No extension is understood here, so whichever is named, the token must be refused.
                Kind::Array if crit.elements().next().is_some() => {
                    Error::NotSupported("the token's `crit` names an extension that is not supported")
                }
                _ => fault("has a malformed `crit`"),
            });
        }
        if header.get("b64").is_some_and(|b64| b64.as_bool() != Some(true)) {
            return Err(Error::NotSupported("the token has an unencoded payload (`b64`), which is not supported"));
        }
        let name = text("alg", "has an `alg` that is not a string")?.ok_or_else(|| fault("has no `alg`"))?;
        let listed = algorithm(&name).filter(|algorithm| allowed.contains(algorithm));
        let algorithm = listed.ok_or_else(|| not_listed(header, allowed))?;
        let kid = text("kid", "has a `kid` that is not a string")?;
        if kid.as_ref().is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
            return Err(fault("has a `kid` of more than 256 bytes"));
        }
        let typ = text("typ", "has a `typ` that is not a string")?;
        Ok(Self { text: header, algorithm, kid, typ })
    }

    /// A member of the header, by name.
    pub(crate) fn member(&self, name: &str) -> Option<Value<'a>> {
        self.text.get(name)
    }

    /// The signature algorithm, one of those that were allowed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The name of the key, as the token claims it.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The kind of token, as it claims it.
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }
}

#[cold]
fn not_listed(header: Value<'_>, allowed: &[Algorithm]) -> Error {
    // As text for `Debug` they are the registered names, in quotes.
    let names: Vec<_> = allowed.iter().map(|algorithm| format!("{algorithm:?}")).collect();
    let expected = format!("{names:?}");
    let found = header.get("alg").filter(|found| found.raw().len() <= MAX_FOUND_BYTES);
    let found = found.map(|found| found.json().into_owned());
    Error::AlgorithmNotListed(Box::new(Mismatch { expected: Some(expected), found, difference: None }))
}

/// The signature algorithm of this registered name (RFC 7518 section 3.1, RFC 8037, RFC 9864); `None` for every other
/// name, `none` and the HMAC names among them, since those cannot be verified with a public key.
pub fn algorithm(name: &str) -> Option<Algorithm> {
    name.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json::Document;

    fn read(header: &str) -> Result<(Algorithm, Option<String>, Option<String>)> {
        let document = Document::parse(header.as_bytes()).expect("JSON");
        let header = Header::read(document.root(), &[Algorithm::RS256, Algorithm::EdDSA])?;
        Ok((header.algorithm(), header.kid().map(Into::into), header.typ().map(Into::into)))
    }

    #[test]
    fn reads_what_decides() {
        assert_eq!(
            read(r#"{"typ":"JWT","alg":"RS256","kid":"mrk-1","jwk":{},"jku":1,"x5c":null}"#),
            Ok((Algorithm::RS256, Some("mrk-1".into()), Some("JWT".into())))
        );
        assert_eq!(read(r#"{"alg":"Ed25519"}"#), Ok((Algorithm::EdDSA, None, None)));
    }

    #[test]
    fn each_algorithm_has_its_name() {
        let names = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];
        for name in names {
            assert_eq!(algorithm(name).map(|found| format!("{found:?}")).as_deref(), Some(name));
        }
    }

    #[test]
    fn only_allowed_algorithms() {
        for alg in ["none", "nOnE", "None", "HS256", "RS384", "ES256", "rs256", "RS256 ", "", "constructor"] {
            let Err(Error::AlgorithmNotListed(mismatch)) = read(&format!(r#"{{"alg":"{alg}"}}"#)) else {
                panic!("{alg} is not on the list");
            };
            assert_eq!(mismatch.expected.as_deref(), Some(r#"["RS256", "EdDSA"]"#));
            assert_eq!(mismatch.found, Some(format!("\"{alg}\"")));
        }
    }

    #[test]
    fn members_of_the_wrong_type_are_refused() {
        for member in
            [r#""kid":1"#, r#""kid":null"#, r#""typ":[]"#, r#""crit":[]"#, r#""crit":"exp""#, r#""crit":null"#]
        {
            let error = read(&format!(r#"{{"alg":"RS256",{member}}}"#)).unwrap_err();
            assert_eq!(error.code(), "ERR_JWS_INVALID", "{member}");
        }
        for header in ["{}", r#"{"alg":null}"#, r#"{"alg":["RS256"]}"#] {
            assert_eq!(read(header).unwrap_err().code(), "ERR_JWS_INVALID", "{header}");
        }
        assert!(read(&format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(256))).is_ok());
        assert!(read(&format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(257))).is_err());
    }

    #[test]
    fn extensions_are_refused() {
        for member in [r#""crit":["exp"]"#, r#""crit":["b64"],"b64":true"#, r#""b64":false"#, r#""b64":"true""#] {
            let error = read(&format!(r#"{{"alg":"RS256",{member}}}"#)).unwrap_err();
            assert_eq!(error.code(), "ERR_JOSE_NOT_SUPPORTED", "{member}");
        }
        assert!(read(r#"{"alg":"RS256","b64":true}"#).is_ok());
    }
}
