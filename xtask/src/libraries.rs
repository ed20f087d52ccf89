//! The libraries of other languages with which generated code is run: pinned, in `target/libraries`, and only where
//! their language is there. What cannot be had is named; its tests then say that they were skipped.

use crate::process::{execute, find, root};
use std::path::{Path, PathBuf};
use std::process::Command;

const NODE: [&str; 3] = ["ky@2.1.0", "axios@1.21.1", "axios-retry@4.5.0"];
const PYTHON: [&str; 3] = ["requests==2.34.2", "urllib3==2.8.0", "tenacity==9.2.1"];

/// Where what is pinned now lies: another version gets another folder.
fn folder(language: &str, pinned: &[&str]) -> PathBuf {
    let name: String =
        pinned.join("-").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    root().join("target/libraries").join(language).join(name)
}

/// Installs what is missing, and tells tests where it is.
pub fn lend(test: &mut Command) {
    for (language, variable, pinned, install) in [
        ("node", "FIVEXX_NODE_FOLDER", NODE, node as fn(&Path) -> crate::Result),
        ("python", "VIRTUAL_ENV", PYTHON, python),
    ] {
        let folder = folder(language, &pinned);
        let done = folder.join("installed");
        if !done.exists() {
            println!("\n== libraries of {language} for generated code: {}", pinned.join(", "));
            let outcome = std::fs::create_dir_all(&folder)
                .map_err(|error| error.to_string())
                .and_then(|()| install(&folder))
                .and_then(|()| std::fs::write(&done, "").map_err(|error| error.to_string()));
            if let Err(why) = outcome {
                println!("== NOT TESTED: generated code with {}: {why}", pinned.join(", "));
                continue;
            }
        }
        test.env(variable, folder);
    }
}

/// Finds what is not accessible; its licence (MPL-2.0) keeps it out of the repository.
const AXE: &str = "axe-core@4.14.1";

/// Tells the end-to-end tests where axe-core is, installed if need be.
pub fn lend_axe(test: &mut Command) {
    let folder = folder("axe", &[AXE]);
    let script = folder.join("node_modules/axe-core/axe.min.js");
    let installed = if script.is_file() {
        Ok(())
    } else {
        std::fs::create_dir_all(&folder)
            .map_err(|error| error.to_string())
            .and_then(|()| npm(&folder, &[AXE]))
    };
    match installed {
        Ok(()) => {
            test.env("FIVEXX_AXE", script);
        }
        Err(why) => println!("== NOT TESTED: accessibility with {AXE}: {why}"),
    }
}

fn node(folder: &Path) -> crate::Result {
    npm(folder, &NODE)
}

/// Installs packages of npm into a folder.
pub fn npm(folder: &Path, packages: &[&str]) -> crate::Result {
    find("node").ok_or("there is no Node; on Debian: sudo apt-get install nodejs npm")?;
    let npm = find("npm").ok_or("there is no npm; on Debian: sudo apt-get install npm")?;
    let mut install = Command::new(npm);
    install.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]);
    install.args(["--fetch-retries=1", "--fetch-timeout=60000", "--prefix"]).arg(folder).args(packages);
    execute(&mut install)
}

fn python(folder: &Path) -> crate::Result {
    let python =
        find("python3").ok_or("there is no Python 3; on Debian: sudo apt-get install python3-venv")?;
    execute(Command::new(python).args(["-m", "venv"]).arg(folder))?;
    let mut install = Command::new(folder.join("bin/python3"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    execute(install.args(["--retries", "1", "--timeout", "30"]).args(PYTHON))
}
