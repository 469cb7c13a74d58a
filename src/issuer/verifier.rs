//! A policy with the keys of its issuers over time: what `createVerifier` makes.

use std::cell::Cell;

use crate::encoding::url;
use crate::error::{Error, Result};
use crate::issuer::discovery::Location;
use crate::issuer::jwks_cache::{JwksCache, Lifetime, LoadKeys};
use crate::issuer::vercel::VercelClaims;
use crate::jose::Jwks;
use crate::jwt::{self, KeyLookup, Policy, Scratch, VerifiedToken};
use crate::time::Timestamp;

/// The source of a verifier's keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keys {
    /// Each issuer's own discovery document.
    Discovery,
    /// Each authorization server's own metadata (RFC 8414).
    Metadata,
    /// This URL, for all issuers of the policy.
    Url(String),
    /// The caller, as the JSON text of a key set for all issuers of the policy.
    InHand(Vec<u8>),
}

/// The checks beyond the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Nothing.
    Plain,
    /// That the token has Vercel's claims, and its subject says the same as they do.
    Vercel,
    /// The same, and that the token is one that Vercel Connect may have attached to a delivery.
    Delivery {
        /// Whether the policy names the audience. If not, it must be the default audience of the token's owner.
        named_audience: bool,
    },
}

/// Verifies tokens against one policy, with keys that are fetched, kept and renewed.
#[derive(Debug)]
pub struct Verifier {
    policy: Policy,
    profile: Profile,
    /// One for all issuers, or one for each in the policy's order.
    sources: Vec<JwksCache>,
}

/// One verification, and whether newer keys could change or confirm its result.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The verdict with the keys that are there.
    pub result: Result<VerifiedToken<'a>>,
    /// How long these keys are used, if the token came so far that keys were looked for.
    pub keys: Option<Lifetime>,
    /// Which keys should be refreshed before relying on it, if refreshing is possible.
    pub key_refresh: Option<KeyRefresh>,
}

/// A request to refresh the keys of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRefresh {
    /// The number of the key source, from 0.
    pub source: usize,
    /// The keys are present and fresh, and lack the token's `kid`.
    pub unknown_kid: bool,
}

impl Verifier {
    /// A verifier for this policy.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] where the policy could accept nothing or a URL may not be fetched;
    /// [`Error::InvalidJwks`] for unusable keys in hand.
    pub fn new(policy: Policy, profile: Profile, keys: Keys) -> Result<Self> {
        let locations = check(&policy, &keys)?;
        let cache = |location| JwksCache::new(location, policy.http_hosts.clone(), policy.algorithms.clone());
        let mut sources: Vec<_> = locations.into_iter().map(cache).collect();
        if let (Keys::InHand(jwks), [source]) = (keys, sources.as_mut_slice()) {
            source.set(&jwks)?;
        }
        Ok(Self { policy, profile, sources })
    }

    /// Verifies a token with the keys that are there. `now` is the instant at which the token must be valid, `clock`
    /// the instant by which keys age; they differ only where a caller asks about another time.
    pub fn verify<'a>(
        &self,
        token: &'a [u8],
        now: Timestamp,
        clock: Timestamp,
        scratch: &'a mut Scratch,
    ) -> Attempt<'a> {
        let lookup = Lookup { verifier: self, clock, source: Cell::new(None) };
        let result = jwt::verify(token, &lookup, &self.policy, now, scratch).and_then(|token| {
            if self.profile != Profile::Plain {
                let claims = VercelClaims::read(&token)?;
                claims.check_issuer(&token.claims().issuer()?)?;
                if let Profile::Delivery { named_audience } = self.profile {
                    claims.check_delivery(&token.claims(), named_audience)?;
                }
            }
            Ok(token)
        });
        let keys = lookup.source.get().and_then(|source| self.sources[source].lifetime());
        let key_refresh = lookup.source.get().and_then(|source| {
            let unknown_kid = result.as_ref().is_err_and(|error| matches!(error, Error::NoMatchingKey { .. }));
            (unknown_kid || !self.sources[source].is_fresh(clock)).then_some(KeyRefresh { source, unknown_kid })
        });
        // A key that could not be looked up is not one that does not exist.
        let failure = key_refresh.filter(|refresh| refresh.unknown_kid);
        let failure = failure.and_then(|refresh| self.sources[refresh.source].last_failure());
        let result = match failure {
            Some(failure) => Err(Error::JwksNotLoaded { last_failure: Some(Box::new(failure.clone())) }),
            None => result,
        };
        Attempt { result, keys, key_refresh }
    }

    /// The largest token that is read, in bytes.
    pub fn max_token_bytes(&self) -> usize {
        self.policy.max_token_bytes
    }

    /// The key sources, for refreshing them.
    pub fn sources(&self) -> &[JwksCache] {
        &self.sources
    }

    /// A key source, for restoring it.
    ///
    /// # Errors
    /// [`Error::Internal`] where there is no such source.
    pub fn source_mut(&mut self, source: usize) -> Result<&mut JwksCache> {
        self.sources.get_mut(source).ok_or(Error::Internal("unknown key source"))
    }

    /// Decides whether a source is fetched; see [`JwksCache::begin_load`]. An unknown source needs nothing.
    pub fn begin_load(&mut self, key_refresh: KeyRefresh, clock: Timestamp) -> LoadKeys {
        self.sources
            .get_mut(key_refresh.source)
            .map_or(LoadKeys::NotNeeded, |cache| cache.begin_load(key_refresh.unknown_kid, clock))
    }

    /// Ends the operation of a source; see [`JwksCache::finish`].
    pub fn finish(&mut self, source: usize, outcome: Result<Jwks>, clock: Timestamp) {
        if let Some(cache) = self.sources.get_mut(source) {
            cache.finish(outcome, clock);
        }
    }

    /// Puts keys in that the caller has in hand, until the caller puts in others; `None` fetches keys again.
    ///
    /// # Errors
    /// [`Error::InvalidJwks`]; [`Error::InvalidOption`] where several issuers have keys of their own, since one set
    /// must not speak for all of them, and for `None` where there is nowhere to fetch from.
    pub fn set_keys(&mut self, jwks: Option<&[u8]>) -> Result<()> {
        match (self.sources.as_mut_slice(), jwks) {
            ([source], Some(jwks)) => source.set(jwks),
            ([source], None) => source.unset(),
            _ => Err(Error::option("jwks", "cannot be set for several issuers at once; give it to `createVerifier`")),
        }
    }
}

/// How many names may stand between the dots of a path to a claim.
const MAX_PATH_NAMES: usize = 16;

/// The key sources of a policy, one source for all issuers or one for each; none for keys in hand.
///
/// # Errors
/// [`Error::InvalidOption`] where the policy could accept nothing or a URL may not be fetched.
pub fn check(policy: &Policy, keys: &Keys) -> Result<Vec<Option<Location>>> {
    let by_name = policy.issuer_template.is_none() && policy.trust_domain.is_none();
    if (by_name && policy.issuers.is_empty()) || policy.issuers.iter().any(String::is_empty) {
        return Err(Error::option("issuer", "must name at least one issuer, and none may be empty"));
    }
    if policy.algorithms.is_empty() {
        return Err(Error::option("algorithms", "must name at least one algorithm"));
    }
    if matches!(&policy.audience, jwt::Audience::AnyOf(names) if names.is_empty()) {
        return Err(Error::option("audience", "must name at least one audience, or be null to leave it unchecked"));
    }
    let is_long = |path: &str| path.matches('.').count() >= MAX_PATH_NAMES;
    let problem = "must be a path of at most 16 names";
    if let Some(rule) = policy.claims.iter().find(|rule| is_long(&rule.claim)) {
        return Err(Error::option(format!("claims.{}", rule.claim), problem));
    }
    if policy.required_claims.iter().any(|path| is_long(path)) {
        return Err(Error::option("requiredClaims", "must be names, or paths of at most 16 names"));
    }
    if !policy.http_hosts.iter().all(|host| url::is_host(host)) {
        let problem = "must be exact names of hosts, as in `keycloak`: no scheme, port or `*`";
        return Err(Error::option("dangerouslyAllowHttpHosts", problem));
    }
    let hosts = &policy.http_hosts;
    match keys {
        Keys::Discovery | Keys::Metadata if policy.issuer_template.is_some() => {
            Err(Error::option("jwks", "is required with a template, which is never made into an address"))
        }
        Keys::Discovery | Keys::Metadata if policy.trust_domain.is_some() => {
            Err(Error::option("bundle", "is required"))
        }
        Keys::Discovery | Keys::Metadata => {
            let location = if *keys == Keys::Metadata { Location::Metadata } else { Location::Discovery };
            let locations = policy.issuers.iter().cloned().map(location);
            locations.map(|location| location.checked(hosts).map(Some)).collect()
        }
        Keys::Url(url) => Ok(vec![Some(Location::Jwks(url.clone()).checked(hosts)?)]),
        Keys::InHand(_) => Ok(vec![None]),
    }
}

/// The keys of each issuer, remembering which source was asked.
struct Lookup<'v> {
    verifier: &'v Verifier,
    clock: Timestamp,
    source: Cell<Option<usize>>,
}

impl KeyLookup for Lookup<'_> {
    fn keys(&self, issuer: &str) -> Result<&Jwks> {
        let Verifier { policy, sources, .. } = self.verifier;
        let source = match sources.as_slice() {
            [_] => 0,
            _ => policy.issuers.iter().position(|name| name == issuer).ok_or(Error::Internal("unknown issuer"))?,
        };
        self.source.set(Some(source));
        sources[source].keys(self.clock)
    }
}
