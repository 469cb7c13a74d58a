//! The options of `createVerifier` and `createVercelVerifier`.

mod claims;
mod issuers;
mod projects;

use std::borrow::Cow;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error as _};

use claims::ClaimRules;
use issuers::Issuers;
use projects::ProjectEnvironment;

use crate::crypto::Algorithm;
use crate::error::{Error, Result};
use crate::issuer::discovery::Location;
use crate::issuer::vercel::{self, IssuerMode, Projects, Selection};
use crate::issuer::verifier::{Keys, Profile, Verifier};
use crate::jose::header;
use crate::jwt::{Audience, Policy, Typ, spiffe};
use crate::options::{OneOrMore, OneOrMoreOrNull, Seconds, non_empty, optional_string, string_list};

/// Declares a struct of options that has the options of every verifier besides its own.
macro_rules! verifier_options {
    ($(#[$attribute:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, serde::Deserialize)]
        #[cfg_attr(feature = "verify", derive(tsify::Tsify))]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $($own)*
            /// Signature algorithms that are allowed. Default: `['RS256']`.
            #[serde(default)]
            #[cfg_attr(feature = "verify", tsify(type = "Algorithm | Algorithm[]"))]
            pub algorithms: Option<OneOrMore>,
            /// Rules about claims, by name, or by path such as `realm_access.roles`. A name may have dots of its own.
            #[serde(default)]
            #[cfg_attr(feature = "verify", tsify(type = "Record<string, ClaimRule>"))]
            pub claims: ClaimRules,
            /// `sub` must be one of these.
            #[serde(default)]
            #[cfg_attr(feature = "verify", tsify(type = "string | string[]"))]
            pub subject: Option<OneOrMore>,
            /// How far the clocks of issuer and verifier may differ, in seconds from 0 to 3600. Default: 5.
            #[serde(default)]
            #[cfg_attr(feature = "verify", tsify(type = "number"))]
            pub clock_tolerance: Option<ClockTolerance>,
            /// The maximum age of a token by `iat`, in seconds. Only with it `iat` may not lie in the future.
            #[serde(default)]
            #[cfg_attr(feature = "verify", tsify(type = "number"))]
            pub max_token_age: Option<Seconds>,
            /// Claims that must be present, by name or path; `exp` always must be.
            #[serde(default, deserialize_with = "string_list")]
            #[cfg_attr(feature = "verify", tsify(type = "string[]"))]
            pub required_claims: Option<Vec<String>>,
            /// Accepted values of the `typ` header (RFC 8725 section 3.11). Default: `JWT`, or none.
            #[serde(default, deserialize_with = "string_list")]
            #[cfg_attr(feature = "verify", tsify(type = "string[]"))]
            pub typ: Option<Vec<String>>,
            /// The longest token that is read, in bytes. Default: 16384.
            #[serde(default)]
            #[cfg_attr(feature = "verify", tsify(type = "number"))]
            pub max_token_bytes: Option<TokenBytes>,
        }

        impl $name {
            /// The options of every verifier.
            fn common(self) -> Common {
                Common {
                    algorithms: self.algorithms,
                    claims: self.claims,
                    subject: self.subject,
                    clock_tolerance: self.clock_tolerance,
                    max_token_age: self.max_token_age,
                    required_claims: self.required_claims,
                    typ: self.typ,
                    max_token_bytes: self.max_token_bytes,
                }
            }
        }
    };
}

verifier_options! {
    /// Options of `createVerifier`. Unknown members are refused.
    pub struct VerifierOptions {
        /// Trusted issuers, compared exactly with `iss`. Without `jwks` each must be an https URL. Or a template for issuers
        /// that differ in one segment.
        #[cfg_attr(feature = "verify", tsify(type = "string | URL | (string | URL)[] | IssuerTemplate"))]
        pub issuer: Issuers,
        /// `aud` must name one of these; `null` leaves it unchecked, which accepts tokens that were meant for others.
        #[cfg_attr(feature = "verify", tsify(type = "string | string[] | null"))]
        pub audience: Option<OneOrMoreOrNull>,
        /// The document that names the keys, below `/.well-known`: of OpenID Connect, or of OAuth 2.0 (RFC 8414). Default:
        /// `'openid-configuration'`.
        #[serde(default)]
        #[cfg_attr(feature = "verify", tsify(type = "'openid-configuration' | 'oauth-authorization-server'"))]
        pub discovery: Discovery,
        /// Hosts, by their exact names, whose discovery documents and JWK Sets may be fetched over plain `http`. Anyone on the
        /// network between can replace the keys.
        #[serde(default, deserialize_with = "string_list")]
        #[cfg_attr(feature = "verify", tsify(type = "string[]"))]
        pub dangerously_allow_http_hosts: Option<Vec<String>>,
    }
}

verifier_options! {
    /// Options of `createVercelVerifier`. Unknown members are refused.
    pub struct VercelVerifierOptions {
        /// The team's slug, as in `vercel.com/<team>`, not its id; `'*'` for any, since ids are unique among teams. Then name
        /// an `audience`.
        #[serde(deserialize_with = "non_empty")]
        pub team: String,
        /// The issuer that the project is set to. Default: `'team'`, `https://oidc.vercel.com/<team>`.
        #[serde(default)]
        #[cfg_attr(feature = "verify", tsify(type = "'team' | 'global'"))]
        pub issuer_mode: IssuerMode,
        /// The team's id (`team_…`).
        #[serde(default, deserialize_with = "optional_string")]
        #[cfg_attr(feature = "verify", tsify(type = "string"))]
        pub owner_id: Option<String>,
        /// The project's id (`prj_…`), several, or `'*'` for any project of `ownerId`. A project's name is refused. Required
        /// unless `projects` is given.
        #[cfg_attr(feature = "verify", tsify(type = "string | string[]"))]
        #[serde(default)]
        pub project_id: Option<OneOrMore>,
        /// The environment's name, several, or `'*'` for any. Required unless `projects` is given.
        #[cfg_attr(feature = "verify", tsify(type = "string | string[]"))]
        #[serde(default)]
        pub environment: Option<OneOrMore>,
        /// Projects with environments of their own, in place of `projectId` and `environment`.
        #[cfg_attr(feature = "verify", tsify(type = "ProjectEnvironment[]"))]
        #[serde(default, deserialize_with = "projects::read")]
        pub projects: Option<Vec<ProjectEnvironment>>,
        /// Default: `https://vercel.com/<team>`. For any team it must be named, and `null` leaves it unchecked.
        #[serde(default)]
        #[cfg_attr(feature = "verify", tsify(type = "string | string[] | null"))]
        pub audience: Option<OneOrMoreOrNull>,
    }
}

verifier_options! {
    /// Options of `createSpiffeVerifier`. Unknown members are refused.
    pub struct SpiffeVerifierOptions {
        /// The trust domain, as in `acme.example`: `sub` must be a SPIFFE ID in it.
        #[serde(deserialize_with = "non_empty")]
        pub trust_domain: String,
        /// `aud` must name one of these.
        #[cfg_attr(feature = "verify", tsify(type = "string | string[]"))]
        pub audience: OneOrMore,
    }
}

/// The document in which an issuer names its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Discovery {
    /// OpenID Connect Discovery 1.0 section 4.
    #[default]
    OpenidConfiguration,
    /// RFC 8414 section 3.
    OauthAuthorizationServer,
}

/// The signature algorithms (RFC 7518 section 3.1, RFC 8037, RFC 9864), for TypeScript.
#[cfg(feature = "verify")]
#[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
const ALGORITHM: &str = "/** A signature algorithm (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
export type Algorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'
  | 'Ed25519';";

/// The options of every verifier.
struct Common {
    algorithms: Option<OneOrMore>,
    claims: ClaimRules,
    subject: Option<OneOrMore>,
    clock_tolerance: Option<ClockTolerance>,
    max_token_age: Option<Seconds>,
    required_claims: Option<Vec<String>>,
    typ: Option<Vec<String>>,
    max_token_bytes: Option<TokenBytes>,
}

impl Common {
    /// Adds these options to a policy.
    fn refine(self, policy: &mut Policy) -> Result<()> {
        if let Some(OneOrMore(names)) = self.algorithms {
            policy.algorithms = names.iter().map(|name| algorithm(name)).collect::<Result<_>>()?;
        }
        policy.claims.extend(self.claims.0);
        if self.subject.as_ref().is_some_and(|OneOrMore(names)| names.is_empty()) {
            return Err(Error::option("subject", "must name at least one subject"));
        }
        policy.subjects = self.subject.map(|OneOrMore(names)| names).unwrap_or_default();
        policy.required_claims = self.required_claims.unwrap_or_default();
        if let Some(ClockTolerance(tolerance)) = self.clock_tolerance {
            policy.clock_tolerance = tolerance;
        }
        policy.max_token_age = self.max_token_age.map(|Seconds(age)| age);
        if let Some(typ) = self.typ {
            if typ.is_empty() {
                return Err(Error::option("typ", "must name at least one kind of token"));
            }
            policy.typ = Typ::OneOf(typ);
        }
        if let Some(TokenBytes(bytes)) = self.max_token_bytes {
            policy.max_token_bytes = bytes;
        }
        Ok(())
    }
}

/// How far clocks may differ: at most an hour, since more is a mistake of unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockTolerance(Duration);

impl<'de> Deserialize<'de> for ClockTolerance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer).ok().filter(|seconds| (0.0..=3600.0).contains(seconds));
        let problem = "must be a number of seconds from 0 to 3600";
        seconds.map(|seconds| Self(Duration::from_secs_f64(seconds))).ok_or_else(|| D::Error::custom(problem))
    }
}

/// A limit for the length of a token, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenBytes(usize);

impl<'de> Deserialize<'de> for TokenBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = u32::deserialize(deserializer).ok().filter(|bytes| (1..=1_048_576).contains(bytes));
        let problem = "must be a whole number from 1 to 1048576";
        bytes.map(|bytes| Self(bytes as usize)).ok_or_else(|| D::Error::custom(problem))
    }
}

fn algorithm(name: &str) -> Result<Algorithm> {
    let problem = "must name signature algorithms that are supported: \
                   RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA";
    header::algorithm(name).ok_or_else(|| Error::option("algorithms", problem))
}

impl VerifierOptions {
    /// The policy that these options mean, what is checked beyond it, and where the keys are if the caller names none.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option that means nothing.
    pub fn into_policy(self) -> Result<(Policy, Profile, Keys)> {
        let audience = match &self.audience {
            None => {
                let problem = "is required; null leaves it unchecked, which accepts tokens that were meant for others";
                return Err(Error::option("audience", problem));
            }
            Some(OneOrMoreOrNull(None)) => Audience::Unchecked,
            Some(OneOrMoreOrNull(Some(names))) => Audience::AnyOf(names.clone()),
        };
        let mut policy = Policy::new("", audience);
        policy.issuers = Vec::new();
        match &self.issuer {
            Issuers::Exact(names) => policy.issuers.clone_from(names),
            // The service's other tenants have tokens for other audiences.
            Issuers::Template(_) if policy.audience == Audience::Unchecked => {
                return Err(Error::option("audience", "must be named where `issuer` is a template"));
            }
            Issuers::Template(template) => policy.issuer_template = Some(template.clone()),
        }
        policy.http_hosts = self.dangerously_allow_http_hosts.clone().unwrap_or_default();
        let keys = match self.discovery {
            Discovery::OpenidConfiguration => Keys::Discovery,
            Discovery::OauthAuthorizationServer => Keys::Metadata,
        };
        self.common().refine(&mut policy)?;
        Ok((policy, Profile::Plain, keys))
    }

    /// Makes the verifier. `keys` are the keys that the caller named, if any.
    ///
    /// # Errors
    /// Those of [`Self::into_policy`] and [`Verifier::new`].
    pub fn into_verifier(self, keys: Option<Keys>) -> Result<Verifier> {
        let (policy, profile, default_keys) = self.into_policy()?;
        Verifier::new(policy, profile, keys.unwrap_or(default_keys))
    }
}

impl SpiffeVerifierOptions {
    /// As [`VerifierOptions::into_policy`].
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option that means nothing.
    pub fn into_policy(self) -> Result<(Policy, Profile, Keys)> {
        if !spiffe::is_trust_domain(&self.trust_domain) {
            let problem = "must be the name of a trust domain, as in `acme.example`, without `spiffe://`";
            return Err(Error::option("trustDomain", problem));
        }
        let mut policy = Policy::new("", Audience::AnyOf(self.audience.0.clone()));
        policy.issuers = Vec::new();
        policy.trust_domain = Some(self.trust_domain.clone());
        // JWT-SVID sections 2.1 and 2.3: what a validator has to take.
        policy.algorithms = SPIFFE_ALGORITHMS.to_vec();
        policy.typ = Typ::OneOfOrAbsent(vec!["JWT".to_owned(), "JOSE".to_owned()]);
        self.common().refine(&mut policy)?;
        Ok((policy, Profile::Plain, Keys::Discovery))
    }

    /// As [`VerifierOptions::into_verifier`].
    ///
    /// # Errors
    /// Those of [`Self::into_policy`] and [`Verifier::new`].
    pub fn into_verifier(self, keys: Option<Keys>) -> Result<Verifier> {
        let (policy, profile, default_keys) = self.into_policy()?;
        Verifier::new(policy, profile, keys.unwrap_or(default_keys))
    }
}

/// The algorithms of JWT-SVIDs that this crate verifies.
const SPIFFE_ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::ES512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

impl VercelVerifierOptions {
    /// As [`VerifierOptions::into_policy`].
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option that means nothing.
    pub fn into_policy(self) -> Result<(Policy, Profile, Keys)> {
        let team = self.team.clone();
        let any = team == vercel::ANY;
        let audience = match &self.audience {
            None if any => {
                return Err(Error::option("audience", "is required for any team; null leaves it unchecked"));
            }
            Some(OneOrMoreOrNull(None)) if !any => {
                return Err(Error::option("audience", "must be a string or an array of strings, none of them empty"));
            }
            Some(OneOrMoreOrNull(Some(names))) if names.is_empty() => {
                return Err(Error::option("audience", "must name at least one audience"));
            }
            Some(OneOrMoreOrNull(Some(names))) => names.clone(),
            None | Some(OneOrMoreOrNull(None)) => Vec::new(),
        };
        let vercel = vercel::Options {
            team,
            issuer_mode: self.issuer_mode,
            owner_id: self.owner_id.clone(),
            projects: self.projects()?,
            audience,
        };
        let (mut policy, location) = vercel.policy()?;
        self.common().refine(&mut policy)?;
        let keys = match location {
            Location::Jwks(url) => Keys::Url(url),
            Location::Discovery(_) | Location::Metadata(_) => Keys::Discovery,
        };
        Ok((policy, Profile::Vercel, keys))
    }

    /// The projects, by either of the two ways to name them.
    fn projects(&self) -> Result<Projects> {
        let Some(projects) = &self.projects else {
            return Ok(Projects::Each {
                project_id: selection("projectId", self.project_id.as_ref())?,
                environment: selection("environment", self.environment.as_ref())?,
            });
        };
        for (option, given) in [("projectId", &self.project_id), ("environment", &self.environment)] {
            if given.is_some() {
                return Err(Error::option(option, "must be left out where `projects` is given"));
            }
        }
        let pair = |(index, project): (usize, &ProjectEnvironment)| {
            let environment = selection(format!("projects[{index}].environment"), Some(&project.environment))?;
            Ok((project.project_id.clone(), environment))
        };
        Ok(Projects::Pairs(projects.iter().enumerate().map(pair).collect::<Result<_>>()?))
    }

    /// As [`VerifierOptions::into_verifier`].
    ///
    /// # Errors
    /// Those of [`Self::into_policy`] and [`Verifier::new`].
    pub fn into_verifier(self, keys: Option<Keys>) -> Result<Verifier> {
        let (policy, profile, default_keys) = self.into_policy()?;
        Verifier::new(policy, profile, keys.unwrap_or(default_keys))
    }
}

fn selection(option: impl Into<Cow<'static, str>>, values: Option<&OneOrMore>) -> Result<Selection> {
    let Some(OneOrMore(values)) = values else {
        return Err(Error::option(option, "is required; `*` accepts any"));
    };
    match values.as_slice() {
        [] => Err(Error::option(option, "must name at least one value, or be `*`")),
        [any] if any == "*" => Ok(Selection::Any),
        names if names.iter().any(|name| name == "*") => {
            Err(Error::option(option, "must be `*` alone, or names without it"))
        }
        names => Ok(Selection::OneOf(names.to_vec())),
    }
}

#[cfg(test)]
mod tests;
