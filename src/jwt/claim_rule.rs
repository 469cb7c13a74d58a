//! Rules about claims: the values that are accepted, and where.

use crate::encoding::json::{Kind, Value};
use crate::error::{ClaimReason, Difference, Error, Result};
use crate::jwt::claim_value::ClaimValue;
use crate::jwt::claims::Claims;
use crate::jwt::difference;

/// A condition for one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRule {
    /// The claim's name, or a path to it; see [`Claims::find`].
    pub claim: String,
    /// The required values.
    pub condition: Condition,
}

/// A rule for a claim. Types count: the string `true` is not the Boolean, and 1 is not `"1"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A string, a Boolean or a number that equals one of these.
    Equals(Vec<ClaimValue>),
    /// An array that has at least one of these.
    OneOf(Vec<ClaimValue>),
    /// An array that has all of these.
    AllOf(Vec<ClaimValue>),
}

impl ClaimRule {
    /// The claim must be one of these strings.
    pub fn equals(claim: impl Into<String>, values: &[String]) -> Self {
        let values = values.iter().cloned().map(ClaimValue::String).collect();
        Self { claim: claim.into(), condition: Condition::Equals(values) }
    }

    /// Checks the rule.
    ///
    /// # Errors
    /// [`Error::Claim`] for the claim of the rule.
    pub(crate) fn check(&self, claims: &Claims<'_>) -> Result<()> {
        let values = self.condition.values();
        let Some(value) = claims.find(&self.claim)? else {
            let mismatch = difference::mismatch(values, None, None);
            return Err(Error::mismatch(self.claim.clone(), ClaimReason::Missing, mismatch));
        };
        let is_list = value.kind() == Kind::Array;
        let (list, fits) = match &self.condition {
            Condition::Equals(values) => (false, is_any(value, values)),
            Condition::OneOf(values) => (true, value.elements().any(|element| is_any(element, values))),
            Condition::AllOf(values) => (true, is_list && values.iter().all(|wanted| holds(value, wanted))),
        };
        if fits { Ok(()) } else { Err(self.refusal(value, list)) }
    }

    #[cold]
    fn refusal(&self, value: Value<'_>, list: bool) -> Error {
        let mismatch = difference::of_values(self.condition.values(), value, list);
        let reason = match mismatch.difference {
            Some(Difference::WrongType { .. }) => ClaimReason::Invalid,
            _ => ClaimReason::CheckFailed,
        };
        Error::mismatch(self.claim.clone(), reason, mismatch)
    }
}

impl Condition {
    /// The values that the condition names.
    pub fn values(&self) -> &[ClaimValue] {
        let (Self::Equals(values) | Self::OneOf(values) | Self::AllOf(values)) = self;
        values
    }
}

/// Returns whether a value equals one of these.
fn is_any(value: Value<'_>, wanted: &[ClaimValue]) -> bool {
    match value.kind() {
        Kind::String => value.as_str().is_some_and(|text| wanted.iter().any(|one| one.as_str() == Some(&text))),
        Kind::Bool => value.as_bool().is_some_and(|boolean| wanted.contains(&ClaimValue::Boolean(boolean))),
        Kind::Number => value.as_whole_number().is_some_and(|number| wanted.contains(&ClaimValue::Number(number))),
        Kind::Null | Kind::Array | Kind::Object => false,
    }
}

/// Returns whether an array has the value.
fn holds(array: Value<'_>, wanted: &ClaimValue) -> bool {
    array.elements().any(|element| is_any(element, std::slice::from_ref(wanted)))
}

/// Claims whose values belong together: each row has one accepted combination, in the order of the claims.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Combinations {
    /// The names of the claims. Each must be a string.
    pub claims: Vec<&'static str>,
    /// A row for each combination; `None` for any value.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Combinations {
    /// Checks that the claims are those of a row. Without rows, nothing is checked.
    ///
    /// # Errors
    /// [`Error::Claim`] for the first claim that excludes the rows which fit the claims before it.
    pub(crate) fn check(&self, claims: &Claims<'_>) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut rows: Vec<_> = self.rows.iter().collect();
        for (column, claim) in self.claims.iter().enumerate() {
            let fits = |row: &&Vec<Option<String>>, text: &str| {
                row.get(column).is_some_and(|cell| cell.as_ref().is_none_or(|name| name == text))
            };
            let found = claims.get(claim);
            let reason = match found.map(Value::as_str) {
                Some(Some(text)) if rows.iter().any(|row| fits(row, &text)) => {
                    rows.retain(|row| fits(row, &text));
                    continue;
                }
                Some(Some(_)) => ClaimReason::CheckFailed,
                Some(None) => ClaimReason::Invalid,
                None => ClaimReason::Missing,
            };
            let names: Vec<_> = rows.iter().filter_map(|row| row.get(column).cloned().flatten()).collect();
            return Err(Error::mismatch(*claim, reason, difference::of_strings(&names, found)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::json::Document;

    const CLAIMS: &str = r#"{
        "role": "admin", "level": 3, "ratio": 1.5, "big": 9007199254740993, "admin": true, "no": false, "nothing": null,
        "groups": ["a", "b", 7, true, null, ["c"], {"d": 1}], "empty": [], "one": ["admin"], "object": {"roles": ["x"]},
        "project_id": "prj_1", "environment": "preview"
    }"#;

    fn text(value: &str) -> ClaimValue {
        ClaimValue::String(value.to_owned())
    }

    fn verdict(claim: &str, condition: Condition) -> String {
        let document = Document::parse(CLAIMS.as_bytes()).unwrap();
        let rule = ClaimRule { claim: claim.to_owned(), condition };
        show(rule.check(&Claims::new(document.root()).unwrap()))
    }

    fn show(result: Result<()>) -> String {
        match result {
            Ok(()) => "ok".to_owned(),
            Err(Error::Claim { claim, reason, mismatch }) => {
                let difference = mismatch.unwrap().difference.map_or("none", Difference::as_str);
                format!("{claim} {} {difference}", reason.as_str())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_value_equals_its_own_type_alone() {
        use ClaimValue::{Boolean, Number};
        for (claim, value, wanted) in [
            ("role", text("admin"), "ok"),
            ("role", text("Admin"), "role check_failed letter-case"),
            ("role", text("adm"), "role check_failed none"),
            ("level", Number(3), "ok"),
            ("level", Number(4), "level check_failed none"),
            ("level", text("3"), "level invalid wrong-type"),
            ("level", Boolean(true), "level invalid wrong-type"),
            ("ratio", Number(1), "ratio check_failed none"),
            ("ratio", Number(2), "ratio check_failed none"),
            ("big", Number(9_007_199_254_740_991), "big check_failed none"),
            ("big", Number(9_007_199_254_740_992), "big check_failed none"),
            ("admin", Boolean(true), "ok"),
            ("admin", Boolean(false), "admin check_failed none"),
            ("admin", text("true"), "admin invalid wrong-type"),
            ("admin", Number(1), "admin invalid wrong-type"),
            ("no", Boolean(false), "ok"),
            ("no", Number(0), "no invalid wrong-type"),
            ("nothing", Boolean(false), "nothing invalid wrong-type"),
            ("nothing", text("null"), "nothing invalid wrong-type"),
            ("one", text("admin"), "one invalid wrong-type"),
            ("object", text("x"), "object invalid wrong-type"),
            ("object.roles", text("x"), "object.roles invalid wrong-type"),
            ("absent", text("x"), "absent missing none"),
        ] {
            assert_eq!(verdict(claim, Condition::Equals(vec![value.clone()])), wanted, "{claim} {value:?}");
        }
        assert_eq!(verdict("level", Condition::Equals(vec![text("3"), Number(3)])), "ok");
        assert_eq!(verdict("level", Condition::Equals(vec![text("3"), Number(4)])), "level check_failed none");
    }

    #[test]
    fn a_list_has_one_or_all_of_the_values() {
        use ClaimValue::{Boolean, Number};
        use Condition::{AllOf, OneOf};
        for (claim, condition, wanted) in [
            ("groups", OneOf(vec![text("z"), text("b")]), "ok"),
            ("groups", OneOf(vec![text("z")]), "groups check_failed none"),
            ("groups", OneOf(vec![text("A")]), "groups check_failed letter-case"),
            ("groups", OneOf(vec![text("7")]), "groups check_failed none"),
            ("groups", OneOf(vec![Number(7)]), "ok"),
            ("groups", OneOf(vec![text("c")]), "groups check_failed none"),
            ("groups", AllOf(vec![text("a"), text("b"), Number(7), Boolean(true)]), "ok"),
            ("groups", AllOf(vec![text("a"), text("z")]), "groups check_failed none"),
            ("groups", AllOf(vec![text("a"), Boolean(false)]), "groups check_failed none"),
            ("empty", OneOf(vec![text("a")]), "empty check_failed empty"),
            ("empty", AllOf(vec![text("a")]), "empty check_failed empty"),
            ("object.roles", OneOf(vec![text("x")]), "ok"),
            // A string is not a list of one, nor a list of its letters.
            ("role", OneOf(vec![text("admin")]), "role invalid wrong-type"),
            ("role", AllOf(vec![text("admin")]), "role invalid wrong-type"),
            ("object", OneOf(vec![text("roles")]), "object invalid wrong-type"),
            ("absent", OneOf(vec![text("x")]), "absent missing none"),
        ] {
            assert_eq!(verdict(claim, condition.clone()), wanted, "{claim} {condition:?}");
        }
    }

    #[test]
    fn claims_that_belong_together_are_those_of_one_row() {
        let row =
            |project: &str, environment: Option<&str>| vec![Some(project.to_owned()), environment.map(str::to_owned)];
        let check = |rows: Vec<Vec<Option<String>>>| {
            let document = Document::parse(CLAIMS.as_bytes()).unwrap();
            let combinations = Combinations { claims: vec!["project_id", "environment"], rows };
            show(combinations.check(&Claims::new(document.root()).unwrap()))
        };
        let (here, there) = ("prj_1", "prj_2");
        assert_eq!(check(vec![]), "ok");
        assert_eq!(check(vec![row(there, Some("production")), row(here, Some("preview"))]), "ok");
        assert_eq!(check(vec![row(here, None)]), "ok");
        assert_eq!(check(vec![row(there, None)]), "project_id check_failed another-project");
        // Each value is in a row, and no row has both.
        let crossed = vec![row(here, Some("production")), row(there, Some("preview"))];
        assert_eq!(check(crossed.clone()), "environment check_failed none");
        let document = Document::parse(CLAIMS.as_bytes()).unwrap();
        let combinations = Combinations { claims: vec!["project_id", "environment"], rows: crossed };
        let error = combinations.check(&Claims::new(document.root()).unwrap()).unwrap_err();
        let Error::Claim { mismatch: Some(mismatch), .. } = error else { panic!("{error:?}") };
        assert_eq!(mismatch.expected.as_deref(), Some(r#"["production"]"#), "of this project");
        let of = |claim| {
            let combinations = Combinations { claims: vec![claim], rows: vec![vec![Some("x".to_owned())]] };
            show(combinations.check(&Claims::new(document.root()).unwrap()))
        };
        assert_eq!(
            (of("absent"), of("level")),
            ("absent missing none".to_owned(), "level invalid wrong-type".to_owned())
        );
    }
}
