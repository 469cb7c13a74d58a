//! Any service that exchanges tokens by RFC 8693.

use serde::Deserialize;

use crate::encoding::url;
use crate::error::{Provider, Result};
use crate::exchange::response;
use crate::exchange::service::{Body, Service, TokenRequest, is_graphic, is_scope, no_follow_up, require};
use crate::options::{OneOrMore, non_empty, optional_string};

/// The grant.
pub(super) const GRANT: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");

/// The type of the token that is presented, where the caller names none.
pub(super) const SUBJECT_TYPE: (&str, &str) = ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt");

/// A service with a token endpoint (section 2.1).
const SERVICE: Service = Service {
    provider: Provider::TokenExchange,
    subject: "subject_token",
    body: Body::Form,
    read: response::access_token,
    follow_up: no_follow_up,
};

/// Options of `exchangeToken`, as RFC 8693 section 2.1 names them. Unknown members are refused.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct TokenExchangeOptions {
    /// The service's token endpoint.
    #[serde(deserialize_with = "non_empty")]
    pub url: String,
    /// The resource at which the new token will be used.
    #[serde(default)]
    #[cfg_attr(feature = "credentials", tsify(type = "string | string[]"))]
    pub resource: OneOrMore,
    /// The audience of the new token.
    #[serde(default)]
    #[cfg_attr(feature = "credentials", tsify(type = "string | string[]"))]
    pub audience: OneOrMore,
    /// The scopes of the new token.
    #[serde(default)]
    #[cfg_attr(feature = "credentials", tsify(type = "string | string[]"))]
    pub scope: OneOrMore,
    /// The type of the token that is wanted. Default: the service chooses.
    #[serde(default, deserialize_with = "optional_string")]
    pub requested_token_type: Option<String>,
    /// The type of the token that is presented. Default: `urn:ietf:params:oauth:token-type:jwt`.
    #[serde(default, deserialize_with = "optional_string")]
    pub subject_token_type: Option<String>,
    /// The token of the party that acts for the subject; needs `actorTokenType`.
    #[serde(default, deserialize_with = "optional_string")]
    pub actor_token: Option<String>,
    /// The type of `actorToken`.
    #[serde(default, deserialize_with = "optional_string")]
    pub actor_token_type: Option<String>,
    /// The client, where the service wants one to be named; sent as a field of the form.
    #[serde(default, deserialize_with = "optional_string")]
    pub client_id: Option<String>,
    /// The client's secret, where it has one; sent in the same way.
    #[serde(default, deserialize_with = "optional_string")]
    pub client_secret: Option<String>,
}

impl TokenExchangeOptions {
    /// Checks what no service would accept, before anything is sent.
    pub(super) fn into_request(self) -> Result<TokenRequest> {
        let fetchable = url::is_fetchable(&self.url, true);
        require(fetchable, "url", "must be an https URL without fragment; http only on this machine")?;
        let OneOrMore(resources) = self.resource;
        let is_uri = |uri: &String| uri.contains(':') && !uri.contains('#') && is_graphic(uri);
        require(resources.iter().all(is_uri), "resource", "must be an absolute URI without fragment, or several")?;
        let OneOrMore(scopes) = self.scope;
        let are_scopes = |scopes: &String| scopes.split(' ').all(is_scope);
        require(scopes.iter().all(are_scopes), "scope", "must hold scopes only")?;
        let together = self.actor_token.is_some() == self.actor_token_type.is_some();
        require(together, "actorToken", "and `actorTokenType` go together")?;
        require(self.client_secret.is_none() || self.client_id.is_some(), "clientSecret", "needs a `clientId`")?;

        let mut request = TokenRequest::new(&SERVICE, self.url);
        request.field(GRANT.0, GRANT.1);
        for resource in resources {
            request.field("resource", resource);
        }
        for audience in self.audience.0 {
            request.field("audience", audience);
        }
        request.optional_field("scope", (!scopes.is_empty()).then(|| scopes.join(" ")));
        request.optional_field("requested_token_type", self.requested_token_type);
        let subject_type = self.subject_token_type;
        request.field(SUBJECT_TYPE.0, subject_type.unwrap_or_else(|| SUBJECT_TYPE.1.to_owned()));
        request.optional_secret_field("actor_token", self.actor_token);
        request.optional_field("actor_token_type", self.actor_token_type);
        request.optional_field("client_id", self.client_id);
        request.optional_secret_field("client_secret", self.client_secret);
        Ok(request)
    }
}
