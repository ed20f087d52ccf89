//! Words of the composer and of the policy panel.

use crate::view::composer::KeyKind;

pub(crate) const SEND_SEVERAL: &str = "Send";
pub(crate) const EVERY: &str = "every";
pub(crate) const MORE: &str = "Headers, body";
pub(crate) const MORE_KEY: &str = ", Idempotency-Key";
pub(crate) const MORE_WITH_KEY: &str = ", with a key";
pub(crate) const HEADERS: &str = "Headers";
pub(crate) const HEADERS_NOTE: &str =
    "Beside those that the client writes itself: Host, Content-Length, Connection and the Idempotency-Key.";
pub(crate) const ADD_HEADER: &str = "Add a header";
pub(crate) const BODY: &str = "Body";
pub(crate) const OWN_POLICY: &str = "own policy";
pub(crate) const OPEN_POLICY: &str = "own policy…";
pub(crate) const POLICY: &str = "Policy";
pub(crate) const POLICY_OPENED: &str = "The retry policy has opened in place of the requests.";

pub(crate) const POLICY_TITLE: &str = "Retry policy";
pub(crate) const START_FROM: &str = "Start from";
pub(crate) const WAITS_TITLE: &str = "Wait before each retry";
pub(crate) const NO_WAITS: &str = "There is no retry, and so no wait before one.";
pub(crate) const WAITS_TABLE: [&str; 6] = ["", "least", "10 % below", "half below", "90 % below", "most"];
pub(crate) const AS_TABLE: &str = "The waits as a table";
pub(crate) const ENDS_TITLE: &str = "When it gives up";
pub(crate) const LOAD_TITLE: &str = "Load on the origin, by the share of attempts that fail";
pub(crate) const LOAD_SHARE: &str = "failing";
pub(crate) const MEND_TITLE: &str = "What to mend";
pub(crate) const CODE_TITLE: &str = "As code";
pub(crate) const LANGUAGE: &str = "Language or library";
pub(crate) const COPY: &str = "Copy";
pub(crate) const COPIED: &str = "Copied";
pub(crate) const NOT_COPIED: &str = "Not allowed here: select the text";

/// The headings of a client's settings that make its policy; those that start open first.
pub(crate) const POLICY_PARTS: [(&str, bool); 4] =
    [("Attempts", true), ("Waits", true), ("Timeouts", false), ("Limits of retries", false)];

/// What a picker calls a kind of key.
pub(crate) const fn key(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::None => "none",
        KeyKind::New => "one per request",
        KeyKind::Given => "fixed text",
    }
}

/// What pressing "Send" does, for those who hear it.
pub(crate) fn send_several(count: &str) -> String {
    format!("Send {count} requests")
}

/// Said when several were sent.
pub(crate) fn sent(count: u32) -> String {
    format!("{count} requests are sent. One step back takes all of them away.")
}

/// The labels of a header's fields and of the button that removes it.
pub(crate) fn header(number: usize) -> [String; 3] {
    [
        format!("Name of header {number}"),
        format!("Value of header {number}"),
        format!("Remove header {number}"),
    ]
}

/// What the policy belongs to.
pub(crate) fn policy_of(client: &str) -> String {
    format!("Retry policy of {client}")
}

/// Said when something is mended.
pub(crate) fn mended(words: &str, left: usize) -> String {
    match left {
        0 => format!("{words}: done. Nothing is left to mend."),
        1 => format!("{words}: done. One thing is left to mend."),
        n => format!("{words}: done. {n} things are left to mend."),
    }
}

/// How much of the policy a code lacks; its first lines say what.
pub(crate) fn missing(count: usize) -> Option<&'static str> {
    match count {
        0 => None,
        1 => Some("One part of the policy is not in it; its first lines say which."),
        _ => Some("Some parts of the policy are not in it; its first lines say which."),
    }
}

/// Said where the single settings of a policy cannot be shown.
pub(crate) fn fields_failed(reason: &str) -> String {
    format!("The single settings cannot be shown: of the page's own file, {reason}. The rest works.")
}
