//! `cargo xtask bench`: the package beside its peers, in time, size and memory. What is measured is in benches/package.

use std::io;
use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::services::CHROMIUM;
use crate::{app, node, paths, tools};

/// The runtimes that are measured, Node.js 24 and 26 unless one is named; the same names as in benches/package/bench.mjs.
const RUNTIMES: &[&str] = &["node24", "node26", "edge", "workerd", "chromium"];

/// The sections that are measured in Node.js; the same names as in benches/package/node.mjs.
const SECTIONS: &[&str] = &["time", "cold", "size", "parts", "refusal", "memory", "endurance", "route"];

/// The arguments that matter before the measuring begins.
#[derive(Debug, Default, PartialEq)]
struct Wanted {
    runtime: Option<String>,
    sections: Vec<String>,
    markdown: bool,
}

impl Wanted {
    fn read(args: &[String]) -> Result<Self> {
        let mut wanted = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--json" => {}
                "--markdown" => wanted.markdown = true,
                "--runtime" => wanted.runtime = Some(one_of(RUNTIMES, args.next(), "benchmark in")?),
                "--section" => wanted.sections.push(one_of(SECTIONS, args.next(), "section")?),
                _ => bail!(
                    "`bench` takes `--runtime <name>`, `--section <name>`, `--json` and `--markdown`; got `{arg}`"
                ),
            }
        }
        ensure!(wanted.in_node() || wanted.sections.is_empty(), "there are sections only in Node.js");
        Ok(wanted)
    }

    fn in_node(&self) -> bool {
        self.runtime.as_deref().is_none_or(|runtime| runtime.starts_with("node"))
    }

    /// Returns whether a route of an app is measured: with the table of docs/performance.md unless something else is named.
    fn route(&self) -> bool {
        let named = self.sections.iter().any(|section| section == "route");
        named || self.sections.is_empty() && self.markdown && self.in_node()
    }
}

fn one_of(names: &[&str], name: Option<&String>, what: &str) -> Result<String> {
    let name = name.map_or("", String::as_str);
    ensure!(names.contains(&name), "there is no {what} `{name}`; there are {}", names.join(", "));
    Ok(name.to_owned())
}

/// Builds, installs the peers and measures.
pub fn command(args: &[String]) -> Result<()> {
    // Before the build: who mistyped something should not have to wait for it.
    let wanted = Wanted::read(args)?;
    tools::require_node()?;
    // In a process of its own, whose stdout is our stderr: with `--json`, stdout holds the result and nothing else.
    let build = Command::new(std::env::current_exe()?).arg("build").stdout(io::stderr()).status()?;
    ensure!(build.success(), "the package could not be built");
    if wanted.route() {
        app::install_app()?;
    }
    let folder = paths::benches();
    tools::npm_ci(&folder)?;
    if wanted.runtime.is_some() {
        // The other runtimes are those of the suite.
        tools::npm_ci(&paths::js_tests())?;
    }
    let mut measure = if wanted.runtime.as_deref() == Some("node26") { node::version("26")? } else { node::node()? };
    measure.arg("bench.mjs").args(args).current_dir(folder);
    if wanted.runtime.as_deref() == Some("chromium") {
        measure.env(CHROMIUM.variable, CHROMIUM.locate()?);
    }
    let status = measure.status()?;
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(args: &[&str]) -> Result<Wanted> {
        Wanted::read(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_names_are_those_of_the_scripts() {
        let script = |name: &str| std::fs::read_to_string(paths::benches().join(name)).unwrap();
        for runtime in RUNTIMES {
            assert!(script("bench.mjs").contains(runtime), "{runtime}");
        }
        for section in SECTIONS {
            let script = script("node.mjs");
            let known =
                ["{}: (", "{}: async (", "async {}("].map(|form| format!("\n  {}", form.replace("{}", section)));
            assert!(known.iter().any(|text| script.contains(text)), "{section}");
        }
    }

    #[test]
    fn what_is_mistyped_is_refused() {
        for args in [&["--fast"][..], &["--runtime"], &["--runtime", "bun"], &["--section", "speed"], &["--section"]] {
            assert!(read(args).is_err(), "{args:?}");
        }
        assert!(read(&["--runtime", "edge", "--section", "time"]).is_err());
    }

    #[test]
    fn the_app_is_installed_where_its_route_is_measured() {
        for (args, route) in [
            (&[][..], false),
            (&["--json"], false),
            (&["--markdown"], true),
            (&["--markdown", "--runtime", "edge"], false),
            (&["--markdown", "--section", "parts"], false),
            (&["--section", "cold", "--section", "route"], true),
        ] {
            assert_eq!(read(args).unwrap().route(), route, "{args:?}");
        }
    }
}
