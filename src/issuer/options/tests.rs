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
