//! The native core as an engine of `cargo xtask vectors`; wasm.mjs is the other one, and speaks the same language.
//!
//! In: a JSON array of questions, `{alg, key, message, signature}` (the key as JSON text, the others in hexadecimal) or
//! `{jws, keys, algorithms}`. Out: for each, `null` where it is accepted, else the code of the refusal.

use std::io::{self, Read as _};
use std::panic;

use countersign::crypto;
use countersign::jose::compact::DEFAULT_MAX_BYTES;
use countersign::jose::{Jwk, Jwks, Scratch, compact, header};
use countersign::{Error, Result};
use serde_json::Value;

fn main() {
    let mut questions = Vec::new();
    io::stdin().read_to_end(&mut questions).expect("questions");
    let questions: Vec<Value> = serde_json::from_slice(&questions).expect("questions in JSON");
    let answers: Vec<Option<&str>> = questions
        .iter()
        .map(|question| match panic::catch_unwind(|| answer(question)) {
            Ok(answer) => answer.err().map(|error| error.code()),
            Err(_) => Some("panicked"),
        })
        .collect();
    println!("{}", Value::from(answers));
}

/// What `check_jws` and `check_signature` do in the wasm.
fn answer(question: &Value) -> Result<()> {
    let text = |name: &str| question[name].as_str().unwrap_or_else(|| panic!("a question without `{name}`"));
    let algorithm = |name: &str| header::algorithm(name).ok_or(Error::AlgorithmNotAllowed);
    if question.get("jws").is_some() {
        let names = question["algorithms"].as_array().expect("algorithms").iter();
        let allowed = names.map(|name| algorithm(name.as_str().expect("a name"))).collect::<Result<Vec<_>>>()?;
        let keys = Jwks::parse(text("keys").as_bytes(), &allowed)?;
        let jws = text("jws").as_bytes();
        compact::verify(jws, &keys, &allowed, DEFAULT_MAX_BYTES, &mut Scratch::default()).map(|_| ())
    } else {
        let algorithm = algorithm(text("alg"))?;
        let key = Jwk::parse(text("key").as_bytes())?;
        if !key.fits(algorithm) {
            return Err(Error::AlgorithmNotAllowed);
        }
        crypto::verify(algorithm, &key, &bytes(text("message")), &bytes(text("signature")))
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal")).collect()
}
