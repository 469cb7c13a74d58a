//! What is accepted and what is not, each rule just inside and just outside its boundary.

use std::time::Duration;

use countersign::crypto::Algorithm;
use countersign::encoding::base64url;
use countersign::issuer::vercel::Options;
use countersign::issuer::{Keys, Profile, Verifier};
use countersign::jose::{Jwks, Scratch};
use countersign::jwt::{self, Audience, ClaimRule, DEFAULT_CLOCK_TOLERANCE, Policy, Typ};
use serde_json::{Value, json};

use crate::issuer::{FIRST, NOW, SECOND, at, claims, claims_with, jwks, options, policy, verdict, verdict_with};

fn with(changes: Value) -> String {
    verdict(&FIRST.sign(&claims_with(changes)))
}

#[test]
fn a_token_of_the_issuer_is_accepted() {
    assert_eq!(verdict(&FIRST.sign(&claims())), "ok");
    let policy = policy();
    let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &policy.algorithms).unwrap();
    let (token, mut scratch) = (FIRST.sign(&claims()), Scratch::default());
    let token = jwt::verify(token.as_bytes(), &keys, &policy, at(1), &mut scratch).unwrap();
    assert_eq!(serde_json::from_str::<Value>(token.claims().text()).unwrap(), claims());
    assert_eq!(token.header().get("kid").and_then(|kid| kid.as_str()).as_deref(), Some("mrk-1"));
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let token = FIRST.sign(&claims()).into_bytes();
    for index in 0..token.len() {
        for bit in 0..8 {
            let mut flipped = token.clone();
            flipped[index] ^= 1 << bit;
            let text = String::from_utf8_lossy(&flipped);
            assert_ne!(verdict(&text), "ok", "byte {index}, bit {bit}");
        }
    }
}

#[test]
fn another_key_of_the_same_name_is_refused() {
    let header = json!({"alg": "RS256", "kid": FIRST.kid}).to_string();
    assert_eq!(verdict(&SECOND.sign_texts(&header, &claims().to_string())), "ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
    assert_eq!(verdict(&SECOND.sign(&claims())), "ERR_JWKS_NO_MATCHING_KEY");
}

#[test]
fn a_token_without_kid_needs_a_set_with_one_fitting_key() {
    let token = FIRST.sign_texts(r#"{"alg":"RS256"}"#, &claims().to_string());
    assert_eq!(verdict(&token), "ok");
    let policy = policy();
    let both = Jwks::parse(&jwks(&[FIRST.jwk(), SECOND.jwk()]), &policy.algorithms).unwrap();
    let error = jwt::verify(token.as_bytes(), &both, &policy, at(1), &mut Scratch::default()).unwrap_err();
    assert_eq!(error.code(), "ERR_JWKS_NO_MATCHING_KEY");
}

#[test]
fn of_keys_with_the_same_kid_each_is_tried_up_to_four() {
    let named = |key: Value| {
        let mut key = key;
        key["kid"] = FIRST.kid.into();
        key
    };
    let token = FIRST.sign(&claims());
    let check = |keys: &[Value]| {
        let keys = Jwks::parse(&jwks(keys), &policy().algorithms).unwrap();
        jwt::verify(token.as_bytes(), &keys, &policy(), at(1), &mut Scratch::default())
            .map(|_| ())
            .map_err(|e| e.code())
    };
    let other = named(SECOND.jwk());
    assert_eq!(check(&[other.clone(), FIRST.jwk()]), Ok(()));
    assert_eq!(check(&[other.clone(), other.clone(), other.clone(), FIRST.jwk()]), Ok(()));
    let five = [other.clone(), other.clone(), other.clone(), other.clone(), FIRST.jwk()];
    assert_eq!(check(&five), Err("ERR_JWKS_NO_MATCHING_KEY"), "the fifth was not tried");
    assert_eq!(check(&[other]), Err("ERR_JWS_SIGNATURE_VERIFICATION_FAILED"));
}

#[test]
fn an_algorithm_that_is_named_twice_counts_once() {
    let twice = Policy { algorithms: vec![Algorithm::RS256, Algorithm::RS256], ..policy() };
    let token = FIRST.sign_texts(r#"{"alg":"RS256"}"#, &claims().to_string());
    assert_eq!(verdict_with(&token, &twice, at(1)), "ok");
}

#[test]
fn what_begins_between_two_microseconds_has_not_begun() {
    let seen = |claim: &str, seconds: &str, policy: &Policy, at| {
        let text = claims().to_string().replace(&format!("\"{claim}\":{NOW}"), &format!("\"{claim}\":{seconds}"));
        let header = json!({"alg": "RS256", "kid": FIRST.kid}).to_string();
        verdict_with(&FIRST.sign_texts(&header, &text), policy, at)
    };
    let late = format!("{NOW}.0000005");
    assert_eq!(seen("nbf", &late, &policy(), at(0)), "nbf early");
    assert_eq!(seen("nbf", &late, &policy(), at(1)), "ok");
    let limited = Policy { max_token_age: Some(Duration::from_secs(60)), ..policy() };
    assert_eq!(seen("iat", &late, &limited, at(0)), "iat early");
    let early = format!("{}.9999995", NOW - 1);
    assert_eq!(seen("iat", &early, &limited, at(60)), "iat expired");
    assert_eq!(seen("iat", &early, &limited, at(59)), "ok");
}

#[test]
fn every_other_tenants_token_is_refused() {
    assert_eq!(with(json!({"owner": "evil"})), "owner check_failed");
    assert_eq!(with(json!({"owner_id": "team_2"})), "owner_id check_failed");
    assert_eq!(with(json!({"project_id": "prj_2"})), "project_id check_failed");
    assert_eq!(with(json!({"environment": "preview"})), "environment check_failed");
    assert_eq!(with(json!({"iss": "https://oidc.vercel.com/evil"})), "iss check_failed");
    assert_eq!(with(json!({"aud": "https://vercel.com/evil"})), "aud check_failed");
    assert_eq!(with(json!({"project_id": null})), "project_id missing");
    assert_eq!(with(json!({"environment": ["production"]})), "environment invalid");
}

#[test]
fn the_issuer_is_compared_exactly() {
    for issuer in [
        "https://oidc.vercel.com/acme/",
        "https://oidc.vercel.com/Acme",
        "https://oidc.vercel.com",
        "https://oidc.vercel.com/acme?x",
        "https://oidc.vercel.com.evil.example/acme",
        "",
    ] {
        assert_eq!(with(json!({"iss": issuer})), "iss check_failed", "{issuer}");
    }
    assert_eq!(with(json!({"iss": ["https://oidc.vercel.com/acme"]})), "iss invalid");
    assert_eq!(with(json!({"iss": null})), "iss missing");
}

#[test]
fn the_audience_is_a_string_or_strings() {
    assert_eq!(with(json!({"aud": ["other", "https://vercel.com/acme"]})), "ok");
    assert_eq!(with(json!({"aud": ["other"]})), "aud check_failed");
    assert_eq!(with(json!({"aud": "https://vercel.com/acme2"})), "aud check_failed");
    assert_eq!(with(json!({"aud": "https://vercel.com"})), "aud check_failed");
    for invalid in [json!([]), json!({}), json!(["https://vercel.com/acme", 1]), json!(1), json!([["x"]])] {
        assert_eq!(with(json!({ "aud": invalid })), "aud invalid");
    }
    assert_eq!(with(json!({"aud": null})), "aud missing");
    let unchecked = Policy { audience: Audience::Unchecked, ..policy() };
    let token = |aud: Value| FIRST.sign(&claims_with(json!({ "aud": aud })));
    assert_eq!(verdict_with(&token(json!("anyone")), &unchecked, at(1)), "ok");
    assert_eq!(verdict_with(&token(Value::Null), &unchecked, at(1)), "ok");
    assert_eq!(verdict_with(&token(json!([1])), &unchecked, at(1)), "aud invalid");
}

#[test]
fn times_accept_one_interval() {
    let token = FIRST.sign(&claims_with(json!({"iat": NOW, "nbf": NOW + 10, "exp": NOW + 20})));
    let seen = |policy: &Policy, seconds| verdict_with(&token, policy, at(seconds));
    let strict = policy();
    assert_eq!(seen(&strict, -1), "nbf early");
    assert_eq!(seen(&strict, 9), "nbf early");
    assert_eq!(seen(&strict, 10), "ok");
    assert_eq!(seen(&strict, 19), "ok");
    assert_eq!(seen(&strict, 20), "exp expired");
    let tolerant = Policy { clock_tolerance: Duration::from_secs(5), ..policy() };
    assert_eq!(seen(&tolerant, 4), "nbf early");
    assert_eq!(seen(&tolerant, 5), "ok");
    assert_eq!(seen(&tolerant, 24), "ok");
    assert_eq!(seen(&tolerant, 25), "exp expired");
    let accepted: Vec<i64> = (-100..100).filter(|&seconds| seen(&tolerant, seconds) == "ok").collect();
    assert_eq!(accepted, (5..25).collect::<Vec<_>>());
}

#[test]
fn a_token_from_the_future_is_refused() {
    assert_eq!(with(json!({"nbf": NOW + 2})), "nbf early");
    assert_eq!(with(json!({"iat": null, "nbf": null})), "ok");
}

#[test]
fn iat_is_compared_only_with_an_age_limit() {
    let limited = Policy { max_token_age: Some(Duration::from_secs(60)), ..policy() };
    let token = |iat| FIRST.sign(&claims_with(json!({ "iat": iat })));
    assert_eq!(verdict(&token(NOW + 2)), "ok");
    assert_eq!(verdict_with(&token(NOW + 1), &limited, at(1)), "ok");
    assert_eq!(verdict_with(&token(NOW + 2), &limited, at(1)), "iat early");
}

#[test]
fn a_token_that_misses_by_less_than_a_minute_says_so() {
    let limited =
        Policy { clock_tolerance: DEFAULT_CLOCK_TOLERANCE, max_token_age: Some(Duration::from_secs(60)), ..policy() };
    let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &limited.algorithms).unwrap();
    let message = |changes, seconds| {
        let token = FIRST.sign(&claims_with(changes));
        jwt::verify(token.as_bytes(), &keys, &limited, at(seconds), &mut Scratch::default()).unwrap_err().to_string()
    };
    let expired = |seconds| message(json!({"exp": NOW + 20}), seconds);
    assert_eq!(expired(25), "the token has expired, by 1 s more than `clockTolerance` allows");
    assert_eq!(expired(27), "the token has expired, by 2 s more than `clockTolerance` allows");
    assert_eq!(
        message(json!({"exp": NOW - 54}), 10),
        "the token has expired, by 59 s more than `clockTolerance` allows"
    );
    assert_eq!(message(json!({"exp": NOW - 55}), 10), "the token has expired");
    let early = |nbf| message(json!({ "nbf": nbf }), 0);
    assert_eq!(early(NOW + 8), "claim `nbf` lies in the future, by 3 s more than `clockTolerance` allows");
    assert_eq!(early(NOW + 65), "claim `nbf` lies in the future");
    let issued = |iat| message(json!({ "iat": iat }), 0);
    assert_eq!(issued(NOW + 6), "claim `iat` lies in the future, by 1 s more than `clockTolerance` allows");
    let old = "the token was issued longer ago than `maxTokenAge` allows";
    assert_eq!(issued(NOW - 66), format!("{old}, by 1 s more than `clockTolerance` allows"));
    assert_eq!(issued(NOW - 660), old);
}

#[test]
fn an_age_limit_counts_from_iat() {
    let limited = Policy { max_token_age: Some(Duration::from_secs(60)), ..policy() };
    let token = FIRST.sign(&claims());
    assert_eq!(verdict_with(&token, &limited, at(60)), "ok");
    assert_eq!(verdict_with(&token, &limited, at(61)), "iat expired");
    let tolerant = Policy { clock_tolerance: Duration::from_secs(5), ..limited.clone() };
    assert_eq!(verdict_with(&token, &tolerant, at(65)), "ok");
    assert_eq!(verdict_with(&token, &tolerant, at(66)), "iat expired");
    assert_eq!(verdict_with(&FIRST.sign(&claims_with(json!({"iat": null}))), &limited, at(1)), "iat missing");
}

#[test]
fn times_are_numbers_of_the_calendar() {
    assert_eq!(with(json!({"exp": null})), "exp missing");
    for invalid in [json!("1718889200"), json!(true), json!([NOW]), json!({}), json!(1e20), json!(-1e300)] {
        assert_eq!(with(json!({ "exp": invalid })), "exp invalid");
        assert_eq!(with(json!({ "nbf": invalid })), "nbf invalid");
        assert_eq!(with(json!({ "iat": invalid })), "iat invalid");
    }
    let text = claims().to_string();
    for (number, wanted) in
        [("1e400", "exp invalid"), ("null", "exp invalid"), ("1718889200.5", "ok"), ("1.7188892e9", "ok")]
    {
        let text = text.replace(&format!("\"exp\":{}", NOW + 3600), &format!("\"exp\":{number}"));
        let header = json!({"alg": "RS256", "kid": FIRST.kid}).to_string();
        assert_eq!(verdict(&FIRST.sign_texts(&header, &text)), wanted, "{number}");
    }
    let fraction = FIRST.sign(&claims_with(json!({"exp": NOW as f64 + 10.5})));
    assert_eq!(verdict_with(&fraction, &policy(), at(10)), "ok");
    assert_eq!(verdict_with(&fraction, &policy(), at(11)), "exp expired");
}

#[test]
fn claims_that_the_caller_demands() {
    let claims = vec![ClaimRule::equals("repository", &["acme/site".to_owned(), "acme/api".to_owned()])];
    let demanding = Policy { claims, ..policy() };
    let seen =
        |value: Value| verdict_with(&FIRST.sign(&claims_with(json!({ "repository": value }))), &demanding, at(1));
    assert_eq!(seen(json!("acme/api")), "ok");
    assert_eq!(seen(json!("acme/api2")), "repository check_failed");
    assert_eq!(seen(json!(["acme/api"])), "repository invalid");
    assert_eq!(seen(Value::Null), "repository missing");
    let subject = Policy { subjects: vec!["owner:acme:project:site:environment:production".into()], ..policy() };
    assert_eq!(verdict_with(&FIRST.sign(&crate::issuer::claims()), &subject, at(1)), "ok");
    let other = FIRST.sign(&claims_with(json!({"sub": "owner:acme:project:site:environment:preview"})));
    assert_eq!(verdict_with(&other, &subject, at(1)), "sub check_failed");
    let required = Policy { required_claims: vec!["jti".into()], ..policy() };
    assert_eq!(verdict_with(&FIRST.sign(&crate::issuer::claims()), &required, at(1)), "jti missing");
    assert_eq!(verdict_with(&FIRST.sign(&claims_with(json!({"jti": "1"}))), &required, at(1)), "ok");
    assert_eq!(with(json!({"sub": 7})), "sub invalid");
    assert_eq!(with(json!({"jti": 7})), "jti invalid");
}

#[test]
fn only_tokens_of_the_right_kind() {
    let seen = |typ: Value, policy: &Policy| {
        let mut header = json!({"alg": "RS256", "kid": FIRST.kid, "typ": typ});
        if typ.is_null() {
            header.as_object_mut().unwrap().remove("typ");
        }
        verdict_with(&FIRST.sign_texts(&header.to_string(), &claims().to_string()), policy, at(1))
    };
    for typ in [json!("JWT"), json!("jwt"), json!("application/jwt"), Value::Null] {
        assert_eq!(seen(typ, &policy()), "ok");
    }
    for typ in ["at+jwt", "logout+jwt", "JWTx", "", "application/x/jwt", "application/"] {
        assert_eq!(seen(json!(typ), &policy()), "typ check_failed", "{typ}");
    }
    assert_eq!(seen(json!(1), &policy()), "ERR_JWS_INVALID");
    let access = Policy { typ: Typ::OneOf(vec!["at+jwt".into()]), ..policy() };
    assert_eq!(seen(json!("application/at+JWT"), &access), "ok");
    assert_eq!(seen(json!("JWT"), &access), "typ check_failed");
    assert_eq!(seen(Value::Null, &access), "typ missing");
}

#[test]
fn the_claims_set_is_strict_json() {
    let header = json!({"alg": "RS256", "kid": FIRST.kid}).to_string();
    let seen = |payload: &str| verdict(&FIRST.sign_texts(&header, payload));
    let text = claims().to_string();
    assert_eq!(seen(&text), "ok");
    for payload in [
        text.replace('{', r#"{"exp":9999999999,"#),
        text.replace('{', r#"{"\u0065xp":9999999999,"#),
        text.replace('{', r#"{"act":{"sub":1,"sub":2},"#),
        text.replace('{', r#"{"x":"\ud800","#),
        format!("\u{feff}{text}"),
        format!("{text}{text}"),
        format!("[{text}]"),
        "null".into(),
        "\"text\"".into(),
        String::new(),
        format!(r#"{{"x":{}1{}}}"#, "[".repeat(40), "]".repeat(40)),
    ] {
        assert_eq!(seen(&payload), "ERR_JWT_INVALID", "{payload}");
    }
}

#[test]
fn size_is_checked_before_anything_else() {
    let policy = Policy { max_token_bytes: 2000, ..policy() };
    let padding = |length: usize| FIRST.sign(&claims_with(json!({ "x": "x".repeat(length) })));
    let fitting = (0..).take_while(|&length| padding(length).len() <= 2000).last().unwrap();
    assert_eq!(verdict_with(&padding(fitting), &policy, at(1)), "ok");
    assert_eq!(verdict_with(&padding(fitting + 1), &policy, at(1)), "ERR_JWS_INVALID");
    assert_eq!(verdict(&".".repeat(8_000_000)), "ERR_JWS_INVALID");
}

#[test]
fn no_error_holds_token_text() {
    let token = FIRST.sign(&claims_with(json!({"project_id": "prj_secret", "exp": "s3cret"})));
    let parts: Vec<&str> = token.split('.').collect();
    let hostile = [
        token.clone(),
        format!("{}.{}.{}", parts[0], parts[1], "AAAA"),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.{}", base64url::encode(br#"{"alg":"s3cret"}"#), parts[1], parts[2]),
    ];
    let policy = policy();
    let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &policy.algorithms).unwrap();
    for text in &hostile {
        let error = jwt::verify(text.as_bytes(), &keys, &policy, at(1), &mut Scratch::default()).unwrap_err();
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(!shown.contains("s3cret") && !shown.contains("prj_secret") && !shown.contains(parts[1]), "{shown}");
        }
    }
}

#[test]
fn a_verified_token_says_when_it_is_accepted() {
    let validity = |claims: Value, policy: &Policy| {
        let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &policy.algorithms).unwrap();
        let (token, mut scratch) = (FIRST.sign(&claims), Scratch::default());
        let validity = jwt::verify(token.as_bytes(), &keys, policy, at(12), &mut scratch).unwrap().validity();
        // The interval is the one that verifying again at each instant finds.
        let seen = |now| verdict_with(&token, policy, now) == "ok";
        assert!(seen(validity.from) && !seen(validity.from.saturating_sub(Duration::from_micros(1))));
        assert!(seen(validity.until.saturating_sub(Duration::from_micros(1))) && !seen(validity.until));
        (validity.from, validity.until)
    };
    let claims = claims_with(json!({"iat": NOW, "nbf": NOW + 10, "exp": NOW + 60}));
    assert_eq!(validity(claims.clone(), &policy()), (at(10), at(60)));
    let tolerant = Policy { clock_tolerance: Duration::from_secs(5), ..policy() };
    assert_eq!(validity(claims.clone(), &tolerant), (at(5), at(65)));
    let limited = Policy { max_token_age: Some(Duration::from_secs(30)), ..tolerant };
    let until = at(35).saturating_add(Duration::from_micros(1));
    assert_eq!(validity(claims, &limited), (at(5), until));
}

#[test]
fn of_any_team_the_issuer_must_be_vercels_shared_one_or_the_owners() {
    let any = Options { team: "*".into(), owner_id: None, ..options() };
    let (any, _) = any.policy().expect("valid options");
    let verifier = Verifier::new(any, Profile::Vercel, Keys::InHand(jwks(&[FIRST.jwk()]))).expect("a verifier");
    let verdict = |changes: Value| {
        let token = FIRST.sign(&claims_with(changes));
        let attempt = verifier.verify(token.as_bytes(), at(1), at(1), &mut Scratch::default()).result.map(|_| ());
        match attempt {
            Ok(()) => "ok".to_owned(),
            Err(countersign::Error::Claim { claim, reason, .. }) => format!("{claim} {}", reason.as_str()),
            Err(error) => error.code().to_owned(),
        }
    };
    let other =
        |iss: &str| json!({"iss": iss, "owner": "other", "sub": "owner:other:project:site:environment:production"});
    assert_eq!(verdict(json!({})), "ok");
    assert_eq!(verdict(json!({"iss": "https://oidc.vercel.com"})), "ok");
    assert_eq!(verdict(other("https://oidc.vercel.com/other")), "ok");
    for iss in [
        "https://oidc.vercel.com/acme",
        "https://oidc.vercel.com/",
        "https://oidc.vercel.com/other/",
        "https://oidc.vercel.com/other/acme",
        "https://oidc.vercel.com/Other",
        "https://oidc.vercel.com.evil.example/other",
        "https://oidc.vercel.comother",
        "http://oidc.vercel.com/other",
        "https://evil.example",
    ] {
        assert_eq!(verdict(other(iss)), "iss check_failed", "{iss}");
    }
    assert_eq!(verdict(json!({"project_id": "prj_2"})), "project_id check_failed");
    // A team that is named is not any team.
    let named = options().policy().expect("valid options").0;
    assert_eq!(
        verdict_with(&FIRST.sign(&claims_with(other("https://oidc.vercel.com/other"))), &named, at(1)),
        "iss check_failed"
    );
}
