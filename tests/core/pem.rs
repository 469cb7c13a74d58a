//! Keys in PEM: every fixture, and every way in which a text can be malformed. tests/pem/README.md says how they were made.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::Error;
use countersign::crypto::Algorithm;
use countersign::jose::Jwks;
use countersign::jose::pem::{Unsupported, jwks_from_certificates, jwks_from_pem};
use serde_json::{Value, json};

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pem").join(format!("{name}.pem"));
    fs::read_to_string(path).expect("a fixture")
}

fn der(name: &str) -> Vec<u8> {
    let text = fixture(name);
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    BASE64_STANDARD.decode(body).expect("base64")
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
}

fn keys(jwks: &str) -> Vec<Value> {
    let mut jwks: Value = serde_json::from_str(jwks).expect("JSON");
    serde_json::from_value(jwks["keys"].take()).expect("an array")
}

/// The reasons of the keys that are refused.
fn reasons(error: Error) -> Vec<&'static str> {
    match error {
        Error::InvalidJwks { keys, .. } => keys.into_iter().map(|key| key.reason).collect(),
        error => panic!("{error:?}"),
    }
}

fn reason(text: &str) -> &'static str {
    match *reasons(jwks_from_pem(text, None, None).unwrap_err()) {
        [only] => only,
        ref others => panic!("{others:?}"),
    }
}

#[test]
fn every_form_of_a_key_is_the_same_jwk() {
    for (spki, others) in [
        ("rsa.spki", &["rsa.pkcs1", "rsa.cert", "rsa.expired.cert"][..]),
        ("p256.spki", &["p256.cert"]),
        ("p384.spki", &["p384.cert"]),
        ("p521.spki", &["p521.cert"]),
        ("ed25519.spki", &["ed25519.cert"]),
    ] {
        let jwks = jwks_from_pem(&fixture(spki), None, None).unwrap();
        assert_eq!(keys(&jwks).len(), 1);
        for other in others {
            assert_eq!(jwks_from_pem(&fixture(other), None, None).unwrap(), jwks, "{other}");
        }
    }
}

#[test]
fn several_blocks_are_several_keys_and_other_text_is_skipped() {
    let text = format!(
        "subject=CN\r\n{}\r\nbetween -----\n{}",
        fixture("rsa.cert").replace('\n', "\r\n"),
        fixture("p256.spki").replace('\n', " ")
    );
    let jwks = jwks_from_pem(&text, None, None).unwrap();
    assert_eq!(keys(&jwks).iter().map(|key| &key["kty"]).collect::<Vec<_>>(), ["RSA", "EC"]);
    assert!(Jwks::parse(jwks.as_bytes(), &[Algorithm::ES256]).is_ok());
    let error = jwks_from_pem(&text, Some("a"), None).unwrap_err();
    assert!(matches!(error, Error::InvalidOption { option, .. } if option == "kid"));
}

#[test]
fn kid_and_alg_are_members_of_the_key() {
    let awkward = "a\"\\\u{0}\u{1b}[31m\u{2028}";
    let jwks = jwks_from_pem(&fixture("rsa.spki"), Some(awkward), Some("RS512")).unwrap();
    assert_eq!((&keys(&jwks)[0]["kid"], &keys(&jwks)[0]["alg"]), (&json!(awkward), &json!("RS512")));
    for alg in ["none", "HS256", "rs256", ""] {
        let error = jwks_from_pem(&fixture("rsa.spki"), None, Some(alg)).unwrap_err();
        assert!(matches!(error, Error::InvalidOption { option, .. } if option == "alg"), "{alg}");
    }
    let error = jwks_from_pem(&fixture("rsa.spki"), None, Some("ES256")).unwrap_err();
    assert_eq!(reasons(error), ["is of another type than `alg` wants"]);
    let error = jwks_from_pem(&fixture("rsa.spki"), Some(&"k".repeat(257)), None).unwrap_err();
    assert_eq!(reasons(error), ["`kid` is not a string of at most 256 bytes"]);
}

#[test]
fn a_map_names_its_keys() {
    let map = json!({ "one": fixture("rsa.cert"), "__proto__": fixture("p256.spki"), "\u{7}": fixture("rsa.pkcs1") });
    let jwks = jwks_from_certificates(&map.to_string(), None, Unsupported::Refuse).unwrap();
    let mut kids: Vec<_> = keys(&jwks).iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    kids.sort();
    assert_eq!(kids, ["\u{7}", "__proto__", "one"]);
    for (other, problem) in [
        ("{}", "has no keys"),
        ("[]", "is not an object of PEM texts"),
        (r#"{"a":1}"#, "is not an object of PEM texts"),
        (r#"{"a":{"b":"c"}}"#, "is not an object of PEM texts"),
        ("nonsense", ""),
        (r#"{"a":"","a":""}"#, ""),
    ] {
        match jwks_from_certificates(other, None, Unsupported::Refuse).unwrap_err() {
            Error::InvalidJwks { problem: found, keys, .. } => {
                assert!(keys.is_empty() && (problem.is_empty() || found == problem), "{other}: {found}");
            }
            error => panic!("{other}: {error:?}"),
        }
    }
    let chain = json!({ "a": fixture("rsa.cert") + &fixture("p256.cert"), "b": "nothing" });
    let error = jwks_from_certificates(&chain.to_string(), None, Unsupported::Skip).unwrap_err();
    let mut found = reasons(error);
    found.sort_unstable();
    assert_eq!(found, ["has no PEM block", "has several PEM blocks"]);
}

/// A key of an unknown type does not spoil the others where it is skipped; a malformed one does.
#[test]
fn unsupported_keys_may_be_skipped_and_malformed_ones_may_not() {
    let convert = |map: Value| jwks_from_certificates(&map.to_string(), None, Unsupported::Skip);
    let jwks =
        convert(json!({ "good": fixture("rsa.cert"), "pss": fixture("pss.cert"), "k256": fixture("k256.cert") }));
    assert_eq!(keys(&jwks.unwrap()).len(), 1);
    let error = convert(json!({ "pss": fixture("pss.cert") })).unwrap_err();
    assert_eq!(reasons(error), ["is an RSASSA-PSS key; convert it to a plain RSA key"]);
    let error =
        convert(json!({ "good": fixture("rsa.cert"), "pss": fixture("pss.cert"), "bad": fixture("rsa.private") }));
    assert_eq!(reasons(error.unwrap_err()), ["is a private key; convert its public key"]);
    let refused = json!({ "good": fixture("rsa.cert"), "pss": fixture("pss.cert") });
    assert!(jwks_from_certificates(&refused.to_string(), None, Unsupported::Refuse).is_err());
}

#[test]
fn private_keys_are_refused_by_name() {
    let private = "is a private key; convert its public key";
    for name in ["rsa.private", "rsa.private-pkcs1", "p256.private", "p256.private-sec1", "p256.private-encrypted"] {
        assert_eq!(reason(&fixture(name)), private, "{name}");
        // Cut short, in place of a public key, or beside one.
        assert_eq!(reason(&fixture(name)[..80]), private, "{name}");
        let beside = fixture("rsa.spki") + &fixture(name);
        let error = jwks_from_pem(&beside, None, None).unwrap_err();
        let shown = format!("{error} {error:?}");
        let secret = fixture(name).lines().nth(3).expect("a line of the key").to_owned();
        assert!(!shown.contains(&secret), "{shown}");
        assert_eq!(reasons(error), [private], "{name}");
    }
    for name in ["rsa.private", "rsa.private-pkcs1", "p256.private", "p256.private-sec1"] {
        let der = der(name);
        assert_eq!(reason(&pem("PUBLIC KEY", &der)), "is not a public key in DER", "{name}");
        assert_eq!(reason(&pem("RSA PUBLIC KEY", &der)), "is not an RSA public key in DER", "{name}");
        assert_eq!(reason(&pem("CERTIFICATE", &der)), "is not a certificate in DER", "{name}");
    }
}

#[test]
fn other_kinds_of_keys_are_refused() {
    for (name, expected) in [
        ("k256.spki", "is on a curve that is not supported"),
        ("k256.cert", "is on a curve that is not supported"),
        ("p256.compressed", "has a compressed point; convert it to an uncompressed one"),
        ("p256.explicit", "has explicit curve parameters in place of a curve's name"),
        ("pss.spki", "is an RSASSA-PSS key; convert it to a plain RSA key"),
        ("pss.cert", "is an RSASSA-PSS key; convert it to a plain RSA key"),
        ("x25519.spki", "is of a type that is not supported"),
    ] {
        assert_eq!(reason(&fixture(name)), expected, "{name}");
    }
}

/// A key that is too short is converted, and then refused by the verifier as any JWK is.
#[test]
fn numbers_are_judged_by_the_verifier() {
    for name in ["rsa512.spki", "rsa512.cert"] {
        let jwks = jwks_from_pem(&fixture(name), None, None).unwrap();
        let error = Jwks::parse(jwks.as_bytes(), &[Algorithm::RS256]).unwrap_err();
        assert_eq!(reasons(error), ["the RSA modulus is shorter than 2048 bits"]);
    }
    let mut off_curve = der("p256.spki");
    *off_curve.last_mut().unwrap() ^= 1;
    let jwks = jwks_from_pem(&pem("PUBLIC KEY", &off_curve), None, None).unwrap();
    let error = Jwks::parse(jwks.as_bytes(), &[Algorithm::ES256]).unwrap_err();
    assert_eq!(reasons(error), ["the point is not on the curve"]);
}

#[test]
fn malformed_pem_is_refused() {
    let good = fixture("p256.spki");
    let body = good.lines().nth(1).unwrap();
    for (text, expected) in [
        (good.replace("-----END PUBLIC KEY-----", ""), "lacks its END line"),
        (good.replace("-----END PUBLIC", "-----END RSA PUBLIC"), "has an END line with another label"),
        (good.replace("PUBLIC KEY", "EC PARAMETERS"), "is not a `PUBLIC KEY`, an `RSA PUBLIC KEY` or a `CERTIFICATE`"),
        (good.replace("PUBLIC KEY", "public key"), "is not a `PUBLIC KEY`, an `RSA PUBLIC KEY` or a `CERTIFICATE`"),
        (good.replace('\n', "\\n"), r"has `\n` as two characters in place of line breaks"),
        (good.replace(body, &body.replace('E', "*")), "is not base64"),
        (good.replace(body, &body[1..]), "is not base64"),
        (good.replace(body, ""), "is not a public key in DER"),
        ("-----BEGIN PUBLIC KEY".to_owned(), "has a malformed BEGIN line"),
        (format!("-----BEGIN PUBLIC KEY-----\n{good}"), "is not base64"),
    ] {
        assert_eq!(reason(&text), expected, "{text}");
    }
    for none in ["", "no key", "-----BEGIN", &good.replace("-----BEGIN", "----BEGIN")] {
        let error = jwks_from_pem(none, None, None).unwrap_err();
        assert!(matches!(error, Error::InvalidJwks { problem: "has no PEM block", .. }), "{none}");
    }
}

#[test]
fn every_truncation_and_extension_of_der_is_refused() {
    for (label, name) in [
        ("PUBLIC KEY", "rsa.spki"),
        ("PUBLIC KEY", "p256.spki"),
        ("PUBLIC KEY", "ed25519.spki"),
        ("RSA PUBLIC KEY", "rsa.pkcs1"),
        ("CERTIFICATE", "p256.cert"),
        ("CERTIFICATE", "rsa.cert"),
    ] {
        let der = der(name);
        assert!(jwks_from_pem(&pem(label, &der), None, None).is_ok(), "{name}");
        for length in 0..der.len() {
            assert!(jwks_from_pem(&pem(label, &der[..length]), None, None).is_err(), "{name} {length}");
        }
        let longer = [&der[..], &[0]].concat();
        assert!(jwks_from_pem(&pem(label, &longer), None, None).is_err(), "{name}");
        // Of indefinite length, with its end.
        let content = if der[1] < 0x80 { &der[2..] } else { &der[2 + usize::from(der[1] & 0x7f)..] };
        let indefinite = [&[0x30, 0x80], content, &[0, 0]].concat();
        assert!(jwks_from_pem(&pem(label, &indefinite), None, None).is_err(), "{name}");
        // In a longer form than needed.
        let long = [&[0x30, 0x84, 0, 0, (content.len() >> 8) as u8, content.len() as u8], content].concat();
        assert!(jwks_from_pem(&pem(label, &long), None, None).is_err(), "{name}");
    }
}

/// Where one bit is turned, a text is refused or converted, and never panics; the key of a certificate changes only with its own
/// bits.
#[test]
fn turned_bits_are_survived() {
    let good = jwks_from_pem(&fixture("p256.cert"), None, None).unwrap();
    let (certificate, spki) = (der("p256.cert"), der("p256.spki"));
    let start =
        certificate.windows(spki.len()).position(|window| window == spki).expect("the key is in the certificate");
    let (mut refused, mut same) = (0, 0);
    for bit in 0..certificate.len() * 8 {
        let mut spoilt = certificate.clone();
        spoilt[bit / 8] ^= 1 << (bit % 8);
        match jwks_from_pem(&pem("CERTIFICATE", &spoilt), None, None) {
            Ok(jwks) if jwks == good => same += 1,
            Ok(_) => assert!((start..start + spki.len()).contains(&(bit / 8)), "bit {bit}"),
            Err(_) => refused += 1,
        }
    }
    // Names, dates and the signature are not looked at.
    assert!(refused > 400 && same > 1000, "{refused} {same}");
}

#[test]
fn a_certificate_with_a_malformed_key_is_refused() {
    let (certificate, spki) = (der("p256.cert"), der("p256.spki"));
    let at = certificate.windows(spki.len()).position(|window| window == spki).expect("the key is in the certificate");
    let with = |at_key: usize, byte: u8| {
        let mut spoilt = certificate.clone();
        spoilt[at + at_key] = byte;
        reason(&pem("CERTIFICATE", &spoilt))
    };
    let point = spki.len() - 65;
    assert_eq!(with(point, 5), "has a malformed point");
    assert_eq!(with(point - 1, 1), "is not a whole number of bytes");
    // Another type than an OID as the curve.s name.
    assert_eq!(with(point - 3 - 10, 0x05), "does not name its curve");
}

#[test]
fn many_blocks_are_bounded() {
    let many = fixture("ed25519.spki").repeat(100);
    assert_eq!(keys(&jwks_from_pem(&many, None, None).unwrap()).len(), 100);
    let more = fixture("ed25519.spki").repeat(101);
    let error = jwks_from_pem(&more, None, None).unwrap_err();
    assert!(matches!(error, Error::InvalidJwks { problem: "has more than 100 keys", .. }));
    // The first malformed block is the last that is read: a text of beginnings is no work.
    assert_eq!(reason(&"-----BEGIN PUBLIC KEY-----".repeat(20_000)), "lacks its END line");
}
