//! A test issuer: tokens are signed by jsonwebtoken with the RustCrypto crates, which share no code with the verifier.

use std::time::Duration;

use countersign::encoding::base64url;
use countersign::issuer::vercel::{IssuerMode, Options, Projects, Selection};
use countersign::jose::{Jwks, Scratch};
use countersign::jwt::{self, Policy};
use countersign::time::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// The instant at which all tokens of these tests are issued.
pub const NOW: i64 = 1_718_885_600;

/// The instant so many seconds after [`NOW`].
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(NOW + seconds).expect("within the calendar")
}

/// One of two fixed keys, under a name.
pub struct Key {
    pub kid: &'static str,
    der: &'static [u8],
}

pub const FIRST: Key = Key { kid: "mrk-1", der: include_bytes!("../keys/rsa-1.der") };
pub const SECOND: Key = Key { kid: "mrk-2", der: include_bytes!("../keys/rsa-2.der") };

impl Key {
    /// Signs these two texts, whatever they are.
    pub fn sign_texts(&self, header: &str, payload: &str) -> String {
        let input = format!("{}.{}", base64url::encode(header.as_bytes()), base64url::encode(payload.as_bytes()));
        let key = EncodingKey::from_rsa_der(self.der);
        let signature = jsonwebtoken::crypto::sign(input.as_bytes(), &key, Algorithm::RS256).expect("a signature");
        format!("{input}.{signature}")
    }

    /// Signs these claims under an ordinary header.
    pub fn sign(&self, claims: &Value) -> String {
        self.sign_texts(&json!({"typ": "JWT", "alg": "RS256", "kid": self.kid}).to_string(), &claims.to_string())
    }

    /// The public half.
    pub fn jwk(&self) -> Value {
        let key = EncodingKey::from_rsa_der(self.der);
        let mut jwk = serde_json::to_value(
            jsonwebtoken::jwk::Jwk::from_encoding_key(&key, Algorithm::RS256).expect("a public key"),
        )
        .expect("JSON");
        jwk["kid"] = self.kid.into();
        jwk["use"] = "sig".into();
        jwk
    }
}

/// The text of a key set.
pub fn jwks(keys: &[Value]) -> Vec<u8> {
    json!({ "keys": keys }).to_string().into_bytes()
}

/// The claims of a production token of Vercel.
pub fn claims() -> Value {
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
}

/// The claims with some of them replaced, or (by null) left out.
pub fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            members.remove(name)
        } else {
            members.insert(name.clone(), value.clone())
        };
    }
    claims
}

/// What these claims are accepted by.
pub fn options() -> Options {
    Options {
        team: "acme".into(),
        issuer_mode: IssuerMode::Team,
        owner_id: Some("team_1".into()),
        projects: Projects::Each {
            project_id: Selection::OneOf(vec!["prj_1".into()]),
            environment: Selection::OneOf(vec!["production".into()]),
        },
        audience: vec![],
    }
}

/// The policy of [`options`], without tolerance: each boundary is one timestamp.
pub fn policy() -> Policy {
    Policy { clock_tolerance: Duration::ZERO, ..options().policy().expect("valid options").0 }
}

/// `ok`, or the code of the error and what it names.
pub fn verdict_with(token: &str, policy: &Policy, now: Timestamp) -> String {
    let keys = Jwks::parse(&jwks(&[FIRST.jwk()]), &policy.algorithms).expect("a key set");
    match jwt::verify(token.as_bytes(), &keys, policy, now, &mut Scratch::default()) {
        Ok(_) => "ok".to_owned(),
        Err(countersign::Error::Claim { claim, reason, .. }) => format!("{claim} {}", reason.as_str()),
        Err(countersign::Error::Expired { claim, .. }) => format!("{claim} expired"),
        Err(countersign::Error::NotYetValid { claim, .. }) => format!("{claim} early"),
        Err(error) => error.code().to_owned(),
    }
}

/// The same, with the policy of [`options`] just after the token was issued.
pub fn verdict(token: &str) -> String {
    verdict_with(token, &policy(), at(1))
}
