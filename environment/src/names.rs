//! Checks names and values of environment variables by the rules of Vercel.

/// The longest value; a deployment's variables together may have no more either.
pub const MAX_VALUE_BYTES: usize = 65_536;

/// The longest name. Vercel documents none; longer ones are a mistake.
const MAX_NAME_BYTES: usize = 256;

/// Names that Vercel reserves, as its documentation lists them ("Reserved environment variables").
pub const RESERVED: [&str; 11] = [
    "AWS_SECRET_KEY",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "NOW_REGION",
    "TZ",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// Returns the fault of a name, if it has one.
pub fn name_problem(name: &str) -> Option<&'static str> {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if !first || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Some("is no name for an environment variable: letters, digits and `_`, not beginning with a digit");
    }
    if name.len() > MAX_NAME_BYTES {
        return Some("is longer than 256 characters");
    }
    RESERVED.contains(&name).then_some("is reserved by Vercel")
}

/// Returns the fault of a value, if it has one, without the value.
pub fn value_problem(value: &str) -> Option<&'static str> {
    if value.len() > MAX_VALUE_BYTES {
        return Some("has a value of more than 64 KiB, which no deployment can hold");
    }
    value.contains('\0').then_some("has a value with a NUL character, which no environment can hold")
}

/// Returns whether `text` can be the name or id of a project, a team or a custom environment, or the name of a stack.
pub fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=100).contains(&text.len()) && text.bytes().all(plain) && text.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_vercels_rules() {
        for name in ["A", "_", "a1", "AWS_REGION", "AWS_ACCESS_KEY_ID", "tz", &"A".repeat(256)] {
            assert_eq!(name_problem(name), None, "{name}");
        }
        for name in ["", "1A", "A-B", "A B", "A.B", "Ä", "A=", "TZ", "NOW_REGION", &"A".repeat(257)] {
            assert!(name_problem(name).is_some(), "{name}");
        }
    }

    #[test]
    fn values_fit_into_an_environment() {
        assert_eq!(value_problem(""), None);
        assert_eq!(value_problem(&"é\n".repeat(21_845)), None);
        assert!(value_problem(&"x".repeat(65_537)).is_some());
        assert!(value_problem("a\0b").is_some());
    }
}
