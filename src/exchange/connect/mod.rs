//! Vercel Connect: the deployment's identity for a token of Slack, GitHub or whatever else a connector stands for.
//!
//! Requests and answers as `@vercel/connect` 2.3.2 sends and reads them. Each token that the service gives is billed, so it
//! is asked again only where it said that it gave none, and never because a response was lost.

mod params;

use std::time::Duration;

use crate::encoding::form::push_percent;
use crate::encoding::json::{Document, Kind, Object, Value};
use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::request::{OptionKind, OptionValue, Parameter, Placement, Values, anything, concat};
use crate::exchange::retry::{self, Jitter};
use crate::exchange::{Credential, check_subject, response};
use crate::flow::{HttpRequest, HttpResponse, Method, Step};
use crate::secret::Secret;
use crate::time::Timestamp;

use params::Params;

/// How long one attempt may take: the service may have to ask the provider first.
const TIMEOUT: Duration = Duration::from_secs(15);

const fn parameter(
    option: &'static str,
    kind: OptionKind,
    validate: fn(&str) -> bool,
    message: &'static str,
) -> Parameter {
    Parameter { option, kind, placement: Placement::Custom, validate, message }
}

/// What is said beside the members of `params`, a JSON object.
const OPTIONS: &[Parameter] = &[
    // A path would lose a segment of dots, however it is encoded.
    parameter("connector", OptionKind::Required, |name| !matches!(name, "." | ".."), "must be a connector's id or uid"),
    parameter("region", OptionKind::One, is_region, "must be a region of Vercel, such as `iad1`"),
    parameter("endpoint", OptionKind::One, is_endpoint, "must be an https URL, or http on this machine"),
    parameter("params", OptionKind::Required, anything, "must be an object"),
];

/// Three letters of a city and a digit; whatever else it is, it must not end up in a host name.
fn is_region(region: &str) -> bool {
    let shape = |(index, byte): (usize, u8)| if index < 3 { byte.is_ascii_lowercase() } else { byte.is_ascii_digit() };
    region.len() == 4 && region.bytes().enumerate().all(shape)
}

/// A server that speaks the same, for development.
fn is_endpoint(endpoint: &str) -> bool {
    url::is_fetchable(endpoint, false)
}

/// A connector, and the address at which the service is asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Connector {
    name: String,
    base: String,
}

impl Connector {
    fn new(values: &Values) -> Result<Self> {
        let base = match (values.get("region"), values.get("endpoint")) {
            (None, None) => "https://api.vercel.com".to_owned(),
            (Some(region), None) => concat(&["https://api-", region, ".vercel.com"]),
            (None, Some(endpoint)) => endpoint.trim_end_matches('/').to_owned(),
            (Some(_), Some(_)) => return Err(Error::option("endpoint", "cannot be given together with `region`")),
        };
        Ok(Self { name: values.get("connector").unwrap_or_default().to_owned(), base })
    }

    /// A request for this connector, on behalf of whom `identity` names.
    fn request(&self, action: Action, params: &Params, identity: &Secret<String>) -> HttpRequest {
        let (method, before, after) = match action {
            Action::Token => (Method::Post, "token", ""),
            Action::Revoke => (Method::Delete, "connectors", "/tokens"),
            Action::Authorize => (Method::Post, "authorize", ""),
            Action::Install => (Method::Post, "install", ""),
            Action::Describe => (Method::Get, "connectors", ""),
        };
        let mut url = concat(&[&self.base, "/v1/connect/", before, "/"]);
        for byte in self.name.bytes() {
            // What JavaScript's encodeURIComponent leaves.
            if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
                url.push(char::from(byte));
            } else {
                push_percent(byte, &mut url);
            }
        }
        url.push_str(after);
        let body = (method != Method::Get).then(|| params.body.expose().clone());
        let mut request = response::request_json(method, url, body);
        request.headers.push(("authorization", Secret::new(concat(&["Bearer ", identity.expose()]))));
        request.timeout = TIMEOUT;
        request
    }
}

/// What the service is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Give a token.
    Token,
    /// End a subject's tokens.
    Revoke,
    /// Ask a user to agree.
    Authorize,
    /// Ask an operator to install the connector.
    Install,
    /// Say what the connector is.
    Describe,
}

/// A provider token that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Token {
    connector: Connector,
    params: Params,
}

impl Token {
    pub(super) fn new(options: Vec<(String, OptionValue)>) -> Result<Self> {
        let (connector, params) = read_options(Action::Token, options)?;
        Ok(Self { connector, params })
    }

    pub(super) fn begin(&self, identity: &Secret<String>, jitter: Jitter) -> Step<Credential> {
        let request = self.connector.request(Action::Token, &self.params, identity);
        let presented = presented(identity, &self.params);
        retry::send_billed(Provider::Connect, request, jitter, move |response, now| {
            read_token(response, &presented, now).map(Step::Done)
        })
    }

    /// What this token can be forgotten by, whoever obtained it from whichever region: first the very thing that was asked
    /// for.
    pub(super) fn groups(&self) -> Vec<Group> {
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
    /// Prepares it: `connector`, perhaps `region` or `endpoint`, and `params`, a JSON object.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option, or a member of `params`, that is missing, unknown or of the wrong form.
    pub fn new(action: Action, options: Vec<(String, OptionValue)>) -> Result<Self> {
        let (connector, params) = read_options(action, options)?;
        Ok(Self { action, connector, params })
    }

    /// Asks the service. The result is its answer, a JSON object.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an identity that no request can carry. On the way: [`Error::ExchangeRejected`],
    /// [`Error::ExchangeFailed`], [`Error::InvalidAnswer`].
    pub fn begin(&self, identity: &Secret<String>, jitter: Jitter) -> Result<Step<Credential>> {
        check_subject(identity)?;
        let action = self.action;
        let request = self.connector.request(action, &self.params, identity);
        let presented = presented(identity, &self.params);
        let read = move |response: &HttpResponse, _| read_other(action, response, &presented).map(Step::Done);
        Ok(match action {
            // Twice does what once does.
            Action::Revoke | Action::Describe => retry::send(Provider::Connect, request, jitter, read),
            _ => retry::send_billed(Provider::Connect, request, jitter, read),
        })
    }

    /// The tokens that a revocation ends.
    pub fn ends(&self) -> Option<Group> {
        (self.action == Action::Revoke).then(|| Group::subject(&self.connector.name, &self.params))
    }
}

fn read_options(action: Action, options: Vec<(String, OptionValue)>) -> Result<(Connector, Params)> {
    let values = Values::read(OPTIONS, options)?;
    Ok((Connector::new(&values)?, Params::read(action, values.get("params").unwrap_or_default())?))
}

/// What a refusal must not quote.
fn presented(identity: &Secret<String>, params: &Params) -> String {
    concat(&[identity.expose(), " ", params.token.expose()])
}

/// `{token, expiresAt, connector, …}`, handed out as it is; `expiresAt` counts milliseconds.
fn read_token(response: &HttpResponse, presented: &str, now: Timestamp) -> Result<Credential> {
    let document = response::json(Provider::Connect, response, presented)?;
    let root = document.root();
    response::secret(Provider::Connect, root.get("token"))?;
    let until = root.get("expiresAt").and_then(milliseconds);
    let until = until.ok_or_else(|| response::invalid(Provider::Connect, "has no usable `expiresAt`"))?;
    let mut members = Object::default();
    members.raw("response", root.raw());
    response::with_expiry(Provider::Connect, members, Some(until), now)
}

fn milliseconds(value: Value<'_>) -> Option<Timestamp> {
    let number = (value.kind() == Kind::Number).then(|| value.raw())?;
    let whole = number.split('.').next()?;
    Timestamp::from_micros(whole.parse::<i64>().ok()?.checked_mul(1000)?)
}

/// The response to anything but the request for a token, handed out as it is.
fn read_other(action: Action, response: &HttpResponse, presented: &str) -> Result<Credential> {
    let answer = |json: &str| Ok(Credential { json: Secret::new(json.to_owned()), expires_at: None });
    let required: &[&str] = match action {
        // What it says of a revocation may be nothing at all.
        Action::Revoke if response::is_success(response) => return answer("{}"),
        Action::Describe => &["id", "uid"],
        _ => &["request", "verifier", "url"],
    };
    let document = response::json(Provider::Connect, response, presented)?;
    let root = document.root();
    if required.iter().any(|name| root.get(name).and_then(Value::as_str).is_none()) {
        return Err(response::invalid(Provider::Connect, "lacks a member that every answer of its kind has"));
    }
    answer(root.raw())
}
