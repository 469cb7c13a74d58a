//! Under which name a credential is kept: a keyed hash of who asks and of everything that is asked for.

use std::hash::{Hash, Hasher};

use crate::crypto;
use crate::error::Result;
use crate::jwt::VerifiedToken;
use crate::secret::Secret;

/// Who asks: whoever holds exactly this token, or whom a verified token names. There is no third way, so that a forged token
/// with somebody's claims reaches nothing that is kept for them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller(Identity);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Identity {
    Token(Secret<String>),
    Subject { issuer: String, subject: String },
}

impl Caller {
    /// Whoever presents this token; another token of the same subject is another caller.
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

/// The name of one credential.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name([u8; 32]);

impl Name {
    /// The name as hexadecimal text, for a store.
    pub fn to_text(self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        text
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// Gives names. Under a random key they say nothing to whoever reads them, and nobody can work one out.
#[derive(Debug, Clone)]
pub struct Names(Secret<[u8; 32]>);

impl Names {
    /// Names under this key.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Secret::new(key))
    }

    /// The name of several credentials that have something in common, whoever obtained them.
    pub fn group(&self, what: &impl Hash) -> Name {
        let mut text = Text(b"group".to_vec());
        what.hash(&mut text);
        Name(crypto::hmac_sha256(self.0.expose(), &text.0))
    }

    /// The name of what `caller` gets for `wanted`. `Hash` feeds in every member with its length or kind, so that two
    /// wishes have one name only where they are the same in all.
    pub fn of(&self, caller: &Caller, wanted: &impl Hash) -> Name {
        let mut text = Text(Vec::new());
        caller.hash(&mut text);
        wanted.hash(&mut text);
        Name(crypto::hmac_sha256(self.0.expose(), &text.0))
    }
}

/// Keeps what is hashed, for a hash that is worth its name.
struct Text(Vec<u8>);

impl Hasher for Text {
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

    fn caller(token: &str) -> Caller {
        Caller::presenting(Secret::new(token.to_owned()))
    }

    #[test]
    fn a_name_depends_on_the_key_the_caller_and_the_wish() {
        let names = Names::new([1; 32]);
        let name = names.of(&caller("a"), &("x", "y"));
        assert_eq!(name, names.clone().of(&caller("a"), &("x", "y")));
        assert_ne!(name, Names::new([2; 32]).of(&caller("a"), &("x", "y")));
        assert_ne!(name, names.of(&caller("b"), &("x", "y")));
        assert_ne!(name, names.of(&caller("a"), &("xy", "")));
        assert_ne!(name, names.of(&caller("ax"), &("", "y")));
        assert_ne!(names.of(&caller("a"), &None::<&str>), names.of(&caller("a"), &Some("")));
        assert_eq!(name.to_text().len(), 64);
        let subject = Caller(Identity::Subject { issuer: "a".into(), subject: String::new() });
        assert_ne!(name, names.of(&subject, &("x", "y")), "a subject is not a token that reads like it");
        assert!(!format!("{:?} {names:?}", caller("s3cret")).contains("s3cret"));
    }
}
