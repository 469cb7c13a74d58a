//! The run, one request at a time: read, plan, change.
//!
//! A run can stop after any request and start again. Where the outcome of a change is not known, what is there is read and planned
//! anew.

use std::collections::VecDeque;

use countersign::flow::{HttpRequest, HttpResponse, Outcome};
use countersign::secret::Secret;

use super::api;
use super::plan::{Change, ConnectorsReport, Found, plan};
use super::settings::{ConnectorsOptions, Wanted};
use crate::api::{Sent, Verdict, evaluate};
use crate::error::{ApiFailure, Error, Result};
use crate::run::{Patience, Run, RunProgress, Step};
use crate::settings::Account;

/// A run that makes connectors what its options say.
pub struct ConnectorsRun {
    account: Account,
    wanted: Vec<Wanted>,
    secrets: Vec<Secret<String>>,
    allow_removals: bool,
    dry_run: bool,
    /// The plan to carry out and no other, as JSON.
    planned: Option<String>,
    phase: Phase,
    /// With requests that fail.
    patience: Patience,
    /// With plans that are out of date before they are carried out.
    endurance: Patience,
    /// The first plan, which is what the run reports.
    first: Option<ConnectorsReport>,
    progress: RunProgress,
}

enum Phase {
    Reading(Reading),
    /// A plan, and the changes that are left, the first of which was sent.
    Changing(ConnectorsReport, VecDeque<Change>),
    Over,
}

/// The connectors that were read, in the order of the wanted ones. The last is being read.
#[derive(Default)]
struct Reading {
    found: Vec<Option<Found>>,
    /// The cursors of the pages of its projects, once the connector itself was read; `None` for the first page.
    pages: Vec<Option<String>>,
}

impl Reading {
    /// The index of the connector that is being read.
    fn index(&self) -> usize {
        if self.pages.is_empty() { self.found.len() } else { self.found.len().saturating_sub(1) }
    }
}

impl ConnectorsRun {
    /// Begins a run. The first request reads.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION`.
    pub fn begin(options: ConnectorsOptions) -> Result<(Self, HttpRequest)> {
        let (account, wanted) = options.check()?;
        // Every text in what is sent may be a secret.
        let creates = wanted.iter().filter_map(|wanted| wanted.create.as_ref());
        let texts = creates.flat_map(|create| create.expose().split('"')).filter(|text| text.len() >= 8);
        let secrets = texts.map(|text| Secret::new(text.to_owned())).collect();
        let mut this = Self {
            secrets,
            account,
            wanted,
            allow_removals: options.allow_removals,
            dry_run: options.dry_run,
            planned: options.planned,
            phase: Phase::Over,
            patience: Patience::default(),
            endurance: Patience::default(),
            first: None,
            progress: RunProgress::START,
        };
        let request = this.read_anew()?;
        Ok((this, request))
    }

    fn read_anew(&mut self) -> Result<HttpRequest> {
        self.progress = RunProgress::START;
        self.phase = Phase::Reading(Reading::default());
        self.request()
    }

    /// The request that the phase waits for.
    fn request(&self) -> Result<HttpRequest> {
        let over = || Error::from(countersign::Error::Internal("the run is over"));
        match &self.phase {
            Phase::Reading(reading) => {
                let uid = &self.wanted.get(reading.index()).ok_or_else(over)?.uid;
                Ok(match reading.pages.last() {
                    None => api::read(&self.account, uid),
                    Some(cursor) => api::list_projects(&self.account, uid, cursor.as_deref()),
                })
            }
            Phase::Changing(plan, left) => {
                api::change(&self.account, *left.front().ok_or_else(over)?, plan, &self.wanted)
            }
            Phase::Over => Err(over()),
        }
    }

    /// The connector that the request is about.
    fn connector(&self) -> Option<String> {
        match &self.phase {
            Phase::Reading(reading) => self.wanted.get(reading.index()).map(|wanted| wanted.uid.clone()),
            Phase::Changing(plan, left) => left.front().and_then(|change| plan.connector(*change)).cloned(),
            Phase::Over => None,
        }
    }

    /// Notes a response to a request that reads; `None` for a connector that is missing.
    fn after_reading(&mut self, response: Option<&HttpResponse>) -> Result<Step<ConnectorsReport>> {
        let Phase::Reading(reading) = &mut self.phase else {
            return Err(countersign::Error::Internal("nothing was read").into());
        };
        let lists = self.wanted.get(reading.index()).is_some_and(|wanted| wanted.projects.is_some());
        let next = match (response, reading.found.last_mut()) {
            (None, _) => {
                reading.found.push(None);
                None
            }
            (Some(response), Some(Some(found))) if !reading.pages.is_empty() => {
                let page = api::projects(response)?;
                found.projects.extend(page.projects);
                page.next.map(Some)
            }
            (Some(response), _) => {
                let destinations = api::destinations(response)?;
                reading.found.push(Some(Found { destinations, ..Found::default() }));
                lists.then_some(None)
            }
        };
        match next {
            Some(cursor) if reading.pages.contains(&cursor) => {
                return Err(ApiFailure::NotAsDocumented("a list with an end").into());
            }
            Some(cursor) => reading.pages.push(cursor),
            None => {
                reading.pages.clear();
                self.progress.done += 1;
            }
        }
        if reading.pages.is_empty() && reading.found.len() == self.wanted.len() {
            let found = std::mem::take(&mut reading.found);
            return self.begin_changes(&found);
        }
        Ok(send(self.request()?))
    }

    fn begin_changes(&mut self, found: &[Option<Found>]) -> Result<Step<ConnectorsReport>> {
        let report = plan(&self.wanted, found);
        let removals = report.removals();
        match (&self.first, &self.planned) {
            (None, Some(planned)) if serde_json::to_string(&report).ok().as_ref() != Some(planned) => {
                return Err(Error::option("planned", "is out of date: the connectors have changed since"));
            }
            // What others have added since is not removed unasked.
            (Some(first), _) => {
                let known = first.removals();
                if removals.iter().any(|removal| !known.contains(removal)) {
                    return Err(refuse_removals(&removals));
                }
            }
            _ => {}
        }
        if self.dry_run {
            self.phase = Phase::Over;
            return Ok(Step::Done(report));
        }
        if !self.allow_removals && !removals.is_empty() {
            return Err(refuse_removals(&removals));
        }
        let changes = report.changes();
        self.progress = RunProgress { phase: "write", done: 0, total: Some(changes.len()) };
        self.first.get_or_insert_with(|| report.clone());
        self.phase = Phase::Changing(report, changes.into());
        self.go_on()
    }

    fn after_change(&mut self) -> Result<Step<ConnectorsReport>> {
        if let Phase::Changing(_, left) = &mut self.phase {
            left.pop_front();
            self.progress.done += 1;
        }
        self.endurance = Patience::default();
        self.go_on()
    }

    fn go_on(&mut self) -> Result<Step<ConnectorsReport>> {
        if matches!(&self.phase, Phase::Changing(_, left) if left.is_empty()) {
            self.phase = Phase::Over;
            return Ok(Step::Done(self.first.take().unwrap_or_default()));
        }
        Ok(send(self.request()?))
    }

    fn plan_anew(&mut self, error: Error) -> Result<Step<ConnectorsReport>> {
        let delay = self.endurance.after(error, None)?;
        Ok(send(HttpRequest { delay, ..self.read_anew()? }))
    }
}

impl Run for ConnectorsRun {
    type Report = ConnectorsReport;

    fn progress(&self) -> RunProgress {
        self.progress
    }

    /// # Errors
    /// `ERR_EXCHANGE_REJECTED` where Vercel refuses for good, or stays busy or unreachable (`ERR_EXCHANGE_FAILED`,
    /// `ERR_EXCHANGE_TIMEOUT`); `ERR_EXCHANGE_INVALID` for a response that is not as documented; `ERR_INVALID_OPTION` for a plan that
    /// removes something, or is not the planned one. What was changed until then stays changed.
    fn resume(&mut self, outcome: Outcome) -> Result<Step<ConnectorsReport>> {
        let verdict = evaluate(outcome, &Sent { account: &self.account, wanted: None, secrets: &self.secrets });
        let connector = self.connector();
        let about = |error| about(error, connector.clone());
        let retry = match (verdict, &self.phase) {
            (Verdict::Done(response), Phase::Reading(_)) => {
                self.patience = Patience::default();
                return self.after_reading(Some(&response));
            }
            (Verdict::Done(_), _) => {
                self.patience = Patience::default();
                return self.after_change();
            }
            // Only a connector itself may be missing: its projects were listed right after it was read.
            (Verdict::Outdated(_), Phase::Reading(reading)) if reading.pages.is_empty() => {
                return self.after_reading(None);
            }
            (Verdict::Outdated(error), Phase::Changing(_, left)) => match left.front() {
                // Detached meanwhile.
                Some(Change::Disconnect(_)) => return self.after_change(),
                // Created meanwhile.
                Some(Change::Create(_)) => return self.plan_anew(about(error)),
                _ => return Err(about(error)),
            },
            (Verdict::Busy(wait, error), _) => self.patience.after(about(error), wait)?,
            (Verdict::Unknown(error), Phase::Changing(..)) => return self.plan_anew(about(error)),
            (Verdict::Unknown(error), _) => self.patience.after(about(error), None)?,
            (Verdict::Refused(error) | Verdict::Outdated(error), _) => return Err(about(error)),
        };
        Ok(send(HttpRequest { delay: retry, ..self.request()? }))
    }
}

/// Names the connector in a refusal.
fn about(error: Error, connector: Option<String>) -> Error {
    match error {
        Error::Vercel(ApiFailure::Refused(mut refusal)) => {
            refusal.connector = connector;
            Error::Vercel(ApiFailure::Refused(refusal))
        }
        other => other,
    }
}

fn refuse_removals(removals: &[String]) -> Error {
    let first = removals.first().map(String::as_str).unwrap_or_default();
    let count = removals.len();
    let problem = match count {
        1 => format!("must be true to remove {first}"),
        _ => format!("must be true to remove {count} settings, such as {first}"),
    };
    Error::option("allowRemovals", problem)
}

fn send(request: HttpRequest) -> Step<ConnectorsReport> {
    Step::Send(Box::new(request))
}
