//! Every way an operation of this crate can fail, with a stable code for each.

use std::borrow::Cow;
use std::fmt;

/// `std::result::Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation was refused.
///
/// The `Display` form is a lower-case sentence without token text, claim values or secrets. [`Error::code`] is the
/// stable name; where the meaning is the same it is the code that the `jose` package uses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// An option is missing, unknown or of the wrong form: a mistake of the caller, never of the token.
    InvalidOption {
        /// The option's name as the caller wrote it.
        option: Cow<'static, str>,
        /// What is wrong with it.
        problem: Cow<'static, str>,
    },
    /// The text is not a JWS in compact serialization, or its protected header is malformed (RFC 7515).
    InvalidJws(&'static str),
    /// The payload is not a JWT claims set (RFC 7519).
    InvalidJwt(&'static str),
    /// `alg` is missing from the allow-list, or does not fit the key.
    AlgorithmNotAllowed,
    /// The token asks for something that this crate does not do, such as an unknown `crit` extension.
    NotSupported(&'static str),
    /// The signature is not one of this key over this text.
    SignatureMismatch,
    /// `exp` has passed.
    Expired,
    /// A claim is missing, malformed or not what the policy wants.
    Claim {
        /// The claim's name.
        claim: Cow<'static, str>,
        /// In which of three ways it failed.
        reason: ClaimReason,
    },
    /// A JSON Web Key that must not be used for verification (RFC 7517), or that is malformed.
    InvalidJwk(&'static str),
    /// A JSON Web Key Set that is malformed or holds no usable key.
    InvalidJwks(&'static str),
    /// No usable key of the set fits the token's `kid` and `alg`.
    NoMatchingKey {
        /// The token's `kid`, as it claims it.
        kid: Option<Box<str>>,
    },
    /// A signature was to be checked without keys: none were loaded yet, or the last good set is too old to be used.
    JwksNotLoaded,
    /// The issuer's discovery document is malformed, or speaks for another issuer.
    InvalidDiscovery(&'static str),
    /// The issuer's discovery document or key set could not be fetched.
    Fetch {
        /// What happened on the way.
        failure: FetchProblem,
        /// The HTTP status, where there was an answer.
        status: Option<u16>,
    },
    /// No source of the chain had a credential to send.
    CredentialsNotFound(Vec<Cause>),
    /// A source of the chain is set up but broken; the chain does not go on to another identity.
    CredentialInvalid(Cause),
    /// A fault of this crate.
    Internal(&'static str),
}

/// How a claim failed; the wire form is the one that `jose` uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimReason {
    /// The policy wants the claim and the token lacks it.
    Missing,
    /// The claim is there with the wrong type or form.
    Invalid,
    /// The claim is well-formed and says something else than the policy wants.
    CheckFailed,
}

impl ClaimReason {
    /// The stable name: `missing`, `invalid` or `check_failed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Invalid => "invalid",
            Self::CheckFailed => "check_failed",
        }
    }
}

/// What went wrong with a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchProblem {
    /// No complete answer within the time limit.
    Timeout,
    /// No connection, or a broken one.
    Network,
    /// The host gave the request up.
    Aborted,
    /// The body is larger than the request allows.
    TooLarge,
    /// The server answered with a status that is not the wanted one; redirects are never followed.
    Status,
}

/// Why one source of the credential chain did not give a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The source, by its public name.
    pub source: &'static str,
    /// Why, without a secret.
    pub reason: &'static str,
}

impl Error {
    /// The stable code, equal to `CountersignError.code` in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidOption { .. } => "ERR_INVALID_OPTION",
            Self::InvalidJws(_) => "ERR_JWS_INVALID",
            Self::InvalidJwt(_) => "ERR_JWT_INVALID",
            Self::AlgorithmNotAllowed => "ERR_JOSE_ALG_NOT_ALLOWED",
            Self::NotSupported(_) => "ERR_JOSE_NOT_SUPPORTED",
            Self::SignatureMismatch => "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
            Self::Expired => "ERR_JWT_EXPIRED",
            Self::Claim { .. } => "ERR_JWT_CLAIM_VALIDATION_FAILED",
            Self::InvalidJwk(_) => "ERR_JWK_INVALID",
            Self::InvalidJwks(_) => "ERR_JWKS_INVALID",
            Self::NoMatchingKey { .. } => "ERR_JWKS_NO_MATCHING_KEY",
            Self::JwksNotLoaded => "ERR_JWKS_NOT_LOADED",
            Self::InvalidDiscovery(_) => "ERR_DISCOVERY_INVALID",
            Self::Fetch { failure: FetchProblem::Timeout, .. } => "ERR_FETCH_TIMEOUT",
            Self::Fetch { .. } => "ERR_FETCH_FAILED",
            Self::CredentialsNotFound(_) => "ERR_CREDENTIALS_NOT_FOUND",
            Self::CredentialInvalid(_) => "ERR_CREDENTIAL_INVALID",
            Self::Internal(_) => "ERR_INTERNAL",
        }
    }
}
