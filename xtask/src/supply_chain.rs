//! `cargo xtask reproduce` and `cargo xtask sbom`: whether the package is made of this source, and what else is in it.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::{build, package, paths, tools, wasm};

/// The version of cargo-cyclonedx.
const CYCLONEDX: &str = "0.5.9";

/// The crates that are compiled to WebAssembly, each with its folder and the features of its modules.
const CRATES: [(&str, &str, &str); 2] =
    [("countersign", ".", "verify,credentials"), ("countersign-inspect", "inspect", "")];

/// Builds the package here and from a second copy of the commit in another folder; both must be the same, byte for byte.
pub fn reproduce(args: &[String]) -> Result<()> {
    if let Some(extra) = args.first() {
        bail!("`reproduce` takes no arguments; got `{extra}`");
    }
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.args(args).current_dir(paths::root());
        git
    };
    let changed = tools::capture(&mut git(&["status", "--porcelain", "--untracked-files=no"]))?;
    ensure!(changed.is_empty(), "the tree differs from its commit; commit first:\n{changed}");
    build::build()?;
    let built = fs::read(package::tarball())?;

    // Another folder, with another length of its path, and nothing in it but the commit.
    let copy = paths::root().join("target/reproduce/another/folder");
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir_all(&copy)?;
    let mut archive = git(&["archive", "HEAD"]).stdout(Stdio::piped()).spawn()?;
    let output = archive.stdout.take().context("the output is piped")?;
    tools::run(Command::new("tar").arg("-x").current_dir(&copy).stdin(output))?;
    ensure!(archive.wait()?.success(), "`git archive` failed");
    tools::run(
        Command::new("cargo")
            .args(["xtask", "build"])
            .current_dir(&copy)
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("CARGO"),
    )?;
    let tarball = package::tarball();
    let again = fs::read(copy.join(tarball.strip_prefix(paths::root())?))?;
    ensure!(built == again, "{} differs from the one that was built in {}", tarball.display(), copy.display());
    println!("{} bytes, the same from two folders", built.len());
    Ok(())
}

/// Writes a CycloneDX document for each crate that is compiled to WebAssembly, into `target/sbom`.
pub fn sbom(args: &[String]) -> Result<()> {
    if let Some(extra) = args.first() {
        bail!("`sbom` takes no arguments; got `{extra}`");
    }
    let program = tools::installed("cargo-cyclonedx", CYCLONEDX)?;
    let folder = paths::root().join("target/sbom");
    fs::create_dir_all(&folder)?;
    for (name, source, features) in CRATES {
        let mut cyclonedx = Command::new(&program);
        cyclonedx.args(["cyclonedx", "--format", "json", "--spec-version", "1.5", "--target", wasm::TARGET]);
        cyclonedx.args(["--no-build-deps", "--override-filename", "sbom", "--quiet", "--manifest-path"]);
        cyclonedx.arg(paths::root().join(source).join("Cargo.toml"));
        if !features.is_empty() {
            cyclonedx.args(["--features", features]);
        }
        tools::run(&mut cyclonedx)?;
        let made = paths::root().join(source).join("sbom.json");
        let text = fs::read_to_string(&made).with_context(|| format!("cargo-cyclonedx wrote no {}", made.display()))?;
        remove_sboms()?;
        let wanted: BTreeSet<_> = in_modules()?.into_iter().filter(|of| of.module_crate == name).collect();
        let document = only(serde_json::from_str(&text)?, &wanted)?;
        let file = folder.join(format!("{name}.cdx.json"));
        fs::write(&file, serde_json::to_string_pretty(&document)? + "\n")?;
        println!("{}: {} crates", file.display(), wanted.len());
    }
    Ok(())
}

/// Leaves in a document what is compiled into a module. cargo-cyclonedx also lists what features of tests bring in, and macros.
/// Without time and number, so that the same source gives the same document.
fn only(mut document: Value, wanted: &BTreeSet<InModule>) -> Result<Value> {
    let text = |value: &Value, member: &str| value[member].as_str().unwrap_or_default().to_owned();
    let is_wanted = |component: &Value| {
        let (name, version) = (text(component, "name"), text(component, "version"));
        name.starts_with("countersign") || wanted.iter().any(|of| of.name == name && of.version == version)
    };
    let components = document["components"].as_array_mut().context("a document has components")?;
    components.retain(is_wanted);
    let found = components.iter().filter(|component| !text(component, "name").starts_with("countersign")).count();
    ensure!(found == wanted.len(), "the document has {found} of {} crates that are in the module", wanted.len());
    let mut kept: BTreeSet<String> = components.iter().map(|component| text(component, "bom-ref")).collect();
    kept.insert(text(&document["metadata"]["component"], "bom-ref"));
    let dependencies = document["dependencies"].as_array_mut().context("a document has dependencies")?;
    dependencies.retain(|dependency| kept.contains(&text(dependency, "ref")));
    for dependency in dependencies {
        if let Some(on) = dependency.get_mut("dependsOn").and_then(Value::as_array_mut) {
            on.retain(|on| on.as_str().is_some_and(|on| kept.contains(on)));
        }
    }
    let members = document.as_object_mut().context("a document is an object")?;
    members.shift_remove("serialNumber");
    if let Some(metadata) = members.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("timestamp");
    }
    Ok(document)
}

/// cargo-cyclonedx writes a file beside the manifest of every member of the workspace.
fn remove_sboms() -> Result<()> {
    for folder in [".", "inspect", "environment", "tests/crypto/wasm", "xtask"] {
        let file = paths::root().join(folder).join("sbom.json");
        if file.exists() {
            fs::remove_file(file)?;
        }
    }
    Ok(())
}

/// A crate whose code is compiled into a module.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct InModule {
    name: String,
    version: String,
    module_crate: &'static str,
}

/// The crates of other people in the modules: neither macros nor what only builds or tests.
fn in_modules() -> Result<BTreeSet<InModule>> {
    let mut all = BTreeSet::new();
    for (module_crate, _, features) in CRATES {
        let mut tree = tools::cargo();
        tree.args(["tree", "--locked", "--package", module_crate, "--target", wasm::TARGET, "--prefix", "none"]);
        tree.args(["--edges", "normal,no-proc-macro", "--features", features]);
        for line in tools::capture(&mut tree)?.lines() {
            let mut words = line.split(' ');
            let (Some(name), Some(version)) = (words.next(), words.next()) else { continue };
            if !name.starts_with("countersign") {
                let version = version.trim_start_matches('v').to_owned();
                all.insert(InModule { name: name.to_owned(), version, module_crate });
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_has_what_is_in_the_module() {
        let component = |name: &str, version: &str| json!({"name": name, "version": version, "bom-ref": name});
        let document = || {
            json!({
                "serialNumber": "urn:uuid:1",
                "metadata": {"timestamp": "now", "component": {"bom-ref": "root"}},
                "components": [component("rsa", "0.9.10"), component("sha2", "0.11.1")],
                "dependencies": [{"ref": "root", "dependsOn": ["rsa", "sha2"]}, {"ref": "rsa"}, {"ref": "sha2"}],
            })
        };
        let of = |name: &str, version: &str| InModule {
            name: name.to_owned(),
            version: version.to_owned(),
            module_crate: "countersign",
        };
        let expected = json!({
            "metadata": {"component": {"bom-ref": "root"}},
            "components": [component("sha2", "0.11.1")],
            "dependencies": [{"ref": "root", "dependsOn": ["sha2"]}, {"ref": "sha2"}],
        });
        assert_eq!(only(document(), &[of("sha2", "0.11.1")].into()).unwrap(), expected);
        assert!(only(document(), &[of("sha2", "0.11.2")].into()).is_err(), "another version");
    }

    /// Each crate in a module has a row of docs/supply-chain.md, of the version that is compiled; and no other has.
    #[test]
    fn every_crate_in_a_module_is_recorded() {
        let page = fs::read_to_string(paths::root().join("docs/supply-chain.md")).unwrap();
        let record = page.split("<!-- crates -->").nth(1).expect("the table of crates");
        let rows: BTreeSet<String> = record
            .lines()
            .filter_map(|line| line.strip_prefix("| `"))
            .map(|row| row.split('|').next().unwrap_or_default().trim().trim_end_matches('`').to_owned())
            .collect();
        let crates = in_modules().unwrap();
        let crates: BTreeSet<String> = crates.into_iter().map(|of| format!("{} {}", of.name, of.version)).collect();
        assert_eq!(rows, crates, "left what the page records, right what is compiled");
    }

    /// An exact version in a library refuses its users every other one. wasm-bindgen alone has one, and only behind a feature:
    /// the crate and the tool that binds it must be the same.
    #[test]
    fn dependencies_of_the_library_are_ranges() {
        for folder in [".", "inspect", "environment"] {
            let manifest = fs::read_to_string(paths::root().join(folder).join("Cargo.toml")).unwrap();
            let exact: Vec<_> = manifest.lines().filter(|line| line.contains("\"=")).collect();
            assert!(exact.iter().all(|line| line.starts_with("wasm-bindgen = ")), "{folder}/Cargo.toml: {exact:?}");
        }
    }
}
