//! How long the core takes, natively: `cargo bench`. What users meet is the module, which `cargo xtask bench` measures.

use std::hint::black_box;

use countersign::encoding::base64url;
use countersign::encoding::json::{self, Document};
use countersign::jose::{Jwks, Scratch};
use countersign::jwt::{self, Audience, Policy};
use countersign::time::Timestamp;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

const NOW: i64 = 1_718_885_600;

macro_rules! key {
    ($name:literal) => {
        include_bytes!(concat!("../tests/crypto/keys/", $name))
    };
}

fn now() -> Timestamp {
    Timestamp::from_seconds(NOW).expect("within the calendar")
}

/// The claims of a production token of Vercel.
fn claims() -> String {
    json!({
        "iss": "https://oidc.vercel.com/acme",
        "aud": "https://vercel.com/acme",
        "sub": "owner:acme:project:site:environment:production",
        "scope": "owner:acme:project:site:environment:production",
        "owner": "acme",
        "owner_id": "team_1",
        "project": "site",
        "project_id": "prj_1",
        "environment": "production",
        "nbf": NOW,
        "iat": NOW,
        "exp": NOW + 3600,
    })
    .to_string()
}

fn policy(algorithm: Algorithm) -> Policy {
    let audience = Audience::AnyOf(vec!["https://vercel.com/acme".to_owned()]);
    let algorithm = algorithm.try_into().expect("an algorithm for public keys");
    Policy { algorithms: vec![algorithm], ..Policy::new("https://oidc.vercel.com/acme", audience) }
}

/// A token, and the public key as members of a JWK.
struct Subject {
    name: &'static str,
    algorithm: Algorithm,
    private: EncodingKey,
    public: Value,
}

impl Subject {
    /// On a curve; the point is the end of the SPKI.
    fn curve(name: &'static str, algorithm: Algorithm, private: &[u8], spki: &[u8], bytes: usize) -> Self {
        let (curve, coordinates) = match algorithm {
            Algorithm::ES256 => ("P-256", 2),
            Algorithm::ES384 => ("P-384", 2),
            _ => ("Ed25519", 1),
        };
        let point = &spki[spki.len() - bytes * coordinates..];
        let mut public = json!({"kty": "OKP", "crv": curve, "x": base64url::encode(&point[..bytes])});
        let private = if coordinates == 2 {
            public["kty"] = "EC".into();
            public["y"] = base64url::encode(&point[bytes..]).into();
            EncodingKey::from_ec_der(private)
        } else {
            EncodingKey::from_ed_der(private)
        };
        Self { name, algorithm, private, public }
    }

    fn rsa(name: &'static str, private: &[u8]) -> Self {
        let (algorithm, private) = (Algorithm::RS256, EncodingKey::from_rsa_der(private));
        let jwk = jsonwebtoken::jwk::Jwk::from_encoding_key(&private, algorithm).expect("a public key");
        Self { name, algorithm, private, public: serde_json::to_value(jwk).expect("JSON") }
    }

    fn token(&self) -> String {
        let header = json!({"typ": "JWT", "alg": self.algorithm, "kid": "mrk-1"}).to_string();
        let input = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(claims().as_bytes()));
        let signature =
            jsonwebtoken::crypto::sign(input.as_bytes(), &self.private, self.algorithm).expect("a signature");
        format!("{input}.{signature}")
    }

    fn keys(&self) -> Jwks {
        let mut jwk = self.public.clone();
        jwk["kid"] = "mrk-1".into();
        jwk["use"] = "sig".into();
        jwk["alg"] = json!(self.algorithm);
        let algorithm = self.algorithm.try_into().expect("an algorithm for public keys");
        Jwks::parse(json!({"keys": [jwk]}).to_string().as_bytes(), &[algorithm]).expect("a key set")
    }
}

fn subjects() -> [Subject; 6] {
    [
        Subject::rsa("RS256 2048", key!("rsa_2048.pkcs1.der")),
        Subject::rsa("RS256 3072", key!("rsa_3072.pkcs1.der")),
        Subject::rsa("RS256 4096", key!("rsa_4096.pkcs1.der")),
        Subject::curve("ES256", Algorithm::ES256, key!("p256.pkcs8.der"), key!("p256.spki.der"), 32),
        Subject::curve("ES384", Algorithm::ES384, key!("p384.pkcs8.der"), key!("p384.spki.der"), 48),
        Subject::curve("EdDSA", Algorithm::EdDSA, key!("ed25519.pkcs8.der"), key!("ed25519.spki.der"), 32),
    ]
}

/// Form, signature and claims.
fn verification(c: &mut Criterion) {
    let mut group = c.benchmark_group("verify");
    for subject in subjects() {
        let (token, keys, policy) = (subject.token(), subject.keys(), policy(subject.algorithm));
        let mut scratch = Scratch::default();
        jwt::verify(token.as_bytes(), &keys, &policy, now(), &mut scratch).expect("a good token");
        group.bench_function(subject.name, |b| {
            b.iter(|| {
                jwt::verify(black_box(token.as_bytes()), &keys, &policy, now(), &mut scratch)
                    .map(|token| token.validity())
            });
        });
    }
    group.finish();
}

/// What is done once a key.
fn key_sets(c: &mut Criterion) {
    let mut group = c.benchmark_group("key set of one");
    for subject in subjects() {
        group.bench_function(subject.name, |b| b.iter(|| subject.keys()));
    }
    group.finish();
}

fn readers(c: &mut Criterion) {
    let token = subjects()[0].token();
    let mut scratch = Scratch::default();
    let mut group = c.benchmark_group("read");
    group.throughput(Throughput::Bytes(token.len() as u64));
    group.bench_function("compact", |b| {
        b.iter(|| {
            jwt::decode(black_box(token.as_bytes()), token.len(), &mut scratch).map(|token| token.claims.text().len())
        });
    });
    let text = claims();
    let mut nodes = Vec::new();
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("json", |b| b.iter(|| json::parse_into(black_box(text.as_bytes()), &mut nodes).map(|_| ())));
    group.finish();
}

/// Every condition held against a token, as `explain` does for people: `verify` stops at the first that fails.
fn conditions(c: &mut Criterion) {
    let (text, policy) = (claims(), policy(Algorithm::RS256));
    let document = Document::parse(text.as_bytes()).expect("JSON");
    c.bench_function("policy", |b| b.iter(|| jwt::explain(&policy, None, black_box(document.root()), Some(now()))));
}

criterion_group!(benches, verification, key_sets, readers, conditions);
criterion_main!(benches);
