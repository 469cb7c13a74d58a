//! Vercel: the deployment's token for one with another audience.
//!
//! The request and the answer as `@vercel/oidc` 4.0.9 sends and reads them.

use crate::encoding::json::{Object, Rounding};
use crate::error::{Provider, Result};
use crate::exchange::request::{Answer, Goes, Parameter, Service, Takes, anything};
use crate::exchange::{Credential, answer};

/// Vercel's issuer.
pub(super) const SERVICE: Service = Service {
    provider: Provider::Vercel,
    constants: &[],
    parameters: &[
        Parameter {
            option: "audience",
            takes: Takes::One,
            goes: Goes::Into("aud"),
            fits: anything,
            problem: "must be a string that is not empty",
        },
        Parameter {
            option: "jti",
            takes: Takes::One,
            goes: Goes::Into("jti"),
            fits: anything,
            problem: "must be a string that is not empty",
        },
    ],
    subject: "token",
    plan: |_, request| {
        request.url.push_str("https://oidc.vercel.com/~token");
        Ok(())
    },
    read,
};

/// `{token, expiry}`. The token says itself when it expires; where the answer says so too, the earlier counts.
fn read(answer: &Answer<'_>) -> Result<Credential> {
    let document = answer::json(Provider::Vercel, answer.response, answer.presented)?;
    let root = document.root();
    let token = answer::secret(Provider::Vercel, root.get("token"))?;
    let own = answer::expiry_of_jwt(&token);
    let until = match root.get("expiry") {
        None => own,
        Some(expiry) => {
            let expiry = expiry.as_timestamp(Rounding::Down);
            let expiry = expiry.ok_or(answer::invalid(Provider::Vercel, "has no usable `expiry`"))?;
            Some(own.map_or(expiry, |own| own.min(expiry)))
        }
    };
    let mut members = Object::default();
    members.text("value", &token);
    answer::living(Provider::Vercel, members, until, answer.now)
}
