//! `cargo xtask mutants --wrapper`: deliberate faults in the TypeScript around the core, by StrykerJS.
//!
//! StrykerJS puts all faults of a file into it at once, each behind a switch, so the package is built once. A fault costs one
//! process that runs the tests which reach it. Results stay in `target/mutants-wrapper`: a run that was interrupted goes on
//! where it stopped, and later runs try what has changed. Each survivor must be listed in
//! `tests/mutants-wrapper/survivors.txt`; one that is not is tried again.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

use crate::{build, node, paths, tools};

/// The folders of `pkg-template/src` that are mutated.
const FOLDERS: [&str; 3] = ["verify", "guard", "credentials"];

/// Files that Node.js does not import. What they have of their own is the same as `first-use/inline.ts` has.
const NOT_IMPORTED: [&str; 2] = ["credentials/first-use/edge.ts", "credentials/first-use/workerd.ts"];

/// How much of a replaced text stands in the name of a mutant.
const NAME_LENGTH: usize = 100;

/// Mutates the folders that are named, or all.
pub fn command(args: &[String]) -> Result<()> {
    for name in args {
        if !FOLDERS.contains(&name.as_str()) {
            bail!("there are no mutants of `{name}`; name some of: {}", FOLDERS.join(", "));
        }
    }
    let folders: Vec<&str> = if args.is_empty() { FOLDERS.to_vec() } else { args.iter().map(String::as_str).collect() };
    let list = fs::read_to_string(tests().join("survivors.txt"))?;
    build::build()?;
    tools::say("mutants of the wrapper");
    if let Ok(report) = fs::read_to_string(results()) {
        let listed: Vec<&str> = list.lines().map(name_in_list).collect();
        fs::write(results(), forget_survivors(serde_json::from_str(&report)?, &listed)?.to_string())?;
    }
    run(&folders)?;
    let report = fs::read_to_string(results()).context("StrykerJS has left no results")?;
    let report: Report = serde_json::from_str(&report)?;
    let in_folders = |file: &str| folders.iter().any(|folder| file.starts_with(&format!("{folder}/")));
    let mut mutants = report.mutants();
    mutants.retain(|mutant| in_folders(&mutant.file));
    print!("{}", table(&mutants));
    let listed: Vec<&str> = list.lines().filter(|line| in_folders(line)).map(name_in_list).collect();
    check(&mutants, &listed)
}

/// Runs StrykerJS. Mutants whose result cannot have changed are not tried again.
fn run(folders: &[&str]) -> Result<()> {
    tools::npm_ci(&tests())?;
    // A run that was interrupted leaves its copy behind.
    let copy = paths::root().join("target/mutants-wrapper/copy");
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    let mutated = folders.iter().map(|folder| format!("pkg-template/src/{folder}/**/*.ts"));
    let not_mutated = NOT_IMPORTED.iter().map(|file| format!("!pkg-template/src/{file}"));
    let mutate: Vec<String> = mutated.chain(not_mutated).collect();
    let mut stryker = node::node()?;
    stryker.arg(tests().join("node_modules/@stryker-mutator/core/bin/stryker.js"));
    stryker.arg("run").arg(tests().join("stryker.config.mjs")).args(["--mutate", &mutate.join(",")]);
    tools::run(stryker.current_dir(paths::root()))
}

/// Removes the survivors that are not listed from a report, so that they are tried again: StrykerJS does not see what has
/// changed inside a test.
fn forget_survivors(mut report: Value, listed: &[&str]) -> Result<Value> {
    let files = report["files"].as_object_mut().context("a report has files")?;
    for (path, file) in files {
        let source = file["source"].as_str().unwrap_or_default().to_owned();
        let mutants = file["mutants"].as_array_mut().context("a file has mutants")?;
        let mut kept = Vec::new();
        for mutant in mutants.drain(..) {
            let read = Mutant::new(path, &source, ReportedMutant::deserialize(&mutant)?);
            if !read.is_unnoticed() || listed.contains(&&*read.name) {
                kept.push(mutant);
            }
        }
        *mutants = kept;
    }
    Ok(report)
}

/// The folder of the tools: StrykerJS, and the runner of our tests.
fn tests() -> PathBuf {
    paths::root().join("tests/mutants-wrapper")
}

fn results() -> PathBuf {
    paths::root().join("target/mutants-wrapper/results.json")
}

/// The results of StrykerJS: the part of its report schema that is read here.
#[derive(Deserialize)]
struct Report {
    files: BTreeMap<String, MutatedFile>,
}

#[derive(Deserialize)]
struct MutatedFile {
    source: String,
    mutants: Vec<ReportedMutant>,
}

#[derive(Deserialize)]
struct ReportedMutant {
    replacement: Option<String>,
    status: String,
    location: Location,
}

#[derive(Deserialize)]
struct Location {
    start: Position,
    end: Position,
}

/// Counted from 1; columns in UTF-16 code units.
#[derive(Deserialize)]
struct Position {
    line: usize,
    column: usize,
}

/// A mutant and what became of it.
struct Mutant {
    /// Relative to `pkg-template/src`.
    file: String,
    line: usize,
    /// The file, the replaced text and its replacement: a name without a line, which moves.
    name: String,
    status: String,
}

impl Report {
    fn mutants(self) -> Vec<Mutant> {
        let mut mutants = Vec::new();
        for (path, MutatedFile { source, mutants: reported }) in self.files {
            mutants.extend(reported.into_iter().map(|reported| Mutant::new(&path, &source, reported)));
        }
        mutants
    }
}

impl Mutant {
    fn new(path: &str, source: &str, ReportedMutant { replacement, status, location }: ReportedMutant) -> Self {
        let file = path.trim_start_matches("pkg-template/src/");
        let replaced = shortened(&text_at(source, &location));
        let replacement = shortened(&replacement.unwrap_or_default());
        let name = format!("{file}: {replaced} => {replacement}");
        Self { file: file.to_owned(), line: location.start.line, name, status }
    }

    fn is_unnoticed(&self) -> bool {
        matches!(self.status.as_str(), "Survived" | "NoCoverage")
    }
}

fn text_at(source: &str, Location { start, end }: &Location) -> String {
    let mut text = String::new();
    for (index, line) in source.lines().enumerate().take(end.line).skip(start.line - 1) {
        let units: Vec<u16> = line.encode_utf16().collect();
        let from = if index + 1 == start.line { start.column - 1 } else { 0 };
        let to = if index + 1 == end.line { end.column - 1 } else { units.len() };
        text += &String::from_utf16_lossy(units.get(from..to).unwrap_or_default());
        text.push('\n');
    }
    text
}

/// On one line, and cut.
fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(NAME_LENGTH).collect()
}

/// The name of the mutant that a line of the list allows.
fn name_in_list(line: &str) -> &str {
    line.split(" -- ").next().unwrap_or_default().trim()
}

/// One row a file: mutants, noticed, in an endless loop, not noticed, not reached.
fn table(mutants: &[Mutant]) -> String {
    let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for mutant in mutants {
        files.entry(&mutant.file).or_default().push(&mutant.status);
    }
    let mut text =
        "| file | mutants | killed | timed out | survived | not reached |\n|---|---:|---:|---:|---:|---:|\n".to_owned();
    let mut row = |name: &str, statuses: &[&str]| {
        let count = |wanted: &str| statuses.iter().filter(|status| **status == wanted).count();
        let counts = ["Killed", "Timeout", "Survived", "NoCoverage"].map(|status| count(status).to_string());
        text += &format!("| {name} | {} | {} |\n", statuses.len(), counts.join(" | "));
    };
    for (file, statuses) in &files {
        row(&format!("`{file}`"), statuses);
    }
    row("all", &files.into_values().flatten().collect::<Vec<_>>());
    text
}

/// Refuses survivors that are not listed, and lines of the list without a survivor. A name stands as often in the list as
/// mutants of that name may survive. On a busy machine, one that only waits longer may time out instead.
fn check(mutants: &[Mutant], listed: &[&str]) -> Result<()> {
    let mut allowed: BTreeMap<&str, usize> = BTreeMap::new();
    for name in listed {
        *allowed.entry(name).or_default() += 1;
    }
    let mut unlisted = Vec::new();
    for mutant in mutants.iter().filter(|mutant| mutant.is_unnoticed()) {
        match allowed.get_mut(mutant.name.as_str()) {
            Some(left) if *left > 0 => *left -= 1,
            _ => unlisted.push(format!("{} (line {}, {})", mutant.name, mutant.line, mutant.status)),
        }
    }
    if !unlisted.is_empty() {
        bail!("no test fails with these mutants:\n  {}", unlisted.join("\n  "));
    }
    for mutant in mutants.iter().filter(|mutant| mutant.status == "Timeout") {
        allowed.entry(&mutant.name).and_modify(|left| *left = left.saturating_sub(1));
    }
    let stale: Vec<&str> = allowed.into_iter().filter(|(_, left)| *left > 0).map(|(name, _)| name).collect();
    if !stale.is_empty() {
        bail!("tests/mutants-wrapper/survivors.txt lists what does not survive:\n  {}", stale.join("\n  "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"files": {"pkg-template/src/guard/a.ts": {
        "source": "// “é”\nconst a = '’' + b(\n  c,\n);\n",
        "mutants": [
            {"replacement": "''", "status": "Survived", "location": {"start": {"line": 2, "column": 11}, "end": {"line": 2, "column": 14}}},
            {"replacement": "b()", "status": "NoCoverage", "location": {"start": {"line": 2, "column": 17}, "end": {"line": 4, "column": 2}}},
            {"replacement": "-", "status": "Killed", "location": {"start": {"line": 2, "column": 15}, "end": {"line": 2, "column": 16}}}
        ]}}}"#;

    fn mutants() -> Vec<Mutant> {
        serde_json::from_str::<Report>(REPORT).unwrap().mutants()
    }

    #[test]
    fn a_mutant_is_named_by_its_file_and_both_texts() {
        let names: Vec<String> = mutants().into_iter().map(|mutant| mutant.name).collect();
        assert_eq!(names, ["guard/a.ts: '’' => ''", "guard/a.ts: b( c, ) => b()", "guard/a.ts: + => -"]);
    }

    #[test]
    fn a_survivor_is_refused_unless_it_is_listed() {
        let first = name_in_list("guard/a.ts: '’' => '' -- both print the same");
        assert!(check(&mutants(), &[first, "guard/a.ts: b( c, ) => b()"]).is_ok());
        let error = check(&mutants(), &[first]).unwrap_err().to_string();
        assert!(error.contains("b( c, ) => b() (line 2, NoCoverage)") && !error.contains("'’'"), "{error}");
    }

    #[test]
    fn a_survivor_is_tried_again_unless_it_is_listed() {
        let report = forget_survivors(serde_json::from_str(REPORT).unwrap(), &["guard/a.ts: '’' => ''"]).unwrap();
        let left: Vec<String> =
            Report::deserialize(report).unwrap().mutants().into_iter().map(|one| one.name).collect();
        assert_eq!(left, ["guard/a.ts: '’' => ''", "guard/a.ts: + => -"]);
    }

    #[test]
    fn a_line_of_the_list_without_a_survivor_is_refused() {
        let listed = ["guard/a.ts: '’' => ''", "guard/a.ts: b( c, ) => b()", "guard/a.ts: + => -"];
        let error = check(&mutants(), &listed).unwrap_err().to_string();
        assert!(error.ends_with("\n  guard/a.ts: + => -"), "{error}");
    }

    #[test]
    fn a_listed_survivor_may_time_out() {
        let mut mutants = mutants();
        "Timeout".clone_into(&mut mutants[0].status);
        assert!(check(&mutants, &["guard/a.ts: '’' => ''", "guard/a.ts: b( c, ) => b()"]).is_ok());
    }

    #[test]
    fn the_table_counts_by_file_and_in_all() {
        let table = table(&mutants());
        assert!(table.contains("| `guard/a.ts` | 3 | 1 | 0 | 1 | 1 |\n| all | 3 | 1 | 0 | 1 | 1 |\n"), "{table}");
    }
}
