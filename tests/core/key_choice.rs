//! The keys that are tried, at the edges of their number.

use countersign::Error;
use countersign::error::KeyChoice;
use countersign::jose::{Jwks, Scratch};
use countersign::jwt;
use serde_json::{Value, json};

use crate::issuer::{FIRST, SECOND, at, claims, jwks, policy};

fn refusal(keys: &[Value]) -> Error {
    let policy = policy();
    let keys = Jwks::parse(&jwks(keys), &policy.algorithms).expect("a key set");
    let token = FIRST.sign(&claims());
    jwt::verify(token.as_bytes(), &keys, &policy, at(1), &mut Scratch::default()).expect_err("no key fits")
}

#[test]
fn four_keys_of_one_name_are_all_tried_and_a_fifth_is_not() {
    let mut other = SECOND.jwk();
    other["kid"] = FIRST.kid.into();
    assert_eq!(refusal(&vec![other.clone(); 4]), Error::SignatureMismatch);
    let error = refusal(&vec![other; 5]);
    let Error::NoMatchingKey { reason, .. } = error else { panic!("{error:?}") };
    assert_eq!(reason, KeyChoice::Untried { fitting: 5, tried: 4 });
}

#[test]
fn a_set_of_a_hundred_keys_is_read_to_its_end() {
    let reason = |count: usize| match refusal(&[vec![SECOND.jwk()], vec![json!({}); count - 1]].concat()) {
        Error::NoMatchingKey { reason, .. } => reason,
        error => panic!("{error:?}"),
    };
    assert_eq!(reason(100), KeyChoice::Unknown);
    assert_eq!(reason(101), KeyChoice::Unread { keys: 101, read: 100 });
}

#[test]
fn a_key_is_printed_by_its_name_and_algorithm() {
    let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &policy().algorithms).expect("a key set");
    let printed = format!("{keys:?}");
    assert!(printed.contains(FIRST.kid) && printed.contains("RS256"), "{printed}");
}
