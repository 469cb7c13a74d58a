//! Microsoft Entra ID: an access token for an application, with the deployment's token as its client assertion.
//!
//! The request and the retried statuses are those of `@azure/identity` 4.

use crate::encoding::form::Form;
use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::retry::Entropy;
use crate::exchange::{Credential, oauth};
use crate::flow::Step;
use crate::secret::Secret;
use crate::time::Timestamp;

/// Where tokens are asked for, outside of the national clouds.
const AUTHORITY: &str = "https://login.microsoftonline.com";

/// What Entra ID is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ClientAssertion {
    /// The tenant's id, or a domain of it.
    pub tenant_id: String,
    /// The application's id.
    pub client_id: String,
    /// The resource, ending in `/.default`.
    pub scope: Vec<String>,
    /// The host of a national cloud.
    pub authority: Option<String>,
}

impl ClientAssertion {
    /// Checks what Entra ID would refuse, before anything is sent.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], naming the option.
    pub fn checked(self) -> Result<Self> {
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
        if self.tenant_id.is_empty() || !plain(&self.tenant_id) || self.tenant_id.starts_with('.') {
            return Err(Error::option("tenantId", "must be the id of a tenant, or a domain of it"));
        }
        if self.client_id.is_empty() || !plain(&self.client_id) {
            return Err(Error::option("clientId", "must be the id of an application"));
        }
        if self.scope.is_empty() || !self.scope.iter().all(|scope| scope.ends_with("/.default")) {
            let problem = "must be a resource with `/.default` at its end, as in `https://vault.azure.net/.default`";
            return Err(Error::option("scope", problem));
        }
        if self.authority.as_deref().is_some_and(|authority| !url::is_fetchable(authority, false)) {
            return Err(Error::option("authority", "must be an https URL; http only on this machine"));
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
        form.add("client_id", &self.client_id);
        form.add("scope", &oauth::scope("scope", &self.scope)?);
        form.add("grant_type", "client_credentials");
        form.add("client_assertion", subject.expose());
        form.add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        let authority = self.authority.as_deref().unwrap_or(AUTHORITY).trim_end_matches('/');
        let url = [authority, "/", &self.tenant_id, "/oauth2/v2.0/token"].concat();
        Ok(oauth::ask(Provider::Azure, &url, form, subject, entropy, asked))
    }
}
