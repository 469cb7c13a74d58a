//! The number of requests of every error class, for every service.

use countersign::Error;
use countersign::error::FetchFailure;
use countersign::exchange::Exchange;
use countersign::flow::Outcome;
use serde_json::json;

use super::{Answer, always, answer, exchange};

const SERVICES: [&str; 6] = ["aws", "azure", "connect", "gcp", "token-exchange", "vercel"];

fn of(service: &str) -> Exchange {
    let options = match service {
        "aws" => json!({"roleArn": "arn:aws:iam::123456789012:role/deploy"}),
        "azure" => json!({"tenantId": "a", "clientId": "b", "scope": "https://vault.azure.net/.default"}),
        "connect" => json!({"connector": "slack/bot", "params": r#"{"subject":{"type":"app"}}"#}),
        "gcp" => {
            json!({"audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/x"})
        }
        "token-exchange" => json!({"url": "https://idp.example/token"}),
        _ => json!({"audience": "a"}),
    };
    exchange(service, options).expect(service)
}

/// Every kind of outcome that is not a credential.
fn failures() -> Vec<(&'static str, Answer)> {
    let failed = |failure| (Outcome::Failed(failure), 0);
    vec![
        ("timeout", failed(FetchFailure::Timeout)),
        ("network", failed(FetchFailure::Network)),
        ("aborted", failed(FetchFailure::Aborted)),
        ("too large", failed(FetchFailure::TooLarge)),
        ("too large a body", answer(200, &" ".repeat(70_000))),
        ("no body", answer(200, "")),
        ("HTML", answer(200, "<!doctype html><p>Sign in")),
        ("half a body", answer(200, "{\"token\":\"")),
        ("no credential", answer(200, "{}")),
        (
            "an expired credential",
            answer(200, r#"{"token":"x","expiry":1,"expiresAt":1,"access_token":"x","expires_in":0}"#),
        ),
        ("a hidden redirect", answer(0, "")),
        ("a redirect", answer(302, "")),
        ("400", answer(400, "{}")),
        ("401", answer(401, "{}")),
        ("403", answer(403, "{}")),
        ("404", answer(404, "{}")),
        ("408", answer(408, "{}")),
        ("429", answer(429, "{}")),
        ("500", answer(500, "{}")),
        ("501", answer(501, "{}")),
        ("503", answer(503, "{}")),
    ]
}

#[test]
fn only_a_retryable_failure_is_requested_again() {
    for service in SERVICES {
        for (class, failure) in failures() {
            let (requests, result) = always(&of(service), "t.t.t", failure);
            let error = result.expect_err(class);
            let aborted = matches!(error, Error::ExchangeFailed(_, FetchFailure::Aborted));
            // A token of Vercel Connect is billed: a lost response may have been one.
            let lost = service == "connect" && matches!(error, Error::ExchangeFailed(..));
            let expected = if error.is_retryable() && !aborted && !lost { 3 } else { 1 };
            assert_eq!(requests.len(), expected, "{service}, {class}: {error}");
        }
    }
}

#[test]
fn a_second_request_follows_the_same_rule() {
    let google = exchange(
        "gcp",
        json!({
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/x",
            "serviceAccount": "a@b.example",
        }),
    )
    .expect("options");
    for (class, failure) in failures() {
        let mut answers = vec![failure; 3];
        answers.insert(0, answer(200, r#"{"access_token":"federated","expires_in":3600}"#));
        let mut answers = answers.into_iter();
        let (requests, result) = super::carry_out(&google, "t.t.t", || answers.next().expect("one answer more"));
        let error = result.expect_err(class);
        let aborted = matches!(error, Error::ExchangeFailed(_, FetchFailure::Aborted));
        let expected = if error.is_retryable() && !aborted { 4 } else { 2 };
        assert_eq!(requests.len(), expected, "{class}: {error}");
    }
}
