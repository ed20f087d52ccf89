//! Files with runs: their names, and what is in one that a person opens.

use serde_json::Value;

use crate::sim::scenario::{MAX_BYTES, Scenario};

use super::form::Refusal;
use super::own_runs::OwnRuns;
use super::refused::Refused;

/// What the name of a file with a run ends with.
pub const ENDING: &str = ".fivexx.json";
/// The largest file that is read, in bytes: a list of runs may hold several.
pub const LARGEST: u64 = 16 * MAX_BYTES as u64;

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    /// A scenario.
    Scenario(Box<Scenario>),
    /// A list of runs.
    Runs(OwnRuns),
}

/// The name of the file that a scenario is saved in: its own, in letters that every system takes.
pub fn file_name(name: &str) -> String {
    let mut stem = String::new();
    for c in name.chars() {
        match c {
            c if c.is_alphanumeric() => stem.extend(c.to_lowercase()),
            _ if stem.ends_with('-') || stem.is_empty() => {}
            _ => stem.push('-'),
        }
        if stem.len() >= 60 {
            break;
        }
    }
    let stem = stem.trim_end_matches('-');
    format!("{}{ENDING}", if stem.is_empty() { "run" } else { stem })
}

/// Why a file is not even read, if it is too large for that.
pub fn too_large(name: &str, bytes: u64) -> Option<Refused> {
    (bytes > LARGEST)
        .then(|| Refused::new(&title(name), &format!("It has {bytes} bytes; at most {LARGEST} are read.")))
}

/// Why several files are not opened.
pub fn several(count: usize) -> Refused {
    Refused::new("These files were not opened.", &format!("There are {count}; expected one at a time."))
}

/// Why a file cannot be read at all.
pub fn unreadable(name: &str) -> Refused {
    Refused::new(&title(name), "The browser could not read it; it may be a folder, or gone.")
}

/// Reads a file.
///
/// # Errors
/// What is wrong with it, with the place where there is one.
pub fn read(name: &str, text: &str) -> Result<Opened, Box<Refused>> {
    let title = title(name);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Box::new(Refused::new(&title, "It is empty; expected a scenario as JSON.")));
    }
    if let Some(at) = text.find(['\0', '\u{fffd}']) {
        let why = format!(
            "It is no text: byte {at} is none of a letter, a digit or a sign. Expected a scenario as JSON."
        );
        return Err(Box::new(Refused::new(&title, &why)));
    }
    // A list may be longer than a scenario; anything else is not parsed twice.
    let may_be_list = text.len() > MAX_BYTES || text.contains("\"runs\"");
    let value = may_be_list.then(|| serde_json::from_str::<Value>(text).ok()).flatten();
    if let Some(list) = value.filter(OwnRuns::is_list) {
        return OwnRuns::from_value(list).map(Opened::Runs).map_err(|Refusal(why)| {
            Box::new(Refused::new(&title, &format!("It is a list of runs, but {why}.")))
        });
    }
    match Scenario::from_json(text) {
        Ok(scenario) => Ok(Opened::Scenario(Box::new(scenario))),
        Err(error) => Err(Box::new(Refused::scenario(&title, text, &error))),
    }
}

fn title(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    format!("The file {name} cannot be opened.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::first;

    #[test]
    fn a_file_is_named_after_its_run() {
        for (name, file) in [
            ("A slow database", "a-slow-database.fivexx.json"),
            ("", "run.fivexx.json"),
            ("../../etc/passwd", "etc-passwd.fivexx.json"),
            (" One  click, 3 orders! ", "one-click-3-orders.fivexx.json"),
            ("<>", "run.fivexx.json"),
            ("Ärger", "ärger.fivexx.json"),
        ] {
            assert_eq!(file_name(name), file);
        }
        assert!(file_name(&"long ".repeat(100)).len() < 80);
    }

    #[test]
    fn a_saved_file_is_opened_again() {
        let scenario = first::scenario();
        assert_eq!(
            read("a.json", &scenario.to_json_pretty()),
            Ok(Opened::Scenario(Box::new(scenario.clone())))
        );
        assert_eq!(
            read("a.json", &format!("\u{feff}{}", scenario.to_json())),
            Ok(Opened::Scenario(Box::new(scenario.clone())))
        );
        let mut runs = OwnRuns::default();
        runs.add(&scenario, "");
        assert_eq!(read("my-runs.json", &runs.to_file()), Ok(Opened::Runs(runs)));
    }

    #[test]
    fn what_is_no_run_is_told_with_its_place() {
        let big = format!("{{\"name\": \"{}\"}}", "x".repeat(MAX_BYTES));
        for (text, says) in [
            ("", "It is empty"),
            (" \n", "It is empty"),
            ("\u{fffd}PNG", "byte 0"),
            ("GIF8\0", "byte 4"),
            ("<!doctype html>", "not JSON: expected value at line 1, column 1"),
            ("{\"horizon\": \"0s\"}", "/horizon is \"0s\"; expected 1 ms to 86400 s"),
            ("{\"log\": {\"entries\": []}}", "/log is {\"entries\":[]}; expected no such field here"),
            ("[1, 2]", "The scenario is [1,2]; expected an object"),
            ("{\"version\": 2, \"runs\": []}", "It is a list of runs, but /version is 2"),
            ("{\"runs\": 7}", "/runs is 7"),
            (big.as_str(), "at most 1048576 are read"),
        ] {
            let refused = read("notes.json", text).expect_err("no run");
            assert!(refused.sentence().contains(says), "{}", refused.sentence());
            assert_eq!(refused.title, "The file notes.json cannot be opened.");
        }
        assert!(too_large("a", LARGEST).is_none());
        assert!(too_large("a", LARGEST + 1).is_some_and(|r| r.sentence().contains("at most 16777216")));
    }
}
