//! Every way an operation of this crate can fail, with a stable code for each.

mod mismatch;

use std::borrow::Cow;
use std::fmt;

pub use mismatch::{Difference, MAX_FOUND_BYTES, Mismatch};

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
        /// The option's name as the caller writes it.
        option: Cow<'static, str>,
        /// The fault.
        problem: Cow<'static, str>,
    },
    /// An option is not one that the operation knows.
    UnknownOption {
        /// The option's name as the caller writes it.
        option: String,
        /// The option that the caller most likely meant.
        suggestion: Option<String>,
    },
    /// The text is not a JWS in compact serialization, or its protected header is malformed (RFC 7515).
    InvalidJws {
        /// Which part of the token.
        part: &'static str,
        /// The fault.
        problem: Cow<'static, str>,
    },
    /// The payload is not a JWT claims set (RFC 7519).
    InvalidJwt(&'static str),
    /// The token's `alg` is not on the verifier's allow-list.
    AlgorithmNotListed(Box<Mismatch>),
    /// The algorithm does not fit the key.
    AlgorithmNotAllowed,
    /// The token asks for something that this crate does not do, such as a `crit` extension.
    NotSupported(&'static str),
    /// The signature was not made by this key over this text.
    SignatureMismatch,
    /// The token is too old.
    Expired {
        /// `exp`, or `iat` where a maximum age was exceeded.
        claim: &'static str,
        /// The seconds by which it missed, rounded up, if that is less than a minute.
        missed_by: Option<u8>,
    },
    /// The token is not valid yet.
    NotYetValid {
        /// `nbf`, or `iat` where there is a maximum age.
        claim: &'static str,
        /// The seconds by which it missed, rounded up, if that is less than a minute.
        missed_by: Option<u8>,
    },
    /// A claim is missing, malformed or not what the policy wants.
    Claim {
        /// The claim's name.
        claim: Cow<'static, str>,
        /// In which of three ways it failed.
        reason: ClaimReason,
        /// The two sides of the comparison, where the policy names values.
        mismatch: Option<Box<Mismatch>>,
    },
    /// A JSON Web Key is malformed, or must not be used for verification (RFC 7517).
    InvalidJwk(&'static str),
    /// A JSON Web Key Set is malformed, or holds no usable key.
    InvalidJwks {
        /// The fault.
        problem: &'static str,
        /// Why each of its keys cannot be used.
        keys: Vec<UnusableKey>,
        /// The URL that it was fetched from.
        url: Option<Box<str>>,
    },
    /// No usable key of the set fits the token's `kid` and `alg`, or too many do.
    NoMatchingKey {
        /// The token's `kid`, as it claims it.
        kid: Option<Box<str>>,
        /// Why there is no such key.
        reason: KeyChoice,
    },
    /// There is no key set to check with: none was loaded yet, or the last good one is too old to be used.
    JwksNotLoaded {
        /// Why the last attempt to load one failed, if there was one.
        last_failure: Option<Box<Error>>,
    },
    /// The issuer's discovery document or key set could not be fetched.
    JwksFetch {
        /// Why.
        failure: FetchFailure,
        /// Which of the two.
        document: KeyDocument,
        /// Its URL.
        url: Box<str>,
    },
    /// The issuer answered the request for its discovery document or key set with another status than 200. Redirects are not
    /// followed.
    JwksStatus {
        /// The status; 0 stands for a redirect that the host hides.
        status: u16,
        /// Which of the two.
        document: KeyDocument,
        /// Its URL.
        url: Box<str>,
    },
    /// The issuer's discovery document is malformed, or speaks for another issuer.
    InvalidDiscovery {
        /// The fault.
        problem: &'static str,
        /// Its URL.
        url: Box<str>,
    },
    /// No source of the chain has a credential to send; one cause for each source that was asked.
    CredentialsNotFound(Vec<Cause>),
    /// A source of the chain is set up but broken. The chain stops there: it never goes on to another identity.
    CredentialInvalid {
        /// One for each source that was asked; the last is the broken one.
        causes: Vec<Cause>,
        /// Whether that source may have a credential later without any change.
        retryable: bool,
    },
    /// A token that was captured from a request is used after its expiry, and no later source of the chain has another;
    /// one cause for each source that was asked.
    CapturedTokenExpired(Vec<Cause>),
    /// A provider answered that it gives no credential.
    ExchangeRejected(Box<Rejection>),
    /// A provider could not be asked, or its answer did not arrive whole.
    ExchangeFailed(Provider, FetchFailure),
    /// A provider answered with success and something that its protocol does not allow.
    InvalidResponse(Provider, Cow<'static, str>),
    /// A delivery of Vercel Connect cannot be accepted, whatever its token says.
    DeliveryRefused(DeliveryProblem),
    /// A fault of this crate.
    Internal(&'static str),
}

/// Why a delivery of Vercel Connect was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryProblem {
    /// Its token came with another body before.
    OtherBody,
    /// A delivery with its token and body was answered with success before.
    Replayed,
}

impl DeliveryProblem {
    /// The public name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtherBody => "other_body",
            Self::Replayed => "replayed",
        }
    }
}

/// A service that gives short-lived credentials for an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// AWS Security Token Service.
    Aws,
    /// Google Cloud's Security Token Service and IAM.
    Gcp,
    /// Microsoft Entra ID.
    Azure,
    /// Vercel's OIDC issuer, its API and its login.
    Vercel,
    /// Vercel Connect.
    Connect,
    /// Any other service that speaks RFC 8693.
    TokenExchange,
}

impl Provider {
    /// The public name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Azure => "azure",
            Self::Vercel => "vercel",
            Self::Connect => "connect",
            Self::TokenExchange => "token-exchange",
        }
    }
}

/// A provider's refusal. Its own words are carried apart from the message, without the secrets that were sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The service that refused.
    pub provider: Provider,
    /// The HTTP status; 0 for a redirect that the host hides.
    pub status: u16,
    /// The provider's own code for it, such as `AccessDenied` or `invalid_grant`.
    pub code: Option<String>,
    /// The provider's number for this request, for its support.
    pub request_id: Option<String>,
    /// The provider's explanation.
    pub description: Option<String>,
    /// Further details, as a JSON object: the response of the service behind Vercel Connect.
    pub details: Option<String>,
    /// Whether the provider's own clients would ask again.
    pub retryable: bool,
}

/// A document that an issuer publishes about its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyDocument {
    /// The discovery document, which names the key set.
    Discovery,
    /// The key set.
    Jwks,
}

impl KeyDocument {
    fn as_str(self) -> &'static str {
        match self {
            Self::Discovery => "discovery document",
            Self::Jwks => "key set",
        }
    }
}

/// A key of a set that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableKey {
    /// The key's place in the set, from 0.
    pub index: usize,
    /// Its name, if it has a well-formed one.
    pub kid: Option<Box<str>>,
    /// Why it is not used.
    pub reason: &'static str,
}

/// Why no key was chosen for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyChoice {
    /// No key of the set has the token's `kid`.
    Unknown,
    /// The same, and the set has more keys than are read.
    Unread {
        /// The number of keys in the set.
        keys: usize,
        /// The number of those that are read.
        read: usize,
    },
    /// The key of that `kid` cannot be used.
    Unusable(&'static str),
    /// The token has no `kid`, and so many keys of the set fit its `alg`.
    Fitting(usize),
    /// Several keys have the token's `kid` and fit its `alg`. None of those that were tried made the signature.
    Untried {
        /// The number of keys that fit.
        fitting: usize,
        /// The number of those that were tried.
        tried: usize,
    },
}

/// How a claim failed; [`ClaimReason::as_str`] gives the names that `jose` uses.
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

/// Why a request got no whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FetchFailure {
    /// The response did not come within the time limit.
    Timeout,
    /// No connection, or a broken one.
    Network,
    /// The host gave the request up.
    Aborted,
    /// The body is larger than the request allows.
    TooLarge,
}

/// Why one source of the credential chain gave no credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The source, by its public name.
    pub source: &'static str,
    /// Why, without a secret.
    pub reason: Cow<'static, str>,
}

/// The codes of all errors, in the order of the table in docs/errors.md; a test compares the lists.
pub const CODES: &[&str] = &[
    "ERR_JWT_EXPIRED",
    "ERR_JWT_CLAIM_VALIDATION_FAILED",
    "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
    "ERR_JWS_INVALID",
    "ERR_JWT_INVALID",
    "ERR_JOSE_ALG_NOT_ALLOWED",
    "ERR_JOSE_NOT_SUPPORTED",
    "ERR_JWKS_NO_MATCHING_KEY",
    "ERR_JWKS_NOT_LOADED",
    "ERR_JWKS_TIMEOUT",
    "ERR_JWKS_FETCH_FAILED",
    "ERR_JWKS_INVALID",
    "ERR_JWK_INVALID",
    "ERR_DISCOVERY_INVALID",
    "ERR_CREDENTIALS_NOT_FOUND",
    "ERR_CREDENTIAL_INVALID",
    "ERR_CREDENTIAL_EXPIRED",
    "ERR_EXCHANGE_REJECTED",
    "ERR_EXCHANGE_FAILED",
    "ERR_EXCHANGE_TIMEOUT",
    "ERR_EXCHANGE_INVALID",
    "ERR_DELIVERY_REFUSED",
    "ERR_INVALID_OPTION",
    "ERR_INTERNAL",
];

impl Error {
    /// The stable code, equal to `CountersignError.code` in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidOption { .. } | Self::UnknownOption { .. } => "ERR_INVALID_OPTION",
            Self::InvalidJws { .. } => "ERR_JWS_INVALID",
            Self::InvalidJwt(_) => "ERR_JWT_INVALID",
            Self::AlgorithmNotListed(_) | Self::AlgorithmNotAllowed => "ERR_JOSE_ALG_NOT_ALLOWED",
            Self::NotSupported(_) => "ERR_JOSE_NOT_SUPPORTED",
            Self::SignatureMismatch => "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
            Self::Expired { .. } => "ERR_JWT_EXPIRED",
            Self::NotYetValid { .. } | Self::Claim { .. } => "ERR_JWT_CLAIM_VALIDATION_FAILED",
            Self::InvalidJwk(_) => "ERR_JWK_INVALID",
            Self::InvalidJwks { .. } => "ERR_JWKS_INVALID",
            Self::NoMatchingKey { .. } => "ERR_JWKS_NO_MATCHING_KEY",
            Self::JwksNotLoaded { .. } => "ERR_JWKS_NOT_LOADED",
            Self::JwksFetch { failure: FetchFailure::Timeout, .. } => "ERR_JWKS_TIMEOUT",
            Self::JwksFetch { .. } | Self::JwksStatus { .. } => "ERR_JWKS_FETCH_FAILED",
            Self::InvalidDiscovery { .. } => "ERR_DISCOVERY_INVALID",
            Self::CredentialsNotFound(_) => "ERR_CREDENTIALS_NOT_FOUND",
            Self::CredentialInvalid { .. } => "ERR_CREDENTIAL_INVALID",
            Self::CapturedTokenExpired(_) => "ERR_CREDENTIAL_EXPIRED",
            Self::ExchangeRejected(_) => "ERR_EXCHANGE_REJECTED",
            Self::ExchangeFailed(_, FetchFailure::Timeout) => "ERR_EXCHANGE_TIMEOUT",
            Self::ExchangeFailed(..) => "ERR_EXCHANGE_FAILED",
            Self::InvalidResponse(..) => "ERR_EXCHANGE_INVALID",
            Self::DeliveryRefused(_) => "ERR_DELIVERY_REFUSED",
            Self::Internal(_) => "ERR_INTERNAL",
        }
    }

    /// Returns whether the same call may succeed later without any change by the caller.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::JwksFetch { failure, .. } | Self::ExchangeFailed(_, failure) => *failure != FetchFailure::TooLarge,
            Self::ExchangeRejected(rejection) => rejection.retryable,
            Self::JwksStatus { status, .. } => matches!(status, 408 | 429 | 500..),
            Self::JwksNotLoaded { last_failure: Some(failure) } => failure.is_retryable(),
            Self::CredentialInvalid { retryable, .. } => *retryable,
            Self::Internal(_) => true,
            _ => false,
        }
    }

    /// A claim that failed.
    pub(crate) fn claim(claim: impl Into<Cow<'static, str>>, reason: ClaimReason) -> Self {
        Self::Claim { claim: claim.into(), reason, mismatch: None }
    }

    /// A claim that failed a comparison.
    pub(crate) fn mismatch(claim: impl Into<Cow<'static, str>>, reason: ClaimReason, mismatch: Mismatch) -> Self {
        Self::Claim { claim: claim.into(), reason, mismatch: Some(Box::new(mismatch)) }
    }

    /// A text that is not a key set.
    pub(crate) fn jwks(problem: &'static str) -> Self {
        Self::InvalidJwks { problem, keys: Vec::new(), url: None }
    }

    /// An option that the caller must correct.
    pub(crate) fn option(option: impl Into<Cow<'static, str>>, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::InvalidOption { option: option.into(), problem: problem.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidOption { option, problem } => write!(f, "`{option}` {problem}"),
            Self::UnknownOption { option, suggestion: None } => write!(f, "unknown option `{option}`"),
            Self::UnknownOption { option, suggestion: Some(suggestion) } => {
                write!(f, "unknown option `{option}`; did you mean `{suggestion}`?")
            }
            Self::InvalidJws { part, problem } => write!(f, "{part} {problem}"),
            Self::InvalidJwt(problem) => write!(f, "the claims set {problem}"),
            Self::AlgorithmNotListed(_) => f.write_str("the token's `alg` is not allowed here"),
            Self::AlgorithmNotAllowed => f.write_str("the algorithm does not fit the key"),
            Self::NotSupported(problem) => f.write_str(problem),
            Self::SignatureMismatch => f.write_str("signature verification failed"),
            Self::Expired { claim, missed_by } => {
                f.write_str(match *claim {
                    "exp" => "the token has expired",
                    _ => "the token was issued longer ago than `maxTokenAge` allows",
                })?;
                write_near_miss(f, *missed_by)
            }
            Self::NotYetValid { claim, missed_by } => {
                write!(f, "claim `{claim}` lies in the future")?;
                write_near_miss(f, *missed_by)
            }
            Self::Claim { claim, reason, mismatch } => {
                let problem = match reason {
                    ClaimReason::Missing => "is missing",
                    ClaimReason::Invalid => "has the wrong type or form",
                    ClaimReason::CheckFailed => "is not what this verifier expects",
                };
                write!(f, "claim `{claim}` {problem}")?;
                let difference = mismatch.as_ref().and_then(|mismatch| mismatch.difference);
                difference.map_or(Ok(()), |difference| write!(f, ": {difference}"))
            }
            Self::InvalidJwk(problem) => write!(f, "unusable key: {problem}"),
            Self::InvalidJwks { problem, keys, .. } => {
                write!(f, "the key set {problem}")?;
                match keys.as_slice() {
                    [] => Ok(()),
                    [only] => write!(f, ": {}", only.reason),
                    [first, rest @ ..] => write!(f, ": {}; and {} more", first.reason, rest.len()),
                }
            }
            Self::NoMatchingKey { reason, .. } => match reason {
                KeyChoice::Unknown => {
                    f.write_str("the issuer's key set has no usable key with the token's `kid` and `alg`")
                }
                KeyChoice::Unread { keys, read } => {
                    write!(
                        f,
                        "of {keys} keys of the issuer, the first {read} are read: none has the token's `kid` and `alg`"
                    )
                }
                KeyChoice::Unusable(problem) => write!(f, "the key with the token's `kid` is unusable: {problem}"),
                KeyChoice::Fitting(0) => f.write_str("the token has no `kid`, and no key of the issuer fits its `alg`"),
                KeyChoice::Fitting(keys) => {
                    write!(f, "the token has no `kid`, and {keys} keys of the issuer fit its `alg`: exactly one must")
                }
                KeyChoice::Untried { fitting, tried } => {
                    write!(f, "{fitting} keys have the token's `kid` and fit its `alg`, and only {tried} are tried")
                }
            },
            Self::JwksNotLoaded { last_failure: None } => f.write_str(
                "no keys are loaded, or the last good ones are too old: await `loadKeys()` or `verify()` first",
            ),
            Self::JwksNotLoaded { last_failure: Some(failure) } => {
                write!(f, "no usable keys; the last attempt to load them failed: {failure}")
            }
            Self::JwksFetch { failure, document, .. } => {
                let document = document.as_str();
                match failure {
                    FetchFailure::Timeout => write!(f, "the request for the issuer's {document} timed out"),
                    FetchFailure::Network => write!(f, "the issuer's {document} could not be fetched: no connection"),
                    FetchFailure::Aborted => write!(f, "the request for the issuer's {document} was aborted"),
                    FetchFailure::TooLarge => write!(f, "the issuer's {document} is larger than 512 KiB"),
                }
            }
            Self::JwksStatus { status: 0 | 300..=399, document, .. } => {
                write!(f, "the issuer redirected the request for its {}, which is not followed", document.as_str())
            }
            Self::JwksStatus { status, document, .. } => {
                write!(f, "the issuer answered {status} to the request for its {}", document.as_str())
            }
            Self::InvalidDiscovery { problem, .. } => write!(f, "the discovery document {problem}"),
            Self::CredentialsNotFound(causes) => write!(f, "no credential found: {}", Causes(causes)),
            Self::CredentialInvalid { causes, .. } => {
                write!(f, "invalid credential in a configured source: {}", Causes(causes))
            }
            Self::CapturedTokenExpired(causes) => write!(
                f,
                "the captured token has expired: capture a new one in a request handler, or read the newest one with the \
                 option `relay`; {}",
                Causes(causes)
            ),
            Self::ExchangeRejected(rejection) => {
                let Rejection { provider, status, code, .. } = &**rejection;
                write!(f, "{} refused the exchange", provider.as_str())?;
                match (code, status) {
                    (Some(code), _) => write!(f, ": {code}"),
                    (None, 0 | 300..=399) => f.write_str(": it redirected the request, which is not followed"),
                    (None, status) => write!(f, " with status {status}"),
                }
            }
            Self::ExchangeFailed(provider, failure) => {
                let provider = provider.as_str();
                match failure {
                    FetchFailure::Timeout => write!(f, "the request to {provider} timed out"),
                    FetchFailure::Network => write!(f, "{provider} could not be reached: no connection"),
                    FetchFailure::Aborted => write!(f, "the request to {provider} was aborted"),
                    FetchFailure::TooLarge => write!(f, "the response of {provider} is too large"),
                }
            }
            Self::InvalidResponse(provider, problem) => {
                write!(f, "the response of {} {problem}", provider.as_str())
            }
            Self::DeliveryRefused(problem) => f.write_str(match problem {
                DeliveryProblem::OtherBody => "the token of this delivery came with another body before",
                DeliveryProblem::Replayed => "this delivery was accepted before",
            }),
            Self::Internal(problem) => write!(f, "internal error: {problem}"),
        }
    }
}

/// Names the option that would accept a token whose times miss by less than a minute.
fn write_near_miss(f: &mut fmt::Formatter<'_>, missed_by: Option<u8>) -> fmt::Result {
    missed_by.map_or(Ok(()), |seconds| write!(f, ", by {seconds} s more than `clockTolerance` allows"))
}

/// The reasons of all sources, in one sentence.
struct Causes<'a>(&'a [Cause]);

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Cause { source, reason }) in self.0.iter().enumerate() {
            let before = if index == 0 { "" } else { "; " };
            write!(f, "{before}{source}: {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
