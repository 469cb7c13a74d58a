//! The checks of a verifier, each by itself: for showing to a person why a token is refused.

use crate::encoding::json::Value;
use crate::error::Result;
use crate::issuer::vercel::{GLOBAL_ISSUER, VercelClaims};
use crate::issuer::verifier::Profile;
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
    if profile != Profile::Plain {
        let claims = Claims::new(claims)?;
        let read = VercelClaims::read_claims(&claims);
        let wanted = vec!["owner:<owner>:project:<project>:environment:<environment>".to_owned()];
        findings.push(Finding { name: "sub".into(), wanted, result: read.as_ref().map(|_| ()).map_err(Clone::clone) });
        if let Ok(read) = read {
            let wanted = vec![GLOBAL_ISSUER.to_owned(), format!("{GLOBAL_ISSUER}/{}", read.owner)];
            let result = claims.issuer().and_then(|issuer| read.check_issuer(&issuer));
            findings.push(Finding { name: "iss".into(), wanted, result });
        }
    }
    Ok(findings)
}
