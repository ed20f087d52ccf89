//! What can be checked without running the program.

use crate::process::{cargo, execute, step, steps};
use crate::tools::CARGO_DENY;
use crate::{Result, tools};

/// Runs the named steps, or all of them.
pub fn run(asked: &[String]) -> Result {
    steps(
        &[
            ("format", format),
            ("clippy", clippy),
            ("wasm", wasm),
            ("doc", doc),
            ("dependencies", dependencies),
        ],
        asked,
    )
}

fn format() -> Result {
    step("formatting", || execute(cargo().args(["fmt", "--all", "--check"])))
}

fn clippy() -> Result {
    step("clippy, natively", || {
        let all = ["--workspace", "--all-targets", "--features", "fivexx/schema"];
        execute(cargo().arg("clippy").args(all).args(["--", "-D", "warnings"]))
    })
}

/// Code behind `cfg(target_arch = "wasm32")` is seen by this step alone.
fn wasm() -> Result {
    step("clippy, for the browser", || {
        let target = ["--target", "wasm32-unknown-unknown", "--lib", "--bins", "--test", "browser"];
        execute(cargo().args(["clippy", "--package", "fivexx"]).args(target).args(["--", "-D", "warnings"]))
    })
}

fn doc() -> Result {
    step("documentation", || {
        execute(
            cargo()
                .args(["doc", "--workspace", "--no-deps", "--document-private-items"])
                .env("RUSTDOCFLAGS", "-D warnings"),
        )
    })
}

/// Duplicates are counted in what ships; licences and sources also in the tools.
///
/// Security advisories are left out: their list is fetched from a place that a build should not depend on.
fn dependencies() -> Result {
    tools::ensure(&[CARGO_DENY])?;
    step("licences, duplicates and sources of dependencies", || {
        execute(cargo().args(["deny", "check", "bans"]))?;
        execute(cargo().args(["deny", "--workspace", "check", "licenses", "sources"]))
    })
}
