//! `cargo xtask docs`: the reference of both interfaces, made from doc comments, in target/docs and target/doc.

use anyhow::{Result, bail};

use crate::{build, node, paths, tools};

/// Runs the command.
pub fn command(args: &[String]) -> Result<()> {
    if let Some(extra) = args.first() {
        bail!("`docs` takes no arguments; got `{extra}`");
    }
    build::build()?;
    reference()?;
    println!("\nthe npm package: target/docs/README.md\nthe crates: target/doc/countersign/index.html");
    Ok(())
}

/// Makes both references, from the package in pkg/ and the crates. A warning is an error.
pub fn reference() -> Result<()> {
    typescript()?;
    rust()
}

/// Markdown, by TypeDoc.
fn typescript() -> Result<()> {
    tools::say("docs: TypeDoc");
    let folder = paths::npm_tools();
    tools::npm_ci(&folder)?;
    let mut typedoc = tools::npm_bin(&folder, "typedoc");
    node::equip(&mut typedoc)?;
    tools::run(&mut typedoc)
}

/// HTML, by rustdoc.
fn rust() -> Result<()> {
    tools::say("docs: rustdoc");
    let mut cargo = tools::cargo();
    cargo.args([
        "doc",
        "--no-deps",
        "--keep-going",
        "-p",
        "countersign",
        "-p",
        "countersign-inspect",
        "-p",
        "countersign-environment",
    ]);
    tools::run(cargo.env("RUSTDOCFLAGS", "-Dwarnings"))
}
