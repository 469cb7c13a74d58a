//! `cargo xtask bench`: the package beside its peers, in time, size and memory. What is measured is in tests/bench.

use std::io;
use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::services::CHROMIUM;
use crate::{paths, tools};

/// Where there is something to measure in; the same names as in tests/bench/bench.mjs.
const RUNTIMES: &[&str] = &["node", "edge", "workerd", "chromium"];

/// Builds, installs the peers and measures.
pub fn command(args: &[String]) -> Result<()> {
    // Before the build: who mistyped something should not have to wait for it.
    check(args)?;
    tools::require_node()?;
    // In a process of its own, whose stdout is our stderr: with `--json`, stdout holds the result and nothing else.
    let build = Command::new(std::env::current_exe()?).arg("build").stdout(io::stderr()).status()?;
    ensure!(build.success(), "the package could not be built");
    let folder = paths::benches();
    tools::npm_ci(&folder)?;
    let mut measure = Command::new("node");
    measure.arg("bench.mjs").args(args).current_dir(folder);
    if args.iter().any(|arg| arg == "--runtime") {
        // The other runtimes are those of the suite.
        tools::npm_ci(&paths::js_tests())?;
    }
    if args.iter().any(|arg| arg == "chromium") {
        measure.env(CHROMIUM.variable, CHROMIUM.locate()?);
    }
    let status = measure.status()?;
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}

fn check(args: &[String]) -> Result<()> {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => {}
            "--runtime" => {
                let name = args.next().map_or("", String::as_str);
                ensure!(
                    RUNTIMES.contains(&name),
                    "there is no benchmark in `{name}`; there is one in {}",
                    RUNTIMES.join(", ")
                );
            }
            _ => bail!("`bench` takes `--runtime <name>` and `--json`; got `{arg}`"),
        }
    }
    Ok(())
}
