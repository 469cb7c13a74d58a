//! The key cache as a script: requests, answers and a clock of the test's, nothing else.

use std::time::Duration;

use countersign::Error;
use countersign::error::KeyDocument;
use countersign::flow::{FetchFailure, HttpRequest, Outcome, Pending, Step};
use countersign::issuer::jwks_cache::LoadKeys;
use countersign::issuer::{Attempt, Fetched, KeyRefresh, Keys, Profile, Verifier};
use countersign::jose::{Jwks, Scratch};
use countersign::jwt::{Audience, Policy};
use serde_json::{Value, json};

use crate::issuer::{FIRST, NOW, SECOND, at, claims, claims_with, jwks, options, policy};

const ANY: KeyRefresh = KeyRefresh { source: 0, unknown_kid: false };
const UNKNOWN_KID: KeyRefresh = KeyRefresh { source: 0, unknown_kid: true };
const JWKS_URL: &str = "https://oidc.vercel.com/acme/.well-known/jwks";

fn verifier() -> Verifier {
    Verifier::new(policy(), Profile::Vercel, Keys::Url(JWKS_URL.into())).expect("a verifier")
}

/// The verdict on a token that is valid whenever the keys are looked at, and the key refresh that it asks for.
fn attempt(verifier: &Verifier, token: &str, clock: i64) -> (Result<(), &'static str>, Option<KeyRefresh>) {
    let mut scratch = Scratch::default();
    let Attempt { result, key_refresh, .. } = verifier.verify(token.as_bytes(), at(1), at(clock), &mut scratch);
    (result.map(|_| ()).map_err(|error| error.code()), key_refresh)
}

fn begin(verifier: &mut Verifier, key_refresh: KeyRefresh, clock: i64) -> Option<(HttpRequest, Pending<Fetched>)> {
    match verifier.begin_load(key_refresh, at(clock)) {
        LoadKeys::Begin(Step::Fetch(request, pending)) => Some((request, pending)),
        LoadKeys::Begin(Step::Done(_)) => panic!("keys out of nothing"),
        LoadKeys::NotNeeded | LoadKeys::InFlight => None,
    }
}

fn answer(body: Vec<u8>) -> Outcome {
    Outcome::answered(200, body)
}

/// Fetches with this outcome; whether a fetch was granted.
fn fetch(verifier: &mut Verifier, key_refresh: KeyRefresh, outcome: Outcome, clock: i64) -> bool {
    let Some((_, pending)) = begin(verifier, key_refresh, clock) else { return false };
    let result = pending.resume(outcome, at(clock)).map(|step| match step {
        Step::Done(fetched) => fetched.jwks,
        Step::Fetch(request, _) => panic!("another request: {}", request.url),
    });
    verifier.finish(0, result, at(clock));
    true
}

#[test]
fn keys_are_fetched_once_and_used_for_ten_minutes() {
    let mut verifier = verifier();
    let token = FIRST.sign(&claims());
    assert_eq!(attempt(&verifier, &token, 0), (Err("ERR_JWKS_NOT_LOADED"), Some(ANY)));
    let (request, pending) = begin(&mut verifier, ANY, 0).unwrap();
    assert_eq!((request.url.as_str(), request.method.as_str()), (JWKS_URL, "GET"));
    assert_eq!((request.timeout, request.max_body_bytes), (Duration::from_secs(5), 512 * 1024));
    assert!(matches!(verifier.begin_load(ANY, at(1)), LoadKeys::InFlight), "a second caller waits");
    let Ok(Step::Done(keys)) = pending.resume(answer(jwks(&[FIRST.jwk()])), at(1)) else { panic!("no keys") };
    verifier.finish(0, Ok(keys.jwks), at(1));
    assert_eq!(attempt(&verifier, &token, 1), (Ok(()), None));
    assert_eq!(attempt(&verifier, &token, 600), (Ok(()), None));
    assert!(begin(&mut verifier, ANY, 600).is_none());
    assert_eq!(attempt(&verifier, &token, 601), (Ok(()), Some(ANY)), "usable, but to be renewed");
    assert!(begin(&mut verifier, ANY, 601).is_some());
}

#[test]
fn the_last_good_set_outlives_an_outage_of_a_day() {
    let mut verifier = verifier();
    let token = FIRST.sign(&claims());
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[FIRST.jwk()])), 0));
    for outcome in [
        Outcome::Failed(FetchFailure::Timeout),
        Outcome::Failed(FetchFailure::TooLarge),
        Outcome::answered(500, jwks(&[SECOND.jwk()])),
        Outcome::answered(302, ""),
        Outcome::answered(204, ""),
        answer(b"<html>".to_vec()),
        answer(b"{}".to_vec()),
        answer(jwks(&[])),
        answer(jwks(&[json!({"kty": "oct", "k": "AQ"})])),
        answer(vec![b' '; 512 * 1024 + 1]),
    ] {
        let mut outage = fetch_clock(&mut verifier, outcome);
        outage.truncate(1);
        assert_eq!(attempt(&verifier, &token, outage[0]).0, Ok(()));
    }
    assert_eq!(attempt(&verifier, &token, 86_400).0, Ok(()));
    assert_eq!(attempt(&verifier, &token, 86_401).0, Err("ERR_JWKS_NOT_LOADED"));
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[FIRST.jwk()])), 86_500));
    assert_eq!(attempt(&verifier, &token, 86_500), (Ok(()), None));
}

/// Finds the next instant at which a fetch is granted, and lets it end so.
fn fetch_clock(verifier: &mut Verifier, outcome: Outcome) -> Vec<i64> {
    (601..).find(|&clock| fetch(verifier, ANY, outcome.clone(), clock)).into_iter().collect()
}

#[test]
fn failed_fetches_are_spaced_out() {
    let mut verifier = verifier();
    let mut granted = Vec::new();
    for clock in 0..200 {
        if fetch(&mut verifier, ANY, Outcome::Failed(FetchFailure::Network), clock) {
            granted.push(clock);
        }
    }
    assert_eq!(granted, [0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181]);
    let (token, mut scratch) = (FIRST.sign(&claims()), Scratch::default());
    let Attempt { result, .. } = verifier.verify(token.as_bytes(), at(1), at(200), &mut scratch);
    let Err(Error::JwksNotLoaded { last_failure: Some(failure) }) = result.map(|_| ()) else { panic!("no cause") };
    let url = JWKS_URL.into();
    assert_eq!(*failure, Error::JwksFetch { failure: FetchFailure::Network, document: KeyDocument::Jwks, url });
}

#[test]
fn an_unknown_kid_is_looked_for_at_once_and_then_once_per_cooldown() {
    let mut verifier = verifier();
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[FIRST.jwk()])), 0));
    let rotated = SECOND.sign(&claims());
    assert_eq!(attempt(&verifier, &rotated, 5), (Err("ERR_JWKS_NO_MATCHING_KEY"), Some(UNKNOWN_KID)));
    assert!(fetch(&mut verifier, UNKNOWN_KID, answer(jwks(&[FIRST.jwk(), SECOND.jwk()])), 5));
    assert_eq!(attempt(&verifier, &rotated, 5), (Ok(()), None));
    assert_eq!(attempt(&verifier, &FIRST.sign(&claims()), 5), (Ok(()), None));
    let granted: Vec<i64> =
        (6..25).filter(|&clock| fetch(&mut verifier, UNKNOWN_KID, answer(jwks(&[FIRST.jwk()])), clock)).collect();
    assert_eq!(granted, [10, 15, 20]);
}

#[test]
fn a_key_that_could_not_be_looked_up_is_an_outage() {
    let mut verifier = verifier();
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[FIRST.jwk()])), 0));
    let rotated = SECOND.sign(&claims());
    let lost = || Outcome::Failed(FetchFailure::Network);
    assert!(fetch(&mut verifier, UNKNOWN_KID, lost(), 5));
    assert_eq!(attempt(&verifier, &rotated, 5), (Err("ERR_JWKS_NOT_LOADED"), Some(UNKNOWN_KID)));
    let mut scratch = Scratch::default();
    let error = verifier.verify(rotated.as_bytes(), at(5), at(5), &mut scratch).result.map(|_| ()).unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(attempt(&verifier, &FIRST.sign(&claims()), 5), (Ok(()), None), "other keys are used");
    // However many such tokens come, the back-off bounds the requests.
    let granted: Vec<i64> = (6..100).filter(|&clock| fetch(&mut verifier, UNKNOWN_KID, lost(), clock)).collect();
    assert_eq!(granted, [6, 8, 12, 20, 36, 66, 96]);
    // The issuer answers, and does not have the key.
    assert!(fetch(&mut verifier, UNKNOWN_KID, answer(jwks(&[FIRST.jwk()])), 126));
    assert_eq!(attempt(&verifier, &rotated, 126).0, Err("ERR_JWKS_NO_MATCHING_KEY"));
    assert!(!fetch(&mut verifier, UNKNOWN_KID, lost(), 130), "the cooldown of keys that do not exist");
    assert!(fetch(&mut verifier, UNKNOWN_KID, answer(jwks(&[FIRST.jwk(), SECOND.jwk()])), 131));
    assert_eq!(attempt(&verifier, &rotated, 131), (Ok(()), None));
}

#[test]
fn a_token_of_the_new_key_waits_for_the_flight_that_may_bring_it() {
    let mut verifier = verifier();
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[FIRST.jwk()])), 0));
    let operation = begin(&mut verifier, UNKNOWN_KID, 5).unwrap();
    assert!(matches!(verifier.begin_load(UNKNOWN_KID, at(5)), LoadKeys::InFlight));
    assert!(matches!(verifier.begin_load(ANY, at(5)), LoadKeys::NotNeeded), "the keys are fresh for all others");
    drop(operation);
}

#[test]
fn a_flight_that_never_ends_is_given_up() {
    let mut verifier = verifier();
    let lost = begin(&mut verifier, ANY, 0).unwrap();
    assert!(matches!(verifier.begin_load(ANY, at(5)), LoadKeys::InFlight));
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[FIRST.jwk()])), 6));
    drop(lost);
}

#[test]
fn a_clock_that_is_set_back_neither_freezes_nor_empties_the_cache() {
    let mut verifier = verifier();
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[FIRST.jwk()])), 0));
    let token = FIRST.sign(&claims());
    assert_eq!(attempt(&verifier, &token, -1_000_000), (Ok(()), Some(ANY)));
    assert!(fetch(&mut verifier, ANY, Outcome::Failed(FetchFailure::Network), -1_000_000));
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[FIRST.jwk()])), -2_000_000));
    assert_eq!(attempt(&verifier, &token, -2_000_000), (Ok(()), None));
}

#[test]
fn a_bad_key_beside_a_good_one_is_left_out() {
    let bad = |member: &str, value: Value| {
        let mut jwk = SECOND.jwk();
        jwk[member] = value;
        jwk
    };
    let bad = [
        bad("d", json!("AQ")),
        bad("use", json!("enc")),
        bad("e", json!("AQ")),
        bad("e", json!("AAIA")),
        bad("n", json!("AQAB")),
        bad("n", json!(7)),
        bad("alg", json!("RS512")),
        bad("kty", json!("oct")),
        bad("kid", json!(1)),
        json!("key"),
        json!(null),
    ];
    let mut set = bad.to_vec();
    set.push(FIRST.jwk());
    let keys = Jwks::parse(&jwks(&set), &policy().algorithms).unwrap();
    assert_eq!(
        keys.unusable().iter().map(|unusable| unusable.index).collect::<Vec<_>>(),
        (0..bad.len()).collect::<Vec<_>>()
    );
    for one in &bad {
        let error = Jwks::parse(&jwks(std::slice::from_ref(one)), &policy().algorithms).unwrap_err();
        assert_eq!(error.code(), "ERR_JWKS_INVALID", "{one}");
    }
}

#[test]
fn keys_in_hand_are_never_fetched_and_do_not_age() {
    let keys = Keys::InHand(jwks(&[FIRST.jwk()]));
    let mut verifier = Verifier::new(policy(), Profile::Vercel, keys).unwrap();
    let token = FIRST.sign(&claims());
    assert_eq!(attempt(&verifier, &token, 1_000_000_000), (Ok(()), None));
    assert_eq!(attempt(&verifier, &SECOND.sign(&claims()), 0), (Err("ERR_JWKS_NO_MATCHING_KEY"), Some(UNKNOWN_KID)));
    assert!(begin(&mut verifier, UNKNOWN_KID, 0).is_none());
    assert_eq!(verifier.set_keys(Some(b"{}")).unwrap_err().code(), "ERR_JWKS_INVALID");
    assert_eq!(attempt(&verifier, &token, 0).0, Ok(()), "keys that were refused replace nothing");
    verifier.set_keys(Some(&jwks(&[SECOND.jwk()]))).unwrap();
    assert_eq!(attempt(&verifier, &token, 0).0, Err("ERR_JWKS_NO_MATCHING_KEY"));
}

#[test]
fn keys_that_the_caller_has_set_stay_until_the_caller_sets_others() {
    let mut verifier = verifier();
    // A fetch is in flight while the keys are set.
    let (_, pending) = begin(&mut verifier, ANY, 0).expect("a fetch");
    verifier.set_keys(Some(&jwks(&[FIRST.jwk()]))).expect("keys");
    let Ok(Step::Done(fetched)) = pending.resume(answer(jwks(&[SECOND.jwk()])), at(1)) else { panic!("no keys") };
    verifier.finish(0, Ok(fetched.jwks), at(1));
    let (own, strange) = (FIRST.sign(&claims()), SECOND.sign(&claims()));
    assert_eq!(attempt(&verifier, &own, 1), (Ok(()), None));
    assert_eq!(attempt(&verifier, &strange, 1).0, Err("ERR_JWKS_NO_MATCHING_KEY"));
    // A token of a stranger, and time, cause no fetch.
    assert!(begin(&mut verifier, UNKNOWN_KID, 100).is_none());
    assert!(begin(&mut verifier, ANY, 1_000_000).is_none());
    verifier.set_keys(None).expect("a URL to fetch from");
    assert_eq!(attempt(&verifier, &own, 100), (Err("ERR_JWKS_NOT_LOADED"), Some(ANY)));
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[SECOND.jwk()])), 100));
    assert_eq!(attempt(&verifier, &strange, 100), (Ok(()), None));
    let keys = Keys::InHand(jwks(&[FIRST.jwk()]));
    let mut in_hand = Verifier::new(policy(), Profile::Vercel, keys).expect("a verifier");
    assert_eq!(in_hand.set_keys(None).unwrap_err().code(), "ERR_INVALID_OPTION");
}

const ISSUER: &str = "https://issuer.example/tenant/";

fn discovering(issuers: &[&str]) -> Verifier {
    let issuers = issuers.iter().map(|&issuer| issuer.to_owned()).collect();
    let policy = Policy { issuers, ..Policy::new("", Audience::Unchecked) };
    Verifier::new(policy, Profile::Plain, Keys::Discovery).expect("a verifier")
}

/// The URL that is asked after this discovery document, or the code of the refusal.
fn after_discovery(document: Value) -> String {
    let mut verifier = discovering(&[ISSUER]);
    let (request, pending) = begin(&mut verifier, ANY, 0).unwrap();
    assert_eq!(request.url, "https://issuer.example/tenant/.well-known/openid-configuration");
    match pending.resume(answer(document.to_string().into_bytes()), at(2)) {
        Ok(Step::Fetch(request, _)) => {
            assert_eq!(request.timeout, Duration::from_secs(3), "one time limit for both requests");
            request.url
        }
        Ok(Step::Done(_)) => "keys".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

#[test]
fn a_discovery_document_speaks_for_its_issuer_only() {
    let keys = "https://keys.example/jwks?tenant=1";
    assert_eq!(after_discovery(json!({"issuer": ISSUER, "jwks_uri": keys})), keys);
    for document in [
        json!({"issuer": "https://issuer.example/tenant", "jwks_uri": keys}),
        json!({"issuer": "https://evil.example", "jwks_uri": keys}),
        json!({"jwks_uri": keys}),
        json!({"issuer": ISSUER}),
        json!({"issuer": ISSUER, "jwks_uri": 7}),
        json!({"issuer": ISSUER, "jwks_uri": "http://keys.example/jwks"}),
        json!({"issuer": ISSUER, "jwks_uri": "http://127.0.0.1/jwks"}),
        json!({"issuer": ISSUER, "jwks_uri": "https://user@keys.example/jwks"}),
        json!([]),
    ] {
        assert_eq!(after_discovery(document.clone()), "ERR_DISCOVERY_INVALID", "{document}");
    }
}

#[test]
fn several_issuers_keep_their_keys_apart() {
    let (one, two) = ("https://one.example", "https://two.example");
    let mut verifier = discovering(&[one, two]);
    let load = |verifier: &mut Verifier, source: usize, issuer: &str, keys: &[Value]| {
        let key_refresh = KeyRefresh { source, unknown_kid: false };
        let (_, pending) = begin(verifier, key_refresh, 0).unwrap();
        let document = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/jwks")}).to_string().into_bytes();
        let Ok(Step::Fetch(request, pending)) = pending.resume(answer(document), at(0)) else { panic!("no request") };
        assert_eq!(request.url, format!("{issuer}/jwks"));
        let Ok(Step::Done(keys)) = pending.resume(answer(jwks(keys)), at(0)) else { panic!("no keys") };
        verifier.finish(source, Ok(keys.jwks), at(0));
    };
    let token = |issuer: &str, key: &crate::issuer::Key| key.sign(&claims_with(json!({ "iss": issuer })));
    load(&mut verifier, 0, one, &[FIRST.jwk()]);
    let key_refresh_two = Some(KeyRefresh { source: 1, unknown_kid: false });
    assert_eq!(attempt(&verifier, &token(two, &FIRST), 0), (Err("ERR_JWKS_NOT_LOADED"), key_refresh_two));
    load(&mut verifier, 1, two, &[SECOND.jwk()]);
    assert_eq!(attempt(&verifier, &token(one, &FIRST), 0).0, Ok(()));
    assert_eq!(attempt(&verifier, &token(two, &SECOND), 0).0, Ok(()));
    assert_eq!(attempt(&verifier, &token(one, &SECOND), 0).0, Err("ERR_JWKS_NO_MATCHING_KEY"));
    assert_eq!(attempt(&verifier, &token(two, &FIRST), 0).0, Err("ERR_JWKS_NO_MATCHING_KEY"));
    assert_eq!(verifier.set_keys(Some(&jwks(&[FIRST.jwk()]))).unwrap_err().code(), "ERR_INVALID_OPTION");
}

#[test]
fn a_vercel_token_must_say_one_thing() {
    let mut verifier = verifier();
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[FIRST.jwk()])), 0));
    let seen = |changes: Value| attempt(&verifier, &FIRST.sign(&claims_with(changes)), 0).0;
    assert_eq!(seen(json!({})), Ok(()));
    let refused = Err("ERR_JWT_CLAIM_VALIDATION_FAILED");
    assert_eq!(seen(json!({"sub": "owner:acme:project:other:environment:production"})), refused);
    assert_eq!(seen(json!({"sub": "acme/site"})), refused);
    assert_eq!(seen(json!({"sub": null})), refused);
    assert_eq!(seen(json!({"project": null})), refused);
}

#[test]
fn a_verifier_that_could_accept_nothing_is_not_made() {
    let made = |policy: Policy, keys: Keys| {
        Verifier::new(policy, Profile::Plain, keys).map(|_| ()).map_err(|error| error.code())
    };
    let plain = || Policy::new("https://issuer.example", Audience::AnyOf(vec!["api".into()]));
    let refused = Err("ERR_INVALID_OPTION");
    assert_eq!(made(plain(), Keys::Discovery), Ok(()));
    assert_eq!(made(Policy { issuers: vec![], ..plain() }, Keys::Discovery), refused);
    assert_eq!(made(Policy { issuers: vec![String::new()], ..plain() }, Keys::Discovery), refused);
    assert_eq!(made(Policy { algorithms: vec![], ..plain() }, Keys::Discovery), refused);
    assert_eq!(made(Policy { audience: Audience::AnyOf(vec![]), ..plain() }, Keys::Discovery), refused);
    assert_eq!(made(Policy::new("accounts.google.com", Audience::Unchecked), Keys::Discovery), refused);
    assert_eq!(made(plain(), Keys::Url("http://issuer.example/jwks".into())), refused);
    assert_eq!(made(plain(), Keys::Url("http://127.0.0.1:9/jwks".into())), Ok(()));
    assert_eq!(made(Policy::new("accounts.google.com", Audience::Unchecked), Keys::Url(JWKS_URL.into())), Ok(()));
    assert_eq!(made(plain(), Keys::InHand(b"{}".to_vec())), Err("ERR_JWKS_INVALID"));
    assert!(options().policy().is_ok() && NOW > 0);
}

#[test]
fn keys_pass_from_one_instance_to_another() {
    let mut first = verifier();
    let (_, pending) = begin(&mut first, ANY, 0).unwrap();
    let Ok(Step::Done(fetched)) = pending.resume(answer(jwks(&[FIRST.jwk()])), at(0)) else { panic!("no keys") };
    let shared = fetched.to_shared(at(0));
    assert_eq!(
        first.source_mut(0).unwrap().shared_name().as_deref(),
        Some("countersign:jwks:https://oidc.vercel.com/acme/.well-known/jwks")
    );
    let token = FIRST.sign(&claims());
    let restored = |clock| {
        let mut second = verifier();
        let fresh = second.source_mut(0).unwrap().restore(&shared, at(clock)).map_err(|error| error.code());
        (fresh, attempt(&second, &token, clock).0)
    };
    assert_eq!(restored(1), (Ok(Some(true)), Ok(())));
    assert_eq!(restored(599), (Ok(Some(true)), Ok(())));
    assert_eq!(restored(600), (Ok(Some(false)), Ok(())), "usable, but the issuer is to be asked");
    assert_eq!(restored(86_401), (Ok(None), Err("ERR_JWKS_NOT_LOADED")));
    assert_eq!(restored(-60), (Ok(Some(true)), Ok(())), "clocks of two machines differ a little");
    assert_eq!(restored(-61), (Err("ERR_JWKS_INVALID"), Err("ERR_JWKS_NOT_LOADED")));
}

#[test]
fn keys_from_a_store_are_checked_like_fetched_ones() {
    let set = String::from_utf8(jwks(&[FIRST.jwk()])).unwrap();
    let private = String::from_utf8(jwks(&[{
        let mut jwk = FIRST.jwk();
        jwk["d"] = "AQ".into();
        jwk
    }]))
    .unwrap();
    for text in [
        "",
        "\n",
        &set,
        &format!("x\n{set}"),
        &format!("1e9\n{set}"),
        &format!("{NOW}\n{{}}"),
        &format!("{NOW}\n{private}"),
    ] {
        let mut verifier = verifier();
        assert!(verifier.source_mut(0).unwrap().restore(text, at(0)).is_err(), "{text}");
        assert_eq!(attempt(&verifier, &FIRST.sign(&claims()), 0).0, Err("ERR_JWKS_NOT_LOADED"));
    }
    let mut verifier = verifier();
    assert!(fetch(&mut verifier, ANY, answer(jwks(&[SECOND.jwk()])), 100));
    let older = format!("{}\n{set}", NOW + 50);
    assert_eq!(verifier.source_mut(0).unwrap().restore(&older, at(100)), Ok(None));
    assert_eq!(attempt(&verifier, &SECOND.sign(&claims()), 100).0, Ok(()), "older keys replace nothing");
}
