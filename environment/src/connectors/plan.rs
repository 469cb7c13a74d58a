//! The difference between what is wanted and what is there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::settings::{TriggerDestination, Wanted};

/// A project of a connector, with the environments that are enabled before and after. None before: it is attached. None after: it
/// is detached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ConnectionChange {
    /// The connector's uid.
    pub connector: String,
    /// `prj_…`
    pub project_id: String,
    /// The environments before.
    pub before: Vec<String>,
    /// The environments after.
    pub after: Vec<String>,
}

/// The trigger destinations of a connector, which are replaced as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct DestinationsChange {
    /// The connector's uid.
    pub connector: String,
    /// The whole set before.
    pub before: Vec<TriggerDestination>,
    /// The whole set after.
    pub after: Vec<TriggerDestination>,
}

/// The changes of a run, or of a dry run, those that it would make.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ConnectorsReport {
    /// Connectors that were missing and have settings to create them.
    pub created: Vec<String>,
    /// Projects that are attached, changed or detached.
    pub connections: Vec<ConnectionChange>,
    /// Trigger destinations that are replaced.
    pub destinations: Vec<DestinationsChange>,
    /// Connectors that are as wanted.
    pub unchanged: Vec<String>,
    /// Connectors that are missing and have no settings to create them. Nothing is done for them.
    pub missing: Vec<String>,
}

/// A connector as it is.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Its projects with the environments that are enabled.
    pub projects: BTreeMap<String, BTreeSet<String>>,
    /// Its destinations, in any order.
    pub destinations: Vec<TriggerDestination>,
}

/// One request that changes something, by the index of its line in the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Creates a connector.
    Create(usize),
    /// Attaches a project, or replaces its environments.
    Connect(usize),
    /// Replaces the destinations.
    Destinations(usize),
    /// Detaches a project.
    Disconnect(usize),
}

/// Compares what is wanted with what was found, in the same order. A connector that is missing is `None`.
pub fn plan(wanted: &[Wanted], found: &[Option<Found>]) -> ConnectorsReport {
    let mut report = ConnectorsReport::default();
    let nothing = Found::default();
    for (wanted, found) in wanted.iter().zip(found) {
        let uid = wanted.uid.clone();
        if found.is_none() && wanted.create.is_none() {
            report.missing.push(uid);
            continue;
        }
        let before = report.connections.len() + report.destinations.len();
        compare(wanted, found.as_ref().unwrap_or(&nothing), &mut report);
        if found.is_none() {
            report.created.push(uid);
        } else if before == report.connections.len() + report.destinations.len() {
            report.unchanged.push(uid);
        }
    }
    report
}

fn compare(wanted: &Wanted, found: &Found, report: &mut ConnectorsReport) {
    let Wanted { uid, .. } = wanted;
    if let Some(projects) = &wanted.projects {
        let added = projects.keys().filter(|id| !found.projects.contains_key(*id));
        for id in found.projects.keys().chain(added) {
            let list = |of: Option<&BTreeSet<String>>| of.into_iter().flatten().cloned().collect();
            let (old, new) = (found.projects.get(id), projects.get(id));
            if old != new {
                let (connector, project_id) = (uid.clone(), id.clone());
                report.connections.push(ConnectionChange {
                    connector,
                    project_id,
                    before: list(old),
                    after: list(new),
                });
            }
        }
    }
    if let Some(destinations) = &wanted.destinations {
        let same = destinations.len() == found.destinations.len()
            && destinations.iter().all(|destination| found.destinations.contains(destination));
        if !same {
            let (before, after) = (found.destinations.clone(), destinations.clone());
            report.destinations.push(DestinationsChange { connector: uid.clone(), before, after });
        }
    }
}

impl ConnectorsReport {
    /// The requests in a safe order: what is added comes before what is removed.
    pub fn changes(&self) -> Vec<Change> {
        let indices = |detached: bool| {
            let connections = self.connections.iter().enumerate();
            connections.filter(move |(_, change)| change.after.is_empty() == detached).map(|(index, _)| index)
        };
        (0..self.created.len())
            .map(Change::Create)
            .chain(indices(false).map(Change::Connect))
            .chain((0..self.destinations.len()).map(Change::Destinations))
            .chain(indices(true).map(Change::Disconnect))
            .collect()
    }

    /// The uid of the connector that a change is about.
    pub fn connector(&self, change: Change) -> Option<&String> {
        match change {
            Change::Create(index) => self.created.get(index),
            Change::Connect(index) | Change::Disconnect(index) => {
                self.connections.get(index).map(|change| &change.connector)
            }
            Change::Destinations(index) => self.destinations.get(index).map(|change| &change.connector),
        }
    }

    /// Describes the removals among the changes, in words.
    pub fn removals(&self) -> Vec<String> {
        let mut removals = Vec::new();
        for ConnectionChange { connector, project_id, before, after } in &self.connections {
            for name in before.iter().filter(|name| !after.contains(name)) {
                removals.push(format!("the environment {name} of {project_id} from {connector}"));
            }
            // A project can be attached without an environment.
            if before.is_empty() && after.is_empty() {
                removals.push(format!("{project_id} from {connector}"));
            }
        }
        for DestinationsChange { connector, before, after } in &self.destinations {
            for gone in before.iter().filter(|destination| !after.contains(destination)) {
                let place = gone.branch.as_deref().or(gone.custom_environment_id.as_deref()).unwrap_or("production");
                let path = gone.path.as_deref().unwrap_or_default();
                removals.push(format!("the destination {} {place} {path} from {connector}", gone.project_id));
            }
        }
        removals
    }
}
