//! Vercel Connect: the deployment's identity for a token of Slack, GitHub or whatever else a connector stands for.
//!
//! Requests and answers as `@vercel/connect` 2.3.2 sends and reads them. Each token that the service gives is billed, so it
//! is asked again only where it said that it gave none, and never because a response was lost.

mod action;
mod params;
mod sign_in;

use serde::Deserialize;

use crate::encoding::form::push_component;
use crate::encoding::json::{Document, Kind, Object, Value};
use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::credential::Credential;
use crate::exchange::http::{authorize, request_json};
use crate::exchange::response;
use crate::exchange::retry::{self, Jitter};
use crate::exchange::service::require;
use crate::exchange::subject::check_subject;
use crate::flow::{HttpRequest, HttpResponse, Method, Step};
use crate::options::{non_empty, optional_string};
use crate::secret::{Redactor, Secret};
use crate::time::Timestamp;

pub use action::Action;
use action::TIMEOUT;
use params::Params;
pub use params::is_provisionable;
pub use sign_in::{SignIn, SignInOptions, basic_credentials, owner_of};

/// The connector, and the address at which the service is asked. Unknown members are refused.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
pub struct ConnectorOptions {
    /// The connector's id or uid.
    #[serde(deserialize_with = "non_empty")]
    pub connector: String,
    /// Vercel's region to ask, such as `iad1`. Default: the nearest.
    #[serde(default, deserialize_with = "optional_string")]
    pub region: Option<String>,
    /// Another server in Vercel's place: an https URL, or http on this machine.
    #[serde(default, deserialize_with = "optional_string")]
    pub endpoint: Option<String>,
}

/// Three letters of a city and a digit; whatever else it is, it must not end up in a host name.
fn is_region(region: &str) -> bool {
    let shape = |(index, byte): (usize, u8)| if index < 3 { byte.is_ascii_lowercase() } else { byte.is_ascii_digit() };
    region.len() == 4 && region.bytes().enumerate().all(shape)
}

/// A connector, and the address at which the service is asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Connector {
    name: String,
    base: String,
}

impl Connector {
    fn new(options: ConnectorOptions) -> Result<Self> {
        let ConnectorOptions { connector: name, region, endpoint } = options;
        // A path would lose a segment of dots, however it is encoded.
        require(!matches!(&*name, "." | ".."), "connector", "must be a connector's id or uid")?;
        let named = "must be a region of Vercel, such as `iad1`";
        require(region.as_deref().is_none_or(is_region), "region", named)?;
        let fetchable = endpoint.as_deref().is_none_or(|endpoint| url::is_fetchable(endpoint, false));
        require(fetchable, "endpoint", "must be an https URL, or http on this machine")?;
        let base = match (region, endpoint) {
            (None, None) => "https://api.vercel.com".to_owned(),
            (Some(region), None) => format!("https://api-{region}.vercel.com"),
            (None, Some(endpoint)) => endpoint.trim_end_matches('/').to_owned(),
            (Some(_), Some(_)) => return Err(Error::option("endpoint", "cannot be given together with `region`")),
        };
        Ok(Self { name, base })
    }

    /// A request for this connector, on behalf of whom `identity` names.
    fn request(&self, action: Action, params: &Params, identity: &Secret<String>) -> HttpRequest {
        let (method, before, after) = match action {
            Action::Token => (Method::Post, "token", ""),
            Action::Revoke => (Method::Delete, "connectors", "/tokens"),
            Action::Authorize => (Method::Post, "authorize", ""),
            Action::Install => (Method::Post, "install", ""),
            Action::Describe => (Method::Get, "connectors", ""),
            Action::Provision => return self.provision(params, identity),
        };
        let mut url = format!("{}/v1/connect/{before}/", self.base);
        push_component(&self.name, &mut url);
        url.push_str(after);
        let body = (method != Method::Get).then(|| params.sent());
        self.authorized(request_json(method, url, body), identity)
    }

    /// The request that creates the connector of an MCP server.
    fn provision(&self, params: &Params, identity: &Secret<String>) -> HttpRequest {
        let url = format!("{}/v1/connect/connectors/managed/oauth", self.base);
        self.authorized(request_json(Method::Post, url, Some(params.sent())), identity)
    }

    fn authorized(&self, mut request: HttpRequest, identity: &Secret<String>) -> HttpRequest {
        authorize(&mut request, identity);
        request.timeout = TIMEOUT;
        request
    }
}

/// A provider token that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Token {
    connector: Connector,
    params: Params,
}

impl Token {
    /// Prepares it. `params` is a JSON object.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option, or a member of `params`, that is missing, unknown or of the wrong form.
    pub fn new(options: ConnectorOptions, params: &str) -> Result<Self> {
        Ok(Self { connector: Connector::new(options)?, params: Params::read(Action::Token, params)? })
    }

    pub(super) fn begin(&self, identity: &Secret<String>, jitter: Jitter) -> Step<Credential> {
        let request = self.connector.request(Action::Token, &self.params, identity);
        let secrets = secrets(identity, &self.params);
        retry::send_billed(Provider::Connect, request, jitter, move |response, now| {
            read_token(response, &secrets, now).map(Step::Done)
        })
    }

    /// The names by which this token can be evicted, for every caller and region: first the request that was made
    /// for.
    pub fn groups(&self) -> Vec<Group> {
        let name = &self.connector.name;
        vec![Group::Request(name.clone(), self.params.body.clone()), Group::subject(name, &self.params)]
    }

    /// The same under the connector's other name, which is known once the token is there.
    pub(super) fn groups_of(&self, credential: &Credential) -> Vec<Group> {
        let Ok(document) = Document::parse(credential.json().expose().as_bytes()) else { return Vec::new() };
        let connector = document.root().get("response").and_then(|response| response.get("connector"));
        let name = |member| connector.and_then(|connector| connector.get(member)).and_then(Value::as_str);
        ["id", "uid"].into_iter().filter_map(name).map(|name| Group::subject(&name, &self.params)).collect()
    }
}

/// Tokens that are forgotten together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Group {
    /// Those for which the same was asked.
    Request(String, Secret<String>),
    /// Those of one subject.
    Subject(String, Secret<String>),
}

impl Group {
    fn subject(connector: &str, params: &Params) -> Self {
        Self::Subject(connector.to_owned(), params.subject.clone())
    }
}

/// Something else than a token that the service is asked for.
#[derive(Debug, Clone)]
pub struct Call {
    action: Action,
    connector: Connector,
    params: Params,
}

impl Call {
    /// Prepares it. `params` is a JSON object.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option, or a member of `params`, that is missing, unknown or of the wrong form.
    pub fn new(action: Action, options: ConnectorOptions, params: &str) -> Result<Self> {
        Ok(Self { action, connector: Connector::new(options)?, params: Params::read(action, params)? })
    }

    /// Asks the service. The result is its answer, a JSON object.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an identity that no request can carry. On the way: [`Error::ExchangeRejected`],
    /// [`Error::ExchangeFailed`], [`Error::InvalidResponse`].
    pub fn begin(&self, identity: &Secret<String>, jitter: Jitter) -> Result<Step<Credential>> {
        check_subject(identity)?;
        let action = self.action;
        let request = self.connector.request(action, &self.params, identity);
        let secrets = secrets(identity, &self.params);
        let read = move |response: &HttpResponse, _| read_other(action, response, &secrets).map(Step::Done);
        Ok(match action {
            // Twice does what once does.
            Action::Revoke | Action::Describe | Action::Provision => {
                retry::send(Provider::Connect, request, jitter, read)
            }
            _ => retry::send_billed(Provider::Connect, request, jitter, read),
        })
    }

    /// The tokens that a revocation ends.
    pub fn ends(&self) -> Option<Group> {
        (self.action == Action::Revoke).then(|| Group::subject(&self.connector.name, &self.params))
    }
}

/// The secrets that a refusal must not quote.
fn secrets(identity: &Secret<String>, params: &Params) -> Redactor {
    let mut secrets = Redactor::of("authorization", identity);
    secrets.add("token", &params.token);
    secrets
}

/// `{token, expiresAt, connector, …}`, handed out as it is; `expiresAt` counts milliseconds.
fn read_token(response: &HttpResponse, secrets: &Redactor, now: Timestamp) -> Result<Credential> {
    let document = response::json(Provider::Connect, response, secrets)?;
    let root = document.root();
    response::secret(Provider::Connect, root, "token")?;
    let until = root.get("expiresAt").and_then(milliseconds);
    let problem = "lacks `expiresAt`, or it is not a number of milliseconds";
    let until = until.ok_or_else(|| response::invalid(Provider::Connect, problem))?;
    let mut members = Object::default();
    members.raw("response", root.raw());
    response::with_expiry(Provider::Connect, members, Some(until), now)
}

fn milliseconds(value: Value<'_>) -> Option<Timestamp> {
    let number = (value.kind() == Kind::Number).then(|| value.raw())?;
    let whole = number.split('.').next()?;
    Timestamp::from_micros(whole.parse::<i64>().ok()?.checked_mul(1000)?)
}

/// Returns whether the service says that the connector exists and is not an OAuth connector.
fn says_not_oauth(response: &HttpResponse) -> bool {
    String::from_utf8_lossy(&response.body).to_ascii_lowercase().contains("not an oauth connector")
}

/// The response to anything but the request for a token, handed out as it is.
fn read_other(action: Action, response: &HttpResponse, secrets: &Redactor) -> Result<Credential> {
    let required: &[&str] = match action {
        // What it says of a revocation may be nothing at all.
        Action::Revoke | Action::Provision if response::is_success(response) => return Ok(Credential::response("{}")),
        // A connector of another kind has the name: it is used as it is.
        Action::Provision if response.status == 409 && says_not_oauth(response) => {
            return Ok(Credential::response("{}"));
        }
        Action::Describe => &["id", "uid"],
        _ => &["request", "verifier", "url"],
    };
    let document = response::json(Provider::Connect, response, secrets)?;
    let root = document.root();
    if let Some(name) = required.iter().find(|name| root.get(name).and_then(Value::as_str).is_none()) {
        return Err(response::invalid(Provider::Connect, format!("lacks `{name}`")));
    }
    Ok(Credential::response(root.raw()))
}
