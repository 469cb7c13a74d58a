//! Asking again where the service's own clients would: after no answer, a fault of the service or a request to slow down.
//! A refusal is final.
//!
//! An exchange changes nothing at the service, so a repeated one does no harm. That is not so everywhere: what is billed, or
//! begins something, goes through [`send_billed`].

use std::time::Duration;

use crate::error::{Error, FetchFailure, Provider, Result};
use crate::flow::{HttpRequest, HttpResponse, Outcome, Pending, Step};
use crate::time::Timestamp;

/// How long one attempt may take.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// How much of a response is read.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// How often a service is asked for one thing, the first time included.
const ATTEMPTS: u32 = 3;

/// The longest delay before the second attempt; before the third it is twice as long.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// The same where the service has said that it is asked too much.
const THROTTLED_DELAY: Duration = Duration::from_millis(500);

/// The longest `Retry-After` that is waited for. Beyond it the error says that the service may be asked later.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Randomness that only has to differ between callers; the host supplies it.
#[derive(Debug, Clone, Copy)]
pub struct Jitter(u64);

impl Jitter {
    /// From any number of the host's random source.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A share of `whole`, evenly spread. The next one differs (Steele, Lea and Flood's SplitMix64).
    pub fn share(&mut self, whole: Duration) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let micros = u64::try_from(whole.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(((u128::from(z) * u128::from(micros)) >> 64) as u64)
    }
}

/// Sends a request, up to three times, and reads the response, which may lead to another request.
///
/// # Errors
/// On the way: those of `read`, and [`Error::ExchangeFailed`].
pub fn send<T: 'static>(
    provider: Provider,
    request: HttpRequest,
    jitter: Jitter,
    read: impl Fn(&HttpResponse, Timestamp) -> Result<Step<T>> + Send + Sync + 'static,
) -> Step<T> {
    attempt(Call { provider, request, left: ATTEMPTS - 1, again: is_worth_another, jitter, read: Box::new(read) })
}

/// Sends a request that costs money once it is granted, or begins something: made again only after a response that it was not.
///
/// # Errors
/// Those of [`send`].
pub fn send_billed<T: 'static>(
    provider: Provider,
    request: HttpRequest,
    jitter: Jitter,
    read: impl Fn(&HttpResponse, Timestamp) -> Result<Step<T>> + Send + Sync + 'static,
) -> Step<T> {
    attempt(Call { provider, request, left: ATTEMPTS - 1, again: was_not_granted, jitter, read: Box::new(read) })
}

/// A request with what it takes to make it again.
struct Call<T> {
    provider: Provider,
    request: HttpRequest,
    left: u32,
    /// Returns whether a failure is one after which it is made again.
    again: fn(&Error) -> bool,
    jitter: Jitter,
    read: Box<Read<T>>,
}

type Read<T> = dyn Fn(&HttpResponse, Timestamp) -> Result<Step<T>> + Send + Sync;

fn attempt<T: 'static>(mut call: Call<T>) -> Step<T> {
    Step::Fetch(
        call.request.clone(),
        Pending::new(move |outcome, now| {
            let (result, asked_to_wait) = call.judge(outcome, now);
            let again = result.as_ref().is_err_and(|error| (call.again)(error)) && call.left > 0;
            let Some(delay) = again.then(|| call.retry_delay(asked_to_wait)).flatten() else {
                return result;
            };
            call.left -= 1;
            call.request.delay = delay;
            Ok(attempt(call))
        }),
    )
}

impl<T> Call<T> {
    /// The outcome of an attempt, and the delay that the service asks for.
    fn judge(&self, outcome: Outcome, now: Timestamp) -> (Result<Step<T>>, Option<Duration>) {
        match outcome {
            Outcome::Response(response) if response.body.len() > self.request.max_body_bytes => {
                (Err(Error::ExchangeFailed(self.provider, FetchFailure::TooLarge)), None)
            }
            Outcome::Response(response) => {
                let slow_down = matches!(response.status, 429 | 503).then_some(THROTTLED_DELAY);
                ((self.read)(&response, now), retry_after(&response).or(slow_down))
            }
            Outcome::Failed(failure) => (Err(Error::ExchangeFailed(self.provider, failure)), None),
        }
    }

    /// How long to wait before the next attempt; `None` where that is too long.
    fn retry_delay(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let doubled = if self.left < ATTEMPTS - 1 { 2 } else { 1 };
        let delay = self.jitter.share(RETRY_DELAY * doubled);
        match asked {
            None => Some(delay),
            Some(asked) => (asked <= MAX_RETRY_AFTER).then(|| asked + delay),
        }
    }
}

/// Returns whether the same request may have another answer. A response that breaks the protocol has none: it arrived whole.
fn is_worth_another(error: &Error) -> bool {
    error.is_retryable() && !matches!(error, Error::ExchangeFailed(_, FetchFailure::Aborted))
}

/// Returns whether the service has said that it did nothing, and may do it another time.
fn was_not_granted(error: &Error) -> bool {
    matches!(error, Error::ExchangeRejected(_)) && error.is_retryable()
}

/// The seconds of RFC 9110 section 10.2.3; its other form, a date, is what no service here writes.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let seconds = response.header("retry-after")?.trim().parse::<u32>().ok()?;
    Some(Duration::from_secs(seconds.into()))
}
