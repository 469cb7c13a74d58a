//! Keys in PEM whose DER is made here, each beside its neighbour that is refused.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::Error;
use countersign::jose::pem::{Unsupported, jwks_from_certificates, jwks_from_pem};
use serde_json::{Map, Value};

const RSA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: &[u8] = &[0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const P256: &[u8] = &[0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const ED25519: &[u8] = &[0x06, 3, 0x2b, 0x65, 0x70];
const ED448: &[u8] = &[0x06, 3, 0x2b, 0x65, 0x71];
const NULL: &[u8] = &[0x05, 0];
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let head = if length < 128 { vec![tag, length as u8] } else { vec![tag, 0x82, (length >> 8) as u8, length as u8] };
    [head, content].concat()
}

fn spki(algorithm: &[&[u8]], key: &[u8]) -> Vec<u8> {
    tlv(SEQUENCE, &[&tlv(SEQUENCE, algorithm), &tlv(BIT_STRING, &[&[0], key])])
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
}

/// `ok`, or the reason for which the only key is refused.
fn verdict(label: &str, der: &[u8]) -> &'static str {
    match jwks_from_pem(&pem(label, der), None, None) {
        Ok(_) => "ok",
        Err(Error::InvalidJwks { keys, .. }) if keys.len() == 1 => keys[0].reason,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn a_public_key_has_the_parameters_and_the_length_of_its_type() {
    let ed25519 = "is not an Ed25519 key as RFC 8410 has it";
    let parameters = "has malformed RSA parameters";
    let rsa = tlv(SEQUENCE, &[&[2, 1, 35], &[2, 1, 3]]);
    let point = |first: u8, length: usize| [vec![first], vec![1; length]].concat();
    for (algorithm, key, reason) in [
        (&[ED25519][..], vec![1; 32], "ok"),
        (&[ED25519], vec![1; 31], ed25519),
        (&[ED25519], vec![1; 33], ed25519),
        (&[ED25519, NULL], vec![1; 32], ed25519),
        (&[ED448], vec![1; 32], "is of a type that is not supported"),
        (&[RSA, NULL], rsa.clone(), "ok"),
        (&[RSA], rsa.clone(), parameters),
        (&[RSA, &[SEQUENCE, 0]], rsa, parameters),
        (&[EC, P256], point(4, 64), "ok"),
        (&[EC, P256], point(4, 63), "has a malformed point"),
        (&[EC, P256], point(4, 65), "has a malformed point"),
        (&[EC, P256], point(4, 96), "has a malformed point"),
        (&[EC, P256], point(2, 32), "has a compressed point; convert it to an uncompressed one"),
        (&[EC, P256], point(3, 31), "has a malformed point"),
        (&[EC, P256], point(5, 64), "has a malformed point"),
        (&[EC], point(4, 64), "does not name its curve"),
    ] {
        assert_eq!(verdict("PUBLIC KEY", &spki(algorithm, &key)), reason, "{algorithm:x?} {} bytes", key.len());
    }
}

/// A certificate with these fields before its serial number, and after its key.
fn certificate(before: &[u8], after: &[&[u8]]) -> Vec<u8> {
    let algorithm = tlv(SEQUENCE, &[ED25519]);
    let key = spki(&[ED25519], &[1; 32]);
    let empty: &[u8] = &[SEQUENCE, 0];
    let fields = [&[before, &[2, 1, 1], &algorithm, empty, empty, empty, &key], after].concat();
    tlv(SEQUENCE, &[&tlv(SEQUENCE, &fields), &algorithm, &tlv(BIT_STRING, &[&[0, 1]])])
}

#[test]
fn a_certificate_has_the_fields_of_its_version_and_no_others() {
    let version: &[u8] = &[0xa0, 3, 2, 1, 2];
    let [issuer, subject, extensions]: [&[u8]; 3] = [&[0x81, 2, 0, 1], &[0x82, 2, 0, 1], &[0xa3, 2, SEQUENCE, 0]];
    for (before, after) in [
        (&[][..], &[][..]),
        (version, &[]),
        (version, &[extensions]),
        (version, &[issuer, subject]),
        (version, &[issuer, subject, extensions]),
    ] {
        assert_eq!(verdict("CERTIFICATE", &certificate(before, after)), "ok", "{before:x?} {after:x?}");
    }
    let integer: &[u8] = &[2, 1, 1];
    for (before, after) in [
        (integer, &[][..]),
        (version, &[integer]),
        (version, &[extensions, issuer]),
        (version, &[extensions, extensions]),
    ] {
        let reason = verdict("CERTIFICATE", &certificate(before, after));
        assert_eq!(reason, "is not a certificate in DER", "{before:x?} {after:x?}");
    }
}

#[test]
fn a_map_of_certificates_has_at_most_a_hundred() {
    let text = pem("CERTIFICATE", &certificate(&[], &[]));
    let map = |count: usize| {
        let members: Map<String, Value> =
            (0..count).map(|number| (format!("k{number}"), text.as_str().into())).collect();
        jwks_from_certificates(&Value::from(members).to_string(), None, Unsupported::Refuse)
    };
    let keys: Value = serde_json::from_str(&map(100).expect("a hundred keys")).expect("JSON");
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(100));
    assert!(map(101).is_err());
}

#[test]
fn a_refused_key_of_a_map_has_its_name_where_that_is_short() {
    let refused = |name: &str| {
        let map = Value::from(Map::from_iter([(name.to_owned(), "no PEM".into())])).to_string();
        match jwks_from_certificates(&map, None, Unsupported::Refuse) {
            Err(Error::InvalidJwks { keys, .. }) => keys.into_iter().map(|key| key.kid).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    for name in ["k", &"k".repeat(256)] {
        assert_eq!(refused(name), [Some(name.into())]);
    }
    assert_eq!(refused(&"k".repeat(257)), [None]);
}
