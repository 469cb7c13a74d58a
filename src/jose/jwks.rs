//! A key set, and which of its keys may have signed a token (RFC 7517 section 5).

use std::fmt;

use crate::crypto::{self, Algorithm, KeyVerifier};
use crate::encoding::json::{Document, JsonError, Kind, Value};
use crate::encoding::text::{is_html, without_bom};
use crate::error::{Error, KeyChoice, Result, UnusableKey};
use crate::jose::header::MAX_KID_BYTES;
use crate::jose::jwk::Jwk;

/// How many keys of a set are used; real sets hold a few.
pub(crate) const MAX_KEYS: usize = 100;

/// How many keys are tried for one token where several have its `kid`.
const MAX_CANDIDATES: usize = 4;

/// A key set, prepared once for the algorithms that are allowed and then used for many tokens.
#[derive(Debug)]
pub struct Jwks {
    keys: Vec<Key>,
    unusable: Vec<UnusableKey>,
    /// The number of keys in the set, those included that are not read.
    total: usize,
}

/// One key of a set, made ready for one algorithm.
pub struct Key {
    kid: Option<Box<str>>,
    verifier: KeyVerifier,
}

/// The use of one key of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// Its name, if it has a well-formed one.
    pub kid: Option<Box<str>>,
    /// The algorithms that it serves, or why it is not used.
    pub outcome: Result<Vec<Algorithm>, &'static str>,
}

impl Jwks {
    /// Reads the JSON text of a key set and prepares its keys for the `allowed` algorithms. A byte order mark is skipped.
    ///
    /// A key that is malformed, unsafe, or of no use for these algorithms is left out and listed in
    /// [`Jwks::unusable`]; it does not spoil the good ones beside it.
    ///
    /// # Errors
    /// [`Error::InvalidJwks`] where the text is no key set, or none of its keys can be used.
    pub fn parse(text: &[u8], allowed: &[Algorithm]) -> Result<Self> {
        let document = parse(text)?;
        let mut this = Self { keys: Vec::new(), unusable: Vec::new(), total: 0 };
        for (index, jwk) in keys(&document)?.elements().enumerate() {
            this.total += 1;
            if index >= MAX_KEYS {
                continue;
            }
            let kid = name(jwk);
            match prepare(jwk, allowed) {
                Ok(verifiers) => {
                    this.keys.extend(verifiers.into_iter().map(|verifier| Key { kid: kid.clone(), verifier }));
                }
                Err(reason) => this.unusable.push(UnusableKey { index, kid, reason }),
            }
        }
        if this.keys.is_empty() {
            let problem = "has no key that can be used";
            return Err(Error::InvalidJwks { problem, keys: this.unusable, url: None });
        }
        Ok(this)
    }

    /// Says of each key of a set, in its order, what becomes of it.
    ///
    /// # Errors
    /// [`Error::InvalidJwks`] where the text is no key set.
    pub fn describe(text: &[u8], allowed: &[Algorithm]) -> Result<Vec<KeyReport>> {
        let document = parse(text)?;
        let report = |(index, jwk): (usize, Value<'_>)| {
            let outcome =
                if index < MAX_KEYS { prepare(jwk, allowed) } else { Err("comes after the first 100 keys of the set") };
            let served = |verifiers: Vec<KeyVerifier>| verifiers.iter().map(|verifier| verifier.algorithm()).collect();
            KeyReport { kid: name(jwk), outcome: outcome.map(served) }
        };
        Ok(keys(&document)?.elements().enumerate().map(report).collect())
    }

    /// The keys that are not used, and why. Keys after the first 100 are not among them.
    pub fn unusable(&self) -> &[UnusableKey] {
        &self.unusable
    }

    /// The keys that fit a header.
    fn fitting(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Key> {
        let fits = move |key: &&Key| key.verifier.algorithm() == algorithm;
        self.keys.iter().filter(fits).filter(move |key| kid.is_none() || key.kid.as_deref() == kid)
    }

    /// The keys that may have signed a token with this header.
    ///
    /// With a `kid`: those of that name, at most four. Without: the one key that fits, if it is the only one.
    pub(crate) fn candidates(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Key> {
        let limit = match kid {
            Some(_) => MAX_CANDIDATES,
            None if self.fitting(None, algorithm).nth(1).is_none() => 1,
            None => 0,
        };
        self.fitting(kid, algorithm).take(limit)
    }

    /// Why none of [`Jwks::candidates`] is the key of a token; `None` where each of those that fit was `tried`.
    pub(crate) fn no_choice(&self, kid: Option<&str>, algorithm: Algorithm, tried: bool) -> Option<KeyChoice> {
        let fitting = self.fitting(kid, algorithm).count();
        match kid {
            None => (!tried).then_some(KeyChoice::Fitting(fitting)),
            Some(_) if fitting > MAX_CANDIDATES => Some(KeyChoice::Untried { fitting, tried: MAX_CANDIDATES }),
            Some(_) if tried => None,
            Some(_) => {
                let unusable = self.unusable.iter().find(|key| key.kid.as_deref() == kid);
                let unread = KeyChoice::Unread { keys: self.total, read: MAX_KEYS };
                let other = if self.total > MAX_KEYS { unread } else { KeyChoice::Unknown };
                Some(unusable.map_or(other, |key| KeyChoice::Unusable(key.reason)))
            }
        }
    }
}

impl Key {
    /// Checks a bare signature.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        self.verifier.verify(message, signature)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("kid", &self.kid)
            .field("algorithm", &self.verifier.algorithm())
            .finish_non_exhaustive()
    }
}

fn parse(text: &[u8]) -> Result<Document<'_>> {
    let text = without_bom(text);
    Document::parse(text).map_err(|JsonError(problem)| {
        Error::jwks(if is_html(text) { "is an HTML page: the URL serves no key set" } else { problem })
    })
}

/// The array of a set's keys.
fn keys<'a>(document: &'a Document<'_>) -> Result<Value<'a>> {
    let set = document.root();
    set.get("keys").filter(|list| list.kind() == Kind::Array).ok_or_else(|| {
        Error::jwks(match set.get("jwks_uri") {
            Some(_) => "is a discovery document: name the URL in its `jwks_uri`",
            None => "is not an object with an array `keys`",
        })
    })
}

/// The `kid` of a key that may be malformed.
fn name(jwk: Value<'_>) -> Option<Box<str>> {
    let kid = (jwk.kind() == Kind::Object).then(|| jwk.get("kid")?.as_str()).flatten()?;
    (kid.len() <= MAX_KID_BYTES).then(|| kid.into())
}

/// A verifier for each allowed algorithm that the key fits, or why it cannot be used.
fn prepare(jwk: Value<'_>, allowed: &[Algorithm]) -> Result<Vec<KeyVerifier>, &'static str> {
    let reason = |error| match error {
        Error::InvalidJwk(reason) => reason,
        _ => "is of another family than its `alg`",
    };
    let jwk = Jwk::read(jwk).map_err(reason)?;
    // An algorithm may be named twice, for instance under both names of EdDSA; the key still counts once.
    let first = |index: usize| !allowed[..index].contains(&allowed[index]);
    let fitting =
        (0..allowed.len()).filter(|&index| first(index) && jwk.fits(allowed[index])).map(|index| allowed[index]);
    let verifiers = crypto::verifiers(fitting, jwk.as_ref()).map_err(reason)?;
    if verifiers.is_empty() { Err("fits none of the allowed algorithms") } else { Ok(verifiers) }
}
