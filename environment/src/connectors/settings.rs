//! The options of a run, read and checked before anything is sent.

use std::collections::{BTreeMap, BTreeSet};

use countersign::options::{self, OneOrMore, OptionValue};
use countersign::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::names::is_plain;
use crate::settings::{Account, HOST_OPTIONS, is_target, refuse};

/// The most destinations of one connector, as the service documents it.
const MAX_DESTINATIONS: usize = 3;

/// Options of `syncConnectors`. Unknown members are refused.
#[derive(Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ConnectorsOptions {
    /// The team's id (`team_…`) or slug. Default: the account that the token belongs to.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub team: Option<String>,
    /// A Vercel access token that may read and write the team's connectors.
    pub token: String,
    /// Another address of Vercel's REST API, for tests. Default: `https://api.vercel.com`.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub api_url: Option<String>,
    /// The connectors by uid, such as `slack/acme-bot`. Connectors that are not named stay as they are.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Record<string, ConnectorSettings>"))]
    pub connectors: BTreeMap<String, ConnectorSettings>,
    /// Lets the run detach projects, disable environments and drop trigger destinations. Default: false, which refuses a run
    /// that would, before anything is changed.
    #[serde(default)]
    pub allow_removals: bool,
    /// The report of a dry run, as JSON. A run whose plan differs from it is refused before anything is changed.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub planned: Option<String>,
    /// Reads and plans, and changes nothing. Default: false.
    #[serde(default)]
    pub dry_run: bool,
}

/// The settings of one connector. What is left out stays as it is.
#[derive(Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ConnectorSettings {
    /// The body that creates the connector where it is missing, as JSON. It holds secrets.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub create: Option<String>,
    /// All projects that it is attached to, by id (`prj_…`), with the environments that may request tokens.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Record<string, Target | readonly Target[]>"))]
    pub projects: Option<BTreeMap<String, OneOrMore>>,
    /// All destinations of its triggers, at most three; an empty array removes them.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "readonly TriggerDestination[]"))]
    pub trigger_destinations: Option<Vec<TriggerDestination>>,
}

/// A route that gets the deliveries of a trigger: in production, unless a branch or a custom environment is named.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct TriggerDestination {
    /// `prj_…`
    pub project_id: String,
    /// The Git branch whose preview deployment gets them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub branch: Option<String>,
    /// The id of the custom environment that gets them (`env_…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub custom_environment_id: Option<String>,
    /// The path of the route. Required in settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "string"))]
    pub path: Option<String>,
}

impl TriggerDestination {
    /// The environment whose deployment gets the deliveries.
    fn environment(&self) -> &str {
        match (&self.custom_environment_id, &self.branch) {
            (Some(id), _) => id,
            (None, Some(_)) => "preview",
            (None, None) => "production",
        }
    }

    fn problem(&self) -> Option<&'static str> {
        if !is_project(&self.project_id) {
            return Some("must name a project by its id (`prj_…`)");
        }
        if self.branch.is_some() && self.custom_environment_id.is_some() {
            return Some("must not have both `branch` and `customEnvironmentId`");
        }
        if self.branch.as_deref().is_some_and(str::is_empty) {
            return Some("must name a branch, or leave `branch` out");
        }
        if self.custom_environment_id.as_deref().is_some_and(|id| !id.starts_with("env_") || !is_target(id)) {
            return Some("must name a custom environment by its id (`env_…`)");
        }
        let path = self.path.as_deref();
        (!path.is_some_and(|path| path.starts_with('/') && !path.chars().any(char::is_whitespace)))
            .then_some("must have a `path` that begins with `/`")
    }
}

/// The validated settings of one connector.
pub struct Wanted {
    /// The connector's uid.
    pub uid: String,
    /// The body that creates it.
    pub create: Option<Secret<String>>,
    /// All its projects with their environments.
    pub projects: Option<BTreeMap<String, BTreeSet<String>>>,
    /// All its destinations, in any order.
    pub destinations: Option<Vec<TriggerDestination>>,
}

impl ConnectorsOptions {
    /// Reads options.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for a member that is missing, unknown or of the wrong type.
    pub fn read(options: &OptionValue) -> Result<Self> {
        Ok(options::read(options, HOST_OPTIONS)?)
    }

    /// The checked form of account and connectors.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` naming the option, and within `connectors` the connector and its member; never a value.
    pub fn check(&self) -> Result<(Account, Vec<Wanted>)> {
        let account = Account::new(self.team.clone(), self.token.clone(), self.api_url.clone())?;
        if self.connectors.is_empty() {
            return refuse("connectors", "must name a connector");
        }
        let wanted = self.connectors.iter().map(|(uid, settings)| settings.check(uid));
        Ok((account, wanted.collect::<Result<_>>()?))
    }
}

impl ConnectorSettings {
    fn check(&self, uid: &str) -> Result<Wanted> {
        // A segment of dots would vanish from an address, however it is encoded.
        let dots = uid.chars().all(|character| character == '.');
        if dots || uid.len() > 200 || uid.trim() != uid || uid.chars().any(char::is_control) {
            return refuse("connectors", "must have the uids of connectors as keys, such as `slack/acme-bot`");
        }
        let option = |member: &str| format!("connectors.{uid}.{member}");
        let mut projects = self.projects.as_ref().map(|_| BTreeMap::new());
        for (id, OneOrMore(environments)) in self.projects.iter().flatten() {
            if !is_project(id) {
                return refuse(option("projects"), "must have ids of projects (`prj_…`) as keys");
            }
            if environments.is_empty() || !environments.iter().all(|environment| is_target(environment)) {
                let problem = "must name `production`, `preview`, `development` or ids of custom environments";
                return refuse(option(&format!("projects.{id}")), problem);
            }
            if let Some(projects) = &mut projects {
                projects.insert(id.clone(), environments.iter().cloned().collect());
            }
        }
        let destinations = self.check_destinations(&option, projects.as_ref())?;
        let create = self.create.clone().map(Secret::new);
        Ok(Wanted { uid: uid.to_owned(), create, projects, destinations })
    }

    fn check_destinations(
        &self,
        option: &impl Fn(&str) -> String,
        projects: Option<&BTreeMap<String, BTreeSet<String>>>,
    ) -> Result<Option<Vec<TriggerDestination>>> {
        let Some(destinations) = &self.trigger_destinations else { return Ok(None) };
        if destinations.len() > MAX_DESTINATIONS {
            return refuse(option("triggerDestinations"), "must have at most three elements");
        }
        for (index, destination) in destinations.iter().enumerate() {
            let option = option(&format!("triggerDestinations[{index}]"));
            if let Some(problem) = destination.problem() {
                return refuse(option, problem);
            }
            if destinations.iter().take(index).any(|other| other == destination) {
                return refuse(option, "must not be there twice");
            }
            // A destination enables token requests for its environment, which the next plan would take back.
            let enabled = |projects: &BTreeMap<String, BTreeSet<String>>| {
                projects.get(&destination.project_id).is_some_and(|names| names.contains(destination.environment()))
            };
            if projects.is_some_and(|projects| !enabled(projects)) {
                return refuse(option, "must be for an environment that `projects` enables");
            }
        }
        Ok(Some(destinations.clone()))
    }
}

fn is_project(id: &str) -> bool {
    id.starts_with("prj_") && is_plain(id)
}
