//! Providers as Google's documentation writes them, and as Vercel's tokens meet them.

use countersign::options::OptionValue;
use serde_json::{Value, json};

use crate::error::Error;
use crate::simulate::{Decision, PolicyWarning, Simulation, simulate};

const NAME: &str = "projects/123456789/locations/global/workloadIdentityPools/vercel/providers/vercel";

fn claims() -> Value {
    json!({
        "iss": "https://oidc.vercel.com/acme", "aud": "https://vercel.com/acme",
        "sub": "owner:acme:project:site:environment:production",
        "owner": "acme", "owner_id": "team_1", "project": "site", "project_id": "prj_1", "environment": "production",
    })
}

fn provider(condition: Option<&str>) -> Value {
    let mut provider = json!({
        "name": NAME,
        "oidc": { "issuerUri": "https://oidc.vercel.com/acme", "allowedAudiences": ["https://vercel.com/acme"] },
        "attributeMapping": { "google.subject": "assertion.sub", "attribute.project": "assertion.project_id" },
    });
    if let Some(condition) = condition {
        provider["attributeCondition"] = json!(condition);
    }
    provider
}

fn run(policy: &Value, claims: &Value) -> Result<Simulation, Error> {
    simulate("gcp", &policy.to_string(), &OptionValue::Object(Vec::new()), &claims.to_string(), None)
}

fn codes(simulation: &Simulation) -> String {
    simulation.warnings.iter().map(PolicyWarning::code_name).collect::<Vec<_>>().join(" ")
}

#[test]
fn conditions_decide_and_are_taken_apart() {
    let condition = "assertion.owner_id == 'team_1' && attribute.project == 'prj_1' && \
                     google.subject.endsWith(':environment:production')";
    let simulation = run(&provider(Some(condition)), &claims()).unwrap();
    assert!(simulation.accepted, "{}", simulation.summary);
    assert_eq!(codes(&simulation), "");
    let checks: Vec<_> = simulation.rules[0].checks.iter().map(|check| check.what.as_str()).collect();
    let wanted = ["the issuer", "the audience", "the mapping of google.subject", "the mapping of attribute.project"];
    assert_eq!(checks[..4], wanted);
    assert_eq!(checks[4..], ["the condition"; 3]);

    let mut preview = claims();
    preview["sub"] = json!("owner:acme:project:site:environment:preview");
    let simulation = run(&provider(Some(condition)), &preview).unwrap();
    assert_eq!(simulation.decision, Decision::Refused);
    let failed: Vec<_> = simulation.rules[0].checks.iter().filter(|check| check.passed == Some(false)).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].wanted, ["google.subject.endsWith(':environment:production')"]);
}

#[test]
fn each_way_of_failing_is_explained() {
    let summary = |policy: &Value, claims: &Value| run(policy, claims).unwrap().summary;
    let with = |pointer: &str, value: Value| {
        let mut provider = provider(None);
        *provider.pointer_mut(pointer).unwrap() = value;
        provider
    };
    for (policy, wanted) in [
        (with("/oidc/issuerUri", json!("https://oidc.vercel.com/acme/")), "only a slash at the end differs"),
        (with("/oidc/issuerUri", json!("https://oidc.vercel.com")), "must be the token's issuer"),
        (with("/oidc/allowedAudiences", json!(["x"])), "add `https://vercel.com/acme` to `oidc.allowedAudiences`"),
        (with("/attributeMapping/google.subject", json!("assertion.subject")), "`subject` is not there"),
        (with("/attributeMapping/google.subject", json!("assertion.sub == 'x'")), "must be a string"),
        (with("/attributeMapping/google.subject", json!("''")), "must not be empty"),
        (provider(Some("assertion.environment == 'preview'")), "change the condition"),
        (provider(Some("assertion.environment")), "must be true or false"),
        (provider(Some("assertion.email_verified")), "`email_verified` is not there"),
    ] {
        let summary = summary(&policy, &claims());
        assert!(summary.starts_with("refused: ") && summary.contains(wanted), "{summary:?} without {wanted:?}");
    }
    let unknown = run(&provider(Some("request.time > 0")), &claims()).unwrap();
    assert_eq!(unknown.decision, Decision::Undecided);
}

#[test]
fn the_subject_has_at_most_127_bytes() {
    let subject = |length: usize| {
        let mut claims = claims();
        claims["sub"] = json!("é".repeat(length / 2) + &"x".repeat(length % 2));
        run(&provider(None), &claims).unwrap()
    };
    assert!(subject(126).accepted && subject(127).accepted);
    assert!(subject(128).summary.contains("has 128 bytes, and 127 are allowed"));
    let mut long = claims();
    long["project_id"] = json!("x".repeat(9000));
    assert!(run(&provider(None), &long).unwrap().summary.contains("the size of all attributes"));
}

#[test]
fn without_audiences_the_provider_is_its_own() {
    let mut own = provider(None);
    own["oidc"].as_object_mut().unwrap().remove("allowedAudiences");
    for (audience, accepted) in [
        (format!("https://iam.googleapis.com/{NAME}"), true),
        (format!("//iam.googleapis.com/{NAME}"), true),
        ("https://vercel.com/acme".to_owned(), false),
    ] {
        let mut claims = claims();
        claims["aud"] = json!(audience);
        assert_eq!(run(&own, &claims).unwrap().accepted, accepted, "{audience}");
    }
    own.as_object_mut().unwrap().remove("name");
    assert_eq!(run(&own, &claims()).unwrap().decision, Decision::Undecided);
}

#[test]
fn a_wide_provider_is_called_wide() {
    let wide = |condition: Option<&str>| codes(&run(&provider(condition), &claims()).unwrap());
    assert_eq!(wide(None), "other-project preview development other-environment");
    assert_eq!(wide(Some("assertion.project == 'site'")), "preview development other-environment");
    assert_eq!(
        wide(Some("assertion.sub.startsWith('owner:acme:project:site')")),
        "other-project preview development other-environment"
    );
    assert_eq!(wide(Some("assertion.environment == 'production'")), "other-project");
    assert_eq!(wide(Some("assertion.sub == 'owner:acme:project:site:environment:production'")), "");
    let mut global = provider(Some("assertion.project == 'site' && assertion.environment == 'production'"));
    global["oidc"]["issuerUri"] = json!("https://oidc.vercel.com");
    let mut token = claims();
    token["iss"] = json!("https://oidc.vercel.com");
    assert_eq!(codes(&run(&global, &token).unwrap()), "other-team");
}

#[test]
fn what_google_would_not_take_is_refused_with_its_place() {
    let edit = |pointer: &str, value: Value| {
        let mut provider = provider(Some("true"));
        *provider.pointer_mut(pointer).unwrap() = value;
        provider
    };
    let add = |name: &str, value: Value| {
        let mut provider = provider(None);
        provider[name] = value;
        provider
    };
    for (policy, path) in [
        (edit("/oidc/issuerUri", json!("http://x.example")), "oidc.issuerUri"),
        (edit("/oidc/allowedAudiences", json!(vec!["x"; 11])), "oidc.allowedAudiences"),
        (edit("/attributeMapping", json!({ "attribute.a": "assertion.sub" })), "attributeMapping"),
        (edit("/attributeMapping/google.subject", json!("assertion.")), "attributeMapping['google.subject']"),
        (edit("/attributeMapping", json!({ "attribute.A": "assertion.sub" })), "attributeMapping['attribute.A']"),
        (edit("/attributeMapping", json!({ "google.x": "assertion.sub" })), "attributeMapping['google.x']"),
        (edit("/attributeCondition", json!("a &&")), "attributeCondition"),
        (edit("/attributeCondition", json!(format!("'{}' != ''", "x".repeat(4100)))), "attributeCondition"),
        (add("saml", json!({})), "saml"),
        (add("atributeCondition", json!("true")), "atributeCondition"),
    ] {
        match run(&policy, &claims()) {
            Err(Error::Policy { position, .. }) => assert_eq!(position.path, path, "{policy}"),
            other => panic!("{policy}: {other:?}"),
        }
    }
}
