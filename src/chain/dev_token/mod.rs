//! A token for development, fetched with the login of Vercel's command line: what is asked, and what the answers mean.
//! The host finds, reads and writes the files, and runs the command.

use std::time::Duration;

use crate::encoding::form::Form;
use crate::encoding::json::{Document, JsonError, Object, Rounding, Value};
use crate::encoding::url;
use crate::error::{Error, FetchFailure, Provider, Rejection, Result};
use crate::flow::{HttpRequest, HttpResponse, Method, Outcome, Pending, Step};
use crate::secret::{Redactor, Secret};
use crate::time::Timestamp;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How much of an answer is read: a token, and what is beside it.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// A login that ends within this time is renewed first, where it can be: it must outlive the request it is sent with.
const LOGIN_MARGIN: Duration = Duration::from_secs(30);

/// The issuer of the command line's login, and the name under which the command line is known there.
const ISSUER: &str = "https://vercel.com";
const CLIENT_ID: &str = "cl_HYyOPBNtFMfHhaUn9L4QPfTZz6TP47bp";

/// A project, and the team that it belongs to, each by id or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    id: String,
    team: Option<String>,
}

impl Project {
    /// Takes names that can stand in a path, in a URL and among a command's arguments without being taken for anything
    /// else.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] naming `project` or `team`.
    pub fn new(id: String, team: Option<String>) -> Result<Self> {
        check_name("project", &id)?;
        team.as_deref().map_or(Ok(()), |team| check_name("team", team))?;
        Ok(Self { id, team })
    }

    /// The URL that gives out this project's tokens.
    fn url(&self) -> String {
        let mut url = String::from("https://api.vercel.com/v1/projects/");
        url.push_str(&self.id);
        url.push_str("/token?source=vercel-oidc-refresh");
        if let Some(team) = &self.team {
            url.push_str("&teamId=");
            url.push_str(team);
        }
        url
    }
}

/// Refuses what is no id and no name.
///
/// # Errors
/// [`Error::InvalidOption`] naming the option.
pub fn check_name(option: &'static str, name: &str) -> Result<()> {
    let problem = "must be an id or a name as Vercel gives them: letters, digits, `.`, `_` and `-`";
    if is_name(name) { Ok(()) } else { Err(Error::option(option, problem)) }
}

/// Nothing that begins with a dot or a dash, so neither a folder above nor an option.
fn is_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// The token in a cache file, `{"token": …}`, with the project and the team that it was fetched for where this crate has
/// written it. There is none in a file of another project, and none that lives for less than `min_validity`.
pub fn cached(text: &[u8], project: &Project, min_validity: Duration, now: Timestamp) -> Option<Secret<String>> {
    let document = Document::parse(text).ok()?;
    let member = |name| document.root().get(name).and_then(Value::as_str);
    let token = member("token")?;
    let read = super::read(&token, Some(&project.id), project.team.as_deref()).ok()?;
    let fits = match member("project") {
        // File systems that do not tell `a` from `A` give one project's file to the other.
        Some(id) => id == *project.id && member("team").as_deref() == project.team.as_deref(),
        None => read.of_project,
    };
    (fits && now.saturating_add(min_validity) < read.expires_at).then(|| Secret::new(token.into_owned()))
}

/// The command line's login, as its file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// The token can be sent.
    Usable(Secret<String>),
    /// The token has expired, or is about to; this refresh token gets a new one.
    Renewable(Secret<String>),
    /// The login has expired.
    Expired,
    /// There is no login.
    Missing,
}

impl Login {
    /// Reads the login file. The login must live for `min_validity`; one that can be renewed, for as long as it may take to
    /// send it. `expiresAt` counts seconds, and a login without it does not expire. Text that is no JSON object is no login,
    /// as the command line has it.
    pub fn read(text: &[u8], min_validity: Duration, now: Timestamp) -> Self {
        let Ok(document) = Document::parse(text) else { return Self::Missing };
        let secret = |name| {
            let text = document.root().get(name).and_then(Value::as_str)?;
            (!text.is_empty()).then(|| Secret::new(text.into_owned()))
        };
        let expires_at = document.root().get("expiresAt").and_then(|at| at.as_timestamp(Rounding::Down));
        let lives = |margin| expires_at.is_none_or(|at| now.saturating_add(margin) < at);
        match (secret("token"), secret("refreshToken")) {
            (Some(token), None) if lives(min_validity) => Self::Usable(token),
            (Some(token), Some(_)) if lives(min_validity.max(LOGIN_MARGIN)) => Self::Usable(token),
            (_, Some(refresh)) => Self::Renewable(refresh),
            (Some(_), None) => Self::Expired,
            (None, None) => Self::Missing,
        }
    }
}

/// A login that was renewed, to be written over the old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewed {
    /// The access token.
    pub token: Secret<String>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The next refresh token; the old one stays good where there is none (RFC 6749 section 6).
    pub refresh_token: Option<Secret<String>>,
}

impl Renewed {
    /// The renewed login as a JSON object, with the names of the command line's login file.
    pub fn to_json(&self) -> String {
        let mut login = Object::default();
        login.text("token", self.token.expose());
        login.raw("expiresAt", &self.expires_at.as_seconds().to_string());
        login.some_text("refreshToken", self.refresh_token.as_ref().map(|token| token.expose().as_str()));
        login.finish()
    }
}

/// Renews the login: discovery, then the token endpoint (RFC 6749 section 6).
///
/// # Errors
/// On the way those of an exchange with [`Provider::Vercel`].
pub fn renew(refresh_token: Secret<String>) -> Step<Renewed> {
    let discovery = get([ISSUER, "/.well-known/openid-configuration"].concat());
    fetch(discovery, Redactor::default(), move |body, _| {
        let mut form = Form::default();
        form.add("client_id", CLIENT_ID);
        form.add("grant_type", "refresh_token");
        form.add("refresh_token", refresh_token.expose());
        let headers = vec![("content-type", Secret::new("application/x-www-form-urlencoded".to_owned()))];
        let request = post(token_endpoint(&body)?, headers, Some(Secret::new(form.finish())));
        let secrets = Redactor::of("refresh_token", &refresh_token);
        Ok(fetch(request, secrets, |body, now| Ok(Step::Done(read_renewed(&body, now)?))))
    })
}

/// Fetches a token of the project with the command line's login.
///
/// # Errors
/// On the way those of an exchange with [`Provider::Vercel`].
pub fn fetch_token(project: &Project, login: &Secret<String>) -> Step<Secret<String>> {
    let headers = vec![("authorization", Secret::new(["Bearer ", login.expose()].concat()))];
    let secrets = Redactor::of("authorization", login);
    fetch(post(project.url(), headers, None), secrets, |body, now| Ok(Step::Done(read_token(&body, now)?)))
}

/// The token in an answer, or in what the command printed.
///
/// # Errors
/// [`Error::InvalidResponse`] where there is none that can be sent now.
pub fn read_token(text: &[u8], now: Timestamp) -> Result<Secret<String>> {
    let document = parse(text)?;
    let token = document.root().get("token").and_then(Value::as_str).ok_or_else(|| invalid("has no `token`"))?;
    let read = super::read(&token, None, None).map_err(|_| invalid("has a `token` that is no JWT with an `exp`"))?;
    if read.expires_at <= now {
        return Err(invalid("has a token that has expired already: is the clock of this machine right?"));
    }
    Ok(Secret::new(token.into_owned()))
}

/// The token endpoint, from a document that speaks for the issuer of the login (OpenID Connect Discovery 1.0 section 4.3).
fn token_endpoint(text: &[u8]) -> Result<String> {
    let document = parse(text)?;
    let member = |name| document.root().get(name).and_then(Value::as_str);
    if member("issuer").as_deref() != Some(ISSUER) {
        return Err(invalid("speaks for another issuer"));
    }
    let endpoint = member("token_endpoint").filter(|url| url::is_fetchable(url, true) && !url::is_loopback_http(url));
    Ok(endpoint.ok_or_else(|| invalid("has no `token_endpoint` with https"))?.into_owned())
}

fn read_renewed(text: &[u8], now: Timestamp) -> Result<Renewed> {
    let document = parse(text)?;
    let member = |name| document.root().get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let seconds = document.root().get("expires_in").and_then(|seconds| seconds.as_timestamp(Rounding::Down));
    let epoch = Timestamp::from_micros(0).unwrap_or(Timestamp::MIN);
    let lifetime = seconds.map(|end| end.since(epoch)).filter(|lifetime| *lifetime > Duration::ZERO);
    if member("token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(invalid("has another `token_type` than Bearer"));
    }
    Ok(Renewed {
        token: Secret::new(member("access_token").ok_or_else(|| invalid("has no `access_token`"))?.into_owned()),
        expires_at: now.saturating_add(lifetime.ok_or_else(|| invalid("has no `expires_in` that is a lifetime"))?),
        refresh_token: member("refresh_token").map(|token| Secret::new(token.into_owned())),
    })
}

fn invalid(problem: &'static str) -> Error {
    Error::InvalidResponse(Provider::Vercel, problem.into())
}

fn parse(text: &[u8]) -> Result<Document<'_>> {
    Document::parse(text).map_err(|JsonError(problem)| invalid(problem))
}

fn get(url: String) -> HttpRequest {
    let (delay, timeout) = (Duration::ZERO, TIMEOUT);
    let headers = vec![("accept", Secret::new("application/json".to_owned()))];
    HttpRequest { method: Method::Get, url, headers, body: None, delay, timeout, max_body_bytes: MAX_BODY_BYTES }
}

fn post(url: String, headers: Vec<(&'static str, Secret<String>)>, body: Option<Secret<String>>) -> HttpRequest {
    let mut request = HttpRequest { method: Method::Post, body, ..get(url) };
    request.headers.extend(headers);
    request
}

/// Sends a request and goes on with the body of a response that says success. A refusal holds none of these secrets.
fn fetch<T: 'static>(
    request: HttpRequest,
    secrets: Redactor,
    next: impl FnOnce(Vec<u8>, Timestamp) -> Result<Step<T>> + Send + Sync + 'static,
) -> Step<T> {
    let pending = Pending::new(move |outcome, now| match outcome {
        Outcome::Response(response) if response.body.len() > MAX_BODY_BYTES => {
            Err(Error::ExchangeFailed(Provider::Vercel, FetchFailure::TooLarge))
        }
        Outcome::Response(response) if (200..300).contains(&response.status) => next(response.body, now),
        Outcome::Response(response) => Err(refusal(&response, &secrets)),
        Outcome::Failed(failure) => Err(Error::ExchangeFailed(Provider::Vercel, failure)),
    });
    Step::Fetch(request, pending)
}

/// `{"error": "<code>"}` of the token endpoint (RFC 6749 section 5.2), or `{"error": {"code": "<code>"}}` of the API.
fn refusal(response: &HttpResponse, secrets: &Redactor) -> Error {
    let code = Document::parse(&response.body).ok().and_then(|document| {
        let error = document.root().get("error")?;
        let code = error.as_str().or_else(|| error.get("code")?.as_str())?;
        // A code is a word. Whatever else stands there is not repeated.
        is_name(&code).then(|| secrets.redact(&code))
    });
    Error::ExchangeRejected(Box::new(Rejection {
        provider: Provider::Vercel,
        status: response.status,
        code,
        request_id: response.header("x-vercel-id").filter(|id| id.len() <= 128).map(|id| secrets.redact(id)),
        description: None,
        details: None,
        retryable: matches!(response.status, 408 | 429 | 500..),
    }))
}

#[cfg(test)]
mod tests;
