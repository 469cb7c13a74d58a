//! Credentials that were obtained, and when they are obtained again.
//!
//! | credential | what happens |
//! |---|---|
//! | young | used |
//! | in the last quarter of its life, five minutes at most, spread at random | used, and renewed in the background |
//! | in the last twentieth, one minute at most | renewed first; used only if that fails |
//! | expired, or from a time that lies ahead | never used |
//! | could not be obtained | not asked for again until a back-off is over: 1 s, doubled each time, at most [`BACK_OFF`] |
//!
//! There is one flight for a name at a time. A flight whose name was forgotten meanwhile, or that was overtaken by a
//! later one, leaves nothing behind: what was revoked does not come back.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::exchange::{Credential, Jitter, Name};
use crate::time::Timestamp;

/// How many credentials are kept.
pub const CAPACITY: usize = 256;

/// The longest back-off.
pub const BACK_OFF: Duration = Duration::from_secs(30);

/// After this long a flight counts as lost, for instance with the request that started it. Three attempts of two steps do
/// not take longer.
pub const FLIGHT: Duration = Duration::from_secs(60);

/// How long before its expiry a credential is renewed, if it lives long enough.
const RENEWAL: Duration = Duration::from_secs(5 * 60);

/// Credentials by name.
#[derive(Debug, Default)]
pub struct Cache {
    entries: Vec<Entry>,
    flights: u64,
    looks: u64,
    /// Groups that were forgotten lately, with the number of the first flight after that.
    forgotten: Vec<(Name, u64, Timestamp)>,
}

impl Cache {
    /// An empty one.
    pub const fn new() -> Self {
        Self { entries: Vec::new(), flights: 0, looks: 0, forgotten: Vec::new() }
    }
}

#[derive(Debug)]
struct Entry {
    name: Name,
    kept: Option<Kept>,
    flight: Option<(u64, Timestamp)>,
    failure: Option<Failure>,
    /// The groups that it belongs to.
    groups: Vec<Name>,
    /// The number of the look-up that touched it last.
    looked: u64,
}

#[derive(Debug)]
struct Kept {
    credential: Credential,
    /// When it was obtained.
    from: Timestamp,
    /// When its renewal begins.
    due: Timestamp,
    /// When its renewal is waited for.
    urgent: Timestamp,
    until: Timestamp,
}

#[derive(Debug)]
struct Failure {
    error: Box<Error>,
    at: Timestamp,
    times: u32,
}

/// One attempt to obtain a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flight {
    name: Name,
    number: u64,
    forced: bool,
}

impl Flight {
    /// A number that no other flight of this cache has.
    pub fn number(self) -> u64 {
        self.number
    }
}

/// What a look-up leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What can be used at once.
    pub credential: Option<Credential>,
    /// What to do besides.
    pub next: Next,
}

/// What to do after a look-up. Where nothing could be used at once, the caller waits for it and looks again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Nothing,
    /// Another caller is obtaining it.
    InFlight(Flight),
    /// Obtain it, and hand the result to [`Cache::finish`].
    Begin(Flight),
}

impl Cache {
    /// Looks a credential up, and marks a flight as begun where one is needed. `force`: not the one that is there.
    ///
    /// # Errors
    /// The last failure, while its back-off lasts and nothing else can be used.
    pub fn find(&mut self, name: Name, force: bool, now: Timestamp) -> Result<Found> {
        self.find_living(name, Duration::ZERO, force, now)
    }

    /// The same for a caller to whom a credential is of no use unless it lives for longer than `span`.
    ///
    /// # Errors
    /// Those of [`Cache::find`].
    pub fn find_living(&mut self, name: Name, span: Duration, force: bool, now: Timestamp) -> Result<Found> {
        self.looks += 1;
        let index = self.entry(name, now);
        let entry = &mut self.entries[index];
        entry.looked = self.looks;
        let is_too_short = |kept: &Kept| span > Duration::ZERO && kept.until <= now.saturating_add(span);
        // What is too short for the caller is not good enough if no other can be had either.
        let forced = force || entry.kept.as_ref().is_some_and(is_too_short);
        let usable = entry.kept.as_ref().filter(|kept| !forced && kept.is_valid(now));
        if let Some(kept) = usable.filter(|kept| now < kept.due) {
            return Ok(Found { credential: Some(kept.credential.clone()), next: Next::Nothing });
        }
        // From here on there is none that can be used without a thought of the next one.
        let good_for_now = usable.filter(|kept| now < kept.urgent).map(|kept| kept.credential.clone());
        if let Some((number, _)) = entry.flight_at(now) {
            return Ok(Found { credential: good_for_now, next: Next::InFlight(Flight { name, number, forced }) });
        }
        if let Some(failure) = entry.failure.as_ref().filter(|failure| !force && failure.is_fresh(now)) {
            // The last minute of a life is better than none.
            return match usable {
                Some(kept) => Ok(Found { credential: Some(kept.credential.clone()), next: Next::Nothing }),
                None => Err(failure.error.clone()),
            };
        }
        let number = self.flights;
        self.flights += 1;
        entry.flight = Some((number, now));
        Ok(Found { credential: good_for_now, next: Next::Begin(Flight { name, number, forced }) })
    }

    /// Ends a flight. Returns what its caller gets: where it failed, what was there before, if that is still good and was not
    /// to be replaced at any price.
    ///
    /// # Errors
    /// The failure.
    pub fn finish(
        &mut self,
        flight: Flight,
        outcome: Result<Credential>,
        jitter: Jitter,
        now: Timestamp,
    ) -> Result<Credential> {
        let Some(index) = self.in_flight(flight) else { return outcome };
        let entry = &mut self.entries[index];
        entry.flight = None;
        match &outcome {
            Ok(credential) => {
                entry.kept = Kept::new(credential, jitter, now);
                entry.failure = None;
            }
            Err(error) => {
                let times = entry.failure.as_ref().map_or(0, |failure| failure.times).saturating_add(1);
                entry.failure = Some(Failure { error: error.clone(), at: now, times });
            }
        }
        let before = entry.kept.as_ref().filter(|kept| !flight.forced && kept.is_valid(now));
        outcome.or_else(|error| before.map(|kept| kept.credential.clone()).ok_or(error))
    }

    /// Gives up a flight whose result is no longer needed.
    pub fn cancel(&mut self, flight: Flight) {
        if let Some(index) = self.in_flight(flight) {
            self.entries[index].flight = None;
        }
    }

    /// Takes a credential that another instance has obtained, in place of what the flight would bring. Returns whether it is so
    /// young that the flight can be given up.
    pub fn restore(&mut self, flight: u64, credential: &Credential, jitter: Jitter, now: Timestamp) -> bool {
        let kept = Kept::new(credential, jitter, now).filter(|kept| now < kept.due);
        let entry = self.entries.iter_mut().find(|entry| entry.flight.is_some_and(|(number, _)| number == flight));
        match (entry, kept) {
            (Some(entry), Some(kept)) => {
                entry.kept = Some(kept);
                true
            }
            _ => false,
        }
    }

    /// Forgets a credential, and whatever a flight for it still brings.
    pub fn forget(&mut self, name: Name) {
        self.position(name).map(|index| self.entries.swap_remove(index));
    }

    /// Puts what a flight brings into groups, so that it can be forgotten with others. Groups that turn out only with the
    /// answer are given before [`Cache::finish`]: one of them may have been forgotten meanwhile.
    pub fn group(&mut self, flight: Flight, groups: Vec<Name>) {
        let Some(index) = self.in_flight(flight) else { return };
        let is_gone = |&(group, first, _): &(Name, u64, Timestamp)| flight.number < first && groups.contains(&group);
        if self.forgotten.iter().any(is_gone) {
            self.forget(flight.name);
        } else {
            self.entries[index].groups.extend(groups);
        }
    }

    /// Forgets the credentials of a group, and whatever flights for them still bring.
    pub fn forget_group(&mut self, group: Name, now: Timestamp) {
        self.entries.retain(|entry| !entry.groups.contains(&group));
        self.forgotten.retain(|&(other, _, at)| other != group && within(FLIGHT, at, now));
        self.forgotten.push((group, self.flights, now));
    }

    /// Forgets what is kept under the flight's name, before [`Cache::finish`]: the service has taken it back, and may grant it
    /// again at any moment.
    pub fn withdraw(&mut self, flight: Flight) {
        if self.in_flight(flight).is_some() {
            self.forget(flight.name);
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    fn position(&self, name: Name) -> Option<usize> {
        self.entries.iter().position(|entry| entry.name == name)
    }

    fn in_flight(&self, flight: Flight) -> Option<usize> {
        let is_it = |entry: &Entry| entry.flight.is_some_and(|(number, _)| number == flight.number);
        self.position(flight.name).filter(|&index| is_it(&self.entries[index]))
    }

    /// Where the entry of a name is, made if there is none. What has had its time makes room, then what was not looked up
    /// for longest.
    fn entry(&mut self, name: Name, now: Timestamp) -> usize {
        if let Some(index) = self.position(name) {
            return index;
        }
        for index in (0..self.entries.len()).rev() {
            if !self.entries[index].is_of_use(now) {
                self.entries.swap_remove(index);
            }
        }
        if self.entries.len() >= CAPACITY {
            let oldest = (0..self.entries.len()).min_by_key(|&index| self.entries[index].looked);
            oldest.map(|index| self.entries.swap_remove(index));
        }
        self.entries.push(Entry {
            name,
            kept: None,
            flight: None,
            failure: None,
            groups: Vec::new(),
            looked: self.looks,
        });
        self.entries.len() - 1
    }
}

impl Entry {
    fn flight_at(&self, now: Timestamp) -> Option<(u64, Timestamp)> {
        self.flight.filter(|&(_, since)| within(FLIGHT, since, now))
    }

    fn is_of_use(&self, now: Timestamp) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.is_valid(now))
            || self.flight_at(now).is_some()
            || self.failure.as_ref().is_some_and(|failure| failure.is_fresh(now))
    }
}

impl Kept {
    /// `None` for a credential of which nobody knows how long it lives.
    fn new(credential: &Credential, mut jitter: Jitter, now: Timestamp) -> Option<Self> {
        let until = credential.expires_at()?;
        let renewal = (until.since(now) / 4).min(RENEWAL);
        let spread = jitter.share(renewal / 4);
        Some(Self {
            credential: credential.clone(),
            from: now,
            due: until.saturating_sub(renewal + spread),
            urgent: until.saturating_sub(renewal / 5),
            until,
        })
    }

    /// One that was obtained in the future is one whose age nobody knows: the clock was set back.
    fn is_valid(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

impl Failure {
    fn is_fresh(&self, now: Timestamp) -> bool {
        let back_off = Duration::from_secs(1 << self.times.saturating_sub(1).min(8)).min(BACK_OFF);
        within(back_off, self.at, now)
    }
}

/// Whether less than `span` has passed since `at`. An `at` that lies ahead has: the clock was set back, and waiting for it to
/// catch up could take for ever.
fn within(span: Duration, at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.since(at) < span
}
