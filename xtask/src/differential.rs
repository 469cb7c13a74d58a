//! `cargo xtask differential` and `cargo xtask engines`: mutated tokens, judged by other packages and in every runtime.

use anyhow::Result;

use crate::services::BROWSERS;
use crate::{build, node, paths, tools};

/// Judges mutated tokens here and by the peers, as a table. The options are those of tests/peers/differential.mjs.
pub fn peers(args: &[String]) -> Result<()> {
    build::build()?;
    tools::npm_ci(&paths::peer_tests())?;
    tools::run(node::node()?.arg("differential.mjs").args(args).current_dir(paths::peer_tests()))
}

/// Runs the suite in every runtime, with so many mutated tokens, whose verdicts are compared with those of Node.js 24.
pub fn engines(args: &[String]) -> Result<()> {
    build::build()?;
    tools::npm_ci(&paths::js_tests())?;
    let count = args.first().map_or("20000", String::as_str);
    let mut test = node::node()?;
    test.args(["--test", "--test-reporter=spec", "suite.test.mjs"]).current_dir(paths::js_tests()).env("COUNT", count);
    for service in &BROWSERS {
        test.env(service.variable, service.locate()?);
    }
    tools::run(&mut test)
}
