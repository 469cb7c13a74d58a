//! Vercel's REST API for the environment variables of one project, as far as its rules are known.

use std::collections::BTreeSet;

use countersign::flow::{FetchFailure, HttpRequest, HttpResponse, Method, Outcome};
use countersign_environment::Result;
use countersign_environment::run::{Run, Step};
use countersign_environment::settings::SyncOptions;
use countersign_environment::sync::{Sync, SyncReport};
use serde_json::{Value, json};

/// One variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub id: u64,
    pub key: String,
    pub value: String,
    pub kind: String,
    pub targets: BTreeSet<String>,
    pub branch: Option<String>,
    pub comment: Option<String>,
}

/// One project.
#[derive(Debug, Clone, Default)]
pub struct Project {
    pub variables: Vec<Variable>,
    pub page: usize,
    pub requests: Vec<(Method, String)>,
    next_id: u64,
}

impl Project {
    pub fn new(page: usize) -> Self {
        Self { page, ..Self::default() }
    }

    /// Adds a variable, unless another of its name is in one of its environments.
    pub fn add(&mut self, mut variable: Variable) -> bool {
        let clash = self.variables.iter().any(|other| clashes(other, &variable));
        if !clash {
            self.next_id += 1;
            variable.id = self.next_id;
            self.variables.push(variable);
        }
        !clash
    }

    /// The content without the ids.
    pub fn content(&self) -> Vec<Variable> {
        let mut content = self.variables.clone();
        content.iter_mut().for_each(|variable| variable.id = 0);
        content.sort_by(|a, b| (&a.key, &a.targets, &a.branch).cmp(&(&b.key, &b.targets, &b.branch)));
        content
    }

    /// Carries a request out.
    pub fn answer(&mut self, request: &HttpRequest) -> Outcome {
        self.requests.push((request.method, request.url.clone()));
        let (path, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
        let path = path.strip_prefix("https://api.vercel.com/").expect("the API");
        let body: Value =
            request.body.as_ref().map_or(Value::Null, |body| serde_json::from_str(body.expose()).unwrap());
        let query: Vec<&str> = query.split('&').collect();
        assert!(query.contains(&"slug=acme"), "{query:?}");
        match (request.method, path) {
            (Method::Get, "v10/projects/site/env") => self.list(&query),
            (Method::Post, "v10/projects/site/env") => self.write(&body, query.contains(&"upsert=true")),
            (Method::Delete, "v1/projects/site/env") => self.remove(&body),
            (Method::Patch, path) => self.edit(path.strip_prefix("v9/projects/site/env/").expect("an id"), &body),
            _ => panic!("no such endpoint: {:?} {path}", request.method),
        }
    }

    /// The newest first; the ids count as times.
    fn list(&self, query: &[&str]) -> Outcome {
        assert!(query.contains(&"decrypt=true"));
        let until =
            query.iter().find_map(|part| part.strip_prefix("until=")).map(|until| until.parse::<u64>().unwrap());
        let mut rows: Vec<&Variable> =
            self.variables.iter().filter(|variable| until.is_none_or(|until| variable.id < until)).collect();
        rows.sort_by_key(|variable| std::cmp::Reverse(variable.id));
        let more = rows.len() > self.page;
        rows.truncate(self.page);
        let next = rows.last().filter(|_| more).map(|variable| variable.id);
        let rows: Vec<Value> = rows.into_iter().map(row).collect();
        respond(200, &json!({ "pagination": { "count": rows.len(), "next": next, "prev": null }, "envs": rows }))
    }

    fn write(&mut self, body: &Value, upsert: bool) -> Outcome {
        let mut failed = Vec::new();
        for item in body.as_array().expect("a batch") {
            let new = variable(item);
            let same = |old: &&mut Variable| clashes(old, &new) && old.targets == new.targets;
            if upsert && let Some(old) = self.variables.iter_mut().find(same) {
                *old = Variable { id: old.id, ..new };
            } else if !self.add(new.clone()) {
                failed.push(json!({ "error": { "code": "ENV_CONFLICT", "message": new.value, "envVarKey": new.key } }));
            }
        }
        respond(201, &json!({ "created": [], "failed": failed }))
    }

    fn edit(&mut self, id: &str, body: &Value) -> Outcome {
        let id: u64 = id.parse().expect("an id");
        let Some(at) = self.variables.iter().position(|variable| variable.id == id) else {
            return respond(404, &json!({ "error": { "code": "not_found", "message": "gone" } }));
        };
        let old = &self.variables[at];
        // What is left out stays as it is.
        let mut whole = row(old);
        whole["value"] = old.value.clone().into();
        whole.as_object_mut().expect("a row").extend(body.as_object().expect("a body").clone());
        let new = Variable { id, branch: old.branch.clone(), ..variable(&whole) };
        if self.variables.iter().any(|other| other.id != id && clashes(other, &new)) {
            return respond(400, &json!({ "error": { "code": "ENV_ALREADY_EXISTS", "message": new.value } }));
        }
        self.variables[at] = new.clone();
        respond(200, &row(&new))
    }

    fn remove(&mut self, body: &Value) -> Outcome {
        let ids: Vec<u64> =
            body["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().parse().unwrap()).collect();
        assert!(!ids.is_empty() && ids.len() <= 100);
        self.variables.retain(|variable| !ids.contains(&variable.id));
        respond(200, &json!({ "deleted": ids.len(), "ids": body["ids"] }))
    }
}

fn clashes(one: &Variable, other: &Variable) -> bool {
    one.key == other.key && one.branch == other.branch && !one.targets.is_disjoint(&other.targets)
}

fn respond(status: u16, body: &Value) -> Outcome {
    Outcome::answered(status, body.to_string())
}

fn row(variable: &Variable) -> Value {
    let (custom, standard): (Vec<_>, Vec<_>) = variable.targets.iter().partition(|target| target.starts_with("env_"));
    let sensitive = variable.kind == "sensitive";
    json!({
        "id": variable.id.to_string(),
        "key": variable.key,
        "value": if sensitive { "" } else { &variable.value },
        "decrypted": !sensitive,
        "type": variable.kind,
        "target": standard,
        "customEnvironmentIds": custom,
        "gitBranch": variable.branch,
        "comment": variable.comment,
    })
}

fn variable(body: &Value) -> Variable {
    let texts = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    let targets = texts("target").into_iter().chain(texts("customEnvironmentIds"));
    let text = |name: &str| body[name].as_str().expect(name).to_owned();
    let targets: BTreeSet<String> = targets.map(|target| target.as_str().unwrap().to_owned()).collect();
    assert!(!targets.is_empty());
    let comment = body["comment"].as_str().map(str::to_owned);
    assert!(comment.as_ref().is_none_or(|comment| comment.len() <= 500));
    let branch = body["gitBranch"].as_str().map(str::to_owned);
    assert!(branch.is_none() || targets.iter().eq(["preview"]), "a branch has previews only");
    Variable { id: 0, key: text("key"), value: text("value"), kind: text("type"), targets, branch, comment }
}

/// A fault of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The request is lost.
    Lost,
    /// The request is carried out, and its response is lost.
    AnswerLost,
    /// Vercel is busy.
    Busy,
    /// Vercel fails after it has done what it was asked for.
    FailedLate,
}

/// Runs to the end, with this fault at that request; nothing goes wrong at `None`.
pub fn run(project: &mut Project, options: Value, fault: impl Fn(usize) -> Option<Trouble>) -> Result<SyncReport> {
    let (mut sync, mut request) = Sync::begin(read(options))?;
    for number in 0.. {
        assert!(number < 500, "it does not end");
        let outcome = match fault(number) {
            None => project.answer(&request),
            Some(Trouble::Lost) => Outcome::Failed(FetchFailure::Timeout),
            Some(Trouble::AnswerLost) => {
                project.answer(&request);
                Outcome::Failed(FetchFailure::Network)
            }
            Some(Trouble::Busy) => {
                let headers = vec![("retry-after".to_owned(), "7".to_owned())];
                Outcome::Response(HttpResponse { status: 429, headers, body: Vec::new() })
            }
            Some(Trouble::FailedLate) => {
                project.answer(&request);
                Outcome::answered(500, "")
            }
        };
        match sync.resume(outcome)? {
            Step::Send(next) => request = *next,
            Step::Done(report) => return Ok(report),
        }
    }
    unreachable!()
}

/// Runs until `requests` have been carried out, and no further.
pub fn run_and_kill(project: &mut Project, options: Value, requests: usize) {
    let (mut sync, mut request) = Sync::begin(read(options)).expect("options");
    for _ in 0..requests {
        match sync.resume(project.answer(&request)).expect("no refusal") {
            Step::Send(next) => request = *next,
            Step::Done(_) => return,
        }
    }
}

pub fn read(mut options: Value) -> SyncOptions {
    let members = options.as_object_mut().expect("an object");
    members.retain(|_, value| !value.is_null());
    members.entry("allowRemovals").or_insert(true.into());
    try_read(options).expect("options")
}

pub fn try_read(options: Value) -> Result<SyncOptions> {
    SyncOptions::read(&serde_json::from_value(options).expect("plain data"))
}
