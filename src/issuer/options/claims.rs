//! The option `claims`: rules about claims, read strictly by type.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::jwt::{ClaimRule, ClaimValue, Condition};
use crate::options::MAX_SAFE_INTEGER;

/// Rules about claims, in the order of the caller.
#[derive(Debug, Clone, Default)]
pub struct ClaimRules(pub Vec<ClaimRule>);

/// The rules, for TypeScript.
#[cfg(feature = "verify")]
#[wasm_bindgen::prelude::wasm_bindgen(typescript_custom_section)]
const CLAIM_RULE: &str = "/** A value that a claim is compared with: a string that is not empty, a whole number up to 2^53 - 1, or a Boolean. */
export type ClaimValue = string | number | boolean;

/**
 * A rule for a claim. A value: equal to it, and of its type. An array: equal to one of its values. `oneOf`: a list that has
 * at least one of the values. `allOf`: a list that has all of them.
 */
export type ClaimRule = ClaimValue | ClaimValue[] | { oneOf: ClaimValue[] } | { allOf: ClaimValue[] };";

impl<'de> Deserialize<'de> for ClaimRules {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rules;

        impl<'de> Visitor<'de> for Rules {
            type Value = ClaimRules;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of rules")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ClaimRules, A::Error> {
                let mut rules = Vec::new();
                while let Some((claim, Rule(condition))) = map.next_entry()? {
                    rules.push(ClaimRule { claim, condition });
                }
                Ok(ClaimRules(rules))
            }
        }

        deserializer.deserialize_any(Rules)
    }
}

/// The rule about one claim.
struct Rule(Condition);

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RuleVisitor;

        impl<'de> Visitor<'de> for RuleVisitor {
            type Value = Rule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a whole number, a Boolean, an array of these, `{ oneOf }` or `{ allOf }`")
            }

            fn visit_str<E: Error>(self, string: &str) -> Result<Rule, E> {
                value(ValueVisitor.visit_str(string))
            }

            fn visit_bool<E: Error>(self, boolean: bool) -> Result<Rule, E> {
                value(ValueVisitor.visit_bool(boolean))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Rule, E> {
                value(ValueVisitor.visit_i64(number))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Rule, E> {
                value(ValueVisitor.visit_f64(number))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Rule, A::Error> {
                values(seq).map(|Values(values)| Rule(Condition::Equals(values)))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rule, A::Error> {
                const MEMBERS: &[&str] = &["oneOf", "allOf"];
                let mut condition = None;
                while let Some(name) = map.next_key::<String>()? {
                    let make = match &*name {
                        "oneOf" => Condition::OneOf,
                        "allOf" => Condition::AllOf,
                        _ => return Err(A::Error::unknown_field(&name, MEMBERS)),
                    };
                    let Values(values) = map.next_value()?;
                    if condition.replace(make(values)).is_some() {
                        return Err(A::Error::custom("must have `oneOf` or `allOf`, not both"));
                    }
                }
                condition.map(Rule).ok_or_else(|| A::Error::custom("must have `oneOf` or `allOf`"))
            }
        }

        deserializer.deserialize_any(RuleVisitor)
    }
}

fn value<E>(value: Result<Value, E>) -> Result<Rule, E> {
    value.map(|Value(value)| Rule(Condition::Equals(vec![value])))
}

/// At least one value.
struct Values(Vec<ClaimValue>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValuesVisitor;

        impl<'de> Visitor<'de> for ValuesVisitor {
            type Value = Values;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of values")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Values, A::Error> {
                values(seq)
            }
        }

        deserializer.deserialize_any(ValuesVisitor)
    }
}

fn values<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Values, A::Error> {
    let mut values = Vec::new();
    while let Some(Value(value)) = seq.next_element()? {
        values.push(value);
    }
    if values.is_empty() { Err(A::Error::custom("must have at least one value")) } else { Ok(Values(values)) }
}

/// One value.
struct Value(ClaimValue);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string that is not empty, a whole number or a Boolean")
    }

    fn visit_str<E: Error>(self, string: &str) -> Result<Value, E> {
        if string.is_empty() {
            return Err(E::invalid_length(0, &self));
        }
        Ok(Value(ClaimValue::String(string.to_owned())))
    }

    fn visit_bool<E: Error>(self, boolean: bool) -> Result<Value, E> {
        Ok(Value(ClaimValue::Boolean(boolean)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        if number.unsigned_abs() > MAX_SAFE_INTEGER.unsigned_abs() {
            return self.visit_f64(number as f64);
        }
        Ok(Value(ClaimValue::Number(number)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Err(E::invalid_value(de::Unexpected::Float(number), &"a whole number up to 2^53 - 1, which is exact"))
    }
}
