//! Key sets and discovery documents with oddities: harmless ones are read over, the others are named.

use countersign::Error;
use countersign::crypto::Algorithm;
use countersign::error::{KeyChoice, KeyDocument};
use countersign::flow::{FetchFailure, Outcome, Step};
use countersign::issuer::jwks_cache::LoadKeys;
use countersign::issuer::{KeyRefresh, Keys, Profile, Verifier};
use countersign::jose::{Jwks, Scratch};
use countersign::jwt::{self, Audience, Policy};
use serde_json::{Value, json};

use crate::issuer::{FIRST, SECOND, at, claims, jwks, policy};

/// The first key of the tests' issuer, with one member replaced.
fn with(member: &str, value: Value) -> Value {
    let mut jwk = FIRST.jwk();
    jwk[member] = value;
    jwk
}

fn verify(keys: &[u8], token: &str) -> Result<(), Error> {
    let policy = policy();
    let keys = Jwks::parse(keys, &policy.algorithms)?;
    jwt::verify(token.as_bytes(), &keys, &policy, at(1), &mut Scratch::default()).map(|_| ())
}

/// The first multiple of the generator of P-256 whose x begins with a zero byte: 379 times.
#[test]
fn a_coordinate_may_lack_its_leading_zero_byte_or_have_one_more() {
    let point = |x: &str| {
        let y = "u0yFo9jqKe-q-iRAaRLdhNWxTcMr9lbvbGvVil2UP5I";
        let set = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y }] }).to_string();
        Jwks::parse(set.as_bytes(), &[Algorithm::ES256]).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(point("AFVDiUrz0A7X10Cr29dclrBod7eH219w7qeLkKjXwAo"), Ok(()), "in full length");
    assert_eq!(point("VUOJSvPQDtfXQKvb11yWsGh3t4fbX3Dup4uQqNfACg"), Ok(()), "a byte less");
    assert_eq!(point("AABVQ4lK89AO19dAq9vXXJawaHe3h9tfcO6ni5Co18AK"), Ok(()), "a byte more");
    let unusable = "the key set has no key that can be used: ";
    let too_long = point("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB").unwrap_err();
    assert_eq!(too_long, format!("{unusable}a coordinate has the wrong length"));
    assert_eq!(point("AQ").unwrap_err(), format!("{unusable}the point is not on the curve"));
}

#[test]
fn every_oddity_that_makes_a_key_unusable_is_named() {
    let even = with("e", json!("AAIA"));
    for (jwk, reason) in [
        (with("key_ops", json!(["verify", "encrypt"])), "`key_ops` has another operation than `sign` and `verify`"),
        (with("key_ops", json!(["verify", "verify"])), "`key_ops` has an operation twice"),
        (with("key_ops", json!(["sign"])), "`key_ops` is not an array with `verify`"),
        (with("key_ops", json!("verify")), "`key_ops` is not an array with `verify`"),
        (with("n", json!("not base64")), "`n` is not base64url"),
        (with("n", Value::Null), "lacks `n`"),
        (with("e", json!("A")), "`e` is not base64url"),
        (with("e", json!("AwAAAAE")), "the RSA exponent is longer than 33 bits"),
        (even, "the RSA exponent is not odd and at least 3"),
        (with("use", json!("enc")), "`use` is not `sig`"),
        (with("alg", json!("RS512")), "fits none of the allowed algorithms"),
        (with("kty", json!("oct")), "`kty` is not a supported key type"),
        (json!("key"), "is not a JSON object"),
    ] {
        let set = jwks(&[SECOND.jwk(), jwk.clone()]);
        let keys = Jwks::parse(&set, &policy().algorithms).expect("a good key is beside it");
        assert_eq!((keys.unusable()[0].index, keys.unusable()[0].reason), (1, reason), "{jwk}");
        let reports = Jwks::describe(&set, &policy().algorithms).expect("a set");
        assert_eq!(reports[1].outcome, Err(reason), "{jwk}");
        assert_eq!(reports[0].outcome, Ok(vec![Algorithm::RS256]));
        let Err(Error::InvalidJwks { keys, .. }) = Jwks::parse(&jwks(std::slice::from_ref(&jwk)), &policy().algorithms)
        else {
            panic!("{jwk} is used")
        };
        assert_eq!((keys.len(), keys[0].reason), (1, reason));
        assert_eq!(keys[0].kid.as_deref(), jwk.get("kid").and_then(Value::as_str));
    }
}

#[test]
fn a_choice_that_is_not_clear_is_explained_with_numbers() {
    let reason = |keys: &[Value], token: &str| match verify(&jwks(keys), token) {
        Err(error @ Error::NoMatchingKey { reason, .. }) => (Some(reason), error.to_string()),
        other => (None, format!("{other:?}")),
    };
    let nameless = |jwk: Value| {
        let mut jwk = jwk;
        jwk.as_object_mut().expect("a key").remove("kid");
        jwk
    };
    let token = FIRST.sign(&claims());
    // Two keys fit a token without `kid`.
    let anonymous = FIRST.sign_texts(r#"{"alg":"RS256"}"#, &claims().to_string());
    let (choice, message) = reason(&[nameless(FIRST.jwk()), nameless(SECOND.jwk())], &anonymous);
    assert_eq!(choice, Some(KeyChoice::Fitting(2)));
    assert_eq!(message, "the token has no `kid`, and 2 keys of the issuer fit its `alg`: exactly one must");
    // A hundred others come first.
    let mut crowd: Vec<_> = (0..100).map(|_| SECOND.jwk()).collect();
    crowd.push(FIRST.jwk());
    let (choice, message) = reason(&crowd, &token);
    assert_eq!(choice, Some(KeyChoice::Unread { keys: 101, read: 100 }));
    assert_eq!(message, "of 101 keys of the issuer, the first 100 are read: none has the token's `kid` and `alg`");
    // The key is there, and is not used.
    let (choice, message) = reason(&[SECOND.jwk(), with("use", json!("enc"))], &token);
    assert_eq!(choice, Some(KeyChoice::Unusable("`use` is not `sig`")));
    assert_eq!(message, "the key with the token's `kid` is unusable: `use` is not `sig`");
    // Five keys have the name, and the fifth is the right one.
    let namesake = || {
        let mut jwk = SECOND.jwk();
        jwk["kid"] = FIRST.jwk()["kid"].clone();
        jwk
    };
    let (choice, message) = reason(&[namesake(), namesake(), namesake(), namesake(), FIRST.jwk()], &token);
    assert_eq!(choice, Some(KeyChoice::Untried { fitting: 5, tried: 4 }));
    assert_eq!(message, "5 keys have the token's `kid` and fit its `alg`, and only 4 are tried");
    assert_eq!(verify(&jwks(&[namesake(), FIRST.jwk()]), &token), Ok(()));
    assert_eq!(verify(&jwks(&[namesake()]), &token), Err(Error::SignatureMismatch));
}

const ISSUER: &str = "https://issuer.example";
const DISCOVERY: &str = "https://issuer.example/.well-known/openid-configuration";
const JWKS: &str = "https://issuer.example/keys";

/// Loads the keys of the issuer with these outcomes, one for each request.
fn load(outcomes: Vec<Outcome>) -> Result<(), Error> {
    let mut verifier =
        Verifier::new(Policy::new(ISSUER, Audience::Unchecked), Profile::Plain, Keys::Discovery).expect("a verifier");
    let LoadKeys::Begin(mut step) = verifier.begin_load(KeyRefresh { source: 0, unknown_kid: false }, at(1)) else {
        panic!("nothing is fetched")
    };
    for outcome in outcomes {
        let Step::Fetch(_, pending) = step else { panic!("no request more") };
        step = pending.resume(outcome, at(1))?;
    }
    assert!(matches!(step, Step::Done(_)));
    Ok(())
}

fn document(jwks_uri: &str) -> Outcome {
    Outcome::answered(200, json!({ "issuer": ISSUER, "jwks_uri": jwks_uri }).to_string())
}

#[test]
fn a_byte_order_mark_before_a_key_set_is_read_over() {
    let marked = ["\u{feff}".as_bytes(), &jwks(&[FIRST.jwk()])].concat();
    assert_eq!(verify(&marked, &FIRST.sign(&claims())), Ok(()));
}

#[test]
fn a_byte_order_mark_before_a_discovery_document_is_read_over() {
    let marked = format!("\u{feff}{}", json!({ "issuer": ISSUER, "jwks_uri": JWKS }));
    assert_eq!(load(vec![Outcome::answered(200, marked), Outcome::answered(200, jwks(&[FIRST.jwk()]))]), Ok(()));
}

#[test]
fn a_failed_load_says_which_document_and_its_url() {
    let html = || Outcome::answered(200, "<!DOCTYPE html><p>Sign in");
    let lost = || Outcome::Failed(FetchFailure::Network);
    let set = || Outcome::answered(200, jwks(&[FIRST.jwk()]));
    for (outcomes, url, message) in [
        (vec![lost()], DISCOVERY, "the issuer's discovery document could not be fetched: no connection"),
        (vec![document(JWKS), lost()], JWKS, "the issuer's key set could not be fetched: no connection"),
        (
            vec![Outcome::answered(404, "")],
            DISCOVERY,
            "the issuer answered 404 to the request for its discovery document",
        ),
        (
            vec![document(JWKS), Outcome::answered(503, "")],
            JWKS,
            "the issuer answered 503 to the request for its key set",
        ),
        (vec![html()], DISCOVERY, "the discovery document is an HTML page: the issuer publishes none here"),
        (vec![document(JWKS), html()], JWKS, "the key set is an HTML page: the URL serves no key set"),
        (vec![set()], DISCOVERY, "the discovery document is a key set: name its URL with `jwks`"),
        (
            vec![document(JWKS), document(JWKS)],
            JWKS,
            "the key set is a discovery document: name the URL in its `jwks_uri`",
        ),
    ] {
        let error = load(outcomes).expect_err(message);
        assert_eq!(error.to_string(), message);
        let found = match &error {
            Error::JwksFetch { url, document, .. } | Error::JwksStatus { url, document, .. } => {
                assert_eq!(*document == KeyDocument::Jwks, &**url == JWKS);
                Some(url)
            }
            Error::InvalidDiscovery { url, .. } => Some(url),
            Error::InvalidJwks { url, .. } => url.as_ref(),
            other => panic!("{other:?}"),
        };
        assert_eq!(found.map(|url| &**url), Some(url));
    }
}
