//! Asking the host to fetch: a request goes out, an outcome comes back, and every status is judged here.

mod single_flight;

use std::time::Duration;

pub use crate::error::FetchFailure;
use crate::error::Result;
use crate::secret::Secret;
use crate::time::Timestamp;
pub use single_flight::{MAX_BACK_OFF, SingleFlight, is_within};

/// The next need of an operation, or its result.
#[derive(Debug)]
pub enum Step<T> {
    /// The host carries out this request and resumes with what came of it.
    Fetch(HttpRequest, Pending<T>),
    /// The operation is finished.
    Done(T),
}

/// An operation that waits for the outcome of a request.
///
/// Holds the state of the operation and never a verdict: a response is judged when it arrives.
#[must_use = "an operation that is not resumed has no result"]
pub struct Pending<T>(Box<Resume<T>>);

type Resume<T> = dyn FnOnce(Outcome, Timestamp) -> Result<Step<T>> + Send + Sync;

impl<T> Pending<T> {
    /// An operation that goes on with `resume`.
    pub(crate) fn new(resume: impl FnOnce(Outcome, Timestamp) -> Result<Step<T>> + Send + Sync + 'static) -> Self {
        Self(Box::new(resume))
    }

    /// Goes on with what came of the request.
    ///
    /// # Errors
    /// The errors that the operation's own documentation lists.
    pub fn resume(self, outcome: Outcome, now: Timestamp) -> Result<Step<T>> {
        self.0(outcome, now)
    }
}

impl<T> std::fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pending")
    }
}

impl<T: 'static> Step<T> {
    /// Goes on with `next` once the result is there.
    ///
    /// # Errors
    /// Those of `next`.
    pub fn then<U>(
        self,
        now: Timestamp,
        next: impl FnOnce(T, Timestamp) -> Result<Step<U>> + Send + Sync + 'static,
    ) -> Result<Step<U>> {
        match self {
            Self::Done(value) => next(value, now),
            Self::Fetch(request, pending) => Ok(Step::Fetch(
                request,
                Pending::new(move |outcome, now| pending.resume(outcome, now)?.then(now, next)),
            )),
        }
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
    /// The body, where the method has one.
    pub body: Option<Secret<String>>,
    /// How long the host waits before it sends: the back-off of a request that is made again.
    pub delay: Duration,
    /// How long the whole exchange may take from then on, the body included.
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
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl Method {
    /// The method's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server answered, with whatever status.
    Response(HttpResponse),
    /// There was no whole answer.
    Failed(FetchFailure),
}

impl Outcome {
    /// An answer without headers.
    pub fn answered(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Response(HttpResponse { status, headers: Vec::new(), body: body.into() })
    }
}

/// A whole answer. Its body may hold a credential, so printing it shows only its length.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The HTTP status; 0 for a redirect that the host may not look at.
    pub status: u16,
    /// Header names, in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first header of this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpResponse {{ status: {}, body: {} bytes }}", self.status, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> HttpRequest {
        HttpRequest {
            method: Method::Get,
            url: "https://a.example".to_owned(),
            headers: Vec::new(),
            body: None,
            delay: Duration::ZERO,
            timeout: Duration::from_secs(1),
            max_body_bytes: 1,
        }
    }

    #[test]
    fn one_operation_follows_another() {
        let status = |outcome: Outcome| match outcome {
            Outcome::Response(response) => u32::from(response.status),
            Outcome::Failed(_) => 0,
        };
        let ask = move || Step::Fetch(request(), Pending::new(move |outcome, _| Ok(Step::Done(status(outcome)))));
        let both = ask().then(Timestamp::MIN, move |first, now| {
            ask().then(now, move |second, _| Ok(Step::Done(first * 1000 + second)))
        });
        let Step::Fetch(_, pending) = both.unwrap() else { panic!("a first request") };
        let Step::Fetch(_, pending) = pending.resume(Outcome::answered(200, ""), Timestamp::MIN).unwrap() else {
            panic!("a second request")
        };
        let Step::Done(sum) = pending.resume(Outcome::answered(404, ""), Timestamp::MIN).unwrap() else {
            panic!("the end")
        };
        assert_eq!(sum, 200_404);
    }

    #[test]
    fn printing_an_answer_shows_no_body() {
        let response = HttpResponse { status: 200, headers: vec![], body: b"s3cret".to_vec() };
        assert_eq!(format!("{response:?}"), "HttpResponse { status: 200, body: 6 bytes }");
    }
}
