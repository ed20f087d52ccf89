//! The whole page: header, theme, and the fragment that holds the session.

#![allow(unreachable_pub, reason = "the component macro makes the functions below it pub")]

mod fragment;
mod header;
mod theme;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{HtmlBodyElement, HtmlElement};

use crate::ui::keys;
use crate::ui::playground::Playground;
use crate::ui::session::Session;
use crate::ui::sharing::files;

/// Puts the page into the element with the id `app`, or into the body where there is none.
pub fn start() {
    let app = document().get_element_by_id("app").and_then(|e| e.dyn_into::<HtmlElement>().ok());
    let root = app.or_else(|| document().body());
    if let Some(root) = root {
        mount_to(root, Page).forget();
    }
    if let Some(body) = document().body() {
        // A body takes every attribute; tests and scripts wait for this one.
        let _ = body.set_attribute("data-ready", "true");
    }
}

#[component]
fn Page() -> impl IntoView {
    let session = Session::new(fragment::address());
    fragment::keep(session);
    files::accept_drops(session);
    // The playground is the whole page: with the focus on nothing, its keys work as well.
    let listener = window_event_listener(leptos::ev::keydown, move |event| {
        let on_body = event.target().is_some_and(|t| t.dyn_into::<HtmlBodyElement>().is_ok());
        if on_body {
            keys::handle(session, &event);
        }
    });
    on_cleanup(move || listener.remove());
    view! {
        <Playground session=session>
            <header::Header session=session/>
        </Playground>
    }
}
