//! The page on a local port while one works on it.

use crate::process::command;
use crate::tools::{TRUNK, WASM_BINDGEN};
use crate::{Result, tools};

/// `trunk serve` with the project's own tools, until it is interrupted.
pub fn run(arguments: &[String]) -> Result {
    tools::ensure(&[TRUNK, WASM_BINDGEN])?;
    let mut serve = command("trunk");
    // Its own folder, so that a build or a test beside it does not meet half-written files.
    serve.args(["serve", "--dist", "target/serve"]).args(arguments);
    // Trunk takes the place of this program, so that whatever ends the one ends the other.
    #[cfg(unix)]
    {
        Err(format!("trunk did not start: {}", std::os::unix::process::CommandExt::exec(&mut serve)))
    }
    #[cfg(not(unix))]
    crate::process::execute(&mut serve)
}
