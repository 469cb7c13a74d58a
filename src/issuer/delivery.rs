//! Deliveries of Vercel Connect: whose tokens they may carry, and whether a token was used before.

use crate::error::{DeliveryProblem, Error, Result};
use crate::issuer::discovery::Location;
use crate::issuer::vercel::{self, IssuerMode, Selection};
use crate::issuer::verifier::{Keys, Profile, Verifier};
use crate::jwt::Policy;
use crate::options::{OneOrMore, optional_string};

/// Whose deliveries are accepted. Unknown members are refused.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[cfg_attr(feature = "verify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase")]
pub struct ConnectDeliveryOptions {
    /// The project's id (`prj_…`), several, or `'*'` for any project of `ownerId`. Default: `VERCEL_PROJECT_ID`.
    #[serde(default)]
    #[cfg_attr(feature = "verify", tsify(type = "string | string[]"))]
    pub project_id: Option<OneOrMore>,
    /// The environment's name, several, or `'*'` for any. Default: `VERCEL_TARGET_ENV`, then `VERCEL_ENV`.
    #[serde(default)]
    #[cfg_attr(feature = "verify", tsify(type = "string | string[]"))]
    pub environment: Option<OneOrMore>,
    /// The team's slug, as in `vercel.com/<team>`. Default: any, as long as the claims of the token agree on one.
    #[serde(default, deserialize_with = "optional_string")]
    #[cfg_attr(feature = "verify", tsify(type = "string"))]
    pub team: Option<String>,
    /// The team's id (`team_…`). Default: any.
    #[serde(default, deserialize_with = "optional_string")]
    #[cfg_attr(feature = "verify", tsify(type = "string"))]
    pub owner_id: Option<String>,
    /// `aud` must name one of these. Default: it is `https://vercel.com/<owner>`, with the owner of the same token, and the
    /// token does not come from an audience exchange.
    #[serde(default)]
    #[cfg_attr(feature = "verify", tsify(type = "string | string[]"))]
    pub audience: Option<OneOrMore>,
}

impl ConnectDeliveryOptions {
    /// Makes the verifier. `keys` are the keys that the caller named, if any.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for an option that means nothing, and where the project or the environment is missing.
    pub fn into_verifier(self, keys: Option<Keys>) -> Result<Verifier> {
        let (policy, profile, default_keys) = self.into_policy()?;
        Verifier::new(policy, profile, keys.unwrap_or(default_keys))
    }

    fn into_policy(self) -> Result<(Policy, Profile, Keys)> {
        let project_id = Selection::read("projectId", self.project_id.as_ref())?;
        // Any customer of Vercel can obtain a token with an audience of their choice.
        if project_id == Selection::Any && self.owner_id.is_none() {
            return Err(Error::option("projectId", "may be `*` only together with `ownerId`"));
        }
        let audience = self.audience.map(|OneOrMore(names)| names);
        if audience.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::option("audience", "must name at least one audience"));
        }
        if let Some(team) = &self.team {
            vercel::check_team(team)?;
        }
        let profile = Profile::Delivery { named_audience: audience.is_some() };
        // A project is set to the team's issuer or to the shared one. The shared JWK Set has the keys of both.
        let options = vercel::Options {
            team: vercel::ANY.to_owned(),
            issuer_mode: IssuerMode::default(),
            owner_id: self.owner_id,
            project_id,
            environment: Selection::read("environment", self.environment.as_ref())?,
            audience: audience.unwrap_or_default(),
        };
        let (mut policy, location) = options.policy()?;
        policy.claims.extend(self.team.map(|team| ("owner".to_owned(), vec![team])));
        let (Location::Jwks(url) | Location::Discovery(url)) = location;
        Ok((policy, profile, Keys::Url(url)))
    }
}

/// The mark of an entry whose delivery was answered with success.
const DONE: &str = "done ";

/// The mark of an entry whose delivery has begun.
const BEGUN: &str = "begun ";

/// The entry of a delivery in the replay store. `body` is the hash of the body.
pub fn replay_entry(body: &str, done: bool) -> String {
    [if done { DONE } else { BEGUN }, body].concat()
}

/// Decides whether a delivery may be handled. `entry` is what the replay store holds for its token, `body` the hash of its
/// body. A delivery that has begun and did not succeed may be repeated with the same body.
///
/// # Errors
/// [`Error::DeliveryRefused`] where the token came with another body, or its delivery has succeeded. An entry that is
/// malformed counts as one of another body.
pub fn check_replay(entry: Option<&str>, body: &str) -> Result<()> {
    let Some(entry) = entry else { return Ok(()) };
    let (done, known) = match (entry.strip_prefix(DONE), entry.strip_prefix(BEGUN)) {
        (Some(known), _) => (true, known),
        (None, known) => (false, known.unwrap_or_default()),
    };
    let problem = match (known == body, done) {
        (true, false) => return Ok(()),
        (true, true) => DeliveryProblem::Replayed,
        (false, _) => DeliveryProblem::OtherBody,
    };
    Err(Error::DeliveryRefused(problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::Audience;

    fn options() -> ConnectDeliveryOptions {
        ConnectDeliveryOptions {
            project_id: Some(OneOrMore(vec!["prj_1".into()])),
            environment: Some(OneOrMore(vec!["production".into()])),
            ..Default::default()
        }
    }

    fn refused(options: ConnectDeliveryOptions) -> String {
        match options.into_policy() {
            Err(Error::InvalidOption { option, .. }) => option.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_become_a_policy() {
        let (policy, profile, keys) = options().into_policy().unwrap();
        assert_eq!(profile, Profile::Delivery { named_audience: false });
        assert_eq!(policy.audience, Audience::Unchecked);
        assert_eq!(keys, Keys::Url("https://oidc.vercel.com/.well-known/jwks".into()));
        let pinned = ConnectDeliveryOptions {
            team: Some("acme".into()),
            owner_id: Some("team_1".into()),
            audience: Some(OneOrMore(vec!["hooks".into()])),
            ..options()
        };
        let (policy, profile, _) = pinned.into_policy().unwrap();
        assert_eq!(profile, Profile::Delivery { named_audience: true });
        assert_eq!(policy.audience, Audience::AnyOf(vec!["hooks".into()]));
        let names: Vec<_> = policy.claims.iter().map(|(name, values)| format!("{name}={}", values.join(" "))).collect();
        assert_eq!(names, ["owner_id=team_1", "project_id=prj_1", "environment=production", "owner=acme"]);
    }

    #[test]
    fn options_that_would_pin_nothing_are_refused() {
        let any = || Some(OneOrMore(vec!["*".into()]));
        assert_eq!(refused(ConnectDeliveryOptions { project_id: None, ..options() }), "projectId");
        assert_eq!(refused(ConnectDeliveryOptions { environment: None, ..options() }), "environment");
        assert_eq!(refused(ConnectDeliveryOptions { audience: Some(OneOrMore(vec![])), ..options() }), "audience");
        // An audience alone narrows nothing, since a caller of Vercel's exchange chooses it.
        let named = Some(OneOrMore(vec!["hooks".into()]));
        assert_eq!(refused(ConnectDeliveryOptions { project_id: any(), audience: named, ..options() }), "projectId");
        for team in ["team_1", "*", "", "a/b"] {
            assert_eq!(refused(ConnectDeliveryOptions { team: Some(team.into()), ..options() }), "team", "{team}");
        }
        let owned = ConnectDeliveryOptions { project_id: any(), owner_id: Some("team_1".into()), ..options() };
        assert!(owned.into_policy().is_ok());
    }

    #[test]
    fn a_token_is_bound_to_one_body_and_used_up_by_success() {
        let refused = |entry: &str, body| match check_replay(Some(entry), body) {
            Ok(()) => "ok",
            Err(Error::DeliveryRefused(problem)) => problem.as_str(),
            Err(error) => panic!("{error}"),
        };
        assert_eq!(check_replay(None, "a"), Ok(()));
        assert_eq!(refused(&replay_entry("a", false), "a"), "ok");
        assert_eq!(refused(&replay_entry("a", true), "a"), "replayed");
        assert_eq!(refused(&replay_entry("a", false), "b"), "other_body");
        assert_eq!(refused(&replay_entry("a", true), "b"), "other_body");
        for malformed in ["", "a", "done", "begun", "begun a b", "done a b", "begun  a"] {
            assert_eq!(refused(malformed, "a"), "other_body", "{malformed:?}");
        }
    }
}
