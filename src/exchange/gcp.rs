//! Google Cloud: a federated access token (workload identity federation), and with it one of a service account.
//!
//! The requests and the retried statuses are those of `google-auth-library` 10.

use std::time::Duration;

use crate::encoding::date;
use crate::encoding::json::{Object, Value, quote_into};
use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::request::{
    OptionKind, Parameter, Placement, Service, TokenRequest, TokenResponse, Values, concat, is_graphic, is_scope,
};
use crate::exchange::retry::{self, Jitter};
use crate::exchange::{Credential, response, rfc8693};
use crate::flow::Step;
use crate::secret::Secret;
use crate::time::Timestamp;

/// What a token may do where nobody says otherwise.
const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The Security Token Service.
pub(super) const SERVICE: Service = Service {
    provider: Provider::Gcp,
    constants: &[
        rfc8693::GRANT,
        rfc8693::SUBJECT_TYPE,
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ],
    parameters: &[
        Parameter {
            option: "audience",
            kind: OptionKind::Required,
            placement: Placement::Into("audience"),
            validate: |name| name.starts_with("//iam.googleapis.com/") && is_graphic(name),
            message: "must be the full name of a workload identity provider: //iam.googleapis.com/projects/<number>/\
                      locations/global/workloadIdentityPools/<pool>/providers/<provider>",
        },
        Parameter {
            option: "serviceAccount",
            kind: OptionKind::One,
            placement: Placement::Custom,
            validate: is_account,
            message: "must be the e-mail address of a service account",
        },
        Parameter {
            option: "scopes",
            kind: OptionKind::Several,
            placement: Placement::Custom,
            validate: is_scope,
            message: "must hold scopes only",
        },
        Parameter {
            option: "lifetimeSeconds",
            kind: OptionKind::Number,
            placement: Placement::Custom,
            validate: |seconds| seconds.parse().is_ok_and(|seconds: u32| (600..=43_200).contains(&seconds)),
            message: "must be from 600 to 43200",
        },
        Parameter {
            option: "tokenUrl",
            kind: OptionKind::One,
            placement: Placement::Custom,
            validate: |url| url::is_fetchable(url, false),
            message: "must be an https URL; http only on this machine",
        },
    ],
    subject: "subject_token",
    finish,
    read: response::access_token,
};

fn finish(values: &Values, request: &mut TokenRequest) -> Result<()> {
    request.url.push_str(values.get("tokenUrl").unwrap_or("https://sts.googleapis.com/v1/token"));
    let (mut plain, mut quoted) = (String::new(), String::new());
    for scope in values.all("scopes").chain(values.get("scopes").is_none().then_some(CLOUD_PLATFORM)) {
        if !plain.is_empty() {
            plain.push(' ');
            quoted.push(',');
        }
        plain.push_str(scope);
        quote_into(scope, &mut quoted);
    }
    let Some(account) = values.get("serviceAccount") else {
        if values.get("lifetimeSeconds").is_some() {
            return Err(Error::option("lifetimeSeconds", "needs a `serviceAccount`: without one Google chooses it"));
        }
        request.add("scope", &plain);
        return Ok(());
    };
    // The federated token is only good for the second step then.
    request.add("scope", CLOUD_PLATFORM);
    let lifetime = values.get("lifetimeSeconds").unwrap_or("3600");
    request.lifetime = lifetime.parse().unwrap_or(0);
    let url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/";
    let body = concat(&["{\"scope\":[", &quoted, "],\"lifetime\":\"", lifetime, "s\"}"]);
    request.second = Some((concat(&[url, account, ":generateAccessToken"]), body));
    Ok(())
}

fn is_account(account: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let part = |part: &str| !part.is_empty() && part.bytes().all(plain);
    account.split_once('@').is_some_and(|(name, domain)| part(name) && part(domain))
}

/// The second step: the token of a service account.
pub(super) fn second(
    url: &str,
    body: &str,
    federated: &Credential,
    lifetime: Duration,
    jitter: Jitter,
    asked: Timestamp,
) -> Result<Step<Credential>> {
    let bearer = federated.get("value").ok_or_else(|| Error::internal("a federated token without a value"))?;
    let mut request = response::post_json(url.to_owned(), body.to_owned());
    request.headers.push(("authorization", Secret::new(concat(&["Bearer ", bearer.expose()]))));
    Ok(retry::send(Provider::Gcp, request, jitter, move |response, now| {
        let longest = asked.min(now).saturating_add(lifetime);
        read_second(&TokenResponse {
            provider: Provider::Gcp,
            http: response,
            presented: bearer.expose(),
            asked,
            longest,
            now,
        })
        .map(Step::Done)
    }))
}

/// `{accessToken, expireTime}`, or the refusal.
fn read_second(response: &TokenResponse<'_>) -> Result<Credential> {
    let document = response::json(Provider::Gcp, response.http, response.presented)?;
    let root = document.root();
    let mut members = Object::default();
    members.text("value", &response::secret(Provider::Gcp, root.get("accessToken"))?);
    members.text("tokenType", "Bearer");
    let until = root.get("expireTime").and_then(Value::as_str).and_then(|time| date::rfc3339(&time));
    response::clamp_expiry(members, until, response)
}
