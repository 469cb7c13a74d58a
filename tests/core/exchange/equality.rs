//! Which exchanges are the same: those alone share a cached credential.

use countersign::exchange::{CacheIdentity, CacheKey, CacheKeys, Exchange};
use serde_json::{Value, json};

use super::{exchange, secret};

/// Exchanges of which no two request the same.
fn different() -> Vec<(&'static str, Value)> {
    let role = "arn:aws:iam::123456789012:role/a";
    let pool = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/x";
    let url = "https://idp.example/token";
    vec![
        ("aws", json!({"roleArn": role})),
        ("aws", json!({"roleArn": "arn:aws:iam::123456789012:role/b"})),
        ("aws", json!({"roleArn": role, "roleSessionName": "other"})),
        ("aws", json!({"roleArn": role, "durationSeconds": 900})),
        ("aws", json!({"roleArn": role, "region": "eu-central-1"})),
        ("aws", json!({"roleArn": role, "policyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]})),
        ("azure", json!({"tenantId": "a", "clientId": "b", "scope": "https://vault.azure.net/.default"})),
        ("azure", json!({"tenantId": "c", "clientId": "b", "scope": "https://vault.azure.net/.default"})),
        ("azure", json!({"tenantId": "a", "clientId": "c", "scope": "https://vault.azure.net/.default"})),
        ("azure", json!({"tenantId": "a", "clientId": "b", "scope": "https://graph.microsoft.com/.default"})),
        ("gcp", json!({"audience": pool})),
        ("gcp", json!({"audience": pool, "scopes": ["https://www.googleapis.com/auth/pubsub"]})),
        ("gcp", json!({"audience": pool, "serviceAccount": "a@b.example"})),
        ("gcp", json!({"audience": pool, "serviceAccount": "c@b.example"})),
        ("gcp", json!({"audience": pool, "serviceAccount": "a@b.example", "lifetimeSeconds": 600})),
        ("token-exchange", json!({"url": url})),
        ("token-exchange", json!({"url": "https://idp.example/other"})),
        ("token-exchange", json!({"url": url, "audience": "a"})),
        ("token-exchange", json!({"url": url, "resource": "urn:a"})),
        ("token-exchange", json!({"url": url, "clientId": "a"})),
        ("token-exchange", json!({"url": url, "clientId": "a", "clientSecret": "b"})),
        ("token-exchange", json!({"url": url, "clientId": "a", "clientSecret": "c"})),
        ("vercel", json!({"audience": "a"})),
        ("vercel", json!({"audience": "b"})),
        ("connect", json!({"connector": "a", "params": r#"{"subject":{"type":"app"}}"#})),
        ("connect", json!({"connector": "b", "params": r#"{"subject":{"type":"app"}}"#})),
        ("connect", json!({"connector": "a", "params": r#"{"subject":{"type":"app"}}"#, "region": "iad1"})),
        ("connect", json!({"connector": "a", "params": r#"{"subject":{"type":"app"},"scopes":["a"]}"#})),
        ("connect", json!({"connector": "a", "params": r#"{"subject":{"type":"user","id":"a"}}"#})),
        ("connect", json!({"connector": "a", "params": r#"{"subject":{"type":"user","id":"b"}}"#})),
        ("connect", json!({"connector": "a", "params": r#"{"subject":{"type":"token","token":"b"}}"#})),
    ]
}

fn made() -> Vec<(Exchange, CacheKey)> {
    let (keys, identity) = (CacheKeys::new([7; 32]), CacheIdentity::presenting(secret("a.b.c")));
    let make = |(service, options): (_, Value)| {
        let exchange = exchange(service, options.clone()).unwrap_or_else(|error| panic!("{options}: {error}"));
        let key = keys.of(&identity, &exchange);
        (exchange, key)
    };
    different().into_iter().map(make).collect()
}

#[test]
fn exchanges_are_equal_and_share_a_cache_key_where_they_request_the_same() {
    let (made, again) = (made(), made());
    for (index, (exchange, key)) in made.iter().enumerate() {
        for (other_index, (other, other_key)) in again.iter().enumerate() {
            let same = index == other_index;
            assert_eq!((exchange == other, key == other_key), (same, same), "{exchange:?}\n{other:?}");
        }
    }
}

#[test]
fn the_validity_that_is_wanted_does_not_change_the_cache_key_of_a_connect_token() {
    let key = |params: &str| {
        let exchange = exchange("connect", json!({"connector": "a", "params": params})).expect("an exchange");
        CacheKeys::new([7; 32]).of(&CacheIdentity::presenting(secret("a.b.c")), &exchange)
    };
    let plain = key(r#"{"subject":{"type":"app"}}"#);
    assert_eq!(plain, key(r#"{"subject":{"type":"app"},"validityBufferMs":1000}"#));
}
