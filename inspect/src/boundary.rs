//! How a question and its answer cross to JavaScript: JSON text both ways, so that all of it is tested natively.

use serde::Serialize;

use crate::error::{Result, WireError};

/// `{"answer": …}` or `{"error": {code, message, …}}`.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Wire<'a, T> {
    Answer(T),
    Error(WireError<'a>),
}

/// The text of an answer, or of the reason why there is none.
pub fn text<T: Serialize>(result: Result<T>) -> String {
    let wire = match &result {
        Ok(answer) => Wire::Answer(answer),
        Err(error) => Wire::Error(error.wire()),
    };
    serde_json::to_string(&wire).expect("what is answered has names for its members")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn an_answer_and_an_error_are_told_apart() {
        assert_eq!(text(Ok(7)), r#"{"answer":7}"#);
        let error = Error::Core(countersign::Error::InvalidJwt("is not a JSON object"));
        let wanted = r#"{"error":{"code":"ERR_JWT_INVALID","message":"the claims set is not a JSON object"}}"#;
        assert_eq!(text::<()>(Err(error)), wanted);
    }
}
