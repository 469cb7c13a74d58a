//! Microsoft Entra ID: an access token for an application, with the deployment's token as its client assertion.
//!
//! The request and the retried statuses are those of `@azure/identity` 4.

use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::request::{OptionKind, Parameter, Placement, Service, TokenRequest, Values, concat, is_scope};
use crate::exchange::response;

/// Entra ID.
pub(super) const SERVICE: Service = Service {
    provider: Provider::Azure,
    constants: &[
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
    ],
    parameters: &[
        Parameter {
            option: "tenantId",
            kind: OptionKind::Required,
            placement: Placement::Custom,
            validate: |tenant| is_plain(tenant) && !tenant.starts_with('.'),
            message: "must be the id of a tenant, or a domain of it",
        },
        Parameter {
            option: "clientId",
            kind: OptionKind::Required,
            placement: Placement::Into("client_id"),
            validate: is_plain,
            message: "must be the id of an application",
        },
        Parameter {
            option: "scope",
            kind: OptionKind::Several,
            placement: Placement::Joined("scope"),
            validate: |scope| scope.ends_with("/.default") && is_scope(scope),
            message: "must be a resource with `/.default` at its end, as in `https://vault.azure.net/.default`",
        },
        Parameter {
            option: "authority",
            kind: OptionKind::One,
            placement: Placement::Custom,
            validate: |authority| url::is_fetchable(authority, false),
            message: "must be an https URL; http only on this machine",
        },
    ],
    subject: "client_assertion",
    finish,
    read: response::access_token,
};

fn finish(values: &Values, request: &mut TokenRequest) -> Result<()> {
    if values.get("scope").is_none() {
        return Err(Error::option("scope", "is required"));
    }
    let authority = values.get("authority").unwrap_or("https://login.microsoftonline.com").trim_end_matches('/');
    request.url = concat(&[authority, "/", values.get("tenantId").unwrap_or_default(), "/oauth2/v2.0/token"]);
    Ok(())
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
}
