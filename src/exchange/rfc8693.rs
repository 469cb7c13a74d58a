//! Any service that exchanges tokens by RFC 8693.

use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::request::{
    OptionKind, Parameter, Placement, Service, TokenRequest, Values, anything, is_graphic, is_scope,
};
use crate::exchange::response;

/// The grant.
pub(super) const GRANT: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");

/// The type of the token that is presented, where nobody says otherwise.
pub(super) const SUBJECT_TYPE: (&str, &str) = ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt");

/// An option that is sent as it is.
const fn sent(option: &'static str, field: &'static str) -> Parameter {
    Parameter {
        option,
        kind: OptionKind::One,
        placement: Placement::Into(field),
        validate: anything,
        message: "must be a string that is not empty",
    }
}

/// A service with a token endpoint (section 2.1).
pub(super) const SERVICE: Service = Service {
    provider: Provider::TokenExchange,
    constants: &[GRANT],
    parameters: &[
        Parameter {
            option: "url",
            kind: OptionKind::Required,
            placement: Placement::Custom,
            validate: |url| url::is_fetchable(url, true),
            message: "must be an https URL without fragment; http only on this machine",
        },
        Parameter {
            option: "resource",
            kind: OptionKind::Several,
            placement: Placement::Into("resource"),
            validate: |resource| resource.contains(':') && !resource.contains('#') && is_graphic(resource),
            message: "must be an absolute URI without fragment, or several",
        },
        Parameter { kind: OptionKind::Several, ..sent("audience", "audience") },
        Parameter {
            option: "scope",
            kind: OptionKind::Several,
            placement: Placement::Joined("scope"),
            validate: |scopes| scopes.split(' ').all(is_scope),
            message: "must hold scopes only",
        },
        sent("requestedTokenType", "requested_token_type"),
        sent("subjectTokenType", SUBJECT_TYPE.0),
        sent("actorToken", "actor_token"),
        sent("actorTokenType", "actor_token_type"),
        sent("clientId", "client_id"),
        sent("clientSecret", "client_secret"),
    ],
    subject: "subject_token",
    finish,
    read: response::access_token,
};

fn finish(values: &Values, request: &mut TokenRequest) -> Result<()> {
    let has = |option| values.get(option).is_some();
    if has("actorToken") != has("actorTokenType") {
        return Err(Error::option("actorToken", "and `actorTokenType` go together"));
    }
    if has("clientSecret") && !has("clientId") {
        return Err(Error::option("clientSecret", "needs a `clientId`"));
    }
    if !has("subjectTokenType") {
        request.add(SUBJECT_TYPE.0, SUBJECT_TYPE.1);
    }
    request.url.push_str(values.get("url").unwrap_or_default());
    Ok(())
}
