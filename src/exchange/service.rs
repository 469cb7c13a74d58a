//! The vocabulary of services: what is sent to a token endpoint, and what is needed to read its response.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::encoding::form::Form;
use crate::encoding::json::Object;
use crate::error::{Error, Provider, Result};
use crate::exchange::credential::Credential;
use crate::exchange::http::{post_form, post_json};
use crate::exchange::retry::{self, Jitter};
use crate::flow::{HttpRequest, HttpResponse, Step};
use crate::secret::{Redactor, Secret};
use crate::time::Timestamp;

/// A service: all that tells its exchanges from those of another.
#[derive(Debug)]
pub struct Service {
    /// Its name in errors.
    pub provider: Provider,
    /// The field in which the token is presented.
    pub subject: &'static str,
    /// The form of the body.
    pub body: Body,
    /// Reads the response.
    pub read: fn(&TokenResponse<'_>) -> Result<Credential>,
    /// Sends the second request of an exchange that has one.
    pub follow_up: SendFollowUp,
}

/// Sends a second request with the credential of the first one: its lifetime, jitter, the time, and the secrets that were sent.
pub type SendFollowUp = fn(&FollowUp, &Credential, Duration, Jitter, Timestamp, &Redactor) -> Result<Step<Credential>>;

/// The form of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// `application/x-www-form-urlencoded`
    Form,
    /// A JSON object.
    Json,
}

/// For services whose exchanges are one request.
pub fn no_follow_up(
    _: &FollowUp,
    _: &Credential,
    _: Duration,
    _: Jitter,
    _: Timestamp,
    _: &Redactor,
) -> Result<Step<Credential>> {
    Err(Error::Internal("this service has no second request"))
}

/// A second request, which the response to the first one allows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FollowUp {
    /// Its URL.
    pub url: String,
    /// Its body.
    pub body: String,
}

/// A request to a token endpoint, without the token. Two are equal where they ask the same service for the same.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    service: &'static Service,
    url: String,
    fields: Vec<(String, Secret<String>)>,
    /// The fields whose values a service must not be quoted with, beside the token.
    secret_fields: Vec<&'static str>,
    /// How many seconds the credential lives at most, where that was chosen.
    pub lifetime: u32,
    /// The second request.
    pub follow_up: Option<FollowUp>,
}

impl TokenRequest {
    /// A request to this address of a service.
    pub fn new(service: &'static Service, url: String) -> Self {
        Self { service, url, fields: Vec::new(), secret_fields: Vec::new(), lifetime: 0, follow_up: None }
    }

    /// Adds a field.
    pub fn field(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.fields.push((name.into(), Secret::new(value.into())));
    }

    /// Adds a field whose value may be missing.
    pub fn optional_field(&mut self, name: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.field(name, value);
        }
    }

    /// Adds a field whose value is a secret and may be missing.
    pub fn optional_secret_field(&mut self, name: &'static str, value: Option<String>) {
        if let Some(value) = value {
            self.field(name, value);
            self.secret_fields.push(name);
        }
    }

    /// The secrets of this request with this token.
    fn secrets(&self, token: &Secret<String>) -> Redactor {
        let mut secrets = Redactor::of(self.service.subject, token);
        for (name, value) in self.fields.iter().filter(|(name, _)| self.secret_fields.contains(&name.as_str())) {
            secrets.add(name, value);
        }
        // Some services take a key in the query of their URL.
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in query.split('&').filter_map(|field| field.split_once('=')) {
            secrets.add_value(name, value);
        }
        secrets
    }

    /// The parts by which two requests are told apart.
    #[allow(clippy::type_complexity)]
    fn parts(&self) -> (Provider, &str, &[(String, Secret<String>)], u32, Option<&FollowUp>) {
        (self.service.provider, &self.url, &self.fields, self.lifetime, self.follow_up.as_ref())
    }

    /// Presents a token.
    pub fn begin(&self, token: Secret<String>, jitter: Jitter, asked: Timestamp) -> Step<Credential> {
        let (service, follow_up) = (self.service, self.follow_up.clone());
        let (request, lifetime) = (self.to_http(&token), Duration::from_secs(self.lifetime.into()));
        let secrets = self.secrets(&token);
        retry::send(service.provider, request, jitter, move |response, now| {
            // The earlier of the two: a clock that was set forward meanwhile must not lengthen a life.
            let asked = asked.min(now);
            let longest = asked.saturating_add(lifetime);
            let response =
                TokenResponse { provider: service.provider, http: response, secrets: &secrets, asked, longest, now };
            let credential = (service.read)(&response)?;
            match &follow_up {
                None => Ok(Step::Done(credential)),
                Some(follow_up) => (service.follow_up)(follow_up, &credential, lifetime, jitter, now, &secrets),
            }
        })
    }

    fn to_http(&self, token: &Secret<String>) -> HttpRequest {
        let fields = self.fields.iter().map(|(name, value)| (name.as_str(), value.expose().as_str()));
        let fields = fields.chain([(self.service.subject, token.expose().as_str())]);
        match self.service.body {
            Body::Json => {
                let mut object = Object::default();
                fields.for_each(|(name, value)| object.text(name, value));
                post_json(self.url.clone(), object.finish())
            }
            Body::Form => {
                let mut form = Form::default();
                fields.for_each(|(name, value)| form.add(name, value));
                post_form(self.url.clone(), form)
            }
        }
    }
}

impl PartialEq for TokenRequest {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for TokenRequest {}

impl Hash for TokenRequest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// A response of a token endpoint, with what is needed to read it.
pub struct TokenResponse<'a> {
    /// The service that sent it.
    pub provider: Provider,
    /// The HTTP response.
    pub http: &'a HttpResponse,
    /// The secrets that were sent.
    pub secrets: &'a Redactor,
    /// When it was asked for. From then on lifetimes are counted, whenever the response comes.
    pub asked: Timestamp,
    /// Until when the credential lives at most, by the clock here.
    pub longest: Timestamp,
    /// When it came.
    pub now: Timestamp,
}

/// Refuses an option whose value will not do.
///
/// # Errors
/// [`Error::InvalidOption`].
pub fn require(valid: bool, option: &'static str, problem: &'static str) -> Result<()> {
    if valid { Ok(()) } else { Err(Error::option(option, problem)) }
}

/// Visible ASCII characters and nothing else.
pub fn is_graphic(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A scope (RFC 6749 section 3.3).
pub fn is_scope(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}
