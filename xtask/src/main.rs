//! How fivexx is served, built and checked: `cargo xtask COMMAND`.
//!
//! Everything that a command needs beyond Rust itself is installed into `target/tools`, never into the user's home.
//! The exceptions are the browsers of the tests, which only a system's package manager can bring, and Python and Node
//! for the comparison of speed and for the generated code.

mod bench;
mod browser;
mod fuzz;
mod libraries;
mod lint;
mod module;
mod page;
mod parts;
mod process;
mod serve;
mod size;
mod test;
mod tools;

use std::process::ExitCode;

/// What every step of a command ends in; an `Err` is a message for the person at the terminal.
type Result<T = ()> = std::result::Result<T, String>;

const USAGE: &str = "\
cargo xtask COMMAND

  serve [ARG...]       the page on a local port, rebuilt when a file changes; ARGs go to `trunk serve` (--open, --port N, --release)
  build                the release page in dist/, ready for any folder of any static server
  test [STEP...]       all tests, or only the named steps: native, layers, browser, e2e;
                       --no-firefox leaves Firefox out of the step browser
  lint [STEP...]       all static checks, or only: format, clippy, wasm, doc, dependencies
  fuzz [MINUTES]       scenarios that nobody would write, 10 minutes of them; a failing one is printed with seed and link
  bench [PLACE]        speed beside SimPy, JavaScript and a bare heap, into benches/results.md; PLACE is native, wasm or all
  size                 what a first visit loads from dist/, raw and compressed
  schema               writes the JSON Schema of a scenario into docs/scenario.schema.json
  presets              writes the page's file of presets into docs/presets.json
  screenshots [ARG...] pictures of the page in target/screenshots/; ARGs are NAME=ROUTE instead of the usual list
  tools                installs what the other commands need, and does nothing else

Tools are installed into target/tools when they are first needed, which takes some minutes.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &[][..]),
    };
    let outcome = match command {
        "serve" => serve::run(rest),
        "build" => page::build(),
        "test" => test::run(rest),
        "lint" => lint::run(rest),
        "size" => size::run(),
        "fuzz" => fuzz::run(rest),
        "bench" => bench::run(rest),
        "schema" => test::schema(),
        "presets" => test::presets(),
        "screenshots" => test::screenshots(rest),
        "tools" => tools::ensure(&tools::ALL),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        unknown => Err(format!("there is no command `{unknown}`\n\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask {command}: {message}");
            ExitCode::FAILURE
        }
    }
}
