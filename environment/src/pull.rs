//! A project's variables for one environment, read with their values.

use std::collections::{BTreeMap, VecDeque};

use countersign::flow::{HttpRequest, HttpResponse, Outcome};
use serde::Serialize;

use crate::api::{self, Sent, Verdict};
use crate::error::{ApiFailure, Result};
use crate::names::is_plain;
use crate::row::Row;
use crate::run::{Patience, Run, RunProgress, Step};
use crate::settings::{Project, PullOptions};

/// A project's variables for one environment. It holds secrets, so it is not printed.
#[derive(Default, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct PulledVariables {
    /// Values by name.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Record<string, string>"))]
    pub values: BTreeMap<String, String>,
    /// The names of sensitive variables, whose values cannot be read back.
    pub unreadable: Vec<String>,
}

/// A reading run.
pub struct Pull {
    project: Project,
    target: String,
    pulled: PulledVariables,
    /// Ids of variables that the list did not show; the first was asked for.
    hidden: VecDeque<String>,
    /// The `until` of the page that was asked for, while the list is read.
    list: Option<Option<u64>>,
    patience: Patience,
    progress: RunProgress,
}

impl Pull {
    /// Begins to read.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION`.
    pub fn begin(options: PullOptions) -> Result<(Self, HttpRequest)> {
        let (project, target) = options.check()?;
        let request = api::list(&project, None);
        let this = Self {
            project,
            target,
            pulled: PulledVariables::default(),
            hidden: VecDeque::new(),
            list: Some(None),
            patience: Patience::default(),
            progress: RunProgress::START,
        };
        Ok((this, request))
    }

    fn request(&self) -> Option<HttpRequest> {
        match self.list {
            Some(until) => Some(api::list(&self.project, until)),
            None => self.hidden.front().map(|id| api::read(&self.project, id)),
        }
    }

    fn note(&mut self, row: Row) {
        // A branch's own variables are not those of the environment; Vercel's own come with every deployment.
        if row.branch().is_some() || row.r#type == "system" || !row.targets().contains(&*self.target) {
            return;
        }
        match row.value() {
            Some(value) => drop(self.pulled.values.insert(row.key.clone(), value.to_owned())),
            // An id becomes a part of an address.
            None if row.r#type != "sensitive" && is_plain(&row.id) => self.hidden.push_back(row.id),
            None => self.pulled.unreadable.push(row.key),
        }
    }

    fn take_page(&mut self, response: &HttpResponse) -> Result<()> {
        let page = api::page(response)?;
        self.progress.done += page.envs.len();
        page.envs.into_iter().for_each(|row| self.note(row));
        self.list = match page.pagination.and_then(|pagination| pagination.next) {
            Some(next) if self.list.flatten().is_some_and(|until| next >= until) => {
                return Err(ApiFailure::NotAsDocumented("a list with an end").into());
            }
            next => next.map(Some),
        };
        Ok(())
    }

    fn take_row(&mut self, response: &HttpResponse) -> Result<()> {
        let row = api::row(response)?;
        match row.value() {
            Some(value) => drop(self.pulled.values.insert(row.key.clone(), value.to_owned())),
            None => self.pulled.unreadable.push(row.key),
        }
        self.hidden.pop_front();
        Ok(())
    }
}

impl Run for Pull {
    type Report = PulledVariables;

    fn progress(&self) -> RunProgress {
        self.progress
    }

    /// # Errors
    /// `ERR_EXCHANGE_REJECTED`, `ERR_EXCHANGE_FAILED`, `ERR_EXCHANGE_TIMEOUT`, `ERR_EXCHANGE_INVALID`, as for a
    /// synchronisation.
    fn resume(&mut self, outcome: Outcome) -> Result<Step<PulledVariables>> {
        let delay = match api::evaluate(outcome, &Sent { account: &self.project.account, wanted: None, secrets: &[] }) {
            Verdict::Done(response) => {
                self.patience = Patience::default();
                match self.list {
                    Some(_) => self.take_page(&response)?,
                    None => self.take_row(&response)?,
                }
                None
            }
            Verdict::Busy(wait, error) => Some(self.patience.after(error, wait)?),
            // Reading twice does no harm.
            Verdict::Unknown(error) => Some(self.patience.after(error, None)?),
            // It was removed since it was listed.
            Verdict::Outdated(_) if self.list.is_none() => {
                self.hidden.pop_front();
                None
            }
            Verdict::Outdated(error) | Verdict::Refused(error) => return Err(error),
        };
        match self.request() {
            Some(request) => Ok(Step::Send(Box::new(HttpRequest { delay: delay.unwrap_or_default(), ..request }))),
            None => {
                self.pulled.unreadable.sort();
                Ok(Step::Done(std::mem::take(&mut self.pulled)))
            }
        }
    }
}
