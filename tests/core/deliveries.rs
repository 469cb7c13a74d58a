//! Which tokens a delivery of Vercel Connect may carry: each claim that must agree, one at a time.

use countersign::Error;
use countersign::issuer::{Keys, Verifier, delivery};
use countersign::jose::Scratch;
use countersign::options;
use serde_json::{Value, json};

use crate::issuer::{FIRST, at, claims_with, jwks};

/// A verifier of these options, over those of a project whose team is not pinned.
fn verifier(changes: Value) -> Verifier {
    let mut members = json!({"team": "*", "projectId": "prj_1", "environment": "production"});
    for (name, value) in changes.as_object().expect("an object") {
        members[name] = value.clone();
    }
    let members = serde_json::from_value(members).expect("options");
    let keys = Keys::InHand(jwks(&[FIRST.jwk()]));
    delivery::verifier(options::read(&members, &[]).expect("known options"), Some(keys)).expect("valid options")
}

/// What a verifier says of the token of a delivery with these changes to its claims.
fn verdict(verifier: &Verifier, changes: Value) -> String {
    let token = FIRST.sign(&claims_with(changes));
    match verifier.verify(token.as_bytes(), at(1), at(1), &mut Scratch::default()).result.map(|_| ()) {
        Ok(()) => "ok".to_owned(),
        Err(Error::Claim { claim, reason, .. }) => format!("{claim} {}", reason.as_str()),
        Err(error) => error.code().to_owned(),
    }
}

#[test]
fn claims_must_agree_with_the_configuration_and_with_each_other() {
    let verifier = verifier(json!({}));
    for (changes, wanted) in [
        (json!({}), "ok"),
        (json!({"iss": "https://oidc.vercel.com"}), "ok"),
        (json!({"aud": ["https://vercel.com/acme"]}), "ok"),
        (json!({"jti": "1"}), "ok"),
        (json!({"aud": "https://vercel.com/other"}), "aud check_failed"),
        (json!({"aud": ["https://vercel.com/acme", "https://third-party.example"]}), "aud check_failed"),
        (json!({"aud": null}), "aud missing"),
        (json!({"act": {"aud": "https://vercel.com/acme"}}), "act check_failed"),
        (json!({"typ": "passport"}), "typ check_failed"),
        (json!({"typ": "at"}), "typ check_failed"),
        (json!({"iss": "https://oidc.vercel.com/other"}), "iss check_failed"),
        (json!({"owner": "other"}), "sub check_failed"),
        (json!({"project": "other"}), "sub check_failed"),
        (json!({"project_id": "prj_2"}), "project_id check_failed"),
        (json!({"environment": "preview"}), "environment check_failed"),
        (json!({"sub": "owner:acme:project:site:environment:preview"}), "sub check_failed"),
        (json!({"exp": null}), "exp missing"),
    ] {
        assert_eq!(verdict(&verifier, changes.clone()), wanted, "{changes}");
    }
}

#[test]
fn a_named_audience_may_come_from_an_exchange() {
    let verifier = verifier(json!({"audience": "hooks"}));
    let exchanged = json!({"aud": "hooks", "act": {"aud": "https://vercel.com/acme"}});
    assert_eq!(verdict(&verifier, exchanged), "ok");
    assert_eq!(verdict(&verifier, json!({})), "aud check_failed");
    assert_eq!(verdict(&verifier, json!({"aud": "hooks", "typ": "at"})), "typ check_failed");
}

#[test]
fn a_team_is_pinned_by_its_slug_and_its_id() {
    let other = json!({
        "iss": "https://oidc.vercel.com/other", "owner": "other", "owner_id": "team_2", "aud": "https://vercel.com/other",
        "sub": "owner:other:project:site:environment:production",
    });
    assert_eq!(verdict(&verifier(json!({})), other.clone()), "ok");
    for (option, value, claim) in [("team", "acme", "owner"), ("ownerId", "team_1", "owner_id")] {
        let pinned = verifier(json!({option: value}));
        assert_eq!(verdict(&pinned, other.clone()), format!("{claim} check_failed"));
        assert_eq!(verdict(&pinned, json!({})), "ok");
    }
}
