//! What services that give OAuth access tokens have in common.

use crate::encoding::form::Form;
use crate::error::{Error, Provider, Result};
use crate::exchange::retry::{self, Entropy};
use crate::exchange::{Credential, answer};
use crate::flow::Step;
use crate::secret::Secret;
use crate::time::Timestamp;

/// The grant of RFC 8693.
pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The type of the token that is presented, where nobody says otherwise.
pub const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// The type of the token that is wanted, where it is one.
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Sends a form to a token endpoint and reads the access token.
pub fn ask(
    provider: Provider,
    url: &str,
    form: Form,
    subject: Secret<String>,
    entropy: Entropy,
    asked: Timestamp,
) -> Step<Credential> {
    retry::send(provider, answer::post_form(url.to_owned(), form), entropy, move |response, now| {
        answer::access_token(provider, response, subject.expose(), asked, now)
    })
}

/// Scopes as one parameter (RFC 6749 section 3.3).
///
/// # Errors
/// [`Error::InvalidOption`] where one is no scope.
pub fn scope(option: &'static str, scopes: &[String]) -> Result<String> {
    let plain = |scope: &String| scope.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    if scopes.iter().all(plain) { Ok(scopes.join(" ")) } else { Err(Error::option(option, "must hold scopes only")) }
}
