//! The words of the page that no view model makes.

pub(crate) mod computing;
pub(crate) mod lazy;
pub(crate) mod looking;
pub(crate) mod path;
pub(crate) mod sending;
pub(crate) mod sharing;
pub(crate) mod time;

use std::collections::BTreeSet;

use super::settings_schema::FILE;
use crate::sim::trace::NodeKind;
use crate::view::settings::Form;

pub(crate) const TITLE: &str = "Playground";
pub(crate) const PATH_TITLE: &str = "The path";
pub(crate) const SEND: &str = "Send one";
pub(crate) const BREAK: &str = "Break";
pub(crate) const HOST: &str = "http://orders.example";

pub(crate) const GUESS_TITLE: &str = "What will the client get?";
pub(crate) const GUESS_TEXT: &str =
    "A POST goes through nginx to an orders API. Its database has become slow: every query takes 3.5\u{a0}s.";
pub(crate) const GUESS_NOTE: &str =
    ". The guess is optional. The status follows from the fault and the gateway’s settings.";

pub(crate) const READY_TITLE: &str = "What will the client get now?";
pub(crate) const READY_TEXT: &str =
    "Nothing was sent through this path yet. Change what you like; the status follows.";
pub(crate) const NOTHING_SENT: &str = "Nothing sent yet.";
pub(crate) const NOTHING_SENT_MORE: &str =
    "Each request appears here with its attempts, and under each attempt what the gateway tried.";
pub(crate) const NO_ANSWER_YET: &str = "No answer yet.";
pub(crate) const NO_ANSWER_YET_MORE: &str =
    "The answer and the reason for it will stand here as soon as the client has one.";

pub(crate) const TABLE_TITLE: &str = "The run as a table";
pub(crate) const TABLE_NOTE: &str = "One row an event. Also shown when motion is reduced.";
pub(crate) const SLOWED: &str = "slowed, something is on a wire";

pub(crate) const JSON_NOTE: &str =
    "All there is to say about this run. Change it and run it; times are texts with a unit.";

pub(crate) const FIND_SETTING: &str = "Find a setting";
pub(crate) const SETTINGS_LOADING: &str = "Loading what there is to set.";

/// The buttons that add a node.
pub(crate) const ADD_NODES: [(NodeKind, &str); 4] = [
    (NodeKind::Client, "A client"),
    (NodeKind::Gateway, "A gateway"),
    (NodeKind::Origin, "An origin"),
    (NodeKind::Dependency, "A dependency"),
];

/// The id of the button that adds a node.
pub(crate) fn add_id(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Client => "add-client",
        NodeKind::Gateway => "add-gateway",
        NodeKind::Origin => "add-origin",
        NodeKind::Dependency => "add-dependency",
    }
}

/// The id of the heading above a node's settings; an empty name stands for the run.
pub(crate) fn heading_id(node: &str) -> String {
    format!("settings-of-{node}")
}

/// Said where the settings cannot be shown.
pub(crate) fn settings_failed(reason: &str) -> String {
    format!(
        "The single settings cannot be shown: of the page's own file {FILE}, {reason}. Everything else works, and the scenario's text below has every setting."
    )
}

/// How many settings are found.
pub(crate) fn found(form: &Form, found: &BTreeSet<String>) -> String {
    let leaf = |pointer: &&String| form.field(pointer).is_some_and(|field| field.children.is_empty());
    match found.iter().filter(leaf).count() {
        0 => "No setting fits.".to_owned(),
        1 => "1 setting fits.".to_owned(),
        n => format!("{n} settings fit."),
    }
}

/// Said where more would have happened than is shown.
pub(crate) const CUT: &str = "cut short: too much happens to show every event";

/// The keys, with what they do.
pub(crate) const KEYS: [(&str, &str); 16] = [
    ("Space", "play, pause"),
    ("← →", "previous, next event"),
    ("Shift ← →", "previous, next answer"),
    ("Home End", "start, end of what is known"),
    ("↑ ↓", "request or attempt, in the list; event, on the time slider"),
    ("← → in the list", "close, open; to the row above, to the first below"),
    ("PgUp PgDn", "answer, on the time slider"),
    ("− +", "slower, faster"),
    ("1 to 4", "inspector tabs"),
    ("S", "send one"),
    ("D", "the run as a table"),
    ("G", "next gateway; with Shift the one before"),
    ("X", "break menu of the focused node"),
    ("Ctrl Z, Y", "undo, redo a change"),
    ("?", "this list"),
    ("Esc", "close, then leave the panel"),
];

/// The label of a node's break button for those who hear it.
pub(crate) fn break_label(title: &str) -> String {
    format!("Break {title}")
}

/// The label of a wire's break button.
pub(crate) fn break_network_label(node: &str) -> String {
    format!("Break the network in front of {node}")
}

/// What the person guessed, beside what came.
pub(crate) fn guessed(guess: u16, status: Option<u16>) -> String {
    if status == Some(guess) {
        format!("You guessed {guess}, and so it was.")
    } else {
        format!("You guessed {guess}.")
    }
}
