//! The option `issuer`: names, or a template.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::jwt::IssuerTemplate;
use crate::options::{OneOrMore, non_empty, string_list};

/// The issuers whose tokens are accepted.
#[derive(Debug, Clone)]
pub enum Issuers {
    /// Those of these names.
    Exact(Vec<String>),
    /// Those that fit a template.
    Template(IssuerTemplate),
}

/// A template, for TypeScript.
#[cfg(feature = "verify")]
#[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
const ISSUER_TEMPLATE: &str = "/**
 * Issuers that differ in one segment, which a claim of the same token repeats. The template is compared with `iss` and never made
 * into an address, so `jwks` names the keys of all of them.
 */
export interface IssuerTemplate {
  /** The issuer, with one segment in braces: `https://login.microsoftonline.com/{tenantid}/v2.0`. */
  template: string;
  /** The claim that must equal the segment, such as `tid`. */
  claim: string;
  /** The accepted values of the claim. `'any'` accepts the tokens of every tenant of the service. */
  values: string[] | 'any';
}";

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    #[serde(deserialize_with = "non_empty")]
    template: String,
    #[serde(deserialize_with = "non_empty")]
    claim: String,
    values: Values,
}

/// Accepted values of the claim; `None` for any.
struct Values(Option<Vec<String>>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor;

        impl<'de> Visitor<'de> for ValuesVisitor {
            type Value = Values;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of strings, none of them empty, or `any`")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Values, E> {
                if word == "any" { Ok(Values(None)) } else { Err(E::invalid_length(0, &self)) }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Values, A::Error> {
                let list = string_list(serde::de::value::SeqAccessDeserializer::new(seq));
                match list.ok().flatten() {
                    Some(list) if !list.is_empty() => Ok(Values(Some(list))),
                    _ => Err(A::Error::invalid_length(0, &self)),
                }
            }
        }

        deserializer.deserialize_any(ValuesVisitor)
    }
}

impl<'de> Deserialize<'de> for Issuers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IssuersVisitor;

        impl<'de> Visitor<'de> for IssuersVisitor {
            type Value = Issuers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, an array of strings or a template, none of them empty")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Issuers, E> {
                if name.is_empty() {
                    Err(E::invalid_length(0, &self))
                } else {
                    Ok(Issuers::Exact(vec![name.to_owned()]))
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Issuers, A::Error> {
                let names = OneOrMore::deserialize(serde::de::value::SeqAccessDeserializer::new(seq));
                names.map(|OneOrMore(names)| Issuers::Exact(names)).map_err(|_| A::Error::invalid_length(0, &self))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Issuers, A::Error> {
                let Template { template, claim, values: Values(values) } =
                    Template::deserialize(MapAccessDeserializer::new(map))?;
                IssuerTemplate::new(template, claim, values).map(Issuers::Template).map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(IssuersVisitor)
    }
}
