//! Signature algorithms by their registered names.

use std::str::FromStr;

use jsonwebtoken::AlgorithmFamily;

use crate::error::{Error, Result};

/// A signature algorithm that this crate verifies (RFC 7518 section 3.1, RFC 8037). `Debug` prints its registered name.
///
/// The HMAC algorithms are not among them. `jsonwebtoken` has the same names, but for `ES512`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the registry")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512,
    EdDSA,
}

impl Algorithm {
    /// The family of keys that the algorithm needs.
    pub fn family(self) -> AlgorithmFamily {
        match self {
            Self::ES256 | Self::ES384 | Self::ES512 => AlgorithmFamily::Ec,
            Self::EdDSA => AlgorithmFamily::Ed,
            Self::RS256 | Self::RS384 | Self::RS512 | Self::PS256 | Self::PS384 | Self::PS512 => AlgorithmFamily::Rsa,
        }
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    /// Reads a registered name; `Ed25519` (RFC 9864) is a second one for `EdDSA`.
    fn from_str(name: &str) -> Result<Self> {
        Ok(match name {
            "RS256" => Self::RS256,
            "RS384" => Self::RS384,
            "RS512" => Self::RS512,
            "PS256" => Self::PS256,
            "PS384" => Self::PS384,
            "PS512" => Self::PS512,
            "ES256" => Self::ES256,
            "ES384" => Self::ES384,
            "ES512" => Self::ES512,
            "EdDSA" | "Ed25519" => Self::EdDSA,
            _ => return Err(Error::AlgorithmNotAllowed),
        })
    }
}

impl TryFrom<jsonwebtoken::Algorithm> for Algorithm {
    type Error = Error;

    /// Refuses the HMAC algorithms.
    fn try_from(algorithm: jsonwebtoken::Algorithm) -> Result<Self> {
        use jsonwebtoken::Algorithm as Theirs;

        Ok(match algorithm {
            Theirs::RS256 => Self::RS256,
            Theirs::RS384 => Self::RS384,
            Theirs::RS512 => Self::RS512,
            Theirs::PS256 => Self::PS256,
            Theirs::PS384 => Self::PS384,
            Theirs::PS512 => Self::PS512,
            Theirs::ES256 => Self::ES256,
            Theirs::ES384 => Self::ES384,
            Theirs::EdDSA => Self::EdDSA,
            _ => return Err(Error::AlgorithmNotAllowed),
        })
    }
}

impl TryFrom<Algorithm> for jsonwebtoken::Algorithm {
    type Error = Error;

    /// Refuses `ES512`, which `jsonwebtoken` does not have.
    fn try_from(algorithm: Algorithm) -> Result<Self> {
        Ok(match algorithm {
            Algorithm::RS256 => Self::RS256,
            Algorithm::RS384 => Self::RS384,
            Algorithm::RS512 => Self::RS512,
            Algorithm::PS256 => Self::PS256,
            Algorithm::PS384 => Self::PS384,
            Algorithm::PS512 => Self::PS512,
            Algorithm::ES256 => Self::ES256,
            Algorithm::ES384 => Self::ES384,
            Algorithm::EdDSA => Self::EdDSA,
            Algorithm::ES512 => return Err(Error::AlgorithmNotAllowed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 10] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

    #[test]
    fn names_are_those_of_jsonwebtoken_but_for_es512() {
        for name in ALL {
            let algorithm: Algorithm = name.parse().unwrap();
            assert_eq!(format!("{algorithm:?}"), name);
            match jsonwebtoken::Algorithm::try_from(algorithm) {
                Ok(theirs) => {
                    assert_eq!(Ok(theirs), name.parse());
                    assert_eq!(theirs.family(), algorithm.family());
                    assert_eq!(Algorithm::try_from(theirs), Ok(algorithm));
                }
                Err(_) => assert_eq!(name, "ES512"),
            }
        }
        assert!(jsonwebtoken::Algorithm::from_str("ES512").is_err(), "jsonwebtoken has it now");
        for name in ["HS256", "HS384", "HS512"] {
            assert!(Algorithm::from_str(name).is_err());
            assert!(Algorithm::try_from(jsonwebtoken::Algorithm::from_str(name).unwrap()).is_err());
        }
    }
}
