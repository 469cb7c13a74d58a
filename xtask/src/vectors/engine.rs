//! The engines: programs that read questions and write answers, in the language that tests/vectors/native.rs
//! describes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::corpus::Case;
use crate::{paths, tools};

/// An implementation that can be asked.
pub struct Engine {
    /// Its name in the output.
    pub name: &'static str,
    program: String,
    args: Vec<String>,
}

/// The verdict of an engine on one case.
pub enum Answer {
    Accepted,
    /// With the error's code.
    Refused(String),
    /// No verdict: it panicked, trapped or reported a fault of its own.
    Broken(String),
}

impl Engine {
    /// The crate, compiled for this machine: its example `vectors`.
    pub fn native() -> Result<Self> {
        let example = ["build", "--quiet", "--package", "countersign", "--example", "vectors"];
        let messages = tools::capture(tools::cargo().args(example).arg("--message-format=json-render-diagnostics"))?;
        let program = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message["target"]["name"] == "vectors")
            .find_map(|message| Some(message["executable"].as_str()?.to_owned()))
            .context("cargo built no example `vectors`")?;
        Ok(Self { name: "native", program, args: Vec::new() })
    }

    /// The module in pkg/, as it was packed.
    pub fn wasm() -> Result<Self> {
        tools::require_node()?;
        let dist = paths::package().join("dist");
        ensure!(dist.exists(), "the package is not built: run `cargo xtask build`");
        let script = paths::root().join("tests/vectors/wasm.mjs");
        let args = [script, dist].map(|path| path.to_string_lossy().into_owned());
        Ok(Self { name: "wasm", program: "node".to_owned(), args: args.into() })
    }

    /// The answers to the questions of these cases.
    pub fn ask(&self, cases: &[Case]) -> Result<Vec<Answer>> {
        let questions: Vec<&Value> = cases.iter().map(|case| &case.question).collect();
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", self.program))?;
        // An engine reads everything before it writes, so neither side waits for the other. Dropped, the pipe is closed.
        child.stdin.take().context("the input is piped")?.write_all(&serde_json::to_vec(&questions)?)?;
        let output = child.wait_with_output()?;
        ensure!(output.status.success(), "the engine failed ({})", output.status);
        let answers: Vec<Option<String>> = serde_json::from_slice(&output.stdout).context("its answers")?;
        ensure!(answers.len() == cases.len(), "{} answers to {} questions", answers.len(), cases.len());
        Ok(answers.into_iter().map(Answer::new).collect())
    }
}

impl Answer {
    fn new(answer: Option<String>) -> Self {
        match answer {
            None => Self::Accepted,
            Some(code) if code.starts_with("ERR_") && code != "ERR_INTERNAL" => Self::Refused(code),
            Some(fault) => Self::Broken(fault),
        }
    }

    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted)
    }
}
