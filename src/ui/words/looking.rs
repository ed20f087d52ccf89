//! The words of the list of requests and of the evidence.

use crate::view::format::grouped;

pub(crate) const TABS: [&str; 4] = ["Messages", "Logs", "Origin’s view", "cURL · HAR"];
pub(crate) const DIFFERS: &str = "differs from what the client was told";

pub(crate) const NO_ANSWER_TO_SHOW: &str = "No answer to show.";
pub(crate) const NO_ANSWER_TO_SHOW_MORE: &str =
    "What was said on every hop, the logs and what the origin saw will stand here.";
pub(crate) const NOTHING_CAME: &str = "Nothing came that could be shown.";
pub(crate) const NOTHING_SENT: &str = "Nothing went out.";
pub(crate) const NO_LOG: &str = "Nobody has written anything about this attempt yet.";
pub(crate) const NO_ORIGIN: &str = "No origin was asked.";
pub(crate) const BETWEEN: &str = "Between whom";
pub(crate) const ANSWER: &str = "Answer";
pub(crate) const REQUEST: &str = "Request";

pub(crate) const ORDERS: &str = "Orders in the service";
pub(crate) const NO_ORDERS: &str = "Nothing was created so far.";
pub(crate) const ORDER_COLUMNS: [&str; 5] = ["Order", "Created for", "At", "Client told", "Idempotency-Key"];

pub(crate) const HAR: &str = "The run as HAR";
pub(crate) const HAR_NOTE: &str = "Every attempt that has ended so far, with its phases, for the network panel of a browser and other tools. HAR 1.2.";
pub(crate) const COPY: &str = "Copy";
pub(crate) const COPIED: &str = "Copied";
pub(crate) const COPY_HAR: &str = "Copy HAR";
pub(crate) const SAVE_HAR: &str = "Save HAR";
pub(crate) const HAR_FILE: &str = "fivexx.har";

/// Said where the browser lets no file be saved.
pub(crate) const SAVE_FAILED: &str =
    "The HAR file could not be saved: the browser did not let the page hand it over. Copy it instead.";

pub(crate) const NONE_FITS: &str = "No request fits.";
pub(crate) const CLEAR: &str = "Clear filters";
pub(crate) const FILTERS: &str = "Which requests";
pub(crate) const BY_OUTCOME: &str = "Outcome";
pub(crate) const BY_CLIENT: &str = "Client";
pub(crate) const ANY_CLIENT: &str = "any client";
pub(crate) const BY_TEXT: &str = "Method or path";

/// Said where older requests are not listed.
pub(crate) fn older(count: usize) -> String {
    match count {
        1 => "1 earlier request is not listed.".to_owned(),
        n => format!("{} earlier requests are not listed.", grouped(n)),
    }
}

/// The button below it.
pub(crate) fn more(count: usize) -> String {
    format!("Show {count} more")
}

/// Said where older orders are not listed.
pub(crate) fn older_orders(count: usize) -> String {
    format!("{} earlier orders are not listed.", grouped(count))
}

/// The label of the phases.
pub(crate) fn phases_of(attempt: u32) -> String {
    format!("Phases of attempt {attempt}")
}
