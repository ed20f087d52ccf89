//! Closing what is open: the focus goes back to the button that opened it.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::session::{Panel, Session};
use super::timeline::{count_id, flag_id};

/// Closes what is open.
pub(crate) fn close(session: Session) {
    let opener = match session.panel.get_untracked() {
        // Dialogs give the focus back to whatever had it.
        Panel::Closed | Panel::Keys | Panel::Presets => None,
        Panel::Break(place) => Some(break_button(&place)),
        Panel::Gateway(node) => Some(format!("product-{node}")),
        Panel::Share => Some("share".to_owned()),
        Panel::Change(index) => Some(flag_id(index)),
        Panel::Changes(all) => all.first().map(|first| count_id(*first)),
        Panel::More => Some("more".to_owned()),
        Panel::Policy(opener) => Some(opener.to_owned()),
        Panel::Settings => Some(format!("settings-{}", session.settings_of.get_untracked())),
    };
    session.panel.set(Panel::Closed);
    if let Some(button) = opener {
        focus(&button);
    }
}

/// Gives the focus to an element by its id. One that is not drawn at this width does not take it; then it stays.
pub(crate) fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// The button that opens the menu of a place.
fn break_button(place: &str) -> String {
    match place.strip_prefix("link:") {
        Some(node) => format!("break-link-{node}"),
        None => format!("break-{place}"),
    }
}
