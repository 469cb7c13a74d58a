//! The parameters of a request to Vercel Connect, read member by member and written in one way.

use std::hash::{Hash, Hasher};

use crate::encoding::json::{Document, Kind, Object, Value, canonical};
use crate::error::{Error, Result};
use crate::exchange::connect::action::Action;
use crate::options::unknown;
use crate::secret::Secret;

/// How long parameters may be.
const MAX_BYTES: usize = 64 * 1024;

/// The parameters of a request. Two are equal where they request the same, whatever validity they ask for.
#[derive(Debug, Clone)]
pub struct Params {
    /// The JSON object that is sent, without `validityBufferMs`.
    pub body: Secret<String>,
    /// `validityBufferMs` as it is sent. It is no part of the cache key: the cache compares validity itself.
    validity_buffer: Option<String>,
    /// Whom it is about: the kind of subject, and who of them.
    pub subject: Secret<String>,
    /// The token that the subject consists of, if it does; else empty.
    pub token: Secret<String>,
}

/// The required type of a member.
#[derive(Clone, Copy)]
enum Form {
    Subject,
    String,
    Strings,
    Details,
    Claims,
    Boolean,
    Milliseconds,
    Validity,
    Uid,
    Callback,
    Webhook,
}

/// Members that may be there, by the names under which callers give them.
type Members = &'static [(&'static str, Form)];

const REVOKE: Members = &[("subject", Form::Subject), ("installationId", Form::String)];
const REACH: Members = &[
    ("installationId", Form::String),
    ("audience", Form::Strings),
    ("scopes", Form::Strings),
    ("resources", Form::Strings),
    ("authorizationDetails", Form::Details),
];
const CONSENT: Members =
    &[("webhook", Form::Webhook), ("deviceCode", Form::Boolean), ("expiresInMs", Form::Milliseconds)];
const TOKEN: [Members; 2] = [&[("subject", Form::Subject), ("validityBufferMs", Form::Validity)], REACH];
const AUTHORIZE: [Members; 4] =
    [TOKEN[0], REACH, CONSENT, &[("callbackUrl", Form::Callback), ("prompt", Form::String)]];
const PROVISION: Members = &[("serverUrl", Form::String), ("uid", Form::Uid)];
const INSTALL: [Members; 3] = [REACH, CONSENT, &[("returnUrl", Form::Callback), ("tenantId", Form::String)]];

impl Params {
    /// Reads a JSON object.
    pub fn read(action: Action, text: &str) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(Error::option("params", "must not be longer than 64 KiB"));
        }
        let document = Document::parse(text.as_bytes()).map_err(|_| Error::option("params", "must be plain data"))?;
        let members: &[Members] = match action {
            Action::Token => &TOKEN,
            Action::Revoke => &[REVOKE],
            Action::Authorize => &AUTHORIZE,
            Action::Install => &INSTALL,
            Action::Describe => &[],
            Action::Provision => &[PROVISION],
        };
        let root = document.root();
        check_members("params", root, members)?;
        let subject = root.get("subject");
        if subject.is_none() && matches!(action, Action::Token | Action::Revoke | Action::Authorize) {
            return Err(Error::option("subject", "is required"));
        }
        let mut body = Object::default();
        for (name, form) in members.iter().copied().flatten() {
            match root.get(name) {
                Some(_) if matches!(form, Form::Validity) => {}
                Some(value) => body.raw(if *name == "callbackUrl" { "returnUrl" } else { name }, &canonical(value)),
                None if *name == "scopes" && subject.is_some() => body.raw(name, "[\"*\"]"),
                None => {}
            }
        }
        let text = |name| subject.and_then(|subject| subject.get(name)).and_then(Value::as_str).unwrap_or_default();
        let whom = ["type", "id", "sub", "token"].map(text).join("\n");
        let token = text("token").into_owned();
        let validity_buffer = root.get("validityBufferMs").map(canonical);
        let (body, subject) = (Secret::new(body.finish()), Secret::new(whom));
        Ok(Self { body, validity_buffer, subject, token: Secret::new(token) })
    }

    /// The JSON object that is sent.
    pub fn sent(&self) -> String {
        let body = self.body.expose();
        match (&self.validity_buffer, body.strip_suffix('}')) {
            (Some(milliseconds), Some(members)) => format!("{members},\"validityBufferMs\":{milliseconds}}}"),
            _ => body.clone(),
        }
    }
}

impl PartialEq for Params {
    fn eq(&self, other: &Self) -> bool {
        (&self.body, &self.subject) == (&other.body, &other.subject)
    }
}

impl Eq for Params {}

impl Hash for Params {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.body, &self.subject).hash(state);
    }
}

/// Checks an object that may have these members and no others.
fn check_members(place: &'static str, value: Value<'_>, allowed: &[Members]) -> Result<()> {
    if value.kind() != Kind::Object {
        return Err(Error::option(place, "must be an object"));
    }
    for (name, member) in value.members() {
        let form = allowed.iter().copied().flatten().find(|(known, _)| *known == name);
        let Some((name, form)) = form else {
            let path = if place == "params" { "" } else { place };
            return Err(unknown(path, &name, allowed.iter().copied().flatten().map(|(known, _)| *known)));
        };
        check(name, *form, member)?;
    }
    Ok(())
}

fn check(name: &'static str, form: Form, value: Value<'_>) -> Result<()> {
    let (fits, must) = match form {
        Form::Subject => return check_subject(value),
        Form::String => (is_string(value), "must be a string that is not empty"),
        Form::Strings => {
            let fits = value.kind() == Kind::Array && value.elements().all(is_string);
            (fits, "must be an array of strings that are not empty")
        }
        Form::Details => {
            let is_detail = |detail: Value<'_>| detail.get("type").is_some_and(is_string);
            let fits = value.kind() == Kind::Array && value.elements().all(is_detail);
            (fits, "must be an array of objects, each with a `type`")
        }
        Form::Claims => (value.kind() == Kind::Object, "must be an object"),
        Form::Boolean => (value.kind() == Kind::Bool, "must be true or false"),
        Form::Milliseconds => {
            let fits = value.kind() == Kind::Number && value.raw().bytes().all(|byte| byte.is_ascii_digit());
            (fits, "must be a whole number of milliseconds")
        }
        Form::Validity => {
            let fits = value.kind() == Kind::Number && !value.raw().starts_with('-');
            (fits, "must be a number of milliseconds, not negative")
        }
        Form::Uid => {
            let fits = value.as_str().is_some_and(|uid| is_provisionable(&uid));
            (fits, "must be the uid of a connector that may be created, not an id or a reserved name")
        }
        Form::Callback => (is_callback(value), "must be an https URL, or an http one on localhost or 127.0.0.1"),
        Form::Webhook => (is_https(value), "must be an https URL"),
    };
    if fits { Ok(()) } else { Err(Error::option(name, must)) }
}

fn check_subject(subject: Value<'_>) -> Result<()> {
    const TYPE: (&str, Form) = ("type", Form::String);
    const ASSERTED: Members = &[
        TYPE,
        ("sub", Form::String),
        ("iss", Form::String),
        ("aud", Form::String),
        ("additionalClaims", Form::Claims),
    ];
    let (members, required): (Members, _) = match subject.get("type").and_then(Value::as_str).as_deref() {
        Some("app") => (&[TYPE], "type"),
        Some("user") => (&[TYPE, ("id", Form::String), ("issuer", Form::String)], "id"),
        Some("jwt-bearer") => (ASSERTED, "sub"),
        Some("token") => (&[TYPE, ("token", Form::String)], "token"),
        _ => return Err(Error::option("subject", "must have the `type` app, user, jwt-bearer or token")),
    };
    check_members("subject", subject, &[members])?;
    subject.get(required).map(|_| ()).ok_or_else(|| Error::option(["subject.", required].concat(), "is required"))
}

fn is_string(value: Value<'_>) -> bool {
    value.kind() == Kind::String && !value.raw().is_empty()
}

/// Returns whether a connector may be created under this uid: ids and Vercel's own names are reserved.
pub fn is_provisionable(uid: &str) -> bool {
    let lower = uid.to_ascii_lowercase();
    let is_id = ["scl_", "sca_", "store_", "ir_"].iter().any(|prefix| lower.starts_with(prefix));
    let host = lower.split('/').next().unwrap_or_default();
    let is_vercel = lower.contains('/') && (host == "vc" || host.ends_with(".vercel.com")) && host != "mcp.vercel.com";
    let is_plain = !uid.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '%' | '#'));
    !uid.is_empty() && is_plain && !is_id && !is_vercel
}

fn is_https(value: Value<'_>) -> bool {
    value.as_str().is_some_and(|url| host(&url, "https://").is_some())
}

/// The URLs to which a browser may be sent: http only where the browser of a developer finds the developer's own server.
fn is_callback(value: Value<'_>) -> bool {
    let Some(url) = value.as_str() else { return false };
    let local = |host: &str| host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1";
    host(&url, "https://").is_some() || host(&url, "http://").is_some_and(local)
}

/// The host of a URL of this scheme. None that says it in a way that another reader could take for another host.
fn host<'a>(url: &'a str, scheme: &str) -> Option<&'a str> {
    let rest = url.strip_prefix(scheme)?;
    if rest.contains(|c: char| c.is_ascii_control() || c == ' ' || c == '\\') {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.split(':').next()?;
    (!host.is_empty() && !authority.contains('@')).then_some(host)
}
