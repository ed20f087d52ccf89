//! The session in the page's fragment: read at the start, kept current, and read anew when somebody changes it.

use leptos::prelude::*;

use crate::ui::session::Session;
use crate::ui::sharing;

/// The page's address without its fragment.
pub(super) fn address() -> String {
    let href = window().location().href().unwrap_or_default();
    href.split('#').next().unwrap_or_default().to_owned()
}

/// Starts with the session in the fragment, and keeps the fragment current from then on.
pub(super) fn keep(session: Session) {
    read(session);
    Effect::new(move |before: Option<String>| {
        let fragment = sharing::fragment(session);
        if before.is_some_and(|before| before != fragment) {
            sharing::write_address(session);
        }
        fragment
    });
    let listener = window_event_listener(leptos::ev::hashchange, move |_| read(session));
    on_cleanup(move || listener.remove());
}

/// Runs the session in the fragment, if it holds one. A broken one is told, and what ran before goes on.
fn read(session: Session) {
    sharing::visit(session, &window().location().hash().unwrap_or_default());
}
