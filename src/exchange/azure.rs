//! Microsoft Entra ID: an access token for an application, with the deployment's token as its client assertion.
//!
//! The request and the retried statuses are those of `@azure/identity` 4.

use serde::Deserialize;

use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::response;
use crate::exchange::service::{Body, Service, TokenRequest, is_scope, no_follow_up, require};
use crate::options::{OneOrMore, non_empty, optional_string};

/// Entra ID.
const SERVICE: Service = Service {
    provider: Provider::Azure,
    subject: "client_assertion",
    body: Body::Form,
    read: response::access_token,
    follow_up: no_follow_up,
};

/// Options of `azureAccessToken`. Unknown members are refused.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct AzureOptions {
    /// The tenant's id, or a domain of it.
    #[serde(deserialize_with = "non_empty")]
    pub tenant_id: String,
    /// The id of the application, which must have a federated credential for the identity.
    #[serde(deserialize_with = "non_empty")]
    pub client_id: String,
    /// The resource, with `/.default` at its end.
    #[cfg_attr(feature = "credentials", tsify(type = "string | string[]"))]
    pub scope: OneOrMore,
    /// The host of a national cloud. Default: `https://login.microsoftonline.com`.
    #[serde(default, deserialize_with = "optional_string")]
    pub authority: Option<String>,
}

impl AzureOptions {
    /// Checks what the service would refuse, before anything is sent.
    pub(super) fn into_request(self) -> Result<TokenRequest> {
        let Self { tenant_id, client_id, scope: OneOrMore(scope), authority } = self;
        let tenant = is_plain(&tenant_id) && !tenant_id.starts_with('.');
        require(tenant, "tenantId", "must be the id of a tenant, or a domain of it")?;
        require(is_plain(&client_id), "clientId", "must be the id of an application")?;
        if scope.is_empty() {
            return Err(Error::option("scope", "is required"));
        }
        let [scope] = scope.as_slice() else {
            return Err(Error::option("scope", "must be one resource: Entra ID gives a token for no more"));
        };
        let example = "must be a resource with `/.default` at its end, as in `https://vault.azure.net/.default`";
        require(scope.ends_with("/.default") && is_scope(scope), "scope", example)?;
        let authority = authority.as_deref().unwrap_or("https://login.microsoftonline.com");
        let problem = "must be an https URL; http only on this machine";
        require(url::is_fetchable(authority, false), "authority", problem)?;

        let authority = authority.trim_end_matches('/');
        let mut request = TokenRequest::new(&SERVICE, format!("{authority}/{tenant_id}/oauth2/v2.0/token"));
        request.field("grant_type", "client_credentials");
        request.field("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
        request.field("client_id", client_id);
        request.field("scope", scope);
        Ok(request)
    }
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}
