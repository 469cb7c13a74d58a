//! The crates that are compiled to WebAssembly, bound to JavaScript and made small.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

use crate::{paths, tools};

/// The target that the crates are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The features that `wasm-opt` may assume of the engine: with `--all-features` it emits what V8 refuses.
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

/// What `wasm-opt` removes. The compiler has kept the `target_features` section until here, because wasm-bindgen reads it:
/// without it, it would not use reference types.
const STRIP: &[&str] = &["--strip-debug", "--strip-producers", "--strip-target-features"];

/// A WebAssembly module of the package: a crate, compiled with the features that choose its exports.
pub struct Module {
    /// The name of its files, of its folder of loaders, and under which its glue imports itself.
    pub name: &'static str,
    package: &'static str,
    features: &'static [&'static str],
    goal: Goal,
}

/// What a module is optimised for.
#[derive(Clone, Copy)]
enum Goal {
    /// The hot path.
    Time,
    /// The rest.
    Size,
}

impl Goal {
    /// The profile of cargo.
    fn profile(self) -> &'static str {
        match self {
            Self::Time => "release",
            Self::Size => "small",
        }
    }

    /// The level of `wasm-opt`.
    fn level(self) -> &'static str {
        match self {
            Self::Time => "-O3",
            Self::Size => "-Oz",
        }
    }
}

/// Every module. `ENTRIES` in package.rs says which of them an entry of the package loads.
pub const MODULES: &[Module] = &[
    Module { name: "verify", package: "countersign", features: &["verify"], goal: Goal::Time },
    Module { name: "credentials", package: "countersign", features: &["credentials"], goal: Goal::Size },
    Module { name: "inspect", package: "countersign-inspect", features: &[], goal: Goal::Size },
];

impl Module {
    /// The files that become a part of the package, relative to [`folder`]: the module, its glue, its text, and the names of
    /// its functions.
    pub fn files(&self) -> [String; 5] {
        let name = self.name;
        [
            format!("{name}_bg.wasm"),
            format!("{name}_bg.js"),
            format!("{name}_bg.d.ts"),
            format!("load/{name}/bytes.js"),
            format!("debug/{name}.txt"),
        ]
    }

    /// The path of a step on the way to this module.
    fn step(&self, name: &str) -> PathBuf {
        paths::work().join(self.name).join(name)
    }

    /// The arguments of cargo, beside the target.
    pub fn cargo_args(&self) -> Vec<String> {
        let features = self.features.iter().map(|feature| format!("--features={feature}"));
        ["--package", self.package, "--lib"].into_iter().map(str::to_owned).chain(features).collect()
    }
}

/// The folder of the finished modules, their JavaScript and their types. The
/// folder's name is in tsconfig.json, under `rootDirs`.
pub fn folder() -> PathBuf {
    paths::work().join("generated")
}

/// Compiles, binds and optimises every module; the last two only where the compiler's output is new.
pub fn build() -> Result<()> {
    ensure_target()?;
    fs::create_dir_all(folder())?;
    // For TypeScript, which asks the nearest package.json whether a file is an ES module.
    fs::write(folder().join("package.json"), "{\"type\": \"module\"}\n")?;
    MODULES.iter().try_for_each(build_module)
}

fn build_module(module: &Module) -> Result<()> {
    tools::say(&format!("wasm: compile {}", module.name));
    let compiled = fs::read(compile(module)?)?;
    let stamp = module.step("compiled.wasm");
    let recipe = module.step("recipe.txt");
    let wanted = format!("{} {} {}", module.goal.level(), STRIP.join(" "), FEATURES.join(" "));
    let known = fs::read(&stamp).is_ok_and(|known| known == compiled)
        && fs::read_to_string(&recipe).is_ok_and(|known| known == wanted);
    let made = module.step("symbols.txt").exists() && module.files().iter().all(|file| folder().join(file).exists());
    if known && made {
        println!("nothing new: the bound and optimised module is kept");
        return Ok(());
    }

    // Removed first and written last: an interrupted run is not taken for a finished one.
    let _ = fs::remove_file(&stamp);
    let bound = module.step("bindgen");
    bind(module, &compiled, &bound)?;
    optimise(module, &bound)?;
    describe(module, &bound)?;
    name_functions(module)?;
    embed(module)?;
    fs::write(recipe, wanted)?;
    fs::write(stamp, compiled)?;
    Ok(())
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

fn compile(module: &Module) -> Result<PathBuf> {
    let mut cargo = tools::cargo();
    // These would replace the flags of .cargo/config.toml instead of adding to them.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    // Cargo.lock alone says which versions are compiled.
    cargo.args(["rustc", "--locked", "--profile", module.goal.profile(), "--target", TARGET]);
    cargo.arg("--message-format=json-render-diagnostics");
    cargo.args(module.cargo_args()).args(cargo_config()).stdout(Stdio::piped());
    let messages = tools::capture(&mut cargo)?;
    let library = module.package.replace('-', "_");
    // cargo says where it put the file; nothing else knows what CARGO_TARGET_DIR and the configuration add up to.
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == *library)
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
        .with_context(|| format!("cargo built no WebAssembly: has {} lost its crate-type `cdylib`?", module.package))
}

fn bind(module: &Module, bytes: &[u8], folder: &Path) -> Result<()> {
    tools::say("wasm: bind (wasm-bindgen, as a library)");
    recreate(folder)?;
    Bindgen::new()
        .input_bytes(module.name, bytes.to_vec())
        .bundler(true)?
        // Every runtime that we support has TextEncoder.encodeInto; without this, the glue would look for it.
        .encode_into(EncodeInto::Always)
        .typescript(true)
        .generate(folder)
}

fn optimise(module: &Module, from: &Path) -> Result<()> {
    tools::say("wasm: optimise (wasm-opt)");
    let template = paths::template();
    tools::npm_ci(&template)?;
    let file = format!("{}_bg.wasm", module.name);
    tools::run(
        tools::npm_bin(&template, "wasm-opt")
            .arg(module.goal.level())
            .args(STRIP)
            .args(FEATURES)
            // Which function has which number, for whoever reads a stack, or asks what a part weighs.
            .arg(format!("--symbolmap={}", module.step("symbols.txt").display()))
            .arg(from.join(&file))
            .arg("--output")
            .arg(folder().join(&file)),
    )
}

/// Puts the glue beside the module, with declarations for what the TypeScript around it imports.
fn describe(module: &Module, from: &Path) -> Result<()> {
    let name = module.name;
    // V8 up to the one of Node 20 aborts the process when it deoptimises a caller during an inlined call that returns a
    // reference ("unreachable code" in Deoptimizer::DoComputeBuiltinContinuation). Numbers and tuples are safe.
    let exports = fs::read_to_string(from.join(format!("{name}_bg.wasm.d.ts")))?;
    if let Some(export) = exports.lines().find(|line| line.ends_with("=> any;")) {
        bail!("an export returns a reference, which crashes Node 20 under load; throw it, or return a tuple: {export}");
    }
    fs::copy(from.join(format!("{name}_bg.js")), folder().join(format!("{name}_bg.js")))?;
    // wasm-bindgen declares the wrapper that it writes for bundlers. We write our own, around the same glue.
    let mut glue = fs::read_to_string(from.join(format!("{name}.d.ts")))?;
    glue += "\n/** Points the glue at an instance of the module. */\nexport function __wbg_set_wasm(exports: WebAssembly.Exports): void;\n";
    fs::write(folder().join(format!("{name}_bg.d.ts")), glue)?;
    Ok(())
}

/// Writes the file by which a stack is read: the number of each function, as V8 and SpiderMonkey print it, and its name.
fn name_functions(module: &Module) -> Result<()> {
    let symbols = fs::read_to_string(module.step("symbols.txt"))?;
    let mut text = String::new();
    for line in symbols.lines() {
        let (number, name) = line.split_once(':').with_context(|| format!("wasm-opt wrote a symbol as `{line}`"))?;
        text += &format!("{number} {}\n", without_hash(name));
    }
    let debug = folder().join("debug");
    fs::create_dir_all(&debug)?;
    Ok(fs::write(debug.join(format!("{}.txt", module.name)), text)?)
}

/// The name without the hash by which the compiler tells instances of a generic function apart.
fn without_hash(name: &str) -> &str {
    let hashed = name.rsplit_once("::h").filter(|(_, hash)| hash.len() == 16);
    hashed.map_or(name, |(name, _)| name)
}

/// The module once more as text, for runtimes where a package cannot ship a file that they would load synchronously.
fn embed(module: &Module) -> Result<()> {
    let bytes = fs::read(folder().join(format!("{}_bg.wasm", module.name)))?;
    // Chromium refuses to compile more than 8 MB synchronously; far below that, a start would already be slow.
    if bytes.len() > 1_500_000 {
        bail!("the module has {} bytes; more than 1,500,000 is a mistake", bytes.len());
    }
    let loaders = folder().join("load").join(module.name);
    fs::create_dir_all(&loaders)?;
    fs::write(loaders.join("bytes.js"), format!("export default '{}';\n", BASE64_STANDARD.encode(bytes)))?;
    fs::write(
        loaders.join("bytes.d.ts"),
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
