//! Commands that say what they do and how long it took.

use crate::Result;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The folder of the workspace, from wherever the command was called.
pub fn root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or(xtask.clone(), Path::to_path_buf)
}

/// Runs one step under a heading and prints how long it took, whether or not it succeeded.
pub fn step<T>(title: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n== {title}");
    let start = Instant::now();
    let outcome = run();
    let verdict = if outcome.is_ok() { "done" } else { "FAILED" };
    println!("== {title}: {verdict} after {:.1} s", start.elapsed().as_secs_f64());
    outcome.map_err(|message| format!("{title}: {message}"))
}

/// A step by the name under which it can be asked for.
pub type Named = (&'static str, fn() -> Result);

/// Runs the steps that were asked for by name, all of them when none was.
pub fn steps(named: &[Named], asked: &[String]) -> Result {
    if let Some(unknown) = asked.iter().find(|asked| !named.iter().any(|(name, _)| name == asked)) {
        let names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no step `{unknown}`; the steps are {}", names.join(", ")));
    }
    for (name, run) in named {
        if asked.is_empty() || asked.iter().any(|asked| asked == name) {
            run()?;
        }
    }
    Ok(())
}

/// A command in the root folder that finds the project's own tools first.
pub fn command(program: &str) -> Command {
    let root = root();
    let mut path = vec![root.join("target/tools/bin")];
    path.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let mut command = Command::new(program);
    command.current_dir(root).stdin(Stdio::null());
    if let Ok(joined) = env::join_paths(path) {
        command.env("PATH", joined);
    }
    command
}

/// The cargo that runs this program, so that both use one toolchain.
pub fn cargo() -> Command {
    command(&env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
}

/// Prints the command line, runs it, and fails when it fails.
pub fn execute(command: &mut Command) -> Result {
    let line = line(command);
    println!("   {line}");
    let status = command.status().map_err(|error| format!("`{line}` did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` ended with {status}")) }
}

/// What the command prints; its messages go to the terminal.
pub fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{line}` did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{line}` ended with {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("`{line}` printed no UTF-8: {error}"))
}

/// Where PATH, or the project's own tools, have this program.
pub fn find(program: &str) -> Option<PathBuf> {
    let own = root().join("target/tools/bin");
    let path = env::var_os("PATH").unwrap_or_default();
    let file = format!("{program}{}", env::consts::EXE_SUFFIX);
    std::iter::once(own)
        .chain(env::split_paths(&path))
        .map(|folder| folder.join(&file))
        .find(|candidate| candidate.is_file())
}

fn line(command: &Command) -> String {
    let program =
        Path::new(command.get_program()).file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut words = vec![program];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
