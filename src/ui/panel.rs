//! Closing what is open: the focus goes back to the button that opened it.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::session::{Panel, Session};

/// Closes what is open.
pub(crate) fn close(session: Session) {
    let opener = match session.panel.get_untracked() {
        Panel::Closed => None,
        Panel::Break(place) => Some(break_button(&place)),
        Panel::Share => Some("share".to_owned()),
        Panel::Keys => Some("keys".to_owned()),
        Panel::Settings => {
            Some(session.scenario.with_untracked(|s| format!("settings-{}", s.gateways[0].id)))
        }
    };
    session.panel.set(Panel::Closed);
    let button = opener.and_then(|id| document().get_element_by_id(&id));
    if let Some(button) = button.and_then(|b| b.dyn_into::<HtmlElement>().ok()) {
        // A button that is not drawn at this width does not take the focus; then it stays where it is.
        let _ = button.focus();
    }
}

/// The button that opens the menu of a place.
fn break_button(place: &str) -> String {
    match place.strip_prefix("link:") {
        Some(node) => format!("break-link-{node}"),
        None => format!("break-{place}"),
    }
}
