use super::*;
use crate::options::{self, OptionValue};

fn text(value: &str) -> OptionValue {
    OptionValue::String(value.into())
}

fn make(vercel: bool, members: &[(&str, OptionValue)]) -> Result<Verifier> {
    let members = members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let members = OptionValue::Object(members);
    if vercel {
        options::read::<VercelVerifierOptions>(&members, &[])?.into_verifier(None)
    } else {
        options::read::<VerifierOptions>(&members, &[])?.into_verifier(None)
    }
}

/// The option that is refused when `extra` is added to (or put in place of) working options.
fn refused(vercel: bool, extra: &[(&'static str, Option<OptionValue>)]) -> String {
    let mut members: Vec<(&str, OptionValue)> = if vercel {
        vec![("team", text("acme")), ("projectId", text("prj_1")), ("environment", text("production"))]
    } else {
        vec![("issuer", text("https://issuer.example")), ("audience", text("api"))]
    };
    for (name, value) in extra {
        members.retain(|(key, _)| key != name);
        members.extend(value.clone().map(|value| (*name, value)));
    }
    match make(vercel, &members) {
        Ok(_) => "accepted".to_owned(),
        Err(Error::InvalidOption { option, .. }) => option.into_owned(),
        Err(Error::UnknownOption { option, .. }) => option,
        Err(other) => other.code().to_owned(),
    }
}

#[test]
fn options_that_are_right_make_a_verifier() {
    assert_eq!(refused(true, &[]), "accepted");
    assert_eq!(refused(false, &[]), "accepted");
    let list = |names: &[&str]| Some(OptionValue::List(names.iter().map(|name| text(name)).collect()));
    let claims = OptionValue::Object(vec![("repository".into(), text("acme/site"))]);
    assert_eq!(
        refused(
            false,
            &[
                ("audience", Some(OptionValue::Null)),
                ("algorithms", list(&["RS256", "Ed25519"])),
                ("claims", Some(claims)),
                ("subject", list(&["a", "b"])),
                ("clockTolerance", Some(OptionValue::Number(5.5))),
                ("maxTokenAge", Some(OptionValue::Number(3600.0))),
                ("requiredClaims", list(&["jti"])),
                ("typ", list(&["at+jwt"])),
                ("maxTokenBytes", Some(OptionValue::Number(4096.0))),
            ]
        ),
        "accepted"
    );
}

#[test]
fn ids_of_every_form_are_accepted() {
    let old = text("QmbFJpb6f1dbRzB1qMHWLd3BUNVjJ1uAsDv4EmEhmv6Sad");
    let oldest = text("Qm0123456789abcdefABCDEF");
    for (name, id) in [
        ("projectId", text("prj_7Gw5ZMBpQA8h9GF832KGp7nwbuh3")),
        ("projectId", old.clone()),
        ("projectId", oldest.clone()),
        ("projectId", OptionValue::List(vec![text("prj_1"), old.clone()])),
        ("ownerId", text("team_7Gw5ZMzpQA8h90F832KGp7nwbuh3")),
        ("ownerId", old),
        ("ownerId", oldest),
    ] {
        assert_eq!(refused(true, &[(name, Some(id.clone()))]), "accepted", "{id:?}");
    }
    let short = text("Qm0123456789abcdefABCDE");
    assert_eq!(refused(true, &[("projectId", Some(short.clone()))]), "projectId", "23 letters and digits");
    assert_eq!(refused(true, &[("ownerId", Some(short))]), "ownerId", "23 letters and digits");
}

#[test]
fn clocks_may_differ_by_five_seconds_unless_the_caller_says_otherwise() {
    let tolerance = |members: &[(&str, OptionValue)]| {
        let members: Vec<_> = members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let (policy, ..) =
            options::read::<VerifierOptions>(&OptionValue::Object(members), &[]).unwrap().into_policy().unwrap();
        policy.clock_tolerance.as_secs_f64()
    };
    let plain = [("issuer", text("https://issuer.example")), ("audience", text("api"))];
    assert_eq!(tolerance(&plain), 5.0);
    for seconds in [0.0, 2.5, 3600.0] {
        let given = ("clockTolerance", OptionValue::Number(seconds));
        assert_eq!(tolerance(&[plain[0].clone(), plain[1].clone(), given]), seconds);
    }
}

#[test]
fn each_wrong_option_is_named() {
    for (name, value) in [
        ("team", None),
        ("team", Some(OptionValue::Number(1.0))),
        ("team", Some(text("a/b"))),
        ("projectId", None),
        ("projectId", Some(text("*"))),
        ("projectId", Some(OptionValue::List(vec![]))),
        ("projectId", Some(OptionValue::List(vec![text("prj_1"), text("*")]))),
        ("environment", None),
        ("environment", Some(OptionValue::Null)),
        ("environment", Some(text(""))),
        ("issuerMode", Some(text("Team"))),
        ("ownerId", Some(OptionValue::Boolean(true))),
        ("ownerId", Some(text("acme"))),
        ("team", Some(text("team_7Gw5ZMzpQA8h90F832KGp7nwbuh3"))),
        ("projectId", Some(text("site"))),
        ("projectId", Some(text("prj_"))),
        ("projectId", Some(OptionValue::List(vec![text("prj_1"), text("acme_website")]))),
        ("audience", Some(OptionValue::List(vec![]))),
        ("audience", Some(OptionValue::Null)),
    ] {
        assert_eq!(refused(true, &[(name, value.clone())]), name, "{value:?}");
    }
    for (name, value) in [
        ("issuer", None),
        ("issuer", Some(OptionValue::List(vec![]))),
        ("issuer", Some(text("http://issuer.example"))),
        ("audience", None),
        ("audience", Some(OptionValue::List(vec![]))),
        ("algorithms", Some(text("none"))),
        ("algorithms", Some(text("HS256"))),
        ("algorithms", Some(OptionValue::List(vec![]))),
        ("audience", Some(OptionValue::Unsupported)),
        ("claims", Some(OptionValue::Unsupported)),
        ("claims", Some(text("x"))),
        ("claims", Some(OptionValue::Object(vec![("x".into(), OptionValue::List(vec![]))]))),
        ("subject", Some(OptionValue::Number(1.0))),
        ("subject", Some(OptionValue::List(vec![]))),
        ("requiredClaims", Some(text("jti"))),
        ("clockTolerance", Some(OptionValue::Number(-1.0))),
        ("clockTolerance", Some(OptionValue::Number(f64::NAN))),
        ("clockTolerance", Some(OptionValue::Number(1e300))),
        ("clockTolerance", Some(OptionValue::Number(3600.5))),
        ("clockTolerance", Some(text("5"))),
        ("maxTokenAge", Some(OptionValue::Number(f64::INFINITY))),
        ("typ", Some(OptionValue::List(vec![]))),
        ("maxTokenBytes", Some(OptionValue::Number(0.0))),
        ("maxTokenBytes", Some(OptionValue::Number(1.5))),
        ("maxTokenBytes", Some(OptionValue::Number(1e9))),
    ] {
        assert_eq!(refused(false, &[(name, value.clone())]), name, "{value:?}");
    }
    let number = OptionValue::Object(vec![("ref".into(), OptionValue::Number(1.0))]);
    assert_eq!(refused(false, &[("claims", Some(number))]), "claims.ref");
    let any = ("team", Some(text("*")));
    assert_eq!(refused(true, std::slice::from_ref(&any)), "audience");
    assert_eq!(refused(true, &[any.clone(), ("audience", Some(OptionValue::Null))]), "accepted");
    assert_eq!(
        refused(true, &[any.clone(), ("audience", Some(OptionValue::Null)), ("projectId", Some(text("*")))]),
        "projectId"
    );
    assert_eq!(refused(true, &[any, ("audience", Some(text("api"))), ("projectId", Some(text("*")))]), "accepted");
    assert_eq!(refused(true, &[("audeince", Some(text("x")))]), "audeince");
    assert_eq!(refused(true, &[("issuer", Some(text("https://x.example")))]), "issuer");
}
