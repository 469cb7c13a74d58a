//! Runs: operations of several requests, whose host carries out one after another.

use std::time::Duration;

use countersign::flow::{HttpRequest, Outcome};
use serde::Serialize;

use crate::api::MAX_WAIT;
use crate::error::{Error, Result};

/// How often in a row something may fail before the run is given up.
const ATTEMPTS: u32 = 6;

/// The next step of the host.
pub enum Step<T> {
    /// Send this request, and return with the outcome.
    Send(Box<HttpRequest>),
    /// Nothing: this is what came of the run.
    Done(T),
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct RunProgress {
    /// Whether the run reads or writes.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "'read' | 'write'"))]
    pub phase: &'static str,
    /// Variables or connectors read so far; variables written, or changes of connectors made.
    pub done: usize,
    /// How many there are to write; absent while reading.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub total: Option<usize>,
}

impl RunProgress {
    /// The beginning of every run.
    pub const START: Self = Self { phase: "read", done: 0, total: None };
}

/// A run. It holds how far it is; every answer is judged when it comes.
pub trait Run {
    /// The result.
    type Report;

    /// How far it is.
    fn progress(&self) -> RunProgress;

    /// Goes on with the outcome of the last request.
    ///
    /// # Errors
    /// Those of the run, which is over then.
    fn resume(&mut self, outcome: Outcome) -> Result<Step<Self::Report>>;
}

/// How often something has failed in a row.
#[derive(Debug, Default, Clone, Copy)]
pub struct Patience(u32);

impl Patience {
    /// How long to wait before the next attempt: as long as was `asked` for, else a second after the first failure and
    /// each time twice as long.
    ///
    /// # Errors
    /// `error`, where there is no next attempt.
    pub fn after(&mut self, error: Error, asked: Option<Duration>) -> Result<Duration> {
        self.0 += 1;
        if self.0 >= ATTEMPTS || asked.is_some_and(|asked| asked > MAX_WAIT) {
            return Err(error);
        }
        Ok(asked.unwrap_or(Duration::from_millis(500 << self.0)))
    }
}
