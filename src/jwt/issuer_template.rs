//! Issuers that differ in one segment, which a claim of the same token repeats.

use crate::error::{ClaimReason, Error, Result};
use crate::jwt::claims::Claims;
use crate::jwt::difference;

/// The issuers of all tenants of one service, such as `https://login.microsoftonline.com/{tenantid}/v2.0`.
///
/// Compared with `iss` and never made into an address: all tenants have the keys of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerTemplate {
    text: String,
    prefix: String,
    suffix: String,
    claim: String,
    values: Option<Vec<String>>,
}

impl IssuerTemplate {
    /// A template with one segment in braces, which must equal `claim`, and be one of `values` where these are given.
    ///
    /// # Errors
    /// The fault of the template: "must …".
    pub fn new(text: String, claim: String, values: Option<Vec<String>>) -> Result<Self, &'static str> {
        const PROBLEM: &str = "must be a URL with one segment in braces, as in `https://idp.example/{tenant}/v2.0`";
        let (prefix, rest) = text.split_once('{').ok_or(PROBLEM)?;
        let (name, suffix) = rest.split_once('}').ok_or(PROBLEM)?;
        let host = prefix.strip_prefix("https://").and_then(|rest| rest.split_once('/')).map(|(host, _)| host);
        let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_graphic() && !b"{}?#\\@".contains(&byte));
        let is_segment = prefix.ends_with('/') && (suffix.is_empty() || suffix.starts_with('/'));
        if name.is_empty() || !is_segment || !is_plain(prefix) || !is_plain(suffix) || host.is_none_or(str::is_empty) {
            return Err(PROBLEM);
        }
        Ok(Self { prefix: prefix.to_owned(), suffix: suffix.to_owned(), text, claim, values })
    }

    /// The template as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Checks that `iss` fits, and that its segment is the value of the claim and one of those that are accepted.
    ///
    /// # Errors
    /// [`Error::Claim`] for `iss`, or for the claim.
    pub(crate) fn check(&self, claims: &Claims<'_>) -> Result<()> {
        let issuer = claims.issuer()?;
        let segment = issuer.strip_prefix(&self.prefix).and_then(|rest| rest.strip_suffix(&self.suffix));
        let segment = segment.filter(|segment| is_segment(segment));
        let refused = |expected: &[String]| {
            let mismatch = difference::of_strings(expected, claims.get("iss"));
            Error::mismatch("iss", ClaimReason::CheckFailed, mismatch)
        };
        let segment = segment.ok_or_else(|| refused(std::slice::from_ref(&self.text)))?;
        let found = claims.find(&self.claim)?;
        let values = self.values.as_deref().unwrap_or_default();
        let reason = match found.map(|found| found.as_str()) {
            Some(Some(value)) if value != segment => {
                return Err(refused(&[[&*self.prefix, &*value, &*self.suffix].concat()]));
            }
            Some(Some(value)) if self.values.is_none() || values.iter().any(|one| *one == value) => return Ok(()),
            Some(Some(_)) => ClaimReason::CheckFailed,
            Some(None) => ClaimReason::Invalid,
            None => ClaimReason::Missing,
        };
        Err(Error::mismatch(self.claim.clone(), reason, difference::of_strings(values, found)))
    }
}

/// Returns whether a text is one plain segment of a path: a name or an id.
fn is_segment(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !matches!(text, "" | "." | "..") && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json::Document;

    const TEMPLATE: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
    const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
    const OTHER: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

    fn verdict(values: Option<&[&str]>, iss: &str, tid: &str) -> String {
        let values = values.map(|values| values.iter().map(|&value| value.to_owned()).collect());
        let template = IssuerTemplate::new(TEMPLATE.into(), "tid".into(), values).unwrap();
        let text = format!(r#"{{"iss":"{iss}","tid":{tid}}}"#);
        let document = Document::parse(text.as_bytes()).unwrap();
        match template.check(&Claims::new(document.root()).unwrap()) {
            Ok(()) => "ok".to_owned(),
            Err(Error::Claim { claim, reason, .. }) => format!("{claim} {}", reason.as_str()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_segment_is_the_claim() {
        let of = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
        let quoted = |tenant: &str| format!("\"{tenant}\"");
        assert_eq!(verdict(None, &of(TENANT), &quoted(TENANT)), "ok");
        assert_eq!(verdict(None, &of(OTHER), &quoted(OTHER)), "ok");
        assert_eq!(verdict(Some(&[OTHER, TENANT]), &of(TENANT), &quoted(TENANT)), "ok");
        assert_eq!(verdict(Some(&[OTHER]), &of(TENANT), &quoted(TENANT)), "tid check_failed");
        assert_eq!(verdict(None, &of(TENANT), &quoted(OTHER)), "iss check_failed", "the two disagree");
        assert_eq!(verdict(None, &of(TENANT), &quoted(&TENANT.to_uppercase())), "iss check_failed");
        assert_eq!(verdict(None, &of(TENANT), "7"), "tid invalid");
        assert_eq!(verdict(None, &of(TENANT), &format!("[\"{TENANT}\"]")), "tid invalid");
        assert_eq!(
            verdict(None, TEMPLATE, &quoted("{tenantid}")),
            "iss check_failed",
            "not even where the claim agrees"
        );
        for iss in [
            TEMPLATE.to_owned(),
            of(""),
            of("a/b"),
            of(".."),
            of(&format!("{TENANT}/x")),
            format!("{}/", of(TENANT)),
            of(TENANT).replace("https", "http"),
            of(TENANT).replace(".com", ".com.evil.example"),
            format!("https://evil.example/?{}", of(TENANT)),
            of(TENANT).replace("/v2.0", ""),
        ] {
            assert_eq!(verdict(None, &iss, &quoted(TENANT)), "iss check_failed", "{iss}");
        }
    }

    #[test]
    fn a_template_has_one_segment_in_braces() {
        for text in [TEMPLATE, "https://idp.example/{t}", "https://idp.example:8443/a/{t}/"] {
            assert!(IssuerTemplate::new(text.into(), "t".into(), None).is_ok(), "{text}");
        }
        for text in [
            "https://idp.example/v2.0",
            "https://{tenant}.idp.example/v2.0",
            "https://{tenant}/v2.0",
            "https:///{tenant}",
            "https://idp.example/{}/v2.0",
            "https://idp.example/{a}/{b}",
            "https://idp.example/a{b}",
            "https://idp.example/{b}c",
            "https://idp.example/{a",
            "https://idp.example/a}",
            "https://idp.example/?t={a}",
            "https://user@idp.example/{a}",
            "http://idp.example/{a}",
            "",
        ] {
            assert!(IssuerTemplate::new(text.into(), "t".into(), None).is_err(), "{text}");
        }
    }
}
