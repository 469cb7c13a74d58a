//! The synchronisation, one request at a time: read, plan, change.
//!
//! A synchronisation can stop after any request and start again. A change whose outcome is not known is never repeated: what is there
//! is read anew and planned anew, so that it comes to the same end as a run that was killed and started again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use countersign::flow::{FetchFailure, HttpRequest, HttpResponse, Outcome};
use serde::Serialize;

use crate::api::{self, Sent, Verdict};
use crate::error::{ApiFailure, Error, Result};
use crate::plan::{Action, Change, Placed, Plan, Reading};
use crate::run::{Patience, Run, RunProgress, Step};
use crate::settings::{Project, SyncOptions, Wanted};

/// A variable in a report, by name and environments; never its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct SyncLine {
    /// The name.
    pub name: String,
    /// The environments: standard ones by name, custom ones by id.
    pub targets: Vec<String>,
}

/// The changes of a synchronisation, or of a dry run, those that it would make.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct SyncReport {
    /// Were not there.
    pub created: Vec<SyncLine>,
    /// Had another value, type, environments or marker.
    pub updated: Vec<SyncLine>,
    /// Were a person's, and are this stack's now, by `takeOver`.
    pub taken_over: Vec<SyncLine>,
    /// Were as wanted.
    pub unchanged: Vec<SyncLine>,
    /// Were set by an earlier run of this stack, and are not wanted any more in these environments.
    pub removed: Vec<SyncLine>,
    /// Are wanted and were not written: another owner has set a variable of that name in one of the environments.
    pub foreign: Vec<SyncLine>,
    /// The environments whose variables changed, but for `development`. Deployments that exist keep their variables, so
    /// these need a new deployment.
    pub needs_deployment: Vec<String>,
    /// The outcome of the call of `deployHook`. Missing where it was not called: nothing changed, or it was a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub deploy_hook: Option<DeployHookCall>,
}

/// The outcome of the call of a deploy hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct DeployHookCall {
    /// Whether the hook accepted the call. Where it did not, call it by hand: the next run has nothing left to change.
    pub ok: bool,
    /// Why it did not, without the hook's URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub reason: Option<String>,
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
    /// The value that was sent for a variable, whatever the outcome; the first plan decides its name.
    sent: BTreeMap<String, Action>,
    removed: BTreeMap<String, BTreeSet<String>>,
    progress: RunProgress,
}

enum Phase {
    /// Pages are read; the number is the `until` of the one that was asked for.
    Reading(Reading, Option<u64>),
    /// Changes are made, the first of which was sent. What others have set meanwhile is in the way of some.
    Changing { plan: Plan, left: VecDeque<Change>, conflict: Option<Error> },
    /// The deploy hook was called; the report is otherwise complete.
    Deploying(Box<SyncReport>),
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
            removed: BTreeMap::new(),
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
        if !self.wanted.allow_removals {
            refuse_removals(&plan)?;
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
            match if writes { api::conflict(response, &self.sent_words())? } else { None } {
                None => self.endurance = Patience::default(),
                found => conflict = found,
            }
        }
        self.go_on(plan, left, conflict)
    }

    fn sent_words(&self) -> Sent<'_> {
        Sent { account: &self.project.account, wanted: Some(&self.wanted), secrets: &[] }
    }

    fn go_on(&mut self, plan: Plan, left: VecDeque<Change>, conflict: Option<Error>) -> Result<Step<SyncReport>> {
        match left.front() {
            Some(change) => {
                self.note_sent(change, &plan);
                let request = self.request(change);
                self.phase = Phase::Changing { plan, left, conflict };
                Ok(send(request))
            }
            None => match conflict {
                // The next plan sees what others have set, and calls it foreign.
                Some(error) => self.plan_anew(error),
                None => {
                    let report = self.report(&plan, false);
                    Ok(self.deploy(report))
                }
            },
        }
    }

    /// Calls the deploy hook where there is one and something has changed that a deployment sees.
    fn deploy(&mut self, report: SyncReport) -> Step<SyncReport> {
        match &self.wanted.deploy_hook {
            Some(hook) if !report.needs_deployment.is_empty() => {
                let request = api::deploy(hook);
                self.phase = Phase::Deploying(Box::new(report));
                send(request)
            }
            _ => Step::Done(report),
        }
    }

    /// Repeats the call where it may help. A call whose outcome is unknown may then start a second deployment of the same
    /// state. The variables are in step by now, so a hook that fails is a part of the report and not an error.
    fn after_deploy(&mut self, mut report: Box<SyncReport>, outcome: Outcome) -> Step<SyncReport> {
        let (wait, error) = match api::evaluate(outcome, &self.sent_words()) {
            Verdict::Done(_) => {
                report.deploy_hook = Some(DeployHookCall { ok: true, reason: None });
                return Step::Done(*report);
            }
            Verdict::Busy(wait, error) => (wait, Ok(error)),
            Verdict::Unknown(error) => (None, Ok(error)),
            Verdict::Outdated(error) | Verdict::Refused(error) => (None, Err(error)),
        };
        match error.and_then(|error| self.patience.after(error, wait)) {
            Ok(delay) => {
                let request = self.wanted.deploy_hook.as_ref().map(api::deploy);
                let Some(request) = request else { return Step::Done(*report) };
                self.phase = Phase::Deploying(report);
                send(HttpRequest { delay, ..request })
            }
            Err(error) => {
                report.deploy_hook = Some(DeployHookCall { ok: false, reason: Some(hook_problem(&error)) });
                Step::Done(*report)
            }
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
            Change::Narrow(placed) => api::narrow(project, &placed.id, &placed.outside),
            Change::Remove(placed) => {
                let ids: Vec<_> = placed.iter().map(|placed| placed.id.clone()).collect();
                api::remove(project, &ids)
            }
        }
    }

    fn repeat(&self, phase: &Phase) -> HttpRequest {
        match phase {
            Phase::Changing { left, .. } if let Some(change) = left.front() => self.request(change),
            Phase::Reading(_, until) => api::list(&self.project, *until),
            _ => api::list(&self.project, None),
        }
    }

    fn note_sent(&mut self, change: &Change, plan: &Plan) {
        match change {
            Change::Create(names) | Change::Overwrite(names) => {
                names.iter().for_each(|name| self.note_written(name, plan));
            }
            Change::Move { name, .. } => self.note_written(name, plan),
            Change::Narrow(placed) => self.note_removed(placed, plan),
            Change::Remove(placed) => placed.iter().for_each(|placed| self.note_removed(placed, plan)),
        }
    }

    fn note_written(&mut self, name: &str, plan: &Plan) {
        let action = plan.actions.get(name).copied().unwrap_or(Action::Create);
        self.sent.entry(name.to_owned()).or_insert(action);
    }

    fn note_removed(&mut self, placed: &Placed, plan: &Plan) {
        match plan.actions.get(&placed.name) {
            None => self.removed.entry(placed.name.clone()).or_default().extend(placed.inside.iter().cloned()),
            // What replaces it is written later, perhaps by a plan that does not find it any more.
            Some(Action::Update | Action::TakeOver) => self.note_written(&placed.name, plan),
            Some(_) => {}
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
                Action::TakeOver => &mut report.taken_over,
                Action::Unchanged => &mut report.unchanged,
                Action::Foreign => &mut report.foreign,
            }
            .push(SyncLine { name: name.clone(), targets: self.wanted.targets.iter().cloned().collect() });
        }
        report.removed = if planned { lines(&removals(plan)) } else { lines(&self.removed) };
        report.needs_deployment = report.changed_for_deployments();
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
        let phase = match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Deploying(report) => return Ok(self.after_deploy(report, outcome)),
            phase => phase,
        };
        match (api::evaluate(outcome, &self.sent_words()), phase) {
            (_, Phase::Over | Phase::Deploying(_)) => Err(countersign::Error::Internal("the run is over").into()),
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

impl SyncReport {
    /// The environments of everything that changed, but for the one that no deployment has.
    fn changed_for_deployments(&self) -> Vec<String> {
        let changed = [&self.created, &self.updated, &self.taken_over, &self.removed];
        let targets: BTreeSet<&String> = changed.into_iter().flatten().flat_map(|line| &line.targets).collect();
        targets.into_iter().filter(|target| *target != "development").cloned().collect()
    }
}

/// Why a hook did not accept a call. Its code and words are left out: they may repeat the secret of the URL.
fn hook_problem(error: &Error) -> String {
    match error {
        Error::Vercel(ApiFailure::Refused(refusal)) if refusal.status > 0 => {
            format!("it answered with status {}", refusal.status)
        }
        Error::Vercel(ApiFailure::Unreachable(FetchFailure::Timeout)) => "it did not answer in time".to_owned(),
        Error::Vercel(ApiFailure::Refused(_)) => "it redirected the request, which is not followed".to_owned(),
        _ => "it could not be reached".to_owned(),
    }
}

impl Change {
    /// How many variables it is about.
    pub fn size(&self) -> usize {
        match self {
            Self::Create(names) | Self::Overwrite(names) => names.len(),
            Self::Remove(placed) => placed.len(),
            Self::Move { .. } | Self::Narrow(_) => 1,
        }
    }
}

/// The variables that a plan removes, with the environments that they are removed from.
fn removals(plan: &Plan) -> BTreeMap<String, BTreeSet<String>> {
    let mut removals: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Placed { name, inside, .. } in &plan.leftover {
        removals.entry(name.clone()).or_default().extend(inside.iter().cloned());
    }
    removals
}

fn lines(placed: &BTreeMap<String, BTreeSet<String>>) -> Vec<SyncLine> {
    let line = |(name, targets): (&String, &BTreeSet<String>)| SyncLine {
        name: name.clone(),
        targets: targets.iter().cloned().collect(),
    };
    placed.iter().map(line).collect()
}

/// Refuses a plan that removes variables.
fn refuse_removals(plan: &Plan) -> Result<()> {
    let removals = removals(plan);
    let Some((name, targets)) = removals.iter().next() else { return Ok(()) };
    let targets = targets.iter().cloned().collect::<Vec<_>>().join(", ");
    let variables = if removals.len() == 1 { "variable" } else { "variables" };
    let problem = format!("must be true to remove {} {variables}, such as {name} from {targets}", removals.len());
    Err(Error::option("allowRemovals", problem))
}

fn send(request: HttpRequest) -> Step<SyncReport> {
    Step::Send(Box::new(request))
}
