//! The npm package: the compiled TypeScript, the stubs that choose a loader, package.json and the tarball.
//!
//! ```text
//! dist/index.js, next.js, …          one module an entry, and folders with the parts that entries share
//! dist/load/<module>/<loader>.js     gives a WebAssembly module to the wrapper, as a kind of runtime wants it
//! dist/<loader>/<entry>.js           a stub: first the loaders, then the entry. `exports` points here
//! dist/debug/<module>.txt            the names of the module's functions, to read a stack with
//! dist/cjs/                          the same again for `require`, file by file
//! dist/cli/main.js                   the command line: `bin` points here, and nothing of the above imports it
//! ```

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Map, Value, json};

use crate::wasm::{self, MODULES, Module};
use crate::{paths, tools};

/// The version to stamp: the workspace has one.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A public entry: `index` is `countersign` itself, any other `<name>` is `countersign/<name>`. Its source is
/// pkg-template/src/<name>.ts.
struct Entry {
    name: &'static str,
    /// The modules that it loads as it is imported.
    modules: &'static [&'static str],
}

/// To add an entry, add its row here.
const ENTRIES: &[Entry] = &[
    // What needs the module `credentials` loads it at its first call: see FIRST_USE.
    Entry { name: "index", modules: &["verify"] },
    Entry { name: "astro", modules: &[] },
    Entry { name: "aws", modules: &["credentials"] },
    Entry { name: "azure", modules: &["credentials"] },
    Entry { name: "connect", modules: &["verify", "credentials"] },
    Entry { name: "connect/ai-sdk", modules: &["credentials"] },
    Entry { name: "connect/authjs", modules: &["credentials"] },
    Entry { name: "connect/betterauth", modules: &["credentials"] },
    Entry { name: "connect/chat", modules: &["verify", "credentials"] },
    Entry { name: "connect/eve", modules: &["verify", "credentials"] },
    Entry { name: "connect/mcp", modules: &["credentials"] },
    Entry { name: "connect/tanstack-ai", modules: &["credentials"] },
    Entry { name: "exchange", modules: &["credentials"] },
    Entry { name: "explain", modules: &[] },
    Entry { name: "express", modules: &[] },
    Entry { name: "fastify", modules: &[] },
    Entry { name: "federation", modules: &["verify"] },
    Entry { name: "gcp", modules: &["credentials"] },
    Entry { name: "guard", modules: &[] },
    Entry { name: "h3", modules: &[] },
    Entry { name: "hono", modules: &[] },
    Entry { name: "infra", modules: &["inspect"] },
    Entry { name: "inspect", modules: &["inspect"] },
    Entry { name: "keys", modules: &["credentials"] },
    Entry { name: "next", modules: &[] },
    Entry { name: "react-router", modules: &[] },
    Entry { name: "refresh", modules: &["verify", "credentials"] },
    Entry { name: "sveltekit", modules: &[] },
    Entry { name: "testing", modules: &["verify"] },
    Entry { name: "vercel-oidc", modules: &["verify", "credentials"] },
];

/// The folder of the functions that load `credentials` at their first call, a file for each loader. The stub of the entry
/// `index` exports them.
const FIRST_USE: &str = "credentials/first-use";

/// Entries that are something else in browsers, and what: pkg-template/src/<that>.ts.
const FOR_BROWSERS: &[(&str, &str)] = &[("vercel-oidc", "vercel-oidc-browser")];

/// The conditions that say so: those of `@vercel/oidc`.
const BROWSERS: [&str; 3] = ["browser", "react-native", "workflow"];

/// A way to come by the module, and the condition of `exports` under which it is the right one.
struct Loader {
    name: &'static str,
    condition: &'static str,
}

/// In the order in which runtimes try the conditions. `inline` also serves `require`.
const LOADERS: &[Loader] = &[
    Loader { name: "edge", condition: "edge-light" },
    Loader { name: "workerd", condition: "workerd" },
    Loader { name: "inline", condition: "default" },
];

/// The command line, below dist/.
const COMMAND_LINE: &str = "cli/main.js";

/// The files beside dist/ in the package, and their origin.
const DOCUMENTS: &[&str] = &["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-APACHE", "LICENSE-MIT", "llms.txt"];

/// Folders that are shipped as they are: the pages, and instructions for coding agents.
const FOLDERS: &[&str] = &["docs", "skills"];

impl Entry {
    /// Its replacement in browsers, if it has one.
    fn for_browsers(&self) -> Option<&'static str> {
        FOR_BROWSERS.iter().find(|(name, _)| *name == self.name).map(|(_, other)| *other)
    }
}

/// The finished package.
pub struct Package {
    /// The files that `npm publish` would upload.
    pub tarball: PathBuf,
}

impl Package {
    /// Names with their sizes in bytes, as they are and gzipped.
    pub fn sizes(&self) -> Result<Vec<(String, usize, usize)>> {
        let dist = paths::package().join("dist");
        let mut sizes = Vec::new();
        let mut measure = |name: &str, bytes: &[u8]| -> Result<()> {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(bytes)?;
            sizes.push((name.to_owned(), bytes.len(), encoder.finish()?.len()));
            Ok(())
        };
        for Module { name, .. } in MODULES {
            let file = format!("{name}_bg.wasm");
            measure(&file, &fs::read(dist.join(&file))?)?;
            measure("the same in base64", &fs::read(dist.join(format!("load/{name}/bytes.js")))?)?;
        }
        let mut scripts = Vec::new();
        for file in files(&dist)? {
            let relative = file.strip_prefix(&dist)?;
            let script = file.extension().is_some_and(|extension| extension == "js");
            let apart = relative.starts_with("cjs") || relative.starts_with("cli");
            if script && !apart && !relative.ends_with("bytes.js") {
                scripts.extend(fs::read(&file)?);
            }
        }
        measure("all JavaScript, ES modules", &scripts)?;
        Ok(sizes)
    }
}

/// The path of the packed package.
pub fn tarball() -> PathBuf {
    paths::package().join(format!("countersign-{VERSION}.tgz"))
}

/// Builds the package around the modules, in a folder of its own: pkg/ is replaced only by a finished one.
pub fn build() -> Result<Package> {
    let template = paths::template();
    tools::npm_ci(&template)?;
    let stage = paths::work().join("stage");
    if stage.exists() {
        fs::remove_dir_all(&stage)?;
    }
    let dist = stage.join("dist");

    tools::say("package: compile TypeScript");
    tools::run(tools::npm_bin(&template, "tsc").arg("--outDir").arg(&dist))?;
    fs::create_dir_all(dist.join("debug"))?;
    for file in MODULES.iter().flat_map(Module::files) {
        fs::copy(wasm::folder().join(&file), dist.join(&file)).with_context(|| format!("copying {file}"))?;
    }

    tools::say("package: entry points, CommonJS");
    write_stubs(&dist)?;
    write_commonjs(&dist)?;

    make_executable(&dist.join(COMMAND_LINE))?;

    tools::say("package: pack");
    fs::write(stage.join("package.json"), format!("{:#}\n", manifest()?))?;
    for document in DOCUMENTS {
        let from = paths::root().join(document);
        let name = from.file_name().context("a document has a name")?;
        fs::copy(&from, stage.join(name)).with_context(|| format!("copying {document}"))?;
    }
    for folder in FOLDERS {
        for page in files(&paths::root().join(folder))? {
            let to = stage.join(page.strip_prefix(paths::root())?);
            fs::create_dir_all(to.parent().context("a page lies in a folder")?)?;
            fs::copy(&page, &to).with_context(|| format!("copying {}", page.display()))?;
        }
    }
    tools::run(Command::new("npm").args(["pack", "--silent", "--ignore-scripts"]).current_dir(&stage))?;

    let package = paths::package();
    if package.exists() {
        fs::remove_dir_all(&package)?;
    }
    fs::rename(&stage, &package)?;
    let tarball = tarball();
    ensure!(tarball.exists(), "npm pack wrote no {}", tarball.display());
    Ok(Package { tarball })
}

/// Only relative imports: a browser can import these files as they are.
///
/// A loader is named in `export {} from`, which means the same as a bare `import`: the compiler of Workflow DevKit removes bare
/// imports from workflow code.
fn write_stubs(dist: &Path) -> Result<()> {
    for loader in LOADERS {
        let folder = dist.join(loader.name);
        fs::create_dir_all(&folder)?;
        for entry in ENTRIES {
            for name in std::iter::once(entry.name).chain(entry.for_browsers()) {
                let loader = loader.name;
                // An entry such as `connect/mcp` lies in a folder of its own.
                let up = "../".repeat(name.split('/').count());
                let mut exports = format!("export * from '{up}{name}.js';\n");
                if entry.name == "index" {
                    exports += &format!("export * from '{up}{FIRST_USE}/{loader}.js';\n");
                }
                let loads: String = entry
                    .modules
                    .iter()
                    .map(|module| format!("export {{}} from '{up}load/{module}/{loader}.js';\n"))
                    .collect();
                let stub = folder.join(format!("{name}.js"));
                fs::create_dir_all(stub.parent().context("a stub lies in a folder")?)?;
                fs::write(stub, loads + &exports)?;
                fs::write(folder.join(format!("{name}.d.ts")), exports)?;
            }
        }
    }
    Ok(())
}

/// File by file and not as bundles: all entries share one core/core.js, and so one instance.
fn write_commonjs(dist: &Path) -> Result<()> {
    let cjs = dist.join("cjs");
    let unwanted = |path: &Path| {
        let other = LOADERS.iter().filter(|loader| loader.condition != "default");
        other.map(|loader| loader.name).any(|name| {
            path.starts_with(name) || path.ends_with(format!("{name}.js")) || path.ends_with(format!("{name}.d.ts"))
        }) || path.starts_with("cli")
            || path.starts_with("debug")
    };
    let mut scripts = Vec::new();
    for file in files(dist)? {
        if unwanted(file.strip_prefix(dist)?) {
            continue;
        }
        if file.extension().is_some_and(|extension| extension == "js") {
            scripts.push(file);
        } else if file.to_string_lossy().ends_with(".d.ts") {
            let to = cjs.join(file.strip_prefix(dist)?);
            fs::create_dir_all(to.parent().context("a file lies in a folder")?)?;
            fs::copy(file, to)?;
        }
    }
    tools::run(
        tools::npm_bin(&paths::template(), "esbuild")
            .args(["--format=cjs", "--platform=node", "--target=node20", "--log-level=warning"])
            // `import()` becomes `require()`: Jest runs CommonJS where an `import()` fails.
            .arg("--supported:dynamic-import=false")
            .arg(format!("--outbase={}", dist.display()))
            .arg(format!("--outdir={}", cjs.display()))
            .args(scripts),
    )?;
    // Of its own, so that the package's `"type": "module"` ends here, for Node.js and for TypeScript.
    fs::write(cjs.join("package.json"), "{\"type\": \"commonjs\"}\n")?;
    Ok(())
}

/// npm makes what `bin` names executable when it installs; whoever unpacks the tarball has it so too.
fn make_executable(file: &Path) -> Result<()> {
    #[cfg(unix)]
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    ensure!(file.exists(), "there is no {}", file.display());
    Ok(())
}

/// pkg-template/package.json with everything that other files know better.
fn manifest() -> Result<Value> {
    let template = fs::read_to_string(paths::template().join("package.json"))?;
    let mut manifest: Map<String, Value> = serde_json::from_str(&template).context("pkg-template/package.json")?;
    for key in ["private", "scripts", "devDependencies"] {
        manifest.shift_remove(key);
    }
    ensure!(!manifest.contains_key("dependencies"), "the package has no dependencies");

    manifest.insert("version".to_owned(), VERSION.into());
    manifest.insert("license".to_owned(), env!("CARGO_PKG_LICENSE").into());
    manifest.insert(
        "repository".to_owned(),
        json!({ "type": "git", "url": concat!("git+", env!("CARGO_PKG_REPOSITORY"), ".git") }),
    );
    manifest.insert("homepage".to_owned(), concat!(env!("CARGO_PKG_REPOSITORY"), "#readme").into());
    manifest.insert("bugs".to_owned(), json!({ "url": concat!(env!("CARGO_PKG_REPOSITORY"), "/issues") }));
    manifest.insert("bin".to_owned(), json!({ "countersign": format!("dist/{COMMAND_LINE}") }));
    manifest.insert("exports".to_owned(), exports());
    // For tools that do not know `exports`, such as TypeScript with `moduleResolution: node10`.
    manifest.insert("main".to_owned(), "./dist/cjs/inline/index.js".into());
    manifest.insert("types".to_owned(), "./dist/cjs/inline/index.d.ts".into());
    let subpaths = ENTRIES.iter().map(|entry| entry.name).filter(|name| *name != "index");
    let types: Map<String, Value> =
        subpaths.map(|name| (name.to_owned(), json!([format!("./dist/cjs/inline/{name}.d.ts")]))).collect();
    manifest.insert("typesVersions".to_owned(), json!({ "*": types }));
    // Whatever gives an instance its module. A bundler that took these for pure would drop the instance.
    let mut effects: Vec<String> = LOADERS.iter().map(|loader| format!("./dist/{}/**/*.js", loader.name)).collect();
    effects.push("./dist/load/**/*.js".to_owned());
    effects.push("./dist/cjs/**/*.js".to_owned());
    effects.push(format!("./dist/{COMMAND_LINE}"));
    // npm would pack LICENSE and README.md unasked, but not licences under these names.
    let documents = DOCUMENTS.iter().filter_map(|document| Path::new(document).file_name()?.to_str());
    manifest.insert("files".to_owned(), ["dist"].iter().chain(FOLDERS).copied().chain(documents).collect());
    manifest.insert("sideEffects".to_owned(), effects.into());
    Ok(Value::Object(manifest))
}

fn exports() -> Value {
    let mut exports = Map::new();
    for entry in ENTRIES {
        let name = entry.name;
        let target = |root: &str, loader: &Loader, name: &str| json!({ "types": format!("{root}/{}/{name}.d.ts", loader.name), "default": format!("{root}/{}/{name}.js", loader.name) });
        let mut conditions = Map::new();
        for loader in LOADERS {
            // `default` must come last, `require` before it, and what is special to browsers before both.
            if loader.condition == "default" {
                if let Some(other) = entry.for_browsers() {
                    let browsers = BROWSERS.map(|condition| (condition.to_owned(), target("./dist", loader, other)));
                    conditions.extend(browsers);
                }
                conditions.insert("require".to_owned(), target("./dist/cjs", loader, name));
            }
            conditions.insert(loader.condition.to_owned(), target("./dist", loader, name));
        }
        let subpath = if name == "index" { ".".to_owned() } else { format!("./{name}") };
        exports.insert(subpath, Value::Object(conditions));
    }
    exports.insert("./package.json".to_owned(), "./package.json".into());
    Value::Object(exports)
}

/// Every file below a folder, in a stable order.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_a_source() {
        for name in ENTRIES.iter().flat_map(|entry| std::iter::once(entry.name).chain(entry.for_browsers())) {
            let source = paths::template().join(format!("src/{name}.ts"));
            assert!(source.exists(), "{} does not exist", source.display());
        }
    }

    #[test]
    fn every_module_has_its_loaders() {
        for module in MODULES {
            for loader in LOADERS {
                let source = paths::template().join(format!("src/load/{}/{}.ts", module.name, loader.name));
                let text = fs::read_to_string(&source).unwrap_or_else(|_| panic!("{} is missing", source.display()));
                let wanted =
                    if loader.name == "inline" { "./bytes.js".into() } else { format!("/{}_bg.wasm", module.name) };
                assert!(text.contains(&wanted), "{} does not load {}", source.display(), module.name);
            }
        }
    }

    #[test]
    fn every_loader_has_the_functions_that_load_at_first_use() {
        for loader in LOADERS {
            let source = paths::template().join(format!("src/{FIRST_USE}/{}.ts", loader.name));
            let text = fs::read_to_string(&source).unwrap_or_else(|_| panic!("{} is missing", source.display()));
            assert!(text.contains(&format!("load/credentials/{}.js", loader.name)), "{}", source.display());
        }
    }

    #[test]
    fn entries_name_modules_that_exist() {
        for name in ENTRIES.iter().flat_map(|entry| entry.modules) {
            assert!(MODULES.iter().any(|module| module.name == *name), "there is no module `{name}`");
        }
    }

    /// The first condition that applies wins: `default` applies always, and `require` also on the edge.
    #[test]
    fn conditions_go_from_the_special_to_the_general() {
        let exports = exports();
        for entry in exports.as_object().unwrap().values().filter_map(Value::as_object) {
            let (browsers, others): (Vec<_>, Vec<_>) = entry.keys().partition(|name| BROWSERS.contains(&name.as_str()));
            assert_eq!(others, ["edge-light", "workerd", "require", "default"]);
            let first = entry.keys().position(|name| *name == BROWSERS[0]);
            assert!(browsers.is_empty() || (browsers == BROWSERS && first == Some(2)));
        }
    }
}
