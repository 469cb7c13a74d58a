//! Vercel's OIDC tokens: issuer, audience, claims and the grammar of the subject.
//!
//! Source: Vercel's documentation of OIDC federation ("reference") and tokens as issued.

use std::borrow::Cow;

use crate::error::{ClaimReason, Error, Result};
use crate::issuer::discovery::Location;
use crate::jwt::{Audience, ClaimRule, Claims, Combinations, Policy, VerifiedToken};

/// The issuer in global mode, and the stem of every team's issuer.
pub const GLOBAL_ISSUER: &str = "https://oidc.vercel.com";

/// The beginning of a team's id.
const TEAM_ID: &str = "team_";

/// The beginning of a project's id.
const PROJECT_ID: &str = "prj_";

/// In the place of a team's slug: any team.
pub const ANY: &str = "*";

/// Which of a team's two issuers signs its tokens; a setting of the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IssuerMode {
    /// `https://oidc.vercel.com/<team>`, the default.
    #[default]
    Team,
    /// `https://oidc.vercel.com`, shared by all teams.
    Global,
}

/// Some values, or expressly any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Any value that Vercel puts there.
    Any,
    /// One of these.
    OneOf(Vec<String>),
}

/// Which projects, and in which environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Projects {
    /// One of these projects, in one of these environments.
    Each {
        /// The projects' ids.
        project_id: Selection,
        /// The environments' names.
        environment: Selection,
    },
    /// These pairs of a project's id and its environments.
    Pairs(Vec<(String, Selection)>),
}

impl Projects {
    fn any(&self) -> bool {
        matches!(self, Self::Each { project_id: Selection::Any, .. })
    }
}

/// Whose tokens are accepted. Nothing of it is ever taken from a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The team's slug; `*` for any team, where the project's or the owner's id says which.
    pub team: String,
    /// Which issuer; both with any team.
    pub issuer_mode: IssuerMode,
    /// The team's id. Slugs change hands when a team is renamed, ids do not.
    pub owner_id: Option<String>,
    /// The projects and their environments.
    pub projects: Projects,
    /// The audiences; if empty, the default audience of the team, and with any team none is checked.
    pub audience: Vec<String>,
}

impl Options {
    /// The policy that these options mean, and where the issuer publishes its keys.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] where a name is not of the form that Vercel gives, or where nothing would narrow the
    /// accepted tokens to one owner.
    pub fn policy(&self) -> Result<(Policy, Location)> {
        let Self { team, issuer_mode, owner_id, projects, audience } = self;
        self.check_ids()?;
        if team == ANY {
            return self.any_team();
        }
        check_team(team)?;
        if projects.any() && owner_id.is_none() {
            let problem = "may be `*` only together with `ownerId`, since a team's slug can change hands";
            return Err(Error::option("projectId", problem));
        }
        let issuer = match issuer_mode {
            IssuerMode::Team => [GLOBAL_ISSUER, "/", team].concat(),
            IssuerMode::Global => GLOBAL_ISSUER.to_owned(),
        };
        // Vercel documents this address, so the discovery document would only cost a round trip more.
        let location = Location::Jwks([&*issuer, "/.well-known/jwks"].concat());
        let audience = match audience.as_slice() {
            [] => vec![["https://vercel.com/", team].concat()],
            named => named.to_vec(),
        };
        let mut policy = Policy::new(issuer, Audience::AnyOf(audience));
        policy.claims.push(ClaimRule::equals("owner", std::slice::from_ref(team)));
        self.demand_into(&mut policy);
        Ok((policy, location))
    }

    /// Refuses only what cannot be an id, such as a name: it would refuse every token.
    fn check_ids(&self) -> Result<()> {
        if self.owner_id.as_ref().is_some_and(|id| !is_id(id, TEAM_ID)) {
            return Err(Error::option("ownerId", "must be a team's id, as in `team_…`; its slug belongs in `team`"));
        }
        let problem = "must be a project's id, as in `prj_…`, and not its name";
        match &self.projects {
            Projects::Each { project_id: Selection::OneOf(ids), .. } if ids.iter().any(|id| !is_id(id, PROJECT_ID)) => {
                Err(Error::option("projectId", problem))
            }
            Projects::Pairs(pairs) => match pairs.iter().position(|(id, _)| !is_id(id, PROJECT_ID)) {
                Some(index) => Err(Error::option(format!("projects[{index}].projectId"), problem)),
                None => Ok(()),
            },
            Projects::Each { .. } => Ok(()),
        }
    }

    /// Ids are unique among all teams, and Vercel's shared key set has the keys of all of them.
    fn any_team(&self) -> Result<(Policy, Location)> {
        if self.projects.any() && self.owner_id.is_none() && self.audience.is_empty() {
            let problem = "may be `*` for any team only together with `ownerId` or `audience`";
            return Err(Error::option("projectId", problem));
        }
        let audience = match self.audience.as_slice() {
            [] => Audience::Unchecked,
            named => Audience::AnyOf(named.to_vec()),
        };
        let mut policy = Policy::new(GLOBAL_ISSUER, audience);
        policy.allow_subissuers = true;
        self.demand_into(&mut policy);
        Ok((policy, Location::Jwks([GLOBAL_ISSUER, "/.well-known/jwks"].concat())))
    }

    fn demand_into(&self, policy: &mut Policy) {
        let mut demand = |claim: &str, values: &[String]| policy.claims.push(ClaimRule::equals(claim, values));
        if let Some(owner_id) = &self.owner_id {
            demand("owner_id", std::slice::from_ref(owner_id));
        }
        match &self.projects {
            Projects::Each { project_id, environment } => {
                for (claim, selection) in [("project_id", project_id), ("environment", environment)] {
                    if let Selection::OneOf(values) = selection {
                        demand(claim, values);
                    }
                }
            }
            Projects::Pairs(pairs) => {
                let mut rows = Vec::new();
                for (project, environment) in pairs {
                    let mut add = |environment| rows.push(vec![Some(project.clone()), environment]);
                    match environment {
                        Selection::Any => add(None),
                        Selection::OneOf(names) => names.iter().cloned().map(Some).for_each(add),
                    }
                }
                policy.combinations = Combinations { claims: vec!["project_id", "environment"], rows };
            }
        }
    }
}

/// The claims of a Vercel token. [`VercelClaims::read`] also checks the subject; `claims().deserialize()` reads the claims of
/// a token that a Vercel verifier has accepted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub struct VercelClaims<'a> {
    /// The team's slug.
    #[serde(borrow)]
    pub owner: Cow<'a, str>,
    /// The team's id.
    #[serde(borrow)]
    pub owner_id: Cow<'a, str>,
    /// The project's name.
    #[serde(borrow)]
    pub project: Cow<'a, str>,
    /// The project's id.
    #[serde(borrow)]
    pub project_id: Cow<'a, str>,
    /// The environment's name: `production`, `preview`, `development`, or a custom one.
    #[serde(borrow)]
    pub environment: Cow<'a, str>,
    /// The person, in tokens for development.
    #[serde(borrow)]
    pub user_id: Option<Cow<'a, str>>,
}

impl<'a> VercelClaims<'a> {
    /// Reads the claims and checks the subject against them.
    ///
    /// # Errors
    /// [`Error::Claim`] where a claim is missing, empty or no string, or where `sub` says something else than the
    /// claims beside it.
    pub fn read(token: &VerifiedToken<'a>) -> Result<Self> {
        Self::read_claims(&token.claims())
    }

    /// Checks that the issuer is Vercel's shared one, or that of the owner whom the token names.
    ///
    /// # Errors
    /// [`Error::Claim`] for `iss`.
    pub(crate) fn check_issuer(&self, issuer: &str) -> Result<()> {
        let team = issuer.strip_prefix(GLOBAL_ISSUER).map(|rest| rest.strip_prefix('/').unwrap_or(rest));
        let theirs = issuer == GLOBAL_ISSUER || team == Some(&self.owner);
        if theirs { Ok(()) } else { Err(Error::claim("iss", ClaimReason::CheckFailed)) }
    }

    /// Checks that the token is one that Vercel Connect may have attached to a delivery. Tokens of Passport and access tokens
    /// name their kind in the claim `typ`. Without a named audience the token must be meant for its owner alone, and must
    /// not come from an audience exchange, whose tokens have the claim `act`.
    ///
    /// # Errors
    /// [`Error::Claim`] for `typ`, `aud` or `act`.
    pub(crate) fn check_delivery(&self, claims: &Claims<'a>, named_audience: bool) -> Result<()> {
        let absent = |claim| match claims.get(claim) {
            Some(_) => Err(Error::claim(claim, ClaimReason::CheckFailed)),
            None => Ok(()),
        };
        absent("typ")?;
        if named_audience {
            return Ok(());
        }
        let audience = claims.audience()?.ok_or_else(|| Error::claim("aud", ClaimReason::Missing))?;
        let owner = ["https://vercel.com/", &self.owner].concat();
        if audience.is_empty() || audience.iter().any(|name| **name != *owner) {
            return Err(Error::claim("aud", ClaimReason::CheckFailed));
        }
        absent("act")
    }

    /// The same for unverified claims.
    pub(crate) fn read_claims(claims: &Claims<'a>) -> Result<Self> {
        let name = |claim| match claims.required_string(claim)? {
            name if name.is_empty() => Err(Error::claim(claim, ClaimReason::Invalid)),
            name => Ok(name),
        };
        let this = Self {
            owner: name("owner")?,
            owner_id: name("owner_id")?,
            project: name("project")?,
            project_id: name("project_id")?,
            environment: name("environment")?,
            user_id: claims.string("user_id")?,
        };
        let subject = claims.required_string("sub")?;
        let subject = Subject::parse(&subject).ok_or_else(|| Error::claim("sub", ClaimReason::Invalid))?;
        let claimed = Subject { owner: &this.owner, project: &this.project, environment: &this.environment };
        if subject == claimed { Ok(this) } else { Err(Error::claim("sub", ClaimReason::CheckFailed)) }
    }
}

/// `owner:<owner>:project:<project>:environment:<environment>`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The team's slug.
    pub owner: &'a str,
    /// The project's name.
    pub project: &'a str,
    /// The environment's name.
    pub environment: &'a str,
}

impl<'a> Subject<'a> {
    /// Takes a subject apart. No name may be empty or hold a colon, so there is only one way to read it.
    pub fn parse(subject: &'a str) -> Option<Self> {
        let mut parts = subject.split(':');
        let mut next = |label| if parts.next()? == label { parts.next().filter(|name| !name.is_empty()) } else { None };
        let this = Self { owner: next("owner")?, project: next("project")?, environment: next("environment")? };
        parts.next().is_none().then_some(this)
    }
}

/// Checks that a text can be a team's slug.
///
/// # Errors
/// [`Error::InvalidOption`] for `team`.
pub(crate) fn check_team(team: &str) -> Result<()> {
    if team.starts_with(TEAM_ID) {
        return Err(Error::option("team", "must be the team's slug, as in `acme`; its id belongs in `ownerId`"));
    }
    if !is_slug(team) {
        let problem = "must be a team's slug: letters, digits, `-`, `_` and `.`, as in `acme`";
        return Err(Error::option("team", problem));
    }
    Ok(())
}

/// Returns whether a text can be an id: with its prefix, or of the older form, 24 or more letters and digits.
fn is_id(text: &str, prefix: &str) -> bool {
    let plain = |text: &str, least: usize| text.len() >= least && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.strip_prefix(prefix).map_or_else(|| plain(text, 24), |rest| plain(rest, 1))
}

fn is_slug(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=100).contains(&text.len()) && text.bytes().all(plain) && text.bytes().any(|byte| byte != b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json::Document;

    fn options() -> Options {
        Options {
            team: "acme".into(),
            issuer_mode: IssuerMode::Team,
            owner_id: None,
            projects: Projects::Each {
                project_id: Selection::OneOf(vec!["prj_1".into()]),
                environment: Selection::OneOf(vec!["production".into()]),
            },
            audience: vec![],
        }
    }

    #[test]
    fn claims_are_deserialized_as_they_are_read() {
        let text = r#"{"owner":"acme","owner_id":"team_1","project":"site","project_id":"prj_1","environment":"production","sub":"owner:acme:project:site:environment:production"}"#;
        let document = Document::parse(text.as_bytes()).unwrap();
        let claims = Claims::new(document.root()).unwrap();
        assert_eq!(claims.deserialize::<VercelClaims<'_>>(), VercelClaims::read_claims(&claims));
        let document = Document::parse(br#"{"owner":"acme","owner_id":7}"#).unwrap();
        let refused = Claims::new(document.root()).unwrap().deserialize::<VercelClaims<'_>>();
        assert_eq!(refused, Err(Error::claim("owner_id", ClaimReason::Invalid)));
    }

    #[test]
    fn options_become_a_policy() {
        let (policy, location) = options().policy().unwrap();
        assert_eq!(policy.issuers, ["https://oidc.vercel.com/acme"]);
        assert_eq!(policy.audience, Audience::AnyOf(vec!["https://vercel.com/acme".into()]));
        assert_eq!(location, Location::Jwks("https://oidc.vercel.com/acme/.well-known/jwks".into()));
        let wanted = [("owner", "acme"), ("project_id", "prj_1"), ("environment", "production")];
        assert_eq!(policy.claims, wanted.map(|(name, value)| ClaimRule::equals(name, &[value.to_owned()])));

        let global = Options { issuer_mode: IssuerMode::Global, audience: vec!["api".into()], ..options() };
        let (policy, location) = global.policy().unwrap();
        assert_eq!(policy.issuers, [GLOBAL_ISSUER]);
        assert_eq!(policy.audience, Audience::AnyOf(vec!["api".into()]));
        assert_eq!(location, Location::Jwks("https://oidc.vercel.com/.well-known/jwks".into()));
    }

    #[test]
    fn any_project_needs_the_owners_id() {
        let environment = Selection::OneOf(vec!["production".into()]);
        let any = Options { projects: Projects::Each { project_id: Selection::Any, environment }, ..options() };
        assert_eq!(any.policy().unwrap_err().code(), "ERR_INVALID_OPTION");
        let owned = Options { owner_id: Some("team_1".into()), ..any };
        let (policy, _) = owned.policy().unwrap();
        assert!(policy.claims.contains(&ClaimRule::equals("owner_id", &["team_1".to_owned()])));
        assert!(!policy.claims.iter().any(|rule| rule.claim == "project_id"));
    }

    #[test]
    fn pairs_become_rows() {
        let pairs = vec![
            ("prj_1".to_owned(), Selection::OneOf(vec!["production".into(), "preview".into()])),
            ("prj_2".to_owned(), Selection::Any),
        ];
        let (policy, _) = Options { projects: Projects::Pairs(pairs), ..options() }.policy().unwrap();
        let row =
            |project: &str, environment: Option<&str>| vec![Some(project.to_owned()), environment.map(str::to_owned)];
        assert_eq!(
            policy.combinations.rows,
            [row("prj_1", Some("production")), row("prj_1", Some("preview")), row("prj_2", None)]
        );
        assert_eq!(policy.claims, [ClaimRule::equals("owner", &["acme".to_owned()])]);
        let named = Options { projects: Projects::Pairs(vec![("site".into(), Selection::Any)]), ..options() };
        let Err(Error::InvalidOption { option, .. }) = named.policy() else { panic!("a name is not an id") };
        assert_eq!(option, "projects[0].projectId");
    }

    #[test]
    fn a_team_is_a_slug() {
        for team in
            ["", ".", "..", "a/b", "acme?", "acme#", "https://oidc.vercel.com/acme", "a b", "é", &"a".repeat(101)]
        {
            let error = Options { team: team.into(), ..options() }.policy().unwrap_err();
            assert!(matches!(error, Error::InvalidOption { option, .. } if option == "team"), "{team}");
        }
    }

    #[test]
    fn the_subject_has_one_reading() {
        let subject = Subject::parse("owner:acme:project:acme_website:environment:production");
        assert_eq!(subject, Some(Subject { owner: "acme", project: "acme_website", environment: "production" }));
        for text in [
            "",
            "owner:acme",
            "owner:acme:project:site:environment:",
            "owner::project:site:environment:production",
            "owner:acme:project:site:environment:production:x",
            "owner:acme:project:a:project:b:environment:production",
            "project:site:owner:acme:environment:production",
            "Owner:acme:project:site:environment:production",
            " owner:acme:project:site:environment:production",
        ] {
            assert_eq!(Subject::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_subject_must_say_what_the_claims_say() {
        let claims = |edit: fn(&str) -> String| {
            let text = edit(
                r#"{"sub":"owner:acme:project:site:environment:production","owner":"acme","owner_id":"team_1","project":"site","project_id":"prj_1","environment":"production"}"#,
            );
            let document = Document::parse(text.as_bytes()).expect("JSON");
            let claims = Claims::new(document.root()).expect("an object");
            match VercelClaims::read_claims(&claims) {
                Ok(claims) => claims.project.into_owned(),
                Err(Error::Claim { claim, reason, .. }) => format!("{claim} {}", reason.as_str()),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(claims(str::to_owned), "site");
        assert_eq!(claims(|text| text.replace(r#""project":"site""#, r#""project":"other""#)), "sub check_failed");
        assert_eq!(
            claims(|text| text.replace(r#":environment:production","#, r#":environment:preview","#)),
            "sub check_failed"
        );
        assert_eq!(claims(|text| text.replace("owner:acme:", "owner:acme:x:")), "sub invalid");
        assert_eq!(claims(|text| text.replace(r#""owner_id":"team_1""#, r#""owner_id":7"#)), "owner_id invalid");
        assert_eq!(claims(|text| text.replace(r#""owner_id":"team_1""#, r#""owner_id":"""#)), "owner_id invalid");
        assert_eq!(claims(|text| text.replace(r#""owner_id":"team_1","#, "")), "owner_id missing");
    }
}
