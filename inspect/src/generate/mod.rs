//! The way back: from a token, or from team, project and environments, to the policy that lets in these and nobody else.

pub mod aws;
pub mod azure;
pub mod gcp;
mod quote;
#[cfg(test)]
mod tests;
mod trust;

use serde::Serialize;
use serde_json::Value;

use crate::document::{DocumentKind, Fields, Source};
use crate::error::{Error, Result};
pub use trust::Trust;

/// A policy in every form in which people set one up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Generated {
    /// The kind, as the simulator calls it.
    pub kind: &'static str,
    /// The policy itself, as the simulator takes it.
    pub policy: Value,
    /// What to put into a file or a terminal.
    pub outputs: Vec<Output>,
}

/// One form of a policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Output {
    /// `json`, `terraform`, `pulumi`, `sst` or `cli`.
    pub format: &'static str,
    /// `json`, `hcl`, `typescript` or `sh`.
    pub language: &'static str,
    /// The whole text.
    pub text: String,
}

impl Output {
    fn new(format: &'static str, text: String) -> Self {
        let language = match format {
            "json" => "json",
            "terraform" => "hcl",
            "cli" => "sh",
            _ => "typescript",
        };
        Self { format, language, text }
    }
}

/// Generates the least wide policy that a request, a JSON object, asks for.
///
/// # Errors
/// `ERR_INVALID_OPTION` by the option's name; the errors of the token, if there is one.
pub fn generate(request: &str) -> Result<Generated> {
    let source = Source::read(request, DocumentKind::Options)?;
    let mut fields = Fields::new(source.root())?;
    let kind = fields.required("kind")?;
    let trust = Trust::read(&mut fields)?;
    let generated = match kind.string()?.as_str() {
        "aws" => aws::generate(&trust, &mut fields)?,
        "gcp" => gcp::generate(&trust, &mut fields)?,
        "azure" => azure::generate(&trust, &mut fields)?,
        _ => return Err(Error::option("kind", "must be one of aws, gcp, azure")),
    };
    fields.finish()?;
    Ok(generated)
}
