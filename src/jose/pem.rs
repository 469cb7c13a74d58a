//! Public keys and certificates in PEM (RFC 7468) as JWK Sets.
//!
//! A certificate is a container for a key here: its chain, its dates, its issuer, its names and its extensions are not checked.
//! The numbers of a key are checked when a verifier is made of it, as those of every JWK.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use spki::der::asn1::{AnyRef, BitStringRef, Null, ObjectIdentifier};
use spki::der::{self, Decode, Reader, SliceReader, Tag, TagNumber, Tagged as _};
use spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};

use crate::crypto;
use crate::encoding::base64url;
use crate::encoding::json::{Document, JsonError, Kind, Object};
use crate::error::{Error, Result, UnusableKey};
use crate::jose::header::{MAX_KID_BYTES, algorithm};
use crate::jose::jwk::Jwk;
use crate::jose::jwks::MAX_KEYS;

/// The treatment of a well-formed key of an unsupported type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsupported {
    /// The set is refused, so that the caller who chose the key learns of it.
    Refuse,
    /// The key is left out, as keys of an unknown `kty` are left out of a JWK Set (RFC 7517 section 5).
    Skip,
}

/// Converts the blocks of a PEM text, in their order, to the JSON text of a JWK Set. Text around the blocks is skipped.
///
/// A block is a `PUBLIC KEY` (RFC 5280), an `RSA PUBLIC KEY` (RFC 8017) or a `CERTIFICATE`. Each key gets `alg`, and the only
/// key gets `kid`, where they are given.
///
/// # Errors
/// [`Error::InvalidJwks`] with the reason for each block that cannot be converted, private keys among them;
/// [`Error::InvalidOption`] naming `kid` where there are several keys, or `alg` where it is not supported.
pub fn jwks_from_pem(text: &str, kid: Option<&str>, alg: Option<&str>) -> Result<String> {
    check_algorithm(alg)?;
    let blocks: Vec<_> = Blocks(text).take(MAX_KEYS + 1).collect();
    if kid.is_some() && blocks.len() > 1 {
        return Err(Error::option("kid", "names one key, and the text has several"));
    }
    if blocks.is_empty() {
        return Err(Error::jwks("has no PEM block"));
    }
    let keys = blocks.into_iter().map(|block| (kid, block.and_then(|(label, der)| public_key(label, &der))));
    to_jwks(keys, alg, Unsupported::Refuse)
}

/// Converts the JSON text of an object to that of a JWK Set. Its names are the keys' `kid`, and each value is a PEM text with one
/// block: the form in which Google publishes certificates and keys.
///
/// # Errors
/// Those of [`jwks_from_pem`].
pub fn jwks_from_certificates(certificates: &str, alg: Option<&str>, unsupported: Unsupported) -> Result<String> {
    check_algorithm(alg)?;
    let document = Document::parse(certificates.as_bytes()).map_err(|JsonError(problem)| Error::jwks(problem))?;
    let map = document.root();
    let is_map = map.kind() == Kind::Object && map.members().all(|(_, value)| value.kind() == Kind::String);
    if !is_map {
        return Err(Error::jwks("is not an object of PEM texts"));
    }
    let members: Vec<_> = map.members().take(MAX_KEYS + 1).map(|(kid, value)| (kid, value.as_str())).collect();
    if members.is_empty() {
        return Err(Error::jwks("has no keys"));
    }
    let keys = members.iter().map(|(kid, text)| (Some(&**kid), only_key(text.as_deref().unwrap_or_default())));
    to_jwks(keys, alg, unsupported)
}

/// Why a key is not converted.
enum Refusal {
    /// The key is well-formed, and of a type that is not supported.
    Unsupported(&'static str),
    /// The key is malformed, or must not be here.
    Invalid(&'static str),
}

use Refusal::Invalid;

/// A key as the members of a JWK.
enum PublicKey {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    Ec { crv: &'static str, x: Vec<u8>, y: Vec<u8> },
    Ed25519 { x: Vec<u8> },
}

/// Kinds of PEM blocks.
#[derive(Debug, Clone, Copy)]
enum Label {
    PublicKey,
    RsaPublicKey,
    Certificate,
}

/// Checks the name of an algorithm, where there is one.
///
/// # Errors
/// [`Error::InvalidOption`] naming `alg`.
pub fn check_algorithm(alg: Option<&str>) -> Result<()> {
    match alg {
        Some(name) if algorithm(name).is_none() => {
            Err(Error::option("alg", "must be a supported signature algorithm, such as `RS256`"))
        }
        _ => Ok(()),
    }
}

/// The JSON text of a set with all of these keys.
fn to_jwks<'a>(
    keys: impl Iterator<Item = (Option<&'a str>, Result<PublicKey, Refusal>)>,
    alg: Option<&str>,
    unsupported: Unsupported,
) -> Result<String> {
    let (mut jwks, mut refused, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (kid, key)) in keys.enumerate() {
        if index >= MAX_KEYS {
            return Err(Error::jwks("has more than 100 keys"));
        }
        let refuse = |list: &mut Vec<UnusableKey>, reason| {
            let kid = kid.filter(|kid| kid.len() <= MAX_KID_BYTES).map(Into::into);
            list.push(UnusableKey { index, kid, reason });
        };
        match key.and_then(|key| to_jwk(&key, kid, alg)) {
            Ok(jwk) => jwks.push(jwk),
            Err(Refusal::Unsupported(reason)) if unsupported == Unsupported::Skip => refuse(&mut skipped, reason),
            Err(Refusal::Unsupported(reason) | Invalid(reason)) => refuse(&mut refused, reason),
        }
    }
    if jwks.is_empty() {
        refused.append(&mut skipped);
    }
    if !refused.is_empty() {
        return Err(Error::InvalidJwks { problem: "has a key that cannot be converted", keys: refused, url: None });
    }
    let mut set = Object::default();
    set.raw("keys", &format!("[{}]", jwks.join(",")));
    Ok(set.finish())
}

/// The JSON text of one key, which [`Jwk`] reads.
fn to_jwk(key: &PublicKey, kid: Option<&str>, alg: Option<&str>) -> Result<String, Refusal> {
    let mut jwk = Object::default();
    let number = |jwk: &mut Object, name, bytes: &[u8]| jwk.text(name, &base64url::encode(bytes));
    match key {
        PublicKey::Rsa { n, e } => {
            jwk.text("kty", "RSA");
            number(&mut jwk, "n", n);
            number(&mut jwk, "e", e);
        }
        PublicKey::Ec { crv, x, y } => {
            jwk.text("kty", "EC");
            jwk.text("crv", crv);
            number(&mut jwk, "x", x);
            number(&mut jwk, "y", y);
        }
        PublicKey::Ed25519 { x } => {
            jwk.text("kty", "OKP");
            jwk.text("crv", "Ed25519");
            number(&mut jwk, "x", x);
        }
    }
    jwk.some_text("kid", kid);
    jwk.some_text("alg", alg);
    let text = jwk.finish();
    let read = Jwk::parse(text.as_bytes()).map_err(|error| match error {
        Error::InvalidJwk(reason) => Invalid(reason),
        _ => Invalid("is not a JWK"),
    })?;
    match alg.and_then(algorithm) {
        Some(alg) if !read.fits(alg) => Err(Invalid("is of another type than `alg` wants")),
        _ => Ok(text),
    }
}

/// The key of a text with one block.
fn only_key(text: &str) -> Result<PublicKey, Refusal> {
    let mut blocks = Blocks(text);
    let (label, der) = blocks.next().unwrap_or(Err(Invalid("has no PEM block")))?;
    match blocks.next() {
        None => public_key(label, &der),
        Some(_) => Err(Invalid("has several PEM blocks")),
    }
}

/// The blocks of a PEM text. The first malformed one is the last.
struct Blocks<'a>(&'a str);

impl Iterator for Blocks<'_> {
    type Item = Result<(Label, Vec<u8>), Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        let (_, rest) = std::mem::take(&mut self.0).split_once("-----BEGIN ")?;
        Some(self.read(rest))
    }
}

impl<'a> Blocks<'a> {
    /// Reads a block after the beginning of its first line. What is private is refused before it is decoded.
    fn read(&mut self, rest: &'a str) -> Result<(Label, Vec<u8>), Refusal> {
        let (label, rest) = rest.split_once("-----").ok_or(Invalid("has a malformed BEGIN line"))?;
        if label.contains("PRIVATE KEY") {
            return Err(Invalid("is a private key; convert its public key"));
        }
        let label = match label {
            "PUBLIC KEY" => Label::PublicKey,
            "RSA PUBLIC KEY" => Label::RsaPublicKey,
            "CERTIFICATE" => Label::Certificate,
            _ => return Err(Invalid("is not a `PUBLIC KEY`, an `RSA PUBLIC KEY` or a `CERTIFICATE`")),
        };
        let (body, rest) = rest.split_once("-----END ").ok_or(Invalid("lacks its END line"))?;
        let end = match label {
            Label::PublicKey => "PUBLIC KEY-----",
            Label::RsaPublicKey => "RSA PUBLIC KEY-----",
            Label::Certificate => "CERTIFICATE-----",
        };
        self.0 = rest.strip_prefix(end).ok_or(Invalid("has an END line with another label"))?;
        if body.contains("\\n") {
            return Err(Invalid(r"has `\n` as two characters in place of line breaks"));
        }
        let body: Vec<u8> = body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let der = BASE64_STANDARD.decode(body).map_err(|_| Invalid("is not base64"))?;
        Ok((label, der))
    }
}

fn public_key(label: Label, der: &[u8]) -> Result<PublicKey, Refusal> {
    match label {
        Label::RsaPublicKey => rsa_key(der),
        Label::PublicKey => {
            let key = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| Invalid("is not a public key in DER"))?;
            from_spki(&key)
        }
        Label::Certificate => {
            let key = certificate_key(der).map_err(|_| Invalid("is not a certificate in DER"))?;
            from_spki(&key)
        }
    }
}

/// The key of a `Certificate` (RFC 5280 section 4.1). Of the other fields, only the types are checked.
fn certificate_key(der: &[u8]) -> der::Result<SubjectPublicKeyInfoRef<'_>> {
    let mut reader = SliceReader::new(der)?;
    let key = reader.sequence(|certificate| {
        let key = certificate.sequence(|fields| {
            optional(fields, 0)?;
            field(fields, Tag::Integer)?;
            AlgorithmIdentifierRef::decode(fields)?;
            // Issuer, validity and subject.
            for _ in 0..3 {
                field(fields, Tag::Sequence)?;
            }
            let key = SubjectPublicKeyInfoRef::decode(fields)?;
            for number in 1..=3 {
                optional(fields, number)?;
            }
            Ok::<_, der::Error>(key)
        })?;
        AlgorithmIdentifierRef::decode(certificate)?;
        BitStringRef::decode(certificate)?;
        Ok::<_, der::Error>(key)
    })?;
    reader.finish()?;
    Ok(key)
}

/// Skips a field of this type.
fn field(fields: &mut SliceReader<'_>, tag: Tag) -> der::Result<()> {
    AnyRef::decode(fields)?.tag().assert_eq(tag).map(|_| ())
}

/// Skips a field with a context-specific tag, if it is there.
fn optional(fields: &mut SliceReader<'_>, number: u32) -> der::Result<()> {
    let has_number = |tag: Tag| tag.is_context_specific() && tag.number() == TagNumber(number);
    if !fields.is_finished() && has_number(Tag::peek(fields)?) {
        AnyRef::decode(fields)?;
    }
    Ok(())
}

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// Named curves (RFC 5480 section 2.1.1.1), each with its name in a JWK and the length of a coordinate.
const CURVES: [(ObjectIdentifier, &str, usize); 3] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), "P-256", 32),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), "P-384", 48),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), "P-521", 66),
];

/// The key of a `SubjectPublicKeyInfo` (RFC 3279 section 2.3, RFC 5480, RFC 8410).
fn from_spki(key: &SubjectPublicKeyInfoRef<'_>) -> Result<PublicKey, Refusal> {
    let bytes = key.subject_public_key.as_bytes().ok_or(Invalid("is not a whole number of bytes"))?;
    let parameters = key.algorithm.parameters.as_ref();
    match key.algorithm.oid {
        RSA_ENCRYPTION if parameters.is_some_and(|any| any.decode_as::<Null>().is_ok()) => rsa_key(bytes),
        RSA_ENCRYPTION => Err(Invalid("has malformed RSA parameters")),
        RSASSA_PSS => Err(Refusal::Unsupported("is an RSASSA-PSS key; convert it to a plain RSA key")),
        EC_PUBLIC_KEY => {
            let parameters = parameters.ok_or(Invalid("does not name its curve"))?;
            if parameters.tag() == Tag::Sequence {
                return Err(Refusal::Unsupported("has explicit curve parameters in place of a curve's name"));
            }
            let name = parameters.decode_as::<ObjectIdentifier>().map_err(|_| Invalid("does not name its curve"))?;
            let (_, crv, length) = CURVES
                .into_iter()
                .find(|(oid, ..)| *oid == name)
                .ok_or(Refusal::Unsupported("is on a curve that is not supported"))?;
            ec_key(crv, length, bytes)
        }
        ED25519 if parameters.is_none() && bytes.len() == 32 => Ok(PublicKey::Ed25519 { x: bytes.to_vec() }),
        ED25519 => Err(Invalid("is not an Ed25519 key as RFC 8410 has it")),
        _ => Err(Refusal::Unsupported("is of a type that is not supported")),
    }
}

fn rsa_key(pkcs1: &[u8]) -> Result<PublicKey, Refusal> {
    let (n, e) = crypto::pkcs1_public_key(pkcs1).ok_or(Invalid("is not an RSA public key in DER"))?;
    Ok(PublicKey::Rsa { n: n.to_vec(), e: e.to_vec() })
}

/// A point in the form of SEC 1 section 2.3.3. Whether it is on the curve is not checked here.
fn ec_key(crv: &'static str, length: usize, point: &[u8]) -> Result<PublicKey, Refusal> {
    match point {
        [4, coordinates @ ..] if coordinates.len() == 2 * length => {
            let (x, y) = coordinates.split_at(length);
            Ok(PublicKey::Ec { crv, x: x.to_vec(), y: y.to_vec() })
        }
        [2 | 3, x @ ..] if x.len() == length => {
            Err(Refusal::Unsupported("has a compressed point; convert it to an uncompressed one"))
        }
        _ => Err(Invalid("has a malformed point")),
    }
}
