//! Vercel: the deployment's token for one with another audience.
//!
//! The request and the response as `@vercel/oidc` 4.0.9 sends and reads them.

use crate::encoding::json::{Object, Rounding};
use crate::error::{Provider, Result};
use crate::exchange::request::{OptionKind, Parameter, Placement, Service, TokenResponse, anything};
use crate::exchange::{Credential, response};

/// Vercel's issuer.
pub(super) const SERVICE: Service = Service {
    provider: Provider::Vercel,
    constants: &[],
    parameters: &[
        Parameter {
            option: "audience",
            kind: OptionKind::One,
            placement: Placement::Into("aud"),
            validate: anything,
            message: "must be a string that is not empty",
        },
        Parameter {
            option: "jti",
            kind: OptionKind::One,
            placement: Placement::Into("jti"),
            validate: anything,
            message: "must be a string that is not empty",
        },
    ],
    subject: "token",
    finish: |_, request| {
        request.url.push_str("https://oidc.vercel.com/~token");
        Ok(())
    },
    read,
};

/// `{token, expiry}`. The token says itself when it expires; where the response says so too, the earlier counts.
fn read(response: &TokenResponse<'_>) -> Result<Credential> {
    let document = response::json(Provider::Vercel, response.http, response.presented)?;
    let root = document.root();
    let token = response::secret(Provider::Vercel, root.get("token"))?;
    let own = response::expiry_of_jwt(&token);
    let until = match root.get("expiry") {
        None => own,
        Some(expiry) => {
            let expiry = expiry.as_timestamp(Rounding::Down);
            let expiry = expiry.ok_or(response::invalid(Provider::Vercel, "has no usable `expiry`"))?;
            Some(own.map_or(expiry, |own| own.min(expiry)))
        }
    };
    let mut members = Object::default();
    members.text("value", &token);
    response::with_expiry(Provider::Vercel, members, until, response.now)
}
