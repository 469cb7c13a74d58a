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

fn object(members: &[(&str, OptionValue)]) -> OptionValue {
    OptionValue::Object(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

/// The rules that the text means, or the message of the refusal.
fn rules(claims: &str) -> Result<Vec<crate::jwt::ClaimRule>, String> {
    let text = format!(r#"{{"issuer":"https://issuer.example","audience":"api","claims":{claims}}}"#);
    let document = crate::encoding::json::Document::parse(text.as_bytes()).expect("strict JSON");
    let options = options::read::<VerifierOptions>(&OptionValue::from(document.root()), &[]);
    let (policy, profile, _) = options.and_then(VerifierOptions::into_policy).map_err(|error| error.to_string())?;
    let keys = Keys::Url("https://issuer.example/keys".into());
    Verifier::new(policy.clone(), profile, keys).map(|_| policy.claims).map_err(|error| error.to_string())
}

#[test]
fn a_rule_has_the_type_that_the_caller_wrote() {
    use crate::jwt::ClaimValue::{Boolean, Number, String};
    use crate::jwt::{ClaimRule, Condition};
    let text = |text: &str| String(text.to_owned());
    for (rule, condition) in [
        (r#""true""#, Condition::Equals(vec![text("true")])),
        ("true", Condition::Equals(vec![Boolean(true)])),
        ("1", Condition::Equals(vec![Number(1)])),
        (r#""1""#, Condition::Equals(vec![text("1")])),
        ("-0", Condition::Equals(vec![Number(0)])),
        ("1.0", Condition::Equals(vec![Number(1)])),
        ("9007199254740991", Condition::Equals(vec![Number(9_007_199_254_740_991)])),
        ("-9007199254740991", Condition::Equals(vec![Number(-9_007_199_254_740_991)])),
        (r#"["a",1,false]"#, Condition::Equals(vec![text("a"), Number(1), Boolean(false)])),
        (r#"{"oneOf":["a","b"]}"#, Condition::OneOf(vec![text("a"), text("b")])),
        (r#"{"allOf":["a",2]}"#, Condition::AllOf(vec![text("a"), Number(2)])),
    ] {
        let claim = "realm_access.roles".to_owned();
        assert_eq!(rules(&format!(r#"{{"{claim}":{rule}}}"#)), Ok(vec![ClaimRule { claim, condition }]), "{rule}");
    }
}

#[test]
fn a_rule_that_means_nothing_is_refused_by_name() {
    const VALUE: &str = "must be a string that is not empty, a whole number or a Boolean";
    const EXACT: &str = "must be a whole number up to 2^53 - 1, which is exact";
    const RULE: &str = "must be a string, a whole number, a Boolean, an array of these, `{ oneOf }` or `{ allOf }`";
    for (rule, message) in [
        ("null", format!("`claims.x` {RULE}")),
        (r#""""#, format!("`claims.x` {VALUE}")),
        ("1.5", format!("`claims.x` {EXACT}")),
        ("1e-7", format!("`claims.x` {EXACT}")),
        ("9007199254740992", format!("`claims.x` {EXACT}")),
        ("-9007199254740992", format!("`claims.x` {EXACT}")),
        ("1e300", format!("`claims.x` {EXACT}")),
        ("[]", "`claims.x` must have at least one value".to_owned()),
        (r#"["a",null]"#, format!("`claims.x[1]` {VALUE}")),
        (r#"["a",["b"]]"#, format!("`claims.x[1]` {VALUE}")),
        (r#"["a",{}]"#, format!("`claims.x[1]` {VALUE}")),
        ("{}", "`claims.x` must have `oneOf` or `allOf`".to_owned()),
        (r#"{"oneOf":[]}"#, "`claims.x.oneOf` must have at least one value".to_owned()),
        (r#"{"oneOf":"a"}"#, "`claims.x.oneOf` must be an array of values".to_owned()),
        (r#"{"oneOf":null}"#, "`claims.x.oneOf` must be an array of values".to_owned()),
        (r#"{"allOf":["a",1.5]}"#, format!("`claims.x.allOf[1]` {EXACT}")),
        (r#"{"oneOf":["a"],"allOf":["a"]}"#, "`claims.x` must have `oneOf` or `allOf`, not both".to_owned()),
        (r#"{"oneof":["a"]}"#, "unknown option `claims.x.oneof`; did you mean `claims.x.oneOf`?".to_owned()),
        (r#"{"not":["a"]}"#, "unknown option `claims.x.not`".to_owned()),
        (r#"{"constructor":["a"]}"#, "unknown option `claims.x.constructor`".to_owned()),
    ] {
        assert_eq!(rules(&format!(r#"{{"x":{rule}}}"#)), Err(message), "{rule}");
    }
    let path = |names: usize| vec!["a"; names].join(".");
    assert!(rules(&format!(r#"{{"{}":1}}"#, path(16))).is_ok());
    let refused = rules(&format!(r#"{{"{}":1}}"#, path(17))).unwrap_err();
    assert!(refused.ends_with("must be a path of at most 16 names"), "{refused}");
}

#[test]
fn projects_have_environments_of_their_own() {
    let pair =
        |project: &str, environment: OptionValue| object(&[("projectId", text(project)), ("environment", environment)]);
    let (none, production) = ([("projectId", None), ("environment", None)], text("production"));
    let with = |projects: OptionValue| refused(true, &[none[0].clone(), none[1].clone(), ("projects", Some(projects))]);
    let both = OptionValue::List(vec![text("production"), text("preview")]);
    let pairs =
        OptionValue::List(vec![pair("prj_1", production.clone()), pair("prj_2", both), pair("prj_3", text("*"))]);
    assert_eq!(with(pairs.clone()), "accepted");
    for (element, option) in [
        (pair("site", production.clone()), "projects[0].projectId"),
        (pair("*", production.clone()), "projects[0].projectId"),
        (pair("", production.clone()), "projects[0].projectId"),
        (pair("prj_1", OptionValue::List(vec![])), "projects[0].environment"),
        (pair("prj_1", OptionValue::Null), "projects[0].environment"),
        (object(&[("projectId", text("prj_1"))]), "projects[0].environment"),
        (object(&[("environment", production)]), "projects[0].projectId"),
        (object(&[("projectId", text("prj_1")), ("env", text("x"))]), "projects[0].env"),
        (text("prj_1"), "projects"),
        (OptionValue::List(vec![]), "projects"),
        (OptionValue::Null, "projects"),
    ] {
        assert_eq!(with(OptionValue::List(vec![element.clone()])), option, "{element:?}");
    }
    assert_eq!(with(OptionValue::List(vec![])), "projects");
    assert_eq!(with(OptionValue::Null), "projects");
    assert_eq!(refused(true, &[("projects", Some(pairs.clone()))]), "projectId", "one way to name them");
    assert_eq!(refused(true, &[("projectId", None), ("projects", Some(pairs))]), "environment");
}

#[test]
fn an_element_of_projects_must_be_an_object() {
    for element in [OptionValue::Number(5.0), OptionValue::Boolean(true)] {
        let members = [("team", text("acme")), ("projects", OptionValue::List(vec![element]))];
        let message = make(true, &members).unwrap_err().to_string();
        assert_eq!(message, "`projects[0]` must be an object");
    }
}

#[test]
fn a_template_needs_keys_of_one_source_and_an_audience() {
    let template = |values: OptionValue| {
        let text = text("https://login.microsoftonline.com/{tenantid}/v2.0");
        object(&[("template", text), ("claim", self::text("tid")), ("values", values)])
    };
    let refused = |issuer: OptionValue, audience: OptionValue, keys: Option<Keys>| {
        let members = object(&[("issuer", issuer), ("audience", audience)]);
        let made = options::read::<VerifierOptions>(&members, &[]).and_then(|options| options.into_verifier(keys));
        match made {
            Ok(_) => "accepted".to_owned(),
            Err(Error::InvalidOption { option, .. }) => option.into_owned(),
            Err(Error::UnknownOption { option, .. }) => option,
            Err(other) => other.code().to_owned(),
        }
    };
    let url = || Some(Keys::Url("https://login.microsoftonline.com/common/discovery/v2.0/keys".into()));
    let list = |names: &[&str]| OptionValue::List(names.iter().map(|name| text(name)).collect());
    assert_eq!(refused(template(text("any")), text("api"), url()), "accepted");
    assert_eq!(refused(template(list(&["a", "b"])), text("api"), url()), "accepted");
    assert_eq!(refused(template(text("any")), text("api"), None), "jwks");
    assert_eq!(refused(template(text("any")), OptionValue::Null, url()), "audience");
    for values in [list(&[]), list(&[""]), text("*"), text("Any"), OptionValue::Null, OptionValue::Boolean(true)] {
        assert_eq!(refused(template(values.clone()), text("api"), url()), "issuer.values", "{values:?}");
    }
    let without = object(&[("template", text("https://idp.example/{t}")), ("claim", text("t"))]);
    assert_eq!(refused(without, text("api"), url()), "issuer.values");
    let more = object(&[("template", text("https://idp.example/{t}")), ("claim", text("t")), ("value", text("any"))]);
    assert_eq!(refused(more, text("api"), url()), "issuer.value");
    let host = object(&[("template", text("https://{t}/x")), ("claim", text("t")), ("values", text("any"))]);
    assert_eq!(refused(host, text("api"), url()), "issuer");
}

#[test]
fn plain_http_is_for_hosts_that_are_named() {
    let hosts = |names: &[&str]| Some(OptionValue::List(names.iter().map(|name| text(name)).collect()));
    let http = ("issuer", Some(text("http://keycloak:8080/realms/acme")));
    let option = "dangerouslyAllowHttpHosts";
    assert_eq!(refused(false, std::slice::from_ref(&http)), "issuer");
    assert_eq!(refused(false, &[http.clone(), (option, hosts(&["keycloak"]))]), "accepted");
    assert_eq!(refused(false, &[http, (option, hosts(&["sso"]))]), "issuer");
    for host in ["*", "keycloak:8080", "http://keycloak", "*.internal", "", "[::1]"] {
        assert_eq!(refused(false, &[(option, hosts(&[host]))]), option, "{host}");
    }
    assert_eq!(refused(true, &[(option, hosts(&["keycloak"]))]), option, "not for Vercel");
}

#[test]
fn a_trust_domain_is_a_name() {
    let refused = |members: &[(&str, OptionValue)]| {
        let keys = Keys::Url("https://spire.example/keys".into());
        let read = options::read::<SpiffeVerifierOptions>(&object(members), &["bundle"]);
        match read.and_then(|options| options.into_verifier(Some(keys))) {
            Ok(_) => "accepted".to_owned(),
            Err(Error::InvalidOption { option, .. }) => option.into_owned(),
            Err(Error::UnknownOption { option, .. }) => option,
            Err(other) => other.code().to_owned(),
        }
    };
    let audience = ("audience", text("api"));
    assert_eq!(refused(&[("trustDomain", text("acme.example")), audience.clone()]), "accepted");
    for name in ["", "spiffe://acme.example", "Acme.example", "acme.example/", "acme example"] {
        assert_eq!(refused(&[("trustDomain", text(name)), audience.clone()]), "trustDomain", "{name}");
    }
    assert_eq!(refused(&[("trustDomain", text("a")), ("audience", OptionValue::Null)]), "audience");
    assert_eq!(refused(&[("trustDomain", text("a"))]), "audience");
    assert_eq!(refused(&[("trustDomain", text("a")), audience.clone(), ("issuer", text("x"))]), "issuer");
    let read = options::read::<SpiffeVerifierOptions>(&object(&[("trustDomain", text("a")), audience]), &[]).unwrap();
    assert_eq!(read.into_verifier(None).unwrap_err().to_string(), "`bundle` is required");
}
