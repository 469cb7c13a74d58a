//! What a synchronisation is asked to do, read from options and checked before anything is sent.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use countersign::secret::Secret;

use super::names::{is_plain, name_problem, value_problem};
use super::ownership_marker;
use crate::document::{DocumentKind, Fields, Node, Source};
use crate::error::{Error, Result};

/// Where Vercel's REST API is.
const API: &str = "https://api.vercel.com";

/// The environments that every project has; any other target is the id of a custom one.
const STANDARD: [&str; 3] = ["production", "preview", "development"];

/// The options of a synchronisation, unchecked but for their types.
pub struct Options {
    /// The project's id or name.
    pub project: String,
    /// The team's id (`team_…`) or slug; without one, the token's own account.
    pub team: Option<String>,
    /// A Vercel access token.
    pub token: String,
    /// What the variables are to be.
    pub values: BTreeMap<String, String>,
    /// Environments: the standard ones by name, custom ones by id (`env_…`). Default: the standard ones.
    pub targets: Option<BTreeSet<String>>,
    /// `encrypted` (the default), `plain` or `sensitive`.
    pub kind: Option<String>,
    /// Whose variables these are, among several programs that write to one project.
    pub stack: Option<String>,
    /// The key of the fingerprints; without it, what Vercel does not show is written again each time.
    pub fingerprint_key: Option<String>,
    /// Whether no values at all means that every variable of this stack goes.
    pub allow_empty: bool,
    /// Plans and changes nothing.
    pub dry_run: bool,
    /// Another address of the API, for tests.
    pub api_url: Option<String>,
}

/// A project of Vercel's, as its REST API is asked for it.
#[derive(Debug, Clone)]
pub struct Project {
    /// The API's address, without a slash at the end.
    pub api: String,
    /// The project's id or name.
    pub id: String,
    /// `teamId=…` or `slug=…`.
    pub scope: Option<String>,
    /// The access token.
    pub token: Secret<String>,
}

/// How Vercel keeps a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Readable by whoever may see the project's variables.
    Encrypted,
    /// The same, and not encrypted at rest.
    Plain,
    /// Never shown again.
    Sensitive,
}

impl Kind {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::Plain => "plain",
            Self::Sensitive => "sensitive",
        }
    }
}

/// What is wanted, checked.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The variables by name.
    pub variables: BTreeMap<String, Secret<String>>,
    /// The environments of all of them.
    pub targets: BTreeSet<String>,
    /// The type of all of them.
    pub kind: Kind,
    /// Whose they are.
    pub stack: String,
    /// The key of the fingerprints; without one there are none.
    pub fingerprint_key: Option<Secret<String>>,
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

impl Project {
    /// Checks names and address.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for what is no name, no token or no address to ask.
    pub fn new(project: String, team: Option<String>, token: String, api: Option<String>) -> Result<Self> {
        if !is_plain(&project) {
            return refuse("project", "must be a project's id (`prj_…`) or name");
        }
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
        Ok(Self { api, id: project, scope, token: Secret::new(token) })
    }
}

impl Options {
    /// Reads them from the text of a JSON object.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for a member that is missing, unknown or of the wrong type.
    pub fn read(text: &str) -> Result<Self> {
        let source = Source::read(text, DocumentKind::Options)?;
        let mut fields = Fields::new(source.root())?;
        let this = Self {
            project: fields.required("project")?.string()?,
            team: string(&mut fields, "team")?,
            token: fields.required("token")?.string()?,
            values: strings_by_name(&fields.required("values")?)?,
            targets: fields.take("targets").map(|node| node.strings()).transpose()?.map(BTreeSet::from_iter),
            kind: string(&mut fields, "type")?,
            stack: string(&mut fields, "stack")?,
            fingerprint_key: string(&mut fields, "fingerprintKey")?,
            allow_empty: flag(&mut fields, "allowEmpty")?,
            dry_run: flag(&mut fields, "dryRun")?,
            api_url: string(&mut fields, "apiUrl")?,
        };
        fields.finish()?;
        Ok(this)
    }

    /// The checked form, and whether anything may be changed.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` naming the option, and within `values` the variable; never a value.
    pub fn check(self) -> Result<(Project, Wanted, bool)> {
        let project = Project::new(self.project, self.team, self.token, self.api_url)?;
        if self.values.is_empty() && !self.allow_empty {
            return refuse("values", "holds no variable; `allowEmpty` removes all that this stack has set");
        }
        for (name, value) in &self.values {
            if let Some(problem) = name_problem(name).or_else(|| value_problem(value)) {
                return refuse(format!("values.{name}"), problem);
            }
        }
        let targets = self.targets.unwrap_or_else(|| STANDARD.map(str::to_owned).into());
        if targets.is_empty() || !targets.iter().all(|target| is_target(target)) {
            return refuse("targets", "must name `production`, `preview`, `development` or ids of custom environments");
        }
        let kind = match self.kind.as_deref() {
            None | Some("encrypted") => Kind::Encrypted,
            Some("plain") => Kind::Plain,
            Some("sensitive") if targets.contains("development") => {
                return refuse("type", "cannot be `sensitive` for `development`: Vercel has no such variables");
            }
            Some("sensitive") => Kind::Sensitive,
            Some(_) => return refuse("type", "must be `encrypted`, `plain` or `sensitive`"),
        };
        let stack = self.stack.unwrap_or_else(|| "default".to_owned());
        if !is_plain(&stack) {
            return refuse("stack", "must be a name of letters, digits, `-`, `_` and `.`");
        }
        let fingerprint_key = match self.fingerprint_key {
            Some(key) if key.len() < 16 => return refuse("fingerprintKey", "must have 16 characters or more"),
            // Without a secret key, a fingerprint would let whoever sees it try values.
            key => key.map(Secret::new),
        };
        let variables = self.values.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
        Ok((project, Wanted { variables, targets, kind, stack, fingerprint_key }, self.dry_run))
    }
}

/// The options of a reading run, unchecked but for their types.
pub struct PullOptions {
    project: String,
    team: Option<String>,
    token: String,
    target: Option<String>,
    api_url: Option<String>,
}

impl PullOptions {
    /// Reads them from the text of a JSON object.
    ///
    /// # Errors
    /// As [`Options::read`].
    pub fn read(text: &str) -> Result<Self> {
        let source = Source::read(text, DocumentKind::Options)?;
        let mut fields = Fields::new(source.root())?;
        let this = Self {
            project: fields.required("project")?.string()?,
            team: string(&mut fields, "team")?,
            token: fields.required("token")?.string()?,
            target: string(&mut fields, "target")?,
            api_url: string(&mut fields, "apiUrl")?,
        };
        fields.finish()?;
        Ok(this)
    }

    /// The checked form: the project, and the environment whose variables are wanted.
    ///
    /// # Errors
    /// As [`Options::check`].
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

fn string(fields: &mut Fields<'_>, name: &str) -> Result<Option<String>> {
    fields.take(name).map(|node| node.string()).transpose()
}

fn flag(fields: &mut Fields<'_>, name: &str) -> Result<bool> {
    Ok(fields.take(name).map(|node| node.boolean()).transpose()?.unwrap_or_default())
}

/// The members of an object of strings.
///
/// # Errors
/// `ERR_INVALID_OPTION` for anything else, naming the member.
pub fn strings_by_name(node: &Node<'_>) -> Result<BTreeMap<String, String>> {
    node.members()?.into_iter().map(|(name, value)| Ok((name.into_owned(), value.string()?))).collect()
}

fn refuse<T>(option: impl Into<Cow<'static, str>>, problem: &'static str) -> Result<T> {
    Err(Error::option(option, problem))
}

/// Whether this is one of the standard environments or the id of a custom one.
fn is_target(target: &str) -> bool {
    STANDARD.contains(&target) || (target.starts_with("env_") && is_plain(target))
}

/// Whether a custom environment is meant.
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
