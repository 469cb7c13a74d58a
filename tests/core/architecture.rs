//! Rules of the architecture that no type can enforce: the order of the modules, and one list of error codes.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the top down. Each may use those after it, never one before it.
const LAYERS: [&str; 15] = [
    "wasm", "bindings", "wire", "chain", "exchange", "issuer", "flow", "jwt", "jose", "crypto", "options", "encoding",
    "error", "time", "secret",
];

/// The lowest layer: these modules use none of the others.
const LEAVES: [&str; 3] = ["error", "time", "secret"];

/// The modules of the crate in inspect/, which stands on this one and on the one in environment/, in the same order.
const INSPECT_LAYERS: [&str; 6] = ["wasm", "generate", "simulate", "token", "document", "error"];

/// The modules of the crate in environment/, which stands on this one, in the same order.
const ENVIRONMENT_LAYERS: [&str; 14] = [
    "operations",
    "sync",
    "connectors",
    "pull",
    "plan",
    "run",
    "api",
    "row",
    "settings",
    "ownership_marker",
    "source",
    "dotenv",
    "names",
    "error",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn inspect() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inspect/src")
}

fn environment() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("environment/src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found
}

fn layer(layers: &[&str], module: &str) -> usize {
    layers.iter().position(|name| *name == module).unwrap_or_else(|| panic!("no layer is known for `{module}`"))
}

#[test]
fn imports_point_downwards() {
    assert!(check_imports(&source(), &LAYERS) > 20, "the test reads nothing");
    assert!(check_imports(&inspect(), &INSPECT_LAYERS) > 3, "the test reads nothing");
    assert!(check_imports(&environment(), &ENVIRONMENT_LAYERS) > 3, "the test reads nothing");
}

/// Checks what each module uses of its own crate; says how many uses there are.
fn check_imports(source: &Path, layers: &[&str]) -> usize {
    let mut seen = 0;
    for file in files(source) {
        let relative = file.strip_prefix(source).expect("below src").to_string_lossy().replace(".rs", "");
        let module = relative.split(['/', '\\']).next().expect("a module");
        if module == "lib" {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        for used in text.split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // `crate::Error` is the re-export of the leaf.
            assert!(!used.is_empty(), "{}: this test reads no groups of imports", file.display());
            if used == "Error" || used == "Result" || used == module {
                continue;
            }
            seen += 1;
            let downwards = layer(layers, &used) > layer(layers, module) && !LEAVES.contains(&module);
            assert!(downwards, "{} uses crate::{used}: imports point downwards", file.display());
        }
    }
    seen
}

#[test]
fn every_module_has_a_layer() {
    for (source, layers) in
        [(source(), &LAYERS[..]), (inspect(), &INSPECT_LAYERS[..]), (environment(), &ENVIRONMENT_LAYERS[..])]
    {
        for entry in fs::read_dir(source).expect("src").map(|entry| entry.expect("an entry").path()) {
            let name = entry.file_stem().expect("a name").to_string_lossy().into_owned();
            assert!(name == "lib" || layers.contains(&name.as_str()), "{} is in no list of this test", entry.display());
        }
    }
}

/// No crate does I/O, the module `inspect` must not bring the exports of this crate along, and what writes to Vercel stands
/// on nothing that explains.
#[test]
fn the_crates_stay_apart() {
    let manifests = [inspect(), environment()]
        .map(|source| fs::read_to_string(source.join("../Cargo.toml")).expect("the manifest"));
    for manifest in &manifests {
        let of_core: Vec<_> = manifest.lines().filter(|line| line.starts_with("countersign = ")).collect();
        let wanted = ["countersign = { path = \"..\" }", "countersign = { path = \"..\", features = [\"bindings\"] }"];
        assert_eq!(of_core, wanted, "it depends on the core without its exports");
    }
    let [inspect_manifest, environment_manifest] = &manifests;
    assert!(inspect_manifest.contains("countersign-environment"), "the module inspect exports the environment");
    assert!(!environment_manifest.contains("countersign-inspect"), "the crate environment stands below inspect");
    for file in [inspect(), environment(), source()].iter().flat_map(|source| files(source)) {
        let text = fs::read_to_string(&file).expect("a source file");
        for forbidden in ["std::fs", "std::net", "std::env", "std::time::SystemTime", "Instant::now"] {
            let outside_tests = text.split("#[cfg(test)]").next().expect("a part");
            assert!(!outside_tests.contains(forbidden), "{} uses {forbidden}", file.display());
        }
    }
}

#[test]
fn unsafe_code_stays_in_the_kernel() {
    let kernel = source().join("crypto/rsa/kernel");
    let unsafe_outside: Vec<_> = [files(&source()), files(&inspect()), files(&environment())]
        .into_iter()
        .flatten()
        .filter(|file| {
            !file.starts_with(&kernel) && fs::read_to_string(file).expect("a source file").contains("unsafe {")
        })
        .collect();
    assert!(unsafe_outside.is_empty(), "{unsafe_outside:?}");
    assert!(files(&kernel).len() > 3, "the kernel has moved");
}

/// What our arithmetic is compared with must not be what it is made of.
#[test]
fn the_crate_verifies_without_the_crates_that_it_is_compared_with() {
    let manifest = fs::read_to_string(source().join("../Cargo.toml")).expect("the manifest");
    let section = |name: &str| {
        let from = manifest.split_once(&format!("\n[{name}]\n")).expect(name).1;
        from.split("\n[").next().expect("its end").to_owned()
    };
    for peer in ["curve25519-dalek", "ed25519-dalek", "p256", "p384", "num-bigint", "rust_crypto"] {
        assert!(section("dev-dependencies").contains(peer), "nothing is compared with {peer}");
        for shipped in ["dependencies", "target.'cfg(target_arch = \"wasm32\")'.dependencies"] {
            assert!(!section(shipped).contains(peer), "{peer} is in what is shipped");
        }
    }
}

/// The codes of what the wrapper alone does.
const OF_THE_WRAPPER: [&str; 1] = ["ERR_POLICY_UNAVAILABLE"];

#[test]
fn error_codes_are_one_list() {
    let read = |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path);
    let inspect = read("inspect/src/error.rs");
    let inspect = inspect.split_once("pub const CODES").expect("the list").1.split(';').next().expect("its end");
    let quoted = |text: &str, mark: char| -> Vec<String> {
        text.split(mark).filter(|part| part.starts_with("ERR_")).map(str::to_owned).collect()
    };
    let own = countersign::error::CODES;
    let mut codes: Vec<String> = own.iter().map(|&code| code.to_owned()).chain(quoted(inspect, '"')).collect();
    assert!(codes.len() > own.len(), "the codes of inspect/ are found");
    codes.extend(OF_THE_WRAPPER.map(str::to_owned));
    let union = read("pkg-template/src/core/errors.ts");
    let union = union.split_once("export type ErrorCode =").expect("the union").1.split(';').next().expect("its end");
    assert_eq!(quoted(union, '\''), codes, "pkg-template/src/core/errors.ts");
    let rust = read("src/error.rs");
    let code_method =
        rust.split_once("pub fn code(&self)").expect("the method").1.split("\n    }").next().expect("its end");
    let mut given = quoted(code_method, '"');
    let mut listed: Vec<String> = own.iter().map(|&code| code.to_owned()).collect();
    given.sort();
    given.dedup();
    listed.sort();
    assert_eq!(given, listed, "src/error.rs: CODES against code()");
    let page = read("docs/errors.md");
    let table: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| [`ERR_"))
        .map(|row| format!("ERR_{}", row.split('`').next().expect("a code")))
        .collect();
    assert_eq!(table, codes, "the table of docs/errors.md");
    let mut pages: Vec<String> = files(&source().join("../docs/errors"))
        .iter()
        .map(|page| page.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    let mut sorted = codes;
    pages.sort();
    sorted.sort();
    assert_eq!(pages, sorted, "the pages of docs/errors");
}

/// The layers whose files stand in an order too: none uses what uses it.
const ORDERED: [&str; 9] = ["wire", "bindings", "chain", "exchange", "issuer", "flow", "jwt", "jose", "options"];

#[test]
fn no_layer_has_a_circle() {
    for layer in ORDERED {
        let folder = source().join(layer);
        let path = format!("crate::{layer}::");
        let mut uses: Vec<(String, Vec<String>)> = Vec::new();
        for file in files(&folder) {
            let relative = file.strip_prefix(&folder).expect("below the layer").to_string_lossy().replace(".rs", "");
            let module = relative.split(['/', '\\']).next().expect("a module").to_owned();
            if module == "mod" || relative.ends_with("tests") {
                continue;
            }
            let text = fs::read_to_string(&file).expect("a source file");
            let compiled = text.split("#[cfg(test)]").next().expect("the part that is compiled").to_owned();
            let mut siblings = Vec::new();
            for used in compiled.split(path.as_str()).skip(1) {
                let name: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                // `mod.rs` may use every file, so no file may use what `mod.rs` exports.
                let own = name.starts_with(|c: char| c.is_lowercase());
                assert!(own, "{} uses what src/{layer}/mod.rs exports: {path}{name}", file.display());
                if name != module {
                    siblings.push(name);
                }
            }
            uses.push((module, siblings));
        }
        // What uses none of the others is taken away, again and again.
        while !uses.is_empty() {
            let names: Vec<String> = uses.iter().map(|(module, _)| module.clone()).collect();
            let waits: Vec<String> = uses
                .iter()
                .filter(|(_, siblings)| siblings.iter().any(|sibling| names.contains(sibling)))
                .map(|(module, _)| module.clone())
                .collect();
            let before = uses.len();
            uses.retain(|(module, _)| waits.contains(module));
            assert!(uses.len() < before, "src/{layer} has a circle among {names:?}");
        }
    }
}
