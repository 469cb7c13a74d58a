//! The vectors in tests/vectors/wycheproof, each through our verifier and through the peer.

use std::collections::BTreeSet;
use std::path::Path;

use countersign::crypto::{Algorithm, DecodingKey};
use serde_json::Value;

use crate::{known, ours, theirs};

fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/wycheproof").join(file);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// Runs a file. `keys` makes the forms of a group's key, which must all come to the same verdict.
fn run(file: &str, alg: Algorithm, keys: impl Fn(&Value) -> Vec<DecodingKey>) {
    let vectors = read(file);
    let mut found = BTreeSet::new();
    let mut count = 0;
    for group in vectors["testGroups"].as_array().unwrap() {
        let keys = keys(group);
        for case in group["tests"].as_array().unwrap() {
            let id = case["tcId"].as_u64().unwrap();
            let (message, signature) = (hex(&case["msg"]), hex(&case["sig"]));
            let verdict = ours(alg, &keys[0], &message, &signature);
            for key in &keys[1..] {
                assert_eq!(ours(alg, key, &message, &signature), verdict, "{file} {id}: another form of the key");
            }
            let flags = || case["flags"].as_array().unwrap().iter().filter_map(Value::as_str);
            let corpus = match case["result"].as_str().unwrap() {
                "valid" => true,
                "invalid" => false,
                _ => known::accepts(flags()).unwrap_or_else(|| panic!("{file} {id}: acceptable, and nothing decided")),
            };
            if corpus != verdict {
                found.insert((id, "corpus"));
            }
            if theirs(alg, &keys[0], &message, &signature) != verdict {
                found.insert((id, "peer"));
            }
            count += 1;
        }
    }
    assert_eq!(Some(count), vectors["numberOfTests"].as_u64());
    assert_eq!(found, known::divergences(file), "{file}: left what was found, right what is listed");
}

fn rsa(group: &Value) -> Vec<DecodingKey> {
    let key = &group["publicKey"];
    vec![
        DecodingKey::from_rsa_raw_components(&hex(&key["modulus"]), &hex(&key["publicExponent"])),
        DecodingKey::from_rsa_der(&hex(&group["publicKeyAsn"])),
        DecodingKey::from_rsa_der(&hex(&group["publicKeyDer"])),
    ]
}

#[test]
fn rsa_pkcs1() {
    run("rsa_signature_2048_sha256_test.json", Algorithm::RS256, rsa);
}

#[test]
fn rsa_pss() {
    run("rsa_pss_2048_sha256_mgf1_32_test.json", Algorithm::PS256, rsa);
}

#[test]
fn ecdsa_p256() {
    run("ecdsa_secp256r1_sha256_p1363_test.json", Algorithm::ES256, |group| {
        vec![DecodingKey::from_ec_der(&hex(&group["publicKey"]["uncompressed"]))]
    });
}

#[test]
fn ecdsa_p384() {
    run("ecdsa_secp384r1_sha384_p1363_test.json", Algorithm::ES384, |group| {
        vec![DecodingKey::from_ec_der(&hex(&group["publicKey"]["uncompressed"]))]
    });
}

#[test]
fn ecdsa_p521() {
    run("ecdsa_secp521r1_sha512_p1363_test.json", Algorithm::ES512, |group| {
        vec![DecodingKey::from_ec_der(&hex(&group["publicKey"]["uncompressed"]))]
    });
}

#[test]
fn ed25519() {
    run("ed25519_test.json", Algorithm::EdDSA, |group| vec![DecodingKey::from_ed_der(&hex(&group["publicKey"]["pk"]))]);
}

/// The signatures of the JWS corpus that are valid, for the sake of the algorithms that have no file of their own.
///
/// This goes through jsonwebtoken with our provider in it. What makes a JWS valid beyond its signature is tested
/// where tokens are read.
#[test]
fn jws() {
    use jsonwebtoken::jwk::Jwk;

    countersign::crypto::PROVIDER.install_default().unwrap();
    let mut verified = BTreeSet::new();
    for group in read("json_web_signature_test.json")["testGroups"].as_array().unwrap() {
        let Ok(jwk) = serde_json::from_value::<Jwk>(group["public"].clone()) else { continue };
        let key = DecodingKey::from_jwk(&jwk).unwrap();
        for case in group["tests"].as_array().unwrap().iter().filter(|case| case["result"] == "valid") {
            let Some((message, signature)) = case["jws"].as_str().and_then(|jws| jws.rsplit_once('.')) else {
                continue;
            };
            let Ok(header) = jsonwebtoken::decode_header(case["jws"].as_str().unwrap()) else { continue };
            let verdict = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, header.alg);
            assert!(verdict.unwrap(), "{} {}", group["comment"], case["tcId"]);
            verified.insert(format!("{:?}", header.alg));
        }
    }
    let expected = ["ES256", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];
    assert_eq!(verified.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}
