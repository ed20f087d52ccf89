//! The run as a HAR file: on the clipboard, or saved.

use leptos::prelude::*;

use super::session::Session;
use super::sharing::files::hand_over;
use super::words::looking as says;
use crate::interop::har;

/// What has ended so far, as text.
pub(super) fn text(session: Session) -> String {
    let known = session.known.get_untracked();
    session.run.with_untracked(|run| har::har(&run.trace, known))
}

/// Hands the file to the browser, which saves it.
pub(super) fn save(session: Session) {
    if !hand_over(says::HAR_FILE, &text(session)) {
        session.refuse(says::SAVE_FAILED.to_owned());
    }
}
