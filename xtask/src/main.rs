//! The one build tool of this repository: `cargo xtask help` lists what it does.

mod app;
mod bench;
mod build;
mod chaos;
mod differential;
mod docs;
mod fuzz;
mod lint;
mod mutants;
mod mutants_wrapper;
mod node;
mod package;
mod paths;
mod services;
mod soak;
mod supply_chain;
mod test;
mod tools;
mod vectors;
mod wasm;

use std::process::ExitCode;

/// One row of the table below: a name, what it does, and the function that does it.
struct Command {
    name: &'static str,
    about: &'static str,
    run: fn(&[String]) -> anyhow::Result<()>,
}

/// Every command there is. To add one, add its module above and its row here.
const COMMANDS: &[Command] = &[
    Command {
        name: "bench",
        about: "the package beside its peers, in Node.js 24 and 26: CPU and wall time, cold start, sizes, memory; `--runtime node24|node26|edge|workerd|chromium`, `--section time|cold|size|parts|refusal|memory|endurance|route`, `--json`, `--markdown`",
        run: bench::command,
    },
    Command {
        name: "build",
        about: "the npm package in pkg/, and the tarball pkg/countersign-<version>.tgz",
        run: build::command,
    },
    Command {
        name: "chaos",
        about: "faults of every service while processes are under load, then what comes back; `--minutes N` (3), `--seed N`; runs add up in target/chaos; `--deliveries N` for those of Vercel Connect alone",
        run: chaos::command,
    },
    Command {
        name: "demo",
        about: "the demo app with a test issuer: what its guarded routes answer, then the app for the browser; `--once` ends",
        run: app::demo,
    },
    Command {
        name: "deny",
        about: "licences, versions and sources of the crates, by cargo-deny, which is installed first",
        run: lint::deny,
    },
    Command {
        name: "differential",
        about: "mutated tokens, judged here and by other packages, as a table; `--count N` (200000), `--peers-every N` (10), `--seed N`, `--case N`",
        run: differential::peers,
    },
    Command {
        name: "docs",
        about: "the reference of the npm package and of the crates, in target/docs and target/doc",
        run: docs::command,
    },
    Command {
        name: "engines",
        about: "the suite in every runtime, with many mutated tokens, which must have the verdicts of Node.js 24; `engines COUNT` (20000)",
        run: differential::engines,
    },
    Command { name: "format", about: "writes every source file as the formatters want it", run: lint::format },
    Command {
        name: "frameworks",
        about: "builds of frameworks that take too long for every test run: Nuxt",
        run: test::frameworks,
    },
    Command {
        name: "fuzz",
        about: "libFuzzer on every target of fuzz/, or on those that are named; `--minutes N` each (10); goes on with its corpora; `--keep` packs them into fuzz/corpora",
        run: fuzz::command,
    },
    Command {
        name: "mutants",
        about: "deliberate faults in the source, each of which a test must notice; `mutants FOLDER …` takes only these, `--shard k/n` a part, `--alone` also those that are compiled one by one; `--table` shows how far the runs came; `--wrapper FOLDER …` mutates the TypeScript",
        run: mutants::command,
    },
    Command {
        name: "reproduce",
        about: "builds the package twice, in two folders: both must be the same, byte for byte",
        run: supply_chain::reproduce,
    },
    Command {
        name: "sbom",
        about: "what is in the WebAssembly modules, as CycloneDX documents in target/sbom",
        run: supply_chain::sbom,
    },
    Command {
        name: "soak",
        about: "a Next.js app under mixed load while its services fail: no wrong response, no growth; `--minutes N` (15), `--seed N`; minutes add up in target/soak until `--fresh`",
        run: soak::command,
    },
    Command {
        name: "test",
        about: "every check and every test; `test fmt rust …` runs only these steps; a wrong name lists them",
        run: test::command,
    },
    Command {
        name: "vectors",
        about: "`vectors DIR`: the Wycheproof-format files of a folder, against the native core and the wasm as shipped",
        run: vectors::command,
    },
    Command {
        name: "vercel",
        about: "builds the demo app with `vercel build`, and runs its functions as they would be deployed",
        run: app::vercel,
    },
];

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_else(|| "help".to_owned());
    let args: Vec<String> = args.collect();

    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("there is no command `{name}`\n\n{}", help());
        return ExitCode::from(2);
    };
    match (command.run)(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ncargo xtask {name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let mut text = "usage: cargo xtask <command>\n\n".to_owned();
    for command in COMMANDS {
        text += &format!("  {:<13}{}\n", command.name, command.about);
    }
    text
}
