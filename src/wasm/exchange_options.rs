//! The options of exchanges, read by name.

use crate::error::{Error, Result};
use crate::exchange::{Exchange, aws, azure, gcp, rfc8693, vercel};
use crate::secret::Secret;
use crate::wasm::connect_options;
use crate::wasm::loose::Loose;
use crate::wasm::options::Options;

/// Reads what a service is asked for.
///
/// # Errors
/// [`Error::InvalidOption`] for an option that is missing, unknown or of the wrong form.
pub fn exchange(service: &str, options: Loose) -> Result<Exchange> {
    let mut options = Options::new(options)?;
    let exchange = match service {
        "aws" => aws(&mut options),
        "azure" => azure(&mut options),
        "connect" => connect_options::token(&mut options).map(Exchange::Connect),
        "gcp" => gcp(&mut options),
        "token-exchange" => token_exchange(&mut options),
        "vercel" => vercel(&mut options),
        _ => Err(Error::Internal("unknown service")),
    }?;
    options.end()?;
    Ok(exchange)
}

fn aws(options: &mut Options) -> Result<Exchange> {
    let role = aws::AssumeRole::new(aws::Options {
        role_arn: options.required_text("roleArn")?,
        role_session_name: options.text("roleSessionName")?,
        duration_seconds: options.whole("durationSeconds")?,
        policy: options.text("policy")?,
        policy_arns: options.list("policyArns")?.unwrap_or_default(),
        region: options.text("region")?,
        endpoint: options.text("endpoint")?,
    });
    role.map(Exchange::Aws)
}

fn azure(options: &mut Options) -> Result<Exchange> {
    let application = azure::ClientAssertion {
        tenant_id: options.required_text("tenantId")?,
        client_id: options.required_text("clientId")?,
        scope: options.texts("scope")?.unwrap_or_default(),
        authority: options.text("authority")?,
    };
    application.checked().map(Exchange::Azure)
}

fn gcp(options: &mut Options) -> Result<Exchange> {
    let federation = gcp::Federation {
        audience: options.required_text("audience")?,
        service_account: options.text("serviceAccount")?,
        scopes: options.texts("scopes")?.unwrap_or_default(),
        lifetime_seconds: options.whole("lifetimeSeconds")?,
        token_url: options.text("tokenUrl")?,
    };
    federation.checked().map(Exchange::Gcp)
}

fn token_exchange(options: &mut Options) -> Result<Exchange> {
    let actor = match (options.text("actorToken")?, options.text("actorTokenType")?) {
        (Some(token), Some(kind)) => Some((Secret::new(token), kind)),
        (None, None) => None,
        _ => return Err(Error::option("actorToken", "and `actorTokenType` go together")),
    };
    let exchange = rfc8693::TokenExchange {
        url: options.required_text("url")?,
        subject_token_type: options.text("subjectTokenType")?,
        resource: options.texts("resource")?.unwrap_or_default(),
        audience: options.texts("audience")?.unwrap_or_default(),
        scope: options.texts("scope")?.unwrap_or_default(),
        requested_token_type: options.text("requestedTokenType")?,
        actor,
        client_id: options.text("clientId")?,
        client_secret: options.text("clientSecret")?.map(Secret::new),
    };
    exchange.checked().map(Exchange::TokenExchange)
}

fn vercel(options: &mut Options) -> Result<Exchange> {
    Ok(Exchange::Vercel(vercel::Audience { audience: options.text("audience")?, jti: options.text("jti")? }))
}
