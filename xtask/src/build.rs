//! `cargo xtask build`: the crates as WebAssembly, the TypeScript around it, and the npm package of both.

use std::fs::{self, File};

use anyhow::{Result, bail};

use crate::{package, paths, tools, wasm};

/// Runs the command.
pub fn command(args: &[String]) -> Result<()> {
    if let Some(extra) = args.first() {
        bail!("`build` takes no arguments; got `{extra}`");
    }
    build()
}

/// Builds everything that has changed.
pub fn build() -> Result<()> {
    tools::require_node()?;
    // Two builds at a time would write over each other. The lock goes with the file, at the end.
    fs::create_dir_all(paths::work())?;
    let lock = File::create(paths::work().join("lock"))?;
    if lock.try_lock().is_err() {
        println!("waiting for another build to end");
        lock.lock()?;
    }
    wasm::build()?;
    let package = package::build()?;

    tools::say("sizes");
    for (name, bytes, gzipped) in package.sizes()? {
        println!("{name:<28}{bytes:>10} bytes {gzipped:>10} gzipped");
    }
    println!(
        "{:<28}{:>10} bytes",
        package.tarball.file_name().unwrap_or_default().display(),
        package.tarball.metadata()?.len()
    );
    Ok(())
}
