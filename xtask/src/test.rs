//! The tests, from the quickest to the one that needs everything.

use crate::process::{cargo, execute, output, step, steps};
use crate::tools::WASM_BINDGEN;
use crate::{Result, browser, page, tools};
use std::process::Command;

/// Runs the named steps, or all of them.
pub fn run(asked: &[String]) -> Result {
    steps(&[("native", native), ("layers", layers), ("browser", in_browser), ("e2e", end_to_end)], asked)
}

fn native() -> Result {
    step("native tests", || execute(cargo().args(["test", "--workspace", "--exclude", "fivexx-e2e"])))
}

/// What only the widget and the page may use.
const BROWSER_CRATES: [&str; 6] =
    ["gloo-timers", "js-sys", "leptos", "wasm-bindgen", "wasm-bindgen-futures", "web-sys"];

/// The core must build alone, and without a browser crate in its tree.
fn layers() -> Result {
    step("layer check: the core without the browser", || {
        execute(cargo().args(["check", "--package", "fivexx", "--no-default-features"]))?;
        for target in [None, Some("wasm32-unknown-unknown")] {
            let mut tree = cargo();
            tree.args([
                "tree",
                "--package",
                "fivexx",
                "--no-default-features",
                "--edges",
                "normal",
                "--prefix",
                "none",
                "--format",
                "{p}",
            ]);
            if let Some(target) = target {
                tree.args(["--target", target]);
            }
            let printed = output(&mut tree)?;
            let found = printed
                .lines()
                .filter_map(|line| line.split(' ').next())
                .find(|name| BROWSER_CRATES.contains(name));
            if let Some(name) = found {
                return Err(format!(
                    "the core depends on `{name}`; `cargo tree --no-default-features --invert {name}` shows how"
                ));
            }
        }
        println!("   none of {} in the core's tree", BROWSER_CRATES.join(", "));
        Ok(())
    })
}

fn in_browser() -> Result {
    tools::ensure(&[WASM_BINDGEN])?;
    let browser = browser::ensure()?;
    step("tests inside headless Chromium", || {
        let mut test = cargo();
        test.args(["test", "--package", "fivexx", "--target", "wasm32-unknown-unknown", "--test", "browser"]);
        execute(test.env("CHROMEDRIVER", &browser.driver))
    })
}

fn end_to_end() -> Result {
    let browser = browser::ensure()?;
    page::build()?;
    step("end-to-end tests of dist/ in headless Chromium, under the strict policy", || {
        // One browser at a time: two of them on two cores make each other's waits run out.
        let mut test = cargo();
        test.args(["test", "--package", "fivexx-e2e", "--", "--test-threads=1"]);
        execute(with_page(&mut test, &browser))
    })
}

/// Takes pictures of the built page.
pub fn screenshots(arguments: &[String]) -> Result {
    let browser = browser::ensure()?;
    page::build()?;
    step("screenshots into target/screenshots/", || {
        let mut shots = cargo();
        shots
            .args(["run", "--quiet", "--package", "fivexx-e2e", "--bin", "screenshots", "--"])
            .args(arguments);
        execute(with_page(&mut shots, &browser))
    })
}

fn with_page<'a>(command: &'a mut Command, browser: &browser::Browser) -> &'a mut Command {
    command
        .env("FIVEXX_DIST", page::dist())
        .env("FIVEXX_CHROMIUM", &browser.chromium)
        .env("CHROMEDRIVER", &browser.driver)
}
