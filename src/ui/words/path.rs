//! The words of the path: nodes, break menus, the row of other gateways.

pub(crate) const WHEN: &str = "happens at the playhead";
pub(crate) const FIND_FAULT: &str = "Find a fault: down, timeout, DNS";
pub(crate) const NOTHING_FOUND: &str = "No fault fits.";
pub(crate) const HOW: &str = "On the wire: ";
pub(crate) const HOW_EMPTY: &str = "Point at a fault to read what then happens on the wire.";

pub(crate) const OTHERS: &str = "What would others say?";
pub(crate) const OTHERS_WAIT: &str = "Pause, and the others are asked about this answer.";
pub(crate) const DOCUMENTED: &str = "What the documents of others say";
pub(crate) const WHICH: &str = "Which gateway?";
pub(crate) const FIND_GATEWAY: &str = "Find a gateway";
pub(crate) const NO_GATEWAY: &str = "No gateway fits.";
pub(crate) const SAME_RUN: &str =
    "Same run, same settings where the product has them. Choosing one runs it again; G goes on to the next.";
pub(crate) const NOTHING_ANSWERED: &str = "Their answers stand here once the first one is known.";
pub(crate) const RECORDED: &str = "Recorded";
pub(crate) const NOT_RECORDED: &str = "Documented, not recorded";
pub(crate) const THIS_ANSWER: &str = "this answer";
pub(crate) const LEGEND: &str = "Hatched or an hourglass: a timer decided. Where a document is silent, the row says so and cannot be chosen.";

pub(crate) const APPLIES: &str = "Applies here";
pub(crate) const WHAT_APPLIES: &str = "What the reference says to this";

/// The label of the button that opens the picker of gateways.
pub(crate) fn product_label(product: &str, version: &str) -> String {
    format!("Gateway: {product} {version}. Choose another.")
}

/// The heading of a stack.
pub(crate) fn stack(count: usize, kind: &str) -> String {
    format!("{count} more {kind}")
}

/// What stands in a stack and is not listed on it.
pub(crate) fn more(count: usize) -> String {
    format!("and {count} more")
}
