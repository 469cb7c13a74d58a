//! Compiles the crate with its mutants behind switches, and runs the tests that reach each.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::switches::{self, Switched};
use super::{Mutant, Outcome};
use crate::{paths, tools};

/// How many tests run in one process, unless they take longer than [`BATCH_TIME`]. After the first process that fails, the
/// others are not started.
const BATCH: usize = 12;

/// A test that takes long is not begun while a quicker one may have failed.
const BATCH_TIME: Duration = Duration::from_millis(500);

/// How long a test may take without a mutant.
const SLOW: Duration = Duration::from_secs(120);

/// What an endless loop may allocate, in KiB.
const MEMORY: u32 = 3 << 20;

/// The crate with switches, compiled.
pub struct Trial {
    /// The mutants that are switched, by their number. The others do not compile as a `match`, or are in a constant.
    pub switched: BTreeSet<usize>,
    /// The mutants that do not compile without a switch either.
    pub unviable: BTreeSet<usize>,
    tests: Vec<Test>,
    folder: PathBuf,
}

/// A test, and how long it takes without a mutant.
struct Test {
    program: PathBuf,
    name: String,
    time: Duration,
    /// The mutants that it reaches.
    reached: HashSet<usize>,
}

impl Trial {
    /// Compiles the mutants of some files, numbered from 1, and sees which test reaches which.
    ///
    /// # Errors
    /// Where the tests do not compile, or too few succeed without a mutant.
    pub fn prepare(mutants: &[&Mutant], test_targets: &[&str], skip: &[&str]) -> Result<Self> {
        let folder = paths::root().join("target/mutants");
        let tree = folder.join("tree");
        let (switched, unviable) = compile(mutants, &tree, &folder.join("target"))?;
        let mut trial = Self { switched, unviable, tests: Vec::new(), folder };
        for program in programs(&tree, &trial.folder.join("target"), test_targets)? {
            let mut list = Command::new(&program);
            for name in tools::capture(list.args(["--list", "--format=terse"]).current_dir(&tree))?.lines() {
                let Some(name) = name.strip_suffix(": test") else { continue };
                if !skip.iter().any(|skip| name.contains(skip)) {
                    let (program, name) = (program.clone(), name.to_owned());
                    trial.tests.push(Test { program, name, time: Duration::ZERO, reached: HashSet::new() });
                }
            }
        }
        trial.look()?;
        Ok(trial)
    }

    /// Runs each test without a mutant.
    fn look(&mut self) -> Result<()> {
        let tests = std::mem::take(&mut self.tests);
        let count = tests.len();
        let seen = each(tests, |index, mut test| {
            let log = self.folder.join(format!("reached-{index}.txt"));
            let _ = fs::remove_file(&log);
            let start = Instant::now();
            let passed = self.run(&test.program, &[&test.name], SLOW, |command| {
                command.env("SWITCHES_REACHED", &log);
            });
            test.time = start.elapsed();
            let reached = fs::read_to_string(&log).unwrap_or_default();
            let _ = fs::remove_file(&log);
            test.reached = reached.lines().filter_map(|line| line.parse().ok()).collect();
            (test, passed)
        });
        for (test, passed) in seen {
            if passed? == Ran::Passed {
                self.tests.push(test);
            } else {
                // Tests that read the source see switches in it. Arithmetic takes several times as long with them.
                println!("not used, because it fails or takes too long without a mutant: {}", test.name);
            }
        }
        if self.tests.len() * 20 < count * 19 {
            bail!("{} of {count} tests succeed without a mutant", self.tests.len());
        }
        self.tests.sort_by_key(|test| test.time);
        Ok(())
    }

    /// Runs the tests that reach each of these mutants. `done` gets each outcome as it is known.
    pub fn run_all(&self, numbers: Vec<usize>, done: impl Fn(usize, Outcome) -> Result<()> + Sync) -> Result<()> {
        each(numbers, |_, number| done(number, self.run_one(number)?)).into_iter().collect()
    }

    fn run_one(&self, number: usize) -> Result<Outcome> {
        let time = |batch: &Vec<&Test>| batch.iter().map(|test| test.time).sum::<Duration>();
        let mut batches: HashMap<&Path, Vec<Vec<&Test>>> = HashMap::new();
        for test in self.tests.iter().filter(|test| test.reached.contains(&number)) {
            let batches = batches.entry(&test.program).or_default();
            match batches.last_mut() {
                Some(batch) if batch.len() < BATCH && time(batch) + test.time < BATCH_TIME => batch.push(test),
                _ => batches.push(vec![test]),
            }
        }
        let mut batches: Vec<(&Path, Vec<&Test>)> = batches
            .into_iter()
            .flat_map(|(program, batches)| batches.into_iter().map(move |batch| (program, batch)))
            .collect();
        batches.sort_by_key(|(_, batch)| time(batch));
        for (program, batch) in batches {
            let names: Vec<&str> = batch.iter().map(|test| &*test.name).collect();
            let limit = Duration::from_secs(20) + time(&batch) * 10;
            let ran = self.run(program, &names, limit, |command| {
                command.env("SWITCH", number.to_string());
            })?;
            match ran {
                Ran::Passed => {}
                Ran::Failed => return Ok(Outcome::Caught),
                Ran::TimedOut => return Ok(Outcome::Timeout),
            }
        }
        Ok(Outcome::Missed)
    }

    fn run(&self, program: &Path, tests: &[&str], limit: Duration, set: impl Fn(&mut Command)) -> Result<Ran> {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")]).arg(program);
        command.args(tests).args(["--exact", "--test-threads=1", "--quiet"]).current_dir(self.folder.join("tree"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).env("RUST_BACKTRACE", "0");
        set(&mut command);
        let mut child = command.spawn()?;
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(if status.success() { Ran::Passed } else { Ran::Failed });
            }
            if start.elapsed() > limit {
                child.kill()?;
                child.wait()?;
                return Ok(Ran::TimedOut);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

#[derive(PartialEq)]
enum Ran {
    Passed,
    Failed,
    TimedOut,
}

/// Calls a function for each value, on all cores, and returns what it returns, in order.
fn each<T: Send, R: Send>(values: Vec<T>, call: impl Fn(usize, T) -> R + Sync) -> Vec<R> {
    let values: Vec<Mutex<Option<T>>> = values.into_iter().map(|value| Mutex::new(Some(value))).collect();
    let results: Vec<Mutex<Option<R>>> = values.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(value) = values.get(index) else { return };
                    let value = value.lock().expect("no thread panics").take().expect("each value is taken once");
                    *results[index].lock().expect("no thread panics") = Some(call(index, value));
                }
            });
        }
    });
    results.into_iter().filter_map(|result| result.into_inner().expect("no thread panics")).collect()
}

/// Writes the tree with switches until it compiles. Returns the mutants that are switched, and those that never compile.
fn compile(mutants: &[&Mutant], tree: &Path, target: &Path) -> Result<(BTreeSet<usize>, BTreeSet<usize>)> {
    let names: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.file.as_str()).collect();
    let mut mutated = names.clone();
    mutated.insert("src/lib.rs");
    copy(tree, &mutated)?;
    let mut left: BTreeSet<usize> = (1..=mutants.len()).collect();
    let mut unviable = BTreeSet::new();
    loop {
        let mut files: HashMap<&str, Switched> = HashMap::new();
        for file in names.iter().copied() {
            let source = fs::read_to_string(paths::root().join(file))?;
            let numbered: Vec<(usize, &Mutant)> = left
                .iter()
                .map(|number| (*number, mutants[number - 1]))
                .filter(|(_, mutant)| mutant.file == file)
                .collect();
            let switched = switches::switch(&source, &numbered).with_context(|| format!("cannot parse {file}"))?;
            write(&tree.join(file), &switched.text)?;
            unviable.extend(&switched.unviable);
            files.insert(file, switched);
        }
        let library = fs::read_to_string(paths::root().join("src/lib.rs"))?;
        let module = switches::MODULE.replace("COUNT", &(mutants.len() + 1).to_string());
        // Parentheses around arms, and comparisons that are always true, would be thousands of warnings.
        write(&tree.join("src/lib.rs"), ["#![allow(warnings)]\n", &library, &module].concat())?;
        let expressed: BTreeSet<usize> =
            files.values().flat_map(|file| file.arms.iter().map(|(_, number)| *number)).collect();
        left.retain(|number| expressed.contains(number));

        let mut check = cargo(tree, target, "check");
        // With the unit tests, for which some types are others.
        check.args(["--lib", "--tests", "--message-format=json"]);
        let output = check.stderr(Stdio::null()).output()?;
        if output.status.success() {
            return Ok((left, unviable));
        }
        let broken = broken(&String::from_utf8_lossy(&output.stdout), &files)?;
        left.retain(|number| !broken.all.contains(number));
        println!("{} mutants do not compile with a switch; {} are left", broken.all.len(), left.len());
        unviable.extend(broken.unviable);
    }
}

/// Errors that a mutant has without a switch, too: types, missing operators, names, and what is known before it runs.
const OF_ITS_OWN: [&str; 11] =
    ["E0277", "E0282", "E0283", "E0308", "E0369", "E0423", "E0425", "E0433", "E0599", "E0600", "E0604"];

/// Mutants in which the compiler sees errors.
#[derive(Default)]
struct Broken {
    all: BTreeSet<usize>,
    /// Those that do not compile without a switch either.
    unviable: BTreeSet<usize>,
}

/// Finds the mutants in which the compiler sees errors.
fn broken(messages: &str, files: &HashMap<&str, Switched>) -> Result<Broken> {
    let mut broken = Broken::default();
    for line in messages.lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        let message = &line["message"];
        if message["level"] != "error" {
            continue;
        }
        let spans: Vec<&Value> = message["spans"].as_array().into_iter().flatten().collect();
        let is_own = message["code"]["code"].as_str().is_some_and(|code| OF_ITS_OWN.contains(&code));
        let before = broken.all.len();
        for span in &spans {
            let Some((file, start, end)) = place(span) else { continue };
            let arms = files.get(file).into_iter().flat_map(|file| &file.arms);
            for (arm, number) in arms.filter(|(arm, _)| arm.start < end && start < arm.end) {
                broken.all.insert(*number);
                if is_own && span["is_primary"] == true && arm.start <= start && end <= arm.end {
                    broken.unviable.insert(*number);
                }
            }
        }
        if broken.all.len() == before {
            // What fails is the `match` itself: the smallest one around the place.
            for (file, start, end) in spans.into_iter().filter_map(place) {
                let sites = files.get(file).into_iter().flat_map(|file| &file.sites);
                let around = sites.filter(|(site, _)| site.start <= start && end <= site.end);
                if let Some((_, numbers)) = around.min_by_key(|(site, _)| site.len()) {
                    broken.all.extend(numbers);
                }
            }
        }
    }
    if broken.all.is_empty() {
        bail!("the crate does not compile with switches:\n{}", rendered(messages));
    }
    Ok(broken)
}

fn place(span: &Value) -> Option<(&str, usize, usize)> {
    let number = |name: &str| span[name].as_u64().and_then(|number| usize::try_from(number).ok());
    Some((span["file_name"].as_str()?, number("byte_start")?, number("byte_end")?))
}

fn rendered(messages: &str) -> String {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let errors = messages.filter(|line| line["message"]["level"] == "error");
    errors.filter_map(|line| line["message"]["rendered"].as_str().map(str::to_owned)).collect()
}

/// Compiles the tests, and returns their programs.
fn programs(tree: &Path, target: &Path, test_targets: &[&str]) -> Result<Vec<PathBuf>> {
    let mut build = cargo(tree, target, "test");
    build.args(test_targets).args(["--no-run", "--message-format=json"]);
    let output = build.stderr(Stdio::inherit()).output()?;
    let messages = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("the tests do not compile with switches:\n{}", rendered(&messages));
    }
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let tests = messages.filter(|line| line["profile"]["test"] == true);
    Ok(tests.filter_map(|line| line["executable"].as_str().map(PathBuf::from)).collect())
}

fn cargo(tree: &Path, target: &Path, command: &str) -> Command {
    let mut cargo = tools::cargo();
    cargo.args([command, "--package", "countersign", "--profile", "mutants", "--locked"]).current_dir(tree);
    cargo.env("CARGO_TARGET_DIR", target);
    cargo
}

/// Makes `tree` a copy of the repository, but for the files that are `mutated`. Files that are the same are left alone, so cargo does not compile them again.
fn copy(tree: &Path, mutated: &BTreeSet<&str>) -> Result<()> {
    let mut list = Command::new("git");
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(paths::root());
    let list = tools::capture(&mut list)?;
    let is_wanted = |file: &&str| !file.is_empty() && paths::root().join(file).is_file();
    let files: BTreeSet<&str> = list.split('\0').filter(is_wanted).collect();
    let stamp = tree.join(".files");
    for gone in fs::read_to_string(&stamp).unwrap_or_default().lines().filter(|file| !files.contains(file)) {
        let _ = fs::remove_file(tree.join(gone));
    }
    for file in &files {
        // Those are written with switches.
        if !mutated.contains(file) {
            write(&tree.join(file), &fs::read(paths::root().join(file))?)?;
        }
    }
    fs::write(stamp, files.into_iter().collect::<Vec<_>>().join("\n"))?;
    Ok(())
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if fs::read(path).is_ok_and(|present| present == content.as_ref()) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}
