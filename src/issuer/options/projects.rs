//! The option `projects`: projects with environments of their own.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::options::{OneOrMore, non_empty};

/// A project with its environments.
#[derive(Debug, Clone, serde::Deserialize)]
#[cfg_attr(feature = "verify", derive(tsify::Tsify))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProjectEnvironment {
    /// The project's id (`prj_…`).
    #[serde(deserialize_with = "non_empty")]
    pub project_id: String,
    /// The environment's name, several, or `'*'` for any.
    #[cfg_attr(feature = "verify", tsify(type = "string | string[]"))]
    pub environment: OneOrMore,
}

/// Reads the list. A member of an element is refused by its own name, and an element that is not an object by that of the list.
///
/// # Errors
/// An error of the deserializer for anything else.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<ProjectEnvironment>>, D::Error> {
    const PROBLEM: &str = "must be an array of `{ projectId, environment }`, at least one";
    let elements = deserializer.deserialize_any(List)?;
    let projects: Option<Vec<_>> = elements.into_iter().map(|Element(project)| project).collect();
    projects.filter(|projects| !projects.is_empty()).map(Some).ok_or_else(|| D::Error::custom(PROBLEM))
}

struct List;

impl<'de> Visitor<'de> for List {
    type Value = Vec<Element>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of `{ projectId, environment }`, at least one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Element>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(elements)
    }
}

/// `None` for what is not an object.
struct Element(Option<ProjectEnvironment>);

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementVisitor;

        impl<'de> Visitor<'de> for ElementVisitor {
            type Value = Element;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Element, A::Error> {
                ProjectEnvironment::deserialize(MapAccessDeserializer::new(map)).map(|project| Element(Some(project)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Element, A::Error> {
                Ok(Element(None))
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Element, E> {
                Ok(Element(None))
            }

            fn visit_unit<E: Error>(self) -> Result<Element, E> {
                Ok(Element(None))
            }
        }

        deserializer.deserialize_any(ElementVisitor)
    }
}
