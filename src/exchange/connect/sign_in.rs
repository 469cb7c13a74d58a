//! Sign-in through Vercel Connect: its OAuth endpoints, where the client's secret is the identity of the deployment.
//!
//! Requests as `@vercel/connect` 2.3.2 sends them: `client_secret_basic` (RFC 6749 section 2.3.1) with the connector as client.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use crate::encoding::form::{Form, push_component};
use crate::encoding::json::{Document, Kind, Value};
use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::connect::action::TIMEOUT;
use crate::exchange::credential::Credential;
use crate::exchange::http::{authorize, post_form, request_json};
use crate::exchange::response;
use crate::exchange::retry::{self, Jitter};
use crate::exchange::service::require;
use crate::exchange::subject::check_subject;
use crate::flow::{Method, Step};
use crate::jose::compact::DEFAULT_MAX_BYTES;
use crate::jwt::{self, Scratch};
use crate::options::{non_empty, optional_string};
use crate::secret::{Redactor, Secret};

/// The longest form of a token request.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// The fields of a token request whose values are secrets.
const SECRET_FIELDS: [&str; 4] = ["code", "code_verifier", "device_id", "refresh_token"];

/// The connector that users sign in with. Unknown members are refused.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
pub struct SignInOptions {
    /// The connector's id or uid: the OAuth client.
    #[serde(deserialize_with = "non_empty")]
    pub connector: String,
    /// Another server in place of `https://connect.vercel.com`: an https URL, or http on this machine.
    #[serde(default, deserialize_with = "optional_string")]
    pub endpoint: Option<String>,
}

/// The OAuth client of a connector.
#[derive(Debug, Clone)]
pub struct SignIn {
    connector: String,
    base: String,
}

impl SignIn {
    /// Prepares the client.
    ///
    /// # Errors
    /// [`Error::InvalidOption`].
    pub fn new(options: SignInOptions) -> Result<Self> {
        let SignInOptions { connector, endpoint } = options;
        let base = endpoint.unwrap_or_else(|| "https://connect.vercel.com".to_owned());
        require(url::is_fetchable(&base, false), "endpoint", "must be an https URL, or http on this machine")?;
        Ok(Self { connector, base: base.trim_end_matches('/').to_owned() })
    }

    /// The address of an endpoint: `authorize`, `token` or `userinfo`.
    pub fn address(&self, endpoint: &str) -> String {
        format!("{}/oauth/{endpoint}", self.base)
    }

    /// Requests tokens (RFC 6749 sections 4.1.3 and 6). `fields` is a JSON object of strings; the result is the response.
    ///
    /// A code is used once, and a refresh token may be: the request is repeated only where the service said that it did nothing.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an identity that no request can carry, or fields that are not strings. On the way:
    /// [`Error::ExchangeRejected`], [`Error::ExchangeFailed`], [`Error::InvalidResponse`].
    pub fn request_tokens(&self, fields: &str, identity: &Secret<String>, jitter: Jitter) -> Result<Step<Credential>> {
        check_subject(identity)?;
        let mut secrets = Redactor::of("authorization", identity);
        let form = read_fields(fields, &mut secrets)?;
        let mut request = post_form(self.address("token"), form);
        let basic = basic_credentials(&self.connector, identity.expose());
        secrets.add("authorization", &Secret::new(basic.clone()));
        request.headers.push(("authorization", Secret::new(basic)));
        request.timeout = TIMEOUT;
        Ok(retry::send_billed(Provider::Connect, request, jitter, move |response, _| {
            let document = response::json(Provider::Connect, response, &secrets)?;
            response::secret(Provider::Connect, document.root(), "access_token")?;
            Ok(Step::Done(Credential::response(document.root().raw())))
        }))
    }

    /// Requests the profile of the user whom an access token stands for (OpenID Connect Core 1.0 section 5.3).
    ///
    /// # Errors
    /// Those of [`SignIn::request_tokens`].
    pub fn request_profile(&self, access_token: &Secret<String>, jitter: Jitter) -> Result<Step<Credential>> {
        check_subject(access_token)?;
        let mut request = request_json(Method::Get, self.address("userinfo"), None);
        authorize(&mut request, access_token);
        request.timeout = TIMEOUT;
        let secrets = Redactor::of("access_token", access_token);
        Ok(retry::send(Provider::Connect, request, jitter, move |response, _| {
            let document = response::json(Provider::Connect, response, &secrets)?;
            let subject = document.root().get("sub").and_then(Value::as_str).filter(|subject| !subject.is_empty());
            subject.ok_or_else(|| response::invalid(Provider::Connect, "has no `sub`"))?;
            Ok(Step::Done(Credential::response(document.root().raw())))
        }))
    }
}

/// The `owner_id` of a token of Vercel. It is read without verification: it narrows a consent page or a policy, and proves nothing.
pub fn owner_of(token: &str) -> Option<String> {
    let mut scratch = Scratch::default();
    let token = jwt::decode(token.as_bytes(), DEFAULT_MAX_BYTES, &mut scratch).ok()?;
    token.claims.get("owner_id")?.as_str().map(Cow::into_owned)
}

/// `Basic` credentials of a connector and an identity, both percent-encoded as JavaScript's `encodeURIComponent` does.
pub fn basic_credentials(connector: &str, identity: &str) -> String {
    let mut pair = String::new();
    push_component(connector, &mut pair);
    pair.push(':');
    push_component(identity, &mut pair);
    format!("Basic {}", BASE64_STANDARD.encode(pair))
}

fn read_fields(fields: &str, secrets: &mut Redactor) -> Result<Form> {
    let problem = || Error::option("fields", "must be an object of strings, at most 64 KiB long");
    if fields.len() > MAX_FORM_BYTES {
        return Err(problem());
    }
    let document = Document::parse(fields.as_bytes()).map_err(|_| problem())?;
    if document.root().kind() != Kind::Object {
        return Err(problem());
    }
    let mut form = Form::default();
    for (name, value) in document.root().members() {
        let value = value.as_str().ok_or_else(problem)?;
        form.add(&name, &value);
        if let Some(name) = SECRET_FIELDS.iter().find(|secret| **secret == name) {
            secrets.add(name, &Secret::new(value.into_owned()));
        }
    }
    Ok(form)
}
