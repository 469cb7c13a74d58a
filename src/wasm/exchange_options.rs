//! The options of exchanges, read by name.

use crate::error::{Error, Result};
use crate::exchange::{Exchange, connect, vercel};
use crate::wasm::loose::Loose;
use crate::wasm::options::Options;

/// Reads what a service is asked for.
///
/// # Errors
/// [`Error::InvalidOption`] for an option that is missing, unknown or of the wrong form.
pub fn exchange(service: &str, options: Loose) -> Result<Exchange> {
    let mut options = Options::new(options)?;
    let exchange = match service {
        "vercel" => Exchange::Vercel(audience(&mut options)?),
        "connect" => Exchange::Connect(connect_token(&mut options)?),
        _ => return Err(Error::Internal("unknown service")),
    };
    options.end()?;
    Ok(exchange)
}

fn audience(options: &mut Options) -> Result<vercel::Audience> {
    Ok(vercel::Audience { audience: options.text("audience")?, jti: options.text("jti")? })
}

/// Reads what Vercel Connect is asked besides tokens.
///
/// # Errors
/// Those of [`exchange`].
pub fn connect_call(action: &str, options: Loose) -> Result<connect::Call> {
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
/// Those of [`exchange`].
pub fn connect_wish(options: Loose) -> Result<connect::Group> {
    let mut options = Options::new(options)?;
    let wish = connect_token(&mut options)?.wish();
    options.end().map(|()| wish)
}

fn connect_token(options: &mut Options) -> Result<connect::Token> {
    connect::Token::new(connector(options)?, &params(options)?)
}

fn connector(options: &mut Options) -> Result<connect::Connector> {
    let name = options.text("connector")?.ok_or(Error::option("connector", "is required"))?;
    let (region, endpoint) = (options.text("region")?, options.text("endpoint")?);
    connect::Connector::new(name, region.as_deref(), endpoint.as_deref())
}

/// A JSON text, since its form is read where it is written anew.
fn params(options: &mut Options) -> Result<String> {
    options.text("params")?.ok_or(Error::option("params", "must be an object"))
}
