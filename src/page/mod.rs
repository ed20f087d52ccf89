//! The whole page: header, theme, and the fragment that holds the session.

#![allow(unreachable_pub, reason = "the component macro makes the functions below it pub")]

mod fragment;
mod header;
mod theme;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlBodyElement, HtmlElement};

use crate::ui::playground::Playground;
use crate::ui::session::Session;
use crate::ui::sharing::files;
use crate::ui::{keys, lazy};

/// Puts the page into the element with the id `app`, or into the body where there is none.
pub fn start() {
    let app = document().get_element_by_id("app").and_then(|e| e.dyn_into::<HtmlElement>().ok());
    let root = app.or_else(|| document().body());
    let mount = move || {
        if let Some(root) = root {
            mount_to(root, Page).forget();
        }
        // After what the page has asked for while it was made.
        spawn_local(async {
            if let Some(body) = document().body() {
                // A body takes every attribute; tests and scripts wait for this one.
                let _ = body.set_attribute("data-ready", "true");
            }
        });
    };
    if fragment::given().is_empty() {
        mount();
    } else {
        // So that nothing else shows before what the link asks for.
        spawn_local(async move {
            lazy::know_links().await;
            mount();
        });
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
