//! Paths of the repository.

use std::path::{Path, PathBuf};

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository's root")
}

/// The npm package's sources: TypeScript and the template of package.json.
pub fn template() -> PathBuf {
    root().join("pkg-template")
}

/// The finished npm package.
pub fn package() -> PathBuf {
    root().join("pkg")
}

/// Steps on the way to the package. Fixed, whatever CARGO_TARGET_DIR says, because tsconfig.json names it.
pub fn work() -> PathBuf {
    root().join("target/package")
}

/// Tools that npm installs: TypeDoc, formatter and linters.
pub fn npm_tools() -> PathBuf {
    root().join("xtask/npm")
}

/// The demo app.
pub fn app() -> PathBuf {
    root().join("www")
}

/// The app that users copy.
pub fn example() -> PathBuf {
    root().join("examples/next")
}

/// The cloud resources of the demo app: a program for SST and Pulumi, and its twin for Terraform.
pub fn app_infra() -> PathBuf {
    root().join("www/infra")
}

/// The tests of infrastructure: environments kept in step, trust set up.
pub fn infra_tests() -> PathBuf {
    root().join("tests/infra")
}

/// The tests of the demo app.
pub fn www_tests() -> PathBuf {
    root().join("tests/www")
}

/// The project of the tests that run JavaScript: runners, their pinned runtimes, the suite.
pub fn js_tests() -> PathBuf {
    root().join("tests/js")
}

/// The versions of Node.js that the tests run in.
pub fn node_versions() -> PathBuf {
    root().join("tests/node-versions")
}

/// The tests beside other packages of the kind.
pub fn peer_tests() -> PathBuf {
    root().join("tests/peers")
}

/// The tests of what Vercel runs: workflows, and functions that `vercel build` has made.
pub fn platform_tests() -> PathBuf {
    root().join("tests/platform")
}

/// The tests of the guards, beside the frameworks.
pub fn guard_tests() -> PathBuf {
    root().join("tests/guards")
}

/// The tests of the builds of frameworks, beside the frameworks.
pub fn framework_tests() -> PathBuf {
    root().join("tests/frameworks")
}

/// The tests inside Jest.
pub fn jest_tests() -> PathBuf {
    root().join("tests/jest")
}

/// The tests of Vercel Connect's entries, beside the packages that they are for.
pub fn connect_tests() -> PathBuf {
    root().join("tests/connect-entries")
}

/// The benchmarks of `cargo xtask bench`, and the ceilings that are tested.
pub fn benches() -> PathBuf {
    root().join("benches/package")
}

/// The test vectors of other people.
pub fn vectors() -> PathBuf {
    root().join("tests/vectors/wycheproof")
}
