//! Microsoft Entra ID: an access token for an application, with the deployment's token as its client assertion.
//!
//! The request and the retried statuses are those of `@azure/identity` 4.

use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::answer;
use crate::exchange::request::{Goes, Parameter, Request, Service, Takes, Values, concat, is_scope};

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
            takes: Takes::Required,
            goes: Goes::Elsewhere,
            fits: |tenant| is_plain(tenant) && !tenant.starts_with('.'),
            problem: "must be the id of a tenant, or a domain of it",
        },
        Parameter {
            option: "clientId",
            takes: Takes::Required,
            goes: Goes::Into("client_id"),
            fits: is_plain,
            problem: "must be the id of an application",
        },
        Parameter {
            option: "scope",
            takes: Takes::Several,
            goes: Goes::Joined("scope"),
            fits: |scope| scope.ends_with("/.default") && is_scope(scope),
            problem: "must be a resource with `/.default` at its end, as in `https://vault.azure.net/.default`",
        },
        Parameter {
            option: "authority",
            takes: Takes::One,
            goes: Goes::Elsewhere,
            fits: |authority| url::is_fetchable(authority, false),
            problem: "must be an https URL; http only on this machine",
        },
    ],
    subject: "client_assertion",
    plan,
    read: answer::access_token,
};

fn plan(values: &Values, request: &mut Request) -> Result<()> {
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
