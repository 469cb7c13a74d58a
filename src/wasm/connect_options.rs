//! What Vercel Connect is asked, read by name.

use crate::error::{Error, Result};
use crate::exchange::connect;
use crate::wasm::loose::Loose;
use crate::wasm::options::Options;

/// Reads what Vercel Connect is asked besides tokens.
///
/// # Errors
/// [`Error::InvalidOption`] for an option that is missing, unknown or of the wrong form.
pub fn call(action: &str, options: Loose) -> Result<connect::Call> {
    let mut options = Options::new(options)?;
    let action = match action {
        "revoke" => connect::Action::Revoke,
        "authorize" => connect::Action::Authorize,
        "install" => connect::Action::Install,
        "describe" => connect::Action::Describe,
        _ => return Err(Error::Internal("unknown action")),
    };
    let connector = connector(&mut options)?;
    let params = params(&mut options)?;
    options.end()?;
    connect::Call::new(action, connector, &params)
}

/// Reads by what tokens of Vercel Connect are to be forgotten.
///
/// # Errors
/// Those of [`call`].
pub fn wish(options: Loose) -> Result<connect::Group> {
    let mut options = Options::new(options)?;
    let wish = token(&mut options)?.wish();
    options.end().map(|()| wish)
}

/// Reads which token of Vercel Connect is wanted.
///
/// # Errors
/// Those of [`call`].
pub fn token(options: &mut Options) -> Result<connect::Token> {
    connect::Token::new(connector(options)?, &params(options)?)
}

fn connector(options: &mut Options) -> Result<connect::Connector> {
    let name = options.required_text("connector")?;
    let (region, endpoint) = (options.text("region")?, options.text("endpoint")?);
    connect::Connector::new(name, region.as_deref(), endpoint.as_deref())
}

/// A JSON text, since its form is read where it is written anew.
fn params(options: &mut Options) -> Result<String> {
    options.text("params")?.ok_or(Error::option("params", "must be an object"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(extra: &[(&str, &str)]) -> Loose {
        let text = |(name, value): &(&str, &str)| ((*name).to_owned(), Loose::Text((*value).to_owned()));
        let given = [("connector", "slack/bot"), ("params", r#"{"subject":{"type":"app"}}"#)];
        let left = given.iter().filter(|(name, _)| extra.iter().all(|(other, _)| other != name));
        Loose::Map(left.chain(extra.iter().filter(|(_, value)| !value.is_empty())).map(text).collect())
    }

    #[test]
    fn a_call_is_refused_by_the_name_of_its_option() {
        let refused = |extra: &[(&str, &str)]| match call("revoke", options(extra)) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string().split('`').nth(1).unwrap_or("none").to_owned(),
        };
        assert_eq!(refused(&[]), "accepted");
        for (name, value) in
            [("connector", ""), ("params", ""), ("region", "evil.example/"), ("endpoint", "ftp://x"), ("conector", "x")]
        {
            assert_eq!(refused(&[(name, value)]), name, "{value}");
        }
        assert_eq!(call("describe", Loose::Null).unwrap_err().code(), "ERR_INVALID_OPTION");
        assert_eq!(call("dance", options(&[])).unwrap_err().code(), "ERR_INTERNAL");
    }

    #[test]
    fn a_wish_is_the_same_whatever_the_region() {
        assert_eq!(wish(options(&[])), wish(options(&[("region", "iad1")])));
        assert_ne!(wish(options(&[])), wish(options(&[("connector", "github/bot")])));
        assert!(wish(options(&[("other", "x")])).is_err());
    }
}
