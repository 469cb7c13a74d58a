//! How long a key set is used, and when it is fetched again.
//!
//! | key set | what happens |
//! |---|---|
//! | younger than [`FRESH`] | used |
//! | older | fetched again first; if that fails, the last good set is used up to [`USABLE`] |
//! | lacks a token's `kid` | fetched again, at most once per [`COOLDOWN`] |
//! | set by the caller | used, and never fetched again |
//! | could not be fetched | not asked for again until a back-off is over: 1 s, doubled each time, at most [`crate::flow::MAX_BACK_OFF`] |

use std::time::Duration;

use crate::crypto::Algorithm;
use crate::error::{Error, Result};
use crate::flow::{SingleFlight, Step, is_within};
use crate::issuer::discovery::{Location, TIMEOUT};
use crate::issuer::shared_set::{self, Fetched};
use crate::jose::Jwks;
use crate::time::Timestamp;

/// How long a fetched set is used without asking again.
pub const FRESH: Duration = Duration::from_secs(10 * 60);

/// How long the last good set is used while the issuer cannot be reached.
pub const USABLE: Duration = Duration::from_secs(24 * 60 * 60);

/// How often tokens with an unknown `kid` may cause a fetch. While such tokens keep coming, it is also how long a new key
/// can stay unknown.
pub const COOLDOWN: Duration = Duration::from_secs(5);

/// The time after which an operation counts as lost, for instance with the request that started it.
const OPERATION_TIMEOUT: Duration = TIMEOUT.saturating_add(Duration::from_secs(1));

/// The key set of one issuer over time.
#[derive(Debug)]
pub struct JwksCache {
    /// The source from which the set is fetched; `None` for keys that the caller supplies.
    location: Option<Location>,
    /// Hosts from which it may be fetched over `http`.
    http_hosts: Vec<String>,
    allowed: Vec<Algorithm>,
    loaded: Option<Loaded>,
    attempts: SingleFlight,
    unknown_kid_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Loaded {
    jwks: Jwks,
    /// `None` for keys that the caller supplied: they do not age.
    at: Option<Timestamp>,
}

/// How long keys are used, if nothing changes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// When they were loaded.
    pub from: Timestamp,
    /// Up to, but not at, this instant they need not be renewed.
    pub fresh: Timestamp,
    /// Up to, but not at, this instant they are used at all.
    pub usable: Timestamp,
}

/// The work before the keys are used.
#[derive(Debug)]
pub enum LoadKeys {
    /// Nothing: use what is there.
    NotNeeded,
    /// Another caller is fetching; wait for the answer and look again.
    InFlight,
    /// Fetch, and hand the result to [`JwksCache::finish`].
    Begin(Step<Fetched>),
}

impl JwksCache {
    /// A cache that is filled from `location`, or by [`JwksCache::set`] only.
    pub fn new(location: Option<Location>, http_hosts: Vec<String>, allowed: Vec<Algorithm>) -> Self {
        Self { location, http_hosts, allowed, loaded: None, attempts: SingleFlight::new(), unknown_kid_at: None }
    }

    /// Puts keys in that the caller has in hand. They do not age, and nothing is fetched in their place: not for an unknown
    /// `kid`, nor by an operation that is in flight.
    ///
    /// # Errors
    /// [`Error::InvalidJwks`]; the keys that were there stay.
    pub fn set(&mut self, jwks: &[u8]) -> Result<()> {
        self.loaded = Some(Loaded { jwks: Jwks::parse(jwks, &self.allowed)?, at: None });
        self.attempts.forget_failure();
        Ok(())
    }

    /// Forgets the keys that the caller has put in, so that keys are fetched again.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] where there is nowhere to fetch from.
    pub fn unset(&mut self) -> Result<()> {
        if self.location.is_none() {
            return Err(Error::option("jwks", "must be a key set: this verifier has no URL to fetch one from"));
        }
        if self.is_set() {
            self.loaded = None;
        }
        Ok(())
    }

    /// Returns whether the keys are the caller's.
    fn is_set(&self) -> bool {
        self.loaded.as_ref().is_some_and(|loaded| loaded.at.is_none())
    }

    /// Takes keys that another instance has loaded, if they are newer than those that are here and not too old to be
    /// used. Returns whether they are so fresh that the issuer need not be asked; `None` where they were not taken.
    ///
    /// # Errors
    /// [`Error::InvalidJwks`]; the keys that were there stay.
    pub fn restore(&mut self, shared: &str, now: Timestamp) -> Result<Option<bool>> {
        let (jwks, at) = shared_set::from_shared(shared, &self.allowed, now)?;
        let newer = self.loaded.as_ref().is_none_or(|loaded| loaded.at.is_some_and(|own| own < at));
        if !newer || now.since(at) > USABLE {
            return Ok(None);
        }
        self.loaded = Some(Loaded { jwks, at: Some(at) });
        Ok(Some(self.is_fresh(now)))
    }

    /// The name under which instances share these keys, if they are fetched at all.
    pub fn shared_name(&self) -> Option<String> {
        self.location.as_ref().map(Location::shared_name)
    }

    /// Aborts an operation whose result is no longer needed.
    pub fn cancel(&mut self) {
        self.attempts.cancel();
    }

    /// The keys to check with.
    ///
    /// # Errors
    /// [`Error::JwksNotLoaded`] where there are none, or the last good ones are older than [`USABLE`].
    pub fn keys(&self, now: Timestamp) -> Result<&Jwks> {
        match &self.loaded {
            // A load time that lies ahead means that the clock was set back: the age is unknown, not zero.
            Some(Loaded { jwks, at }) if at.is_none_or(|at| now.since(at) <= USABLE) => Ok(jwks),
            _ => {
                let last_failure = self.attempts.last_failure().cloned().map(Box::new);
                Err(Error::JwksNotLoaded { last_failure })
            }
        }
    }

    /// Why the issuer could not be asked the last time, if no attempt has succeeded since. A key that is missing then may exist.
    pub fn last_failure(&self) -> Option<&Error> {
        self.attempts.last_failure()
    }

    /// When the keys that are here may be used; `None` where there are none.
    pub fn lifetime(&self) -> Option<Lifetime> {
        self.loaded.as_ref().map(|loaded| match loaded.at {
            Some(at) => Lifetime { from: at, fresh: at.saturating_add(FRESH), usable: at.saturating_add(USABLE) },
            None => Lifetime { from: Timestamp::MIN, fresh: Timestamp::MAX, usable: Timestamp::MAX },
        })
    }

    /// Returns whether the keys are young enough to be used without asking the issuer again.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.lifetime().is_some_and(|lifetime| lifetime.from <= now && now < lifetime.fresh)
    }

    /// Decides whether to fetch, and marks the operation as begun if so. `unknown_kid`: a token named a key that the set
    /// lacks.
    pub fn begin_load(&mut self, unknown_kid: bool, now: Timestamp) -> LoadKeys {
        if self.is_set() {
            return LoadKeys::NotNeeded;
        }
        let Some(location) = &self.location else { return LoadKeys::NotNeeded };
        let fresh = self.is_fresh(now);
        if fresh && !unknown_kid {
            return LoadKeys::NotNeeded;
        }
        // Before the cooldown, which the operation itself has started: its response may hold the key.
        if self.attempts.in_flight(OPERATION_TIMEOUT, now).is_some() {
            return LoadKeys::InFlight;
        }
        if fresh && self.unknown_kid_at.is_some_and(|at| is_within(COOLDOWN, at, now)) {
            return LoadKeys::NotNeeded;
        }
        if self.attempts.backing_off(now).is_some() {
            return LoadKeys::NotNeeded;
        }
        if fresh {
            self.unknown_kid_at = Some(now);
        }
        // There is one at a time, and whichever ends last counts: they need no numbers.
        self.attempts.begin(0, now);
        LoadKeys::Begin(location.load(self.allowed.clone(), self.http_hosts.clone(), now))
    }

    /// Ends an operation. A failed one leaves the last good keys where they are.
    pub fn finish(&mut self, outcome: Result<Jwks>, now: Timestamp) {
        if self.is_set() {
            return self.attempts.cancel();
        }
        match outcome {
            Ok(jwks) => {
                self.loaded = Some(Loaded { jwks, at: Some(now) });
                self.attempts.succeed();
            }
            Err(error) => {
                // The cooldown is for keys that the issuer does not have. This one may exist, so the back-off decides.
                self.unknown_kid_at = None;
                self.attempts.fail(error, now);
            }
        }
    }
}
