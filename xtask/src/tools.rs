//! The programs that the project needs, each in one exact version, in `target/tools`.

use crate::process::{cargo, execute, find, root, step};
use crate::{Result, process};
use std::fs;
use std::process::{Command, Stdio};

/// One program that cargo can install.
#[derive(Clone, Copy)]
pub struct Tool {
    /// The name of the package.
    package: &'static str,
    /// The program by which its presence and version are known.
    program: &'static str,
    version: Version,
    /// What goes to `cargo install` besides name and version.
    arguments: &'static [&'static str],
}

#[derive(Clone, Copy)]
enum Version {
    Exactly(&'static str),
    /// Whatever Cargo.lock says of this package: the two must be the same to the last digit.
    AsLocked(&'static str),
}

/// Builds and serves the page. Later versions need a later Rust.
/// Without its default features, which fetch over TLS: it finds all that it needs on PATH.
pub const TRUNK: Tool = Tool {
    package: "trunk",
    program: "trunk",
    version: Version::Exactly("0.21.14"),
    arguments: &["--locked", "--no-default-features"],
};

/// Writes the JavaScript side of the module, and runs tests in the browser.
/// Without `--locked`, because its lock file may name versions that are withdrawn.
pub const WASM_BINDGEN: Tool = Tool {
    package: "wasm-bindgen-cli",
    program: "wasm-bindgen",
    version: Version::AsLocked("wasm-bindgen"),
    arguments: &[],
};

/// Checks licences and duplicates of the dependencies.
pub const CARGO_DENY: Tool = Tool {
    package: "cargo-deny",
    program: "cargo-deny",
    version: Version::Exactly("0.20.2"),
    arguments: &["--locked"],
};

/// Drives Firefox in the tests.
pub const GECKODRIVER: Tool = Tool {
    package: "geckodriver",
    program: "geckodriver",
    version: Version::Exactly("0.37.1"),
    arguments: &["--locked"],
};

/// Every tool there is.
pub const ALL: [Tool; 4] = [TRUNK, WASM_BINDGEN, CARGO_DENY, GECKODRIVER];

/// Installs those of the tools that are missing or of another version.
pub fn ensure(tools: &[Tool]) -> Result {
    for tool in tools {
        let version = tool.version()?;
        if tool.installed().as_deref() != Some(version.as_str()) {
            step(
                &format!("installing {} {version} into target/tools, once, for some minutes", tool.package),
                || tool.install(&version),
            )?;
        }
    }
    Ok(())
}

impl Tool {
    fn version(&self) -> Result<String> {
        match self.version {
            Version::Exactly(version) => Ok(version.to_owned()),
            Version::AsLocked(package) => locked_version(package),
        }
    }

    /// The version that is there, in `target/tools` or on PATH.
    fn installed(&self) -> Option<String> {
        let output =
            Command::new(find(self.program)?).arg("--version").stderr(Stdio::null()).output().ok()?;
        let printed = String::from_utf8(output.stdout).ok()?;
        printed.split_whitespace().nth(1).map(str::to_owned)
    }

    fn install(&self, version: &str) -> Result {
        let tools = root().join("target/tools");
        let build = tools.join("build");
        let mut command = cargo();
        command.args(["install", self.package, "--version", version, "--force"]).args(self.arguments);
        command.arg("--root").arg(&tools).arg("--target-dir").arg(&build);
        // These packages ask for the fastest program, at many minutes of building; here each runs for a second or two.
        command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
        command.env("CARGO_PROFILE_RELEASE_LTO", "off");
        command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
        let outcome = execute(&mut command);
        // What was built on the way is of no further use, and large.
        if build.exists() {
            fs::remove_dir_all(&build)
                .map_err(|error| format!("cannot remove {}: {error}", build.display()))?;
        }
        outcome
    }
}

/// The version of a package in Cargo.lock.
fn locked_version(package: &str) -> Result<String> {
    let path = process::root().join("Cargo.lock");
    let lock =
        fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    version_in(&lock, package).ok_or_else(|| format!("{} names no package `{package}`", path.display()))
}

fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    Some(lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::version_in;

    #[test]
    fn version_is_read_from_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-shared\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "leptos"), None);
    }
}
