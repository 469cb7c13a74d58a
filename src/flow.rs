//! Asking the host to fetch: a request goes out, an outcome comes back, and every status is judged here.

use std::time::Duration;

pub use crate::error::FetchFailure;
use crate::error::Result;
use crate::secret::Secret;
use crate::time::Timestamp;

/// What an operation needs next, or its result.
#[derive(Debug)]
pub enum Step<T> {
    /// The host carries out this request and resumes with what came of it.
    Fetch(HttpRequest, Pending<T>),
    /// The operation is finished.
    Done(T),
}

/// An operation that waits for the outcome of a request.
///
/// It holds how far the operation has come and never a verdict: what comes back is judged when it comes back.
#[must_use = "an operation that is not resumed has no result"]
pub struct Pending<T>(Box<Resume<T>>);

type Resume<T> = dyn FnOnce(Outcome, Timestamp) -> Result<Step<T>>;

impl<T> Pending<T> {
    /// An operation that goes on with `resume`.
    pub(crate) fn new(resume: impl FnOnce(Outcome, Timestamp) -> Result<Step<T>> + 'static) -> Self {
        Self(Box::new(resume))
    }

    /// Goes on with what came of the request.
    ///
    /// # Errors
    /// Whatever the operation's own documentation lists.
    pub fn resume(self, outcome: Outcome, now: Timestamp) -> Result<Step<T>> {
        self.0(outcome, now)
    }
}

impl<T> std::fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pending")
    }
}

/// A request for the host to carry out. Redirects are never followed: a 3xx answer is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// An absolute URL, `https:` unless it names this machine.
    pub url: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(&'static str, Secret<String>)>,
    /// The body of a POST.
    pub body: Option<Secret<String>>,
    /// How long the whole exchange may take, the body included.
    pub timeout: Duration,
    /// How much of a body is read before the answer counts as [`Outcome::Failed`] with `TooLarge`.
    pub max_body_bytes: usize,
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
}

impl Method {
    /// The method's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server answered, with whatever status.
    Response {
        /// The HTTP status; 0 for a redirect that the host may not look at.
        status: u16,
        /// The whole body.
        body: Vec<u8>,
    },
    /// There was no whole answer.
    Failed(FetchFailure),
}
