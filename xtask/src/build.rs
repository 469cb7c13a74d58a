//! `cargo xtask build`: the crate as WebAssembly, the TypeScript around it, and the npm package of both.

use anyhow::{Result, bail};

use crate::{package, tools, wasm};

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
    let module = wasm::build()?;
    let package = package::build(&module)?;

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
