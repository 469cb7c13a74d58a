//! A credential that was obtained.

use crate::encoding::json::{Document, Object, Rounding, Value};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::time::Timestamp;

/// A short-lived credential, as the JSON object in which it is handed out. Its member `expiresAt` counts seconds since the
/// epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    json: Secret<String>,
    expires_at: Option<Timestamp>,
}

impl Credential {
    /// A credential with these members, and `expiresAt` if it is known.
    pub(super) fn new(mut members: Object, expires_at: Option<Timestamp>) -> Self {
        if let Some(at) = expires_at {
            members.raw("expiresAt", &at.as_seconds().to_string());
        }
        // What is handed out counts whole seconds, so nothing else does either.
        let expires_at = expires_at.and_then(|at| Timestamp::from_seconds(at.as_seconds()));
        Self { json: Secret::new(members.finish()), expires_at }
    }

    /// A response that is handed out as it is, and not kept.
    pub(super) fn response(json: &str) -> Self {
        Self { json: Secret::new(json.to_owned()), expires_at: None }
    }

    /// Reads the text of a credential that was kept.
    ///
    /// # Errors
    /// [`Error::Internal`] where it is none.
    pub fn from_json(text: String) -> Result<Self> {
        let expires_at = match Document::parse(text.as_bytes()) {
            Ok(document) => document.root().get("expiresAt").and_then(|at| at.as_timestamp(Rounding::Down)),
            Err(_) => None,
        };
        let expires_at = Some(expires_at.ok_or(Error::Internal("what was kept is no credential"))?);
        Ok(Self { json: Secret::new(text), expires_at })
    }

    /// The JSON object.
    pub fn json(&self) -> &Secret<String> {
        &self.json
    }

    /// A member that is a string.
    pub fn get(&self, name: &str) -> Option<Secret<String>> {
        let document = Document::parse(self.json.expose().as_bytes()).ok()?;
        document.root().get(name).and_then(Value::as_str).map(|value| Secret::new(value.into_owned()))
    }

    /// When it expires, if that is known. What is not known to live is not kept.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}
