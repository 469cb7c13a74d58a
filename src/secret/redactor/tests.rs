use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};

use super::*;

/// A value with everything that encodings write differently.
const LONG: &str = "s3cr+t/~ \"q\"\\ \u{e9}\u{1f511}&<>'=%41 of the client";

fn percent(text: &str, plain: &[u8], lower: bool, plus: bool) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b' ' if plus => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || plain.contains(&byte) => char::from(byte).to_string(),
        byte if lower => format!("%{byte:02x}"),
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Every form in which a service may quote a value.
fn forms(value: &str) -> Vec<(&'static str, String)> {
    let form = percent(value, b"-_.*", false, true);
    let ascii: String = value
        .encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        })
        .collect();
    let xml = value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;");
    vec![
        ("as sent", value.to_owned()),
        ("as JSON", quoted(value)),
        ("as JSON in JSON", quoted(&quoted(value))),
        ("as JSON of ASCII", ascii),
        ("as a form", form.clone()),
        ("as a form, in lower case", percent(value, b"-_.*", true, true)),
        ("as encodeURIComponent", percent(value, b"-_.!~*'()", false, false)),
        ("as a form in a form", percent(&form, b"", false, true)),
        ("as XML", xml),
        ("as base64", BASE64_STANDARD.encode(value)),
        ("as base64url", BASE64_URL_SAFE.encode(value)),
        ("as base64 with a name before it", BASE64_STANDARD.encode(format!("id:{value}"))),
        ("as base64 among other fields", BASE64_URL_SAFE.encode(format!("a=1&client_secret={value}&b=2"))),
        ("as hex", hex(value.as_bytes())),
    ]
}

#[test]
fn a_long_value_is_cut_out_in_every_form() {
    for secret in [LONG, "hunter2!x", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lb25lIn0.c2lnbmF0dXJl"] {
        let redactor = Redactor::of("client_secret", &Secret::new(secret.to_owned()));
        for (name, form) in forms(secret) {
            for text in [form.clone(), format!("before {form} after"), format!("client_secret={form}&x=1")] {
                let shown = redactor.redact(&text);
                assert!(shown.contains(REDACTED), "{name}: {shown}");
                for (start, _) in form.char_indices().step_by(3) {
                    let piece: String = form[start..].chars().take(8).collect();
                    assert!(piece.len() < 8 || !shown.contains(&piece), "{name}: {shown}");
                }
            }
            assert!(redactor.redact(&format!("before {form} after")).starts_with("before "), "{name}");
        }
    }
}

#[test]
fn a_short_value_is_cut_out_behind_its_name_only() {
    let redactor = Redactor::of("client_secret", &Secret::new("ab 12".to_owned()));
    for (name, form) in forms("ab 12") {
        if name.contains("with a name before") {
            continue;
        }
        for text in [
            format!("client_secret={form}&x=1"),
            format!("clientSecret: {form}"),
            format!("Client-Secret:  {form}, wrong"),
            format!("the client_secret '{form}' is wrong"),
            quoted(&format!("{{\"client_secret\": \"{form}\"}}")),
            percent(&format!("client_secret={form}&x=1"), b"", true, false),
            BASE64_STANDARD.encode(format!("grant_type=x&client_secret={form}")),
        ] {
            let shown = redactor.redact(&text);
            assert!(shown.contains(REDACTED) && !shown.contains(&form), "{name}: {text} became {shown}");
        }
    }
    let plain = "error ab 12 in client_id=ab 12: the client_secret is wrong";
    assert_eq!(redactor.redact(plain), plain);
}

#[test]
fn what_stands_behind_the_name_of_a_field_is_cut_out_even_if_it_is_not_the_value() {
    let redactor = Redactor::of("client_secret", &Secret::new("abc".to_owned()));
    for (text, shown) in [
        ("x&client_secret=else&y=1", "x&client_secret=[redacted]&y=1"),
        ("{\"client_secret\":\"else\"}", "{\"client_secret\":\"[redacted]\"}"),
        ("oauth_client_secret=else", "oauth_client_secret=[redacted]"),
        ("client_secret: must be set", "client_secret: must be set"),
        ("client_secret", "client_secret"),
        ("client_secret=", "client_secret="),
    ] {
        assert_eq!(redactor.redact(text), shown);
    }
    let redactor = Redactor::of("authorization", &Secret::new("abc".to_owned()));
    assert_eq!(redactor.redact("Authorization: Bearer abc"), "Authorization: Bearer [redacted]");
}

#[test]
fn pieces_of_a_secret_are_cut_out_with_their_words() {
    let token = "vcrt_0123456789abcdefghijklmnopqrstuv";
    let redactor = Redactor::of("token", &Secret::new(token.to_owned()));
    assert_eq!(redactor.redact(&format!("x{}y.", &token[7..30])), REDACTED);
    assert_eq!(redactor.redact(&format!("'{}…'", &token[..16])), "'[redacted]…'");
    assert_eq!(redactor.redact("/eyJhbGciOiJSUzI1NiJ9/"), "/[redacted]/");
    let plain = "AADSTS70021: No matching federated identity record found for presented assertion. token: expired";
    assert_eq!(redactor.redact(plain), plain);
}

#[test]
fn any_text_is_read_to_its_end() {
    let redactor = Redactor::of("a", &Secret::new("\u{e9}\u{e9}\u{e9}\u{e9}".to_owned()));
    for text in
        ["", "%", "%4", "\\", "\\u", "\\ud83d\\u0000", "&#xffffffffff;", "&", "&;", "a=", "a:", "\u{e9}%c3", "a='"]
    {
        redactor.redact(text);
    }
    assert_eq!(redactor.redact("(\u{e9}\u{e9}\u{e9}\u{e9}\u{fc}"), format!("({REDACTED}\u{fc}"));
    assert_eq!(Redactor::default().redact("a=b %41"), "a=b %41");
}
