//! Requests as services want them.

use std::time::Duration;

use crate::encoding::form::Form;
use crate::exchange::retry::{MAX_BODY_BYTES, TIMEOUT};
use crate::flow::{HttpRequest, Method};
use crate::secret::Secret;

/// A POST of a form.
pub fn post_form(url: String, form: Form) -> HttpRequest {
    request(Method::Post, url, Some(form.finish()), "application/x-www-form-urlencoded")
}

/// A POST of a JSON object.
pub fn post_json(url: String, object: String) -> HttpRequest {
    request_json(Method::Post, url, Some(object))
}

/// A request with a JSON object, or with nothing.
pub fn request_json(method: Method, url: String, body: Option<String>) -> HttpRequest {
    request(method, url, body, "application/json")
}

fn request(method: Method, url: String, body: Option<String>, content_type: &str) -> HttpRequest {
    let header = |name, value: &str| (name, Secret::new(value.to_owned()));
    let mut headers = Vec::new();
    if body.is_some() {
        headers.push(header("content-type", content_type));
    }
    headers.push(header("accept", "application/json"));
    HttpRequest {
        method,
        url,
        headers,
        body: body.map(Secret::new),
        delay: Duration::ZERO,
        timeout: TIMEOUT,
        max_body_bytes: MAX_BODY_BYTES,
    }
}

/// Presents a bearer token (RFC 6750 section 2.1).
pub fn authorize(request: &mut HttpRequest, token: &Secret<String>) {
    request.headers.push(("authorization", Secret::new(format!("Bearer {}", token.expose()))));
}
