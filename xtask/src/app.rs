//! The demo app in www/: installed with the package as it was just packed, built, tested and shown.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::services::{MOTO, REDIS};
use crate::{build, node, package, paths, tools};

/// Runs `cargo xtask demo`.
pub fn demo(args: &[String]) -> Result<()> {
    if let Some(unknown) = args.iter().find(|arg| *arg != "--once") {
        bail!("`demo` takes no argument but `--once`; got `{unknown}`");
    }
    // Before the build: who lacks something should not have to wait for it.
    let (moto, redis) = (MOTO.locate()?, REDIS.locate()?);
    build::build()?;
    build_app()?;
    tools::say("demo: the test issuer and the app, on 127.0.0.1");
    let mut demo = node::node()?;
    demo.arg("scripts/demo.mjs")
        .args(args)
        .current_dir(paths::app())
        .env(MOTO.variable, moto)
        .env(REDIS.variable, redis);
    tools::run(&mut demo)
}

/// Installs the app's dependencies, the packed package among them.
pub fn install_app() -> Result<()> {
    tools::npm_ci_with(&paths::app(), &packed()?)
}

/// The same, and builds the app.
pub fn build_app() -> Result<()> {
    tools::say("app: install");
    install_app()?;
    let www = paths::app();
    tools::say("app: build (Next.js)");
    let mut next = tools::npm_bin(&www, "next");
    node::equip(&mut next)?;
    tools::run(next.arg("build").env("NEXT_TELEMETRY_DISABLED", "1"))
}

/// Runs `cargo xtask vercel`.
pub fn vercel(args: &[String]) -> Result<()> {
    if let Some(unknown) = args.first() {
        bail!("`vercel` takes no argument; got `{unknown}`");
    }
    build::build()?;
    install_app()?;
    let folder = paths::platform_tests();
    tools::npm_ci(&folder)?;
    tools::run(node::node()?.args(["--test", "--test-reporter=spec", "www-build.mjs"]).current_dir(folder))
}

/// Installs what the programs in www/infra are made of, the packed package among it.
pub fn install_infra() -> Result<()> {
    tools::say("infra: install");
    tools::npm_ci_with(&paths::app_infra(), &packed()?)
}

/// Installs the projects of tests/platform and a copy of examples/next, the packed package in each.
pub fn install_platform() -> Result<()> {
    let packed = packed()?;
    install_example(&packed)?;
    for project in ["next-app", "workflow-app"] {
        tools::say(&format!("{project}: install"));
        tools::npm_ci_with(&paths::platform_tests().join(project), &packed)?;
    }
    Ok(())
}

/// Copies examples/next to target/examples/next, beside a lock file in which the package is the local tarball: that of the
/// example would name a registry.
fn install_example(packed: &[u8]) -> Result<()> {
    tools::say("examples/next: install");
    let (from, to) = (paths::example(), paths::root().join("target/examples/next"));
    for file in package::files(&from)? {
        let name = file.strip_prefix(&from)?;
        // What the app has made of itself where it has been run.
        if name.starts_with("node_modules") || name.starts_with(".next") {
            continue;
        }
        let copy = to.join(name);
        fs::create_dir_all(copy.parent().context("a file lies in a folder")?)?;
        fs::copy(&file, &copy).with_context(|| format!("copying {}", file.display()))?;
    }
    fs::copy(paths::platform_tests().join("example-next.lock.json"), to.join("package-lock.json"))?;
    tools::npm_ci_with(&to, packed)
}

fn packed() -> Result<Vec<u8>> {
    fs::read(package::tarball()).context("the package is not packed: run `cargo xtask build`")
}
