//! The versions of Node.js that the project is tested with, one of which runs tests, demo and benchmarks.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{paths, tools};

/// By major number; tests/node-versions pins the exact ones. The same list as in its index.mjs.
const VERSIONS: [&str; 4] = ["20", "22", "24", "26"];

/// The default of new projects on Vercel.
const MAIN: &str = "24";

/// A command of Node.js 24. Programs that it starts find the same `node` on their PATH, and each version in `NODE_<major>`.
///
/// # Errors
/// The error where npm has no package of a version for this system, and `NODE_<major>` does not name a binary.
pub fn node() -> Result<Command> {
    version(MAIN)
}

/// The same for another major version.
pub fn version(major: &str) -> Result<Command> {
    let mut command = Command::new(locate(major)?);
    equip(&mut command)?;
    Ok(command)
}

/// Makes a program find Node.js 24 on its PATH, and each version in `NODE_<major>`.
pub fn equip(command: &mut Command) -> Result<()> {
    for major in VERSIONS {
        command.env(variable(major), locate(major)?);
    }
    let main = locate(MAIN)?;
    let folder = main.parent().context("a binary lies in a folder")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders)?);
    Ok(())
}

fn variable(major: &str) -> String {
    format!("NODE_{major}")
}

fn locate(major: &str) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable(major)) {
        return Ok(path.into());
    }
    let folder = paths::node_versions();
    tools::npm_ci(&folder)?;
    let package = format!("node-{major}-{}-{}", system(), processor());
    let file = folder.join("node_modules").join(&package).join("bin/node");
    let missing = || format!("npm has no Node.js {major} for this system: name a binary in {}", variable(major));
    file.is_file().then_some(file).with_context(missing)
}

/// As Node.js names it.
fn system() -> &'static str {
    if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS }
}

fn processor() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_versions_is_the_one_of_the_tests() {
        let script = std::fs::read_to_string(paths::node_versions().join("index.mjs")).unwrap();
        let list = VERSIONS.map(|major| format!("'{major}'")).join(", ");
        assert!(script.contains(&format!("VERSIONS = [{list}]")));
    }
}
