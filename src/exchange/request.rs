//! Requests by table: which options a service has, what each may be, and where it goes.

use std::time::Duration;

use crate::encoding::form::Form;
use crate::encoding::json::Object;
use crate::error::{Error, Provider, Result};
use crate::exchange::retry::{self, Jitter};
use crate::exchange::{Credential, aws, azure, gcp, response, rfc8693, vercel};
use crate::flow::{HttpRequest, HttpResponse, Step};
use crate::secret::Secret;
use crate::time::Timestamp;

/// The value of an option, as a caller gives it.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue {
    /// A string.
    String(String),
    /// Several strings.
    Strings(Vec<String>),
    /// A number.
    Number(f64),
}

/// One option of a service.
pub struct Parameter {
    /// Its name.
    pub option: &'static str,
    /// The kind of value that it takes.
    pub kind: OptionKind,
    /// Its place in the request.
    pub placement: Placement,
    /// Decides whether a value is valid.
    pub validate: fn(&str) -> bool,
    /// The message for an invalid value.
    pub message: &'static str,
}

/// The kind of value that an option takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum OptionKind {
    /// A string that must be there.
    Required,
    /// A string.
    One,
    /// One string or several.
    Several,
    /// A whole number.
    Number,
}

/// The place of an option's value in the request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Into a field of this name; several values into as many fields.
    Into(&'static str),
    /// Into one field, with spaces between them.
    Joined(&'static str),
    /// Into fields that are numbered between these two parts of a name.
    Numbered(&'static str, &'static str),
    /// A place that only [`Service::finish`] knows.
    Custom,
}

/// A service: all that tells its requests from those of another.
pub struct Service {
    /// Its name in errors.
    pub provider: Provider,
    /// The fields that are always the same.
    pub constants: &'static [(&'static str, &'static str)],
    /// Its options.
    pub parameters: &'static [Parameter],
    /// The field in which the token is presented.
    pub subject: &'static str,
    /// Completes the request with what no table can say.
    pub finish: fn(&Values, &mut TokenRequest) -> Result<()>,
    /// Reads the response.
    pub read: fn(&TokenResponse<'_>) -> Result<Credential>,
}

/// The service of a name.
fn service(name: &str) -> Option<&'static Service> {
    Some(match name {
        "aws" => &aws::SERVICE,
        "azure" => &azure::SERVICE,
        "gcp" => &gcp::SERVICE,
        "token-exchange" => &rfc8693::SERVICE,
        "vercel" => &vercel::SERVICE,
        _ => return None,
    })
}

/// What a caller has said, checked value by value.
pub struct Values(Vec<(&'static Parameter, String)>);

impl Values {
    /// Reads what a caller has given.
    pub fn read(parameters: &'static [Parameter], mut given: Vec<(String, OptionValue)>) -> Result<Self> {
        let mut values = Vec::new();
        for parameter in parameters {
            let refuse = |problem| Err(Error::option(parameter.option, problem));
            let Some(index) = given.iter().position(|(name, _)| name == parameter.option) else {
                if parameter.kind == OptionKind::Required {
                    return refuse("is required");
                }
                continue;
            };
            let texts = match (given.swap_remove(index).1, parameter.kind) {
                (OptionValue::String(text), OptionKind::Required | OptionKind::One | OptionKind::Several) => vec![text],
                (OptionValue::Strings(texts), OptionKind::Several) => texts,
                (OptionValue::Number(number), OptionKind::Number)
                    if number.fract() == 0.0 && (0.0..=4e9).contains(&number) =>
                {
                    vec![(number as u32).to_string()]
                }
                _ => {
                    return refuse(match parameter.kind {
                        OptionKind::Required | OptionKind::One => "must be a string that is not empty",
                        OptionKind::Several => "must be a string or an array of strings, none of them empty",
                        OptionKind::Number => "must be a whole number, not negative",
                    });
                }
            };
            for text in texts {
                if text.is_empty() || !(parameter.validate)(&text) {
                    return refuse(parameter.message);
                }
                values.push((parameter, text));
            }
        }
        match given.into_iter().next() {
            Some((unknown, _)) => Err(Error::option(unknown, "is not known here")),
            None => Ok(Self(values)),
        }
    }

    /// The values of an option.
    pub fn all<'a>(&'a self, option: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(parameter, _)| parameter.option == option).map(|(_, value)| value.as_str())
    }

    /// The value of an option that has one.
    pub fn get(&self, option: &str) -> Option<&str> {
        self.0.iter().find(|(parameter, _)| parameter.option == option).map(|(_, value)| value.as_str())
    }
}

/// A request to a token endpoint, without the token. Two are equal where they ask the same service for the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenRequest {
    provider: Provider,
    /// Where it is asked.
    pub(super) url: String,
    /// What it is told.
    pub(super) fields: Vec<(String, Secret<String>)>,
    /// How many seconds what it gives lives at most, where that was chosen.
    pub(super) lifetime: u32,
    /// A second request, which the response to the first one allows: its URL and body.
    pub(super) second: Option<(String, String)>,
}

/// A response of a token endpoint, with what is needed to read it.
pub struct TokenResponse<'a> {
    /// The service that sent it.
    pub provider: Provider,
    /// The HTTP response.
    pub http: &'a HttpResponse,
    /// The token that was presented.
    pub presented: &'a str,
    /// When it was asked for. From then on lifetimes are counted, whenever the response comes.
    pub asked: Timestamp,
    /// Until when what it gives lives at most, by the clock here.
    pub longest: Timestamp,
    /// When it came.
    pub now: Timestamp,
}

impl TokenRequest {
    /// Checks what the service would refuse, before anything is sent.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option that is missing, unknown or of the wrong form.
    pub fn new(name: &str, given: Vec<(String, OptionValue)>) -> Result<Self> {
        let service = service(name).ok_or_else(|| Error::internal("unknown service"))?;
        let values = Values::read(service.parameters, given)?;
        let mut this =
            Self { provider: service.provider, url: String::new(), fields: Vec::new(), lifetime: 0, second: None };
        service.constants.iter().for_each(|(name, value)| this.add(name, value));
        let mut count = 0;
        for (parameter, value) in &values.0 {
            match parameter.placement {
                Placement::Into(field) => this.add(field, value),
                Placement::Joined(field) => match this.fields.last_mut().filter(|(last, _)| last == field) {
                    Some((_, joined)) => *joined = Secret::new(concat(&[joined.expose(), " ", value])),
                    None => this.add(field, value),
                },
                Placement::Numbered(before, after) => {
                    count += 1;
                    this.add(&concat(&[before, &u32::to_string(&count), after]), value);
                }
                Placement::Custom => {}
            }
        }
        (service.finish)(&values, &mut this)?;
        Ok(this)
    }

    /// Adds a field.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.fields.push((name.to_owned(), Secret::new(value.to_owned())));
    }

    /// Presents a token.
    pub(super) fn begin(&self, token: Secret<String>, jitter: Jitter, asked: Timestamp) -> Step<Credential> {
        let (service, this) = (self.service(), self.clone());
        let (request, lifetime) = (self.to_http(service, &token), Duration::from_secs(self.lifetime.into()));
        retry::send(self.provider, request, jitter, move |response, now| {
            // The earlier of the two: a clock that was set forward meanwhile must not lengthen a life.
            let asked = asked.min(now);
            let longest = asked.saturating_add(lifetime);
            let response = TokenResponse {
                provider: service.provider,
                http: response,
                presented: token.expose(),
                asked,
                longest,
                now,
            };
            let credential = (service.read)(&response)?;
            match &this.second {
                None => Ok(Step::Done(credential)),
                Some((url, body)) => gcp::second(url, body, &credential, lifetime, jitter, now),
            }
        })
    }

    fn service(&self) -> &'static Service {
        match self.provider {
            Provider::Aws => &aws::SERVICE,
            Provider::Azure => &azure::SERVICE,
            Provider::Gcp => &gcp::SERVICE,
            Provider::Vercel => &vercel::SERVICE,
            _ => &rfc8693::SERVICE,
        }
    }

    fn to_http(&self, service: &Service, token: &Secret<String>) -> HttpRequest {
        let fields = self.fields.iter().map(|(name, value)| (name.as_str(), value.expose().as_str()));
        let fields = fields.chain([(service.subject, token.expose().as_str())]);
        if self.provider == Provider::Vercel {
            let mut object = Object::default();
            fields.for_each(|(name, value)| object.text(name, value));
            response::post_json(self.url.clone(), object.finish())
        } else {
            let mut form = Form::default();
            fields.for_each(|(name, value)| form.add(name, value));
            response::post_form(self.url.clone(), form)
        }
    }
}

/// One text of several. The library's own is made for every type there is, and as large.
pub fn concat(parts: &[&str]) -> String {
    let mut out = String::new();
    parts.iter().for_each(|part| out.push_str(part));
    out
}

/// For an option of which only the service knows what it may be.
pub fn anything(_: &str) -> bool {
    true
}

/// Visible ASCII characters and nothing else.
pub fn is_graphic(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A scope (RFC 6749 section 3.3).
pub fn is_scope(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}
