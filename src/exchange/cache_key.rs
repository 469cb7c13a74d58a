//! Keys of the credential cache: a keyed hash of the identity of the caller and of everything that is requested.

use std::hash::{Hash, Hasher};

use crate::crypto;
use crate::error::Result;
use crate::jwt::VerifiedToken;
use crate::secret::Secret;

/// The identity of a caller: the exact text of a token, or the subject of a verified token. Nothing else, so that a forged token
/// with the claims of another subject reaches nothing that is kept for that subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheIdentity(Identity);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Identity {
    Token(Secret<String>),
    Subject { issuer: String, subject: String },
}

impl CacheIdentity {
    /// The holder of this token. Another token of the same subject is another identity.
    pub fn presenting(token: Secret<String>) -> Self {
        Self(Identity::Token(token))
    }

    /// The subject that a token was verified to name, whichever token that is.
    ///
    /// # Errors
    /// [`crate::Error::Claim`] where the token names no subject.
    pub fn verified(token: &VerifiedToken<'_>) -> Result<Self> {
        let issuer = token.claims().issuer()?.into_owned();
        let subject = token.claims().required_string("sub")?.into_owned();
        Ok(Self(Identity::Subject { issuer, subject }))
    }
}

/// The cache key of one credential.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// The key as hexadecimal digits, for a store.
    pub fn to_hex(self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        text
    }
}

impl std::fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// Derives cache keys. Under a random secret they tell a reader nothing, and cannot be guessed.
#[derive(Debug, Clone)]
pub struct CacheKeys(Secret<[u8; 32]>);

impl CacheKeys {
    /// CacheKeys under this key.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(Secret::new(secret))
    }

    /// The key of a group of credentials, whichever identity obtained them.
    pub fn group(&self, what: &impl Hash) -> CacheKey {
        let mut text = HashInput(b"group".to_vec());
        what.hash(&mut text);
        CacheKey(crypto::hmac_sha256(self.0.expose(), &text.0))
    }

    /// The key of what `identity` gets for `wanted`. `Hash` feeds in every member with its length or kind, so that two
    /// requests share a key only if all their members are equal.
    pub fn of(&self, identity: &CacheIdentity, wanted: &impl Hash) -> CacheKey {
        let mut text = HashInput(Vec::new());
        identity.hash(&mut text);
        wanted.hash(&mut text);
        CacheKey(crypto::hmac_sha256(self.0.expose(), &text.0))
    }
}

/// Collects the bytes to hash, for a cryptographic hash.
struct HashInput(Vec<u8>);

impl Hasher for HashInput {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("only what was fed in is asked for")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(token: &str) -> CacheIdentity {
        CacheIdentity::presenting(Secret::new(token.to_owned()))
    }

    #[test]
    fn a_cache_key_depends_on_the_secret_the_identity_and_the_request() {
        let keys = CacheKeys::new([1; 32]);
        let key = keys.of(&identity("a"), &("x", "y"));
        assert_eq!(key, keys.clone().of(&identity("a"), &("x", "y")));
        assert_ne!(key, CacheKeys::new([2; 32]).of(&identity("a"), &("x", "y")));
        assert_ne!(key, keys.of(&identity("b"), &("x", "y")));
        assert_ne!(key, keys.of(&identity("a"), &("xy", "")));
        assert_ne!(key, keys.of(&identity("ax"), &("", "y")));
        assert_ne!(keys.of(&identity("a"), &None::<&str>), keys.of(&identity("a"), &Some("")));
        assert_eq!(key.to_hex().len(), 64);
        let subject = CacheIdentity(Identity::Subject { issuer: "a".into(), subject: String::new() });
        assert_ne!(key, keys.of(&subject, &("x", "y")), "a subject is not a token that reads like it");
        assert!(!format!("{:?} {keys:?}", identity("s3cret")).contains("s3cret"));
    }
}
