//! Vercel: the deployment's token for one with another audience.
//!
//! The request and the answer as `@vercel/oidc` 4.0.9 sends and reads them.

use crate::encoding::json::{Object, Round};
use crate::error::{Provider, Result};
use crate::exchange::retry::{self, Entropy};
use crate::exchange::{Credential, answer};
use crate::flow::{HttpResponse, Step};
use crate::secret::Secret;
use crate::time::Timestamp;

/// Where tokens are exchanged.
const URL: &str = "https://oidc.vercel.com/~token";

/// What the new token says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Audience {
    /// Its `aud`; the issuer chooses where this is left out.
    pub audience: Option<String>,
    /// Its `jti`.
    pub jti: Option<String>,
}

impl Audience {
    pub(super) fn begin(&self, subject: Secret<String>, entropy: Entropy) -> Step<Credential> {
        let mut body = Object::default();
        body.text("token", subject.expose());
        body.some_text("aud", self.audience.as_deref());
        body.some_text("jti", self.jti.as_deref());
        let request = answer::post_json(URL.to_owned(), body);
        retry::send(Provider::Vercel, request, entropy, move |response, now| read(response, subject.expose(), now))
    }
}

/// `{token, expiry}`. The token says itself when it expires; where the answer says so too, the earlier counts.
fn read(response: &HttpResponse, presented: &str, now: Timestamp) -> Result<Credential> {
    let document = answer::json(Provider::Vercel, response, presented)?;
    let root = document.root();
    let token = answer::secret(Provider::Vercel, root.get("token"))?;
    let own = answer::expiry_of_jwt(&token);
    let until = match root.get("expiry") {
        None => own,
        Some(expiry) => {
            let expiry = expiry.as_timestamp(Round::Down);
            let expiry = expiry.ok_or(answer::invalid(Provider::Vercel, "has no usable `expiry`"))?;
            Some(own.map_or(expiry, |own| own.min(expiry)))
        }
    };
    let until = until.map(|until| answer::alive(Provider::Vercel, until, now)).transpose()?;
    let mut members = Object::default();
    members.text("value", &token);
    Ok(Credential::new(members, until))
}
