//! `cargo xtask fuzz`: libFuzzer on the targets of `fuzz/`, with the corpora that earlier runs found.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{paths, tools};

/// The version of cargo-fuzz.
const VERSION: &str = "0.13.2";

/// How long a target runs unless the caller says otherwise, in minutes.
const MINUTES: u64 = 10;

/// Runs the targets that are named, or all, one after the other.
pub fn command(args: &[String]) -> Result<()> {
    let all = targets()?;
    let (mut minutes, mut keep, mut named) = (MINUTES, false, Vec::new());
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "--minutes" => minutes = number(args.next())?,
            "--keep" => keep = true,
            name if all.iter().any(|target| target == name) => named.push(name.to_owned()),
            other => bail!("there is no target `{other}`; there are {}, `--minutes N` and `--keep`", all.join(", ")),
        }
    }
    let mut lines = Vec::new();
    for target in if named.is_empty() { all } else { named } {
        let corpus = Corpus::open(&target)?;
        lines.push(run(&target, &corpus, minutes)?);
        if keep {
            corpus.keep(&target)?;
        }
        println!("\n| target | inputs | edges | corpus |\n|---|--:|--:|--:|\n{}", lines.join("\n"));
    }
    Ok(())
}

/// Zero would mean without end.
fn number(text: Option<&str>) -> Result<u64> {
    text.and_then(|text| text.parse().ok()).filter(|n| *n > 0).context("`--minutes` needs a whole number from 1")
}

/// The names of the targets: those of the files in `fuzz/targets`.
fn targets() -> Result<Vec<String>> {
    let files = fs::read_dir(fuzz().join("targets"))?;
    let mut names: Vec<String> =
        files.filter_map(|file| Some(file.ok()?.path().file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    Ok(names)
}

fn fuzz() -> PathBuf {
    paths::root().join("fuzz")
}

/// The inputs of a target. They stay in `target/fuzz`, so that the next run goes on with them.
struct Corpus {
    folder: PathBuf,
    /// What is kept of them in the repository: the smallest set that reaches the same code.
    archive: PathBuf,
}

impl Corpus {
    /// Unpacks what is kept where no run has left inputs.
    fn open(target: &str) -> Result<Self> {
        let folder = paths::root().join("target/fuzz/corpus").join(target);
        let archive = fuzz().join(format!("corpora/{target}.tar.gz"));
        if !folder.exists() {
            fs::create_dir_all(&folder)?;
            if archive.exists() {
                tools::run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&folder))?;
            }
        }
        Ok(Self { folder, archive })
    }

    /// Packs the smallest set that reaches the same code, the same bytes for the same inputs.
    fn keep(&self, target: &str) -> Result<()> {
        tools::run(cargo_fuzz("cmin")?.arg(target).arg(&self.folder))?;
        fs::create_dir_all(fuzz().join("corpora"))?;
        let mut tar = Command::new("tar");
        tar.args([
            "--sort=name",
            "--mtime=@0",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            "--use-compress-program=gzip -n",
        ]);
        tools::run(tar.arg("-cf").arg(&self.archive).arg("-C").arg(&self.folder).arg("."))
    }

    fn len(&self) -> Result<usize> {
        Ok(fs::read_dir(&self.folder)?.count())
    }
}

/// cargo-fuzz, installed if it is missing. It wants the nightly toolchain.
fn cargo_fuzz(what: &str) -> Result<Command> {
    let program = tools::installed("cargo-fuzz", VERSION)?;
    let mut command = Command::new("rustup");
    // Only rustup's proxy of cargo passes the toolchain on.
    command.args(["run", "nightly"]).arg(program).args(["fuzz", what]).current_dir(fuzz());
    command.args(["--fuzz-dir"]).arg(fuzz()).arg("--target-dir").arg(paths::root().join("target/fuzz/build"));
    Ok(command)
}

/// Runs one target, and returns its line of the table. A finding is an error.
fn run(target: &str, corpus: &Corpus, minutes: u64) -> Result<String> {
    let mut fuzz = cargo_fuzz("run")?;
    fuzz.arg(target).arg(&corpus.folder).arg(Path::new("seeds").join(target)).arg("--");
    fuzz.arg(format!("-max_total_time={}", minutes * 60)).args(["-dict=words.dict", "-print_final_stats=1"]);
    println!("$ {}", tools::line(&fuzz));
    let mut child = fuzz.stderr(Stdio::piped()).spawn().context("rustup is needed, with the toolchain `nightly`")?;
    let (mut inputs, mut edges) = (String::new(), String::new());
    for line in BufReader::new(child.stderr.take().context("the output is piped")?).lines() {
        let line = line?;
        if let Some(found) = word_after(&line, "cov:") {
            edges = found;
        } else if let Some(found) = word_after(&line, "stat::number_of_executed_units:") {
            inputs = found;
        } else if !line.contains("NEW_FUNC[") {
            println!("{line}");
        }
    }
    if !child.wait()?.success() {
        bail!("`{target}` has a finding, in fuzz/artifacts/{target}");
    }
    Ok(format!("| `{target}` | {inputs} | {edges} | {} |", corpus.len()?))
}

/// The word that follows another one.
fn word_after(line: &str, word: &str) -> Option<String> {
    let mut words = line.split_whitespace().skip_while(|found| *found != word);
    words.nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_the_lines_of_libfuzzer() {
        let line = "#1048576\tpulse  cov: 2860 ft: 9001 corp: 1124/88Kb lim: 4096 exec/s: 52428 rss: 401Mb";
        assert_eq!(word_after(line, "cov:").as_deref(), Some("2860"));
        let line = "stat::number_of_executed_units: 22697679";
        assert_eq!(word_after(line, "stat::number_of_executed_units:").as_deref(), Some("22697679"));
        assert_eq!(word_after("INFO: Seed: 1", "cov:"), None);
    }

    #[test]
    fn a_run_has_an_end() {
        assert_eq!(number(Some("10")).unwrap(), 10);
        for text in [None, Some("0"), Some("-1"), Some("ten")] {
            assert!(number(text).is_err());
        }
    }

    #[test]
    fn each_target_has_a_name() {
        assert!(targets().unwrap().contains(&"curves".to_owned()));
    }
}
