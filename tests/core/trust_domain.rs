//! JWT-SVIDs of SPIFFE: the trust domain in `sub` decides, and `iss` only has to be a string.

use countersign::jwt::Policy;
use serde_json::{Value, json};

use crate::issuer::{FIRST, at, claims_with, policy, verdict_with};

fn seen(changes: Value) -> String {
    let policy = Policy { trust_domain: Some("prod.example".into()), ..policy() };
    verdict_with(&FIRST.sign(&claims_with(changes)), &policy, at(1))
}

#[test]
fn a_workload_of_the_trust_domain_is_accepted_and_every_other_is_refused() {
    assert_eq!(seen(json!({"sub": "spiffe://prod.example/api"})), "ok");
    for other in ["spiffe://dev.example/api", "spiffe://prod.example.evil.example/api", "spiffe://example/prod.example"]
    {
        assert_eq!(seen(json!({"sub": other})), "sub check_failed", "{other}");
    }
    for other in ["prod.example", "https://prod.example/api", "spiffe://"] {
        assert_eq!(seen(json!({"sub": other})), "sub invalid", "{other}");
    }
    assert_eq!(seen(json!({"sub": null})), "sub missing");
}

#[test]
fn the_issuer_of_a_workload_is_a_string_or_missing() {
    let sub = "spiffe://prod.example/api";
    assert_eq!(seen(json!({"sub": sub, "iss": null})), "ok");
    assert_eq!(seen(json!({"sub": sub, "iss": "https://evil.example"})), "ok");
    assert_eq!(seen(json!({"sub": sub, "iss": 7})), "iss invalid");
}
