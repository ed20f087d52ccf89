//! How fast fivexx is beside its peers, measured in one run on one machine.
//!
//! Machines differ and are noisy, so a figure alone says little: all contestants do the same job in turn, round
//! after round, and what counts is the median of the ratios within each round.

mod contestant;
mod report;

use crate::process::{cargo, command, execute, find, root, step};
use crate::{Result, browser};
use contestant::{Contestant, Figures};
use report::Entry;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Rounds that count; one more goes before them, so that nobody starts cold.
const ROUNDS: usize = 7;

/// The release whose figures are compared; another one may be faster or slower.
const SIMPY: &str = "simpy==4.1.2";

/// Erlang's C formula for ten workers at 80 %: the mean wait, in seconds, that everybody must find.
const WAIT: f64 = 0.020_459;

/// Runs the comparison: `native`, `wasm`, or `all`.
pub fn run(arguments: &[String]) -> Result {
    let places: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (natively, in_wasm) = match places[..] {
        [] | ["all"] => (true, true),
        ["native"] => (true, false),
        ["wasm"] => (false, true),
        _ => return Err("expected native, wasm or all".to_owned()),
    };
    let mut processes = BTreeMap::new();
    processes.insert("Python", simpy()?);
    let native = native()?;
    if natively {
        processes.insert("native", Command::new(&native));
    }
    let node = node()?;
    let site = modules()?;
    if in_wasm {
        processes.insert("Node", in_node(&node, &site));
        processes.insert("Chromium", in_chromium(&site)?);
    }

    let lines = report::LINES.iter().filter(|line| processes.contains_key(line.place)).collect::<Vec<_>>();
    let measured = step("measuring speed, in turn", || {
        let mut started = processes
            .iter_mut()
            .map(|(place, command)| Ok((*place, Contestant::start(place, command)?)))
            .collect::<Result<BTreeMap<_, _>>>()?;
        let mut measured: Vec<Vec<Figures>> = vec![Vec::new(); lines.len()];
        for round in 0..=ROUNDS {
            // There and back: a machine that grows slower hits all alike.
            let mut order: Vec<usize> = (0..lines.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for i in order {
                let (line, process) = (lines[i], started.get_mut(lines[i].place));
                let process = process.ok_or_else(|| format!("nothing was started for {}", line.place))?;
                let figures = process.ask(line.job)?;
                check(line, &figures)?;
                if round > 0 {
                    measured[i].push(figures);
                }
            }
            println!(
                "   round {round} of {ROUNDS}{}",
                if round == 0 { ", which does not count" } else { "" }
            );
        }
        Ok(measured)
    })?;
    let entries: Vec<Entry<'_>> =
        lines.iter().zip(measured).map(|(line, rounds)| Entry { line, rounds }).collect();
    let long = step("measuring a long run and its memory", || {
        // Each in a process of its own, whose most memory is then the run's.
        let mut long = Vec::new();
        for (name, seconds) in [("six minutes of it", 360), ("the whole hour", 3_600)] {
            for place in [natively.then_some("native"), in_wasm.then_some("Node")].into_iter().flatten() {
                let mut command = if place == "Node" { in_node(&node, &site) } else { Command::new(&native) };
                let job = if place == "Node" { "fast storm" } else { "storm" };
                let figures = Contestant::start(place, &mut command)?.ask(&format!("{job} {seconds}"))?;
                long.push((name, place, figures));
            }
        }
        Ok(long)
    })?;
    report::write(&entries, &long, &machine(&node))
}

/// Whoever tells a mean wait must have found the one that theory gives: otherwise it was another job.
fn check(line: &report::Line, figures: &Figures) -> Result {
    let wait = figures.of("wait");
    if wait == 0.0 || (wait / WAIT - 1.0).abs() < 0.15 {
        return Ok(());
    }
    Err(format!(
        "{} in {} found a mean wait of {wait} s; theory says {WAIT} s, so it does another job",
        line.name, line.place
    ))
}

/// Where everything of this command lies.
fn folder() -> PathBuf {
    root().join("target/benches")
}

/// SimPy in an environment of its own.
fn simpy() -> Result<Command> {
    let python = find("python3").ok_or(
        "the comparison needs Python 3 for SimPy; on Debian: sudo apt-get install python3 python3-venv",
    )?;
    let (environment, own) = (folder().join("venv"), folder().join("venv/bin/python"));
    let check = format!("import simpy; assert 'simpy==' + simpy.__version__ == '{SIMPY}'");
    let there =
        own.exists() && Command::new(&own).args(["-c", &check]).output().is_ok_and(|o| o.status.success());
    if !there {
        step("installing SimPy into target/benches/venv", || {
            execute(Command::new(python).args(["-m", "venv"]).arg(&environment))?;
            execute(Command::new(&own).args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                SIMPY,
            ]))
        })?;
    }
    let mut command = Command::new(own);
    command.arg(root().join("benches/peers/mmc.py"));
    Ok(command)
}

fn node() -> Result<PathBuf> {
    find("node").ok_or_else(|| {
        "the comparison needs Node 20 or later, which is not on PATH; on Debian: sudo apt-get install nodejs"
            .to_owned()
    })
}

fn native() -> Result<PathBuf> {
    step("building for this machine", || execute(&mut build("bench", &["--bin", "fivexx-native"])))?;
    Ok(folder().join("release/fivexx-native"))
}

fn build(profile: &str, what: &[&str]) -> Command {
    let mut build = cargo();
    build.args(["build", "--quiet", "--package", "fivexx-benches", "--profile", profile]).args(what);
    // Its own folder: a build for speed and one for size of the same name would replace each other in `target`.
    build.arg("--target-dir").arg(folder());
    build
}

/// A folder with the page of the comparison and both modules: the one built for speed, and the one built for size.
fn modules() -> Result<PathBuf> {
    let site = folder().join("site");
    let built = folder().join("wasm32-unknown-unknown/release/fivexx_benches.wasm");
    step("building for the browser, for speed and for size", || {
        make_folder(&site.join("peers"))?;
        for (profile, name) in [("bench", "fast.wasm"), ("release", "small.wasm")] {
            execute(&mut build(profile, &["--lib", "--target", "wasm32-unknown-unknown"]))?;
            copy(&built, &site.join(name))?;
        }
        for file in ["index.html", "page.mjs", "node.mjs", "measure.mjs", "peers/mmc.mjs"] {
            copy(&root().join("benches").join(file), &site.join(file))?;
        }
        Ok(())
    })?;
    Ok(site)
}

fn in_node(node: &Path, site: &Path) -> Command {
    let mut command = Command::new(node);
    command.current_dir(site).args(["node.mjs", "fast=fast.wasm", "small=small.wasm"]);
    command
}

fn in_chromium(site: &Path) -> Result<Command> {
    let browser = browser::ensure()?;
    step("building what drives the browser", || {
        execute(cargo().args(["build", "--quiet", "--package", "fivexx-e2e", "--bin", "bench"]))
    })?;
    let mut command = cargo();
    command
        .args(["run", "--quiet", "--package", "fivexx-e2e", "--bin", "bench"])
        .env("FIVEXX_DIST", site)
        .env("FIVEXX_CHROMIUM", browser.chromium)
        .env("CHROMEDRIVER", browser.driver);
    Ok(command)
}

/// What the figures were measured with, since they mean little elsewhere.
fn machine(node: &Path) -> String {
    let told = |program: &mut Command| {
        let output = program.output().map(|output| output.stdout).unwrap_or_default();
        String::from_utf8_lossy(&output).lines().next().unwrap_or("unknown").trim().to_owned()
    };
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{processor}, {cores} cores; {}, Node {}, {}, {SIMPY}",
        told(command("rustc").arg("--version")),
        told(Command::new(node).arg("--version")),
        told(Command::new(folder().join("venv/bin/python")).arg("--version")),
    )
}

fn make_folder(path: &Path) -> Result {
    fs::create_dir_all(path).map_err(|error| format!("cannot make {}: {error}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result {
    fs::copy(from, to)
        .map(drop)
        .map_err(|error| format!("cannot copy {} to {}: {error}", from.display(), to.display()))
}
