//! The sources of a credential, and the findings of the host.

use std::borrow::Cow;

use crate::secret::Secret;

/// How a credential proves who sends it, as the AI Gateway's header `ai-gateway-auth-method` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMethod {
    /// A key that someone configured.
    ApiKey,
    /// The deployment's own identity.
    Oidc,
}

impl AuthMethod {
    /// The public name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api-key",
            Self::Oidc => "oidc",
        }
    }
}

/// The sources of a credential, in the order of the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A key that the caller configured.
    StaticKey,
    /// A token that a request handler captured and passed on.
    Captured,
    /// The request header `x-vercel-oidc-token`.
    Header,
    /// The same header, through Vercel's request context.
    Context,
    /// The newest token in a relay, which the host has read and verified.
    Shared,
    /// The file that the environment variable `VERCEL_OIDC_TOKEN_FILE` names.
    File,
    /// The environment variable `VERCEL_OIDC_TOKEN`.
    Env,
    /// A token for development, fetched with the login of the command line.
    Refresh,
}

impl Source {
    /// Every source, in the order of the search.
    pub const ALL: [Self; 8] = [
        Self::StaticKey,
        Self::Captured,
        Self::Header,
        Self::Context,
        Self::Shared,
        Self::File,
        Self::Env,
        Self::Refresh,
    ];

    /// The public name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StaticKey => "static-key",
            Self::Captured => "captured",
            Self::Header => "header",
            Self::Context => "context",
            Self::Shared => "shared",
            Self::File => "file",
            Self::Env => "env",
            Self::Refresh => "refresh",
        }
    }

    /// How a credential from here proves who sends it.
    pub fn auth_method(self) -> AuthMethod {
        if self == Self::StaticKey { AuthMethod::ApiKey } else { AuthMethod::Oidc }
    }
}

/// The finding of the host at one source.
#[derive(Debug, Clone)]
pub enum Input {
    /// Nothing is set up there, and why that may be.
    Absent(Cow<'static, str>),
    /// The source has not been queried yet.
    NotQueried,
    /// The text as it is, blank or not.
    Text(Secret<String>),
    /// Something is set up, and nothing could be had from it.
    Failed {
        /// Why, without a secret.
        reason: Cow<'static, str>,
        /// Whether looking again may help.
        retryable: bool,
    },
}

/// The team, project and environment whose tokens a relay holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayIdentity {
    /// The claim `owner_id`.
    pub owner_id: String,
    /// The claim `project_id`.
    pub project_id: String,
    /// The claim `environment`.
    pub environment: String,
}

/// The finding of the host at each source; a source that is never set is not set up.
#[derive(Debug, Clone)]
pub struct Inputs {
    found: [Input; Source::ALL.len()],
    relay: Option<RelayIdentity>,
}

impl Default for Inputs {
    fn default() -> Self {
        Self { found: Source::ALL.map(|_| Input::Absent(super::NOT_SET.into())), relay: None }
    }
}

impl Inputs {
    /// Says what a source has.
    pub fn set(&mut self, source: Source, input: Input) {
        self.found[source as usize] = input;
    }

    /// The finding at a source.
    pub fn get(&self, source: Source) -> &Input {
        &self.found[source as usize]
    }

    /// Sets the identity whose tokens the relay holds. Without it [`Source::Shared`] has nothing.
    pub fn set_relay(&mut self, identity: RelayIdentity) {
        self.relay = Some(identity);
    }

    /// The identity whose tokens the relay holds.
    pub(super) fn relay(&self) -> Option<&RelayIdentity> {
        self.relay.as_ref()
    }

    /// The sources to try. A captured token and a relay are rare, so their sources are left out where they are missing.
    pub(super) fn sources(&self) -> impl Iterator<Item = Source> {
        let captured = !matches!(self.get(Source::Captured), Input::Absent(_));
        let shared = self.relay.is_some();
        Source::ALL.into_iter().filter(move |&source| match source {
            Source::Captured => captured,
            Source::Shared => shared,
            _ => true,
        })
    }
}
