//! Generates the policy that lets in some workloads and no others, from a token or from team, project and environments.

pub mod aws;
pub mod azure;
pub mod gcp;
mod quote;
#[cfg(test)]
mod tests;
mod trust;

use countersign::options::{self, OptionValue, names};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
pub use aws::{AwsPartition, AwsRole};
pub use azure::AzureApplication;
pub use gcp::GcpProvider;
pub use trust::{Trust, TrustedProjects, TrustedToken};

/// The request of a policy, for TypeScript.
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(
    target_arch = "wasm32",
    tsify(
        type = "(TrustedToken | TrustedProjects) & (({ kind: 'aws' } & AwsRole) | ({ kind: 'gcp' } & GcpProvider) | ({ kind: 'azure' } & AzureApplication))"
    )
)]
#[derive(Debug)]
pub struct PolicyRequest;

/// The member of a request that chooses the cloud.
#[derive(Deserialize)]
struct CloudOption {
    kind: Cloud,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Cloud {
    Aws,
    Gcp,
    Azure,
}

/// A policy in every form in which people set one up.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct GeneratedPolicy {
    /// The kind, as in the request.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "'aws' | 'gcp' | 'azure'"))]
    pub kind: &'static str,
    /// The policy itself, as `simulate` takes it.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "object"))]
    pub policy: Value,
    /// The files and commands that set it up.
    pub outputs: Vec<PolicyOutput>,
}

/// One form of a policy. `sst` is there for AWS only.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct PolicyOutput {
    /// The tool.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "'json' | 'terraform' | 'pulumi' | 'sst' | 'cli'"))]
    pub format: &'static str,
    /// The language of the text.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "'json' | 'hcl' | 'typescript' | 'sh'"))]
    pub language: &'static str,
    /// The whole text of a file, or of the commands.
    pub text: String,
}

impl PolicyOutput {
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

/// Generates the narrowest policy that a request asks for. A claims set in `token` is JSON text.
///
/// # Errors
/// `ERR_INVALID_OPTION` by the option's name; the errors of the token, if there is one.
pub fn generate(request: &OptionValue) -> Result<GeneratedPolicy> {
    let OptionValue::Object(members) = request else {
        return Err(Error::option("options", "must be an object"));
    };
    let mut request = Request { members: members.clone(), known: Vec::new() };
    let CloudOption { kind } = request.take()?;
    Ok(match kind {
        Cloud::Aws => {
            let (trust, role) = request.read::<AwsRole>()?;
            aws::generate(&trust, role)?
        }
        Cloud::Gcp => {
            let (trust, provider) = request.read::<GcpProvider>()?;
            gcp::generate(&trust, provider)?
        }
        Cloud::Azure => {
            let (trust, application) = request.read::<AzureApplication>()?;
            azure::generate(&trust, &application)?
        }
    })
}

/// The options of a request, which several structs share.
struct Request {
    members: Vec<(String, OptionValue)>,
    /// The names of the options that were taken out.
    known: Vec<&'static str>,
}

impl Request {
    /// Takes out the options of one struct.
    fn take<T: DeserializeOwned>(&mut self) -> Result<T> {
        let taken = self.remove(names::<T>());
        Ok(options::read(&taken, &[])?)
    }

    fn remove(&mut self, names: &'static [&'static str]) -> OptionValue {
        let members = std::mem::take(&mut self.members);
        let (taken, left) = members.into_iter().partition(|(name, _)| names.contains(&&**name));
        self.members = left;
        self.known.extend(names);
        OptionValue::Object(taken)
    }

    /// Reads the trust, and the options that one cloud needs besides. The latter come first, so that an unknown option is
    /// reported rather than the one that it stands for.
    fn read<T: DeserializeOwned>(mut self) -> Result<(Trust, T)> {
        let has_token = self.members.iter().any(|(name, _)| name == "token");
        let trusted = self.remove(if has_token { names::<TrustedToken>() } else { names::<TrustedProjects>() });
        let cloud = options::read(&OptionValue::Object(self.members), &self.known)?;
        let trust = if has_token {
            Trust::of_token(options::read(&trusted, &[])?)?
        } else {
            Trust::of_projects(options::read(&trusted, &[])?)?
        };
        Ok((trust, cloud))
    }
}
