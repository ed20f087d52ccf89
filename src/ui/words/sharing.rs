//! The words of links, files, presets and own runs.

use crate::view::format;
use crate::view::own_runs::{Kept, Row};

pub(crate) use crate::view::own_runs::UNNAMED;

/// The gallery's group of own runs, beside those of the file.
pub(crate) const OWN: &str = "own";
pub(crate) const MY_RUNS: &str = "My runs";
pub(crate) const OPEN_FILE: &str = "Open a file";
pub(crate) const OWN_FILE: &str = "my-runs.fivexx.json";
pub(crate) const OWN_UNREAD_FILE: &str = "my-runs-unread.txt";

pub(crate) const SHARE_NOTE: &str = "All of it stands after the #, which browsers do not send to any server.";
pub(crate) const COPIED: &str = "The link is on the clipboard.";
pub(crate) const NOT_COPIED: &str =
    "The browser did not let the page use the clipboard. The link is selected: copy it with Ctrl C, or ⌘ C.";
pub(crate) const LINK_TOO_LONG: &str = "This run is too long for a link. Save it as a file in its place.";
pub(crate) const OTHERS: &str = "What others change stays with them.";

pub(crate) const FIND: &str = "Search presets";
pub(crate) const LOADING: &str = "Loading the presets.";
pub(crate) const NO_PRESETS: &str = "The presets cannot be shown.";
pub(crate) const KEEPS: &str = "Opening one keeps the present run under “My runs”, if you changed it.";

pub(crate) const STAYS: &str = " The run on the page stays as it is.";
pub(crate) const CANNOT_KEEP: &str = "The present run cannot be kept under “My runs”.";
pub(crate) const CANNOT_KEEP_MORE: &str = "Nothing was opened yet.";

pub(crate) const CHANGED: &str = "You changed this run.";
pub(crate) const FINDING_LATER: &str = "What was found stands here once you have seen the last answer.";

pub(crate) const OWN_NOTE: &str =
    "Kept in this browser alone, and not for ever: a browser may empty its storage. A file lasts longer.";
pub(crate) const OWN_EMPTY: &str = "Nothing is kept yet.";
pub(crate) const OWN_INSTEAD: &str = "A run can be saved as a file in its place.";
pub(crate) const BACK: &str = "It is back.";
pub(crate) const CLEARED: &str = "Deleted what could not be read.";

/// Said where the presets cannot be had.
pub(crate) fn no_presets(why: &str) -> String {
    format!("Of the page's own file presets.json, {why}. Everything else works.")
}

/// Said when a run was put among a person's own.
pub(crate) fn kept(kept: &Kept) -> String {
    match kept {
        Kept::Added(name) => format!("Kept under “My runs” as “{name}”."),
        Kept::WasThere(name) => format!("It was under “My runs” already, as “{name}”."),
    }
}

/// What the link holds.
pub(crate) fn link_holds(characters: usize, changes: usize) -> String {
    format!(
        "{} characters: the scenario, its {} and its seed. {SHARE_NOTE}",
        grouped(characters),
        format::count(changes, "change", "changes")
    )
}

/// The switch of the moment.
pub(crate) fn open_at(moment: &str) -> String {
    format!("Open at the playhead, {moment}; what lies after it is not told")
}

/// How many presets are found.
pub(crate) fn found(found: usize, all: usize, query: &str) -> String {
    let query = query.trim();
    match (found, query) {
        (_, "") => format!("{found} of {all} presets."),
        (0, _) => format!("None of {all} presets has “{query}” in title, text, settings or log lines."),
        _ => format!("{found} of {all} presets have “{query}” in title, text, settings or log lines."),
    }
}

/// The preset after this one.
pub(crate) fn next(title: &str) -> String {
    format!("Next question: {title}")
}

/// How many runs of a file were new.
pub(crate) fn taken_in(new: usize, count: usize) -> String {
    format!("{new} of the file's {} were new and are kept here.", format::count(count, "run", "runs"))
}

/// Said where the runs of a file cannot be kept.
pub(crate) fn not_taken_in(why: &str) -> String {
    format!("The runs of this file cannot be kept under “My runs”. {why}")
}

/// Said of a run that is none.
pub(crate) fn cannot_open(name: &str) -> String {
    format!("The run “{name}” cannot be opened.")
}

/// Said after deleting.
pub(crate) fn deleted(name: &str) -> String {
    format!("Deleted “{name}”.")
}

/// Said after renaming.
pub(crate) fn renamed(name: &str) -> String {
    format!("Renamed to “{name}”.")
}

/// How many own runs there are.
pub(crate) fn own_count(count: usize) -> String {
    format!("{} in this browser.", format::count(count, "run", "runs"))
}

/// The second line of an own run.
pub(crate) fn own_about(row: &Row) -> String {
    if row.saved.is_empty() { row.about.clone() } else { format!("{}; saved {}", row.about, row.saved) }
}

/// The beginning of a long text.
pub(crate) fn beginning(text: &str) -> String {
    const MOST: usize = 20_000;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}… (cut here, of {} bytes)", &text[..at], text.len()),
        None => text.to_owned(),
    }
}

/// A number with its thousands apart: `1,284`.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
