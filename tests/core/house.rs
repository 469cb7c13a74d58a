//! The house rules that no type can keep: who may use whom, and one list of error codes.

use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the top down. Each may use those after it, never one before it.
const FLOORS: [&str; 12] =
    ["wasm", "chain", "exchange", "issuer", "flow", "jwt", "jose", "crypto", "encoding", "error", "time", "secret"];

/// The lowest floor: these use none of the others.
const LEAVES: [&str; 3] = ["error", "time", "secret"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found
}

fn floor(module: &str) -> usize {
    FLOORS.iter().position(|name| *name == module).unwrap_or_else(|| panic!("no room is known for `{module}`"))
}

#[test]
fn imports_point_downwards() {
    let mut seen = 0;
    for file in files(&source()) {
        let relative = file.strip_prefix(source()).expect("below src").to_string_lossy().replace(".rs", "");
        let room = relative.split(['/', '\\']).next().expect("a module");
        if room == "lib" {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        for used in text.split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            // `crate::Error` is the re-export of the leaf.
            if used.is_empty() || used == "Error" || used == "Result" || used == room {
                continue;
            }
            seen += 1;
            let downwards = floor(&used) > floor(room) && !LEAVES.contains(&room);
            assert!(downwards, "{} uses crate::{used}: imports point downwards", file.display());
        }
    }
    assert!(seen > 20, "the test reads nothing: {seen} imports");
}

#[test]
fn no_room_is_without_a_floor() {
    for entry in fs::read_dir(source()).expect("src").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(name == "lib" || FLOORS.contains(&name.as_str()), "src/{name} is in no list of this test");
    }
}

#[test]
fn unsafe_code_stays_in_the_kernel() {
    let kernel = source().join("crypto/rsa/kernel");
    let unsafe_outside: Vec<_> = files(&source())
        .into_iter()
        .filter(|file| {
            !file.starts_with(&kernel) && fs::read_to_string(file).expect("a source file").contains("unsafe {")
        })
        .collect();
    assert!(unsafe_outside.is_empty(), "{unsafe_outside:?}");
    assert!(files(&kernel).len() > 3, "the kernel has moved");
}

#[test]
fn error_codes_are_one_list() {
    let read = |path: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path);
    let codes = countersign::error::CODES;
    let quoted = |text: &str, mark: char| -> Vec<String> {
        text.split(mark).filter(|part| part.starts_with("ERR_")).map(str::to_owned).collect()
    };
    let union = read("pkg-template/src/errors.ts");
    let union = union.split_once("export type ErrorCode =").expect("the union").1.split(';').next().expect("its end");
    assert_eq!(quoted(union, '\''), codes, "pkg-template/src/errors.ts");
    let rust = read("src/error.rs");
    let code_method =
        rust.split_once("pub fn code(&self)").expect("the method").1.split("\n    }").next().expect("its end");
    let mut given = quoted(code_method, '"');
    let mut listed: Vec<String> = codes.iter().map(|&code| code.to_owned()).collect();
    given.sort();
    given.dedup();
    listed.sort();
    assert_eq!(given, listed, "src/error.rs: CODES against code()");
    let readme = read("README.md");
    let table: Vec<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `ERR_"))
        .map(|row| format!("ERR_{}", row.split('`').next().expect("a code")))
        .collect();
    assert_eq!(table, codes, "the README's table");
}
