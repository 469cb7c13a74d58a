//! Options as callers pass them: read by serde into structs, refused by name.
//!
//! A struct that derives `Deserialize` is the reader, the documentation and, in the WebAssembly modules, the TypeScript
//! type of the options. Unknown members are refused for every struct.

mod fields;
mod names;
mod value;

use serde::de::{DeserializeOwned, IntoDeserializer as _};

pub use fields::{OneOrMore, OneOrMoreOrNull, Seconds, WholeNumber, non_empty, optional_string, string_list};
pub use names::names;
pub use value::{MAX_SAFE_INTEGER, OptionValue};

use crate::encoding::tree::{self, Mode, Problem, ReadError, Tree};
use crate::error::{Error, Result};

/// Reads options. `host` names the options that the host keeps to itself: they are known too.
///
/// # Errors
/// [`Error::InvalidOption`] for an option that is missing or of the wrong form, [`Error::UnknownOption`] for one that is
/// not known.
pub fn read<'a, T: DeserializeOwned>(options: impl Tree<'a>, host: &[&str]) -> Result<T> {
    tree::read(options, Mode::Strict).map_err(|error| refuse(&error, host))
}

/// Reads one of the names of an enum.
///
/// # Errors
/// [`Error::InvalidOption`] for another name.
pub fn read_name<T: DeserializeOwned>(option: &'static str, name: &str) -> Result<T> {
    T::deserialize(name.into_deserializer()).map_err(|error: ReadError| match error.problem {
        Problem::Invalid(problem) => Error::option(option, problem),
        Problem::Missing | Problem::Unknown { .. } => Error::option(option, "must be a known name"),
    })
}

fn refuse(error: &ReadError, host: &[&str]) -> Error {
    let option = error.path();
    match &error.problem {
        Problem::Missing => Error::option(option, "is required"),
        Problem::Invalid(problem) if option.is_empty() => Error::option("options", problem.clone()),
        Problem::Invalid(problem) => Error::option(option, problem.clone()),
        Problem::Unknown { known } => {
            let (path, name) = option.rsplit_once('.').unwrap_or(("", &option));
            let host = if path.is_empty() { host } else { &[] };
            unknown(path, name, known.iter().chain(host).copied())
        }
    }
}

/// The error for an option that is not known, inside the option `path` or outermost.
pub fn unknown<'n>(path: &str, name: &str, known: impl Iterator<Item = &'n str>) -> Error {
    let full = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    Error::UnknownOption { option: full(name), suggestion: closest(name, known).map(full) }
}

/// The name that a caller most likely meant: at most a third of its letters are wrong.
fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |other: &str| strsim::osa_distance(&name.to_ascii_lowercase(), &other.to_ascii_lowercase());
    let nearest = known.map(|other| (distance(other), other)).min_by_key(|(distance, _)| *distance);
    nearest.filter(|(distance, other)| *distance * 3 <= other.len()).map(|(_, other)| other)
}

#[cfg(test)]
mod tests;
