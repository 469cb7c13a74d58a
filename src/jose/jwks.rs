//! A key set, and which of its keys may have signed a token (RFC 7517 section 5).

use std::fmt;

use crate::crypto::{self, Algorithm, JwtVerifier};
use crate::encoding::json::{Document, JsonError, Kind};
use crate::error::{Error, Result};
use crate::jose::jwk::Jwk;

/// How many keys of a set are used; real sets hold a few.
const MAX_KEYS: usize = 100;

/// How many keys are tried for one token where several have its `kid`.
const MAX_CANDIDATES: usize = 4;

/// A key set, prepared once for the algorithms that are allowed and then used for many tokens.
#[derive(Debug)]
pub struct Jwks {
    keys: Vec<Key>,
    skipped: Vec<Skipped>,
}

/// One key of a set, made ready for one algorithm.
pub struct Key {
    kid: Option<Box<str>>,
    verifier: Box<dyn JwtVerifier>,
}

/// A key that is in the set and is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The key's place in the set, from 0.
    pub index: usize,
    /// Why.
    pub reason: Error,
}

impl Jwks {
    /// Reads the JSON text of a key set and prepares its keys for the `allowed` algorithms.
    ///
    /// A key that is malformed, unsafe, or of no use for these algorithms is left out and listed in
    /// [`Jwks::skipped`]; it does not spoil the good ones beside it.
    ///
    /// # Errors
    /// [`Error::InvalidJwks`] where the text is no key set, or none of its keys can be used.
    pub fn parse(text: &[u8], allowed: &[Algorithm]) -> Result<Self> {
        let document = Document::parse(text).map_err(|JsonError(problem)| Error::InvalidJwks(problem))?;
        let set = document.root();
        let list = set.get("keys").filter(|list| list.kind() == Kind::Array);
        let list = list.ok_or(Error::InvalidJwks("is not an object with an array `keys`"))?;
        let mut this = Self { keys: Vec::new(), skipped: Vec::new() };
        for (index, jwk) in list.elements().enumerate() {
            let prepared = if index < MAX_KEYS {
                Jwk::read(jwk).and_then(|jwk| prepare(&jwk, allowed))
            } else {
                Err(Error::InvalidJwk("comes after the first 100 keys of the set"))
            };
            match prepared {
                Ok(keys) => this.keys.extend(keys),
                Err(reason) => this.skipped.push(Skipped { index, reason }),
            }
        }
        if this.keys.is_empty() { Err(Error::InvalidJwks("has no key that can be used")) } else { Ok(this) }
    }

    /// The keys that are not used, and why.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The keys that may have signed a token with this header.
    ///
    /// With a `kid`: those of that name, at most four. Without: the one key that fits, if it is the only one.
    pub(crate) fn candidates(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Key> {
        let fitting = move || self.keys.iter().filter(move |key| key.verifier.algorithm() == algorithm);
        let limit = match kid {
            Some(_) => MAX_CANDIDATES,
            None if fitting().nth(1).is_none() => 1,
            None => 0,
        };
        fitting().filter(move |key| kid.is_none() || key.kid.as_deref() == kid).take(limit)
    }
}

impl Key {
    /// Checks a bare signature. The trait of jsonwebtoken wants it in a `Vec`.
    pub(crate) fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<()> {
        self.verifier.verify(message, signature).map_err(|_| Error::SignatureMismatch)
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

/// A verifier for each allowed algorithm that the key fits.
fn prepare(jwk: &Jwk, allowed: &[Algorithm]) -> Result<Vec<Key>> {
    // An algorithm may be named twice, for instance under both names of EdDSA; the key still counts once.
    let first = |index: usize| !allowed[..index].contains(&allowed[index]);
    let fitting =
        (0..allowed.len()).filter(|&index| first(index) && jwk.fits(allowed[index])).map(|index| &allowed[index]);
    let keys: Vec<_> = fitting
        .map(|&algorithm| {
            Ok(Key { kid: jwk.kid().map(Into::into), verifier: crypto::verifier(algorithm, jwk.as_ref())? })
        })
        .collect::<Result<_>>()?;
    if keys.is_empty() { Err(Error::InvalidJwk("fits none of the allowed algorithms")) } else { Ok(keys) }
}
