//! The credential cache in the microsecond in which something changes, and with credentials of another instance.

use countersign::error::{Error, FetchFailure, Provider};
use countersign::exchange::cache::{Cache, Found, Next, Operation};
use countersign::exchange::{CacheIdentity, CacheKey, CacheKeys, Credential, Jitter};
use countersign::time::Timestamp;

use super::{NOW, at, secret};

fn key() -> CacheKey {
    CacheKeys::new([7; 32]).of(&CacheIdentity::presenting(secret("a.b.c")), &"for this")
}

fn credential(value: &str, expires_at: &str) -> Credential {
    Credential::from_json(format!(r#"{{"value":"{value}","expiresAt":{expires_at}}}"#)).expect("a credential")
}

fn look(cache: &mut Cache, now: Timestamp) -> Found {
    cache.find(key(), false, now).expect("no failure")
}

fn begin(cache: &mut Cache, now: Timestamp) -> Operation {
    match look(cache, now).next {
        Next::Begin(operation) => operation,
        other => panic!("{other:?}"),
    }
}

/// A life of four microseconds is too short for a spread.
#[test]
fn a_renewal_begins_in_the_first_microsecond_of_the_last_quarter() {
    let after = |micros| Timestamp::from_micros(NOW * 1_000_000 + micros).expect("an instant");
    let mut cache = Cache::default();
    let operation = begin(&mut cache, at(NOW));
    let first = credential("first", &format!("{NOW}.000004"));
    cache.finish(operation, Ok(first.clone()), Jitter::new(1), at(NOW)).expect("a credential");
    assert_eq!(look(&mut cache, after(2)), Found { credential: Some(first.clone()), next: Next::Nothing });
    let found = look(&mut cache, after(3));
    assert_eq!(found.credential, Some(first), "it is used meanwhile");
    assert!(matches!(found.next, Next::Begin(_)));
}

#[test]
fn a_credential_of_another_instance_stands_in_where_the_renewal_of_an_expired_one_fails() {
    let mut cache = Cache::default();
    let operation = begin(&mut cache, at(NOW));
    let first = credential("first", &(NOW + 3600).to_string());
    cache.finish(operation, Ok(first), Jitter::new(1), at(NOW)).expect("a credential");
    let operation = begin(&mut cache, at(NOW + 3600));
    let theirs = credential("theirs", &(NOW + 7200).to_string());
    assert!(cache.restore(operation.number(), &theirs, Jitter::new(1), at(NOW + 3600)));
    let failure = Error::ExchangeFailed(Provider::Aws, FetchFailure::Network);
    let ended = cache.finish(operation, Err(failure), Jitter::new(1), at(NOW + 3601));
    assert_eq!(ended, Ok(theirs));
}
