//! The cache of credentials: a script for each rule, and random ones against a model that has nothing in common with it but
//! the rules.

use std::collections::HashMap;

use countersign::error::{Error, FetchFailure, Provider};
use countersign::exchange::cache::{CAPACITY, Cache, Next, Operation};
use countersign::exchange::{CacheIdentity, CacheKey, CacheKeys, Credential, Jitter};
use proptest::prelude::*;
use serde_json::json;

use super::{NOW, at, secret};
use crate::issuer::{FIRST, claims_with, policy};

fn key(token: &str) -> CacheKey {
    CacheKeys::new([7; 32]).of(&CacheIdentity::presenting(secret(token)), &"for this")
}

/// A credential with a value to tell it by.
fn credential(value: &str, expires_at: i64) -> Credential {
    Credential::from_json(json!({"value": value, "expiresAt": expires_at}).to_string()).expect("a credential")
}

fn failure() -> Error {
    Error::ExchangeFailed(Provider::Aws, FetchFailure::Network)
}

/// What a look-up says in a word: the credential's value, and what to do besides.
fn look(cache: &mut Cache, token: &str, force: bool, now: i64) -> (String, Option<Operation>) {
    match cache.find(key(token), force, at(now)) {
        Ok(found) => {
            let value = found.credential.and_then(|credential| credential.get("value"));
            let value = value.map_or(String::new(), |value| value.into_exposed());
            match found.next {
                Next::Nothing => (value, None),
                Next::InFlight(_) => (value + " waits", None),
                Next::Begin(operation) => (value + " begins", Some(operation)),
            }
        }
        Err(error) => (error.code().to_owned(), None),
    }
}

fn said(cache: &mut Cache, token: &str, now: i64) -> String {
    look(cache, token, false, now).0
}

fn begin(cache: &mut Cache, token: &str, now: i64) -> Operation {
    look(cache, token, false, now).1.expect("an operation")
}

fn complete(cache: &mut Cache, operation: Operation, outcome: Result<Credential, Error>, now: i64) -> String {
    let got = cache.finish(operation, outcome, Jitter::new(1), at(now));
    got.map_or_else(
        |error| error.code().to_owned(),
        |credential| credential.get("value").expect("a value").into_exposed(),
    )
}

/// A cache with a credential `first` that was obtained at 0 and lives for an hour.
fn filled() -> Cache {
    let mut cache = Cache::default();
    let operation = begin(&mut cache, "a", NOW);
    assert_eq!(complete(&mut cache, operation, Ok(credential("first", NOW + 3600)), NOW), "first");
    cache
}

#[test]
fn one_operation_fills_the_cache_for_all() {
    let mut cache = Cache::default();
    let operation = begin(&mut cache, "a", NOW);
    for _ in 0..1000 {
        assert_eq!(said(&mut cache, "a", NOW), " waits");
    }
    assert_eq!(said(&mut cache, "b", NOW), " begins", "another caller has an operation of its own");
    assert_eq!(complete(&mut cache, operation, Ok(credential("first", NOW + 3600)), NOW), "first");
    assert_eq!(said(&mut cache, "a", NOW), "first");
    assert_eq!(said(&mut cache, "b", NOW), " waits");
}

#[test]
fn renewal_begins_in_the_background_and_is_waited_for_at_the_end() {
    let mut cache = filled();
    assert_eq!(said(&mut cache, "a", NOW + 3600 - 376), "first", "five minutes and a spread of at most 75 s");
    let operation = look(&mut cache, "a", false, NOW + 3600 - 300);
    assert_eq!(operation.0, "first begins");
    assert_eq!(said(&mut cache, "a", NOW + 3600 - 299), "first waits", "never two at once");
    assert_eq!(complete(&mut cache, operation.1.unwrap(), Err(failure()), NOW + 3600 - 299), "first");
    assert_eq!(said(&mut cache, "a", NOW + 3600 - 299), "first", "a back-off");
    let late = look(&mut cache, "a", false, NOW + 3600 - 60);
    assert_eq!(late.0, " begins", "it might not live to the end of a request");
    assert_eq!(said(&mut cache, "a", NOW + 3600 - 59), " waits");
    assert_eq!(complete(&mut cache, late.1.unwrap(), Err(failure()), NOW + 3600 - 58), "first");
    assert_eq!(said(&mut cache, "a", NOW + 3600 - 58), "first", "better than none");
    let last = begin(&mut cache, "a", NOW + 3599);
    assert_eq!(complete(&mut cache, last, Err(failure()), NOW + 3600), "ERR_EXCHANGE_FAILED");
    assert_eq!(said(&mut cache, "a", NOW + 3600), "ERR_EXCHANGE_FAILED", "never an expired one");
}

#[test]
fn a_failure_is_told_until_its_back_off_is_over() {
    let mut cache = Cache::default();
    let mut now = NOW;
    for pause in [1, 2, 4, 8, 16, 30, 30] {
        let operation = begin(&mut cache, "a", now);
        assert_eq!(complete(&mut cache, operation, Err(failure()), now), "ERR_EXCHANGE_FAILED");
        assert_eq!(said(&mut cache, "a", now + pause - 1), "ERR_EXCHANGE_FAILED");
        now += pause;
    }
    let operation = begin(&mut cache, "a", now);
    complete(&mut cache, operation, Ok(credential("x", now + 3600)), now);
    cache.forget(key("a"));
    let operation = begin(&mut cache, "a", now);
    complete(&mut cache, operation, Err(failure()), now);
    assert_eq!(said(&mut cache, "a", now + 1), " begins", "a success has ended the row");
}

#[test]
fn a_forced_refresh_asks_now_and_shares_an_operation() {
    let mut cache = filled();
    let (word, operation) = look(&mut cache, "a", true, NOW + 10);
    assert_eq!(word, " begins");
    assert_eq!(look(&mut cache, "a", true, NOW + 10).0, " waits");
    assert_eq!(said(&mut cache, "a", NOW + 10), "first", "who did not force it need not wait");
    let outcome = complete(&mut cache, operation.unwrap(), Err(failure()), NOW + 11);
    assert_eq!(outcome, "ERR_EXCHANGE_FAILED", "not the one that was to be replaced");
    let operation = look(&mut cache, "a", true, NOW + 11).1.expect("no back-off for who insists");
    assert_eq!(complete(&mut cache, operation, Ok(credential("second", NOW + 7200)), NOW + 12), "second");
    assert_eq!(said(&mut cache, "a", NOW + 12), "second");
}

#[test]
fn what_was_forgotten_is_not_put_back() {
    let mut cache = filled();
    let operation = look(&mut cache, "a", true, NOW).1.unwrap();
    cache.forget(key("a"));
    assert_eq!(complete(&mut cache, operation, Ok(credential("revoked", NOW + 3600)), NOW), "revoked");
    let again = begin(&mut cache, "a", NOW);
    assert_eq!(complete(&mut cache, operation, Ok(credential("revoked", NOW + 3600)), NOW), "revoked");
    assert_eq!(said(&mut cache, "a", NOW), " waits", "the operation of before does not complete the one of after");
    complete(&mut cache, again, Ok(credential("new", NOW + 3600)), NOW);
    cache.clear();
    assert_eq!(said(&mut cache, "a", NOW), " begins");
}

#[test]
fn a_lost_operation_is_overtaken() {
    let mut cache = Cache::default();
    let lost = begin(&mut cache, "a", NOW);
    assert_eq!(said(&mut cache, "a", NOW + 59), " waits");
    let other = begin(&mut cache, "a", NOW + 60);
    complete(&mut cache, lost, Ok(credential("old", NOW + 9999)), NOW + 61);
    assert_eq!(said(&mut cache, "a", NOW + 61), " waits");
    complete(&mut cache, other, Ok(credential("new", NOW + 3600)), NOW + 61);
    assert_eq!(said(&mut cache, "a", NOW + 61), "new");
    let given_up = look(&mut cache, "a", true, NOW + 61).1.unwrap();
    cache.cancel(given_up);
    assert_eq!(look(&mut cache, "a", true, NOW + 61).0, " begins");
}

#[test]
fn a_clock_that_jumps_serves_nothing_of_unknown_age() {
    let mut cache = filled();
    assert_eq!(said(&mut cache, "a", NOW - 1), " begins", "set back: how old it is, nobody knows");
    let mut cache = filled();
    assert_eq!(said(&mut cache, "a", NOW + 1_000_000), " begins");
    let mut cache = Cache::default();
    begin(&mut cache, "a", NOW);
    assert_eq!(said(&mut cache, "a", NOW - 86_400), " begins", "an operation from the future is not waited for");
    let mut cache = Cache::default();
    let operation = begin(&mut cache, "a", NOW);
    complete(&mut cache, operation, Err(failure()), NOW);
    assert_eq!(said(&mut cache, "a", NOW - 86_400), " begins", "nor a back-off");
}

#[test]
fn what_lives_for_an_unknown_time_is_not_kept() {
    let exchange = super::exchange("vercel", json!({})).expect("an exchange");
    let opaque = super::run(&exchange, "t.t.t", vec![super::answer(200, r#"{"token":"opaque"}"#)]).1.unwrap();
    let mut cache = Cache::default();
    let operation = begin(&mut cache, "a", NOW);
    assert_eq!(complete(&mut cache, operation, Ok(opaque), NOW), "opaque");
    assert_eq!(said(&mut cache, "a", NOW), " begins");
}

#[test]
fn the_cache_is_bounded_and_drops_what_was_not_used_for_longest() {
    let mut cache = Cache::default();
    for number in 0..CAPACITY {
        let operation = begin(&mut cache, &number.to_string(), NOW);
        complete(&mut cache, operation, Ok(credential("x", NOW + 3600)), NOW);
    }
    assert_eq!(said(&mut cache, "0", NOW), "x");
    begin(&mut cache, "one more", NOW);
    assert_eq!(said(&mut cache, "0", NOW), "x", "it was used a moment ago");
    assert_eq!(said(&mut cache, "1", NOW), " begins");
    assert_eq!(said(&mut cache, "3", NOW), "x");
}

#[test]
fn the_bound_can_be_set() {
    let mut cache = Cache::default();
    for capacity in [0, 65_537, usize::MAX] {
        assert_eq!(cache.set_capacity(capacity).expect_err("refused").code(), "ERR_INVALID_OPTION");
    }
    cache.set_capacity(1000).expect("a bound");
    let fill = |cache: &mut Cache, names: std::ops::Range<usize>| {
        for number in names {
            let operation = begin(cache, &number.to_string(), NOW);
            complete(cache, operation, Ok(credential("x", NOW + 3600)), NOW);
        }
    };
    fill(&mut cache, 0..1000);
    assert!((0..1000).all(|number| said(&mut cache, &number.to_string(), NOW) == "x"));
    cache.set_capacity(2).expect("a bound");
    fill(&mut cache, 1000..1001);
    assert_eq!(said(&mut cache, "1000", NOW), "x");
    assert_eq!(said(&mut cache, "999", NOW), "x");
    assert_eq!(said(&mut cache, "998", NOW), " begins");
}

#[test]
fn it_counts_what_makes_room_while_it_is_of_use() {
    let mut cache = Cache::default();
    cache.set_capacity(2).expect("a bound");
    let usage = |cache: &Cache| (cache.usage().credentials, cache.usage().max_credentials, cache.usage().evicted);
    assert_eq!(usage(&cache), (0, 2, 0));
    for (name, now) in [("a", NOW), ("b", NOW), ("c", NOW), ("d", NOW), ("e", NOW + 7200)] {
        let operation = begin(&mut cache, name, now);
        complete(&mut cache, operation, Ok(credential("x", now + 3600)), now);
    }
    // "a" and "b" made room; "c" and "d" had expired.
    assert_eq!(usage(&cache), (1, 2, 2));
    cache.forget(key("e"));
    assert_eq!(usage(&cache), (0, 2, 2));
}

#[test]
fn what_is_in_flight_is_not_dropped() {
    let mut cache = Cache::default();
    let operations: Vec<_> = (0..2 * CAPACITY).map(|number| begin(&mut cache, &number.to_string(), NOW)).collect();
    for (number, operation) in operations.into_iter().enumerate() {
        assert_eq!(said(&mut cache, &number.to_string(), NOW), " waits", "{number}");
        assert_eq!(complete(&mut cache, operation, Ok(credential("x", NOW + 3600)), NOW), "x");
    }
    begin(&mut cache, "one more", NOW);
    let kept = |number: &usize| {
        cache.find(key(&number.to_string()), false, at(NOW)).is_ok_and(|found| found.credential.is_some())
    };
    assert_eq!((CAPACITY + 1..2 * CAPACITY).filter(kept).count(), CAPACITY - 1);
}

#[test]
fn what_is_billed_is_dropped_last() {
    let mut cache = Cache::default();
    cache.set_capacity(2).expect("a bound");
    let billed = begin(&mut cache, "billed", NOW);
    cache.group(billed, vec![key("group")]);
    complete(&mut cache, billed, Ok(credential("x", NOW + 3600)), NOW);
    for name in ["a", "b", "c"] {
        let operation = begin(&mut cache, name, NOW);
        complete(&mut cache, operation, Ok(credential("x", NOW + 3600)), NOW);
    }
    assert_eq!(said(&mut cache, "billed", NOW), "x");
    assert_eq!(said(&mut cache, "c", NOW), "x");
}

#[test]
fn another_instance_may_have_it() {
    let mut cache = Cache::default();
    let jitter = Jitter::new(1);
    let operation = begin(&mut cache, "a", NOW);
    assert!(!cache.restore(operation.number(), &credential("old", NOW), jitter, at(NOW)), "expired");
    assert!(cache.restore(operation.number(), &credential("shared", NOW + 3600), jitter, at(NOW)));
    cache.cancel(operation);
    assert_eq!(said(&mut cache, "a", NOW), "shared");
    assert!(
        !cache.restore(operation.number(), &credential("late", NOW + 3600), jitter, at(NOW)),
        "the operation is over"
    );
    assert_eq!(said(&mut cache, "a", NOW), "shared");
    let operation = begin(&mut cache, "b", NOW);
    cache.forget(key("b"));
    assert!(!cache.restore(operation.number(), &credential("revoked", NOW + 3600), jitter, at(NOW)));
    assert_eq!(said(&mut cache, "b", NOW), " begins");
    for text in ["", "{}", r#"{"expiresAt":"x"}"#, "[]"] {
        assert!(Credential::from_json(text.to_owned()).is_err(), "{text}");
    }
}

#[test]
fn a_subject_is_named_by_verified_tokens_only() {
    let mut scratch = countersign::jose::Scratch::default();
    let jwks = countersign::jose::Jwks::parse(&crate::issuer::jwks(&[FIRST.jwk()]), &policy().algorithms).unwrap();
    let keys = CacheKeys::new([7; 32]);
    let mut of = |claims: serde_json::Value| {
        let token = FIRST.sign(&claims_with(claims));
        let verified = countersign::jwt::verify(token.as_bytes(), &jwks, &policy(), at(NOW), &mut scratch);
        let key = keys.of(&CacheIdentity::verified(&verified.unwrap()).unwrap(), &"for this");
        (key, keys.of(&CacheIdentity::presenting(secret(&token)), &"for this"))
    };
    let (first, second, other) = (of(json!({"jti": "1"})), of(json!({"jti": "2"})), of(json!({"sub": "somebody"})));
    assert_eq!(first.0, second.0, "two tokens of one subject");
    assert_ne!(first.1, second.1, "which are two callers where nobody has verified them");
    assert_ne!(first.0, other.0);
    assert_ne!(first.0, first.1);
}

/// What may happen to the cache.
#[derive(Debug, Clone)]
enum Event {
    Find {
        key: usize,
        force: bool,
    },
    /// Of the operations that have begun, this one.
    Complete {
        operation: usize,
        lives: Option<i64>,
    },
    Cancel(usize),
    Forget(usize),
    Restore {
        operation: usize,
        lives: i64,
    },
    Pass(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..3usize, prop::bool::weighted(0.2)).prop_map(|(key, force)| Event::Find { key, force }),
        4 => (any::<usize>(), prop::option::weighted(0.7, 1..2000i64)).prop_map(|(operation, lives)| Event::Complete { operation, lives }),
        1 => any::<usize>().prop_map(Event::Cancel),
        1 => (0..3usize).prop_map(Event::Forget),
        1 => (any::<usize>(), -10..2000i64).prop_map(|(operation, lives)| Event::Restore { operation, lives }),
        4 => prop_oneof![0..90i64, 0..2000i64, -500..0i64].prop_map(Event::Pass),
    ]
}

/// What the model knows of a key. It keeps everything, and asks the rules each time.
#[derive(Default)]
struct Known {
    kept: Option<(String, i64, i64)>,
    operation: Option<(usize, i64)>,
    failures: Vec<i64>,
}

impl Known {
    fn valid(&self, now: i64) -> Option<&(String, i64, i64)> {
        self.kept.as_ref().filter(|(_, from, until)| *from <= now && now < *until)
    }

    fn in_flight(&self, now: i64) -> bool {
        self.operation.is_some_and(|(_, since)| since <= now && now - since < 60)
    }

    fn backs_off(&self, now: i64) -> bool {
        let pause = (1 << self.failures.len().saturating_sub(1).min(5)).min(30);
        self.failures.last().is_some_and(|failed| *failed <= now && now - failed < pause)
    }
}

/// The cache and what is known of it.
struct World {
    cache: Cache,
    now: i64,
    made: usize,
    known: HashMap<usize, Known>,
    operations: Vec<(usize, Operation)>,
}

type Verdict = Result<(), TestCaseError>;

impl World {
    /// Whoever comes anew makes the cache drop what has had its time.
    fn known(&mut self, caller: usize) -> &mut Known {
        let now = self.now;
        if !self.known.contains_key(&caller) {
            self.known.retain(|_, known| known.valid(now).is_some() || known.in_flight(now) || known.backs_off(now));
        }
        self.known.entry(caller).or_default()
    }

    fn find(&mut self, caller: usize, force: bool) -> Verdict {
        let (now, number) = (self.now, self.operations.len());
        let (word, operation) = look(&mut self.cache, &caller.to_string(), force, now);
        self.operations.extend(operation.map(|operation| (caller, operation)));
        let known = self.known(caller);
        let (valid, in_flight, backs_off) = (known.valid(now).cloned(), known.in_flight(now), known.backs_off(now));
        let value = word.split(' ').next().unwrap_or_default();
        match value {
            "" => {}
            "ERR_EXCHANGE_FAILED" => prop_assert!(backs_off && valid.is_none() && !force),
            value => {
                prop_assert!(!force, "a forced refresh gives no old one");
                prop_assert_eq!(Some(value), valid.as_ref().map(|(value, ..)| &**value), "the last one, alive");
            }
        }
        if word.ends_with("waits") {
            prop_assert!(in_flight);
        }
        if operation.is_some() {
            prop_assert!(!in_flight, "never two at once");
            prop_assert!(force || !backs_off, "a back-off is kept");
            known.operation = Some((number, now));
        }
        let Some((kept, from, until)) = valid.filter(|_| !force) else {
            prop_assert!(operation.is_some() || in_flight || backs_off, "nothing is done for a caller with nothing");
            return Ok(());
        };
        if now - from < (until - from) / 2 {
            prop_assert_eq!(&word, &kept, "the first half of a life is carefree");
        }
        if until - now < ((until - from) / 50).min(60) && !backs_off {
            prop_assert!(value.is_empty(), "the end of a life is not handed out: {}", word);
        }
        Ok(())
    }

    fn complete(&mut self, number: usize, lives: Option<i64>) -> Verdict {
        let (now, (caller, operation)) = (self.now, self.operations[number]);
        self.made += 1;
        let value = format!("c{}", self.made);
        let outcome = lives.map(|lives| credential(&value, now + lives)).ok_or_else(failure);
        let got = complete(&mut self.cache, operation, outcome, now);
        let current = self.known.get_mut(&caller).filter(|known| known.operation.is_some_and(|(at, _)| at == number));
        if let Some(lives) = lives {
            prop_assert_eq!(&got, &value);
            if let Some(known) = current {
                *known = Known { kept: Some((value, now, now + lives)), ..Known::default() };
            }
        } else if let Some(known) = current {
            if got != "ERR_EXCHANGE_FAILED" {
                prop_assert_eq!(Some(&got), known.valid(now).map(|(value, ..)| value));
            }
            known.operation = None;
            known.failures.push(now);
        } else {
            prop_assert_eq!(got, "ERR_EXCHANGE_FAILED");
        }
        Ok(())
    }

    fn cancel(&mut self, number: usize) {
        let (caller, operation) = self.operations[number];
        self.cache.cancel(operation);
        if let Some(known) = self.known.get_mut(&caller) {
            known.operation = known.operation.filter(|(current, _)| *current != number);
        }
    }

    fn restore(&mut self, number: usize, lives: i64) -> Verdict {
        let (now, (caller, operation)) = (self.now, self.operations[number]);
        self.made += 1;
        let value = format!("c{}", self.made);
        let young = self.cache.restore(operation.number(), &credential(&value, now + lives), Jitter::new(1), at(now));
        let current = self.known.get_mut(&caller).filter(|known| known.operation.is_some_and(|(at, _)| at == number));
        prop_assert_eq!(young, lives > 0 && current.is_some());
        if let Some(known) = current.filter(|_| lives > 0) {
            known.kept = Some((value, now, now + lives));
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn the_cache_does_what_the_rules_say(events in prop::collection::vec(event(), 1..80)) {
        let cache = Cache::default();
        let mut world = World { cache, now: NOW, made: 0, known: HashMap::new(), operations: Vec::new() };
        for event in events {
            let number = |operation: usize| operation.checked_rem(world.operations.len());
            match event {
                Event::Pass(seconds) => world.now += seconds,
                Event::Find { key, force } => world.find(key, force)?,
                Event::Complete { operation, lives } => number(operation).map_or(Ok(()), |number| world.complete(number, lives))?,
                Event::Cancel(operation) => number(operation).map_or((), |number| world.cancel(number)),
                Event::Forget(caller) => {
                    world.cache.forget(key(&caller.to_string()));
                    world.known.remove(&caller);
                }
                Event::Restore { operation, lives } => number(operation).map_or(Ok(()), |number| world.restore(number, lives))?,
            }
        }
    }
}
