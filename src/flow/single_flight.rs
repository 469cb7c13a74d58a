//! One attempt at a time, and a back-off after attempts that failed.

use std::time::Duration;

use crate::error::Error;
use crate::time::Timestamp;

/// The longest back-off: after the first failure it is a second, and doubles with each further one.
pub const MAX_BACK_OFF: Duration = Duration::from_secs(30);

/// The attempts to obtain one thing.
#[derive(Debug, Default)]
pub struct SingleFlight {
    attempt: Option<(u64, Timestamp)>,
    failure: Option<Failure>,
}

#[derive(Debug)]
struct Failure {
    error: Error,
    at: Timestamp,
    times: u32,
}

impl SingleFlight {
    /// Nothing attempted yet.
    pub const fn new() -> Self {
        Self { attempt: None, failure: None }
    }

    /// Marks an attempt of this number as begun.
    pub fn begin(&mut self, number: u64, now: Timestamp) {
        self.attempt = Some((number, now));
    }

    /// The number of the attempt that was begun last and has not ended, however long ago.
    pub fn attempt(&self) -> Option<u64> {
        self.attempt.map(|(number, _)| number)
    }

    /// The number of the attempt in flight. After `timeout` an attempt counts as lost, for instance with the request that
    /// started it.
    pub fn in_flight(&self, timeout: Duration, now: Timestamp) -> Option<u64> {
        self.attempt.filter(|&(_, since)| is_within(timeout, since, now)).map(|(number, _)| number)
    }

    /// Ends the attempt without a result.
    pub fn cancel(&mut self) {
        self.attempt = None;
    }

    /// Forgets the last failure: what it was about has been obtained otherwise.
    pub fn forget_failure(&mut self) {
        self.failure = None;
    }

    /// Ends the attempt with a result.
    pub fn succeed(&mut self) {
        *self = Self::new();
    }

    /// Ends the attempt with a failure.
    pub fn fail(&mut self, error: Error, now: Timestamp) {
        let times = self.failure.as_ref().map_or(0, |failure| failure.times).saturating_add(1);
        *self = Self { attempt: None, failure: Some(Failure { error, at: now, times }) };
    }

    /// The last failure, if no attempt has succeeded since.
    pub fn last_failure(&self) -> Option<&Error> {
        self.failure.as_ref().map(|failure| &failure.error)
    }

    /// The last failure while its back-off lasts.
    pub fn backing_off(&self, now: Timestamp) -> Option<&Error> {
        let lasts = |failure: &&Failure| {
            let back_off = Duration::from_secs(1 << failure.times.saturating_sub(1).min(8)).min(MAX_BACK_OFF);
            is_within(back_off, failure.at, now)
        };
        self.failure.as_ref().filter(lasts).map(|failure| &failure.error)
    }
}

/// Returns whether less than `span` has passed since `at`. An `at` that lies ahead has: the clock was set back, and waiting for it to
/// catch up could take for ever.
pub fn is_within(span: Duration, at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.since(at) < span
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    #[test]
    fn an_attempt_is_in_flight_until_it_ends_or_times_out() {
        let mut flight = SingleFlight::new();
        let timeout = Duration::from_secs(5);
        assert_eq!(flight.in_flight(timeout, at(0)), None);
        flight.begin(7, at(10));
        assert_eq!((flight.in_flight(timeout, at(14)), flight.in_flight(timeout, at(15))), (Some(7), None));
        assert_eq!(flight.in_flight(timeout, at(9)), None, "the clock was set back");
        assert_eq!(flight.attempt(), Some(7));
        flight.cancel();
        assert_eq!(flight.in_flight(timeout, at(14)), None);
    }

    #[test]
    fn the_back_off_doubles_up_to_a_bound_and_a_success_ends_it() {
        let mut flight = SingleFlight::new();
        for (failures, seconds) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 30), (7, 30), (40, 30)] {
            let mut flight = SingleFlight::new();
            (0..failures).for_each(|_| flight.fail(Error::AlgorithmNotAllowed, at(100)));
            assert!(flight.backing_off(at(100 + seconds - 1)).is_some(), "{failures}");
            assert!(flight.backing_off(at(100 + seconds)).is_none(), "{failures}");
        }
        flight.fail(Error::AlgorithmNotAllowed, at(100));
        assert_eq!(flight.last_failure(), Some(&Error::AlgorithmNotAllowed));
        assert!(flight.backing_off(at(99)).is_none(), "the clock was set back");
        flight.succeed();
        assert_eq!((flight.last_failure(), flight.backing_off(at(100))), (None, None));
    }
}
