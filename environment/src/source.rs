//! The sources of variables: the outputs of SST, Pulumi and Terraform, plain JSON, and dotenv files.

use std::collections::BTreeMap;

use countersign::encoding::json::{Document, Kind, Value};
use countersign::options::{self, OptionValue};
use serde::{Deserialize, Serialize};

use crate::dotenv;
use crate::error::{Error, Result};
use crate::names::{name_problem, value_problem};

/// The format of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum VariablesFormat {
    /// A JSON object.
    Json,
    /// `.sst/outputs.json`
    Sst,
    /// `pulumi stack output --json --show-secrets`
    Pulumi,
    /// `terraform output -json`
    Terraform,
    /// A dotenv file.
    Dotenv,
}

/// Options of `readVariables`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ReadOptions {
    /// Names of outputs by names of variables: only these are taken.
    #[serde(default)]
    #[cfg_attr(target_arch = "wasm32", tsify(type = "Record<string, string>"))]
    pub map: Option<BTreeMap<String, String>>,
}

/// Variables in the order of their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct Variables {
    /// Names with values. An object would lose the name `__proto__`.
    #[cfg_attr(target_arch = "wasm32", tsify(type = "[name: string, value: string][]"))]
    pub entries: Vec<(String, String)>,
}

/// The text that Pulumi prints in place of a secret output.
const PULUMI_SECRET: &str = "[secret]";

/// Reads variables out of a text.
///
/// `format` is `json`, `sst` (`.sst/outputs.json`), `pulumi` (`pulumi stack output --json --show-secrets`), `terraform`
/// (`terraform output -json`) or `dotenv`. With `map`, from names of variables to names of outputs, only those are taken;
/// without it each output must be a variable. A number or a boolean becomes its text; a list or an object is refused.
///
/// # Errors
/// `ERR_INVALID_OPTION` for a text that is not of this format, and for an output that is missing or cannot be a
/// variable; it names the output or the line, and shows no value.
pub fn read(text: &str, format: &str, map: Option<&BTreeMap<String, String>>) -> Result<BTreeMap<String, String>> {
    let found = match VariablesFormat::named(format)? {
        VariablesFormat::Dotenv => dotenv::read(text)?.into_iter().map(|(name, value)| (name, Ok(value))).collect(),
        format => outputs(text, format)?,
    };
    match map {
        None => found.into_iter().map(|(name, value)| variable(name.clone(), name, value)).collect(),
        Some(map) => map
            .iter()
            .map(|(name, output)| match found.get(output) {
                Some(value) => variable(name.clone(), output.clone(), value.clone()),
                None => refuse(format!("map.{name}"), "names an output that is not there"),
            })
            .collect(),
    }
}

impl VariablesFormat {
    fn named(name: &str) -> Result<Self> {
        Ok(options::read_name("format", name)?)
    }
}

impl ReadOptions {
    /// Reads options.
    ///
    /// # Errors
    /// `ERR_INVALID_OPTION` for a member that is unknown or of the wrong type.
    pub fn read(options: &OptionValue) -> Result<Self> {
        Ok(options::read(options, &[])?)
    }
}

impl From<BTreeMap<String, String>> for Variables {
    fn from(variables: BTreeMap<String, String>) -> Self {
        Self { entries: variables.into_iter().collect() }
    }
}

type Output = Result<String, &'static str>;

fn variable(name: String, output: String, value: Output) -> Result<(String, String)> {
    let problem = |problem: &'static str| Error::option(output, problem);
    match value {
        Err(fault) => Err(problem(fault)),
        Ok(value) => match name_problem(&name).or_else(|| value_problem(&value)) {
            Some(fault) => Err(problem(fault)),
            None => Ok((name, value)),
        },
    }
}

/// The members of the outermost object, each with its text or the reason why it has none.
fn outputs(text: &str, format: VariablesFormat) -> Result<BTreeMap<String, Output>> {
    let Ok(document) = Document::parse(text.as_bytes()) else {
        return refuse("text", "is not strict JSON: a syntax error, or a member that is there twice");
    };
    if document.root().kind() != Kind::Object {
        return refuse("text", "is not a JSON object");
    }
    let output = |value: Value| match format {
        VariablesFormat::Terraform => {
            value.get("value").map_or(Err("is not of the form that `terraform output -json` prints"), scalar)
        }
        VariablesFormat::Pulumi => match scalar(value) {
            Ok(text) if text == PULUMI_SECRET => Err("is hidden: run `pulumi stack output --json --show-secrets`"),
            other => other,
        },
        _ => scalar(value),
    };
    Ok(document.root().members().map(|(name, value)| (name.into_owned(), output(value))).collect())
}

fn scalar(value: Value) -> Output {
    match value.kind() {
        Kind::String => Ok(value.as_str().unwrap_or_default().into_owned()),
        Kind::Number | Kind::Bool => Ok(value.raw().to_owned()),
        Kind::Null => Err("is null"),
        Kind::Array | Kind::Object => {
            Err("is a list or an object, which no variable can hold: choose outputs with `map`")
        }
    }
}

fn refuse<T>(option: impl Into<std::borrow::Cow<'static, str>>, problem: &'static str) -> Result<T> {
    Err(Error::option(option, problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(text: &str, format: &str) -> Vec<(String, String)> {
        read(text, format, None).expect("variables").into_iter().collect()
    }

    fn fault(text: &str, format: &str) -> String {
        read(text, format, None).expect_err("a refusal").to_string()
    }

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn outputs_of_each_tool_are_read() {
        let flat = r#"{"AWS_REGION":"eu-central-1","PORT":8080,"BIG":12345678901234567890,"ON":true,"E":""}"#;
        let wanted = pairs(&[
            ("AWS_REGION", "eu-central-1"),
            ("BIG", "12345678901234567890"),
            ("E", ""),
            ("ON", "true"),
            ("PORT", "8080"),
        ]);
        for format in ["json", "sst", "pulumi"] {
            assert_eq!(ok(flat, format), wanted, "{format}");
        }
        let terraform = r#"{"A":{"sensitive":true,"type":"string","value":"x\ny"},"N":{"sensitive":false,"type":"number","value":1.50}}"#;
        assert_eq!(ok(terraform, "terraform"), pairs(&[("A", "x\ny"), ("N", "1.50")]));
    }

    #[test]
    fn what_cannot_be_a_variable_is_named_without_its_value() {
        for (text, format, wanted) in [
            (r#"{"roleArn":"s3cret","x-y":"s3cret"}"#, "json", "`x-y` is no name"),
            (r#"{"TZ":"s3cret"}"#, "json", "`TZ` is reserved"),
            (r#"{"A":["s3cret"]}"#, "sst", "`A` is a list"),
            (r#"{"A":null}"#, "sst", "`A` is null"),
            (r#"{"A":"[secret]"}"#, "pulumi", "`A` is hidden"),
            (r#"{"A":"s3cret"}"#, "terraform", "`A` is not of the form"),
            (r#"{"A":"s3cret","A":"s3cret"}"#, "json", "`text` is not strict JSON"),
            (r#"["s3cret"]"#, "json", "`text` is not a JSON object"),
            ("s3cret", "json", "`text` is not strict JSON"),
            ("s3cret", "yaml", "`format` must be"),
        ] {
            let fault = fault(text, format);
            assert!(fault.starts_with(wanted) && !fault.contains("s3cret"), "{fault}");
        }
        assert_eq!(ok(r#"{"A":"[secret]"}"#, "json"), pairs(&[("A", "[secret]")]));
    }

    #[test]
    fn a_map_chooses_and_renames() {
        let map: BTreeMap<_, _> = [("AWS_ROLE_ARN".to_owned(), "roleArn".to_owned())].into();
        let text = r#"{"roleArn":"arn:1","tags":{"a":1},"x-y":"z"}"#;
        assert_eq!(read(text, "pulumi", Some(&map)).unwrap(), [("AWS_ROLE_ARN".to_owned(), "arn:1".to_owned())].into());
        for (name, output, wanted) in [
            ("A", "gone", "`map.A` names an output that is not there"),
            ("A", "tags", "`tags` is a list or an object"),
            ("A-B", "roleArn", "`roleArn` is no name"),
        ] {
            let map = [(name.to_owned(), output.to_owned())].into();
            let fault = read(text, "pulumi", Some(&map)).unwrap_err().to_string();
            assert!(fault.starts_with(wanted), "{fault}");
        }
        for (options, wanted) in [
            (r#"{"map":{"A":["s3cret"]}}"#, "`map.A` must be a string"),
            (r#"{"map":"s3cret"}"#, "`map` must be an object"),
            (r#"{"mpa":{}}"#, "unknown option `mpa`; did you mean `map`?"),
        ] {
            let options: OptionValue = serde_json::from_str(options).unwrap();
            assert_eq!(ReadOptions::read(&options).unwrap_err().to_string(), wanted);
        }
    }
}
