//! The requests about connectors, and what responses hold.

use std::collections::{BTreeMap, BTreeSet};

use countersign::encoding::form::push_component;
use countersign::flow::{HttpRequest, HttpResponse, Method};
use serde::{Deserialize, Serialize};

use super::plan::{Change, ConnectionChange, ConnectorsReport};
use super::settings::{TriggerDestination, Wanted};
use crate::api::{json, request_of};
use crate::error::{ApiFailure, Error, Result};
use crate::settings::Account;

/// Reads a connector.
pub fn read(account: &Account, uid: &str) -> HttpRequest {
    request_of(account, Method::Get, &path("v1", uid, ""), &[], None)
}

/// Lists a page of the projects that a connector is attached to.
pub fn list_projects(account: &Account, uid: &str, cursor: Option<&str>) -> HttpRequest {
    let cursor = cursor.map(|cursor| format!("cursor={}", encoded(cursor)));
    request_of(account, Method::Get, &path("v2", uid, "/projects"), &[Some("limit=100"), cursor.as_deref()], None)
}

/// Makes a change of a plan.
///
/// # Errors
/// `ERR_INTERNAL` for a change of another plan.
pub fn change(account: &Account, change: Change, plan: &ConnectorsReport, wanted: &[Wanted]) -> Result<HttpRequest> {
    #[derive(Serialize)]
    struct Environments<'a> {
        environments: &'a [String],
    }
    #[derive(Serialize)]
    struct Destinations<'a> {
        destinations: &'a [TriggerDestination],
    }
    let unknown = || Error::from(countersign::Error::Internal("a change of another plan"));
    let uid = plan.connector(change).ok_or_else(unknown)?;
    let (method, path, body) = match change {
        Change::Create(_) => {
            let create = wanted.iter().find(|wanted| wanted.uid == *uid).and_then(|wanted| wanted.create.clone());
            (Method::Post, "/v1/connect/connectors".to_owned(), create)
        }
        Change::Connect(index) | Change::Disconnect(index) => {
            let ConnectionChange { project_id, after, .. } = plan.connections.get(index).ok_or_else(unknown)?;
            let path = path("v1", uid, &format!("/projects/{project_id}"));
            match change {
                Change::Disconnect(_) => (Method::Delete, path, None),
                _ => (Method::Post, path, Some(json(&Environments { environments: after }))),
            }
        }
        Change::Destinations(index) => {
            let destinations = &plan.destinations.get(index).ok_or_else(unknown)?.after;
            (Method::Patch, path("v1", uid, "/trigger-destinations"), Some(json(&Destinations { destinations })))
        }
    };
    Ok(request_of(account, method, &path, &[], body))
}

fn path(version: &str, uid: &str, rest: &str) -> String {
    format!("/{version}/connect/connectors/{}{rest}", encoded(uid))
}

fn encoded(text: &str) -> String {
    let mut out = String::new();
    push_component(text, &mut out);
    out
}

/// Reads the destinations of a connector.
///
/// # Errors
/// `ERR_EXCHANGE_INVALID` for anything else than a connector.
pub fn destinations(response: &HttpResponse) -> Result<Vec<TriggerDestination>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Connector {
        #[serde(default)]
        trigger_destinations: Vec<TriggerDestination>,
    }
    let connector: Option<Connector> = serde_json::from_slice(&response.body).ok();
    let connector = connector.ok_or(ApiFailure::NotAsDocumented("a connector"))?;
    Ok(connector.trigger_destinations)
}

/// A page of projects, with the cursor of the next.
pub struct ProjectsPage {
    /// The environments that are enabled, by project.
    pub projects: BTreeMap<String, BTreeSet<String>>,
    /// The cursor of the next page.
    pub next: Option<String>,
}

/// Reads a page of projects.
///
/// # Errors
/// `ERR_EXCHANGE_INVALID` for anything else.
pub fn projects(response: &HttpResponse) -> Result<ProjectsPage> {
    #[derive(Deserialize)]
    struct Page {
        projects: Vec<Connection>,
        pagination: Pagination,
    }
    #[derive(Deserialize)]
    struct Pagination {
        next: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Connection {
        enabled_environments: Vec<String>,
        project: Project,
    }
    #[derive(Deserialize)]
    struct Project {
        id: String,
    }
    let page: Option<Page> = serde_json::from_slice(&response.body).ok();
    // An id becomes a part of addresses.
    let sound = |page: &Page| page.projects.iter().all(|row| crate::names::is_plain(&row.project.id));
    let page = page.filter(sound).ok_or(ApiFailure::NotAsDocumented("the projects of a connector"))?;
    let rows = page.projects.into_iter().map(|row| (row.project.id, row.enabled_environments.into_iter().collect()));
    Ok(ProjectsPage { projects: rows.collect(), next: page.pagination.next })
}
