//! From an issuer to its key set (OpenID Connect Discovery 1.0 section 4).

use std::time::Duration;

use crate::crypto::Algorithm;
use crate::encoding::json::{Document, JsonError, Value};
use crate::encoding::text::{is_html, without_bom};
use crate::encoding::url;
use crate::error::{Error, FetchFailure, KeyDocument, Result};
use crate::flow::{HttpRequest, HttpResponse, Method, Outcome, Pending, Step};
use crate::issuer::shared_set::Fetched;
use crate::secret::Secret;
use crate::time::Timestamp;

/// How long loading a key set may take in all, the discovery document before it included.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// How much of an answer is read.
pub const MAX_BODY_BYTES: usize = 512 * 1024;

/// The place at which an issuer publishes its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// At this URL.
    Jwks(String),
    /// The place that the discovery document of this issuer names.
    Discovery(String),
    /// The place that the metadata of this authorization server names (RFC 8414).
    Metadata(String),
}

impl Location {
    /// A location whose URL may be fetched.
    ///
    /// # Errors
    /// [`Error::InvalidOption`], naming `issuer` or `jwks`.
    pub(crate) fn checked(self, http_hosts: &[String]) -> Result<Self> {
        let (fetchable, option) = match &self {
            Self::Jwks(url) => (url::is_fetchable_from(url, true, http_hosts), "jwks"),
            Self::Discovery(issuer) | Self::Metadata(issuer) => {
                (url::is_fetchable_from(issuer, false, http_hosts), "issuer")
            }
        };
        let problem = "must be an https URL without user information, fragment or (for an issuer) query; \
                       http only on 127.0.0.1, [::1] or localhost";
        if fetchable { Ok(self) } else { Err(Error::option(option, problem)) }
    }

    /// The name under which instances share the key set that lies here.
    pub fn shared_name(&self) -> String {
        let (Self::Jwks(url) | Self::Discovery(url) | Self::Metadata(url)) = self;
        ["countersign:jwks:", url].concat()
    }

    /// Starts loading the key set.
    ///
    /// # Errors
    /// On the way: [`Error::JwksFetch`], [`Error::JwksStatus`], [`Error::InvalidDiscovery`], [`Error::InvalidJwks`].
    pub(crate) fn load(&self, allowed: Vec<Algorithm>, http_hosts: Vec<String>, now: Timestamp) -> Step<Fetched> {
        let deadline = now.saturating_add(TIMEOUT);
        match self {
            Self::Jwks(url) => load_jwks(url.clone(), allowed, TIMEOUT),
            Self::Discovery(issuer) | Self::Metadata(issuer) => {
                let url = self.document(issuer);
                let issuer = issuer.clone();
                let request = get(url.clone(), TIMEOUT);
                let pending = Pending::new(move |outcome, now| {
                    let text = body(outcome, KeyDocument::Discovery, &url)?;
                    let invalid = |problem| Error::InvalidDiscovery { problem, url: url.as_str().into() };
                    let jwks = read_discovery(&text, &issuer, &http_hosts).map_err(invalid)?;
                    // A clock that was set back in between must not lengthen the wait.
                    Ok(load_jwks(jwks, allowed, deadline.since(now).min(TIMEOUT)))
                });
                Step::Fetch(request, pending)
            }
        }
    }

    /// The address of the issuer's document.
    fn document(&self, issuer: &str) -> String {
        // Both specifications remove a terminating slash of the issuer first.
        let issuer = issuer.trim_end_matches('/');
        if !matches!(self, Self::Metadata(_)) {
            return [issuer, "/.well-known/openid-configuration"].concat();
        }
        // RFC 8414 section 3.1: between the host and the path.
        let host = issuer.find("://").map_or(0, |scheme| scheme + 3);
        let path = issuer.get(host..).and_then(|rest| rest.find('/')).map_or(issuer.len(), |path| host + path);
        let (origin, path) = issuer.split_at_checked(path).unwrap_or((issuer, ""));
        [origin, "/.well-known/oauth-authorization-server", path].concat()
    }
}

fn load_jwks(url: String, allowed: Vec<Algorithm>, timeout: Duration) -> Step<Fetched> {
    let request = get(url.clone(), timeout);
    let pending = Pending::new(move |outcome, _| {
        let fetched = Fetched::read(body(outcome, KeyDocument::Jwks, &url)?, &allowed);
        Ok(Step::Done(fetched.map_err(|error| with_url(error, url))?))
    });
    Step::Fetch(request, pending)
}

fn get(url: String, timeout: Duration) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url,
        headers: vec![("accept", Secret::new("application/json".to_owned()))],
        body: None,
        delay: Duration::ZERO,
        timeout,
        max_body_bytes: MAX_BODY_BYTES,
    }
}

/// The body of a 200 answer, whatever the host let through.
fn body(outcome: Outcome, document: KeyDocument, url: &str) -> Result<Vec<u8>> {
    let failed = |failure| Error::JwksFetch { failure, document, url: url.into() };
    match outcome {
        Outcome::Response(HttpResponse { status: 200, body, .. }) if body.len() <= MAX_BODY_BYTES => Ok(body),
        Outcome::Response(HttpResponse { status: 200, .. }) => Err(failed(FetchFailure::TooLarge)),
        Outcome::Response(HttpResponse { status, .. }) => Err(Error::JwksStatus { status, document, url: url.into() }),
        Outcome::Failed(failure) => Err(failed(failure)),
    }
}

/// The refusal of a key set, with the URL that it was fetched from.
fn with_url(error: Error, url: String) -> Error {
    match error {
        Error::InvalidJwks { problem, keys, .. } => Error::InvalidJwks { problem, keys, url: Some(url.into()) },
        other => other,
    }
}

/// The URL of the key set, from a document that speaks for exactly this issuer (section 4.3).
fn read_discovery(text: &[u8], issuer: &str, http_hosts: &[String]) -> Result<String, &'static str> {
    let text = without_bom(text);
    let problem =
        |JsonError(problem)| if is_html(text) { "is an HTML page: the issuer publishes none here" } else { problem };
    let document = Document::parse(text).map_err(problem)?;
    let member = |name| document.root().get(name).and_then(Value::as_str);
    if member("issuer").as_deref() != Some(issuer) {
        return Err(match document.root().get("keys") {
            Some(_) => "is a key set: name its URL with `jwks`",
            None => "does not name the configured issuer as its `issuer`",
        });
    }
    let jwks = member("jwks_uri").ok_or("has no `jwks_uri`")?;
    // Only an issuer on this machine may point to plain http there.
    if !url::is_fetchable_from(&jwks, true, http_hosts)
        || (url::is_loopback_http(&jwks) && !url::is_loopback_http(issuer))
    {
        return Err("has a `jwks_uri` that is not an https URL");
    }
    Ok(jwks.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_specification_has_an_address_of_its_own() {
        for (issuer, openid, oauth) in [
            (
                "https://idp.example",
                "https://idp.example/.well-known/openid-configuration",
                "https://idp.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://idp.example/",
                "https://idp.example/.well-known/openid-configuration",
                "https://idp.example/.well-known/oauth-authorization-server",
            ),
            (
                "https://idp.example:8443/tenant/a",
                "https://idp.example:8443/tenant/a/.well-known/openid-configuration",
                "https://idp.example:8443/.well-known/oauth-authorization-server/tenant/a",
            ),
            (
                "https://a.io/x",
                "https://a.io/x/.well-known/openid-configuration",
                "https://a.io/.well-known/oauth-authorization-server/x",
            ),
        ] {
            assert_eq!(Location::Discovery(issuer.into()).document(issuer), openid);
            assert_eq!(Location::Metadata(issuer.into()).document(issuer), oauth);
        }
    }

    #[test]
    fn a_document_points_to_plain_http_only_at_hosts_that_are_named() {
        let document = |jwks: &str| format!(r#"{{"issuer":"https://sso.acme.example","jwks_uri":"{jwks}"}}"#);
        let read = |jwks: &str| {
            read_discovery(document(jwks).as_bytes(), "https://sso.acme.example", &["keycloak".to_owned()]).is_ok()
        };
        assert!(read("http://keycloak:8080/certs") && read("https://keycloak/certs"));
        assert!(!read("http://keycloak.evil.example/certs") && !read("http://127.0.0.1/certs"));
    }
}
