//! Options, read by name; and those of `createVerifier` and `createVercelVerifier`.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::issuer::discovery::Location;
use crate::issuer::vercel::{self, IssuerMode, Selection};
use crate::issuer::{Keys, Profile, Verifier};
use crate::jose::header;
use crate::jwt::{Audience, Policy, Typ};
use crate::wasm::loose::Loose;

/// The longest time span that an option may name: a century. Beyond that a number is a mistake of unit.
const MAX_SECONDS: f64 = 100.0 * 366.0 * 86_400.0;

/// The options that are left to be read; what remains at the end is unknown.
pub struct Options(Vec<(String, Loose)>);

impl Options {
    /// The options that a caller has passed.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] where they are no object.
    pub fn new(options: Loose) -> Result<Self> {
        match options {
            Loose::Map(members) => Ok(Self(members)),
            _ => Err(Error::option("options", "must be an object")),
        }
    }

    /// Refuses by name what was not read.
    ///
    /// # Errors
    /// [`Error::InvalidOption`].
    pub fn end(self) -> Result<()> {
        self.0.into_iter().next().map_or(Ok(()), |(unknown, _)| Err(Error::option(unknown, "is not known here")))
    }

    /// Takes an option out, whatever it is.
    pub fn take(&mut self, name: &str) -> Option<Loose> {
        let index = self.0.iter().position(|(key, _)| key == name)?;
        Some(self.0.swap_remove(index).1)
    }

    /// One string.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Loose::Text(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(Error::option(name, "must be a string that is not empty")),
        }
    }

    /// One string or several.
    pub fn texts(&mut self, name: &'static str) -> Result<Option<Vec<String>>> {
        self.take(name).map(|value| texts(name, value)).transpose()
    }

    /// An array of strings.
    pub fn list(&mut self, name: &'static str) -> Result<Option<Vec<String>>> {
        match self.take(name) {
            None => Ok(None),
            Some(list @ Loose::List(_)) => texts(name, list).map(Some),
            Some(_) => Err(Error::option(name, "must be an array of strings that are not empty")),
        }
    }

    /// A time span.
    pub fn seconds(&mut self, name: &'static str) -> Result<Option<Duration>> {
        match self.take(name) {
            None => Ok(None),
            Some(Loose::Number(seconds)) if (0.0..=MAX_SECONDS).contains(&seconds) => {
                Ok(Some(Duration::from_secs_f64(seconds)))
            }
            Some(_) => Err(Error::option(name, "must be a number of seconds, not negative")),
        }
    }

    fn selection(&mut self, name: &'static str) -> Result<Selection> {
        let values = self.texts(name)?.ok_or_else(|| Error::option(name, "is required; `*` accepts any"))?;
        match values.as_slice() {
            [] => Err(Error::option(name, "must name at least one value, or be `*`")),
            [any] if any == "*" => Ok(Selection::Any),
            names if names.iter().any(|name| name == "*") => {
                Err(Error::option(name, "must be `*` alone, or names without it"))
            }
            _ => Ok(Selection::OneOf(values)),
        }
    }
}

/// How long a credential must still live.
///
/// # Errors
/// [`Error::InvalidOption`] for a number that is no time span.
pub fn min_validity(seconds: f64) -> Result<Duration> {
    Options(vec![("minValidity".into(), Loose::Number(seconds))]).seconds("minValidity").map(Option::unwrap_or_default)
}

/// One string or an array of strings, none of them empty.
fn texts(name: &'static str, value: Loose) -> Result<Vec<String>> {
    let items = match value {
        Loose::List(items) => items,
        one => vec![one],
    };
    let text = |item| match item {
        Loose::Text(text) if !text.is_empty() => Ok(text),
        _ => Err(Error::option(name, "must be a string or an array of strings, none of them empty")),
    };
    items.into_iter().map(text).collect()
}

/// Makes the verifier that these options ask for. `keys` are the keys that the caller named, if any.
///
/// # Errors
/// [`Error::InvalidOption`] for an option that is missing, unknown or of the wrong form.
pub fn verifier(options: Loose, vercel: bool, keys: Option<Keys>) -> Result<Verifier> {
    let (policy, profile, default_keys) = policy(options, vercel)?;
    Verifier::new(policy, profile, keys.unwrap_or(default_keys))
}

/// Reads what a verifier demands, and where the keys are if the caller names none.
///
/// # Errors
/// [`Error::InvalidOption`] for an option that is missing, unknown or of the wrong form.
pub fn policy(options: Loose, vercel: bool) -> Result<(Policy, Profile, Keys)> {
    let mut options = Options::new(options)?;
    let (mut policy, profile, keys) = if vercel { vercel_policy(&mut options)? } else { plain(&mut options)? };
    if let Some(names) = options.texts("algorithms")? {
        let algorithm = |name: &String| {
            let problem = "must name signature algorithms that are supported: \
                           RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
            header::algorithm(name).ok_or_else(|| Error::option("algorithms", problem))
        };
        policy.algorithms = names.iter().map(algorithm).collect::<Result<_>>()?;
    }
    match options.take("claims") {
        None => {}
        Some(Loose::Map(claims)) => {
            for (name, values) in claims {
                policy.claims.push((name, texts("claims", values)?));
            }
        }
        Some(_) => return Err(Error::option("claims", "must be an object of strings or arrays of strings")),
    }
    policy.subjects = options.texts("subject")?.unwrap_or_default();
    policy.required_claims = options.list("requiredClaims")?.unwrap_or_default();
    policy.clock_tolerance = options.seconds("clockTolerance")?.unwrap_or_default();
    policy.max_token_age = options.seconds("maxTokenAge")?;
    if let Some(typ) = options.list("typ")? {
        if typ.is_empty() {
            return Err(Error::option("typ", "must name at least one kind of token"));
        }
        policy.typ = Typ::OneOf(typ);
    }
    match options.take("maxTokenBytes") {
        None => {}
        Some(Loose::Number(bytes)) if (1.0..=1_048_576.0).contains(&bytes) && bytes.fract() == 0.0 => {
            policy.max_token_bytes = bytes as usize;
        }
        Some(_) => return Err(Error::option("maxTokenBytes", "must be a whole number from 1 to 1048576")),
    }
    options.end()?;
    Ok((policy, profile, keys))
}

fn plain(options: &mut Options) -> Result<(Policy, Profile, Keys)> {
    let issuers = options.texts("issuer")?.ok_or_else(|| Error::option("issuer", "is required"))?;
    let audience = match options.take("audience") {
        None => {
            let problem = "is required; null leaves it unchecked, which accepts tokens that were meant for others";
            return Err(Error::option("audience", problem));
        }
        Some(Loose::Null) => Audience::Unchecked,
        Some(names) => Audience::AnyOf(texts("audience", names)?),
    };
    let policy = Policy { issuers, ..Policy::new("", audience) };
    Ok((policy, Profile::Plain, Keys::Discovery))
}

fn vercel_policy(options: &mut Options) -> Result<(Policy, Profile, Keys)> {
    let issuer_mode = match options.text("issuerMode")?.as_deref() {
        None | Some("team") => IssuerMode::Team,
        Some("global") => IssuerMode::Global,
        Some(_) => return Err(Error::option("issuerMode", "must be `team` or `global`")),
    };
    let team =
        options.text("team")?.ok_or_else(|| Error::option("team", "is required: the team's slug, as in `acme`"))?;
    let audience = match options.take("audience") {
        Some(Loose::Null) if team == vercel::ANY => None,
        None if team == vercel::ANY => {
            return Err(Error::option("audience", "is required for any team; null leaves it unchecked"));
        }
        None => None,
        Some(names) => Some(texts("audience", names)?),
    };
    if audience.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::option("audience", "must name at least one audience"));
    }
    let vercel = vercel::Options {
        team,
        issuer_mode,
        owner_id: options.text("ownerId")?,
        project_id: options.selection("projectId")?,
        environment: options.selection("environment")?,
        audience: audience.unwrap_or_default(),
    };
    let (policy, location) = vercel.policy()?;
    let keys = match location {
        Location::Jwks(url) => Keys::Url(url),
        Location::Discovery(_) => Keys::Discovery,
    };
    Ok((policy, Profile::Vercel, keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Loose {
        Loose::Text(value.into())
    }

    fn make(vercel: bool, members: &[(&str, Loose)]) -> Result<Verifier> {
        let members = members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        verifier(Loose::Map(members), vercel, None)
    }

    /// The option that is refused when `extra` is added to (or put in place of) working options.
    fn refused(vercel: bool, extra: &[(&'static str, Option<Loose>)]) -> String {
        let mut members: Vec<(&str, Loose)> = if vercel {
            vec![("team", text("acme")), ("projectId", text("prj_1")), ("environment", text("production"))]
        } else {
            vec![("issuer", text("https://issuer.example")), ("audience", text("api"))]
        };
        for (name, value) in extra {
            members.retain(|(key, _)| key != name);
            members.extend(value.clone().map(|value| (*name, value)));
        }
        match make(vercel, &members).map_err(|error| *error) {
            Ok(_) => "accepted".to_owned(),
            Err(Error::InvalidOption { option, .. }) => option.into_owned(),
            Err(other) => other.code().to_owned(),
        }
    }

    #[test]
    fn options_that_are_right_make_a_verifier() {
        assert_eq!(refused(true, &[]), "accepted");
        assert_eq!(refused(false, &[]), "accepted");
        let list = |names: &[&str]| Some(Loose::List(names.iter().map(|name| text(name)).collect()));
        let claims = Loose::Map(vec![("repository".into(), text("acme/site"))]);
        assert_eq!(
            refused(
                false,
                &[
                    ("audience", Some(Loose::Null)),
                    ("algorithms", list(&["RS256", "Ed25519"])),
                    ("claims", Some(claims)),
                    ("subject", list(&["a", "b"])),
                    ("clockTolerance", Some(Loose::Number(5.5))),
                    ("maxTokenAge", Some(Loose::Number(3600.0))),
                    ("requiredClaims", list(&["jti"])),
                    ("typ", list(&["at+jwt"])),
                    ("maxTokenBytes", Some(Loose::Number(4096.0))),
                ]
            ),
            "accepted"
        );
    }

    #[test]
    fn each_wrong_option_is_named() {
        for (name, value) in [
            ("team", None),
            ("team", Some(Loose::Number(1.0))),
            ("team", Some(text("a/b"))),
            ("projectId", None),
            ("projectId", Some(text("*"))),
            ("projectId", Some(Loose::List(vec![]))),
            ("projectId", Some(Loose::List(vec![text("prj_1"), text("*")]))),
            ("environment", None),
            ("environment", Some(Loose::Null)),
            ("environment", Some(text(""))),
            ("issuerMode", Some(text("Team"))),
            ("ownerId", Some(Loose::Bool(true))),
            ("audience", Some(Loose::List(vec![]))),
            ("audience", Some(Loose::Null)),
        ] {
            assert_eq!(refused(true, &[(name, value.clone())]), name, "{value:?}");
        }
        for (name, value) in [
            ("issuer", None),
            ("issuer", Some(Loose::List(vec![]))),
            ("issuer", Some(text("http://issuer.example"))),
            ("audience", None),
            ("audience", Some(Loose::List(vec![]))),
            ("algorithms", Some(text("none"))),
            ("algorithms", Some(text("HS256"))),
            ("algorithms", Some(Loose::List(vec![]))),
            ("audience", Some(Loose::Other)),
            ("claims", Some(Loose::Other)),
            ("claims", Some(text("x"))),
            ("claims", Some(Loose::Map(vec![("x".into(), Loose::Number(1.0))]))),
            ("claims", Some(Loose::Map(vec![("x".into(), Loose::List(vec![]))]))),
            ("subject", Some(Loose::Number(1.0))),
            ("requiredClaims", Some(text("jti"))),
            ("clockTolerance", Some(Loose::Number(-1.0))),
            ("clockTolerance", Some(Loose::Number(f64::NAN))),
            ("clockTolerance", Some(Loose::Number(1e300))),
            ("clockTolerance", Some(text("5"))),
            ("maxTokenAge", Some(Loose::Number(f64::INFINITY))),
            ("typ", Some(Loose::List(vec![]))),
            ("maxTokenBytes", Some(Loose::Number(0.0))),
            ("maxTokenBytes", Some(Loose::Number(1.5))),
            ("maxTokenBytes", Some(Loose::Number(1e9))),
        ] {
            assert_eq!(refused(false, &[(name, value.clone())]), name, "{value:?}");
        }
        let any = ("team", Some(text("*")));
        assert_eq!(refused(true, std::slice::from_ref(&any)), "audience");
        assert_eq!(refused(true, &[any.clone(), ("audience", Some(Loose::Null))]), "accepted");
        assert_eq!(
            refused(true, &[any.clone(), ("audience", Some(Loose::Null)), ("projectId", Some(text("*")))]),
            "projectId"
        );
        assert_eq!(refused(true, &[any, ("audience", Some(text("api"))), ("projectId", Some(text("*")))]), "accepted");
        assert_eq!(refused(true, &[("audeince", Some(text("x")))]), "audeince");
        assert_eq!(refused(true, &[("issuer", Some(text("https://x.example")))]), "issuer");
        assert_eq!(min_validity(-1.0).map_err(|error| error.code()), Err("ERR_INVALID_OPTION"));
        assert_eq!(min_validity(1.5), Ok(Duration::from_millis(1500)));
        assert_eq!(verifier(Loose::Null, true, None).unwrap_err().to_string(), "option `options` must be an object");
    }
}
