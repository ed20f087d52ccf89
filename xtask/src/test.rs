//! The tests, from the quickest to the one that needs everything.

use crate::process::{cargo, execute, output, step, steps};
use crate::tools::WASM_BINDGEN;
use crate::{Result, browser, libraries, page, tools};
use std::path::Path;
use std::process::Command;

/// Leaves Firefox out, where it cannot be had.
const NO_FIREFOX: &str = "--no-firefox";

/// Runs the named steps, or all of them.
pub fn run(arguments: &[String]) -> Result {
    let (options, asked): (Vec<String>, Vec<String>) =
        arguments.iter().cloned().partition(|argument| argument.starts_with('-'));
    if let Some(unknown) = options.iter().find(|option| *option != NO_FIREFOX) {
        return Err(format!("there is no option `{unknown}`; the only one is {NO_FIREFOX}"));
    }
    let browsers: fn() -> Result = if options.is_empty() { in_browsers } else { in_chromium };
    steps(&[("native", native), ("layers", layers), ("browser", browsers), ("e2e", end_to_end)], &asked)?;
    if !options.is_empty() {
        println!("\n== NOT TESTED in Firefox, because of {NO_FIREFOX}");
    }
    Ok(())
}

fn native() -> Result {
    step("native tests", || {
        let mut tests = cargo();
        tests.args(["test", "--workspace", "--exclude", "fivexx-e2e"]);
        libraries::lend(&mut tests);
        execute(&mut tests)?;
        execute(&mut schema_test())
    })
}

/// The schema is behind a feature of its own, so that the page does not carry it.
fn schema_test() -> Command {
    let mut test = cargo();
    test.args([
        "test",
        "--package",
        "fivexx",
        "--no-default-features",
        "--features",
        "schema",
        "--test",
        "schema",
    ]);
    test
}

/// Writes the JSON Schema of a scenario anew.
pub fn schema() -> Result {
    step("writing docs/scenario.schema.json", || execute(schema_test().env("FIVEXX_BLESS", "1")))
}

/// Writes the page's file of presets anew.
pub fn presets() -> Result {
    step("writing docs/presets.json", || {
        let mut test = cargo();
        test.args([
            "test",
            "--package",
            "fivexx",
            "--no-default-features",
            "--test",
            "presets",
            "file_of_presets",
        ]);
        execute(test.env("FIVEXX_BLESS", "1"))
    })
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

fn in_browsers() -> Result {
    // First, so that one learns at once what is missing.
    let driver = browser::ensure_firefox()?;
    in_chromium()?;
    in_browser("Firefox", "GECKODRIVER", &driver)
}

fn in_chromium() -> Result {
    let browser = browser::ensure()?;
    in_browser("Chromium", "CHROMEDRIVER", &browser.driver)
}

/// Runs the tests of the core inside a browser, which is chosen by the variable that names its driver.
fn in_browser(name: &str, variable: &str, driver: &Path) -> Result {
    tools::ensure(&[WASM_BINDGEN])?;
    step(&format!("tests inside headless {name}"), || {
        let mut test = cargo();
        test.args(["test", "--package", "fivexx", "--target", "wasm32-unknown-unknown", "--test", "browser"]);
        test.env_remove("CHROMEDRIVER").env_remove("GECKODRIVER");
        execute(test.env(variable, driver))
    })
}

fn end_to_end() -> Result {
    let browser = browser::ensure()?;
    page::build()?;
    step("end-to-end tests of dist/ in headless Chromium, under the strict policy", || {
        // One browser at a time: two of them on two cores make each other's waits run out.
        let mut test = cargo();
        test.args(["test", "--package", "fivexx-e2e", "--", "--test-threads=1"]);
        libraries::lend_axe(&mut test);
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
