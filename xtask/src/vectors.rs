//! `cargo xtask vectors DIR`: every Wycheproof-format file of a folder, against the native core and the wasm as shipped.

mod corpus;
mod engine;
#[path = "../../tests/vectors/known.rs"]
mod known;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::build;
use corpus::{Case, Vectors};
use engine::{Answer, Engine};

/// How many cases went which way.
#[derive(Default, Clone, Copy)]
pub struct Outcome {
    /// As the corpus wants it.
    pub passed: u64,
    /// Not so; and files that could not be read.
    pub failed: u64,
}

/// Runs the command.
pub fn command(args: &[String]) -> Result<()> {
    let [folder] = args else {
        bail!("`vectors` takes one argument, a folder: `cargo xtask vectors tests/vectors/wycheproof`");
    };
    let folder = Path::new(folder);
    // Before the build: who mistyped the folder should not have to wait for it.
    files(folder)?;
    build::build()?;
    let Outcome { passed, failed } = run(folder)?;
    println!("\n{passed} passed, {failed} failed");
    ensure!(failed == 0, "the vectors in {} do not pass", folder.display());
    Ok(())
}

/// Runs all files of the folder with the package that was built last.
pub fn run(folder: &Path) -> Result<Outcome> {
    let engines = [Engine::native()?, Engine::wasm()?];
    let mut total = Outcome::default();
    for path in files(folder)? {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let vectors = match Vectors::read(&path) {
            Ok(vectors) => vectors,
            Err(error) => {
                println!("{file}: not a file of test vectors: {error:#}");
                total.failed += 1;
                continue;
            }
        };
        for engine in &engines {
            let answers = engine.ask(&vectors.cases).with_context(|| format!("{file} {}", engine.name))?;
            let report = Report::new(&file, &vectors, &answers);
            println!("{file} {}: {}", engine.name, report.summary());
            for failure in &report.failures {
                println!("    {failure}");
            }
            total.passed += report.passed;
            total.failed += report.failures.len() as u64;
        }
    }
    Ok(total)
}

/// The JSON files of the folder, in order. What else is there, such as a licence, is no vector file.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    ensure!(!files.is_empty(), "there is no .json file in {}", folder.display());
    Ok(files)
}

/// The result of one engine for one file.
struct Report {
    passed: u64,
    failures: Vec<String>,
    /// How many cases, by the reason why they say nothing about us.
    skipped: BTreeMap<String, u64>,
}

impl Report {
    fn new(file: &str, vectors: &Vectors, answers: &[Answer]) -> Self {
        let mut report = Self { passed: 0, failures: Vec::new(), skipped: vectors.skipped.clone() };
        let divergences = known::divergences(file);
        for (Case { id, comment, accept, .. }, answer) in vectors.cases.iter().zip(answers) {
            let wanted = if *accept { "accepted" } else { "refused" };
            let listed = divergences.contains(&(*id, "corpus"));
            let failure = match answer {
                Answer::Broken(how) => Some(how.clone()),
                answer if answer.is_accepted() == *accept => {
                    listed.then(|| "is listed in divergences.txt, and does not diverge".to_owned())
                }
                _ if listed => {
                    *report.skipped.entry("listed in divergences.txt".to_owned()).or_default() += 1;
                    continue;
                }
                Answer::Refused(code) => Some(format!("is to be {wanted}, and was refused: {code}")),
                Answer::Accepted => Some(format!("is to be {wanted}, and was accepted")),
            };
            match failure {
                None => report.passed += 1,
                Some(failure) => report.failures.push(format!("case {id} ({comment}) {failure}")),
            }
        }
        report
    }

    fn summary(&self) -> String {
        let skipped: u64 = self.skipped.values().sum();
        let reasons: Vec<String> = match self.skipped.len() {
            1 => self.skipped.keys().cloned().collect(),
            _ => self.skipped.iter().map(|(reason, count)| format!("{count} {reason}")).collect(),
        };
        let reasons = if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join("; ")) };
        format!("{} passed, {} failed, {skipped} skipped{reasons}", self.passed, self.failures.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wanted_answer_passes() {
        let case = |id, accept| Case { id, comment: "c".to_owned(), accept, question: serde_json::Value::Null };
        // Case 7 of this file is listed as a divergence.
        let cases = vec![case(1, true), case(2, true), case(3, false), case(4, false), case(5, false), case(7, false)];
        let refused = || Answer::Refused("ERR_X".to_owned());
        let mut answers = [
            Answer::Accepted,
            refused(),
            refused(),
            Answer::Accepted,
            Answer::Broken("panicked".to_owned()),
            Answer::Accepted,
        ];
        let vectors = Vectors { cases, skipped: BTreeMap::from([("curve X".to_owned(), 3)]) };
        let report = Report::new("json_web_key_test.json", &vectors, &answers);
        assert_eq!(
            report.failures,
            [
                "case 2 (c) is to be accepted, and was refused: ERR_X",
                "case 4 (c) is to be refused, and was accepted",
                "case 5 (c) panicked",
            ]
        );
        assert_eq!(report.summary(), "2 passed, 3 failed, 4 skipped (3 curve X; 1 listed in divergences.txt)");
        answers[5] = refused();
        let report = Report::new("json_web_key_test.json", &vectors, &answers);
        assert_eq!(report.failures[3], "case 7 (c) is listed in divergences.txt, and does not diverge");
        assert_eq!(Report::new("other.json", &vectors, &answers).failures.len(), 3);
    }
}
