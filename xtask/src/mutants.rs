//! `cargo xtask mutants`: deliberate faults in the source, each of which must make a native test fail.
//!
//! cargo-mutants makes the faults and runs the tests in a copy of the tree. Its results stay in `target/mutants`, so a run
//! that was interrupted goes on where it stopped. Survivors must be listed in `tests/mutants.txt`, with the reason.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{mutants_wrapper, paths, tools};

/// The version of cargo-mutants.
const VERSION: &str = "27.1.0";

/// The folders whose source is mutated.
const FOLDERS: [&str; 7] =
    ["src/crypto", "src/encoding", "src/jose", "src/jwt", "src/issuer", "src/exchange", "src/chain"];

/// The tests that must notice: those of signatures for `src/crypto`, and the others for everything else.
const TESTS_OF_CRYPTO: &[&str] = &["--lib", "--test", "crypto"];
const TESTS: &[&str] = &["--lib", "--test", "core", "--", "--skip", "crypto::"];

/// How long one mutant's tests may take, in seconds: an endless loop is noticed, too.
const TIMEOUT: u32 = 300;

/// How long it may take to compile, in seconds. A mutant that is not compiled in this time counts as noticed.
const BUILD_TIMEOUT: u32 = 3600;

/// Mutates the folders and files that are named, or all; `--shard k/n` takes one part of n, from 0.
pub fn command(args: &[String]) -> Result<()> {
    if let Some((_, folders)) = args.split_first().filter(|(first, _)| *first == "--wrapper") {
        return mutants_wrapper::command(folders);
    }
    let mut args = args.iter().map(String::as_str);
    let (mut shard, mut named) = (None, Vec::new());
    while let Some(arg) = args.next() {
        match arg {
            "--shard" => shard = Some(args.next().context("`--shard` needs a part, such as `0/8`")?.to_owned()),
            option if option.starts_with('-') => bail!("unknown option `{option}`; did you mean `--shard`?"),
            path if paths::root().join(path).exists() => named.push(path),
            path => bail!("there is no `{path}`; name a folder or a file, such as src/jose"),
        }
    }
    let folders = if named.is_empty() { &FOLDERS[..] } else { &named };
    let (crypto, others): (Vec<&str>, Vec<&str>) = folders.iter().partition(|path| path.starts_with("src/crypto"));
    for (folders, tests) in [(others, TESTS), (crypto, TESTS_OF_CRYPTO)] {
        if !folders.is_empty() {
            let found = run(&folders, tests, shard.as_deref())?;
            let total = list(&folders)?.len();
            println!("{total} mutants in {}; {} tried in this run", folders.join(" "), found.tried);
            found.check()?;
        }
    }
    Ok(())
}

/// The result of a run.
struct Found {
    /// How many mutants this run tried.
    tried: usize,
    /// The survivors of this run.
    survivors: Vec<String>,
}

impl Found {
    /// Refuses survivors that are not listed.
    fn check(&self) -> Result<()> {
        let list = fs::read_to_string(paths::root().join("tests/mutants.txt"))?;
        let unlisted = unlisted(&self.survivors, &list);
        if !unlisted.is_empty() {
            bail!("no test fails with these mutants:\n  {}", unlisted.join("\n  "));
        }
        Ok(())
    }
}

/// Runs cargo-mutants. Mutants that a test noticed before are not tried again.
fn run(folders: &[&str], tests: &[&str], shard: Option<&str>) -> Result<Found> {
    let output = paths::root().join("target/mutants");
    fs::create_dir_all(&output)?;
    let mut mutants = mutants(folders)?;
    mutants.args(["--iterate", "--baseline=skip", "--no-shuffle", "--colors=never", "--output"]).arg(&output);
    mutants.args(["--timeout", &TIMEOUT.to_string(), "--build-timeout", &BUILD_TIMEOUT.to_string()]);
    if let Some(shard) = shard {
        mutants.args(["--sharding=round-robin", "--shard", shard]);
    }
    // The dependencies are compiled once. Not in `target`, where cargo would take a mutant for the tree itself.
    mutants.arg("--").args(tests).env("CARGO_TARGET_DIR", output.join("target"));
    eprintln!("$ {}", tools::line(&mutants));
    let status = mutants.status()?;
    // 2: a mutant survived; 3: one ran into the time limit.
    if !matches!(status.code(), Some(0 | 2 | 3)) {
        bail!("cargo-mutants failed ({status})");
    }
    let lines = |name: &str| -> Vec<String> {
        let text = fs::read_to_string(output.join("mutants.out").join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    };
    let survivors = lines("missed.txt");
    let tried = ["caught.txt", "timeout.txt", "unviable.txt"].map(|name| lines(name).len()).iter().sum::<usize>();
    let tried = tried + survivors.len();
    Ok(Found { tried, survivors })
}

/// The mutants that there are.
fn list(folders: &[&str]) -> Result<Vec<String>> {
    let list = tools::capture(mutants(folders)?.arg("--list"))?;
    Ok(list.lines().map(str::to_owned).collect())
}

/// cargo-mutants for these folders and files, installed if it is missing.
fn mutants(folders: &[&str]) -> Result<Command> {
    let mut mutants = Command::new(tools::installed("cargo-mutants", VERSION)?);
    mutants.args(["mutants", "--package", "countersign", "--profile", "mutants"]).current_dir(paths::root());
    for folder in folders {
        let glob = if folder.ends_with(".rs") { (*folder).to_owned() } else { format!("{folder}/**") };
        mutants.args(["--file", &glob]);
    }
    // Compiled for WebAssembly only: `cargo xtask test kernel vectors` sees those.
    mutants.args(["--exclude-re", "in simd128::|in vectors::|replace simd128::|replace vectors::"]);
    Ok(mutants)
}

/// The name of a mutant without its line and column, which move.
fn name(mutant: &str) -> String {
    let mut parts = mutant.splitn(4, ':');
    let (file, what) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    format!("{file}: {}", what.trim())
}

/// The survivors that a list does not have. A name stands as often in the list as mutants of that name may survive.
fn unlisted<'a>(survivors: &'a [String], list: &str) -> Vec<&'a str> {
    let mut allowed = BTreeMap::new();
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let mutant = line.split(" -- ").next().unwrap_or_default().trim();
        *allowed.entry(mutant.to_owned()).or_insert(0) += 1;
    }
    let is_new = |survivor: &&str| match allowed.get_mut(&name(survivor)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    survivors.iter().map(String::as_str).filter(is_new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survivor_is_listed_by_its_name_without_the_place() {
        let list = "# reasons\nsrc/a.rs: replace < with <= in f -- both are right\n";
        let survivors = ["src/a.rs:1:2: replace < with <= in f", "src/a.rs:7:2: replace < with <= in f"];
        let survivors = survivors.map(str::to_owned);
        assert_eq!(unlisted(&survivors[..1], list), Vec::<&str>::new());
        assert_eq!(unlisted(&survivors, list), ["src/a.rs:7:2: replace < with <= in f"]);
        assert_eq!(unlisted(&["src/b.rs:1:2: replace f with ()".to_owned()], list).len(), 1);
    }
}
