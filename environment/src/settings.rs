//! The options of runs, read and checked before anything is sent.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use countersign::options::{self, OneOrMore, OptionValue};
use countersign::secret::Secret;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::names::{is_plain, name_problem, value_problem};
use crate::ownership_marker;

/// The base URL of Vercel's REST API.
const API: &str = "https://api.vercel.com";

/// The environments that every project has; any other target is the id of a custom one.
const STANDARD: [&str; 3] = ["production", "preview", "development"];

/// The environment that can have variables of single branches.
const PREVIEW: &str = "preview";

/// The options that the host keeps to itself.
pub(crate) const HOST_OPTIONS: &[&str] = &["fetch", "onProgress"];

/// A standard environment, or the id of a custom one, for TypeScript.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
const TARGET: &str = "/** A standard environment, or the id of a custom one. */\nexport type Target = 'production' | 'preview' | 'development' | `env_${string}`;";

/// Options of `syncEnvironment`. Unknown members are refused.
#[derive(Clone, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SyncOptions {
    /// The project's id (`prj_…`) or name.
    pub project: String,
    /// The team's id (`team_…`) or slug. Default: the account that the token belongs to.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub team: Option<String>,
    /// A Vercel access token that may read and write the project's environment variables.
    pub token: String,
    /// Another address of Vercel's REST API, for tests. Default: `https://api.vercel.com`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub api_url: Option<String>,
    /// The variables by name.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Record<string, string>"))]
    pub values: BTreeMap<String, String>,
    /// The environments of all of them; variables of the stack in other environments stay as they are. Default: `production`,
    /// `preview` and `development`; with `gitBranch`, `preview`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "readonly Target[]"))]
    pub targets: Option<OneOrMore>,
    /// The Git branch whose preview deployments alone get the variables. Default: none. With it, `targets` is `preview`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub git_branch: Option<String>,
    /// Names in `values` whose variables may be taken over, value and comment, where a person has set them. Those of another
    /// stack, of an integration and of Vercel itself stay. Default: none.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "readonly string[]"))]
    pub take_over: Option<OneOrMore>,
    /// The URL of a deploy hook, a secret. It is called once at the end of a run that has changed variables of deployments.
    /// The access token is not sent to it. Default: none.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub deploy_hook: Option<String>,
    /// How Vercel keeps the values. `sensitive` ones cannot be read back, and cannot be for development. Default:
    /// `encrypted`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "VariableType"))]
    pub r#type: VariableType,
    /// The owner of these variables. Programs that write to one project take different names. Default: `default`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub stack: Option<String>,
    /// A key of 16 characters or more, for fingerprints of the values, which the comments then hold. By them sensitive
    /// values are compared; without it they are written anew each time.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub fingerprint_key: Option<String>,
    /// Lets `values` be empty. Default: false, which refuses it.
    #[serde(default)]
    pub allow_empty: bool,
    /// Lets the run remove variables of the stack that `values` lacks, from the environments in `targets`. Default: false,
    /// which refuses a run that would, before anything is changed.
    #[serde(default)]
    pub allow_removals: bool,
    /// Reads and plans, and changes nothing. Default: false.
    #[serde(default)]
    pub dry_run: bool,
}

/// A team at Vercel's REST API, and the access token that opens it.
#[derive(Debug, Clone)]
pub struct Account {
    /// The API's address, without a slash at the end.
    pub api: String,
    /// `teamId=…` or `slug=…`.
    pub scope: Option<String>,
    /// The access token.
    pub token: Secret<String>,
}

/// A project of Vercel's, as its REST API is asked for it.
#[derive(Debug, Clone)]
pub struct Project {
    /// The team that has it.
    pub account: Account,
    /// The project's id or name.
    pub id: String,
}

/// How Vercel keeps a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum VariableType {
    /// Readable by everyone who may see the project's variables.
    #[default]
    Encrypted,
    /// As `Encrypted`, but not encrypted at rest.
    Plain,
    /// Never shown again.
    Sensitive,
}

impl VariableType {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::Plain => "plain",
            Self::Sensitive => "sensitive",
        }
    }
}

/// Validated settings.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The variables by name.
    pub variables: BTreeMap<String, Secret<String>>,
    /// The environments of all of them.
    pub targets: BTreeSet<String>,
    /// The branch of all of them, if they are a branch's.
    pub git_branch: Option<String>,
    /// The names of those that may be taken over from a person.
    pub take_over: BTreeSet<String>,
    /// The URL to call when something has changed.
    pub deploy_hook: Option<Secret<String>>,
    /// The type of all of them.
    pub kind: VariableType,
    /// Whose they are.
    pub stack: String,
    /// The key of the fingerprints; without one there are none.
    pub fingerprint_key: Option<Secret<String>>,
    /// Whether variables that are not wanted may be removed.
    pub allow_removals: bool,
}

impl Wanted {
    /// The comment that a variable of this name and value has.
    pub fn comment(&self, name: &str, value: &str) -> String {
        ownership_marker::write(&self.stack, self.fingerprint(name, value).as_deref())
    }

    /// The fingerprint of a value, where there is a key.
    pub fn fingerprint(&self, name: &str, value: &str) -> Option<String> {
        self.fingerprint_key.as_ref().map(|key| ownership_marker::fingerprint(key, &self.stack, name, value))
    }
}

impl Account {
    /// Checks name, token and address.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for what is no name, no token or no address to ask.
    pub fn new(team: Option<String>, token: String, api: Option<String>) -> Result<Self> {
        if team.as_deref().is_some_and(|team| !is_plain(team)) {
            return refuse("team", "must be a team's id (`team_…`) or slug");
        }
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refuse("token", "must be a Vercel access token");
        }
        let api = api.unwrap_or_else(|| API.to_owned());
        if !is_api(&api) {
            return refuse("apiUrl", "must be an https URL without a path, or http on this machine");
        }
        let scope = team.map(|team| match team.starts_with("team_") {
            true => format!("teamId={team}"),
            false => format!("slug={team}"),
        });
        Ok(Self { api, scope, token: Secret::new(token) })
    }
}

impl Project {
    /// Checks names and address.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for what is no name, no token or no address to ask.
    pub fn new(project: String, team: Option<String>, token: String, api: Option<String>) -> Result<Self> {
        if !is_plain(&project) {
            return refuse("project", "must be a project's id (`prj_…`) or name");
        }
        Ok(Self { account: Account::new(team, token, api)?, id: project })
    }
}

impl SyncOptions {
    /// Reads options.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for a member that is missing, unknown or of the wrong type.
    pub fn read(options: &OptionValue) -> Result<Self> {
        Ok(options::read(options, HOST_OPTIONS)?)
    }

    /// The checked form, and whether anything may be changed.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` naming the option, and within `values` the variable; never a value.
    pub fn check(self) -> Result<(Project, Wanted, bool)> {
        let project = Project::new(self.project, self.team, self.token, self.api_url)?;
        if self.values.is_empty() && !self.allow_empty {
            return refuse("values", "holds no variable; `allowEmpty` accepts that");
        }
        for (name, value) in &self.values {
            if let Some(problem) = name_problem(name).or_else(|| value_problem(value)) {
                return refuse(format!("values.{name}"), problem);
            }
        }
        let targets = match (self.targets, &self.git_branch) {
            (Some(OneOrMore(targets)), _) => BTreeSet::from_iter(targets),
            (None, Some(_)) => [PREVIEW.to_owned()].into(),
            (None, None) => STANDARD.map(str::to_owned).into(),
        };
        if targets.is_empty() || !targets.iter().all(|target| is_target(target)) {
            return refuse("targets", "must name `production`, `preview`, `development` or ids of custom environments");
        }
        if let Some(branch) = &self.git_branch {
            if !is_branch(branch) {
                return refuse("gitBranch", "must be the name of a Git branch");
            }
            if targets.iter().any(|target| target != PREVIEW) {
                return refuse("targets", "must be `preview` where there is a `gitBranch`");
            }
        }
        let take_over = self.take_over.map_or_else(Vec::new, |OneOrMore(names)| names);
        if let Some(at) = take_over.iter().position(|name| !self.values.contains_key(name)) {
            return refuse(format!("takeOver[{at}]"), "must be the name of a variable in `values`");
        }
        if self.deploy_hook.as_deref().is_some_and(|url| !is_hook(url)) {
            return refuse("deployHook", "must be an https URL, or http on this machine");
        }
        let kind = self.r#type;
        if kind == VariableType::Sensitive && targets.contains("development") {
            return refuse("type", "cannot be `sensitive` for `development`: Vercel has no such variables");
        }
        let stack = self.stack.unwrap_or_else(|| "default".to_owned());
        if !is_plain(&stack) {
            return refuse("stack", "must be a name of letters, digits, `-`, `_` and `.`");
        }
        let fingerprint_key = match self.fingerprint_key {
            Some(key) if key.len() < 16 => return refuse("fingerprintKey", "must have 16 characters or more"),
            // Without a secret key, a reader of a fingerprint could try values.
            key => key.map(Secret::new),
        };
        let variables = self.values.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
        let wanted = Wanted {
            variables,
            targets,
            git_branch: self.git_branch,
            take_over: take_over.into_iter().collect(),
            deploy_hook: self.deploy_hook.map(Secret::new),
            kind,
            stack,
            fingerprint_key,
            allow_removals: self.allow_removals,
        };
        Ok((project, wanted, self.dry_run))
    }
}

/// Options of `pullEnvironment`. Unknown members are refused.
#[derive(Clone, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct PullOptions {
    /// The project's id (`prj_…`) or name.
    project: String,
    /// The team's id (`team_…`) or slug. Default: the account that the token belongs to.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    team: Option<String>,
    /// A Vercel access token that may read and write the project's environment variables.
    token: String,
    /// Another address of Vercel's REST API, for tests. Default: `https://api.vercel.com`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    api_url: Option<String>,
    /// The environment. Default: `development`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Target"))]
    target: Option<String>,
}

impl PullOptions {
    /// Reads options.
    ///
    /// # Errors
    /// As [`SyncOptions::read`].
    pub fn read(options: &OptionValue) -> Result<Self> {
        Ok(options::read(options, HOST_OPTIONS)?)
    }

    /// The checked form: the project, and the environment whose variables are wanted.
    ///
    /// # Errors
    /// As [`SyncOptions::check`].
    pub fn check(self) -> Result<(Project, String)> {
        let target = self.target.unwrap_or_else(|| "development".to_owned());
        if !is_target(&target) {
            return refuse(
                "target",
                "must be `production`, `preview`, `development` or the id of a custom environment",
            );
        }
        Ok((Project::new(self.project, self.team, self.token, self.api_url)?, target))
    }
}

pub(crate) fn refuse<T>(option: impl Into<Cow<'static, str>>, problem: &'static str) -> Result<T> {
    Err(Error::option(option, problem))
}

/// Returns whether this is one of the standard environments or the id of a custom one.
pub(crate) fn is_target(target: &str) -> bool {
    STANDARD.contains(&target) || (target.starts_with("env_") && is_plain(target))
}

/// Returns whether a custom environment is meant.
pub fn is_custom(target: &str) -> bool {
    !STANDARD.contains(&target)
}

/// A token goes there: nowhere without TLS, but for a stand-in on this machine.
fn is_api(url: &str) -> bool {
    let host_and_port =
        |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:".contains(&b));
    match url.split_once("://") {
        Some(("https", rest)) => host_and_port(rest),
        Some(("http", rest)) => {
            host_and_port(rest) && rest.split(':').next().is_some_and(|host| ["127.0.0.1", "localhost"].contains(&host))
        }
        _ => false,
    }
}

/// Whether this can be the URL of a deploy hook: an address as for the API, and a path behind it.
fn is_hook(url: &str) -> bool {
    let Some(start) = url.find("://").map(|at| at + 3) else { return false };
    let end = url.get(start..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| start + at);
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    plain && url.get(..end).is_some_and(is_api)
}

/// Whether this can be the name of a branch, by the rules of `git check-ref-format` that concern single characters.
fn is_branch(name: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"~^:?*[\\".contains(c);
    (1..=250).contains(&name.len()) && name.chars().all(plain)
}
