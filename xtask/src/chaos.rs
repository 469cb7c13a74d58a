//! `cargo xtask chaos`: the packed package under load while its services fail. What it does is in tests/peers/chaos.

use anyhow::Result;

use crate::services::REDIS;
use crate::{build, node, paths, tools};

/// Runs the command.
pub fn command(args: &[String]) -> Result<()> {
    let redis = REDIS.locate()?;
    build::build()?;
    tools::npm_ci(&paths::peer_tests())?;
    let mut chaos = node::node()?;
    chaos.arg("chaos/main.mjs").args(args).current_dir(paths::peer_tests()).env(REDIS.variable, redis);
    tools::run(&mut chaos)
}
