//! The crate, compiled to WebAssembly, bound to JavaScript and made small.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

use crate::{paths, tools};

/// The target that the crate is compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// What `wasm-opt` may assume of the engine, and nothing else: with `--all-features` it emits what V8 refuses.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-simd",
];

/// How `wasm-opt` works. The compiler has kept the `target_features` section until here, because wasm-bindgen reads
/// it: without it, it would not use reference types.
const PASSES: &[&str] = &["-Os", "--strip-debug", "--strip-producers", "--strip-target-features"];

/// The finished module and the JavaScript that binds to it.
pub struct Module {
    /// A folder with `countersign_bg.wasm`, `countersign_bg.js` and what TypeScript has to know of them.
    pub folder: PathBuf,
}

impl Module {
    /// The files that become a part of the package, relative to [`Module::folder`].
    pub const FILES: &[&str] =
        &["countersign_bg.wasm", "countersign_bg.js", "countersign_bg.d.ts", "wasm-exports.d.ts", "load/bytes.js"];
}

/// Compiles, binds and optimises; the last two only if the compiler's output is new.
pub fn build() -> Result<Module> {
    tools::say("wasm: compile");
    ensure_target()?;
    let compiled = compile()?;

    // The folder's name is in tsconfig.json, under `rootDirs`.
    let module = Module { folder: paths::work().join("generated") };
    let bytes = fs::read(compiled)?;
    let stamp = paths::work().join("compiled.wasm");
    let recipe = paths::work().join("recipe.txt");
    let wanted = format!("{} {}", PASSES.join(" "), FEATURES.join(" "));
    let known = fs::read(&stamp).is_ok_and(|known| known == bytes)
        && fs::read_to_string(&recipe).is_ok_and(|known| known == wanted);
    if known && Module::FILES.iter().all(|file| module.folder.join(file).exists()) {
        println!("nothing new: the bound and optimised module is kept");
        return Ok(module);
    }

    // Removed first and written last: an interrupted run is not taken for a finished one.
    let _ = fs::remove_file(&stamp);
    let bound = paths::work().join("bindgen");
    bind(&bytes, &bound)?;
    optimise(&bound, &module.folder)?;
    describe(&bound, &module.folder)?;
    embed(&module.folder)?;
    fs::write(recipe, wanted)?;
    fs::write(stamp, bytes)?;
    Ok(module)
}

/// `cargo` arguments that make the output independent of where the sources lie: panic messages name source files.
///
/// The feature flags of the target are in .cargo/config.toml, so that plain `cargo clippy` sees the same code.
pub fn cargo_config() -> [String; 2] {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let mut flags = vec![format!("--remap-path-prefix={}=countersign", paths::root().display())];
    if let Some(home) = home {
        flags.push(format!("--remap-path-prefix={}=cargo", home.display()));
    }
    let flags = serde_json::Value::from(flags);
    ["--config".to_owned(), format!("target.{TARGET}.rustflags={flags}")]
}

/// Makes sure that the compiler has a standard library for the target.
pub fn ensure_target() -> Result<()> {
    let libraries = tools::capture(
        Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).current_dir(paths::root()),
    )?;
    if Path::new(libraries.trim()).exists() {
        return Ok(());
    }
    tools::run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(paths::root()))
        .with_context(|| format!("this Rust toolchain has no {TARGET}, and rustup could not add it"))
}

fn compile() -> Result<PathBuf> {
    let mut cargo = tools::cargo();
    // These would replace the flags of .cargo/config.toml instead of adding to them.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo.args([
        "build",
        "--release",
        "--lib",
        "--package",
        "countersign",
        "--target",
        TARGET,
        "--message-format=json-render-diagnostics",
    ]);
    cargo.args(cargo_config()).stdout(Stdio::piped());
    let messages = tools::capture(&mut cargo)?;
    // cargo says where it put the file; nothing else knows what CARGO_TARGET_DIR and the configuration add up to.
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "countersign")
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .context("cargo built no WebAssembly: has the crate lost its crate-type `cdylib`?")
}

fn bind(bytes: &[u8], folder: &Path) -> Result<()> {
    tools::say("wasm: bind (wasm-bindgen, as a library)");
    recreate(folder)?;
    Bindgen::new()
        .input_bytes("countersign", bytes.to_vec())
        .bundler(true)?
        // Every runtime that we support has TextEncoder.encodeInto; without this, the glue would look for it.
        .encode_into(EncodeInto::Always)
        .typescript(true)
        .generate(folder)
}

fn optimise(from: &Path, to: &Path) -> Result<()> {
    tools::say("wasm: optimise (wasm-opt)");
    recreate(to)?;
    let template = paths::template();
    tools::npm_ci(&template)?;
    tools::run(
        tools::npm_bin(&template, "wasm-opt")
            .args(PASSES)
            .args(FEATURES)
            .arg(from.join("countersign_bg.wasm"))
            .arg("--output")
            .arg(to.join("countersign_bg.wasm")),
    )
}

/// Puts the glue beside the module, with declarations for what `core.ts` imports.
fn describe(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from.join("countersign_bg.js"), to.join("countersign_bg.js"))?;
    // For TypeScript, which asks the nearest package.json whether a file is an ES module.
    fs::write(to.join("package.json"), "{\"type\": \"module\"}\n")?;
    // wasm-bindgen declares the wrapper that it writes for bundlers. We write our own, around the same glue.
    let mut glue = fs::read_to_string(from.join("countersign.d.ts"))?;
    glue += "\n/** Points the glue at an instance of the module. */\nexport function __wbg_set_wasm(exports: WebAssembly.Exports): void;\n";
    fs::write(to.join("countersign_bg.d.ts"), glue)?;
    // Under another name than wasm-bindgen's `countersign_bg.wasm.d.ts`, which TypeScript would take for the type of
    // an import of the module itself.
    let exports = fs::read_to_string(from.join("countersign_bg.wasm.d.ts"))?;
    // V8 up to the one of Node 20 aborts the process when it deoptimises a caller during an inlined call that returns a
    // reference ("unreachable code" in Deoptimizer::DoComputeBuiltinContinuation). Numbers and tuples are safe.
    if let Some(export) = exports.lines().find(|line| line.ends_with("=> any;")) {
        bail!("an export returns a reference, which crashes Node 20 under load; throw it, or return a tuple: {export}");
    }
    fs::write(to.join("wasm-exports.d.ts"), exports)?;
    Ok(())
}

/// The module once more as text, for runtimes where a package cannot ship a file that they would load synchronously.
fn embed(folder: &Path) -> Result<()> {
    let bytes = fs::read(folder.join("countersign_bg.wasm"))?;
    // Chromium refuses to compile more than 8 MB synchronously; far below that, a start would already be slow.
    if bytes.len() > 1_000_000 {
        bail!("the module has {} bytes; more than a megabyte is a mistake", bytes.len());
    }
    fs::create_dir_all(folder.join("load"))?;
    fs::write(folder.join("load/bytes.js"), format!("export default '{}';\n", BASE64_STANDARD.encode(bytes)))?;
    fs::write(
        folder.join("load/bytes.d.ts"),
        "/** The module in base64. */\ndeclare const base64: string;\nexport default base64;\n",
    )?;
    Ok(())
}

fn recreate(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}
