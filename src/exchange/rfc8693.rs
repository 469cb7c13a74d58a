//! Any service that exchanges tokens by RFC 8693.

use crate::encoding::form::Form;
use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::retry::Entropy;
use crate::exchange::{Credential, oauth};
use crate::flow::Step;
use crate::secret::Secret;
use crate::time::Timestamp;

/// What a service is asked for (RFC 8693 section 2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TokenExchange {
    /// The service's token endpoint.
    pub url: String,
    /// What kind of token is presented. Default: a JWT.
    pub subject_token_type: Option<String>,
    /// Where the new token will be used.
    pub resource: Vec<String>,
    /// For whom it is.
    pub audience: Vec<String>,
    /// What it may do.
    pub scope: Vec<String>,
    /// What kind of token is wanted.
    pub requested_token_type: Option<String>,
    /// The token of whoever acts for the subject, and its kind.
    pub actor: Option<(Secret<String>, String)>,
    /// The client, where the service wants one to be named (RFC 6749 section 2.3.1).
    pub client_id: Option<String>,
    /// The client's secret.
    pub client_secret: Option<Secret<String>>,
}

impl TokenExchange {
    /// Checks what no service can be asked.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], naming the option.
    pub fn checked(self) -> Result<Self> {
        if !url::is_fetchable(&self.url, true) {
            return Err(Error::option("url", "must be an https URL without fragment; http only on this machine"));
        }
        // Section 2.1: an absolute URI without a fragment.
        if !self.resource.iter().all(|resource| resource.contains(':') && !resource.contains('#')) {
            return Err(Error::option("resource", "must be an absolute URI without fragment, or several"));
        }
        if self.client_secret.is_some() && self.client_id.is_none() {
            return Err(Error::option("clientSecret", "needs a `clientId`"));
        }
        oauth::scope("scope", &self.scope).map(|_| self)
    }

    pub(super) fn begin(
        &self,
        subject: Secret<String>,
        entropy: Entropy,
        asked: Timestamp,
    ) -> Result<Step<Credential>> {
        let mut form = Form::default();
        form.add("grant_type", oauth::TOKEN_EXCHANGE);
        self.resource.iter().for_each(|resource| form.add("resource", resource));
        self.audience.iter().for_each(|audience| form.add("audience", audience));
        let scope = oauth::scope("scope", &self.scope)?;
        form.add_some("scope", Some(&*scope).filter(|scope| !scope.is_empty()));
        form.add_some("requested_token_type", self.requested_token_type.as_deref());
        form.add("subject_token", subject.expose());
        form.add("subject_token_type", self.subject_token_type.as_deref().unwrap_or(oauth::JWT));
        if let Some((token, kind)) = &self.actor {
            form.add("actor_token", token.expose());
            form.add("actor_token_type", kind);
        }
        form.add_some("client_id", self.client_id.as_deref());
        form.add_some("client_secret", self.client_secret.as_ref().map(|secret| secret.expose().as_str()));
        Ok(oauth::ask(Provider::TokenExchange, &self.url, form, subject, entropy, asked))
    }
}
