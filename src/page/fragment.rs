//! The session in the page's fragment: read at the start, kept current, and read anew when somebody changes it.

use leptos::prelude::*;

use crate::ui::lazy;
use crate::ui::session::Session;

/// The page's address without its fragment.
pub(super) fn address() -> String {
    let href = window().location().href().unwrap_or_default();
    href.split('#').next().unwrap_or_default().to_owned()
}

/// Starts with the session in the fragment, and keeps the fragment current from then on.
pub(super) fn keep(session: Session) {
    if given().is_empty() {
        session.sharing.start();
    } else {
        lazy::visit(session, given());
    }
    Effect::new(move |before: Option<()>| {
        if session.sharing.follow(session) && before.is_some() {
            lazy::write_address(session);
        }
    });
    let listener = window_event_listener(leptos::ev::hashchange, move |_| lazy::visit(session, given()));
    on_cleanup(move || listener.remove());
}

/// The fragment: it may ask for a session or a preset. A broken one is told, and what ran before goes on.
pub(super) fn given() -> String {
    window().location().hash().unwrap_or_default()
}
