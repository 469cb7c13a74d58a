//! Every way an operation of this crate can fail, with a stable code for each.

use std::borrow::Cow;
use std::fmt;

/// `std::result::Result` with this crate's [`Error`].
///
/// In a box: a result is passed on in many more places than an error is made, and a pointer takes the least code to pass
/// on. In the WebAssembly module that code is what counts.
pub type Result<T, E = Box<Error>> = std::result::Result<T, E>;

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
        /// What is wrong with it.
        problem: Cow<'static, str>,
    },
    /// The text is not a JWS in compact serialization, or its protected header is malformed (RFC 7515).
    InvalidJws {
        /// Which part of the token.
        part: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The payload is not a JWT claims set (RFC 7519).
    InvalidJwt(&'static str),
    /// `alg` is not on the verifier's allow-list, or does not fit the key.
    AlgorithmNotAllowed,
    /// The token asks for something that this crate does not do, such as a `crit` extension.
    NotSupported(&'static str),
    /// The signature was not made by this key over this text.
    SignatureMismatch,
    /// The token is too old.
    Expired {
        /// `exp`, or `iat` where a maximum age was exceeded.
        claim: &'static str,
    },
    /// A claim is missing, malformed or not what the policy wants.
    Claim {
        /// The claim's name.
        claim: Cow<'static, str>,
        /// In which of three ways it failed.
        reason: ClaimReason,
    },
    /// A JSON Web Key is malformed, or must not be used for verification (RFC 7517).
    InvalidJwk(&'static str),
    /// A JSON Web Key Set is malformed, or holds no usable key.
    InvalidJwks(&'static str),
    /// No usable key of the set fits the token's `kid` and `alg`.
    NoMatchingKey {
        /// The token's `kid`, as it claims it.
        kid: Option<Box<str>>,
    },
    /// There is no key set to check with: none was loaded yet, or the last good one is too old to be used.
    JwksNotLoaded {
        /// Why the last attempt to load one failed, if there was one.
        last_failure: Option<Box<Error>>,
    },
    /// The issuer's discovery document or key set could not be fetched.
    JwksFetch(FetchFailure),
    /// The issuer answered the request for its discovery document or key set with another status than 200; 0 stands
    /// for a redirect that the host hides. Redirects are not followed.
    JwksStatus(u16),
    /// The issuer's discovery document is malformed, or speaks for another issuer.
    InvalidDiscovery(&'static str),
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
    InvalidAnswer(Provider, &'static str),
    /// A fault of this crate.
    Internal(&'static str),
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

/// A provider's refusal. Its own words are carried apart from the message, without the token that was presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Who refused.
    pub provider: Provider,
    /// The HTTP status; 0 for a redirect that the host hides.
    pub status: u16,
    /// The provider's own code for it, such as `AccessDenied` or `invalid_grant`.
    pub code: Option<String>,
    /// The provider's number for this request, for its support.
    pub request_id: Option<String>,
    /// The provider's explanation.
    pub description: Option<String>,
    /// What else it says, as a JSON object: what the service behind Vercel Connect has answered.
    pub details: Option<String>,
    /// Whether the provider's own clients would ask again.
    pub retryable: bool,
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
    /// It did not come within the time limit.
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

/// The codes of all errors, in the order of the README's table; a test compares the two lists.
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
    "ERR_INVALID_OPTION",
    "ERR_INTERNAL",
];

/// Makes constructors of variants that say no more than what the problem is.
macro_rules! boxed {
    ($($name:ident: $variant:ident;)*) => {
        $(
            #[doc = concat!("[`Error::", stringify!($variant), "`], in its box.")]
            #[cold]
            #[inline(never)]
            pub(crate) fn $name(problem: &'static str) -> Box<Self> {
                Self::$variant(problem).into()
            }
        )*
    };
}

impl Error {
    /// The stable code, equal to `CountersignError.code` in JavaScript.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidOption { .. } => "ERR_INVALID_OPTION",
            Self::InvalidJws { .. } => "ERR_JWS_INVALID",
            Self::InvalidJwt(_) => "ERR_JWT_INVALID",
            Self::AlgorithmNotAllowed => "ERR_JOSE_ALG_NOT_ALLOWED",
            Self::NotSupported(_) => "ERR_JOSE_NOT_SUPPORTED",
            Self::SignatureMismatch => "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
            Self::Expired { .. } => "ERR_JWT_EXPIRED",
            Self::Claim { .. } => "ERR_JWT_CLAIM_VALIDATION_FAILED",
            Self::InvalidJwk(_) => "ERR_JWK_INVALID",
            Self::InvalidJwks(_) => "ERR_JWKS_INVALID",
            Self::NoMatchingKey { .. } => "ERR_JWKS_NO_MATCHING_KEY",
            Self::JwksNotLoaded { .. } => "ERR_JWKS_NOT_LOADED",
            Self::JwksFetch(FetchFailure::Timeout) => "ERR_JWKS_TIMEOUT",
            Self::JwksFetch(_) | Self::JwksStatus(_) => "ERR_JWKS_FETCH_FAILED",
            Self::InvalidDiscovery(_) => "ERR_DISCOVERY_INVALID",
            Self::CredentialsNotFound(_) => "ERR_CREDENTIALS_NOT_FOUND",
            Self::CredentialInvalid { .. } => "ERR_CREDENTIAL_INVALID",
            Self::CapturedTokenExpired(_) => "ERR_CREDENTIAL_EXPIRED",
            Self::ExchangeRejected(_) => "ERR_EXCHANGE_REJECTED",
            Self::ExchangeFailed(_, FetchFailure::Timeout) => "ERR_EXCHANGE_TIMEOUT",
            Self::ExchangeFailed(..) => "ERR_EXCHANGE_FAILED",
            Self::InvalidAnswer(..) => "ERR_EXCHANGE_INVALID",
            Self::Internal(_) => "ERR_INTERNAL",
        }
    }

    /// Whether the same call may succeed later without any change by the caller.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::JwksFetch(failure) | Self::ExchangeFailed(_, failure) => *failure != FetchFailure::TooLarge,
            Self::ExchangeRejected(rejection) => rejection.retryable,
            Self::JwksStatus(status) => matches!(status, 408 | 429 | 500..),
            Self::JwksNotLoaded { last_failure: Some(failure) } => failure.is_retryable(),
            Self::CredentialInvalid { retryable, .. } => *retryable,
            Self::Internal(_) => true,
            _ => false,
        }
    }

    boxed! {
        invalid_jwt: InvalidJwt;
        not_supported: NotSupported;
        invalid_jwk: InvalidJwk;
        invalid_jwks: InvalidJwks;
        invalid_discovery: InvalidDiscovery;
        internal: Internal;
    }

    /// A claim that failed, as an error.
    pub(crate) fn claim(claim: impl Into<Cow<'static, str>>, reason: ClaimReason) -> Box<Self> {
        Self::Claim { claim: claim.into(), reason }.into()
    }

    /// An option that the caller must mend, as an error.
    pub(crate) fn option(option: impl Into<Cow<'static, str>>, problem: impl Into<Cow<'static, str>>) -> Box<Self> {
        Self::InvalidOption { option: option.into(), problem: problem.into() }.into()
    }
}

impl Error {
    /// What `Display` writes.
    pub fn sentence(&self) -> String {
        let mut sentence = String::new();
        self.say(&mut |piece| sentence.push_str(piece));
        sentence
    }

    /// Says the sentence, a piece at a time: `core::fmt` weighs more than all the sentences do.
    fn say(&self, out: &mut dyn FnMut(&str)) {
        let mut say = |pieces: &[&str]| pieces.iter().for_each(|piece| out(piece));
        match self {
            Self::InvalidOption { option, problem } => say(&["option `", option, "` ", problem]),
            Self::InvalidJws { part, problem } => say(&[part, " ", problem]),
            Self::InvalidJwt(problem) => say(&["the claims set ", problem]),
            Self::AlgorithmNotAllowed => say(&["the token's `alg` is not allowed here"]),
            Self::NotSupported(problem) => say(&[problem]),
            Self::SignatureMismatch => say(&["the signature does not fit the token and the issuer's key"]),
            Self::Expired { claim: "exp" } => say(&["the token has expired"]),
            Self::Expired { .. } => say(&["the token was issued longer ago than `maxTokenAge` allows"]),
            Self::Claim { claim, reason } => {
                let how = match reason {
                    ClaimReason::Missing => "` is missing",
                    ClaimReason::Invalid => "` has the wrong type or form",
                    ClaimReason::CheckFailed if matches!(&**claim, "nbf" | "iat") => "` lies in the future",
                    ClaimReason::CheckFailed => "` is not what this verifier expects",
                };
                say(&["claim `", claim, how]);
            }
            Self::InvalidJwk(problem) => say(&["unusable key: ", problem]),
            Self::InvalidJwks(problem) => say(&["the key set ", problem]),
            Self::NoMatchingKey { kid: Some(_) } => {
                say(&["the issuer's key set has no usable key with the token's `kid` and `alg`"]);
            }
            Self::NoMatchingKey { kid: None } => {
                say(&["the token names no `kid`, and not exactly one key of the issuer fits its `alg`"]);
            }
            Self::JwksNotLoaded { last_failure: None } => {
                say(&["no keys are loaded, or the last good ones are too old: await `loadKeys()` or `verify()` first"]);
            }
            Self::JwksNotLoaded { last_failure: Some(failure) } => {
                say(&["no usable keys; the last attempt to load them failed: "]);
                failure.say(out);
            }
            Self::JwksFetch(failure) => say(&[match failure {
                FetchFailure::Timeout => "the issuer's keys did not arrive in time",
                FetchFailure::Network => "the issuer's keys could not be fetched: no connection",
                FetchFailure::Aborted => "fetching the issuer's keys was given up",
                FetchFailure::TooLarge => "the issuer's answer is larger than 512 KiB",
            }]),
            Self::JwksStatus(0 | 300..=399) => {
                say(&["the issuer redirected the request for its keys, which is not followed"]);
            }
            Self::JwksStatus(status) => {
                say(&["the issuer answered ", &status.to_string(), " when asked for its keys"]);
            }
            Self::InvalidDiscovery(problem) => say(&["the discovery document ", problem]),
            Self::CredentialsNotFound(causes) => {
                say(&["no credential found:"]);
                say_causes(causes, out);
            }
            Self::CredentialInvalid { causes, .. } => {
                say(&["a source of credentials is set up and broken:"]);
                say_causes(causes, out);
            }
            Self::CapturedTokenExpired(causes) => {
                say(&[
                    "the captured token has expired: capture a new one in a request handler, or do the work within its \
                       lifetime;",
                ]);
                say_causes(causes, out);
            }
            Self::ExchangeRejected(rejection) => {
                let Rejection { provider, status, code, .. } = &**rejection;
                say(&[provider.as_str(), " refused the exchange"]);
                match (code, status) {
                    (Some(code), _) => say(&[": ", code]),
                    (None, 0 | 300..=399) => say(&[": it redirected the request, which is not followed"]),
                    (None, status) => say(&[" with status ", &status.to_string()]),
                }
            }
            Self::ExchangeFailed(provider, failure) => {
                let how = match failure {
                    FetchFailure::Timeout => " did not answer in time",
                    FetchFailure::Network => " could not be reached: no connection",
                    FetchFailure::Aborted => " was not asked to the end: the request was given up",
                    FetchFailure::TooLarge => " answered with more than is read",
                };
                say(&[provider.as_str(), how]);
            }
            Self::InvalidAnswer(provider, problem) => say(&["the answer of ", provider.as_str(), " ", problem]),
            Self::Internal(problem) => say(&["internal fault: ", problem]),
        }
    }
}

fn say_causes(causes: &[Cause], out: &mut dyn FnMut(&str)) {
    for (index, Cause { source, reason }) in causes.iter().enumerate() {
        let before = if index == 0 { " " } else { "; " };
        [before, source, ": ", reason].into_iter().for_each(&mut *out);
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.say(&mut |piece| result = result.and_then(|()| f.write_str(piece)));
        result
    }
}

impl std::error::Error for Error {}
