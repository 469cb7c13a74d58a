//! Credentials that are forgotten together, and callers that want one to live for a while.

use std::time::Duration;

use countersign::error::{Error, Provider, Rejection};
use countersign::exchange::cache::{Cache, Next, Operation};
use countersign::exchange::{CacheIdentity, CacheKey, CacheKeys, Credential, Jitter};
use serde_json::json;

use super::{NOW, at, exchange, secret};

fn keys() -> CacheKeys {
    CacheKeys::new([7; 32])
}

fn key(token: &str) -> CacheKey {
    keys().of(&CacheIdentity::presenting(secret(token)), &"for this")
}

fn group(what: &str) -> CacheKey {
    keys().group(&what)
}

fn credential(expires_at: i64) -> Credential {
    Credential::from_json(json!({ "expiresAt": expires_at }).to_string()).expect("a credential")
}

fn begin(cache: &mut Cache, token: &str, groups: &[&str], now: i64) -> Operation {
    let Next::Begin(operation) = cache.find(key(token), false, at(now)).expect("no failure").next else {
        panic!("an operation")
    };
    cache.group(operation, groups.iter().map(|what| group(what)).collect());
    operation
}

fn complete(cache: &mut Cache, operation: Operation, now: i64) {
    cache.finish(operation, Ok(credential(now + 3600)), Jitter::new(1), at(now)).expect("a credential");
}

fn is_kept(cache: &mut Cache, token: &str, now: i64) -> bool {
    cache.find(key(token), false, at(now)).is_ok_and(|found| found.credential.is_some())
}

#[test]
fn a_group_is_forgotten_and_others_stay() {
    let mut cache = Cache::default();
    for (token, groups) in [("a", &["x", "y"][..]), ("b", &["y"]), ("c", &["x"]), ("d", &[])] {
        let operation = begin(&mut cache, token, groups, NOW);
        complete(&mut cache, operation, NOW);
    }
    cache.forget_group(group("x"), at(NOW));
    assert_eq!(["a", "b", "c", "d"].map(|token| is_kept(&mut cache, token, NOW)), [false, true, false, true]);
}

#[test]
fn what_was_asked_for_before_its_group_was_forgotten_is_not_kept() {
    let mut cache = Cache::default();
    let known = begin(&mut cache, "a", &["x"], NOW);
    let other = begin(&mut cache, "b", &["y"], NOW);
    let aliased = begin(&mut cache, "c", &["alias"], NOW);
    cache.forget_group(group("x"), at(NOW));
    let anew = begin(&mut cache, "a", &["x"], NOW);
    assert_ne!(anew, known, "nobody waits for the old one");
    for operation in [known, other] {
        complete(&mut cache, operation, NOW);
    }
    // Only the answer says that it belongs to the group.
    cache.group(aliased, vec![group("x")]);
    complete(&mut cache, aliased, NOW);
    assert_eq!(["b", "c"].map(|token| is_kept(&mut cache, token, NOW)), [true, false]);
    cache.group(anew, vec![group("x")]);
    complete(&mut cache, anew, NOW);
    assert!(is_kept(&mut cache, "a", NOW), "one that began afterwards");
}

#[test]
fn a_credential_is_of_use_to_those_for_whom_it_lives_long_enough() {
    let mut cache = Cache::default();
    let operation = begin(&mut cache, "a", &[], NOW);
    complete(&mut cache, operation, NOW);
    let mut look = |span, now| {
        let found = cache.find_valid_for(key("a"), Duration::from_secs(span), false, at(now)).expect("no failure");
        (found.credential.is_some(), found.next)
    };
    assert_eq!(look(3599, NOW), (true, Next::Nothing));
    let (usable, Next::Begin(operation)) = look(3600, NOW) else { panic!("an operation") };
    assert!(!usable);
    assert_eq!(look(0, NOW), (true, Next::Nothing), "others are not held up");
    let failure = Error::ExchangeFailed(Provider::Connect, countersign::error::FetchFailure::Network);
    let got = cache.finish(operation, Err(failure.clone()), Jitter::new(1), at(NOW));
    assert_eq!(got, Err(failure.clone()), "what is too short is not good enough");
    let again = cache.find_valid_for(key("a"), Duration::from_secs(3600), false, at(NOW));
    assert_eq!(again, Err(failure), "and the back-off holds");
    assert!(is_kept(&mut cache, "a", NOW));
}

#[test]
fn a_refusal_of_connect_takes_back_what_was_granted_and_is_not_held_against_the_next_caller() {
    let params = r#"{"subject":{"type":"app"}}"#;
    let connect = exchange("connect", json!({ "connector": "a", "params": params })).expect("a request");
    let other = exchange("vercel", json!({ "audience": "a" })).expect("a request");
    let rejection = |retryable| {
        Error::ExchangeRejected(Box::new(Rejection {
            provider: Provider::Connect,
            status: 422,
            code: Some("user_authorization_required".to_owned()),
            request_id: None,
            description: None,
            details: None,
            retryable,
        }))
    };
    assert!(connect.is_withdrawn_by(&rejection(false)));
    assert!(!connect.is_withdrawn_by(&rejection(true)), "a service that is overloaded is left alone");
    assert!(!other.is_withdrawn_by(&rejection(false)));

    let mut cache = Cache::default();
    let operation = begin(&mut cache, "a", &[], NOW);
    complete(&mut cache, operation, NOW);
    let found = cache.find(key("a"), false, at(NOW + 3300)).expect("no failure");
    let (true, Next::Begin(operation)) = (found.credential.is_some(), found.next) else { panic!("a renewal") };
    cache.withdraw(operation);
    let got = cache.finish(operation, Err(rejection(false)), Jitter::new(1), at(NOW + 3301));
    assert_eq!(got, Err(rejection(false)), "not what was there before");
    let anew = begin(&mut cache, "a", &[], NOW + 3301);
    cache.withdraw(operation);
    complete(&mut cache, anew, NOW + 3301);
    assert!(is_kept(&mut cache, "a", NOW + 3301), "a refusal that comes late takes nothing back");
}
