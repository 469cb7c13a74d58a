//! Vercel: the deployment's token for one with another audience.
//!
//! The request and the response as `@vercel/oidc` 4.0.9 sends and reads them.

use serde::Deserialize;

use crate::encoding::json::{Kind, Object, Rounding};
use crate::error::{Provider, Result};
use crate::exchange::credential::Credential;
use crate::exchange::response;
use crate::exchange::service::{Body, Service, TokenRequest, TokenResponse, no_follow_up};
use crate::options::optional_string;

/// Vercel's issuer.
const SERVICE: Service =
    Service { provider: Provider::Vercel, subject: "token", body: Body::Json, read, follow_up: no_follow_up };

/// Options of `exchangeAudience`. Unknown members are refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "credentials", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct VercelOptions {
    /// The `aud` of the new token. Default: the issuer chooses.
    #[serde(default, deserialize_with = "optional_string")]
    pub audience: Option<String>,
    /// The `jti` of the new token. Default: none.
    #[serde(default, deserialize_with = "optional_string")]
    pub jti: Option<String>,
}

impl VercelOptions {
    pub(super) fn into_request(self) -> Result<TokenRequest> {
        let mut request = TokenRequest::new(&SERVICE, "https://oidc.vercel.com/~token".to_owned());
        request.optional_field("aud", self.audience);
        request.optional_field("jti", self.jti);
        Ok(request)
    }
}

/// `{token, expiry}`. The token says itself when it expires; where the response says so too, the earlier counts.
fn read(response: &TokenResponse<'_>) -> Result<Credential> {
    let document = response::json(Provider::Vercel, response.http, response.secrets)?;
    let root = document.root();
    let token = response::secret(Provider::Vercel, root, "token")?;
    let own = response::expiry_of_jwt(&token);
    let until = match root.get("expiry").filter(|expiry| expiry.kind() != Kind::Null) {
        None => own,
        Some(expiry) => match (own, expiry.as_timestamp(Rounding::Down)) {
            (Some(own), Some(expiry)) => Some(own.min(expiry)),
            (None, None) => {
                return Err(response::invalid(Provider::Vercel, "has an `expiry` that is not a number of seconds"));
            }
            (own, expiry) => own.or(expiry),
        },
    };
    let mut members = Object::default();
    members.text("value", &token);
    response::with_expiry(Provider::Vercel, members, until, response.now)
}
