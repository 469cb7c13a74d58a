//! Groups that are forgotten while an operation is in flight.

use countersign::exchange::cache::{Cache, Next};
use countersign::exchange::{CacheIdentity, CacheKeys, Credential, Jitter};
use serde_json::json;

use super::{NOW, at, secret};

#[test]
fn a_group_stays_forgotten_when_another_is_forgotten_after_it() {
    let keys = CacheKeys::new([7; 32]);
    let key = keys.of(&CacheIdentity::presenting(secret("a.b.c")), &"for this");
    let kept = |forgotten: &[&str]| {
        let mut cache = Cache::default();
        let Ok(Next::Begin(operation)) = cache.find(key, false, at(NOW)).map(|found| found.next) else {
            panic!("an operation")
        };
        for group in forgotten {
            cache.forget_group(keys.group(group), at(NOW));
        }
        cache.group(operation, vec![keys.group(&"one")]);
        let credential = Credential::from_json(json!({ "expiresAt": NOW + 3600 }).to_string()).expect("a credential");
        cache.finish(operation, Ok(credential), Jitter::new(1), at(NOW)).expect("a credential");
        cache.find(key, false, at(NOW)).is_ok_and(|found| found.credential.is_some())
    };
    assert!(kept(&[]) && kept(&["two"]));
    assert!(!kept(&["one"]) && !kept(&["one", "two"]) && !kept(&["two", "one"]));
}

#[test]
fn a_key_is_printed_in_hexadecimal() {
    let key = CacheKeys::new([7; 32]).group(&"one");
    assert_eq!((format!("{key:?}"), key.to_hex().len()), (key.to_hex(), 64));
}
