//! The synchronisation, one request at a time: read, plan, change.
//!
//! It can stop after any request and be begun again. A change whose outcome is not known is never repeated: what is there
//! is read anew and planned anew, so that it comes to the same end as a run that was killed and started again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use countersign::flow::{HttpRequest, HttpResponse, Outcome};
use serde::Serialize;

use crate::api::{self, Verdict};
use crate::error::{ApiFailure, Error, Result};
use crate::plan::{Action, Change, Plan, Reading};
use crate::run::{Patience, Run, RunProgress, Step};
use crate::settings::{Project, SyncOptions, Wanted};

/// The changes of a synchronisation, or of a dry run, those that it would make. Names only.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct SyncReport {
    /// Were not there.
    pub created: Vec<String>,
    /// Had another value, type, environments or marker.
    pub updated: Vec<String>,
    /// Were as wanted.
    pub unchanged: Vec<String>,
    /// Were set by an earlier run of this stack, and are not wanted any more.
    pub removed: Vec<String>,
    /// Are wanted and were not written: another owner has set a variable of that name in one of the environments.
    pub foreign: Vec<String>,
}

/// A synchronisation.
pub struct Sync {
    project: Project,
    wanted: Wanted,
    dry_run: bool,
    phase: Phase,
    /// With requests that fail.
    patience: Patience,
    /// With plans that are out of date before they are carried out.
    endurance: Patience,
    /// What was sent for a variable, whatever came of it; the first plan decides how it is called.
    sent: BTreeMap<String, Action>,
    removed: BTreeSet<String>,
    progress: RunProgress,
}

enum Phase {
    /// Pages are read; the number is the `until` of the one that was asked for.
    Reading(Reading, Option<u64>),
    /// Changes are made, the first of which was sent. What others have set meanwhile is in the way of some.
    Changing { plan: Plan, left: VecDeque<Change>, conflict: Option<Error> },
    /// The end.
    Over,
}

impl Sync {
    /// Begins a run. The first request reads.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION`.
    pub fn begin(options: SyncOptions) -> Result<(Self, HttpRequest)> {
        let (project, wanted, dry_run) = options.check()?;
        let mut this = Self {
            project,
            wanted,
            dry_run,
            phase: Phase::Over,
            patience: Patience::default(),
            endurance: Patience::default(),
            sent: BTreeMap::new(),
            removed: BTreeSet::new(),
            progress: RunProgress::START,
        };
        let request = this.read(Reading::default(), None);
        Ok((this, request))
    }

    fn read(&mut self, reading: Reading, until: Option<u64>) -> HttpRequest {
        if until.is_none() {
            self.progress = RunProgress::START;
        }
        self.phase = Phase::Reading(reading, until);
        api::list(&self.project, until)
    }

    fn after_page(
        &mut self,
        mut reading: Reading,
        until: Option<u64>,
        response: &HttpResponse,
    ) -> Result<Step<SyncReport>> {
        let page = api::page(response)?;
        page.envs.iter().for_each(|row| reading.note(row, &self.wanted));
        self.progress.done += page.envs.len();
        match page.pagination.and_then(|pagination| pagination.next) {
            // Pages go back in time: one that does not would never end.
            Some(next) if until.is_some_and(|until| next >= until) => {
                Err(ApiFailure::NotAsDocumented("a list with an end").into())
            }
            Some(next) => Ok(send(self.read(reading, Some(next)))),
            None => self.begin_changes(reading),
        }
    }

    fn begin_changes(&mut self, reading: Reading) -> Result<Step<SyncReport>> {
        let plan = reading.plan(&self.wanted);
        if self.dry_run {
            return Ok(Step::Done(self.report(&plan, true)));
        }
        let left = plan.changes(&self.wanted);
        let total = left.iter().map(Change::size).sum();
        self.progress = RunProgress { phase: "write", done: 0, total: Some(total) };
        self.go_on(plan, left, None)
    }

    fn after_change(&mut self, phase: Phase, response: &HttpResponse) -> Result<Step<SyncReport>> {
        let Phase::Changing { plan, mut left, mut conflict } = phase else {
            return Err(countersign::Error::Internal("no change was sent").into());
        };
        if let Some(done) = left.pop_front() {
            self.progress.done += done.size();
            let writes = matches!(done, Change::Create(_) | Change::Overwrite(_));
            match if writes { api::conflict(response)? } else { None } {
                None => self.endurance = Patience::default(),
                found => conflict = found,
            }
        }
        self.go_on(plan, left, conflict)
    }

    fn go_on(&mut self, plan: Plan, left: VecDeque<Change>, conflict: Option<Error>) -> Result<Step<SyncReport>> {
        match left.front() {
            Some(change) => {
                self.note_sent(change);
                let request = self.request(change);
                self.phase = Phase::Changing { plan, left, conflict };
                Ok(send(request))
            }
            None => match conflict {
                // The next plan sees what others have set, and calls it foreign.
                Some(error) => self.plan_anew(error),
                None => Ok(Step::Done(self.report(&plan, false))),
            },
        }
    }

    fn plan_anew(&mut self, error: Error) -> Result<Step<SyncReport>> {
        let delay = self.endurance.after(error, None)?;
        Ok(send(HttpRequest { delay, ..self.read(Reading::default(), None) }))
    }

    fn request(&self, change: &Change) -> HttpRequest {
        let Self { project, wanted, .. } = self;
        match change {
            // Not as an upsert: a variable that another program has set since must not be written over.
            Change::Create(names) => api::write(project, wanted, names, false),
            Change::Overwrite(names) => api::write(project, wanted, names, true),
            Change::Move { name, id } => api::edit(project, wanted, id, name),
            Change::Remove { ids, .. } => api::remove(project, ids),
        }
    }

    fn repeat(&self, phase: &Phase) -> HttpRequest {
        match phase {
            Phase::Changing { left, .. } if let Some(change) = left.front() => self.request(change),
            Phase::Reading(_, until) => api::list(&self.project, *until),
            _ => api::list(&self.project, None),
        }
    }

    fn note_sent(&mut self, change: &Change) {
        let (names, action) = match change {
            Change::Create(names) => (names.as_slice(), Action::Create),
            Change::Overwrite(names) => (names.as_slice(), Action::Update),
            Change::Move { name, .. } => (std::slice::from_ref(name), Action::Update),
            Change::Remove { names, .. } => {
                self.removed.extend(names.iter().filter(|name| !self.wanted.variables.contains_key(*name)).cloned());
                return;
            }
        };
        for name in names {
            self.sent.entry(name.clone()).or_insert(action);
        }
    }

    fn report(&self, plan: &Plan, planned: bool) -> SyncReport {
        let mut report = SyncReport::default();
        for (name, action) in &plan.actions {
            // A plan that was made anew finds what this run has written before: the first one names it.
            let action = if *action == Action::Foreign { action } else { self.sent.get(name).unwrap_or(action) };
            match action {
                Action::Create => &mut report.created,
                Action::Update => &mut report.updated,
                Action::Unchanged => &mut report.unchanged,
                Action::Foreign => &mut report.foreign,
            }
            .push(name.clone());
        }
        report.removed = match planned {
            true => plan.leftover.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
            false => self.removed.iter().cloned().collect(),
        };
        report
    }
}

impl Run for Sync {
    type Report = SyncReport;

    fn progress(&self) -> RunProgress {
        self.progress
    }

    /// # Errors
    /// `ERR_EXCHANGE_REJECTED` where Vercel refuses for good, or stays busy or unreachable (`ERR_EXCHANGE_FAILED`,
    /// `ERR_EXCHANGE_TIMEOUT`) however often it is asked; `ERR_EXCHANGE_INVALID` for an answer that is not as documented.
    /// What was changed until then stays changed, and a new run goes on from there.
    fn resume(&mut self, outcome: Outcome) -> Result<Step<SyncReport>> {
        match (api::evaluate(outcome), std::mem::replace(&mut self.phase, Phase::Over)) {
            (_, Phase::Over) => Err(countersign::Error::Internal("the run is over").into()),
            (Verdict::Done(response), phase) => {
                self.patience = Patience::default();
                match phase {
                    Phase::Reading(reading, until) => self.after_page(reading, until, &response),
                    phase => self.after_change(phase, &response),
                }
            }
            (Verdict::Busy(wait, error), phase) => {
                let delay = self.patience.after(error, wait)?;
                let request = self.repeat(&phase);
                self.phase = phase;
                Ok(send(HttpRequest { delay, ..request }))
            }
            (Verdict::Unknown(error), Phase::Reading(reading, until)) => {
                let delay = self.patience.after(error, None)?;
                Ok(send(HttpRequest { delay, ..self.read(reading, until) }))
            }
            // A variable that is already gone is removed; a project that is gone was named by mistake.
            (Verdict::Unknown(error) | Verdict::Outdated(error), Phase::Changing { .. }) => self.plan_anew(error),
            (Verdict::Refused(error) | Verdict::Outdated(error), _) => Err(error),
        }
    }
}

impl Change {
    /// How many variables it is about.
    pub fn size(&self) -> usize {
        match self {
            Self::Create(names) | Self::Overwrite(names) | Self::Remove { names, .. } => names.len(),
            Self::Move { .. } => 1,
        }
    }
}

fn send(request: HttpRequest) -> Step<SyncReport> {
    Step::Send(Box::new(request))
}
