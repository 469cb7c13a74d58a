//! What the wrapper found at the sources of the credential chain, and the requirements of its caller.

use crate::chain::dev_token::check_name;
use crate::chain::{Input, Inputs, Source, TokenRequirements};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::wasm::loose::Loose;
use crate::wasm::options::Options;

/// The member of each source. A file and a refresh cost something, so they are queried when they are needed.
const MEMBERS: [(&str, Source, bool); 7] = [
    ("staticKey", Source::StaticKey, false),
    ("captured", Source::Captured, false),
    ("header", Source::Header, false),
    ("context", Source::Context, false),
    ("file", Source::File, true),
    ("env", Source::Env, false),
    ("refresh", Source::Refresh, true),
];

/// Reads both: of each source its text, or `{ reason, failed, retryable }`; then `minValidity`, `project` and `team`.
///
/// # Errors
/// [`Error::InvalidOption`] for a requirement of the wrong form.
pub fn read(search: Loose) -> Result<(Inputs, TokenRequirements)> {
    let mut options = Options::new(search)?;
    let mut inputs = Inputs::default();
    for (name, source, costly) in MEMBERS {
        match options.take(name) {
            Some(Loose::Text(text)) => inputs.set(source, Input::Text(Secret::new(text))),
            Some(found @ Loose::Map(_)) => inputs.set(source, without_text(Options::new(found)?)?),
            None | Some(Loose::Null) if costly => inputs.set(source, Input::NotQueried),
            None | Some(Loose::Null) => {}
            Some(_) => return Err(Error::option(name, "must be a string")),
        }
    }
    let min_validity = options.seconds("minValidity")?.unwrap_or_default();
    let mut name = |option| match options.text(option)? {
        Some(name) => check_name(option, &name).map(|()| Some(name)),
        None => Ok(None),
    };
    let (project, team) = (name("project")?, name("team")?);
    Ok((inputs, TokenRequirements { min_validity, project, team }))
}

fn without_text(mut found: Options) -> Result<Input> {
    let is = |found: &mut Options, name| found.take(name) == Some(Loose::Bool(true));
    let reason = found.text("reason")?.unwrap_or_default().into();
    let (failed, retryable) = (is(&mut found, "failed"), is(&mut found, "retryable"));
    Ok(if failed { Input::Failed { reason, retryable } } else { Input::Absent(reason) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Loose {
        Loose::Text(value.into())
    }

    fn map(members: &[(&str, Loose)]) -> Loose {
        Loose::Map(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    #[test]
    fn every_source_has_its_member() {
        for (name, source, _) in MEMBERS {
            let (inputs, _) = read(map(&[(name, text("x"))])).unwrap();
            assert!(matches!(inputs.get(source), Input::Text(_)), "{name}");
            let (inputs, _) = read(map(&[(name, map(&[("reason", text("y"))]))])).unwrap();
            assert!(matches!(inputs.get(source), Input::Absent(reason) if reason == "y"), "{name}");
            let failure =
                map(&[("reason", text("z")), ("failed", Loose::Bool(true)), ("retryable", Loose::Bool(true))]);
            let (inputs, _) = read(map(&[(name, failure)])).unwrap();
            assert!(matches!(inputs.get(source), Input::Failed { retryable: true, .. }), "{name}");
        }
        assert_eq!(MEMBERS.map(|(_, source, _)| source), Source::ALL);
    }

    #[test]
    fn what_is_not_given_is_unset_or_not_queried_yet() {
        let (inputs, requirements) = read(map(&[("env", Loose::Null)])).unwrap();
        for (name, source, costly) in MEMBERS {
            assert_eq!(matches!(inputs.get(source), Input::NotQueried), costly, "{name}");
            assert_eq!(matches!(inputs.get(source), Input::Absent(_)), !costly, "{name}");
        }
        assert_eq!(requirements.project, None);
    }

    #[test]
    fn a_requirement_of_the_wrong_form_is_named() {
        let refused = |name: &str, value: Loose| match read(map(&[(name, value)])).map_err(|error| *error) {
            Err(Error::InvalidOption { option, .. }) => option.into_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(refused("minValidity", Loose::Number(-1.0)), "minValidity");
        assert_eq!(refused("minValidity", text("1")), "minValidity");
        assert_eq!(refused("team", text("../acme")), "team");
        assert_eq!(refused("team", Loose::Number(1.0)), "team");
        assert_eq!(refused("project", text("..")), "project");
        assert_eq!(refused("env", Loose::Other), "env");
        assert!(read(Loose::Null).is_err());
    }
}
