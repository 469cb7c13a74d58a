//! Outcomes of requests, as the host reports them.

use crate::flow::{FetchFailure, HttpResponse, Outcome};

/// The outcome of a request that got a whole response. `headers` holds names, in lower case, and values in turn.
pub fn response(status: u16, headers: Vec<String>, body: Vec<u8>) -> Outcome {
    let mut texts = headers.into_iter();
    let headers = std::iter::from_fn(|| texts.next().zip(texts.next())).collect();
    Outcome::Response(HttpResponse { status, headers, body })
}

/// The outcome of a request that got no whole response: `timeout`, `too-large`, `aborted` or `network`.
pub fn failure(name: &str) -> Outcome {
    Outcome::Failed(match name {
        "timeout" => FetchFailure::Timeout,
        "too-large" => FetchFailure::TooLarge,
        "aborted" => FetchFailure::Aborted,
        _ => FetchFailure::Network,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_in_pairs() {
        let texts = ["a", "1", "b", "2", "odd"].map(str::to_owned).to_vec();
        let Outcome::Response(HttpResponse { status, headers, body }) = response(200, texts, vec![1]) else {
            panic!("a response");
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!((status, headers, body), (200, vec![pair("a", "1"), pair("b", "2")], vec![1]));
    }
}
