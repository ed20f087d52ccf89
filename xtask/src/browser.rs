//! The browser of the tests: Chromium and its driver, from the system's package manager.

use crate::Result;
use crate::process::{command, execute, find, output, step};
use std::path::{Path, PathBuf};

/// A browser and the driver that goes with it.
pub struct Browser {
    pub chromium: PathBuf,
    pub driver: PathBuf,
}

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const WHAT_TO_INSTALL: &str = "\
the tests need Chromium (or Chrome) and the chromedriver of the same version on PATH. Install them with
  Debian, Ubuntu:  sudo apt-get install chromium chromium-driver
  Fedora:          sudo dnf install chromium chromedriver
  macOS:           brew install --cask chromium chromedriver";

/// The browser on this machine; on Debian and as root, it is installed if it is missing.
pub fn ensure() -> Result<Browser> {
    if let Some(browser) = installed() {
        return Ok(browser);
    }
    if Path::new("/etc/debian_version").exists() && find("apt-get").is_some() && is_root() {
        step("installing Chromium and its driver with apt-get", || {
            execute(command("apt-get").args(["update", "--quiet"]))?;
            let mut install = command("apt-get");
            install.args([
                "install",
                "--yes",
                "--quiet",
                "--no-install-recommends",
                "chromium",
                "chromium-driver",
            ]);
            execute(install.env("DEBIAN_FRONTEND", "noninteractive"))
        })?;
    }
    installed().ok_or_else(|| WHAT_TO_INSTALL.to_owned())
}

fn installed() -> Option<Browser> {
    Some(Browser { chromium: NAMES.into_iter().find_map(find)?, driver: find("chromedriver")? })
}

fn is_root() -> bool {
    output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
