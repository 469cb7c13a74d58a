//! The requests to Vercel's REST API, and what its answers mean.
//!
//! Source: Vercel's REST API reference ("Projects": environment variables), and what the package `@vercel/sdk` sends,
//! which a test compares field for field.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign::flow::{FetchFailure, HttpRequest, HttpResponse, Method, Outcome};
use countersign::secret::{Redactor, Secret};
use serde::{Deserialize, Serialize};

use crate::error::{ApiFailure, Error, Refusal, Result};
use crate::names::is_plain;
use crate::row::{Page, Row};
use crate::settings::{Account, Project, Wanted, is_custom};

/// How long one request may take. A batch of a hundred variables takes seconds.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How much of an answer is read: more than ten thousand variables in one page.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// How much of a deploy hook's answer is read, which says nothing that is needed.
const MAX_HOOK_BODY_BYTES: usize = 64 * 1024;

/// The longest wait that Vercel may ask for. A longer one fails the run, so that the caller knows.
pub const MAX_WAIT: Duration = Duration::from_secs(300);

/// A variable as it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    value: &'a str,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_environment_ids: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    git_branch: Option<&'a str>,
    comment: String,
}

impl<'a> Written<'a> {
    fn new(name: &'a str, wanted: &'a Wanted) -> Self {
        let value = wanted.variables[name].expose();
        let (custom, standard): (Vec<_>, Vec<_>) =
            wanted.targets.iter().map(String::as_str).partition(|target| is_custom(target));
        Self {
            key: Some(name),
            value,
            r#type: wanted.kind.as_str(),
            // An empty list is refused, or worse, taken for all environments (vercel/terraform-provider-vercel#255).
            target: Some(standard).filter(|names| !names.is_empty()),
            custom_environment_ids: Some(custom).filter(|ids| !ids.is_empty()),
            git_branch: wanted.git_branch.as_deref(),
            comment: wanted.comment(name, value),
        }
    }
}

/// Lists a page of the project's variables, with the values of those that may be seen.
pub fn list(project: &Project, until: Option<u64>) -> HttpRequest {
    let until = until.map(|until| format!("until={until}"));
    request(project, Method::Get, "v10", "", &[Some("decrypt=true"), until.as_deref()], None)
}

/// Reads one variable with its value, which a listing may leave encrypted.
pub fn read(project: &Project, id: &str) -> HttpRequest {
    request(project, Method::Get, "v1", id, &[], None)
}

/// Creates variables, or writes over those of the same name in the same environments.
pub fn write(project: &Project, wanted: &Wanted, names: &[String], overwrite: bool) -> HttpRequest {
    let variables: Vec<_> = names.iter().map(|name| Written::new(name, wanted)).collect();
    let upsert = overwrite.then_some("upsert=true");
    request(project, Method::Post, "v10", "", &[upsert], Some(json(&variables)))
}

/// Edits one variable, environments and type included.
pub fn edit(project: &Project, wanted: &Wanted, id: &str, name: &str) -> HttpRequest {
    let mut variable = Written { key: None, ..Written::new(name, wanted) };
    // What is left out stays as it is, so environments that are to go must be sent as none.
    variable.target.get_or_insert_default();
    variable.custom_environment_ids.get_or_insert_default();
    request(project, Method::Patch, "v9", id, &[], Some(json(&variable)))
}

/// Leaves a variable in these environments only, with all else that it has.
pub fn narrow(project: &Project, id: &str, targets: &BTreeSet<String>) -> HttpRequest {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Places<'a> {
        target: Vec<&'a String>,
        custom_environment_ids: Vec<&'a String>,
    }
    let (custom_environment_ids, target) = targets.iter().partition(|target| is_custom(target));
    request(project, Method::Patch, "v9", id, &[], Some(json(&Places { target, custom_environment_ids })))
}

/// Calls a deploy hook. Its URL is its secret; it gets nothing else.
pub fn deploy(hook: &Secret<String>) -> HttpRequest {
    HttpRequest {
        method: Method::Post,
        url: hook.expose().clone(),
        headers: vec![("accept", Secret::new("application/json".to_owned()))],
        body: None,
        delay: Duration::ZERO,
        timeout: TIMEOUT,
        max_body_bytes: MAX_HOOK_BODY_BYTES,
    }
}

/// Removes variables.
pub fn remove(project: &Project, ids: &[String]) -> HttpRequest {
    #[derive(Serialize)]
    struct Ids<'a> {
        ids: &'a [String],
    }
    request(project, Method::Delete, "v1", "", &[], Some(json(&Ids { ids })))
}

pub(crate) fn json(value: &impl Serialize) -> Secret<String> {
    // Writing plain members cannot fail. Vercel would refuse an empty body.
    Secret::new(serde_json::to_string(value).unwrap_or_default())
}

fn request(
    project: &Project,
    method: Method,
    version: &str,
    id: &str,
    query: &[Option<&str>],
    body: Option<Secret<String>>,
) -> HttpRequest {
    let mut path = format!("/{version}/projects/{}/env", project.id);
    if !id.is_empty() {
        path = format!("{path}/{id}");
    }
    request_of(&project.account, method, &path, query, body)
}

/// A request to the API. `query` holds pairs that are percent-encoded.
pub(crate) fn request_of(
    account: &Account,
    method: Method,
    path: &str,
    query: &[Option<&str>],
    body: Option<Secret<String>>,
) -> HttpRequest {
    let Account { api, scope, token } = account;
    let mut url = format!("{api}{path}");
    let query: Vec<&str> = query.iter().copied().chain([scope.as_deref()]).flatten().collect();
    if !query.is_empty() {
        url = format!("{url}?{}", query.join("&"));
    }
    let mut headers = vec![
        ("accept", Secret::new("application/json".to_owned())),
        ("authorization", Secret::new(format!("Bearer {}", token.expose()))),
    ];
    if body.is_some() {
        headers.push(("content-type", Secret::new("application/json".to_owned())));
    }
    HttpRequest { method, url, headers, body, delay: Duration::ZERO, timeout: TIMEOUT, max_body_bytes: MAX_BODY_BYTES }
}

/// The meaning of an outcome for the caller.
pub enum Verdict {
    /// The change was made.
    Done(HttpResponse),
    /// Nothing was done, and Vercel asks for patience: this long, if it says so.
    Busy(Option<Duration>, Error),
    /// The variable is gone or was replaced: the listing is out of date.
    Outdated(Error),
    /// Unknown: the change may have been made.
    Unknown(Error),
    /// The change was refused.
    Refused(Error),
}

/// Judges an outcome. What Vercel says in a refusal does not hold what was sent.
pub fn evaluate(outcome: Outcome, sent: &Sent<'_>) -> Verdict {
    let response = match outcome {
        Outcome::Response(response) => response,
        Outcome::Failed(failure @ (FetchFailure::TooLarge | FetchFailure::Aborted)) => {
            return Verdict::Refused(ApiFailure::Unreachable(failure).into());
        }
        Outcome::Failed(failure) => return Verdict::Unknown(ApiFailure::Unreachable(failure).into()),
    };
    if (200..=299).contains(&response.status) {
        return Verdict::Done(response);
    }
    let refusal = refusal(&response, sent);
    let conflict = refusal.code.as_deref().is_some_and(is_conflict);
    let error = ApiFailure::Refused(Box::new(refusal)).into();
    match response.status {
        429 => Verdict::Busy(retry_after(&response), error),
        408 | 500..=599 => Verdict::Unknown(error),
        404 | 409 => Verdict::Outdated(error),
        // A conflict comes as 400 or 403 too.
        _ if conflict => Verdict::Outdated(error),
        _ => Verdict::Refused(error),
    }
}

/// `Retry-After` in seconds (RFC 9110 section 10.2.3), the form that Vercel sends.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    Some(Duration::from_secs(response.header("retry-after")?.trim().parse().ok()?))
}

/// The secrets that a run has sent, which no error may quote.
pub struct Sent<'a> {
    /// The team, with its access token.
    pub account: &'a Account,
    /// The variables, in a run that writes them.
    pub wanted: Option<&'a Wanted>,
    /// Other secrets that were sent.
    pub secrets: &'a [Secret<String>],
}

impl Sent<'_> {
    /// A word of Vercel's; `None` where it repeats a value.
    fn word(&self, word: String) -> Option<String> {
        let repeats = |value: &str| word == value || (value.len() >= 8 && word.contains(value));
        let values = self.wanted.into_iter().flat_map(|wanted| wanted.variables.values());
        let repeated = values.chain(self.secrets).map(Secret::expose).any(|value| repeats(value));
        (!repeated).then(|| Redactor::of("authorization", &self.account.token).redact(&word))
    }

    /// The name of a variable, if it is one that was sent.
    fn name(&self, name: String) -> Option<String> {
        self.wanted?.variables.contains_key(&name).then_some(name)
    }
}

/// Vercel's code without its message, which may repeat what was sent.
fn refusal(response: &HttpResponse, sent: &Sent<'_>) -> Refusal {
    #[derive(Deserialize)]
    struct Body {
        error: Problem,
    }
    let code = serde_json::from_slice(&response.body).ok().and_then(|Body { error }| error.plain_code());
    let request_id = response.header("x-vercel-id").filter(|id| id.len() <= 200 && id.is_ascii()).map(str::to_owned);
    let request_id = request_id.and_then(|id| sent.word(id));
    let retryable = matches!(response.status, 408 | 429 | 500..=599);
    let code = code.and_then(|code| sent.word(code));
    Refusal { status: response.status, code, request_id, variable: None, connector: None, retryable }
}

/// An error as Vercel words it.
#[derive(Deserialize)]
struct Problem {
    code: String,
    #[serde(default, rename = "envVarKey")]
    name: Option<String>,
    #[serde(default)]
    key: Option<String>,
}

impl Problem {
    fn plain_code(&self) -> Option<String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        ((1..=64).contains(&self.code.len()) && self.code.bytes().all(plain)).then(|| self.code.clone())
    }
}

/// Reads a page of the listing.
///
/// # Errors
/// `ERR_EXCHANGE_INVALID` for anything else.
pub fn page(response: &HttpResponse) -> Result<Page> {
    let page: Option<Page> = serde_json::from_slice(&response.body).ok();
    // An id becomes a part of addresses.
    let sound = |page: &Page| page.envs.iter().all(|row| row.comment.is_none() || is_plain(&row.id));
    page.filter(sound).ok_or_else(|| ApiFailure::NotAsDocumented("the list of variables").into())
}

/// Reads one variable.
///
/// # Errors
/// `ERR_EXCHANGE_INVALID` for anything else.
pub fn row(response: &HttpResponse) -> Result<Row> {
    serde_json::from_slice(&response.body).map_err(|_| ApiFailure::NotAsDocumented("a variable").into())
}

/// Reads the response to [`write()`]: the conflict with a variable that was there already, if there is one.
///
/// # Errors
/// `ERR_EXCHANGE_REJECTED` for a variable that Vercel does not take, `ERR_EXCHANGE_INVALID` for anything else.
pub fn conflict(response: &HttpResponse, sent: &Sent<'_>) -> Result<Option<Error>> {
    #[derive(Deserialize)]
    struct Body {
        failed: Vec<Failed>,
    }
    #[derive(Deserialize)]
    struct Failed {
        error: Problem,
    }
    let Body { failed } =
        serde_json::from_slice(&response.body).map_err(|_| ApiFailure::NotAsDocumented("the report of a batch"))?;
    let mut conflict = None;
    for Failed { error } in failed {
        let code = error.plain_code();
        let fatal = !code.as_deref().is_some_and(is_conflict);
        let variable = error.name.or(error.key).and_then(|name| sent.name(name));
        let code = code.and_then(|code| sent.word(code));
        let refusal =
            Refusal { status: response.status, code, request_id: None, variable, connector: None, retryable: false };
        let error = ApiFailure::Refused(Box::new(refusal)).into();
        if fatal {
            return Err(error);
        }
        conflict = Some(error);
    }
    Ok(conflict)
}

/// Returns whether a code says that a variable of that name is in one of the environments already.
fn is_conflict(code: &str) -> bool {
    ["ENV_CONFLICT", "ENV_ALREADY_EXISTS"].contains(&code)
}
