//! `cargo xtask test`: every check and every test there is, each step shown as it goes, and one count at the end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};

use crate::services::{BROWSERS, CHROMIUM, MOTO, REDIS, SHELLS, Service, TMUX};
use crate::{app, build, docs, lint, node, paths, tools, vectors, wasm};

/// How many tests, and checks that count as one, went which way.
#[derive(Default, Clone, Copy, PartialEq, Debug)]
struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// A part of the whole, with the name that runs it alone.
struct Step {
    name: &'static str,
    about: &'static str,
    /// A step without which this one would test something else, or nothing.
    needs: Option<&'static str>,
    run: fn() -> Result<Tally>,
}

/// In the order in which a mistake is found soonest. To add a step, add its row here.
const STEPS: &[Step] = &[
    Step { name: "fmt", about: "the Rust sources are formatted", needs: None, run: fmt },
    Step { name: "lint", about: "format and style of the rest, and the workflows of .github", needs: None, run: lint },
    Step { name: "clippy", about: "no warnings, on this machine and in WebAssembly", needs: None, run: clippy },
    Step { name: "rust", about: "the tests of the workspace", needs: None, run: rust },
    Step { name: "crate", about: "the packed crate, whose tests must compile", needs: None, run: packed_crate },
    Step { name: "build", about: "the npm package", needs: None, run: package },
    Step { name: "docs", about: "the references, without a warning", needs: Some("build"), run: docs },
    Step { name: "vectors", about: "the Wycheproof vectors, native and wasm", needs: Some("build"), run: vectors },
    Step {
        name: "kernel",
        about: "the RSA kernel and the curves in WebAssembly, against other arithmetic and vectors",
        needs: None,
        run: kernel,
    },
    Step { name: "js", about: "the package, in every JavaScript runtime", needs: Some("build"), run: js },
    Step { name: "peers", about: "the package beside its peers, and under attack", needs: Some("build"), run: peers },
    Step { name: "jest", about: "the package inside Jest", needs: Some("build"), run: jest },
    Step { name: "guards", about: "the guards, each in its framework", needs: Some("build"), run: guards },
    Step {
        name: "connect",
        about: "the entries of Vercel Connect, each beside its peer and the original",
        needs: Some("build"),
        run: connect,
    },
    Step {
        name: "infra",
        about: "environment variables kept in step, and the programs in www/infra",
        needs: Some("build"),
        run: infra,
    },
    Step {
        name: "platform",
        about: "Workflow DevKit, and functions that `vercel build` has made",
        needs: Some("build"),
        run: platform,
    },
    Step { name: "bench", about: "sizes and memory against their ceilings", needs: Some("build"), run: bench },
    Step { name: "www", about: "the demo app, over HTTP and in Chromium", needs: Some("build"), run: www },
];

/// Runs the steps that are named, or all.
pub fn command(args: &[String]) -> Result<()> {
    if let Some(unknown) = args.iter().find(|arg| STEPS.iter().all(|step| step.name != **arg)) {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        bail!("there is no step `{unknown}`; there are {}", names.join(", "));
    }
    let mut total = Tally::default();
    let mut broken = Vec::new();
    for step in STEPS.iter().filter(|step| args.is_empty() || args.iter().any(|arg| arg == step.name)) {
        println!("\n==== {}: {}", step.name, step.about);
        let start = Instant::now();
        let missing = step.needs.filter(|needed| broken.contains(needed));
        let outcome = match missing {
            Some(needed) => Err(anyhow!("not run, because `{needed}` failed")),
            None => (step.run)(),
        };
        let tally = outcome.unwrap_or_else(|error| {
            println!("{error:#}");
            Tally { passed: 0, failed: 1 }
        });
        total.add(tally);
        if tally.failed > 0 {
            broken.push(step.name);
        }
        println!("---- {}: {} passed, {} failed ({:.1?})", step.name, tally.passed, tally.failed, start.elapsed());
    }
    println!("\n{} passed, {} failed", total.passed, total.failed);
    if !broken.is_empty() {
        bail!("failed: {}", broken.join(", "));
    }
    Ok(())
}

fn fmt() -> Result<Tally> {
    check(tools::cargo().args(["fmt", "--all", "--check"]))
}

fn lint() -> Result<Tally> {
    tools::require_node()?;
    let mut tally = check(&mut lint::style()?)?;
    tally.add(check(&mut lint::workflows()?)?);
    Ok(tally)
}

fn clippy() -> Result<Tally> {
    let mut tally = check(tools::cargo().args(["clippy", "--workspace", "--all-targets", "--", "-Dwarnings"]))?;
    wasm::ensure_target()?;
    for module in wasm::MODULES {
        let mut cargo = tools::cargo();
        cargo.arg("clippy").args(module.cargo_args()).args(["--target", wasm::TARGET, "--", "-Dwarnings"]);
        tally.add(check(&mut cargo)?);
    }
    // The crate of the fuzz targets wants another compiler, so nothing else here would see that its lock file is stale.
    tally.add(check(tools::cargo().args(["fetch", "--locked", "--manifest-path", "fuzz/Cargo.toml"]))?);
    Ok(tally)
}

fn rust() -> Result<Tally> {
    counted(tools::cargo().args(["test", "--workspace", "--no-fail-fast"]))
}

/// Packs the crate, and compiles it with its own tests in a folder without the rest of the repository.
fn packed_crate() -> Result<Tally> {
    let target = paths::root().join("target/packed");
    let folder = target.join("package");
    let name = format!("countersign-{}", env!("CARGO_PKG_VERSION"));
    let mut pack = tools::cargo();
    pack.args(["package", "--package", "countersign", "--locked", "--allow-dirty", "--no-verify", "--target-dir"]);
    tools::run(pack.arg(&target))?;
    let _ = fs::remove_dir_all(folder.join(&name));
    tools::run(Command::new("tar").arg("-xzf").arg(format!("{name}.crate")).current_dir(&folder))?;
    let mut compile = tools::cargo();
    // Most of its dependencies are those that the steps before have compiled.
    compile.args(["check", "--locked", "--tests", "--target-dir"]).arg(paths::root().join("target"));
    compile.current_dir(folder.join(&name));
    check(&mut compile)
}

fn package() -> Result<Tally> {
    build::build()?;
    Ok(Tally { passed: 1, failed: 0 })
}

fn docs() -> Result<Tally> {
    docs::reference()?;
    Ok(Tally { passed: 1, failed: 0 })
}

fn vectors() -> Result<Tally> {
    let vectors::Outcome { passed, failed } = vectors::run(&paths::vectors())?;
    Ok(Tally { passed, failed })
}

fn kernel() -> Result<Tally> {
    tools::require_node()?;
    wasm::ensure_target()?;
    check(node::node()?.arg("tests/crypto/wasm/run.mjs").current_dir(paths::root()))
}

fn js() -> Result<Tally> {
    let [chromium, firefox, webkit_driver, xvfb] = BROWSERS;
    node_test(&paths::js_tests(), &[chromium, firefox, webkit_driver, xvfb, TMUX], 2)
}

fn peers() -> Result<Tally> {
    let [busybox, ksh, zsh] = SHELLS;
    node_test(&paths::peer_tests(), &[REDIS, MOTO, busybox, ksh, zsh], 2)
}

fn jest() -> Result<Tally> {
    node_test(&paths::jest_tests(), &[], 1)
}

fn guards() -> Result<Tally> {
    node_test(&paths::guard_tests(), &[], 1)
}

/// Runs `cargo xtask frameworks`. It needs what `cargo xtask build` makes.
pub fn frameworks(args: &[String]) -> Result<()> {
    if let Some(extra) = args.first() {
        bail!("`frameworks` takes no arguments; got `{extra}`");
    }
    let Tally { passed, failed } = node_test(&paths::framework_tests(), &[], 1)?;
    println!("\n{passed} passed, {failed} failed");
    if failed > 0 {
        bail!("failed");
    }
    Ok(())
}

fn connect() -> Result<Tally> {
    node_test(&paths::connect_tests(), &[], 1)
}

fn infra() -> Result<Tally> {
    app::install_infra()?;
    node_test(&paths::infra_tests(), &[MOTO], 1)
}

fn platform() -> Result<Tally> {
    app::install_platform()?;
    node_test(&paths::platform_tests(), &[REDIS], 1)
}

fn bench() -> Result<Tally> {
    node_test(&paths::benches(), &[], 1)
}

fn www() -> Result<Tally> {
    app::build_app()?;
    node_test(&paths::www_tests(), &[CHROMIUM, MOTO, REDIS], 1)
}

/// All tests of a folder with a package.json of its own, told where the programs are that they run. So many files run `at_once`:
/// more than one only where each installs the package into a project of its own.
fn node_test(folder: &Path, services: &[Service], at_once: u32) -> Result<Tally> {
    tools::require_node()?;
    tools::npm_ci(folder)?;
    let mut node = node::node()?;
    node.arg("--test").arg(format!("--test-concurrency={at_once}")).arg("--test-reporter=spec");
    node.current_dir(folder).env_remove("FORCE_COLOR");
    for service in services {
        node.env(service.variable, service.locate()?);
    }
    counted(&mut node)
}

/// A command that is one check.
fn check(command: &mut Command) -> Result<Tally> {
    Ok(match tools::run(command) {
        Ok(()) => Tally { passed: 1, failed: 0 },
        Err(error) => {
            println!("{error:#}");
            Tally { passed: 0, failed: 1 }
        }
    })
}

/// A command that runs tests and says how many.
fn counted(command: &mut Command) -> Result<Tally> {
    println!("$ {}", tools::line(command));
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut tally = Tally::default();
    for line in BufReader::new(child.stdout.take().context("the output is piped")?).lines() {
        let line = line?;
        println!("{line}");
        tally.add(count(&line));
    }
    let status = child.wait()?;
    // It died before it could count, or does not compile.
    if !status.success() && tally.failed == 0 {
        tally.failed = 1;
    }
    if status.success() && tally == Tally::default() {
        bail!("it succeeded without running a test");
    }
    Ok(tally)
}

/// Reads the lines in which `cargo test` and `node --test` sum up.
fn count(line: &str) -> Tally {
    let number = |text: &str| text.trim().parse().unwrap_or(0);
    let mut tally = Tally::default();
    if let Some(rest) = line.strip_prefix("test result: ") {
        for part in rest.split([';', '.']) {
            if let Some(passed) = part.strip_suffix(" passed") {
                tally.passed = number(passed);
            } else if let Some(failed) = part.strip_suffix(" failed") {
                tally.failed = number(failed);
            }
        }
    } else if let Some(passed) = line.strip_prefix("ℹ pass ") {
        tally.passed = number(passed);
    } else if let Some(failed) = line.strip_prefix("ℹ fail ").or_else(|| line.strip_prefix("ℹ cancelled ")) {
        tally.failed = number(failed);
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_test_runners_sum_up() {
        let tally = |passed, failed| Tally { passed, failed };
        let cargo =
            "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(count(cargo), tally(12, 3));
        assert_eq!(count("ℹ pass 27"), tally(27, 0));
        assert_eq!(count("ℹ fail 2"), tally(0, 2));
        assert_eq!(count("ℹ cancelled 1"), tally(0, 1));
        assert_eq!(count("ℹ tests 27"), tally(0, 0));
    }
}
