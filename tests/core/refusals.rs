//! Inputs that one check alone refuses, just beyond what is accepted.

use countersign::Error;
use countersign::crypto::Algorithm;
use countersign::encoding::json::{Document, JsonError};
use countersign::error::KeyDocument;
use countersign::flow::{FetchFailure, Outcome, Step};
use countersign::issuer::jwks_cache::{JwksCache, LoadKeys};
use countersign::issuer::{Keys, Profile, Verifier};
use countersign::jose::Jwks;
use countersign::jwt::{Audience, Policy};
use serde_json::{Value, json};

use crate::issuer::{FIRST, SECOND, at, claims_with, jwks, policy, verdict_with};

const RS256: &[Algorithm] = &[Algorithm::RS256];

/// What a JWK Set is too long by, or too short: keys that cannot be used.
fn fillers(count: usize) -> Vec<Value> {
    vec![json!({}); count]
}

#[test]
fn an_issuer_below_a_trusted_one_is_refused_unless_allowed() {
    let seen = |issuer: &str, allow_subissuers: bool| {
        let policy = Policy { issuers: vec!["https://issuer.example/a".into()], allow_subissuers, ..policy() };
        verdict_with(&FIRST.sign(&claims_with(json!({ "iss": issuer }))), &policy, at(1))
    };
    for allow in [false, true] {
        assert_eq!(seen("https://issuer.example/a", allow), "ok");
        for other in ["", "/", "/b/", "/b/c", "//b", "b", "b/c", "?/b"] {
            let issuer = format!("https://issuer.example/a{other}");
            let expected = if other.is_empty() { "ok" } else { "iss check_failed" };
            assert_eq!(seen(&issuer, allow), expected, "{issuer}");
        }
        assert_eq!(seen("https://issuer.example", allow), "iss check_failed", "above");
    }
    assert_eq!(seen("https://issuer.example/a/b", false), "iss check_failed");
    assert_eq!(seen("https://issuer.example/a/b", true), "ok");
}

#[test]
fn an_object_of_any_size_has_no_name_twice() {
    let fault = |names: &[String]| {
        let members: Vec<_> = names.iter().map(|name| format!("\"{name}\":0")).collect();
        let text = format!("{{{}}}", members.join(","));
        Document::parse(text.as_bytes()).map(|_| ()).map_err(|JsonError(problem)| problem)
    };
    for count in 2..70 {
        let names: Vec<_> = (0..count).map(|number| format!("k{number}")).collect();
        assert_eq!(fault(&names), Ok(()), "{count} members");
        // The last member has the name of each one before it, also as an escape.
        for earlier in 0..count - 1 {
            for name in [names[earlier].clone(), names[earlier].replace('k', "\\u006b")] {
                let repeated = [&names[..count - 1], &[name]].concat();
                assert_eq!(fault(&repeated), Err("has a duplicate member name"), "{earlier} of {count}");
            }
        }
    }
}

/// Every pair of code units around the surrogates, and every single one, against the decoder of the standard library.
#[test]
fn surrogates_are_accepted_in_pairs_only() {
    let value = |units: &[u16]| {
        let text: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
        let text = format!("\"{text}\"");
        Document::parse(text.as_bytes()).ok().map(|document| document.root().as_str().expect("a string").into_owned())
    };
    for unit in 0..=u16::MAX {
        assert_eq!(value(&[unit]), String::from_utf16(&[unit]).ok(), "{unit:04x}");
    }
    let edges = [0, 0x41, 0xd7ff, 0xd800, 0xd801, 0xdbfe, 0xdbff, 0xdc00, 0xdc01, 0xdffe, 0xdfff, 0xe000, 0xffff];
    for first in edges {
        for second in edges {
            let units = [first, second];
            assert_eq!(value(&units), String::from_utf16(&units).ok(), "{units:04x?}");
            let units = [first, second, 0xdc00];
            assert_eq!(value(&units), String::from_utf16(&units).ok(), "{units:04x?}");
        }
    }
}

#[test]
fn of_a_set_the_first_hundred_keys_are_used() {
    let set = |before: usize| jwks(&[fillers(before), vec![FIRST.jwk()]].concat());
    let keys = Jwks::parse(&set(99), RS256).expect("the hundredth key is used");
    assert_eq!(keys.unusable().len(), 99);
    assert_eq!(Jwks::parse(&set(100), RS256).unwrap_err().code(), "ERR_JWKS_INVALID");
    let reports = Jwks::describe(&jwks(&[vec![SECOND.jwk()], fillers(99), vec![FIRST.jwk()]].concat()), RS256).unwrap();
    assert_eq!(reports[100].outcome, Err("comes after the first 100 keys of the set"));
}

const LIMIT: usize = 512 * 1024;

/// White space before a document, up to so many bytes.
fn filled(text: &[u8], length: usize) -> Vec<u8> {
    [&vec![b' '; length - text.len()], text].concat()
}

#[test]
fn a_body_of_the_limit_is_read_and_one_byte_more_is_not() {
    let issuer = "https://issuer.example";
    let discovery = json!({"issuer": issuer, "jwks_uri": "https://issuer.example/jwks"}).to_string().into_bytes();
    let set = jwks(&[FIRST.jwk()]);
    let policy = || Policy::new(issuer, Audience::Unchecked);
    // The bodies of both responses; the failure that ends it.
    let load = |bodies: [Vec<u8>; 2], keys: Keys| {
        let mut verifier = Verifier::new(policy(), Profile::Plain, keys).expect("a verifier");
        let refresh = countersign::issuer::KeyRefresh { source: 0, unknown_kid: false };
        let LoadKeys::Begin(mut step) = verifier.begin_load(refresh, at(0)) else { panic!("no request") };
        for body in bodies {
            let Step::Fetch(_, pending) = step else { break };
            step = match pending.resume(Outcome::answered(200, body), at(0)) {
                Ok(step) => step,
                Err(Error::JwksFetch { failure, .. }) => return Some(failure),
                Err(error) => panic!("{error}"),
            };
        }
        None
    };
    let jwks_only = || Keys::Url("https://issuer.example/jwks".into());
    for (length, expected) in [(LIMIT, None), (LIMIT + 1, Some(FetchFailure::TooLarge))] {
        let short = discovery.clone();
        assert_eq!(load([filled(&set, length), vec![]], jwks_only()), expected, "a JWK Set of {length}");
        assert_eq!(load([filled(&discovery, length), set.clone()], Keys::Discovery), expected, "discovery");
        assert_eq!(load([short, filled(&set, length)], Keys::Discovery), expected, "a JWK Set after discovery");
    }
}

/// A failure says something about the keys only until others are there, whatever way they came.
#[test]
fn a_success_ends_a_failure() {
    let lost = || Error::JwksFetch {
        failure: FetchFailure::Network,
        document: KeyDocument::Jwks,
        url: "https://issuer.example/jwks".into(),
    };
    let set = jwks(&[FIRST.jwk()]);
    let keys = || Jwks::parse(&set, RS256);
    let failed = || {
        let mut cache = JwksCache::new(None, vec![], RS256.to_vec());
        cache.finish(Err(lost()), at(0));
        assert_eq!(cache.last_failure(), Some(&lost()));
        cache
    };
    let mut cache = failed();
    cache.finish(keys(), at(1));
    assert_eq!(cache.last_failure(), None, "fetched");
    let mut cache = failed();
    cache.set(&set).unwrap();
    assert_eq!(cache.last_failure(), None, "set by the caller");
    let mut cache = failed();
    assert!(cache.set(b"{}").is_err() && cache.last_failure().is_some(), "keys that were refused");
}
