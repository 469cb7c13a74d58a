//! Policies as people write them.

mod operators;

use serde_json::{Value, json};

use crate::error::Error;
use crate::simulate::{Decision, PolicyWarning, Simulation, simulate};

fn claims() -> Value {
    json!({
        "iss": "https://oidc.vercel.com/acme",
        "aud": "https://vercel.com/acme",
        "sub": "owner:acme:project:site:environment:production",
        "owner": "acme", "owner_id": "team_1", "project": "site", "project_id": "prj_1", "environment": "production",
    })
}

fn policy(condition: Value) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": "arn:aws:iam::123456789012:oidc-provider/oidc.vercel.com/acme" },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }]
    })
}

fn run_with(policy: &Value, claims: &Value, context: &Value) -> Result<Simulation, Error> {
    simulate("aws", &policy.to_string(), &serde_json::from_value(context.clone()).unwrap(), &claims.to_string(), None)
}

fn run(policy: &Value) -> Simulation {
    run_with(policy, &claims(), &json!({})).unwrap_or_else(|error| panic!("{error}: {policy}"))
}

fn narrow() -> Value {
    json!({ "StringEquals": {
        "oidc.vercel.com/acme:aud": "https://vercel.com/acme",
        "oidc.vercel.com/acme:sub": "owner:acme:project:site:environment:production",
    }})
}

fn codes(simulation: &Simulation) -> Vec<String> {
    simulation.warnings.iter().map(PolicyWarning::code_name).collect()
}

#[test]
fn the_narrow_policy_lets_in_this_token_and_no_other() {
    let simulation = run(&policy(narrow()));
    assert!(simulation.accepted);
    assert_eq!(simulation.summary, "accepted by Statement[0]");
    assert_eq!(codes(&simulation), [""; 0]);
    let checks: Vec<_> = simulation.rules[0].checks.iter().map(|check| (&*check.what, check.passed)).collect();
    let wanted = [
        "the provider",
        "the action",
        "StringEquals of oidc.vercel.com/acme:aud",
        "StringEquals of oidc.vercel.com/acme:sub",
    ];
    assert_eq!(checks, wanted.map(|what| (what, Some(true))));
}

#[test]
fn why_a_policy_refuses_is_said_with_the_fix() {
    let sub = |operator: &str, value: &str| policy(json!({ operator: { "oidc.vercel.com/acme:sub": value } }));
    let fix = |policy: &Value| {
        let simulation = run(policy);
        assert_eq!(simulation.decision, Decision::Refused, "{policy}");
        assert!(simulation.summary.starts_with("refused: "), "{}", simulation.summary);
        let failed = simulation.rules[0].checks.iter().find(|check| check.passed == Some(false)).expect("a failure");
        failed.fix.clone().expect("a fix")
    };
    for (policy, wanted) in [
        (sub("StringEquals", "owner:acme:*"), "use `StringLike`"),
        (sub("StringEquals", "owner:ACME:project:site:environment:production"), "upper and lower case differ"),
        (sub("StringNotLike", "owner:acme:*"), "keeps out `owner:acme:project:site:environment:production`"),
        (sub("StringLike", "owner:acme:project:shop:*"), "the token has `owner:acme:project:site"),
        (policy(json!({"StringEquals": {"oidc.vercel.com/acme:aud": "https://vercel.com/acme/"}})), "only a slash"),
        (
            policy(json!({"StringEquals": {"oidc.vercel.com/acme:environment": "production"}})),
            "what the token says of its environment is in `oidc.vercel.com/acme:sub`",
        ),
        (policy(json!({"StringEquals": {"https://oidc.vercel.com/acme:sub": "x"}})), "leave out `https://`"),
        (policy(json!({"StringEquals": {"oidc.vercel.com:sub": "x"}})), "must begin with the token's issuer"),
        (policy(json!({"StringEquals": {"oidc.vercel.com/acme:amr": "x"}})), "has no value in this call"),
        (policy(json!({"StringEquals": {"aws:PrincipalTag/team": "x"}})), "has no value in this call"),
        (sub("StringLike", "owner:${aws:username}:*"), "the variable `${aws:username}` has no value"),
    ] {
        let fix = fix(&policy);
        assert!(fix.contains(wanted), "{fix:?} does not say {wanted:?}");
    }
    let mut other = policy(narrow());
    let federated = &mut other["Statement"][0]["Principal"]["Federated"];
    *federated = json!("arn:aws:iam::123456789012:oidc-provider/https://oidc.vercel.com/acme");
    assert!(fix(&other).contains("without `https://`"));
    other["Statement"][0]["Principal"]["Federated"] = json!("accounts.google.com");
    assert!(fix(&other).contains("oidc-provider/oidc.vercel.com/acme"));
    other = policy(narrow());
    other["Statement"][0]["Action"] = json!("sts:AssumeRole");
    assert!(fix(&other).contains("sts:AssumeRoleWithWebIdentity"));
}

#[test]
fn statements_add_up() {
    let statement = |effect: &str, action: Value, sub: &str| {
        let mut policy = policy(json!({ "StringLike": { "oidc.vercel.com/acme:sub": sub } }));
        policy["Statement"][0]["Effect"] = json!(effect);
        policy["Statement"][0]["Action"] = action;
        policy["Statement"][0].take()
    };
    let decide = |statements: &[Value]| run(&json!({"Version": "2012-10-17", "Statement": statements})).decision;
    let (all, other) = ("*", "owner:acme:project:shop:*");
    let assume = json!("sts:AssumeRoleWithWebIdentity");
    let allow = statement("Allow", assume.clone(), all);
    assert_eq!(decide(std::slice::from_ref(&allow)), Decision::Accepted);
    assert_eq!(decide(&[statement("Allow", assume.clone(), other), allow.clone()]), Decision::Accepted);
    assert_eq!(decide(&[allow.clone(), statement("Deny", assume.clone(), all)]), Decision::Refused);
    assert_eq!(decide(&[statement("Deny", assume.clone(), all)]), Decision::Refused);
    assert_eq!(decide(&[allow.clone(), statement("Deny", assume.clone(), other)]), Decision::Accepted);
    for (action, decision) in [
        (json!(["sts:TagSession", "STS:assumerolewithwebidentity"]), Decision::Accepted),
        (json!("sts:*"), Decision::Accepted),
        (json!("sts:AssumeRole*"), Decision::Accepted),
        (json!("sts:AssumeRole"), Decision::Refused),
        (json!("sts:AssumeRoleWith?ebIdentity"), Decision::Accepted),
    ] {
        assert_eq!(decide(&[statement("Allow", action.clone(), all)]), decision, "{action}");
    }
    let mut not = statement("Allow", json!("x"), all);
    not.as_object_mut().unwrap().remove("Action");
    not["NotAction"] = json!("sts:AssumeRole");
    assert_eq!(decide(std::slice::from_ref(&not)), Decision::Accepted);
    not["NotAction"] = json!("sts:AssumeRole*");
    assert_eq!(decide(std::slice::from_ref(&not)), Decision::Refused);
    let mut not = statement("Deny", assume, all);
    let principal = not["Principal"].take();
    not.as_object_mut().unwrap().remove("Principal");
    not["NotPrincipal"] = principal;
    assert_eq!(decide(&[allow.clone(), not.clone()]), Decision::Accepted);
    not["NotPrincipal"] = json!({"Federated": "accounts.google.com"});
    assert_eq!(decide(&[allow, not]), Decision::Refused);
}

#[test]
fn what_is_not_known_is_not_guessed() {
    let source = policy(json!({ "StringEquals": { "aws:RequestedRegion": "eu-central-1" } }));
    let simulation = run(&source);
    assert_eq!((simulation.decision, simulation.accepted), (Decision::Undecided, false));
    assert!(simulation.summary.contains("give it in `context`"), "{}", simulation.summary);
    let context = json!({ "context": { "aws:requestedregion": "eu-central-1" } });
    assert!(run_with(&source, &claims(), &context).unwrap().accepted);
    let address = policy(json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } }));
    let context = json!({ "context": { "aws:SourceIp": "203.0.113.9" } });
    assert_eq!(run_with(&address, &claims(), &context).unwrap().decision, Decision::Undecided);
    // A refusal stays one, whatever is not known.
    let both = json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" }, "Bool": { "aws:SecureTransport": "false" } });
    assert_eq!(run(&policy(both)).decision, Decision::Refused);
    let deny = json!({"Version": "2012-10-17", "Statement": [
        policy(narrow())["Statement"][0],
        {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
    ]});
    assert_eq!(run(&deny).decision, Decision::Undecided);
}

#[test]
fn audiences_are_compared_as_sts_does() {
    let mut several = claims();
    several["aud"] = json!(["https://vercel.com/acme", "other"]);
    let any = policy(json!({ "ForAnyValue:StringEquals": { "oidc.vercel.com/acme:aud": "other" } }));
    assert!(run_with(&any, &several, &json!({})).unwrap().accepted);
    let all = policy(json!({ "ForAllValues:StringEquals": { "oidc.vercel.com/acme:aud": "other" } }));
    assert!(!run_with(&all, &several, &json!({})).unwrap().accepted);
    let plain = policy(json!({ "StringEquals": { "oidc.vercel.com/acme:aud": "other" } }));
    let simulation = run_with(&plain, &several, &json!({})).unwrap();
    assert!(simulation.accepted && codes(&simulation).contains(&"several-values".to_owned()));
    several["azp"] = json!("client");
    let azp = policy(json!({ "StringEquals": {
        "oidc.vercel.com/acme:aud": "client",
    }, "ForAnyValue:StringEquals": { "oidc.vercel.com/acme:oaud": "other" }}));
    assert!(run_with(&azp, &several, &json!({})).unwrap().accepted);
    let ids = |ids: Value| run_with(&policy(narrow()), &claims(), &json!({ "clientIds": ids })).unwrap();
    assert!(ids(json!(["https://vercel.com/acme"])).accepted);
    assert!(ids(json!(["sts.amazonaws.com"])).summary.contains("client ids of the identity provider"));
}

#[test]
fn a_wide_policy_is_called_wide() {
    let wide = |condition: Value| codes(&run(&policy(condition))).join(" ");
    let like = |sub: &str| json!({ "StringLike": { "oidc.vercel.com/acme:sub": sub } });
    let environments = "preview development other-environment";
    let audience = json!({ "StringEquals": { "oidc.vercel.com/acme:aud": "https://vercel.com/acme" } });
    assert_eq!(wide(audience), format!("other-project {environments}"));
    assert_eq!(wide(like("owner:acme:*")), format!("other-project {environments} other-audience"));
    assert_eq!(wide(like("owner:acme:project:site:environment:*")), format!("{environments} other-audience"));
    assert_eq!(wide(like("owner:acme:project:site*:environment:production")), "other-project other-audience");
    assert_eq!(wide(like("owner:acme:project:site:environment:p*")), "preview other-audience");
    let mut both = narrow();
    both["StringEquals"]["oidc.vercel.com/acme:sub"] =
        json!(["owner:acme:project:site:environment:production", "owner:acme:project:site:environment:preview",]);
    assert_eq!(wide(both), "preview");

    let mut everyone = policy(narrow());
    everyone["Statement"][0]["Principal"] = json!("*");
    assert!(codes(&run(&everyone)).contains(&"any-principal".to_owned()));
    let lax = json!({ "ForAllValues:StringEquals": { "oidc.vercel.com/acme:sbu": "x" } });
    assert!(wide(lax).starts_with("unknown-key holds-when-absent other-project"));
}

#[test]
fn in_global_mode_another_team_is_one_wildcard_away() {
    let mut claims = claims();
    claims["iss"] = json!("https://oidc.vercel.com");
    let policy = |sub: &str| {
        json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": ["arn:aws-us-gov:iam::123456789012:oidc-provider/oidc.vercel.com"]},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {"oidc.vercel.com:sub": sub, "oidc.vercel.com:aud": "https://vercel.com/acme"}},
        }})
    };
    let codes_of = |sub: &str| {
        let simulation = run_with(&policy(sub), &claims, &json!({})).unwrap();
        assert!(simulation.accepted);
        codes(&simulation).join(" ")
    };
    assert_eq!(codes_of("*:project:site:environment:production"), "other-team");
    assert_eq!(codes_of("owner:acme:project:site:environment:production"), "");
}

#[test]
fn github_has_keys_of_its_own() {
    let claims = json!({ "iss": "https://token.actions.githubusercontent.com", "aud": "sts.amazonaws.com",
        "sub": "repo:acme/site:ref:refs/heads/main", "repository_id": "7", "environment": "production", "job": "x" });
    let policy = |key: &str, value: &str| {
        json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},
            "Condition": {"StringEquals": {format!("token.actions.githubusercontent.com:{key}"): value}}}]})
    };
    let run = |key, value| run_with(&policy(key, value), &claims, &json!({})).unwrap();
    assert!(run("repository_id", "7").accepted && run("environment", "production").accepted);
    assert!(!run("job", "x").accepted && codes(&run("job", "x")).contains(&"unknown-key".to_owned()));
    assert!(codes(&run("environment", "production")).contains(&"other-subject".to_owned()));
}

#[test]
fn what_iam_would_not_store_is_refused_with_its_place() {
    let edit = |pointer: &str, value: Value| {
        let mut policy = policy(narrow());
        *policy.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        policy
    };
    let add = |name: &str, value: Value| {
        let mut policy = policy(narrow());
        policy["Statement"][0][name] = value;
        policy
    };
    for (policy, path) in [
        (edit("/Version", json!("2012-10-18")), "Version"),
        (edit("/Statement", json!([])), "Statement"),
        (edit("/Statement/0/Effect", json!("allow")), "Statement[0].Effect"),
        (edit("/Statement/0/Principal", json!("acme")), "Statement[0].Principal"),
        (edit("/Statement/0/Principal", json!({})), "Statement[0].Principal"),
        (edit("/Statement/0/Principal/Federated", json!("oidc.vercel.com")), "Statement[0].Principal.Federated"),
        (
            edit("/Statement/0/Principal/Federated", json!(["arn:aws:iam::1:oidc-provider/*"])),
            "Statement[0].Principal.Federated[0]",
        ),
        (edit("/Statement/0/Action", json!("*")), "Statement[0].Action"),
        (edit("/Statement/0/Action", json!(["sts:*", "s3:GetObject"])), "Statement[0].Action[1]"),
        (edit("/Statement/0/Action", json!(7)), "Statement[0].Action"),
        (add("Resource", json!("*")), "Statement[0].Resource"),
        (add("NotAction", json!("sts:*")), "Statement[0].NotAction"),
        (add("Effects", json!("Allow")), "Statement[0].Effects"),
        (add("Sid", json!("a b")), "Statement[0].Sid"),
        (edit("/Statement/0/Condition", json!({"stringEquals": {}})), "Statement[0].Condition.stringEquals"),
        (edit("/Statement/0/Condition", json!({"NullIfExists": {}})), "Statement[0].Condition.NullIfExists"),
        (
            edit("/Statement/0/Condition", json!({"StringEquals": {"sub": "x"}})),
            "Statement[0].Condition.StringEquals.sub",
        ),
        (
            edit("/Statement/0/Condition", json!({"NumericEquals": {"a:b": ["1", "x"]}})),
            "Statement[0].Condition.NumericEquals['a:b'][1]",
        ),
        (
            edit("/Statement/0/Condition", json!({"DateEquals": {"a:b": "2020-13-01"}})),
            "Statement[0].Condition.DateEquals['a:b']",
        ),
        (edit("/Statement/0/Condition", json!({"Bool": {"a:b": "yes"}})), "Statement[0].Condition.Bool['a:b']"),
        (
            edit("/Statement/0/Condition", json!({"StringEquals": {"a:b": []}})),
            "Statement[0].Condition.StringEquals['a:b']",
        ),
        (edit("/Statement/0/Condition", json!({"ArnLike": {"a:b": "x"}})), "Statement[0].Condition.ArnLike['a:b']"),
    ] {
        match run_with(&policy, &claims(), &json!({})) {
            Err(Error::Policy { position, .. }) => assert_eq!(position.path, path),
            other => panic!("{path}: {other:?}"),
        }
    }
    let mut statement = policy(narrow())["Statement"][0].take();
    statement["Sid"] = json!("A");
    let twice = json!({ "Statement": [statement, statement] });
    let error = run_with(&twice, &claims(), &json!({})).unwrap_err();
    assert!(error.to_string().contains("`Sid` of an earlier statement"), "{error}");
}
