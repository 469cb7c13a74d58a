//! A variable as Vercel's REST API lists it: what is needed of it, and nothing else.

use std::collections::BTreeSet;

use serde::Deserialize;

/// One variable of a project.
#[derive(Deserialize, Clone, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// Vercel's id.
    #[serde(default)]
    pub id: String,
    /// The name.
    pub key: String,
    /// The value, or what encrypted it.
    #[serde(default)]
    value: Option<String>,
    /// `encrypted`, `plain`, `sensitive`, `system` or `secret`.
    pub r#type: String,
    #[serde(default)]
    target: Names,
    #[serde(default)]
    custom_environment_ids: Option<Vec<String>>,
    /// Set for a variable of one branch's previews, which goes before the one of all previews.
    #[serde(default)]
    git_branch: Option<String>,
    /// The comment.
    #[serde(default)]
    pub comment: Option<String>,
    #[serde(default)]
    decrypted: Option<bool>,
    /// Set for a variable of an integration.
    #[serde(default)]
    configuration_id: Option<String>,
}

/// One name or several.
#[derive(Deserialize, Clone, PartialEq, Eq)]
#[serde(untagged)]
enum Names {
    Several(Vec<String>),
    One(String),
}

impl Default for Names {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Row {
    /// Standard environments by name and custom ones by id.
    pub fn targets(&self) -> BTreeSet<&str> {
        let standard = match &self.target {
            Names::Several(names) => names.as_slice(),
            Names::One(name) => std::slice::from_ref(name),
        };
        standard.iter().chain(self.custom_environment_ids.iter().flatten()).map(String::as_str).collect()
    }

    /// Whether an integration or Vercel itself has set it.
    pub fn is_managed(&self) -> bool {
        self.configuration_id.is_some() || self.r#type == "system"
    }

    /// The branch that it is for.
    pub fn branch(&self) -> Option<&str> {
        self.git_branch.as_deref().filter(|branch| !branch.is_empty())
    }

    /// The value, where the listing shows it.
    pub fn value(&self) -> Option<&str> {
        let shown = self.r#type == "plain" || (self.decrypted == Some(true) && self.r#type != "sensitive");
        self.value.as_deref().filter(|_| shown)
    }
}

/// One answer of the listing.
#[derive(Deserialize)]
pub struct Page {
    /// The variables.
    pub envs: Vec<Row>,
    /// The cursor of the next page.
    #[serde(default)]
    pub pagination: Option<Pagination>,
}

/// The pagination of a listing.
#[derive(Deserialize)]
pub struct Pagination {
    /// The `until` of the next request; none at the end.
    #[serde(default)]
    pub next: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Row {
        serde_json::from_str(text).expect("a row")
    }

    #[test]
    fn targets_come_in_two_forms_and_from_two_members() {
        assert_eq!(row(r#"{"key":"A","type":"plain","target":"preview"}"#).targets(), ["preview"].into());
        let both = r#"{"key":"A","type":"plain","target":["preview","production"],"customEnvironmentIds":["env_1"]}"#;
        assert_eq!(row(both).targets(), ["env_1", "preview", "production"].into());
        assert!(row(r#"{"key":"A","type":"plain"}"#).targets().is_empty());
    }

    #[test]
    fn a_value_is_one_only_where_it_is_shown() {
        assert_eq!(row(r#"{"key":"A","type":"plain","value":"x"}"#).value(), Some("x"));
        assert_eq!(row(r#"{"key":"A","type":"encrypted","value":"x","decrypted":true}"#).value(), Some("x"));
        assert_eq!(row(r#"{"key":"A","type":"encrypted","value":"c2VjcmV0"}"#).value(), None);
        assert_eq!(row(r#"{"key":"A","type":"sensitive","value":"","decrypted":true}"#).value(), None);
    }
}
