//! Formatters and linters of everything but Rust, and `cargo xtask deny`: what dependencies may be.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{node, paths, tools};

/// The version of cargo-deny.
const CARGO_DENY: &str = "0.20.2";

/// Runs `cargo xtask format`: writes every file as the formatters want it.
pub fn format(args: &[String]) -> Result<()> {
    if let Some(extra) = args.first() {
        bail!("`format` takes no arguments; got `{extra}`");
    }
    tools::run(tools::cargo().args(["fmt", "--all"]))?;
    tools::run(biome()?.args(["check", "--write", "."]))
}

/// Checks format and style of TypeScript, JavaScript and CSS. A warning is an error.
pub fn style() -> Result<Command> {
    let mut biome = biome()?;
    biome.args(["check", "--error-on-warnings", "--max-diagnostics=100", "."]);
    Ok(biome)
}

/// Checks the workflows in .github.
pub fn workflows() -> Result<Command> {
    tools::npm_ci(&paths::npm_tools())?;
    let mut script = node::node()?;
    script.arg("lint-workflows.mjs").current_dir(paths::npm_tools());
    Ok(script)
}

fn biome() -> Result<Command> {
    tools::npm_ci(&paths::npm_tools())?;
    let mut biome = tools::npm_bin(&paths::npm_tools(), "biome");
    biome.current_dir(paths::root());
    Ok(biome)
}

/// Runs `cargo xtask deny`: licences, versions and sources of the crates, as deny.toml has them. Advisories need the network:
/// `cargo deny check advisories`, which the workflows in .github run.
pub fn deny(args: &[String]) -> Result<()> {
    if let Some(extra) = args.first() {
        bail!("`deny` takes no arguments; got `{extra}`");
    }
    let mut deny = Command::new(tools::installed("cargo-deny", CARGO_DENY)?);
    tools::run(deny.args(["check", "licenses", "bans", "sources"]).current_dir(paths::root()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::paths;

    /// The toolchain that runs every test is the oldest that Cargo.toml promises, so each run checks the promise.
    #[test]
    fn the_pinned_toolchain_is_the_oldest_supported_one() {
        let toolchain = fs::read_to_string(paths::root().join("rust-toolchain.toml")).unwrap();
        assert!(toolchain.contains(&format!("channel = \"{}.0\"", env!("CARGO_PKG_RUST_VERSION"))), "{toolchain}");
    }
}
