//! Sharing this run: a link, a file, and what it is called.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::icon::Icon;
use super::panel::close;
use super::session::{Panel, Session};
use super::sharing;
use super::words::sharing as words;
use crate::interop::link;
use crate::sim::scenario::Scenario;
use crate::view::{address, format};

/// The popover, while it is open.
pub(crate) fn share(session: Session) -> AnyView {
    let open = Memo::new(move |_| session.panel.with(|p| *p == Panel::Share));
    view! { <Show when=move || open.get()>{popover(session)}</Show> }.into_any()
}

fn popover(session: Session) -> AnyView {
    let packed = Memo::new(move |_| session.scenario.with(link::encode));
    let is_too_long = Memo::new(move |_| packed.with(|p| p.len() > link::MAX_PACKED));
    let at_playhead = RwSignal::new(true);
    let address = Memo::new(move |_| {
        let at = at_playhead.get().then(|| session.cursor.get());
        format!("{}{}", session.address.get_value(), packed.with(|packed| address::session(packed, at)))
    });
    let holds =
        move || words::link_holds(address.with(String::len), session.scenario.with(|s| s.timeline.len()));
    let copied = RwSignal::new(None::<bool>);
    let input = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _ = input.focus();
            input.select();
        }
    });
    // What was copied is not this link any more.
    Effect::new(move |_| {
        address.track();
        copied.set(None);
    });
    let copy_link = move |_| {
        copy_then(address.get_untracked(), move |is_done| {
            if !is_done && let Some(input) = input.get_untracked() {
                let _ = input.focus();
                input.select();
            }
            copied.set(Some(is_done));
        });
    };
    let said = move || copied.get().map(|is_done| if is_done { words::COPIED } else { words::NOT_COPIED });
    view! {
        <div class="veil" on:click=move |_| close(session)></div>
        <div class="pop share-pop" role="dialog" aria-label="Share this run">
            <div class="ph">
                <h3>"Share this run"</h3>
                <span class="grow"></span>
                <button class="btn ghost small icon" aria-label="Close" on:click=move |_| close(session)>
                    <Icon name="#i-x" small=true/>
                </button>
            </div>
            <div class="share-in">
                <div class="row">
                    <input id="share-link" class="inp mono" readonly=true aria-label="Link" node_ref=input prop:value=move || address.get()/>
                    <button class="btn primary" id="share-copy" disabled=move || is_too_long.get() on:click=copy_link>
                        <Icon name="#i-copy" small=true/>
                        {move || if copied.get() == Some(true) { "Copied" } else { "Copy link" }}
                    </button>
                </div>
                <p class="dim" id="share-said" role="status" class:bad=move || copied.get() == Some(false)>{said}</p>
                <p class="dim">{move || if is_too_long.get() { words::LINK_TOO_LONG.to_owned() } else { holds() }}</p>
                <label class="tk">
                    <input type="checkbox" id="share-at" prop:checked=move || at_playhead.get()
                        on:change=move |event| at_playhead.set(event_target_checked(&event))/>
                    <span>{move || words::open_at(&format::moment(session.cursor.get()))}</span>
                </label>
                {named(session)}
                {sharing::share_foot(session)}
            </div>
        </div>
    }
    .into_any()
}

/// The name of the run and what is said about it.
fn named(session: Session) -> AnyView {
    let wrong = RwSignal::new(None::<String>);
    let change = move |set: fn(&mut Scenario, String), text: String| {
        let mut next = session.scenario.get_untracked();
        set(&mut next, text);
        match next.check() {
            Ok(()) => {
                wrong.set(None);
                name(session, next);
            }
            Err(error) => wrong.set(Some(error.to_string())),
        }
    };
    view! {
        <label class="label">
            "Title"
            <input id="share-name" class="inp" autocomplete="off" prop:value=move || session.scenario.with(|s| s.name.clone())
                on:change=move |event| change(|s, text| s.name = text, event_target_value(&event).trim().to_owned())/>
        </label>
        <label class="label">
            "Description, shown above the run"
            <textarea id="share-description" class="inp" rows="2" prop:value=move || session.scenario.with(|s| s.description.clone())
                on:change=move |event| change(|s, text| s.description = text, event_target_value(&event).trim().to_owned())></textarea>
        </label>
        {move || wrong.get().map(|text| view! {
            <p class="err" id="share-wrong" role="alert"><Icon name="#i-warn" small=true/><span>{text}</span></p>
        })}
    }
    .into_any()
}

/// Gives the run a name or a description: nothing that happens in it changes, so what is known stays known.
fn name(session: Session, next: Scenario) {
    let before = (session.scenario.get_untracked(), session.cursor.get_untracked());
    if before.0 != next {
        session.past.update(|past| past.push(before));
        session.undone.set(Vec::new());
        session.scenario.set(next);
    }
}

/// Puts a text on the clipboard, where the browser has one and allows it.
pub(crate) fn copy(text: &str) {
    copy_then(text.to_owned(), |_| ());
}

/// The same, and then says whether it was done.
pub(crate) fn copy_then(text: String, then: impl FnOnce(bool) + 'static) {
    let navigator = window().navigator();
    // Without a secure context there is no clipboard, and asking for it would throw.
    let there =
        js_sys::Reflect::get(&navigator, &JsValue::from_str("clipboard")).is_ok_and(|c| !c.is_undefined());
    if !there {
        then(false);
        return;
    }
    let promise = navigator.clipboard().write_text(&text);
    spawn_local(async move { then(JsFuture::from(promise).await.is_ok()) });
}
