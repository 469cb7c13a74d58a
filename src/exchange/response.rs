//! Parts that the responses of services have in common: refusals, and OAuth's access tokens.

use std::borrow::Cow;
use std::time::Duration;

use crate::encoding::date;
use crate::encoding::json::{Document, JsonError, Kind, Object, Rounding, Value, quote_into};
use crate::error::{Error, Provider, Rejection, Result};
use crate::exchange::credential::Credential;
use crate::exchange::service::{TokenResponse, is_graphic};
use crate::flow::HttpResponse;
use crate::jose::compact::DEFAULT_MAX_BYTES;
use crate::jwt::{self, Scratch};
use crate::secret::{REDACTED, Redactor};
use crate::time::Timestamp;

/// How much of a service's explanation is kept.
const MAX_DESCRIPTION: usize = 512;

/// The longest object of details that is kept.
const MAX_DETAILS: usize = 4096;

/// How much of a service's words is searched for secrets.
const MAX_SEARCHED: usize = 16 * 1024;

/// How much of a service's code, or of its number for the request.
const MAX_CODE: usize = 128;

/// Headers with the service's number for the request.
const REQUEST_IDS: [&str; 4] = ["x-amzn-requestid", "x-ms-request-id", "x-vercel-id", "x-request-id"];

/// The JSON object of a response that promises success, or the refusal.
pub fn json<'a>(provider: Provider, response: &'a HttpResponse, secrets: &Redactor) -> Result<Document<'a>> {
    if !is_success(response) {
        return Err(refused(provider, response, secrets));
    }
    let document = Document::parse(&response.body).map_err(|JsonError(problem)| invalid(provider, problem))?;
    if document.root().kind() == Kind::Object { Ok(document) } else { Err(invalid(provider, "is not a JSON object")) }
}

/// Returns whether the status promises success.
pub fn is_success(response: &HttpResponse) -> bool {
    (200..300).contains(&response.status)
}

/// A response that promises success and breaks it.
pub fn invalid(provider: Provider, problem: impl Into<Cow<'static, str>>) -> Error {
    Error::InvalidResponse(provider, problem.into())
}

/// A credential in a member of a response: it must fit a header.
pub fn secret<'a>(provider: Provider, root: Value<'a>, name: &str) -> Result<Cow<'a, str>> {
    let text = root.get(name).and_then(Value::as_str);
    visible(provider, text, name)
}

/// The text of a required part, which this name stands for in the error.
///
/// # Errors
/// [`Error::InvalidResponse`] where it is missing, empty, or has other than visible ASCII characters.
pub fn visible<'a>(provider: Provider, text: Option<Cow<'a, str>>, name: &str) -> Result<Cow<'a, str>> {
    match text {
        Some(text) if !text.is_empty() && is_graphic(&text) => Ok(text),
        Some(text) if !text.is_empty() => {
            Err(invalid(provider, format!("has a `{name}` with other than visible ASCII characters")))
        }
        _ => Err(invalid(provider, format!("lacks `{name}`"))),
    }
}

/// A credential that lives until then, if that is known.
pub fn with_expiry(
    provider: Provider,
    members: Object,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Credential> {
    let problem = "has a credential that has expired already: is this machine's clock right?";
    if until.is_none_or(|until| now < until) {
        Ok(Credential::new(members, until))
    } else {
        Err(invalid(provider, problem))
    }
}

/// A credential whose response says in `name`, by the service's clock, until when it lives; no longer than was asked for.
pub fn clamp_expiry(
    members: Object,
    text: Option<&str>,
    name: &str,
    response: &TokenResponse<'_>,
) -> Result<Credential> {
    let text =
        text.filter(|text| !text.is_empty()).ok_or_else(|| invalid(response.provider, format!("lacks `{name}`")))?;
    let until = date::rfc3339(text);
    let until = until.ok_or_else(|| invalid(response.provider, format!("has a `{name}` that is not a date")))?;
    with_expiry(response.provider, members, Some(until.min(response.longest)), response.now)
}

/// An OAuth access token (RFC 6749 section 5.1, RFC 8693 section 2.2.1).
///
/// The RFCs require `token_type` and `issued_token_type`, which services leave out and their own clients do not read.
pub fn access_token(response: &TokenResponse<'_>) -> Result<Credential> {
    let provider = response.provider;
    let document = json(provider, response.http, response.secrets)?;
    let root = document.root();
    let token = secret(provider, root, "access_token")?;
    let mut members = Object::default();
    members.text("value", &token);
    for (name, public) in [
        ("token_type", "tokenType"),
        ("issued_token_type", "issuedTokenType"),
        ("scope", "scope"),
        ("refresh_token", "refreshToken"),
    ] {
        members.some_text(public, root.get(name).and_then(Value::as_str).as_deref());
    }
    let until = match root.get("expires_in").filter(|seconds| seconds.kind() != Kind::Null) {
        None => expiry_of_jwt(&token),
        Some(seconds) => {
            let lifetime = lifetime(seconds)
                .ok_or_else(|| invalid(provider, "has an `expires_in` that is not a number of seconds"))?;
            Some(response.asked.saturating_add(Duration::from_secs(lifetime)))
        }
    };
    with_expiry(provider, members, until, response.now)
}

/// A number of seconds; some services write it as a string.
fn lifetime(seconds: Value<'_>) -> Option<u64> {
    match seconds.as_str() {
        Some(digits) => digits.parse::<u32>().ok().map(u64::from),
        // A NumericDate is a number of seconds too, and the reader of those is exact.
        None => seconds.as_timestamp(Rounding::Down)?.as_seconds().try_into().ok(),
    }
}

/// When a token says that it expires. It comes from the service that issued it, so nothing has to be verified to believe it.
pub fn expiry_of_jwt(token: &str) -> Option<Timestamp> {
    let mut scratch = Scratch::default();
    let token = jwt::decode(token.as_bytes(), DEFAULT_MAX_BYTES, &mut scratch).ok()?;
    token.claims.get("exp")?.as_timestamp(Rounding::Down)
}

/// A refusal in one of the shapes in which services put it into JSON; whatever else the body is, it is not shown.
pub fn refused(provider: Provider, response: &HttpResponse, secrets: &Redactor) -> Error {
    let document = Document::parse(&response.body).ok();
    let root = document.as_ref().map(Document::root);
    let text = |value: Option<Value<'_>>| value.and_then(Value::as_str).map(Cow::into_owned);
    let member = |name| root.and_then(|root| root.get(name));
    let error = member("error").or_else(|| member("err"));
    let (code, description) = match error.map(Value::kind) {
        // Google's and Vercel's APIs.
        Some(Kind::Object) => {
            let inside = |name| text(error.and_then(|error| error.get(name)));
            (inside("status").or_else(|| inside("code")), inside("message"))
        }
        // OAuth: a code, and perhaps a description. Vercel's issuer puts a sentence in its place.
        _ => match (text(error), text(member("error_description"))) {
            (Some(sentence), None) if sentence.contains(' ') => (None, Some(sentence)),
            other => other,
        },
    };
    let mut refused = rejection(provider, response, secrets, [code, None, description]);
    if let (Provider::Connect, Error::ExchangeRejected(rejection)) = (provider, &mut refused) {
        rejection.details = vendor(error, secrets).or_else(|| vendor(root, secrets));
    }
    refused
}

/// The response of the service behind Vercel Connect.
fn vendor(value: Option<Value<'_>>, secrets: &Redactor) -> Option<String> {
    let vendor = value?.get("vendor").or_else(|| value?.get("meta")?.get("vendor"))?;
    let mut text = String::new();
    (vendor.kind() == Kind::Object).then(|| write_redacted(vendor, secrets, &mut text))?;
    // Half an object is none.
    (text.chars().count() <= MAX_DETAILS).then_some(text)
}

/// Writes a value as JSON, without secrets: by the names of members, and inside of strings.
fn write_redacted(value: Value<'_>, secrets: &Redactor, out: &mut String) {
    let separate = |index: usize, out: &mut String| {
        if index > 0 {
            out.push(',')
        }
    };
    match value.kind() {
        Kind::Object => {
            out.push('{');
            for (index, (name, member)) in value.members().enumerate() {
                separate(index, out);
                quote_into(&presentable(&name, secrets, MAX_DETAILS), out);
                out.push(':');
                let is_plain = !matches!(member.kind(), Kind::Object | Kind::Array);
                if is_plain && secrets.is_secret_field(&name) {
                    quote_into(REDACTED, out);
                } else {
                    write_redacted(member, secrets, out);
                }
            }
            out.push('}');
        }
        Kind::Array => {
            out.push('[');
            for (index, element) in value.elements().enumerate() {
                separate(index, out);
                write_redacted(element, secrets, out);
            }
            out.push(']');
        }
        Kind::String => quote_into(&presentable(&value.as_str().unwrap_or_default(), secrets, MAX_DETAILS), out),
        _ => {
            let redacted = secrets.redact(value.raw());
            if redacted == value.raw() { out.push_str(&redacted) } else { quote_into(&redacted, out) }
        }
    }
}

/// A refusal with what the service says, made fit to be shown: its code, its number for the request, its explanation.
pub fn rejection(
    provider: Provider,
    response: &HttpResponse,
    secrets: &Redactor,
    [code, request_id, description]: [Option<String>; 3],
) -> Error {
    let fit =
        |text: Option<String>, max| text.map(|text| presentable(&text, secrets, max)).filter(|text| !text.is_empty());
    let header = || REQUEST_IDS.iter().find_map(|name| response.header(name)).map(str::to_owned);
    let retryable = is_transient(provider, response.status) || code.as_deref().is_some_and(is_transient_code);
    Error::ExchangeRejected(Box::new(Rejection {
        provider,
        status: response.status,
        code: fit(code, MAX_CODE),
        request_id: fit(request_id.or_else(header), MAX_CODE),
        description: fit(description, MAX_DESCRIPTION),
        details: None,
        retryable,
    }))
}

/// The statuses after which the service's own client asks again.
fn is_transient(provider: Provider, status: u16) -> bool {
    match (provider, status) {
        (_, 408 | 429 | 500 | 502..=504) => true,
        // google-auth-library asks again after any of them, Azure's pipeline after any but two.
        (Provider::Gcp, 501..=599) => true,
        (Provider::Azure, 506..=599) => true,
        _ => false,
    }
}

/// The codes after which it does so whatever the status: those of the AWS SDK, and OAuth's own.
fn is_transient_code(code: &str) -> bool {
    matches!(
        code,
        "IDPCommunicationError"
            | "PriorRequestNotComplete"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestTimeout"
            | "RequestTimeoutException"
            | "SlowDown"
            | "ThrottledException"
            | "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "temporarily_unavailable"
    )
}

/// Returns a service's words without the secrets that were sent, without control characters, and cut off after `max`
/// characters.
fn presentable(text: &str, secrets: &Redactor, max: usize) -> String {
    // More than that is not shown, whatever is cut out of it.
    let end = text.char_indices().nth(MAX_SEARCHED).map_or(text.len(), |(end, _)| end);
    let text = text.get(..end).unwrap_or_default();
    let mut out = String::new();
    for character in secrets.redact(text).chars() {
        match character {
            _ if character.is_control() && out.ends_with(' ') => {}
            _ if character.is_control() => out.push(' '),
            _ => out.push(character),
        }
    }
    if let Some((end, _)) = out.char_indices().nth(max) {
        out.truncate(end);
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lb25lIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ";

    fn sent() -> Redactor {
        Redactor::of("subject_token", &Secret::new(TOKEN.to_owned()))
    }

    fn response(status: u16, body: &str) -> HttpResponse {
        HttpResponse { status, headers: vec![("x-vercel-id".into(), "iad1::x".into())], body: body.into() }
    }

    fn rejected(provider: Provider, status: u16, body: &str) -> Rejection {
        match refused(provider, &response(status, body), &sent()) {
            Error::ExchangeRejected(rejection) => *rejection,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn refusals_are_read_in_every_shape() {
        for (body, code, description) in [
            (r#"{"error":"invalid_grant","error_description":"no\r\n\tgood"}"#, Some("invalid_grant"), Some("no good")),
            (r#"{"error":"invalid_grant"}"#, Some("invalid_grant"), None),
            (r#"{"error":"Invalid token provided"}"#, None, Some("Invalid token provided")),
            (
                r#"{"error":{"code":403,"message":"m","status":"PERMISSION_DENIED"}}"#,
                Some("PERMISSION_DENIED"),
                Some("m"),
            ),
            (r#"{"err":{"code":"no_token","message":"m"}}"#, Some("no_token"), Some("m")),
            (r#"{"error":7}"#, None, None),
            ("<html>secret</html>", None, None),
            ("", None, None),
        ] {
            let rejection = rejected(Provider::Vercel, 400, body);
            assert_eq!((rejection.code.as_deref(), rejection.description.as_deref()), (code, description), "{body}");
            assert_eq!((rejection.status, rejection.request_id.as_deref()), (400, Some("iad1::x")));
            assert!(!rejection.retryable);
        }
    }

    #[test]
    fn each_service_has_the_retry_classes_of_its_own_client() {
        let again = |provider, status| rejected(provider, status, "{}").retryable;
        for provider in [Provider::Aws, Provider::Gcp, Provider::Azure, Provider::Vercel, Provider::TokenExchange] {
            for status in [408, 429, 500, 502, 503, 504] {
                assert!(again(provider, status), "{provider:?} {status}");
            }
            for status in [0, 302, 400, 401, 403, 404, 410] {
                assert!(!again(provider, status), "{provider:?} {status}");
            }
        }
        assert!(again(Provider::Gcp, 501) && !again(Provider::Azure, 501) && !again(Provider::Aws, 501));
        assert!(again(Provider::Azure, 599) && !again(Provider::Azure, 505) && !again(Provider::Aws, 599));
        assert!(rejected(Provider::Azure, 400, r#"{"error":"temporarily_unavailable"}"#).retryable);
    }

    #[test]
    fn a_service_that_quotes_the_token_is_not_quoted() {
        let (first, rest) = TOKEN.split_once('.').unwrap();
        for text in [
            format!("token {TOKEN} is bad"),
            format!("token='{TOKEN}'."),
            format!("\"{first}\" then {rest}"),
            format!("{}...", &TOKEN[..24]),
            "eyJzb21lIjoib3RoZXIifQ.e30.AQ".to_owned(),
            format!("x{TOKEN}"),
            format!("x{}y", &TOKEN[7..40]),
        ] {
            let shown = presentable(&text, &sent(), MAX_DESCRIPTION);
            assert!(shown.contains("[redacted]"), "{shown}");
            for part in TOKEN.split('.') {
                assert!(!shown.contains(&part[..16]), "{shown}");
            }
        }
        let plain = "AADSTS70021: No matching federated identity record found for presented assertion.";
        assert_eq!(presentable(plain, &sent(), MAX_DESCRIPTION), plain);
    }

    #[test]
    fn what_a_service_says_has_an_end_and_no_control_characters() {
        let long = presentable(&"\u{e9}\u{0}\n".repeat(10_000), &sent(), 10);
        assert_eq!(long, "\u{e9} \u{e9} \u{e9} \u{e9} \u{e9}");
        assert_eq!(presentable(&"x".repeat(5000), &sent(), MAX_DETAILS).len(), MAX_DETAILS);
        let code = rejected(Provider::Vercel, 400, &format!(r#"{{"error":"{}"}}"#, "x".repeat(1000))).code;
        assert_eq!(code.map(|code| code.len()), Some(MAX_CODE));
    }
}
