//! The requirements on a token (RFC 7519 section 4.1, RFC 8725 section 3).

use std::time::Duration;

use crate::crypto::Algorithm;
use crate::encoding::json::Rounding;
use crate::error::{ClaimReason, Error, Result};
use crate::jose::Header;
use crate::jose::compact::DEFAULT_MAX_BYTES;
use crate::jwt::claim_rule::{ClaimRule, Combinations};
use crate::jwt::claims::Claims;
use crate::jwt::difference;
use crate::jwt::issuer_template::IssuerTemplate;
use crate::jwt::spiffe;
use crate::time::Timestamp;

/// The conditions for accepting a token. Issuer and audience cannot be left out; the rest starts strict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The issuers that are trusted, compared as exact strings.
    pub issuers: Vec<String>,
    /// Whether issuers one segment below those are trusted as well, with their keys: only where something else says whose
    /// tokens are accepted.
    pub allow_subissuers: bool,
    /// In place of `issuers`: the issuers that fit a template.
    pub issuer_template: Option<IssuerTemplate>,
    /// In place of `issuers`: the trust domain of SPIFFE that `sub` must belong to. `iss` is not looked at then.
    pub trust_domain: Option<String>,
    /// Hosts whose discovery documents and JWK Sets may be fetched over `http`, beside this machine.
    pub http_hosts: Vec<String>,
    /// For whom the token must be meant.
    pub audience: Audience,
    /// The signature algorithms that are allowed. Default: RS256.
    pub algorithms: Vec<Algorithm>,
    /// Conditions for single claims.
    pub claims: Vec<ClaimRule>,
    /// Claims whose values belong together.
    pub combinations: Combinations,
    /// If not empty: `sub` must be one of these.
    pub subjects: Vec<String>,
    /// Claims that must be present, by name or path. `exp` always must be, without being listed.
    pub required_claims: Vec<String>,
    /// The kinds of token that are accepted.
    pub typ: Typ,
    /// How far the clocks of issuer and verifier may differ. Default: [`DEFAULT_CLOCK_TOLERANCE`].
    pub clock_tolerance: Duration,
    /// How long ago the token may have been issued; if set, `iat` must be present and not lie in the future.
    pub max_token_age: Option<Duration>,
    /// The largest token that is read, in bytes. Default: 16 KiB.
    pub max_token_bytes: usize,
}

/// How far the clocks of issuer and verifier may differ by default: servers whose clocks are kept by NTP differ by less.
pub const DEFAULT_CLOCK_TOLERANCE: Duration = Duration::from_secs(5);

/// For whom a token must be meant (RFC 7519 section 4.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// `aud` must name one of these.
    AnyOf(Vec<String>),
    /// Any token of the issuer is accepted, whomever it was issued for.
    Unchecked,
}

/// Which `typ` header a token must have (RFC 7519 section 5.1, RFC 8725 section 3.11).
///
/// Compared without case, and with or without the prefix `application/` (RFC 7515 section 4.1.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typ {
    /// `JWT`, or none.
    JwtOrAbsent,
    /// One of these.
    OneOf(Vec<String>),
    /// One of these, or none.
    OneOfOrAbsent(Vec<String>),
}

impl Typ {
    /// The names of the kinds.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::JwtOrAbsent => vec!["JWT".to_owned()],
            Self::OneOf(names) | Self::OneOfOrAbsent(names) => names.clone(),
        }
    }
}

impl Policy {
    /// A policy for tokens of `issuer`, with the strict defaults.
    pub fn new(issuer: impl Into<String>, audience: Audience) -> Self {
        Self {
            issuers: vec![issuer.into()],
            allow_subissuers: false,
            issuer_template: None,
            trust_domain: None,
            http_hosts: Vec::new(),
            audience,
            algorithms: vec![Algorithm::RS256],
            claims: Vec::new(),
            combinations: Combinations::default(),
            subjects: Vec::new(),
            required_claims: Vec::new(),
            typ: Typ::JwtOrAbsent,
            clock_tolerance: DEFAULT_CLOCK_TOLERANCE,
            max_token_age: None,
            max_token_bytes: DEFAULT_MAX_BYTES,
        }
    }

    /// Checks what the header says of the token's kind.
    ///
    /// # Errors
    /// [`Error::Claim`] for `typ`, as `jose` reports it.
    pub(crate) fn check_typ(&self, header: &Header<'_>) -> Result<()> {
        let accepted = |typ: &str, wanted: &str| media_type(typ).eq_ignore_ascii_case(media_type(wanted));
        let fits = match (&self.typ, header.typ()) {
            (Typ::JwtOrAbsent | Typ::OneOfOrAbsent(_), None) => true,
            (Typ::JwtOrAbsent, Some(typ)) => accepted(typ, "JWT"),
            (Typ::OneOf(_), None) => false,
            (Typ::OneOf(wanted) | Typ::OneOfOrAbsent(wanted), Some(typ)) => {
                wanted.iter().any(|wanted| accepted(typ, wanted))
            }
        };
        if fits {
            return Ok(());
        }
        let reason = if header.typ().is_none() { ClaimReason::Missing } else { ClaimReason::CheckFailed };
        Err(Error::mismatch("typ", reason, difference::of_strings(&self.typ.names(), header.member("typ"))))
    }

    /// Checks the issuer, which also decides whose keys are used.
    ///
    /// # Errors
    /// [`Error::Claim`] for `iss`, for the claim of a template, or for `sub` of a trust domain.
    pub(crate) fn check_issuer(&self, claims: &Claims<'_>) -> Result<&str> {
        if let Some(template) = &self.issuer_template {
            return template.check(claims).map(|()| template.text());
        }
        if let Some(domain) = &self.trust_domain {
            return check_trust_domain(claims, domain).map(|()| &**domain);
        }
        let issuer = claims.issuer()?;
        let below = |trusted: &str| {
            let segment = issuer.strip_prefix(trusted).and_then(|rest| rest.strip_prefix('/'));
            segment.is_some_and(|segment| !segment.is_empty() && !segment.contains('/'))
        };
        let trusted =
            self.issuers.iter().find(|trusted| **trusted == issuer || (self.allow_subissuers && below(trusted)));
        trusted.map(String::as_str).ok_or_else(|| {
            let mismatch = difference::of_strings(&self.issuers, claims.get("iss"));
            Error::mismatch("iss", ClaimReason::CheckFailed, mismatch)
        })
    }

    /// The issuers that are trusted, as a person reads them.
    pub(crate) fn issuer_names(&self) -> Vec<String> {
        match (&self.issuer_template, &self.trust_domain) {
            (Some(template), _) => vec![template.text().to_owned()],
            (_, Some(domain)) => vec![["spiffe://", domain, "/…"].concat()],
            _ => self.issuers.clone(),
        }
    }

    /// Checks all other claims at the instant `now`; says at which instants they would be accepted as well.
    ///
    /// # Errors
    /// [`Error::Expired`] where only time is wrong, [`Error::Claim`] for everything else.
    pub(crate) fn check_claims(&self, claims: &Claims<'_>, now: Timestamp) -> Result<Validity> {
        self.required_claims.iter().try_for_each(|name| check_presence(claims, name))?;
        self.check_subject(claims)?;
        self.check_audience(claims)?;
        self.claims.iter().try_for_each(|rule| rule.check(claims))?;
        self.combinations.check(claims)?;
        claims.string("jti")?;
        self.check_times(claims, now)
    }

    /// Checks `sub`.
    pub(crate) fn check_subject(&self, claims: &Claims<'_>) -> Result<()> {
        let subject = claims.string("sub")?;
        if self.subjects.is_empty() {
            return Ok(());
        }
        let reason = match subject {
            Some(subject) if self.subjects.iter().any(|wanted| *wanted == subject) => return Ok(()),
            Some(_) => ClaimReason::CheckFailed,
            None => ClaimReason::Missing,
        };
        Err(Error::mismatch("sub", reason, difference::of_strings(&self.subjects, claims.get("sub"))))
    }

    /// Checks `aud`.
    pub(crate) fn check_audience(&self, claims: &Claims<'_>) -> Result<()> {
        let audience = claims.audience()?;
        let Audience::AnyOf(wanted) = &self.audience else { return Ok(()) };
        let fits = |names: Vec<_>| names.iter().any(|name| wanted.iter().any(|wanted| wanted == name));
        match (audience.map(fits), claims.get("aud")) {
            (Some(true), _) => Ok(()),
            (_, Some(found)) => {
                Err(Error::mismatch("aud", ClaimReason::CheckFailed, difference::of_audience(wanted, found)))
            }
            (_, None) => Err(Error::mismatch("aud", ClaimReason::Missing, difference::of_strings(wanted, None))),
        }
    }

    /// Accepts the timestamps of one interval: from `nbf` up to, but not at, `exp`; each end widened by the tolerance. With
    /// a maximum age, `iat` is compared as well.
    pub(crate) fn check_times(&self, claims: &Claims<'_>, now: Timestamp) -> Result<Validity> {
        let expires =
            claims.timestamp("exp", Rounding::Down)?.ok_or_else(|| Error::claim("exp", ClaimReason::Missing))?;
        let mut validity = Validity { from: Timestamp::MIN, until: expires.saturating_add(self.clock_tolerance) };
        let (starts, issued) = (claims.timestamp("nbf", Rounding::Up)?, claims.timestamp("iat", Rounding::Up)?);
        for (claim, begins) in [("nbf", starts), ("iat", issued.filter(|_| self.max_token_age.is_some()))] {
            let from = begins.map_or(Timestamp::MIN, |begins| begins.saturating_sub(self.clock_tolerance));
            if now < from {
                return Err(Error::NotYetValid { claim, missed_by: near_miss(from.since(now)) });
            }
            validity.from = validity.from.max(from);
        }
        if let Some(max_age) = self.max_token_age {
            let issued =
                claims.timestamp("iat", Rounding::Down)?.ok_or_else(|| Error::claim("iat", ClaimReason::Missing))?;
            // At exactly the age it is accepted still.
            let too_old = issued.saturating_add(max_age.saturating_add(self.clock_tolerance)).next();
            if now >= too_old {
                return Err(Error::Expired { claim: "iat", missed_by: near_miss(now.since(too_old)) });
            }
            validity.until = validity.until.min(too_old);
        }
        let until = expires.saturating_add(self.clock_tolerance);
        if now >= until {
            return Err(Error::Expired { claim: "exp", missed_by: near_miss(now.since(until)) });
        }
        Ok(validity)
    }
}

/// The instants at which a token is accepted: from the first, up to but not at the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first instant.
    pub from: Timestamp,
    /// The instant at which it ends.
    pub until: Timestamp,
}

/// The seconds by which a token misses its interval, from 1, where that is less than a minute: most likely a clock is wrong.
fn near_miss(by: Duration) -> Option<u8> {
    let seconds = by.as_secs() + u64::from(by.subsec_micros() > 0);
    u8::try_from(seconds.max(1)).ok().filter(|seconds| *seconds < 60)
}

/// Checks that `sub` is the SPIFFE ID of a workload in this trust domain (JWT-SVID section 3.1).
fn check_trust_domain(claims: &Claims<'_>, domain: &str) -> Result<()> {
    claims.string("iss")?;
    let subject = claims.required_string("sub")?;
    let reason = match spiffe::trust_domain(&subject) {
        Some(own) if own == domain => return Ok(()),
        Some(_) => ClaimReason::CheckFailed,
        None => ClaimReason::Invalid,
    };
    let expected = [["spiffe://", domain].concat()];
    Err(Error::mismatch("sub", reason, difference::of_strings(&expected, claims.get("sub"))))
}

/// Checks that a claim is there.
pub(crate) fn check_presence(claims: &Claims<'_>, name: &str) -> Result<()> {
    claims.find(name)?.map(|_| ()).ok_or_else(|| Error::claim(name.to_owned(), ClaimReason::Missing))
}

/// The media type without its optional prefix; what follows may not have another `/` (RFC 7515 section 4.1.9).
fn media_type(typ: &str) -> &str {
    match typ.split_at_checked(12) {
        Some((prefix, kind)) if prefix.eq_ignore_ascii_case("application/") && !kind.contains('/') => kind,
        _ => typ,
    }
}
