//! The checks of a verifier, each by itself: for showing to a person why a token is refused.

use crate::encoding::json::Value;
use crate::error::Result;
use crate::issuer::Profile;
use crate::issuer::vercel::VercelClaims;
use crate::jwt::{self, Claims, Finding, Policy};
use crate::time::Timestamp;

/// Holds every condition of a verifier against a token, past the first that fails; see [`jwt::explain`].
///
/// **Nothing is verified.**
///
/// # Errors
/// [`crate::Error::InvalidJwt`] where `claims` is no object.
pub fn explain(
    policy: &Policy,
    profile: Profile,
    header: Option<Value<'_>>,
    claims: Value<'_>,
    now: Option<Timestamp>,
) -> Result<Vec<Finding>> {
    let mut findings = jwt::explain(policy, header, claims, now)?;
    if profile == Profile::Vercel {
        let result = Claims::new(claims).and_then(|claims| VercelClaims::read_claims(&claims)).map(|_| ());
        let wanted = vec!["owner:<owner>:project:<project>:environment:<environment>".to_owned()];
        findings.push(Finding { name: "sub".into(), wanted, result });
    }
    Ok(findings)
}
