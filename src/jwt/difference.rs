//! The kind of difference between a value of a token and the values that a policy expects.

use crate::encoding::json::{Kind, Value};
use crate::error::{Difference, MAX_FOUND_BYTES, Mismatch};
use crate::jwt::claim_value::ClaimValue;

/// How many elements of an array are compared. More would make refusals slow.
const MAX_ELEMENTS: usize = 16;

/// The stem of Vercel's issuers, and of its default audiences.
const VERCEL_ISSUER: &str = "https://oidc.vercel.com";
const VERCEL_AUDIENCE: &str = "https://vercel.com";

/// The beginnings of Vercel's ids of teams and projects.
const TEAM_ID: &str = "team_";
const PROJECT_ID: &str = "prj_";

/// Compares a value of a token with the values of which one is expected, each of them a string.
pub fn of_strings(expected: &[String], found: Option<Value<'_>>) -> Mismatch {
    let difference = found.and_then(|found| {
        of_type(found, "a string").or_else(|| closest(expected.iter().map(String::as_str), std::iter::once(found)))
    });
    let expected: Vec<_> = expected.iter().cloned().map(ClaimValue::String).collect();
    mismatch(&expected, found, difference)
}

/// Compares the recipients that `aud` names, one or several, with those of which one is expected.
pub fn of_audience(expected: &[String], found: Value<'_>) -> Mismatch {
    let names = expected.iter().map(String::as_str);
    let difference = match found.kind() {
        Kind::Array => closest(names, found.elements()).filter(is_close),
        _ => closest(names, std::iter::once(found)),
    };
    let expected: Vec<_> = expected.iter().cloned().map(ClaimValue::String).collect();
    mismatch(&expected, Some(found), difference)
}

/// Compares a claim with the values of a rule. `list` says whether the rule is about an array.
pub fn of_values(expected: &[ClaimValue], found: Value<'_>, list: bool) -> Mismatch {
    let wanted = if list { "a list" } else { expected.first().map_or("a string", ClaimValue::type_name) };
    let has_type = !list && expected.iter().any(|value| value.type_name() == type_name(found));
    let strings = expected.iter().filter_map(ClaimValue::as_str);
    let difference = match found.kind() {
        _ if has_type => closest(strings, std::iter::once(found)),
        Kind::Array if list && found.elements().next().is_none() => Some(Difference::Empty),
        Kind::Array if list => closest(strings, found.elements()).filter(is_close),
        _ => of_type(found, wanted),
    };
    mismatch(expected, Some(found), difference)
}

/// Both sides, with the kind of their difference.
pub fn mismatch(expected: &[ClaimValue], found: Option<Value<'_>>, difference: Option<Difference>) -> Mismatch {
    let mut texts = String::from("[");
    for (index, value) in expected.iter().enumerate() {
        if index > 0 {
            texts.push(',');
        }
        value.write_json(&mut texts);
    }
    texts.push(']');
    let found = found.filter(|found| found.raw().len() <= MAX_FOUND_BYTES).map(|found| found.json().into_owned());
    Mismatch { expected: (!expected.is_empty()).then_some(texts), found, difference }
}

/// A timestamp that is not one: of another type, or in milliseconds.
pub fn of_timestamp(found: Value<'_>) -> Mismatch {
    // Between the years 2001 and 9999, which no number of seconds since 1970 reaches.
    const MILLISECONDS: std::ops::Range<i64> = 1_000_000_000_000..253_402_300_800_000;
    let is_milliseconds = found.as_whole_number().is_some_and(|number| MILLISECONDS.contains(&number));
    let difference = if is_milliseconds { Some(Difference::Milliseconds) } else { of_type(found, "a number") };
    mismatch(&[], Some(found), difference)
}

/// The difference of types, where there is one.
pub fn of_type(found: Value<'_>, expected: &'static str) -> Option<Difference> {
    let found = type_name(found);
    (found != expected).then_some(Difference::WrongType { found, expected })
}

fn type_name(value: Value<'_>) -> &'static str {
    match value.kind() {
        Kind::Null => "null",
        Kind::Bool => "a Boolean",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Array => "a list",
        Kind::Object => "an object",
    }
}

/// The closest of the differences between any two strings of both sides.
fn closest<'e, 'f>(
    expected: impl Iterator<Item = &'e str> + Clone,
    found: impl Iterator<Item = Value<'f>>,
) -> Option<Difference> {
    let found = found.take(MAX_ELEMENTS).filter_map(Value::as_str);
    found.filter_map(|found| expected.clone().filter_map(|expected| between(expected, &found)).min()).min()
}

/// Returns whether a difference tells something about an array: some element is nearly always an id, and another a name.
fn is_close(difference: &Difference) -> bool {
    !matches!(difference, Difference::IdForName | Difference::NameForId)
}

/// The kind of difference between two strings; `None` also where they are equal, as elements of arrays may be.
fn between(expected: &str, found: &str) -> Option<Difference> {
    let pair = |alike: &dyn Fn(&str, &str) -> bool| alike(expected, found) || alike(found, expected);
    let (there, here) = (url(expected), url(found));
    if expected == found {
        return None;
    }
    Some(if found.is_empty() {
        Difference::Empty
    } else if expected.trim() == found.trim() {
        Difference::WhiteSpace
    } else if pair(&|a, b| a.strip_suffix('/') == Some(b)) {
        Difference::TrailingSlash
    } else if expected.eq_ignore_ascii_case(found) {
        Difference::LetterCase
    } else if without_scheme(expected) == without_scheme(found) {
        Difference::Scheme
    } else if pair(&|a, b| a == VERCEL_ISSUER && is_below(b, VERCEL_ISSUER)) {
        Difference::IssuerMode
    } else if [VERCEL_ISSUER, VERCEL_AUDIENCE].iter().any(|stem| is_below(expected, stem) && is_below(found, stem))
        || (expected.starts_with(TEAM_ID) && found.starts_with(TEAM_ID))
    {
        Difference::AnotherTeam
    } else if expected.starts_with(PROJECT_ID) && found.starts_with(PROJECT_ID) {
        Difference::AnotherProject
    } else if let (Some(there), Some(here)) = (there, here) {
        if there == here { Difference::AnotherPath } else { Difference::AnotherHost }
    } else {
        match (is_id(expected), is_id(found)) {
            (false, true) => Difference::IdForName,
            (true, false) => Difference::NameForId,
            _ => return None,
        }
    })
}

/// The host of a URL, with its port.
fn url(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    matches!(scheme, "https" | "http").then(|| rest.split(['/', '?', '#']).next())?
}

fn without_scheme(text: &str) -> &str {
    text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text)
}

/// Returns whether a text is a URL one segment below a stem.
fn is_below(text: &str, stem: &str) -> bool {
    let segment = text.strip_prefix(stem).and_then(|rest| rest.strip_prefix('/'));
    segment.is_some_and(|segment| !segment.is_empty() && !segment.contains('/'))
}

/// Returns whether a text looks like an id: one of Vercel's, a number, or a UUID.
fn is_id(text: &str) -> bool {
    let is_uuid = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    is_uuid
        || text.starts_with(TEAM_ID)
        || text.starts_with(PROJECT_ID)
        || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json::Document;

    #[test]
    fn the_kind_of_difference_is_named() {
        const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
        for (expected, found, name) in [
            ("https://idp.example", "https://idp.example/", "trailing-slash"),
            ("https://idp.example/", "https://idp.example", "trailing-slash"),
            ("https://idp.example/Acme", "https://idp.example/acme", "letter-case"),
            ("production", "Production", "letter-case"),
            ("api", " api", "white-space"),
            ("api\n", "api", "white-space"),
            ("https://accounts.google.com", "accounts.google.com", "scheme"),
            ("https://idp.example/x", "http://idp.example/x", "scheme"),
            ("https://oidc.vercel.com/acme", "https://oidc.vercel.com", "issuer-mode"),
            ("https://oidc.vercel.com", "https://oidc.vercel.com/acme", "issuer-mode"),
            ("https://oidc.vercel.com/acme", "https://oidc.vercel.com/evil", "another-team"),
            ("https://vercel.com/acme", "https://vercel.com/evil", "another-team"),
            ("team_1", "team_2", "another-team"),
            ("prj_1", "prj_2", "another-project"),
            ("https://sso.example/realms/a", "https://sso.example/realms/b", "another-path"),
            ("https://idp.example", "https://idp.example.evil.example", "another-host"),
            ("https://idp.example:8443", "https://idp.example", "another-host"),
            ("https://idp.example", "https://user@idp.example", "another-host"),
            ("acme", "team_1", "id-for-name"),
            ("acme/site", "12345", "id-for-name"),
            ("acme.example", TENANT, "id-for-name"),
            ("prj_1", "site", "name-for-id"),
            (TENANT, "acme.example", "name-for-id"),
            ("api", "", "empty"),
            ("production", "preview", "none"),
            ("acme/site", "abc", "none"),
            ("acme/site", "a-name-of-thirty-six-characters-xyzzy", "none"),
            ("https://oidc.vercel.com/acme", "https://oidc.vercel.com/acme/site", "another-path"),
            ("https://oidc.vercel.com/acme", "https://oidc.vercel.com/", "another-path"),
            ("https://oidc.vercel.com/acme", "https://idp.example/acme", "another-host"),
            ("1", "2", "none"),
            // Not ASCII: compared as bytes, so no case is folded.
            ("É", "é", "none"),
        ] {
            assert_eq!(between(expected, found).map_or("none", Difference::as_str), name, "{expected} {found}");
        }
    }

    #[test]
    fn of_several_values_the_closest_difference_is_named() {
        let expected = ["https://other.example", "https://idp.example/a", "https://idp.example"].map(str::to_owned);
        let document = Document::parse(br#""https://idp.example/""#).unwrap();
        let mismatch = of_strings(&expected, Some(document.root()));
        assert_eq!(mismatch.difference, Some(Difference::TrailingSlash));
        assert_eq!(mismatch.found.as_deref(), Some(r#""https://idp.example/""#));
        let texts = r#"["https://other.example","https://idp.example/a","https://idp.example"]"#;
        assert_eq!(mismatch.expected.as_deref(), Some(texts));
        let printed = format!("{mismatch:?}");
        assert!(printed.contains("TrailingSlash") && !printed.contains("idp.example"), "{printed}");
    }

    #[test]
    fn what_is_found_is_bounded() {
        let of = |length: usize| {
            let text = format!("\"{}\"", "a".repeat(length));
            let document = Document::parse(text.as_bytes()).unwrap();
            of_strings(&["b".to_owned()], Some(document.root())).found.map(|found| found.len())
        };
        assert_eq!((of(MAX_FOUND_BYTES), of(MAX_FOUND_BYTES + 1)), (Some(MAX_FOUND_BYTES + 2), None));
    }

    #[test]
    fn a_time_in_milliseconds_is_named() {
        let of = |text: &str| {
            let document = Document::parse(text.as_bytes()).unwrap();
            of_timestamp(document.root()).difference.map_or("none", Difference::as_str)
        };
        assert_eq!(of("1718885593000"), "milliseconds");
        assert_eq!(of("1718885593000.0"), "milliseconds");
        assert_eq!(of("\"1718885593\""), "wrong-type");
        assert_eq!(of("null"), "wrong-type");
        assert_eq!((of("253402300800"), of("1e20")), ("none", "none"));
    }

    #[test]
    fn each_recipient_is_compared() {
        let expected = ["https://api.example".to_owned()];
        for (audience, difference) in [
            (r#""https://api.example/""#, "trailing-slash"),
            (r#"["other","https://api.example/"]"#, "trailing-slash"),
            // An id among several recipients tells nothing; a single one does.
            (r#""12345""#, "id-for-name"),
            (r#"["12345"]"#, "none"),
            ("[]", "none"),
        ] {
            let document = Document::parse(audience.as_bytes()).unwrap();
            let mismatch = of_audience(&expected, document.root());
            assert_eq!(mismatch.difference.map_or("none", Difference::as_str), difference, "{audience}");
            assert_eq!(mismatch.expected.as_deref(), Some(r#"["https://api.example"]"#));
            assert_eq!(mismatch.found.as_deref(), Some(audience));
        }
    }
}
