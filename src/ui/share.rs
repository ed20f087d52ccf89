//! The link to this session.

use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlInputElement;

use super::icon::Icon;
use super::panel::close;
use super::session::{Panel, session};
use super::words;
use crate::interop::link;

/// A popover with the link and a button that copies it.
#[component]
pub(crate) fn Share() -> impl IntoView {
    let session = session();
    let open = Memo::new(move |_| session.panel.with(|p| *p == Panel::Share));
    let address =
        move || session.scenario.with(|s| format!("{}#s={}", session.address.get_value(), link::encode(s)));
    let copied = RwSignal::new(false);
    let input = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if open.get()
            && let Some(input) = input.get()
        {
            copied.set(false);
            let _ = input.focus();
            input.select();
        }
    });
    let copy_link = move |_| {
        copy(&address());
        copied.set(true);
    };
    view! {
        <Show when=move || open.get()>
            <div class="veil" on:click=move |_| close(session)></div>
            <div class="pop share-pop" role="dialog" aria-label="Share this session">
                <div class="ph">
                    <h3>"Share this session"</h3>
                    <span class="grow"></span>
                    <button class="btn ghost small icon" aria-label="Close" on:click=move |_| close(session)>
                        <Icon name="#i-x" small=true/>
                    </button>
                </div>
                <div class="pad">
                    <input id="share-link" class="inp mono" readonly=true aria-label="Link" node_ref=input prop:value=address/>
                    <button class="btn primary" id="share-copy" on:click=copy_link>
                        <Icon name="#i-copy" small=true/>
                        {move || if copied.get() { "Copied" } else { "Copy link" }}
                    </button>
                </div>
                <p class="dim pad">{words::SHARE_NOTE}</p>
            </div>
        </Show>
    }
}

/// Puts a text on the clipboard, where the browser has one and allows it.
pub(crate) fn copy(text: &str) {
    let navigator = window().navigator();
    // Without a secure context there is no clipboard, and asking for it would throw.
    let there =
        js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).is_ok_and(|c| !c.is_undefined());
    if there {
        let _promise = navigator.clipboard().write_text(text);
    } else if let Some(input) = document().get_element_by_id("share-link")
        && let Ok(input) = input.dyn_into::<HtmlInputElement>()
    {
        input.select();
    }
}
