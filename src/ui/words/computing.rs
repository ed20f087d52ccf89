//! The words about a run that is computed, and about what is too much to be drawn.

use crate::view::format;

/// While a run is computed.
pub(crate) const UNDER_WAY: &str = "Computing the run";
/// Said when it begins.
pub(crate) const BEGUN: &str = "Computing a long run. Until it is there, the page shows the run before it.";

/// Said when it is there.
pub(crate) fn ready(events: usize) -> String {
    format!("The run is there: {}.", format::count(events, "event", "events"))
}

/// More crossings than are drawn.
pub(crate) fn more_dots(more: usize) -> String {
    format!("{} more on the wire", format::grouped(more))
}

/// The rows of the table that are there.
pub(crate) fn rows(from: usize, to: usize, of: usize) -> String {
    format!("Events {} to {} of {}", format::grouped(from), format::grouped(to), format::grouped(of))
}

/// The button above the first row.
pub(crate) const EARLIER: &str = "Earlier events";
/// The button below the last row.
pub(crate) const LATER: &str = "Later events";
