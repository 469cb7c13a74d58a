//! One JSON Web Key (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).

use crate::crypto::{Algorithm, DecodingKey};
use crate::encoding::base64url;
use crate::encoding::json::{Document, JsonError, Kind, Value};
use crate::error::{Error, Result};
use crate::jose::header::{MAX_KID_BYTES, algorithm};

/// Members that only a private or a symmetric key has. A set that publishes one has lost the key.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A public key for signatures, with what it says of its own use.
#[derive(Debug, Clone)]
pub struct Jwk {
    kid: Option<Box<str>>,
    /// The only algorithm that the key is meant for, if it names one.
    algorithm: Option<Algorithm>,
    key_type: KeyType,
    key: DecodingKey,
}

/// `kty`, and `crv` where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyType {
    Rsa,
    P256,
    P384,
    P521,
    Ed25519,
}

impl Jwk {
    /// Reads the JSON text of one key.
    ///
    /// # Errors
    /// [`Error::InvalidJwk`], also where the key is private, not for signatures, or of an unknown type.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let document = Document::parse(text).map_err(|JsonError(problem)| Error::InvalidJwk(problem))?;
        Self::read(document.root())
    }

    /// Reads one key of a set. The numbers themselves are judged when a verifier is made of them.
    pub(crate) fn read(jwk: Value<'_>) -> Result<Self> {
        if jwk.kind() != Kind::Object {
            return Err(Error::InvalidJwk("is not a JSON object"));
        }
        if PRIVATE.iter().any(|name| jwk.get(name).is_some()) {
            return Err(Error::InvalidJwk("has private or secret members"));
        }
        if jwk.get("use").is_some_and(|usage| usage.as_str().as_deref() != Some("sig")) {
            return Err(Error::InvalidJwk("`use` is not `sig`"));
        }
        if let Some(operations) = jwk.get("key_ops") {
            check_operations(operations)?;
        }
        let kid = match jwk.get("kid").map(|kid| kid.as_str()) {
            None => None,
            Some(Some(kid)) if kid.len() <= MAX_KID_BYTES => Some(kid.into()),
            Some(_) => return Err(Error::InvalidJwk("`kid` is not a string of at most 256 bytes")),
        };
        let algorithm = match jwk.get("alg") {
            None => None,
            Some(alg) => Some(
                alg.as_str()
                    .and_then(|name| algorithm(&name))
                    .ok_or(Error::InvalidJwk("`alg` is not a supported signature algorithm"))?,
            ),
        };
        let text = |name| jwk.get(name).and_then(Value::as_str);
        let (key_type, key) = match (text("kty").as_deref(), text("crv").as_deref()) {
            (Some("RSA"), _) => {
                let (n, e) = (integer(jwk, "n")?, integer(jwk, "e")?);
                (KeyType::Rsa, DecodingKey::from_rsa_raw_components(&n, &e))
            }
            (Some("EC"), Some("P-256")) => (KeyType::P256, DecodingKey::from_ec_der(&point(jwk, 32)?)),
            (Some("EC"), Some("P-384")) => (KeyType::P384, DecodingKey::from_ec_der(&point(jwk, 48)?)),
            (Some("EC"), Some("P-521")) => (KeyType::P521, DecodingKey::from_ec_der(&point(jwk, 66)?)),
            (Some("OKP"), Some("Ed25519")) => (KeyType::Ed25519, DecodingKey::from_ed_der(&fixed_bytes(jwk, "x", 32)?)),
            (Some("EC" | "OKP"), _) => return Err(Error::InvalidJwk("`crv` is not a supported curve")),
            _ => return Err(Error::InvalidJwk("`kty` is not a supported key type")),
        };
        Ok(Self { kid, algorithm, key_type, key })
    }

    /// The key's name.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns whether the key is of the type and the curve that `algorithm` asks for, and meant for it or for any.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        let key_type = match algorithm {
            Algorithm::ES256 => KeyType::P256,
            Algorithm::ES384 => KeyType::P384,
            Algorithm::ES512 => KeyType::P521,
            Algorithm::EdDSA => KeyType::Ed25519,
            _ => KeyType::Rsa,
        };
        self.key_type == key_type && self.algorithm.is_none_or(|own| own == algorithm)
    }
}

impl AsRef<DecodingKey> for Jwk {
    fn as_ref(&self) -> &DecodingKey {
        &self.key
    }
}

/// Operations do not repeat, and those of signatures are combined with no others (section 4.3).
fn check_operations(operations: Value<'_>) -> Result<()> {
    let (mut sign, mut verify) = (false, false);
    for operation in operations.elements() {
        let seen = match operation.as_str().as_deref() {
            Some("sign") => &mut sign,
            Some("verify") => &mut verify,
            _ => return Err(Error::InvalidJwk("`key_ops` has another operation than `sign` and `verify`")),
        };
        if std::mem::replace(seen, true) {
            return Err(Error::InvalidJwk("`key_ops` has an operation twice"));
        }
    }
    if verify { Ok(()) } else { Err(Error::InvalidJwk("`key_ops` is not an array with `verify`")) }
}

/// A number of the key. Issuers exist that write it in padded or standard base64, which changes nothing.
fn bytes(jwk: Value<'_>, name: &'static str) -> Result<Vec<u8>> {
    let (missing, malformed) = match name {
        "n" => ("lacks `n`", "`n` is not base64url"),
        "e" => ("lacks `e`", "`e` is not base64url"),
        "y" => ("lacks `y`", "`y` is not base64url"),
        _ => ("lacks `x`", "`x` is not base64url"),
    };
    let text = jwk.get(name).and_then(Value::as_str).ok_or(Error::InvalidJwk(missing))?;
    let url_safe = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    base64url::decode(url_safe.as_bytes()).map_err(|_| Error::InvalidJwk(malformed))
}

/// A Base64urlUInt (RFC 7518 section 2). Leading zero bytes are against its letter, but issuers exist that publish
/// a sign byte, and they change nothing.
fn integer(jwk: Value<'_>, name: &'static str) -> Result<Vec<u8>> {
    let mut integer = bytes(jwk, name)?;
    let zeros = integer.iter().take_while(|&&byte| byte == 0).count();
    integer.drain(..zeros);
    Ok(integer)
}

/// SEC 1 section 2.3.3, uncompressed: what a [`DecodingKey`] of the EC family holds.
fn point(jwk: Value<'_>, length: usize) -> Result<Vec<u8>> {
    Ok([vec![4], coordinate(jwk, "x", length)?, coordinate(jwk, "y", length)?].concat())
}

/// A coordinate in full length (RFC 7518 section 6.2.1.2). Issuers exist that leave its leading zero bytes out, or add one.
fn coordinate(jwk: Value<'_>, name: &'static str, length: usize) -> Result<Vec<u8>> {
    let number = integer(jwk, name)?;
    let zeros = length.checked_sub(number.len()).ok_or(Error::InvalidJwk("a coordinate has the wrong length"))?;
    Ok([vec![0; zeros], number].concat())
}

/// Bytes of a fixed length (RFC 8037 section 2): no shorter, no longer.
fn fixed_bytes(jwk: Value<'_>, name: &'static str, length: usize) -> Result<Vec<u8>> {
    bytes(jwk, name).and_then(|bytes| {
        if bytes.len() == length { Ok(bytes) } else { Err(Error::InvalidJwk("a coordinate has the wrong length")) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    #[test]
    fn reads_each_key_type() {
        let fitting = |members: &str| {
            let key = Jwk::parse(format!("{{{members}}}").as_bytes()).unwrap();
            let all = ["RS256", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"];
            all.iter().copied().filter(|name| key.fits(name.parse().unwrap())).collect::<Vec<_>>().join(" ")
        };
        let rsa = r#""kty":"RSA","n":"AMs","e":"AQAB","kid":"a","use":"sig","key_ops":["verify"]"#;
        assert_eq!(fitting(rsa), "RS256 RS512 PS256");
        assert_eq!(fitting(&format!(r#"{rsa},"alg":"PS256""#)), "PS256");
        assert_eq!(fitting(&format!(r#""kty":"EC","crv":"P-256","x":"{X}","y":"{X}""#)), "ES256");
        let long = base64url::encode(&[1; 48]);
        assert_eq!(fitting(&format!(r#""kty":"EC","crv":"P-384","x":"{long}","y":"{long}""#)), "ES384");
        let longest = base64url::encode(&[1; 66]);
        assert_eq!(fitting(&format!(r#""kty":"EC","crv":"P-521","x":"{longest}","y":"{longest}""#)), "ES512");
        assert_eq!(fitting(&format!(r#""kty":"OKP","crv":"Ed25519","x":"{X}","alg":"Ed25519""#)), "EdDSA");
        assert_eq!(fitting(&format!(r#""kty":"EC","crv":"P-256","x":"{X}","y":"{X}","alg":"ES384""#)), "");
        assert_eq!(Jwk::parse(format!("{{{rsa}}}").as_bytes()).unwrap().kid(), Some("a"));
    }

    #[test]
    fn refuses_keys_that_are_not_public_verification_keys() {
        for members in [
            r#""kty":"RSA","n":"AMs","e":"AQAB","d":"AQ""#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","use":"enc""#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","use":["sig"]"#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","key_ops":["sign"]"#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","key_ops":"verify""#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","key_ops":[]"#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","key_ops":["verify","verify"]"#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","key_ops":["verify","encrypt"]"#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","key_ops":["verify",1]"#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","kid":7"#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","alg":"RSA-OAEP""#,
            r#""kty":"RSA","n":"AMs","e":"AQAB","alg":"none""#,
            r#""kty":"RSA","n":"AMs""#,
            r#""kty":"RSA","n":"A M","e":"AQAB""#,
            r#""kty":"RSA","n":"AM==s","e":"AQAB""#,
            r#""kty":"oct","k":"AQ""#,
            r#""kty":"oct""#,
            r#""kty":"EC","crv":"secp256k1","x":"AQ","y":"AQ""#,
            r#""kty":"EC","crv":"P-256","x":"AQ""#,
            r#""kty":"EC","crv":"P-256","x":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB","y":"AQ""#,
            r#""kty":"OKP","crv":"X25519","x":"AQ""#,
            r#""kty":"OKP","crv":"Ed25519","x":"AQ""#,
            r#""n":"AMs","e":"AQAB""#,
        ] {
            let error = Jwk::parse(format!("{{{members}}}").as_bytes()).unwrap_err();
            assert_eq!(error.code(), "ERR_JWK_INVALID", "{members}");
        }
        assert!(Jwk::parse(b"[]").is_err() && Jwk::parse(br#"{"kty":"RSA","kty":"RSA"}"#).is_err());
    }
}
