//! `cargo xtask soak`: a production build of a Next.js app under mixed load while its services fail. What it does is in tests/www/soak.

use anyhow::Result;

use crate::services::REDIS;
use crate::{app, build, node, paths, tools};

/// Runs the command.
pub fn command(args: &[String]) -> Result<()> {
    let redis = REDIS.locate()?;
    build::build()?;
    app::install_app()?;
    let mut soak = node::node()?;
    soak.arg("soak/main.mjs").args(args).current_dir(paths::www_tests()).env(REDIS.variable, redis);
    tools::run(&mut soak)
}
