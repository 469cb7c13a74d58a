//! A generated policy lets in its own token and no other, as the simulator decides.

use countersign::options::OptionValue;
use serde_json::{Value, json};

use super::GeneratedPolicy;
use crate::error::Result;
use crate::simulate::{Simulation, simulate};

const CLAIMS: &str = r#"{
    "iss": "https://oidc.vercel.com/acme", "aud": "https://vercel.com/acme",
    "sub": "owner:acme:project:site:environment:production", "scope": "owner:acme:project:site:environment:production",
    "owner": "acme", "owner_id": "team_1", "project": "site", "project_id": "prj_1", "environment": "production"
}"#;

/// The further options of each kind.
fn specific(kind: &str) -> Value {
    match kind {
        "aws" => json!({ "accountId": "123456789012" }),
        "gcp" => json!({ "projectNumber": "123456789", "serviceAccount": "site@acme-1.iam.gserviceaccount.com" }),
        _ => json!({ "appId": "00000000-0000-0000-0000-00000000000a" }),
    }
}

const KINDS: [&str; 3] = ["aws", "gcp", "azure"];

/// Generates as the host does, which hands a claims set over as text.
fn generate(request: &Value) -> Result<GeneratedPolicy> {
    let mut request = request.clone();
    if let Some(claims) = request.get_mut("token").filter(|token| token.is_object()) {
        *claims = claims.to_string().into();
    }
    super::generate(&serde_json::from_value(request).unwrap())
}

fn ask(kind: &str, members: Value) -> GeneratedPolicy {
    let mut request = specific(kind);
    request["kind"] = json!(kind);
    request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    generate(&request).unwrap_or_else(|error| panic!("{error}: {request}"))
}

fn evaluate(generated: &GeneratedPolicy, claims: &Value) -> Simulation {
    simulate(generated.kind, &generated.policy.to_string(), &OptionValue::Object(Vec::new()), &claims.to_string(), None)
        .unwrap()
}

fn claims(project: &str, environment: &str, team: &str) -> Value {
    let mut claims: Value = serde_json::from_str(CLAIMS).unwrap();
    claims["iss"] = json!(format!("https://oidc.vercel.com/{team}"));
    claims["sub"] = json!(format!("owner:{team}:project:{project}:environment:{environment}"));
    claims["owner"] = json!(team);
    claims["project"] = json!(project);
    claims["environment"] = json!(environment);
    if project != "site" {
        claims["project_id"] = json!("prj_2");
    }
    if team != "acme" {
        claims["owner_id"] = json!("team_2");
    }
    claims
}

#[test]
fn a_generated_policy_accepts_its_token_and_no_other() {
    for kind in KINDS {
        let own: Value = serde_json::from_str(CLAIMS).unwrap();
        let by_name = json!({ "team": "acme", "project": "site", "environment": "production" });
        for request in [json!({ "token": own }), json!({ "token": CLAIMS }), by_name] {
            let generated = ask(kind, request);
            let simulation = evaluate(&generated, &own);
            assert!(simulation.accepted, "{kind}: {}", simulation.summary);
            assert_eq!(simulation.warnings, [], "{kind}");
            for stranger in [
                claims("shop", "production", "acme"),
                claims("site-2", "production", "acme"),
                claims("site", "preview", "acme"),
                claims("site", "production", "evil"),
            ] {
                let simulation = evaluate(&generated, &stranger);
                assert!(!simulation.accepted, "{kind} lets in {}", stranger["sub"]);
            }
        }
    }
}

#[test]
fn several_projects_and_environments_are_each_named() {
    for kind in KINDS {
        let generated =
            ask(kind, json!({ "team": "acme", "project": ["site", "shop"], "environment": ["production", "preview"] }));
        for (project, environment, accepted) in [
            ("site", "production", true),
            ("shop", "preview", true),
            ("site", "development", false),
            ("docs", "production", false),
        ] {
            assert_eq!(
                evaluate(&generated, &claims(project, environment, "acme")).accepted,
                accepted,
                "{kind} {project}"
            );
        }
    }
}

#[test]
fn in_global_mode_the_team_is_still_named() {
    for kind in KINDS {
        let request = json!({ "team": "acme", "project": "site", "environment": "production", "issuerMode": "global" });
        let generated = ask(kind, request);
        let of = |team: &str| {
            let mut claims = claims("site", "production", team);
            claims["iss"] = json!("https://oidc.vercel.com");
            evaluate(&generated, &claims).accepted
        };
        assert!(of("acme") && !of("evil"), "{kind}");
    }
}

#[test]
fn a_subject_that_is_too_long_for_google_is_put_shorter() {
    let long = "p".repeat(100);
    let names =
        json!({ "team": "acme", "project": long, "environment": ["production", "preview"], "projectId": "prj_1" });
    let generated = ask("gcp", names);
    let mut own = claims(&long, "production", "acme");
    assert!(!evaluate(&generated, &own).accepted, "another project's id");
    own["project_id"] = json!("prj_1");
    assert!(evaluate(&generated, &own).accepted, "{}", evaluate(&generated, &own).summary);
    assert!(generated.outputs[3].text.contains("/subject/prj_1:preview"), "{}", generated.outputs[3].text);
    let mut request = specific("gcp");
    request.as_object_mut().unwrap().extend(
        json!({ "kind": "gcp", "team": "acme", "project": long, "environment": "production" })
            .as_object()
            .unwrap()
            .clone(),
    );
    assert!(generate(&request).unwrap_err().to_string().starts_with("`projectId` is required here"));
}

#[test]
fn names_of_another_form_are_refused_by_name() {
    for (kind, name, value) in [
        ("aws", "team", json!("a/b")),
        ("aws", "team", json!("acme'; rm -rf /")),
        ("aws", "team", Value::Null),
        ("aws", "project", json!("*")),
        ("aws", "project", json!(["site", "${x}"])),
        ("aws", "environment", json!("")),
        ("aws", "issuerMode", json!("Team")),
        ("aws", "audience", json!("a\nb")),
        ("aws", "accountId", json!(123_456_789_012_u64)),
        ("aws", "accountId", json!("12345")),
        ("aws", "partition", json!("aws-moon")),
        ("aws", "roleName", json!("a b")),
        ("aws", "roleNaem", json!("a")),
        ("gcp", "projectNumber", json!("acme-1")),
        ("gcp", "poolId", json!("gcp-pool")),
        ("gcp", "providerId", json!("A")),
        ("gcp", "serviceAccount", json!("a b@x.iam.gserviceaccount.com")),
        ("gcp", "ownerId", json!("a'b")),
        ("azure", "appId", json!("$(x)")),
        ("azure", "project", json!((0..21).map(|n| format!("p{n}")).collect::<Vec<_>>())),
        ("moon", "kind", json!("moon")),
    ] {
        let mut request = json!({ "kind": kind, "team": "acme", "project": "site", "environment": "production" });
        if kind != "moon" {
            request.as_object_mut().unwrap().extend(specific(kind).as_object().unwrap().clone());
        }
        request[name] = value;
        let error = generate(&request).unwrap_err();
        assert_eq!(error.code(), "ERR_INVALID_OPTION", "{request}");
        assert!(
            error.to_string().trim_start_matches("unknown option ").starts_with(&format!("`{name}`")),
            "{name}: {error}"
        );
    }
    let missing = generate(&json!({ "kind": "aws", "team": "acme", "project": "site", "environment": "production" }))
        .unwrap_err();
    assert_eq!(missing.to_string(), "`accountId` is required");
    for (request, message) in [
        (json!([]), "`options` must be an object"),
        (json!({ "token": CLAIMS }), "`kind` is required"),
        (json!({ "kind": "moon" }), "`kind` must be `aws`, `gcp` or `azure`"),
        (
            json!({ "kind": "aws", "accountId": "123456789012", "taem": "acme" }),
            "unknown option `taem`; did you mean `team`?",
        ),
        (
            json!({ "kind": "aws", "accuontId": "123456789012", "token": CLAIMS }),
            "unknown option `accuontId`; did you mean `accountId`?",
        ),
        (
            json!({ "kind": "aws", "accountId": "123456789012", "token": CLAIMS, "team": "acme" }),
            "unknown option `team`",
        ),
        (json!({ "kind": "aws", "accountId": "123456789012", "token": 7 }), "`token` must be a string"),
    ] {
        assert_eq!(generate(&request).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_foreign_subject_stays_text_in_every_language() {
    let nasty = "repo:acme/it's:${aws:username}:\"$(x)`";
    let own = json!({ "iss": "https://token.actions.githubusercontent.com", "aud": "sts", "sub": nasty });
    for kind in KINDS {
        let generated = ask(kind, json!({ "token": own }));
        assert!(evaluate(&generated, &own).accepted, "{kind}: {}", evaluate(&generated, &own).summary);
        for output in &generated.outputs {
            let text = &output.text;
            let escaped = match output.language {
                "sh" => !text.contains("it's"),
                "hcl" => !text.replace("$${", "").contains("${"),
                "typescript" => text.contains(r"it\'s"),
                _ => serde_json::from_str::<Value>(text).is_ok(),
            };
            assert!(escaped, "{kind} {}: {text}", output.format);
        }
    }
    for token in [
        json!({ "iss": "http://issuer.example", "aud": "x", "sub": "y" }),
        json!({ "iss": "https://issuer.example/'x", "aud": "x", "sub": "y" }),
        json!({ "iss": "https://issuer.example", "aud": "x" }),
        json!({ "iss": "https://issuer.example", "aud": "x", "sub": "a\nb" }),
        json!({ "iss": "https://issuer.example", "aud": ["x", "y"], "sub": "y" }),
    ] {
        let request = json!({ "kind": "aws", "accountId": "123456789012", "token": token });
        assert_eq!(generate(&request).unwrap_err().code(), "ERR_INVALID_OPTION", "{token}");
    }
}
