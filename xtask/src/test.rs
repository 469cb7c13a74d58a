//! `cargo xtask test`.

/// Runs the command.
pub fn command(_args: &[String]) -> anyhow::Result<()> {
    anyhow::bail!("not written yet")
}
