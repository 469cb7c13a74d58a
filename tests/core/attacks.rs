//! The table of attacks, natively. Every JavaScript engine runs the same rows through the package: `tests/js/cases/attacks.mjs`.

use countersign::Error;
use countersign::encoding::json::Document;
use countersign::issuer::{Keys, VercelVerifierOptions, Verifier, VerifierOptions};
use countersign::jose::Scratch;
use countersign::options::{self, OptionValue};
use countersign::time::Timestamp;
use countersign::wire::ErrorDetails;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Made by `tests/attacks/make.mjs`.
const TABLE: &str = include_str!("../attacks/table.json");

/// A value of the table; `{"repeat": [[text, count], …]}` stands for a long string.
fn expand(value: &Value) -> Value {
    match value {
        Value::Object(members) => match members.get("repeat") {
            Some(Value::Array(runs)) => {
                let text =
                    |run: &Value| run[0].as_str().expect("a text").repeat(run[1].as_u64().expect("a count") as usize);
                runs.iter().map(text).collect::<String>().into()
            }
            _ => members.iter().map(|(name, value)| (name.clone(), expand(value))).collect::<Map<_, _>>().into(),
        },
        Value::Array(values) => values.iter().map(expand).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

fn read<T: DeserializeOwned>(options: &Map<String, Value>) -> Result<T, Error> {
    let text = Value::Object(options.clone()).to_string();
    let document = Document::parse(text.as_bytes()).expect("JSON");
    options::read(&OptionValue::from(document.root()), &[])
}

/// Makes the verifier that the public function makes of these options.
fn verifier(row: &Value, mut options: Map<String, Value>) -> Result<Verifier, Error> {
    let keys = options.remove("jwks").map(|jwks| Keys::InHand(jwks.to_string().into_bytes()));
    match row["verifier"].as_str() {
        Some("vercel") => read::<VercelVerifierOptions>(&options)?.into_verifier(keys),
        Some(other) => panic!("no verifier is called {other}"),
        None => read::<VerifierOptions>(&options)?.into_verifier(keys),
    }
}

fn verify(table: &Value, row: &Value) -> Result<(), Error> {
    let mut options = table["options"].as_object().expect("options").clone();
    if row["verifier"].is_string() {
        options.clear();
    }
    options.extend(row["options"].as_object().cloned().unwrap_or_default());
    let verifier = verifier(row, options)?;
    let now = row["now"].as_i64().or(table["now"].as_i64()).and_then(Timestamp::from_seconds).expect("a time");
    let token = row["token"].as_str().expect("a token");
    verifier.verify(token.as_bytes(), now, now, &mut Scratch::default()).result.map(|_| ())
}

/// `accepted`, or the code with the claim and the reason, or with the option.
fn outcome(result: Result<(), Error>) -> String {
    let Err(error) = result else { return "accepted".into() };
    let ErrorDetails { code, claim, reason, option, .. } = ErrorDetails::from(&error);
    [Some(code), claim.as_deref(), reason, option.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_row_has_the_expected_outcome() {
    let table = expand(&serde_json::from_str(TABLE).expect("JSON"));
    let mut wrong = Vec::new();
    let mut count = 0;
    for input in table["inputs"].as_array().expect("inputs") {
        for row in input["rows"].as_array().expect("rows") {
            count += 1;
            let found = outcome(verify(&table, row));
            if found != row["expected"] {
                wrong.push(format!("{}, {}: {found}, not {}", input["input"], row["name"], row["expected"]));
            }
        }
    }
    assert!(count > 500, "{count} rows");
    assert!(wrong.is_empty(), "{} of {count} rows:\n{}", wrong.len(), wrong.join("\n"));
}
