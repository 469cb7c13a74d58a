//! Google Cloud: a federated access token (workload identity federation), and with it one of a service account.
//!
//! The requests and the retried statuses are those of `google-auth-library` 10.

use std::time::Duration;

use serde::Deserialize;

use crate::encoding::json::{Object, Value, quote_into};
use crate::encoding::url;
use crate::error::{Error, Provider, Result};
use crate::exchange::credential::Credential;
use crate::exchange::http::{authorize, post_json};
use crate::exchange::response;
use crate::exchange::retry::{self, Jitter};
use crate::exchange::rfc8693::{GRANT, SUBJECT_TYPE};
use crate::exchange::service::{Body, FollowUp, Service, TokenRequest, TokenResponse, is_graphic, is_scope, require};
use crate::flow::Step;
use crate::options::{OneOrMore, WholeNumber, non_empty, optional_string};
use crate::secret::Redactor;
use crate::time::Timestamp;

/// The scope of a token where the caller names none.
const CLOUD_PLATFORM: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The Security Token Service.
const SERVICE: Service = Service {
    provider: Provider::Gcp,
    subject: "subject_token",
    body: Body::Form,
    read: response::access_token,
    follow_up,
};

/// Options of `gcpAccessToken`. Unknown members are refused.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct GcpOptions {
    /// `//iam.googleapis.com/projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>`.
    #[serde(deserialize_with = "non_empty")]
    pub audience: String,
    /// The e-mail address of a service account to act as. Default: the identity itself.
    #[serde(default, deserialize_with = "optional_string")]
    pub service_account: Option<String>,
    /// The scopes of the token. Default: `https://www.googleapis.com/auth/cloud-platform`.
    #[serde(default)]
    #[cfg_attr(feature = "credentials", tsify(type = "string | string[]"))]
    pub scopes: OneOrMore,
    /// The lifetime of the service account's token in seconds, from 600 to 43200. Default: 3600.
    #[serde(default)]
    #[cfg_attr(feature = "credentials", tsify(type = "number"))]
    pub lifetime_seconds: Option<WholeNumber>,
    /// Another token endpoint. Default: `https://sts.googleapis.com/v1/token`.
    #[serde(default, deserialize_with = "optional_string")]
    pub token_url: Option<String>,
}

impl GcpOptions {
    /// Checks what the service would refuse, before anything is sent.
    pub(super) fn into_request(self) -> Result<TokenRequest> {
        let Self { audience, service_account, scopes: OneOrMore(scopes), lifetime_seconds, token_url } = self;
        let full_name = audience.starts_with("//iam.googleapis.com/") && is_graphic(&audience);
        let example = "must be the full name of a workload identity provider: //iam.googleapis.com/projects/<number>/\
                       locations/global/workloadIdentityPools/<pool>/providers/<provider>";
        require(full_name, "audience", example)?;
        let account = service_account.as_deref().is_none_or(is_account);
        require(account, "serviceAccount", "must be the e-mail address of a service account")?;
        // One string may hold several, as in the form that is sent.
        let mut scopes: Vec<_> = scopes.iter().flat_map(|scopes| scopes.split(' ')).map(str::to_owned).collect();
        let are_scopes = scopes.iter().all(|scope| !scope.is_empty() && is_scope(scope));
        require(are_scopes, "scopes", "must hold scopes only")?;
        let seconds = lifetime_seconds.map(|WholeNumber(seconds)| seconds);
        let in_range = seconds.is_none_or(|seconds| (600..=43_200).contains(&seconds));
        require(in_range, "lifetimeSeconds", "must be a number of seconds from 600 to 43200")?;
        let url = token_url.unwrap_or_else(|| "https://sts.googleapis.com/v1/token".to_owned());
        require(url::is_fetchable(&url, false), "tokenUrl", "must be an https URL; http only on this machine")?;
        if scopes.is_empty() {
            scopes.push(CLOUD_PLATFORM.to_owned());
        }

        let mut request = TokenRequest::new(&SERVICE, url);
        request.field(GRANT.0, GRANT.1);
        request.field(SUBJECT_TYPE.0, SUBJECT_TYPE.1);
        request.field("requested_token_type", "urn:ietf:params:oauth:token-type:access_token");
        request.field("audience", audience);
        let Some(account) = service_account else {
            let problem = "needs a `serviceAccount`: without one Google chooses it";
            require(seconds.is_none(), "lifetimeSeconds", problem)?;
            request.field("scope", scopes.join(" "));
            return Ok(request);
        };
        // The federated token is only good for the second step then.
        request.field("scope", CLOUD_PLATFORM);
        request.lifetime = seconds.unwrap_or(3600);
        let mut body = "{\"scope\":[".to_owned();
        for (index, scope) in scopes.iter().enumerate() {
            if index > 0 {
                body.push(',');
            }
            quote_into(scope, &mut body);
        }
        body += &format!("],\"lifetime\":\"{}s\"}}", request.lifetime);
        let accounts = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts";
        request.follow_up = Some(FollowUp { url: format!("{accounts}/{account}:generateAccessToken"), body });
        Ok(request)
    }
}

fn is_account(account: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let part = |part: &str| !part.is_empty() && part.bytes().all(plain);
    account.split_once('@').is_some_and(|(name, domain)| part(name) && part(domain))
}

/// The second step: the token of a service account.
fn follow_up(
    FollowUp { url, body }: &FollowUp,
    federated: &Credential,
    lifetime: Duration,
    jitter: Jitter,
    asked: Timestamp,
    secrets: &Redactor,
) -> Result<Step<Credential>> {
    let bearer = federated.get("value").ok_or(Error::Internal("a federated token without a value"))?;
    let mut request = post_json(url.clone(), body.clone());
    authorize(&mut request, &bearer);
    let mut secrets = secrets.clone();
    secrets.add("authorization", &bearer);
    Ok(retry::send(Provider::Gcp, request, jitter, move |response, now| {
        let longest = asked.min(now).saturating_add(lifetime);
        read_second(&TokenResponse { provider: Provider::Gcp, http: response, secrets: &secrets, asked, longest, now })
            .map(Step::Done)
    }))
}

/// `{accessToken, expireTime}`, or the refusal.
fn read_second(response: &TokenResponse<'_>) -> Result<Credential> {
    let document = response::json(Provider::Gcp, response.http, response.secrets)?;
    let root = document.root();
    let mut members = Object::default();
    members.text("value", &response::secret(Provider::Gcp, root, "accessToken")?);
    members.text("tokenType", "Bearer");
    let until = root.get("expireTime").and_then(Value::as_str);
    response::clamp_expiry(members, until.as_deref(), "expireTime", response)
}
