use serde::Deserialize;

use super::*;
use crate::encoding::json::Document;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sample {
    #[serde(deserialize_with = "non_empty")]
    issuer: String,
    #[serde(default)]
    audience: Option<OneOrMoreOrNull>,
    #[serde(default)]
    max_token_age: Option<Seconds>,
    #[serde(default, deserialize_with = "string_list")]
    required_claims: Option<Vec<String>>,
    #[serde(default)]
    cache: Option<Inner>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    #[serde(default)]
    tokens: Option<u32>,
}

fn object(members: &[(&str, OptionValue)]) -> OptionValue {
    OptionValue::Object(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

fn string(string: &str) -> OptionValue {
    OptionValue::String(string.to_owned())
}

fn sample(extra: &[(&str, OptionValue)]) -> Result<Sample> {
    let members: Vec<_> =
        [("issuer", string("https://issuer.example"))].into_iter().chain(extra.iter().cloned()).collect();
    read(&object(&members), &["fetch"])
}

fn refused(extra: &[(&str, OptionValue)]) -> String {
    sample(extra).expect_err("the options are refused").to_string()
}

#[test]
fn options_are_read_into_a_struct() {
    let list = OptionValue::List(vec![string("a"), string("b")]);
    let sample =
        sample(&[("audience", list.clone()), ("maxTokenAge", OptionValue::Number(1.5)), ("requiredClaims", list)]);
    let Sample { audience, max_token_age, required_claims, .. } = sample.unwrap();
    assert_eq!(audience, Some(OneOrMoreOrNull(Some(vec!["a".to_owned(), "b".to_owned()]))));
    assert_eq!(max_token_age, Seconds::new(1.5));
    assert_eq!(required_claims.unwrap().len(), 2);
}

#[test]
fn a_struct_knows_the_names_of_its_options() {
    assert_eq!(names::<Sample>(), ["issuer", "audience", "maxTokenAge", "requiredClaims", "cache"]);
    assert_eq!(names::<String>(), [""; 0]);
}

#[test]
fn a_name_is_one_of_an_enum() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        One,
        AndTwo,
    }
    assert_eq!(read_name("kind", "and-two"), Ok(Kind::AndTwo));
    let error = read_name::<Kind>("kind", "s3cret").unwrap_err();
    assert_eq!(error.to_string(), "`kind` must be `one` or `and-two`");
}

#[test]
fn null_differs_from_a_missing_option() {
    assert_eq!(sample(&[]).unwrap().audience, None);
    assert_eq!(sample(&[("audience", OptionValue::Null)]).unwrap().audience, Some(OneOrMoreOrNull(None)));
    let wanted = "`maxTokenAge` must be a number of seconds, not negative";
    assert_eq!(refused(&[("maxTokenAge", OptionValue::Null)]), wanted);
}

#[test]
fn a_wrong_option_is_named_with_its_path() {
    let inner = |value| object(&[("tokens", value)]);
    for (name, value, message) in [
        ("maxTokenAge", string("5"), "`maxTokenAge` must be a number of seconds, not negative"),
        ("maxTokenAge", OptionValue::Number(f64::NAN), "`maxTokenAge` must be a number of seconds, not negative"),
        ("maxTokenAge", OptionValue::Unsupported, "`maxTokenAge` must be a number of seconds, not negative"),
        ("audience", string(""), "`audience` must be a string or an array of strings, none of them empty"),
        (
            "audience",
            OptionValue::List(vec![OptionValue::Number(1.0)]),
            "`audience` must be a string or an array of strings, none of them empty",
        ),
        ("requiredClaims", string("jti"), "`requiredClaims` must be an array of strings that are not empty"),
        ("cache", OptionValue::Number(1.0), "`cache` must be an object"),
        ("cache", inner(OptionValue::Number(-1.0)), "`cache.tokens` must be a whole number in range"),
        ("cache", inner(OptionValue::Number(1.5)), "`cache.tokens` must be a whole number in range"),
    ] {
        assert_eq!(refused(&[(name, value.clone())]), message, "{value:?}");
    }
    assert_eq!(read::<Sample>(&object(&[]), &[]).unwrap_err().to_string(), "`issuer` is required");
    assert_eq!(read::<Sample>(&OptionValue::Null, &[]).unwrap_err().to_string(), "`options` must be an object");
}

#[test]
fn an_unknown_option_is_named_with_the_one_that_was_meant() {
    assert_eq!(refused(&[("audeince", string("x"))]), "unknown option `audeince`; did you mean `audience`?");
    assert_eq!(refused(&[("fecth", OptionValue::Unsupported)]), "unknown option `fecth`; did you mean `fetch`?");
    assert_eq!(refused(&[("nonsense", OptionValue::Null)]), "unknown option `nonsense`");
    let inner = object(&[("token", OptionValue::Number(1.0))]);
    assert_eq!(refused(&[("cache", inner)]), "unknown option `cache.token`; did you mean `cache.tokens`?");
    let error = sample(&[("audeince", string("x"))]).unwrap_err();
    assert_eq!(error, Error::UnknownOption { option: "audeince".into(), suggestion: Some("audience".into()) });
}

#[test]
fn an_error_never_quotes_the_value() {
    for name in ["issuer", "audience", "maxTokenAge", "requiredClaims", "cache"] {
        let secret = OptionValue::List(vec![string("s3cret"), OptionValue::Null]);
        let members = if name == "issuer" { vec![] } else { vec![("issuer", string("x"))] };
        let members: Vec<_> = members.into_iter().chain([(name, secret)]).collect();
        assert!(!read::<Sample>(&object(&members), &[]).unwrap_err().to_string().contains("s3cret"), "{name}");
    }
}

/// The same reader takes strict JSON.
#[test]
fn json_is_read_like_a_value() {
    let document = Document::parse(br#"{"issuer":"https://issuer.example","maxTokenAge":1.5,"cache":{"tokens":7}}"#);
    let sample: Sample = read(document.unwrap().root(), &[]).unwrap();
    assert_eq!((sample.max_token_age, sample.cache), (Seconds::new(1.5), Some(Inner { tokens: Some(7) })));
}

/// `serde_json` calls the visitor as `serde-wasm-bindgen` does.
#[test]
fn unvalidated_values_are_read_from_any_format() {
    let value: OptionValue = serde_json::from_str(r#"{"a":[null,true,1,1.5,"x",{}]}"#).unwrap();
    let list = vec![
        OptionValue::Null,
        OptionValue::Boolean(true),
        OptionValue::Number(1.0),
        OptionValue::Number(1.5),
        string("x"),
        object(&[]),
    ];
    assert_eq!(value, object(&[("a", OptionValue::List(list))]));
    let deep = "[".repeat(20) + &"]".repeat(20);
    let mut value: OptionValue = serde_json::from_str(&deep).unwrap();
    let mut depth = 0;
    while let OptionValue::List(mut inner) = value {
        value = inner.pop().expect("an element");
        depth += 1;
    }
    assert_eq!((value, depth), (OptionValue::Unsupported, 8));
}
