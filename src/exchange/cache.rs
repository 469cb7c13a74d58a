//! Credentials that were obtained, and when they are obtained again.
//!
//! | credential | what happens |
//! |---|---|
//! | young | used |
//! | in the last quarter of its life, five minutes at most, spread at random | used, and renewed in the background |
//! | in the last twentieth, one minute at most | renewed first; used only if that fails |
//! | expired, or from a time that lies ahead | never used |
//! | could not be obtained | not asked for again until a back-off is over: 1 s, doubled each time, at most [`crate::flow::MAX_BACK_OFF`] |
//!
//! A cache key has one operation at a time. An operation whose key was forgotten meanwhile, or that was overtaken by a
//! later one, leaves nothing behind, so that a revoked credential is not cached again.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::exchange::cache_key::CacheKey;
use crate::exchange::credential::Credential;
use crate::exchange::retry::Jitter;
use crate::flow::{SingleFlight, is_within};
use crate::time::Timestamp;

/// How many credentials are kept, unless the host sets another bound.
pub const CAPACITY: usize = 256;

/// The largest bound. A look-up compares keys one by one.
pub const MAX_CAPACITY: usize = 65_536;

/// The time after which an operation counts as lost, for instance with the request that started it. Three attempts of two steps do
/// not take longer.
pub const OPERATION_TIMEOUT: Duration = Duration::from_secs(60);

/// How long before its expiry a credential is renewed, if it lives long enough.
const RENEWAL: Duration = Duration::from_secs(5 * 60);

/// Credentials by cache key.
#[derive(Debug)]
pub struct Cache {
    capacity: usize,
    entries: Vec<Entry>,
    operations: u64,
    looks: u64,
    /// How many credentials have made room while they were still of use.
    evicted: u64,
    /// Groups that were forgotten lately, with the number of the first operation after that.
    forgotten: Vec<(CacheKey, u64, Timestamp)>,
}

impl Default for Cache {
    fn default() -> Self {
        Self::new()
    }
}

impl Cache {
    /// An empty cache.
    pub const fn new() -> Self {
        Self::numbered_from(0)
    }

    /// An empty cache whose operations have numbers from here on, so that they differ from those of another cache.
    pub const fn numbered_from(first: u64) -> Self {
        Self { capacity: CAPACITY, entries: Vec::new(), operations: first, looks: 0, evicted: 0, forgotten: Vec::new() }
    }
}

#[derive(Debug)]
struct Entry {
    key: CacheKey,
    cached: Option<CachedCredential>,
    attempts: SingleFlight,
    /// The groups that it belongs to.
    groups: Vec<CacheKey>,
    /// The number of the look-up that touched it last.
    looked: u64,
}

#[derive(Debug)]
struct CachedCredential {
    credential: Credential,
    /// When it was obtained.
    from: Timestamp,
    /// When its renewal begins.
    refresh_at: Timestamp,
    /// When its renewal is waited for.
    must_refresh_at: Timestamp,
    until: Timestamp,
}

/// One attempt to obtain a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    key: CacheKey,
    number: u64,
    forced: bool,
}

impl Operation {
    /// A number that no other operation of this cache has.
    pub fn number(self) -> u64 {
        self.number
    }
}

/// How full a cache is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Credentials that are kept or being obtained.
    pub credentials: usize,
    /// The bound.
    pub max_credentials: usize,
    /// Credentials that made room while they were still of use.
    pub evicted: u64,
}

/// The result of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// A credential that can be used at once.
    pub credential: Option<Credential>,
    /// The work to do besides.
    pub next: Next,
}

/// The work after a look-up. Where no credential could be used at once, the caller waits for it and looks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// Another caller is obtaining it.
    InFlight(Operation),
    /// Obtain it, and hand the result to [`Cache::finish`].
    Begin(Operation),
}

impl Cache {
    /// Looks a credential up, and marks an operation as begun where one is needed. `force`: not the one that is there.
    ///
    /// # Errors
    /// The last failure, while its back-off lasts and nothing else can be used.
    pub fn find(&mut self, key: CacheKey, force: bool, now: Timestamp) -> Result<Found> {
        self.find_valid_for(key, Duration::ZERO, force, now)
    }

    /// The same for a caller to whom a credential is of no use unless it lives for longer than `span`.
    ///
    /// # Errors
    /// Those of [`Cache::find`].
    pub fn find_valid_for(&mut self, key: CacheKey, span: Duration, force: bool, now: Timestamp) -> Result<Found> {
        self.looks += 1;
        let index = self.entry(key, now);
        let entry = &mut self.entries[index];
        entry.looked = self.looks;
        let is_too_short =
            |cached: &CachedCredential| span > Duration::ZERO && cached.until <= now.saturating_add(span);
        // What is too short for the caller is not good enough if no other can be had either.
        let forced = force || entry.cached.as_ref().is_some_and(is_too_short);
        let usable = entry.cached.as_ref().filter(|cached| !forced && cached.is_valid(now));
        if let Some(cached) = usable.filter(|cached| now < cached.refresh_at) {
            return Ok(Found { credential: Some(cached.credential.clone()), next: Next::Nothing });
        }
        // From here on there is none that can be used without a thought of the next one.
        let good_for_now = usable.filter(|cached| now < cached.must_refresh_at).map(|cached| cached.credential.clone());
        if let Some(number) = entry.attempts.in_flight(OPERATION_TIMEOUT, now) {
            return Ok(Found { credential: good_for_now, next: Next::InFlight(Operation { key, number, forced }) });
        }
        if let Some(failure) = entry.attempts.backing_off(now).filter(|_| !force) {
            // The last minute of a life is better than none.
            return match usable {
                Some(cached) => Ok(Found { credential: Some(cached.credential.clone()), next: Next::Nothing }),
                None => Err(failure.clone()),
            };
        }
        let number = self.operations;
        self.operations += 1;
        entry.attempts.begin(number, now);
        Ok(Found { credential: good_for_now, next: Next::Begin(Operation { key, number, forced }) })
    }

    /// Ends an operation. Returns what its caller gets: where it failed, what was there before, if that is still good and was not
    /// to be replaced at any price.
    ///
    /// # Errors
    /// The failure.
    pub fn finish(
        &mut self,
        operation: Operation,
        outcome: Result<Credential>,
        jitter: Jitter,
        now: Timestamp,
    ) -> Result<Credential> {
        let Some(index) = self.in_flight(operation) else { return outcome };
        let entry = &mut self.entries[index];
        match &outcome {
            Ok(credential) => {
                entry.cached = CachedCredential::new(credential, jitter, now);
                entry.attempts.succeed();
            }
            Err(error) => {
                entry.attempts.fail(error.clone(), now);
            }
        }
        let before = entry.cached.as_ref().filter(|cached| !operation.forced && cached.is_valid(now));
        outcome.or_else(|error| before.map(|cached| cached.credential.clone()).ok_or(error))
    }

    /// Aborts an operation whose result is no longer needed.
    pub fn cancel(&mut self, operation: Operation) {
        if let Some(index) = self.in_flight(operation) {
            self.entries[index].attempts.cancel();
        }
    }

    /// Takes a credential that another instance has obtained, in place of what the operation would bring. Returns whether it is so
    /// young that the operation can be aborted.
    pub fn restore(&mut self, operation: u64, credential: &Credential, jitter: Jitter, now: Timestamp) -> bool {
        let cached = CachedCredential::new(credential, jitter, now).filter(|cached| now < cached.refresh_at);
        let entry = self.entries.iter_mut().find(|entry| entry.attempts.attempt() == Some(operation));
        match (entry, cached) {
            (Some(entry), Some(cached)) => {
                entry.cached = Some(cached);
                true
            }
            _ => false,
        }
    }

    /// Forgets a credential, and whatever an operation for it still brings.
    pub fn forget(&mut self, key: CacheKey) {
        self.position(key).map(|index| self.entries.swap_remove(index));
    }

    /// Puts what an operation brings into groups, so that it can be forgotten with others. Groups that turn out only with the
    /// answer are given before [`Cache::finish`]: one of them may have been forgotten meanwhile.
    pub fn group(&mut self, operation: Operation, groups: Vec<CacheKey>) {
        let Some(index) = self.in_flight(operation) else { return };
        let is_gone =
            |&(group, first, _): &(CacheKey, u64, Timestamp)| operation.number < first && groups.contains(&group);
        if self.forgotten.iter().any(is_gone) {
            self.forget(operation.key);
        } else {
            self.entries[index].groups.extend(groups);
        }
    }

    /// Forgets the credentials of a group, and whatever operations for them still bring.
    pub fn forget_group(&mut self, group: CacheKey, now: Timestamp) {
        self.entries.retain(|entry| !entry.groups.contains(&group));
        self.forgotten.retain(|&(other, _, at)| other != group && is_within(OPERATION_TIMEOUT, at, now));
        self.forgotten.push((group, self.operations, now));
    }

    /// Forgets what is cached under the key of the operation, before [`Cache::finish`]: the service has taken it back, and may grant it
    /// again at any moment.
    pub fn withdraw(&mut self, operation: Operation) {
        if self.in_flight(operation).is_some() {
            self.forget(operation.key);
        }
    }

    /// Sets how many credentials are kept. What is more than that goes with the next one that is new.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] naming `maxCredentials`.
    pub fn set_capacity(&mut self, capacity: usize) -> Result<()> {
        if !(1..=MAX_CAPACITY).contains(&capacity) {
            return Err(Error::option("maxCredentials", "must be a whole number from 1 to 65536"));
        }
        self.capacity = capacity;
        Ok(())
    }

    /// How full it is, and how often it was too small.
    pub fn usage(&self) -> Usage {
        Usage { credentials: self.entries.len(), max_credentials: self.capacity, evicted: self.evicted }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    fn position(&self, key: CacheKey) -> Option<usize> {
        self.entries.iter().position(|entry| entry.key == key)
    }

    fn in_flight(&self, operation: Operation) -> Option<usize> {
        let is_it = |entry: &Entry| entry.attempts.attempt() == Some(operation.number);
        self.position(operation.key).filter(|&index| is_it(&self.entries[index]))
    }

    /// The position of the entry of a key, made if it is missing. What has had its time makes room, then what was not looked up
    /// for longest. An operation in flight stays. Credentials in groups are those of Vercel Connect: they are billed, and go last.
    fn entry(&mut self, key: CacheKey, now: Timestamp) -> usize {
        if let Some(index) = self.position(key) {
            return index;
        }
        for index in (0..self.entries.len()).rev() {
            if !self.entries[index].is_of_use(now) {
                self.entries.swap_remove(index);
            }
        }
        while self.entries.len() >= self.capacity {
            let idle = (0..self.entries.len())
                .filter(|&index| self.entries[index].attempts.in_flight(OPERATION_TIMEOUT, now).is_none());
            let rank = |&index: &usize| (!self.entries[index].groups.is_empty(), self.entries[index].looked);
            let Some(oldest) = idle.min_by_key(rank) else { break };
            self.entries.swap_remove(oldest);
            self.evicted += 1;
        }
        self.entries.push(Entry {
            key,
            cached: None,
            attempts: SingleFlight::new(),
            groups: Vec::new(),
            looked: self.looks,
        });
        self.entries.len() - 1
    }
}

impl Entry {
    fn is_of_use(&self, now: Timestamp) -> bool {
        self.cached.as_ref().is_some_and(|cached| cached.is_valid(now))
            || self.attempts.in_flight(OPERATION_TIMEOUT, now).is_some()
            || self.attempts.backing_off(now).is_some()
    }
}

impl CachedCredential {
    /// `None` for a credential without a known expiry.
    fn new(credential: &Credential, mut jitter: Jitter, now: Timestamp) -> Option<Self> {
        let until = credential.expires_at()?;
        let renewal = (until.since(now) / 4).min(RENEWAL);
        let spread = jitter.share(renewal / 4);
        Some(Self {
            credential: credential.clone(),
            from: now,
            refresh_at: until.saturating_sub(renewal + spread),
            must_refresh_at: until.saturating_sub(renewal / 5),
            until,
        })
    }

    /// A credential that was obtained in the future has an unknown age: the clock was set back.
    fn is_valid(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::cache_key::CacheKeys;

    /// Operations that count as lost need no memory of the groups that they might belong to.
    #[test]
    fn forgotten_groups_are_remembered_once_each_and_only_as_long_as_an_operation_may_take() {
        let at = |seconds: i64| Timestamp::from_seconds(1_760_000_000 + seconds).unwrap();
        let group = |name: &str| CacheKeys::new([7; 32]).group(&name);
        let mut cache = Cache::new();
        for _ in 0..3 {
            cache.forget_group(group("a"), at(0));
            cache.forget_group(group("b"), at(1));
        }
        assert_eq!(cache.forgotten.len(), 2);
        cache.forget_group(group("c"), at(60));
        let remembered: Vec<CacheKey> = cache.forgotten.iter().map(|&(group, _, _)| group).collect();
        assert_eq!(remembered, [group("b"), group("c")]);
    }
}
