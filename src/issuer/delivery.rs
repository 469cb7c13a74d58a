//! Deliveries of Vercel Connect: whose tokens they may carry, and whether a token was used before.

use crate::error::{DeliveryProblem, Error, Result};
use crate::issuer::options::VercelVerifierOptions;
use crate::issuer::vercel;
use crate::issuer::verifier::{Keys, Profile, Verifier};
use crate::jwt::{ClaimRule, Policy};
use crate::options::OneOrMoreOrNull;

/// Makes a verifier for the tokens of deliveries. `team` is [`vercel::ANY`] where none is pinned. `keys` are the keys that the
/// caller named, if any.
///
/// Without `audience`, the token must be meant for its owner alone, and must not come from an audience exchange.
///
/// # Errors
/// [`Error::InvalidOption`] for an option that means nothing, and where the project or the environment is missing.
pub fn verifier(options: VercelVerifierOptions, keys: Option<Keys>) -> Result<Verifier> {
    let (policy, profile, default_keys) = policy(options)?;
    Verifier::new(policy, profile, keys.unwrap_or(default_keys))
}

fn policy(mut options: VercelVerifierOptions) -> Result<(Policy, Profile, Keys)> {
    // A project is set to the issuer of its team or to the shared one, so both are accepted. Claims say which team.
    let team = std::mem::replace(&mut options.team, vercel::ANY.to_owned());
    let named_audience = match &options.audience {
        None => false,
        Some(OneOrMoreOrNull(Some(_))) => true,
        Some(OneOrMoreOrNull(None)) => {
            return Err(Error::option("audience", "must be a string or an array of strings"));
        }
    };
    options.audience.get_or_insert(OneOrMoreOrNull(None));
    let (mut policy, _, keys) = options.into_policy()?;
    // An audience alone pins nothing: any customer of Vercel can obtain a token with an audience of their choice.
    let pinned = policy.claims.iter().any(|rule| rule.claim == "project_id" || rule.claim == "owner_id");
    if !pinned && policy.combinations.rows.is_empty() {
        return Err(Error::option("projectId", "may be `*` only together with `ownerId`"));
    }
    if team != vercel::ANY {
        vercel::check_team(&team)?;
        policy.claims.push(ClaimRule::equals("owner", &[team]));
    }
    Ok((policy, Profile::Delivery { named_audience }, keys))
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
    use serde_json::{Value, json};

    use super::*;
    use crate::jwt::Audience;
    use crate::options;

    /// The policy of these options, over those of a project whose team is not pinned. Null leaves an option out.
    fn read(changes: Value) -> Result<(Policy, Profile, Keys)> {
        let mut members = json!({ "team": "*", "projectId": "prj_1", "environment": "production" });
        for (name, value) in changes.as_object().unwrap() {
            members[name] = value.clone();
        }
        members.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        policy(options::read(&serde_json::from_value(members).unwrap(), &[])?)
    }

    fn refused(changes: Value) -> String {
        match read(changes) {
            Err(Error::InvalidOption { option, .. }) => option.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_become_a_policy() {
        let (policy, profile, keys) = read(json!({})).unwrap();
        assert_eq!(profile, Profile::Delivery { named_audience: false });
        assert_eq!(policy.audience, Audience::Unchecked);
        assert_eq!(keys, Keys::Url("https://oidc.vercel.com/.well-known/jwks".into()));
        let (policy, profile, _) = read(json!({ "team": "acme", "ownerId": "team_1", "audience": "hooks" })).unwrap();
        assert_eq!(profile, Profile::Delivery { named_audience: true });
        assert_eq!(policy.audience, Audience::AnyOf(vec!["hooks".into()]));
        let rule = |claim: &str, value: &str| ClaimRule::equals(claim, &[value.to_owned()]);
        let (id, project) = (rule("owner_id", "team_1"), rule("project_id", "prj_1"));
        assert_eq!(policy.claims, [id, project, rule("environment", "production"), rule("owner", "acme")]);
    }

    #[test]
    fn options_that_would_pin_nothing_are_refused() {
        assert_eq!(refused(json!({ "projectId": null })), "projectId");
        assert_eq!(refused(json!({ "environment": null })), "environment");
        assert_eq!(refused(json!({ "audience": [] })), "audience");
        assert_eq!(refused(json!({ "projectId": "*", "audience": "hooks" })), "projectId");
        for team in ["team_1", "", "a/b"] {
            assert_eq!(refused(json!({ "team": team })), "team", "{team}");
        }
        assert!(read(json!({ "projectId": "*", "ownerId": "team_1" })).is_ok());
        let pairs = json!([{ "projectId": "prj_1", "environment": "production" }]);
        let (policy, ..) = read(json!({ "projectId": null, "environment": null, "projects": pairs })).unwrap();
        assert_eq!(policy.combinations.rows.len(), 1);
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
