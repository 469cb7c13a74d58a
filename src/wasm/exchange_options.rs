//! The options of exchanges, as values that the core checks by name.

use crate::error::{Error, Result};
use crate::exchange::{Exchange, OptionValue};
use crate::wasm::loose::Loose;

/// Reads what a service is asked for.
///
/// # Errors
/// [`Error::InvalidOption`] for an option that is missing, unknown or of the wrong form.
pub fn exchange(service: &str, options: Loose) -> Result<Exchange> {
    Exchange::new(service, read(options)?)
}

/// Reads options that the core checks.
///
/// # Errors
/// Those of [`exchange`].
pub fn read(options: Loose) -> Result<Vec<(String, OptionValue)>> {
    let Loose::Map(members) = options else {
        return Err(Error::option("options", "must be an object"));
    };
    let mut options = Vec::new();
    for (name, value) in members {
        match option_value(value) {
            Some(value) => options.push((name, value)),
            None => return Err(Error::option(name, "must be a string, an array of strings, or a number")),
        }
    }
    Ok(options)
}

fn option_value(value: Loose) -> Option<OptionValue> {
    Some(match value {
        Loose::Text(text) => OptionValue::String(text),
        Loose::Number(number) => OptionValue::Number(number),
        Loose::List(items) => {
            let mut texts = Vec::new();
            for item in items {
                let Loose::Text(text) = item else { return None };
                texts.push(text);
            }
            OptionValue::Strings(texts)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(options: Loose) -> String {
        exchange("token-exchange", options).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    }

    #[test]
    fn options_are_refused_by_name() {
        let text = |text: &str| Loose::Text(text.to_owned());
        let with = |name: &str, value| {
            let url = ("url".to_owned(), text("https://idp.example/token"));
            refused(Loose::Map(vec![url, (name.to_owned(), value)]))
        };
        assert_eq!(with("audience", Loose::List(vec![text("a"), text("b")])), "accepted");
        assert_eq!(with("audience", Loose::List(vec![])), "accepted");
        for (name, value) in [
            ("audience", Loose::Null),
            ("audience", Loose::Bool(true)),
            ("audience", Loose::Map(vec![])),
            ("audience", Loose::Number(1.0)),
            ("audience", Loose::List(vec![Loose::Number(1.0)])),
            ("audience", Loose::List(vec![text("")])),
            ("clientId", Loose::List(vec![text("x")])),
            ("clientId", text("")),
            ("audeince", text("x")),
        ] {
            assert!(with(name, value.clone()).starts_with(&format!("option `{name}`")), "{value:?}");
        }
        assert_eq!(refused(Loose::Map(vec![])), "option `url` is required");
        assert_eq!(refused(Loose::Null), "option `options` must be an object");
    }
}
