//! Credentials and their sources as the host knows them.

use serde::Serialize;

use crate::chain::dev_token::{Login, check_name};
use crate::chain::{
    BearerToken, Input, Inputs, RelayIdentity as CoreRelayIdentity, Report, Resolution, Source, SourceStatus,
    TokenRequirements,
};
use crate::error::Result;
use crate::exchange::cache::Usage;
use crate::options::Seconds;
use crate::secret::Secret;
use crate::time::Timestamp;

/// The findings of the host at each source of the chain, and the caller's requirements on a token.
///
/// `shared`, `file` and `refresh` are left out until the chain requests them.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", default)]
pub struct SourceResults {
    /// The static key.
    pub static_key: Option<SourceResult>,
    /// A captured token.
    pub captured: Option<SourceResult>,
    /// The request header.
    pub header: Option<SourceResult>,
    /// Vercel's request context.
    pub context: Option<SourceResult>,
    /// The token of the relay.
    pub shared: Option<SourceResult>,
    /// The file that `VERCEL_OIDC_TOKEN_FILE` names.
    pub file: Option<SourceResult>,
    /// The environment variable `VERCEL_OIDC_TOKEN`.
    pub env: Option<SourceResult>,
    /// The development token.
    pub refresh: Option<SourceResult>,
    /// The identity of the relay's tokens; left out without a relay.
    pub relay: Option<RelayIdentity>,
    /// The seconds that an OIDC token must still live.
    #[cfg_attr(feature = "credentials", tsify(type = "number"))]
    pub min_validity: Option<Seconds>,
    /// The project that the token must be of.
    pub project: Option<String>,
    /// The team that the token must be of.
    pub team: Option<String>,
}

/// The team, project and environment whose tokens a relay holds.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct RelayIdentity {
    /// The claim `owner_id`.
    pub owner_id: String,
    /// The claim `project_id`.
    pub project_id: String,
    /// The claim `environment`.
    pub environment: String,
}

/// The finding of the host at one source: a text, or the reason why there is none.
#[derive(Debug, Clone, Default, PartialEq, serde::Deserialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(default)]
pub struct SourceResult {
    /// The text.
    #[cfg_attr(feature = "credentials", tsify(optional, type = "string"))]
    pub text: Option<Secret<String>>,
    /// The reason, without a secret.
    #[cfg_attr(feature = "credentials", tsify(optional))]
    pub reason: String,
    /// Whether something is set up there and cannot be read.
    #[cfg_attr(feature = "credentials", tsify(optional))]
    pub failed: bool,
    /// Whether reading it again may help.
    #[cfg_attr(feature = "credentials", tsify(optional))]
    pub retryable: bool,
}

impl SourceResults {
    /// The inputs of the chain, and what is required of a token.
    ///
    /// # Errors
    /// [`crate::Error::InvalidOption`] for a project or a team that Vercel could not have named so.
    pub fn into_core(self) -> Result<(Inputs, TokenRequirements)> {
        let Self { static_key, captured, header, context, shared, file, env, refresh, .. } = self;
        let Self { relay, min_validity, project, team, .. } = self;
        let mut inputs = Inputs::default();
        for (source, result) in [
            (Source::StaticKey, static_key),
            (Source::Captured, captured),
            (Source::Header, header),
            (Source::Context, context),
            (Source::Shared, shared),
            (Source::File, file),
            (Source::Env, env),
            (Source::Refresh, refresh),
        ] {
            match result {
                Some(result) => inputs.set(source, result.into()),
                // A store, a file and a development token cost something: the host looks when the chain requests them.
                None if matches!(source, Source::Shared | Source::File | Source::Refresh) => {
                    inputs.set(source, Input::NotQueried);
                }
                None => {}
            }
        }
        if let Some(RelayIdentity { owner_id, project_id, environment }) = relay {
            inputs.set_relay(CoreRelayIdentity { owner_id, project_id, environment });
        }
        project.as_deref().map_or(Ok(()), |project| check_name("project", project))?;
        team.as_deref().map_or(Ok(()), |team| check_name("team", team))?;
        let min_validity = min_validity.unwrap_or_default().0;
        Ok((inputs, TokenRequirements { min_validity, project, team }))
    }
}

impl From<SourceResult> for Input {
    fn from(SourceResult { text, reason, failed, retryable }: SourceResult) -> Self {
        match text {
            Some(text) => Self::Text(text),
            None if failed => Self::Failed { reason: reason.into(), retryable },
            None => Self::Absent(reason.into()),
        }
    }
}

/// How far a resolution of the chain is: one of the two is there, or neither where no source is configured.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ResolutionResult {
    /// The credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "credentials", tsify(optional))]
    pub found: Option<FoundCredential>,
    /// The source that the host has to look at first.
    #[cfg_attr(feature = "credentials", tsify(type = "'shared' | 'file' | 'refresh' | undefined"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "credentials", tsify(optional))]
    pub needs_source: Option<&'static str>,
}

/// A credential to send. It holds the secret in the open: the host wraps it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct FoundCredential {
    /// The credential itself.
    pub value: String,
    /// The source that it is from.
    #[cfg_attr(feature = "credentials", tsify(type = "CredentialSource"))]
    pub source: &'static str,
    /// How it proves who sends it.
    #[cfg_attr(feature = "credentials", tsify(type = "'api-key' | 'oidc'"))]
    pub auth_method: &'static str,
    /// When it expires, in seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "credentials", tsify(optional))]
    pub expires_at: Option<f64>,
}

/// The sources of a credential, in the order of the chain.
#[cfg(feature = "credentials")]
#[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
const CREDENTIAL_SOURCE: &str = "/** Where a credential can come from, in the order of the chain. */\nexport type CredentialSource = 'static-key' | 'captured' | 'header' | 'context' | 'shared' | 'file' | 'env' | 'refresh';";

/// The state of every source; no secrets.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
pub struct ChainReport {
    /// The source that is used, or asked next.
    #[cfg_attr(feature = "credentials", tsify(type = "CredentialSource | undefined"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "credentials", tsify(optional))]
    pub selected: Option<&'static str>,
    /// Every source.
    pub sources: Vec<ChainSource>,
    /// The cache of credentials.
    pub cache: CacheReport,
}

/// How full the cache of credentials is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct CacheReport {
    /// Credentials that are kept or being obtained.
    pub credentials: f64,
    /// The bound, which `configureCredentialCache` sets.
    pub max_credentials: f64,
    /// Credentials that made room while they were still of use. Where it grows, the bound is too small.
    pub evicted: f64,
}

impl From<Usage> for CacheReport {
    fn from(Usage { credentials, max_credentials, evicted }: Usage) -> Self {
        Self { credentials: credentials as f64, max_credentials: max_credentials as f64, evicted: evicted as f64 }
    }
}

/// The state of one source; no secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ChainSource {
    /// The source.
    #[cfg_attr(feature = "credentials", tsify(type = "CredentialSource"))]
    pub source: &'static str,
    /// Its state. `available`: a token would be fetched when it is needed.
    #[cfg_attr(
        feature = "credentials",
        tsify(type = "'found' | 'available' | 'not-configured' | 'expired' | 'other-project' | 'failed'")
    )]
    pub state: &'static str,
    /// Why it has nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "credentials", tsify(optional))]
    pub reason: Option<String>,
    /// When its token expires, in seconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "credentials", tsify(optional))]
    pub expires_at: Option<f64>,
}

/// The login of Vercel's command line. It holds the secret in the open: the host sends it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
pub struct LoginState {
    /// Its status.
    #[cfg_attr(feature = "credentials", tsify(type = "'usable' | 'renewable' | 'expired' | 'missing'"))]
    pub state: &'static str,
    /// The token to send, or to renew the login with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "credentials", tsify(optional))]
    pub token: Option<String>,
}

impl From<Resolution> for ResolutionResult {
    fn from(resolution: Resolution) -> Self {
        match resolution {
            Resolution::Found(token) => Self { found: Some(token.into()), ..Self::default() },
            Resolution::NeedsSource(source) => Self { needs_source: Some(source.as_str()), ..Self::default() },
        }
    }
}

impl From<BearerToken> for FoundCredential {
    fn from(BearerToken { value, source, expires_at }: BearerToken) -> Self {
        Self {
            value: value.into_exposed(),
            source: source.as_str(),
            auth_method: source.auth_method().as_str(),
            expires_at: expires_at.map(Timestamp::as_seconds_f64),
        }
    }
}

impl ChainReport {
    /// The report of a chain and a cache.
    pub fn new(Report { selected, statuses }: Report, usage: Usage) -> Self {
        Self {
            selected: selected.map(Source::as_str),
            sources: statuses.into_iter().map(ChainSource::from).collect(),
            cache: usage.into(),
        }
    }
}

impl From<(Source, SourceStatus)> for ChainSource {
    fn from((source, status): (Source, SourceStatus)) -> Self {
        let (state, reason, expires_at) = match status {
            SourceStatus::Found(token) => ("found", None, token.expires_at),
            SourceStatus::NotConfigured(reason) => ("not-configured", Some(reason), None),
            SourceStatus::NotQueried => ("available", None, None),
            SourceStatus::Expired(at) => ("expired", None, Some(at)),
            SourceStatus::OtherProject(at) => ("other-project", None, Some(at)),
            SourceStatus::Failed { reason, .. } => ("failed", Some(reason), None),
        };
        let expires_at = expires_at.map(Timestamp::as_seconds_f64);
        Self { source: source.as_str(), state, reason: reason.map(String::from), expires_at }
    }
}

impl From<Login> for LoginState {
    fn from(login: Login) -> Self {
        let (state, token) = match login {
            Login::Usable(token) => ("usable", Some(token)),
            Login::Renewable(token) => ("renewable", Some(token)),
            Login::Expired => ("expired", None),
            Login::Missing => ("missing", None),
        };
        Self { state, token: token.map(Secret::into_exposed) }
    }
}
