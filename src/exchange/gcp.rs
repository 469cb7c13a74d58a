//! Google Cloud: a federated access token (workload identity federation), and with it one of a service account.
//!
//! The requests and the retried statuses are those of `google-auth-library` 10.

use std::time::Duration;

use crate::encoding::date;
use crate::encoding::form::Form;
use crate::encoding::json::{Object, Value, quote_into};
use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::retry::{self, Entropy};
use crate::exchange::{Credential, answer, oauth};
use crate::flow::{HttpRequest, HttpResponse, Step};
use crate::secret::Secret;
use crate::time::Timestamp;

/// Where tokens are exchanged.
const TOKEN_URL: &str = "https://sts.googleapis.com/v1/token";

/// What a token may do where nobody says otherwise.
const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long the token of a service account lives where nobody says otherwise.
const DEFAULT_LIFETIME: u32 = 3600;

/// What Google Cloud is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Federation {
    /// The full name of the workload identity provider.
    pub audience: String,
    /// The e-mail address of a service account to act as.
    pub service_account: Option<String>,
    /// What the token may do. Default: everything on Google Cloud that its owner may do.
    pub scopes: Vec<String>,
    /// How many seconds the token of the service account lives. Default: an hour.
    pub lifetime_seconds: Option<u32>,
    /// Another token endpoint.
    pub token_url: Option<String>,
}

impl Federation {
    /// Checks what Google Cloud would refuse, before anything is sent.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], naming the option.
    pub fn checked(self) -> Result<Self> {
        let name = self.audience.strip_prefix("//iam.googleapis.com/").unwrap_or_default();
        if !name.contains("/providers/") || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            let problem = "must be the full name of a workload identity provider: //iam.googleapis.com/projects/<number>/\
                           locations/global/workloadIdentityPools/<pool>/providers/<provider>";
            return Err(Error::option("audience", problem));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
        let is_account = |account: &str| {
            account.bytes().all(plain) && account.split('@').filter(|part| !part.is_empty()).count() == 2
        };
        if self.service_account.as_deref().is_some_and(|account| !is_account(account)) {
            return Err(Error::option("serviceAccount", "must be the e-mail address of a service account"));
        }
        if self.lifetime_seconds.is_some_and(|seconds| !(600..=43_200).contains(&seconds)) {
            return Err(Error::option("lifetimeSeconds", "must be from 600 to 43200"));
        }
        if self.lifetime_seconds.is_some() && self.service_account.is_none() {
            return Err(Error::option(
                "lifetimeSeconds",
                "needs a `serviceAccount`: Google chooses that of the others",
            ));
        }
        if self.token_url.as_deref().is_some_and(|url| !url::is_fetchable(url, false)) {
            return Err(Error::option("tokenUrl", "must be an https URL; http only on this machine"));
        }
        oauth::scope("scopes", &self.scopes).map(|_| self)
    }

    pub(super) fn begin(
        &self,
        subject: Secret<String>,
        entropy: Entropy,
        asked: Timestamp,
    ) -> Result<Step<Credential>> {
        let scope = match (&self.service_account, self.scopes.as_slice()) {
            // The federated token is only good for the second step then.
            (Some(_), _) | (None, []) => CLOUD_PLATFORM.to_owned(),
            (None, scopes) => oauth::scope("scopes", scopes)?,
        };
        let mut form = Form::default();
        form.add("grant_type", oauth::TOKEN_EXCHANGE);
        form.add("audience", &self.audience);
        form.add("scope", &scope);
        form.add("requested_token_type", oauth::ACCESS_TOKEN);
        form.add("subject_token", subject.expose());
        form.add("subject_token_type", oauth::JWT);
        let url = self.token_url.as_deref().unwrap_or(TOKEN_URL);
        let federated = oauth::ask(Provider::Gcp, url, form, subject, entropy, asked);
        let Some(account) = self.service_account.clone() else { return Ok(federated) };
        let this = self.clone();
        federated.then(asked, move |federated, now| this.impersonate(&account, &federated, entropy, now))
    }

    /// The second step: the token of a service account.
    fn impersonate(
        &self,
        account: &str,
        federated: &Credential,
        entropy: Entropy,
        asked: Timestamp,
    ) -> Result<Step<Credential>> {
        let bearer = federated.get("value").ok_or(Error::Internal("a federated token without a value"))?;
        let lifetime = self.lifetime_seconds.unwrap_or(DEFAULT_LIFETIME);
        let longest = Duration::from_secs(lifetime.into());
        let request = self.impersonation(account, &bearer, lifetime);
        Ok(retry::send(Provider::Gcp, request, entropy, move |response, now| {
            read(response, bearer.expose(), asked.min(now).saturating_add(longest), now)
        }))
    }

    fn impersonation(&self, account: &str, bearer: &Secret<String>, lifetime: u32) -> HttpRequest {
        let mut scopes = String::from("[");
        let default = [CLOUD_PLATFORM.to_owned()];
        let wanted = if self.scopes.is_empty() { &default } else { self.scopes.as_slice() };
        for (index, scope) in wanted.iter().enumerate() {
            scopes.push_str(if index > 0 { "," } else { "" });
            quote_into(scope, &mut scopes);
        }
        scopes.push(']');
        let mut body = Object::default();
        body.raw("scope", &scopes);
        body.text("lifetime", &[&lifetime.to_string(), "s"].concat());
        let path = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/";
        let mut request = answer::post_json([path, account, ":generateAccessToken"].concat(), body);
        request.headers.push(("authorization", Secret::new(["Bearer ", bearer.expose()].concat())));
        request
    }
}

/// `{accessToken, expireTime}`, or the refusal. `longest`: until when the token can live at most, by the clock here.
fn read(response: &HttpResponse, presented: &str, longest: Timestamp, now: Timestamp) -> Result<Credential> {
    let document = answer::json(Provider::Gcp, response, presented)?;
    let root = document.root();
    let token = answer::secret(Provider::Gcp, root.get("accessToken"))?;
    let expiry = root.get("expireTime").and_then(Value::as_str).and_then(|time| date::rfc3339(&time));
    let expiry = expiry.ok_or(answer::invalid(Provider::Gcp, "has no usable `expireTime`"))?;
    let mut members = Object::default();
    members.text("value", &token);
    members.text("tokenType", "Bearer");
    Ok(Credential::new(members, Some(answer::alive(Provider::Gcp, expiry.min(longest), now)?)))
}
