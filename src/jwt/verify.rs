//! From a text that anyone may have written to claims that an issuer stands for.

use crate::encoding::json::{self, JsonError, Value};
use crate::error::{Error, Result};
use crate::jose::compact;
use crate::jose::{Header, Jwks, Scratch};
use crate::jwt::claims::Claims;
use crate::jwt::policy::{Policy, Validity};
use crate::time::Timestamp;

/// A token whose signature and claims have been verified.
///
/// [`verify`] is the only way to get one. What hands out trust takes `&VerifiedToken`, never text.
#[derive(Debug, Clone, Copy)]
pub struct VerifiedToken<'a> {
    header: Value<'a>,
    claims: Claims<'a>,
    validity: Validity,
}

impl<'a> VerifiedToken<'a> {
    /// When the same policy accepts this token, as long as the key that signed it is trusted.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The protected header.
    pub fn header(&self) -> Value<'a> {
        self.header
    }

    /// The claims that the issuer made.
    pub fn claims(&self) -> Claims<'a> {
        self.claims
    }
}

/// A well-formed token that was decoded and not verified: anyone may have written it.
#[derive(Debug, Clone, Copy)]
pub struct Unverified<'a> {
    /// The protected header, a JSON object.
    pub header: Value<'a>,
    /// The claims set.
    pub claims: Claims<'a>,
}

/// The key source of an issuer.
pub trait KeyLookup {
    /// The keys of this issuer, which the policy trusts.
    ///
    /// # Errors
    /// [`Error::JwksNotLoaded`] where there are none yet.
    fn keys(&self, issuer: &str) -> Result<&Jwks>;
}

/// One key set for every issuer that the policy trusts.
impl KeyLookup for Jwks {
    fn keys(&self, _issuer: &str) -> Result<&Jwks> {
        Ok(self)
    }
}

/// Verifies a token: form, algorithm, kind, issuer, signature, claims and times, in this order.
///
/// Does not check whether the token was used before: ECDSA signatures have two valid forms, so a token's text is no
/// replay key.
///
/// # Errors
/// Every [`Error`] that speaks of a token or of keys; the first check that fails decides.
///
/// # Example
/// ```
/// use countersign::jose::Jwks;
/// use countersign::jwt::{self, Audience, Policy, Scratch};
/// use countersign::time::Timestamp;
///
/// # let (token, keys) = ("e30.e30.AQ", r#"{"keys":[]}"#);
/// let policy = Policy::new("https://issuer.example", Audience::AnyOf(vec!["api".into()]));
/// let now = Timestamp::from_seconds(1_718_885_600).unwrap();
/// let mut scratch = Scratch::default();
/// match Jwks::parse(keys.as_bytes(), &policy.algorithms)
///     .and_then(|keys| Ok(jwt::verify(token.as_bytes(), &keys, &policy, now, &mut scratch)?.claims().text().to_owned()))
/// {
///     Ok(claims) => println!("{claims}"),
///     Err(error) => println!("{}: {error}", error.code()),
/// }
/// ```
pub fn verify<'a>(
    token: &'a [u8],
    keys: &impl KeyLookup,
    policy: &Policy,
    now: Timestamp,
    scratch: &'a mut Scratch,
) -> Result<VerifiedToken<'a>> {
    let (unverified, nodes) = compact::read(token, policy.max_token_bytes, scratch)?;
    let header = Header::read(unverified.header(), &policy.algorithms)?;
    policy.check_typ(&header)?;
    let claims = read_claims(unverified.payload(), nodes)?;
    let issuer = policy.check_issuer(&claims)?;
    unverified.check_signature(&header, keys.keys(issuer)?)?;
    let validity = policy.check_claims(&claims, now)?;
    Ok(VerifiedToken { header: unverified.header(), claims, validity })
}

/// Decodes a token of at most `max_bytes` bytes. **Nothing is verified**: this is for showing a token to a person.
///
/// # Errors
/// [`Error::InvalidJws`] or [`Error::InvalidJwt`] where the text is not strictly well-formed.
pub fn decode<'a>(token: &'a [u8], max_bytes: usize, scratch: &'a mut Scratch) -> Result<Unverified<'a>> {
    let (unverified, nodes) = compact::read(token, max_bytes, scratch)?;
    Ok(Unverified { header: unverified.header(), claims: read_claims(unverified.payload(), nodes)? })
}

fn read_claims<'a>(payload: &'a [u8], nodes: &'a mut Vec<json::Node>) -> Result<Claims<'a>> {
    Claims::new(json::parse_into(payload, nodes).map_err(|JsonError(problem)| Error::InvalidJwt(problem))?)
}
