//! Verifiers at their edges: keys that two issuers share, the age of shared keys, an aborted fetch, messages about options.

use countersign::Error;
use countersign::encoding::json::Document;
use countersign::flow::{Outcome, Step};
use countersign::issuer::jwks_cache::LoadKeys;
use countersign::issuer::{KeyRefresh, Keys, Profile, VercelVerifierOptions, Verifier, VerifierOptions, explain};
use countersign::jose::Scratch;
use countersign::jwt::{Audience, Policy};
use countersign::options;
use serde_json::{Value, json};

use crate::issuer::{FIRST, at, claims, claims_with, jwks, policy};

const ANY: KeyRefresh = KeyRefresh { source: 0, unknown_kid: false };

fn fetching() -> Verifier {
    let url = "https://oidc.vercel.com/acme/.well-known/jwks";
    Verifier::new(policy(), Profile::Vercel, Keys::Url(url.into())).expect("a verifier")
}

#[test]
fn two_issuers_share_the_keys_in_hand() {
    let issuers = ["https://one.example", "https://two.example"].map(str::to_owned);
    let policy = Policy { issuers: issuers.to_vec(), ..Policy::new("", Audience::Unchecked) };
    let verifier = Verifier::new(policy, Profile::Plain, Keys::InHand(jwks(&[FIRST.jwk()]))).expect("a verifier");
    for issuer in &issuers {
        let token = FIRST.sign(&claims_with(json!({ "iss": issuer })));
        let mut scratch = Scratch::default();
        let attempt = verifier.verify(token.as_bytes(), at(1), at(1), &mut scratch);
        assert!(attempt.result.is_ok(), "{issuer}");
    }
    assert_eq!(verifier.sources().len(), 1);
}

/// The text under which another instance shares keys that it fetched at this second.
fn shared(clock: i64) -> String {
    let LoadKeys::Begin(Step::Fetch(_, pending)) = fetching().begin_load(ANY, at(clock)) else { panic!("no request") };
    let answer = Outcome::answered(200, jwks(&[FIRST.jwk()]));
    let Ok(Step::Done(fetched)) = pending.resume(answer, at(clock)) else { panic!("no keys") };
    fetched.to_shared(at(clock))
}

#[test]
fn shared_keys_are_taken_up_to_the_age_of_a_day() {
    let restored = |clock| fetching().source_mut(0).unwrap().restore(&shared(0), at(clock)).unwrap();
    assert_eq!(restored(86_400), Some(false));
    assert_eq!(restored(86_401), None);
}

#[test]
fn only_newer_keys_replace_those_that_were_shared_before() {
    let restored = |seconds: i64| {
        let mut verifier = fetching();
        let source = verifier.source_mut(0).unwrap();
        assert_eq!(source.restore(&shared(10), at(20)), Ok(Some(true)));
        source.restore(&shared(seconds), at(20)).unwrap()
    };
    assert_eq!([restored(9), restored(10), restored(11)], [None, None, Some(true)]);
}

#[test]
fn an_aborted_fetch_makes_room_for_another() {
    let mut verifier = fetching();
    assert!(matches!(verifier.begin_load(ANY, at(0)), LoadKeys::Begin(_)));
    assert!(matches!(verifier.begin_load(ANY, at(0)), LoadKeys::InFlight));
    verifier.source_mut(0).unwrap().cancel();
    assert!(matches!(verifier.begin_load(ANY, at(0)), LoadKeys::Begin(_)));
}

#[test]
fn the_longest_token_is_that_of_the_policy() {
    let policy = Policy { max_token_bytes: 4321, ..policy() };
    let keys = Keys::InHand(jwks(&[FIRST.jwk()]));
    assert_eq!(Verifier::new(policy, Profile::Vercel, keys).expect("a verifier").max_token_bytes(), 4321);
}

/// The option that is refused, and why.
fn refused(result: Result<Verifier, Error>) -> (String, String) {
    match result {
        Err(Error::InvalidOption { option, problem }) => (option.into_owned(), problem.into_owned()),
        other => panic!("{other:?}"),
    }
}

fn plain(changes: Value) -> (String, String) {
    let mut members = json!({"issuer": "https://issuer.example", "audience": "api"});
    for (name, value) in changes.as_object().expect("an object") {
        members[name] = value.clone();
    }
    let members = serde_json::from_value(members).expect("options");
    refused(options::read::<VerifierOptions>(&members, &[]).and_then(|read| read.into_verifier(None)))
}

fn vercel(changes: Value) -> (String, String) {
    let mut members = json!({"team": "acme"});
    for (name, value) in changes.as_object().expect("an object") {
        members[name] = value.clone();
    }
    let members = serde_json::from_value(members).expect("options");
    refused(options::read::<VercelVerifierOptions>(&members, &[]).and_then(|read| read.into_verifier(None)))
}

#[test]
fn the_message_about_an_option_says_what_it_must_be() {
    let says = |(option, problem): (String, String), name: &str, words: &str| {
        assert!(option == name && problem.contains(words), "{option} {problem}");
    };
    says(plain(json!({"claims": 7})), "claims", "an object of rules");
    says(plain(json!({"issuer": 7})), "issuer", "a string, an array of strings or a template");
    let template = json!({"template": "https://idp.example/{t}", "claim": "t", "values": 7});
    says(plain(json!({"issuer": template})), "issuer.values", "an array of strings, none of them empty, or `any`");
    says(vercel(json!({"projects": 7})), "projects", "an array of `{ projectId, environment }`, at least one");
    let several = json!({"projectId": ["prj_1", "*"], "environment": "production"});
    says(vercel(several), "projectId", "must be `*` alone, or names without it");
}

#[test]
fn what_vercel_adds_is_explained_as_well() {
    let policy = policy();
    let found = |profile, changes: Value| {
        let claims = claims_with(changes).to_string();
        let claims = Document::parse(claims.as_bytes()).expect("JSON");
        let found = explain(&policy, profile, None, claims.root(), None).expect("an object");
        found.into_iter().map(|one| (one.name.to_string(), one.wanted, one.result.is_ok())).collect::<Vec<_>>()
    };
    let plain = found(Profile::Plain, claims());
    let vercel = found(Profile::Vercel, claims());
    assert!(!plain.is_empty() && vercel[..plain.len()] == plain);
    let subject = "owner:<owner>:project:<project>:environment:<environment>".to_owned();
    let issuers = vec!["https://oidc.vercel.com".to_owned(), "https://oidc.vercel.com/acme".to_owned()];
    assert_eq!(vercel[plain.len()..], [("sub".to_owned(), vec![subject], true), ("iss".to_owned(), issuers, true)]);
    let other = found(Profile::Vercel, json!({"iss": "https://oidc.vercel.com/other"}));
    assert_eq!(other.last().map(|(name, _, is_ok)| (&**name, *is_ok)), Some(("iss", false)));
}
