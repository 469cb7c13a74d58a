//! Programs of other people that tests run beside the package: found, or installed as the machine installs its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{paths, tools};

/// A program, and the environment variable in which the tests are told where it is. A variable that is set already counts.
pub struct Service {
    /// The variable.
    pub variable: &'static str,
    find: fn() -> Option<PathBuf>,
    install: fn() -> Result<()>,
}

/// A browser whose engine is V8.
pub const CHROMIUM: Service = Service {
    variable: "CHROMIUM",
    find: || ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(tools::find),
    install: || debian("chromium"),
};

/// A browser whose engine is SpiderMonkey.
pub const FIREFOX: Service = Service {
    variable: "FIREFOX",
    find: || ["firefox-esr", "firefox"].into_iter().find_map(tools::find),
    install: || debian("firefox-esr"),
};

/// The WebDriver of a browser whose engine is JavaScriptCore; it brings the browser.
pub const WEBKIT_DRIVER: Service = Service {
    variable: "WEBKIT_DRIVER",
    find: || tools::find("WebKitWebDriver"),
    install: || debian("webkit2gtk-driver"),
};

/// A display for a browser that has no mode without one.
pub const XVFB: Service = Service { variable: "XVFB", find: || tools::find("Xvfb"), install: || debian("xvfb") };

/// What the runtimes that are browsers need.
pub const BROWSERS: [Service; 4] = [CHROMIUM, FIREFOX, WEBKIT_DRIVER, XVFB];

/// The data store that servers share.
pub const REDIS: Service =
    Service { variable: "REDIS_SERVER", find: || tools::find("redis-server"), install: || debian("redis-server") };

/// A terminal that a test can type into and read from.
pub const TMUX: Service =
    Service { variable: "TMUX_PROGRAM", find: || tools::find("tmux"), install: || debian("tmux") };

/// Shells beside those of Debian's own, for scripts that any of them may run.
pub const SHELLS: [Service; 3] = [
    Service { variable: "BUSYBOX", find: || tools::find("busybox"), install: || debian("busybox") },
    Service { variable: "KSH", find: || tools::find("ksh"), install: || debian("ksh") },
    Service { variable: "ZSH", find: || tools::find("zsh"), install: || debian("zsh") },
];

/// A stand-in of AWS: `moto_server -H 127.0.0.1 -p <port>`.
pub const MOTO: Service = Service { variable: "MOTO_SERVER", find: find_moto, install: install_moto };

impl Service {
    /// Returns the path of the program, and installs it where it is missing.
    pub fn locate(&self) -> Result<PathBuf> {
        if let Some(path) = std::env::var_os(self.variable).map(PathBuf::from).or_else(self.find) {
            return Ok(path);
        }
        (self.install)().with_context(|| format!("or name the program in {}", self.variable))?;
        (self.find)().with_context(|| format!("it was installed for {}, and yet it is not there", self.variable))
    }
}

/// Installs a package of Debian's, where that can be done.
fn debian(package: &str) -> Result<()> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !root || tools::find("apt-get").is_none() {
        bail!("`{package}` is needed and was not found: install it (on Debian: `apt-get install {package}`)");
    }
    tools::run(Command::new("apt-get").args(["update", "-qq"]))?;
    tools::run(
        Command::new("apt-get")
            .args(["install", "-y", "-qq", "--no-install-recommends", package])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )
}

/// The environment that moto is installed into: what it needs is nobody else's business.
fn moto_environment() -> PathBuf {
    paths::root().join("target/moto")
}

fn moto_requirements() -> PathBuf {
    paths::root().join("tests/moto/requirements.txt")
}

/// Only the versions that are pinned now: the stamp is written last, and holds what was installed.
fn find_moto() -> Option<PathBuf> {
    let wanted = fs::read(moto_requirements()).ok()?;
    let installed = fs::read(moto_environment().join("installed.txt")).ok()?;
    (wanted == installed).then(|| moto_environment().join("bin/moto_server"))
}

fn install_moto() -> Result<()> {
    let (environment, requirements) = (moto_environment(), moto_requirements());
    if tools::find("python3").is_none() {
        debian("python3")?;
    }
    let create = || tools::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
    // Debian keeps the module that it takes in a package of its own.
    create().or_else(|_| debian("python3-venv").and_then(|()| create()))?;
    tools::run(
        Command::new(environment.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"])
            .arg("--requirement")
            .arg(&requirements),
    )?;
    fs::copy(requirements, environment.join("installed.txt"))?;
    Ok(())
}
