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
