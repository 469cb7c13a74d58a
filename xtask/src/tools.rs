//! Running other programs, and making sure that they are there.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use anyhow::{Context, Result, bail};

use crate::paths;

/// The oldest Node.js that the package and its tools support; also in `engines` of pkg-template/package.json.
const NODE_MAJOR: u32 = 20;

/// Announces a step, so that a long run shows where it is.
pub fn say(step: &str) {
    println!("\n== {step}");
}

/// Runs a command with its output shown, after saying on stderr what is run: stdout is for results.
pub fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", line(command));
    let program = command.get_program().to_owned();
    let status = command.status().with_context(|| format!("cannot start {}", program.display()))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs a command for what it prints.
pub fn capture(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_owned();
    let output =
        command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot start {}", program.display()))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", line(command), output.status);
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The cargo that runs this tool, in the repository's root.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(paths::root());
    command
}

/// A command of cargo's, installed in `target/tools` if it is missing.
pub fn installed(name: &str, version: &str) -> Result<PathBuf> {
    let tools = paths::root().join("target/tools");
    let root = tools.join(format!("{name}-{version}"));
    let program = root.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        let mut install = cargo();
        install.args(["install", name, "--locked", "--version", &format!("={version}"), "--root"]).arg(&root);
        run(install.arg("--target-dir").arg(tools.join("build")))?;
    }
    Ok(program)
}

/// Refuses to go on without a Node.js that is new enough.
pub fn require_node() -> Result<()> {
    let need = format!("Node.js {NODE_MAJOR} or newer with npm is needed (https://nodejs.org)");
    let version = Command::new("node").arg("--version").output().ok().filter(|output| output.status.success());
    let Some(version) = version else {
        bail!("{need}; there is no `node` on the PATH");
    };
    let version = String::from_utf8(version.stdout)?;
    let version = version.trim().trim_start_matches('v');
    let major = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
    if major < NODE_MAJOR {
        bail!("{need}; `node` on the PATH is {version}");
    }
    if !Command::new("npm").arg("--version").output().is_ok_and(|output| output.status.success()) {
        bail!("{need}; there is no `npm` on the PATH");
    }
    Ok(())
}

/// Installs exactly what a folder's package-lock.json names, unless that is what is installed already.
pub fn npm_ci(folder: &Path) -> Result<()> {
    npm_ci_with(folder, &[])
}

/// The same for a folder whose dependencies include a file with this content, which the lock file does not pin.
pub fn npm_ci_with(folder: &Path, content: &[u8]) -> Result<()> {
    let mut lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("no package-lock.json in {}", folder.display()))?;
    lock.extend(content);
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    // No package that we use needs its install script: each finds its binary among its optional dependencies.
    let flags = ["--ignore-scripts", "--no-audit", "--no-fund"];
    run(Command::new("npm").arg("ci").args(flags).current_dir(folder).stdout(io::stderr()))?;
    fs::write(stamp, lock)?;
    Ok(())
}

/// A command line tool out of a folder's installed packages.
pub fn npm_bin(folder: &Path, name: &str) -> Command {
    let name = if cfg!(windows) { format!("{name}.cmd") } else { name.to_owned() };
    let mut command = Command::new(folder.join("node_modules/.bin").join(name));
    command.current_dir(folder);
    command
}

/// Returns the path of a program on the PATH.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// A command as one would type it in the repository's root.
pub fn line(command: &Command) -> String {
    let program = Path::new(command.get_program());
    // One that was found by its full path is a tool of the system.
    let program = program.strip_prefix(paths::root()).ok().or(program.file_name().map(Path::new)).unwrap_or(program);
    let words = std::iter::once(program.as_os_str()).chain(command.get_args());
    let line: Vec<String> = words.map(|word| word.display().to_string()).collect();
    line.join(" ").replace(&format!("{}/", paths::root().display()), "")
}
