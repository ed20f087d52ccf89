//! The words around changes on the timeline, the transport and loops.

/// The keys of this part of the page, with what they do.
pub(crate) const KEYS: [(&str, &str); 9] = [
    ("N, Shift N", "next, previous failure"),
    ("C, Shift C", "next, previous change"),
    ("L", "loop this step, or end the loop"),
    ("I, O", "loop from here, to here"),
    ("← →", "on a change of the timeline: move it by an event"),
    ("Alt ← →", "move that change by a millisecond"),
    ("Enter", "open that change"),
    ("Del", "delete that change"),
    ("Esc", "while it moves: put it back"),
];

pub(crate) const CHANGES: &str = "Changes";
/// Said of each change to those who hear it.
pub(crate) const HINT: &str =
    "Arrow keys move it by an event, Alt and arrow keys by a millisecond. Enter opens it, Delete deletes it.";
pub(crate) const AT: &str = "At";
pub(crate) const EARLIER: &str = "Earlier";
pub(crate) const LATER: &str = "Later";
pub(crate) const HERE: &str = "To this moment";
pub(crate) const DELETE: &str = "Delete";
pub(crate) const UNDO: &str = "Undo";
pub(crate) const CLOSE: &str = "Close";

pub(crate) const MORE: &str = "More of the transport";
pub(crate) const FAILURES: &str = "Failure";
pub(crate) const CHANGE: &str = "Change";
pub(crate) const LOOP: &str = "Loop";
pub(crate) const SPEED: &str = "Speed";
pub(crate) const PREVIOUS: &str = "Previous";
pub(crate) const NEXT: &str = "Next";
pub(crate) const FROM_HERE: &str = "From here";
pub(crate) const TO_HERE: &str = "To here";
pub(crate) const THIS_STEP: &str = "This step";
pub(crate) const END_LOOP: &str = "End the loop";
pub(crate) const SLOWER: &str = "Slower";
pub(crate) const FASTER: &str = "Faster";
pub(crate) const EDITS: &str = "Edits";
pub(crate) const REDO: &str = "Redo";
pub(crate) const NO_LOOP: &str = "Nothing is looped.";
pub(crate) const LOOP_ENDED: &str = "The loop is ended.";
pub(crate) const NO_STEP: &str =
    "Nothing has happened in this run yet, so there is no step to loop. Send a request first.";

pub(crate) const PREVIOUS_FAILURE: &str = "Previous failure";
pub(crate) const NEXT_FAILURE: &str = "Next failure";
pub(crate) const PREVIOUS_CHANGE: &str = "Previous change";
pub(crate) const NEXT_CHANGE: &str = "Next change";
pub(crate) const LOOP_STEP: &str = "Loop this step";

/// Said where there is nothing to jump to.
pub(crate) fn none_of(what: &str, forwards: bool, here: &str) -> String {
    format!("There is no {what} {} {here}.", if forwards { "after" } else { "before" })
}

/// The heading of a list of changes.
pub(crate) fn several(n: usize) -> String {
    format!("{n} changes")
}

/// Said below a list that is not shown to its end.
pub(crate) fn left_out(n: usize) -> String {
    format!("and {n} more, not listed here")
}
