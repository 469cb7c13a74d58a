//! The options of exchanges, read by name.

use crate::error::{Error, Result};
use crate::exchange::{Exchange, vercel};
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
        _ => return Err(Error::Internal("unknown service")),
    };
    options.end()?;
    Ok(exchange)
}

fn audience(options: &mut Options) -> Result<vercel::Audience> {
    Ok(vercel::Audience { audience: options.text("audience")?, jti: options.text("jti")? })
}
