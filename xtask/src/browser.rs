//! The browsers of the tests and their drivers. Browsers come from the system's package manager, as does Chromium's
//! driver, which must be of its version; Firefox's driver goes with all of its versions and is a tool like the others.

use crate::process::{command, execute, find, output, step};
use crate::tools::GECKODRIVER;
use crate::{Result, tools};
use std::path::{Path, PathBuf};

/// Chromium and its driver.
pub struct Browser {
    pub chromium: PathBuf,
    pub driver: PathBuf,
}

const CHROMIUM: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FIREFOX: [&str; 2] = ["firefox", "firefox-esr"];

const CHROMIUM_IS_MISSING: &str = "\
the tests need Chromium (or Chrome) and the chromedriver of the same version on PATH. Install them with
  Debian, Ubuntu:  sudo apt-get install chromium chromium-driver
  Fedora:          sudo dnf install chromium chromedriver
  macOS:           brew install --cask chromium chromedriver";

const FIREFOX_IS_MISSING: &str = "\
the tests need Firefox on PATH (its driver is installed by itself). Install it with
  Debian:          sudo apt-get install firefox-esr
  Ubuntu, Fedora:  sudo apt-get install firefox, sudo dnf install firefox
  macOS:           brew install --cask firefox
or leave it out with `cargo xtask test --no-firefox`";

/// Chromium on this machine; on Debian and as root, it is installed if it is missing.
pub fn ensure() -> Result<Browser> {
    let installed =
        || Some(Browser { chromium: CHROMIUM.into_iter().find_map(find)?, driver: find("chromedriver")? });
    if installed().is_none() {
        install("Chromium and its driver", &["chromium", "chromium-driver"])?;
    }
    installed().ok_or_else(|| CHROMIUM_IS_MISSING.to_owned())
}

/// Firefox's driver on this machine, with a Firefox that it finds; installed as Chromium is.
pub fn ensure_firefox() -> Result<PathBuf> {
    let installed = || FIREFOX.into_iter().find_map(find);
    if installed().is_none() {
        install("Firefox", &["firefox-esr"])?;
    }
    installed().ok_or(FIREFOX_IS_MISSING)?;
    tools::ensure(&[GECKODRIVER])?;
    find("geckodriver").ok_or_else(|| "geckodriver was installed and is not there".to_owned())
}

/// Installs packages where that needs no question: as root on Debian. Does nothing elsewhere.
fn install(what: &str, packages: &[&str]) -> Result {
    let is_root = output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !Path::new("/etc/debian_version").exists() || find("apt-get").is_none() || !is_root {
        return Ok(());
    }
    step(&format!("installing {what} with apt-get"), || {
        execute(command("apt-get").args(["update", "--quiet"]))?;
        let mut install = command("apt-get");
        install.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages);
        execute(install.env("DEBIAN_FRONTEND", "noninteractive"))
    })
}
