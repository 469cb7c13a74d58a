//! Vercel Connect: the deployment's identity for a token of Slack, GitHub or whatever else a connector stands for.
//!
//! Requests and answers as `@vercel/connect` 2.3.2 sends and reads them, from any region. Each token that the service gives
//! is billed, so it is asked again only where it said that it gave none, and never because an answer was lost.

mod params;

use std::time::Duration;

use crate::encoding::form::push_percent;
use crate::encoding::json::{Document, Kind, Object, Value};
use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::retry::{self, Entropy};
use crate::exchange::{Credential, answer, check_subject};
use crate::flow::{HttpRequest, HttpResponse, Method, Step};
use crate::secret::Secret;
use crate::time::Timestamp;

use params::Params;

/// How long one attempt may take: the service may have to ask the provider first.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A connector, and the address at which the service is asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Connector {
    name: String,
    base: String,
}

impl Connector {
    /// A connector by its id or uid. `region` is one of Vercel's, such as `iad1`; `endpoint` is another server that speaks
    /// the same, for development.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for anything that could send the identity to another place.
    pub fn new(name: String, region: Option<&str>, endpoint: Option<&str>) -> Result<Self> {
        // A path would lose a segment of dots, however it is encoded.
        if name.is_empty() || name == "." || name == ".." {
            return Err(Error::option("connector", "must be a connector's id or uid"));
        }
        let base = match (region, endpoint) {
            (None, None) => "https://api.vercel.com".to_owned(),
            (Some(region), None) if is_region(region) => format!("https://api-{region}.vercel.com"),
            (Some(_), None) => return Err(Error::option("region", "must be a region of Vercel, such as `iad1`")),
            (None, Some(endpoint)) if url::is_fetchable(endpoint, false) => endpoint.trim_end_matches('/').to_owned(),
            (None, Some(_)) => return Err(Error::option("endpoint", "must be an https URL, or http on this machine")),
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
        };
        let mut url = format!("{}/v1/connect/{before}/", self.base);
        for byte in self.name.bytes() {
            match byte {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => url.push(char::from(byte)),
                // What JavaScript's encodeURIComponent leaves.
                b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' => url.push(char::from(byte)),
                _ => push_percent(byte, &mut url),
            }
        }
        url.push_str(after);
        let body = (method != Method::Get).then(|| params.body.expose().clone());
        let mut request = answer::request_json(method, url, body);
        request.headers.push(("authorization", Secret::new(format!("Bearer {}", identity.expose()))));
        request.timeout = TIMEOUT;
        request
    }
}

/// Three letters of a city and a digit; whatever else it is, it must not end up in a host name.
fn is_region(region: &str) -> bool {
    matches!(region.as_bytes(), [city @ .., number] if city.len() == 3
        && city.iter().all(u8::is_ascii_lowercase) && number.is_ascii_digit())
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
    /// What `params`, a JSON object, ask for. Its members may be in any order, and those inside them.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for a member that is missing, unknown or of the wrong form.
    pub fn new(connector: Connector, params: &str) -> Result<Self> {
        Ok(Self { connector, params: Params::read(Action::Token, params)? })
    }

    pub(super) fn begin(&self, identity: Secret<String>, entropy: Entropy) -> Step<Credential> {
        let request = self.connector.request(Action::Token, &self.params, &identity);
        let presented = presented(&identity, &self.params);
        retry::send_billed(Provider::Connect, request, entropy, move |response, now| {
            read(response, &presented, now).map(Step::Done)
        })
    }

    /// What this token can be forgotten by, whoever obtained it from whichever region.
    pub fn groups(&self) -> Vec<Group> {
        vec![self.wish(), Group::subject(&self.connector.name, &self.params)]
    }

    /// The first of them: the very thing that was asked for.
    pub fn wish(&self) -> Group {
        Group::Wish(self.connector.name.clone(), self.params.body.clone())
    }

    /// The same under the connector's other name, which is known once the token is there.
    pub fn groups_of(&self, credential: &Credential) -> Vec<Group> {
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
    Wish(String, Secret<String>),
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
    /// Those of [`Token::new`].
    pub fn new(action: Action, connector: Connector, params: &str) -> Result<Self> {
        Ok(Self { action, connector, params: Params::read(action, params)? })
    }

    /// Asks the service. The result is its answer, a JSON object.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an identity that no request can carry. On the way: [`Error::ExchangeRejected`],
    /// [`Error::ExchangeFailed`], [`Error::InvalidAnswer`].
    pub fn begin(&self, identity: &Secret<String>, entropy: Entropy) -> Result<Step<Secret<String>>> {
        check_subject(identity)?;
        let action = self.action;
        let request = self.connector.request(action, &self.params, identity);
        let presented = presented(identity, &self.params);
        let read = move |response: &HttpResponse, _| read_other(action, response, &presented).map(Step::Done);
        Ok(match action {
            // Twice does what once does.
            Action::Revoke | Action::Describe => retry::send(Provider::Connect, request, entropy, read),
            _ => retry::send_billed(Provider::Connect, request, entropy, read),
        })
    }

    /// The tokens that a revocation ends.
    pub fn ends(&self) -> Option<Group> {
        (self.action == Action::Revoke).then(|| Group::subject(&self.connector.name, &self.params))
    }
}

/// What a refusal must not quote.
fn presented(identity: &Secret<String>, params: &Params) -> String {
    format!("{} {}", identity.expose(), params.token.expose())
}

/// The answer to anything but the request for a token, handed out as it is.
fn read_other(action: Action, response: &HttpResponse, presented: &str) -> Result<Secret<String>> {
    let required: &[&str] = match action {
        // What it says of a revocation may be nothing at all.
        Action::Revoke if answer::is_success(response) => return Ok(Secret::new("{}".to_owned())),
        Action::Describe => &["id", "uid"],
        _ => &["request", "verifier", "url"],
    };
    let document = answer::json(Provider::Connect, response, presented)?;
    let root = document.root();
    if required.iter().any(|name| root.get(name).and_then(Value::as_str).is_none()) {
        return Err(answer::invalid(Provider::Connect, "lacks a member that every answer of its kind has"));
    }
    Ok(Secret::new(root.raw().to_owned()))
}

/// `{token, expiresAt, connector, …}`, handed out as it is; `expiresAt` counts milliseconds.
fn read(response: &HttpResponse, presented: &str, now: Timestamp) -> Result<Credential> {
    let document = answer::json(Provider::Connect, response, presented)?;
    let root = document.root();
    answer::secret(Provider::Connect, root.get("token"))?;
    let until = root.get("expiresAt").and_then(milliseconds);
    let until = until.ok_or(answer::invalid(Provider::Connect, "has no usable `expiresAt`"))?;
    let mut members = Object::default();
    members.raw("response", root.raw());
    answer::living(Provider::Connect, members, Some(until), now)
}

fn milliseconds(value: Value<'_>) -> Option<Timestamp> {
    let number = (value.kind() == Kind::Number).then(|| value.raw())?;
    let whole = number.split('.').next()?;
    Timestamp::from_micros(whole.parse::<i64>().ok()?.checked_mul(1000)?)
}
