//! `cargo xtask mutants`: deliberate faults in the source, each of which must make a native test fail.
//!
//! cargo-mutants says which faults there are. All that can stand behind a switch are compiled at once, and each runs against
//! the tests that reach it. cargo-mutants tries the rest, one compilation for each. `target/mutants/record.txt` keeps what
//! was seen, so a run that was interrupted goes on where it stopped. Survivors must be listed in `tests/mutants.txt`, with
//! the reason.

mod switches;
mod trial;
mod wasm_only;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{mutants_wrapper, paths, tools};

/// The version of cargo-mutants.
const VERSION: &str = "27.1.0";

/// The folders whose source is mutated.
const FOLDERS: [&str; 7] =
    ["src/jwt", "src/jose", "src/issuer", "src/encoding", "src/chain", "src/exchange", "src/crypto"];

/// The tests that must notice: those of signatures for `src/crypto`, and the others for everything else.
const TESTS_OF_CRYPTO: [&str; 3] = ["--lib", "--test", "crypto"];
const TESTS: [&str; 3] = ["--lib", "--test", "core"];

/// Tests that do as much as they can in a fixed time. What they notice differs from run to run.
const SKIPPED: [&str; 1] = ["fuzzing::"];

/// How long the tests of a mutant that is compiled alone may take, in seconds.
const TIMEOUT: u32 = 300;

/// How long it may take to compile, in seconds.
const BUILD_TIMEOUT: u32 = 3600;

/// Mutates the folders and files that are named, or all. `--shard k/n` takes one part of n, from 0. `--alone` also tries those
/// that must be compiled one by one. `--table` only prints how far the runs came.
pub fn command(args: &[String]) -> Result<()> {
    if let Some((_, folders)) = args.split_first().filter(|(first, _)| *first == "--wrapper") {
        return mutants_wrapper::command(folders);
    }
    let mut args = args.iter().map(String::as_str);
    let (mut shard, mut named, mut alone, mut table) = (None, Vec::new(), false, false);
    while let Some(arg) = args.next() {
        match arg {
            "--shard" => shard = Some(read_shard(args.next().context("`--shard` needs a part, such as `0/8`")?)?),
            "--alone" => alone = true,
            "--table" => table = true,
            option if option.starts_with('-') => {
                bail!("unknown option `{option}`; there are --shard, --alone, --table")
            }
            path if paths::root().join(path).exists() => named.push(path.trim_end_matches('/')),
            path => bail!("there is no `{path}`; name a folder or a file, such as src/jose"),
        }
    }
    let folders = if named.is_empty() { &FOLDERS[..] } else { &named };
    let mutants = list(folders)?;
    let listed = Listed::read()?;
    let mut record = Record::read()?;
    if !table {
        // Of a run that was interrupted.
        record.collect()?;
        let (first, parts) = shard.unwrap_or((0, 1));
        let part: Vec<&Mutant> = mutants.iter().skip(first).step_by(parts).collect();
        let (crypto, others): (Vec<&Mutant>, Vec<&Mutant>) =
            part.iter().partition(|mutant| mutant.file.starts_with("src/crypto/"));
        for (part, tests) in [(others, TESTS), (crypto, TESTS_OF_CRYPTO)] {
            let open: Vec<&Mutant> = part.into_iter().filter(|mutant| !record.is_settled(mutant, &listed)).collect();
            run(&open, &tests, alone, &mut record)?;
        }
    }
    print!("{}", summary(folders, &mutants, &record, &listed));
    let survivors: Vec<&str> = mutants
        .iter()
        .filter(|mutant| record.outcome(mutant) == Some(Outcome::Missed))
        .map(|mutant| &*mutant.name)
        .collect();
    let unlisted = listed.without(&survivors);
    if !unlisted.is_empty() {
        bail!("no test fails with these mutants:\n  {}", unlisted.join("\n  "));
    }
    Ok(())
}

/// Reads `k/n`.
fn read_shard(text: &str) -> Result<(usize, usize)> {
    let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((part, of)) if part < of => Ok((part, of)),
        _ => bail!("`--shard` must be a part of parts, such as `0/8`; got `{text}`"),
    }
}

/// Tries mutants that are switched, and then the others.
fn run(open: &[&Mutant], tests: &[&str], alone: bool, record: &mut Record) -> Result<()> {
    if open.is_empty() {
        return Ok(());
    }
    let trial = trial::Trial::prepare(open, tests, &SKIPPED)?;
    println!("{} mutants; {} are compiled at once", open.len(), trial.switched.len());
    for number in &trial.unviable {
        record.add(&open[number - 1].name, Outcome::Unviable)?;
    }
    let shared = Mutex::new(&mut *record);
    trial.run_all(trial.switched.iter().copied().collect(), |number, outcome| {
        shared.lock().expect("no thread panics").add(&open[number - 1].name, outcome)
    })?;
    let rest: Vec<&str> = (1..=open.len())
        .filter(|number| !trial.switched.contains(number) && !trial.unviable.contains(number))
        .map(|number| &*open[number - 1].name)
        .collect();
    if alone && !rest.is_empty() { run_alone(&rest, tests, record) } else { Ok(()) }
}

/// Has cargo-mutants compile mutants one by one.
fn run_alone(names: &[&str], tests: &[&str], record: &mut Record) -> Result<()> {
    let folder = paths::root().join("target/mutants");
    let mut mutants = cargo_mutants()?;
    for name in names {
        // The regular expression does not choose among the fields of structs, so the file is named, too.
        let file = name.split(':').next().unwrap_or_default();
        mutants.args(["--file", file, "--re", &format!("^{}$", escaped(name))]);
    }
    mutants.args(["--baseline=skip", "--no-shuffle", "--colors=never", "--gitignore=true", "--output"]).arg(&folder);
    mutants.args(["--timeout", &TIMEOUT.to_string(), "--build-timeout", &BUILD_TIMEOUT.to_string()]);
    mutants.args(tests.iter().map(|test| format!("--cargo-arg={test}"))).args(["--", "--"]);
    for skip in SKIPPED {
        mutants.args(["--skip", skip]);
    }
    let status = mutants.env("CARGO_TARGET_DIR", folder.join("target")).status()?;
    record.collect()?;
    // 2: a mutant survived; 3: one ran into the time limit.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        bail!("cargo-mutants failed ({status})");
    }
    Ok(())
}

/// A regular expression for a text. A `<` or `>` with a backslash would be a boundary of words.
fn escaped(text: &str) -> String {
    let is_meta = |c: char| r"\.+*?()|[]{}^$#&-~".contains(c);
    text.chars().flat_map(|c| is_meta(c).then_some('\\').into_iter().chain([c])).collect()
}

/// A fault.
pub struct Mutant {
    /// File, line, column, and what is replaced.
    name: String,
    file: String,
    /// The kind of fault, as cargo-mutants calls it.
    genre: String,
    /// The line where it begins, from 1.
    line: usize,
    /// The column, in characters from 1.
    column: usize,
    replacement: String,
}

/// The mutants of native code.
fn list(folders: &[&str]) -> Result<Vec<Mutant>> {
    let mut mutants = cargo_mutants()?;
    for folder in folders {
        let glob = if folder.ends_with(".rs") { (*folder).to_owned() } else { format!("{folder}/**") };
        mutants.args(["--file", &glob]);
    }
    let list: Value = serde_json::from_str(&tools::capture(mutants.args(["--list", "--json"]))?)?;
    let read = |mutant: &Value| {
        let text = |name: &str| mutant[name].as_str().map(str::to_owned);
        let number =
            |name: &str| mutant["span"]["start"][name].as_u64().and_then(|number| usize::try_from(number).ok());
        Some(Mutant {
            name: text("name")?,
            file: text("file")?,
            genre: text("genre")?,
            line: number("line")?,
            column: number("column")?,
            replacement: text("replacement")?,
        })
    };
    let mutants = list.as_array().context("cargo-mutants lists an array")?.iter();
    let mutants: Vec<Mutant> = mutants.map(read).collect::<Option<_>>().context("cargo-mutants lists other members")?;
    let mut foreign = HashMap::new();
    for mutant in &mutants {
        if !foreign.contains_key(&mutant.file) {
            let source = fs::read_to_string(paths::root().join(&mutant.file))?;
            foreign.insert(mutant.file.clone(), wasm_only::lines(&source)?);
        }
    }
    let is_native = |mutant: &Mutant| !foreign[&mutant.file].iter().any(|lines| lines.contains(&mutant.line));
    Ok(mutants.into_iter().filter(is_native).collect())
}

/// cargo-mutants for the crate, installed if it is missing.
fn cargo_mutants() -> Result<Command> {
    let mut mutants = Command::new(tools::installed("cargo-mutants", VERSION)?);
    mutants.args(["mutants", "--package", "countersign", "--profile", "mutants"]).current_dir(paths::root());
    Ok(mutants)
}

/// What came of a mutant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// A test failed.
    Caught,
    /// A test did not end.
    Timeout,
    /// It does not compile.
    Unviable,
    /// No test noticed.
    Missed,
}

impl Outcome {
    const ALL: [Self; 4] = [Self::Caught, Self::Timeout, Self::Unviable, Self::Missed];

    /// The name of the file in which cargo-mutants lists such mutants, without `.txt`.
    fn name(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Timeout => "timeout",
            Self::Unviable => "unviable",
            Self::Missed => "missed",
        }
    }
}

/// What came of mutants in all runs, by their names. A mutant that has moved in its file counts as not tried.
struct Record {
    path: PathBuf,
    outcomes: HashMap<String, Outcome>,
}

impl Record {
    fn read() -> Result<Self> {
        let folder = paths::root().join("target/mutants");
        fs::create_dir_all(&folder)?;
        let path = folder.join("record.txt");
        let text = fs::read_to_string(&path).unwrap_or_default();
        Ok(Self { path, outcomes: parse_record(&text) })
    }

    /// Takes over what cargo-mutants has left.
    fn collect(&mut self) -> Result<()> {
        let results = paths::root().join("target/mutants/mutants.out");
        for outcome in Outcome::ALL {
            let names = fs::read_to_string(results.join(format!("{}.txt", outcome.name()))).unwrap_or_default();
            for name in names.lines() {
                self.add(name, outcome)?;
            }
        }
        let _ = fs::remove_dir_all(results);
        Ok(())
    }

    fn add(&mut self, name: &str, outcome: Outcome) -> Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        writeln!(file, "{} {name}", outcome.name())?;
        self.outcomes.insert(name.to_owned(), outcome);
        Ok(())
    }

    fn outcome(&self, mutant: &Mutant) -> Option<Outcome> {
        self.outcomes.get(&mutant.name).copied()
    }

    /// Returns whether a mutant need not be tried again. A survivor is, unless it is listed.
    fn is_settled(&self, mutant: &Mutant, listed: &Listed) -> bool {
        match self.outcome(mutant) {
            Some(Outcome::Missed) => listed.has(&mutant.name),
            outcome => outcome.is_some(),
        }
    }
}

/// Reads a record. The last line of a name counts.
fn parse_record(text: &str) -> HashMap<String, Outcome> {
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let outcome = |word: &str| Outcome::ALL.into_iter().find(|outcome| outcome.name() == word);
    lines.filter_map(|(word, name)| Some((name.to_owned(), outcome(word)?))).collect()
}

/// Writes a row for each folder, in Markdown.
fn summary(folders: &[&str], mutants: &[Mutant], record: &Record, listed: &Listed) -> String {
    let mut table =
        "\n| folder | mutants | caught | time-outs | do not compile | equivalent | survivors | not tried |\n|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    let mut total = [0; 7];
    for folder in folders {
        let inside: Vec<&Mutant> = mutants
            .iter()
            .filter(|mutant| mutant.file == *folder || mutant.file.starts_with(&format!("{folder}/")))
            .collect();
        let count = |outcome| inside.iter().filter(|mutant| record.outcome(mutant) == outcome).count();
        let missed: Vec<&str> = inside
            .iter()
            .filter(|mutant| record.outcome(mutant) == Some(Outcome::Missed))
            .map(|mutant| &*mutant.name)
            .collect();
        let survivors = listed.without(&missed).len();
        let row = [
            inside.len(),
            count(Some(Outcome::Caught)),
            count(Some(Outcome::Timeout)),
            count(Some(Outcome::Unviable)),
            missed.len() - survivors,
            survivors,
            count(None),
        ];
        table += &format!("| `{folder}` | {} |\n", row.map(|number| number.to_string()).join(" | "));
        for (total, number) in total.iter_mut().zip(row) {
            *total += number;
        }
    }
    table + &format!("| all | {} |\n\n", total.map(|number| number.to_string()).join(" | "))
}

/// The mutants of `tests/mutants.txt`, which may survive.
struct Listed {
    /// How often each name stands there.
    names: BTreeMap<String, usize>,
}

impl Listed {
    fn read() -> Result<Self> {
        Ok(Self::parse(&fs::read_to_string(paths::root().join("tests/mutants.txt"))?))
    }

    fn parse(list: &str) -> Self {
        let mut names = BTreeMap::new();
        for line in list.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let mutant = line.split(" -- ").next().unwrap_or_default().trim();
            *names.entry(mutant.to_owned()).or_insert(0) += 1;
        }
        Self { names }
    }

    fn has(&self, mutant: &str) -> bool {
        self.names.contains_key(&name(mutant))
    }

    /// Returns the survivors that are not listed. A name stands as often in the list as mutants of that name may survive.
    fn without<'a>(&self, survivors: &[&'a str]) -> Vec<&'a str> {
        let mut left = self.names.clone();
        let is_new = |survivor: &&str| match left.get_mut(&name(survivor)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        };
        let distinct: HashSet<&str> = survivors.iter().copied().collect();
        debug_assert_eq!(distinct.len(), survivors.len());
        survivors.iter().copied().filter(is_new).collect()
    }
}

/// The name of a mutant without its line and column, which move.
fn name(mutant: &str) -> String {
    let mut parts = mutant.splitn(4, ':');
    let (file, what) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    format!("{file}: {}", what.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = [
        "src/a.rs:1:2: replace < with <= in f",
        "src/a.rs:7:2: replace < with <= in f",
        "src/b.rs:1:2: replace f -> (u8, A::B) with ()",
    ];

    fn mutant(name: &str) -> Mutant {
        let (file, _) = name.split_once(':').unwrap();
        let (name, file) = (name.to_owned(), file.to_owned());
        Mutant { name, file, genre: String::new(), line: 0, column: 0, replacement: String::new() }
    }

    fn record(text: &str) -> Record {
        Record { path: PathBuf::new(), outcomes: parse_record(text) }
    }

    #[test]
    fn a_survivor_is_listed_by_its_name_without_the_place() {
        let listed = Listed::parse("# reasons\n\nsrc/a.rs: replace < with <= in f -- both are right\n");
        assert_eq!(listed.without(&NAMES[..1]), Vec::<&str>::new());
        assert_eq!(listed.without(&NAMES[..2]), [NAMES[1]]);
        assert_eq!(listed.without(&NAMES[2..]), [NAMES[2]]);
        assert_eq!(Listed::parse("src/b.rs: replace f -> (u8, A::B) with () -- x").without(&NAMES[2..]).len(), 0);
    }

    #[test]
    fn a_name_is_escaped_for_a_regular_expression() {
        assert_eq!(
            escaped("src/a.rs:1:2: replace f -> A<B> with (*)"),
            r"src/a\.rs:1:2: replace f \-> A<B> with \(\*\)"
        );
    }

    #[test]
    fn a_survivor_is_tried_again_until_it_is_listed() {
        let text = NAMES.map(|name| format!("missed {name}\n")).concat();
        let (nothing, listed) = (Listed::parse(""), Listed::parse("src/a.rs: replace < with <= in f -- x"));
        let [first, _, other] = NAMES.map(mutant);
        assert!(!record(&text).is_settled(&first, &nothing));
        assert!(record(&text).is_settled(&first, &listed));
        assert!(!record(&text).is_settled(&other, &listed));
        for outcome in ["caught", "timeout", "unviable"] {
            assert!(record(&format!("{text}{outcome} {}", NAMES[0])).is_settled(&first, &nothing), "{outcome}");
        }
        assert!(!record("").is_settled(&first, &listed));
    }

    #[test]
    fn the_table_counts_each_outcome_in_its_folder() {
        let mutants: Vec<Mutant> = NAMES.into_iter().chain(["src/a/b.rs:1:1: x"]).map(mutant).collect();
        let record = record(&format!("missed {}\nmissed {}\ncaught {}\n", NAMES[0], NAMES[1], NAMES[2]));
        let listed = Listed::parse("src/a.rs: replace < with <= in f -- x");
        let table = summary(&["src/a.rs", "src/b.rs", "src/a"], &mutants, &record, &listed);
        let rows: Vec<&str> = table.trim().lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| `src/a.rs` | 2 | 0 | 0 | 0 | 1 | 1 | 0 |",
                "| `src/b.rs` | 1 | 1 | 0 | 0 | 0 | 0 | 0 |",
                "| `src/a` | 1 | 0 | 0 | 0 | 0 | 0 | 1 |",
                "| all | 4 | 1 | 0 | 0 | 1 | 1 | 1 |",
            ]
        );
    }

    #[test]
    fn a_part_is_one_of_its_parts() {
        assert_eq!(read_shard("3/8").unwrap(), (3, 8));
        for text in ["8/8", "0/0", "1", "a/2", "1/"] {
            assert!(read_shard(text).is_err(), "{text}");
        }
    }
}
