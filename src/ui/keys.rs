//! Keys: what they do, and the list of them.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::icon::Icon;
use super::lazy;
use super::panel::close;
use super::session::{Panel, Session, session};
use super::transport::notch;
use super::{timeline, words};
use crate::sim::time::SimTime;

/// Handles a key that was pressed inside of the playground, unless somebody types.
pub(crate) fn handle(session: Session, event: &KeyboardEvent) {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return };
    let key = event.key();
    if key == "Escape" {
        escape(session, &target);
        return;
    }
    if (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !is_typing(&target) {
        let back = match (key.as_str(), event.shift_key()) {
            ("z", false) => Some(true),
            ("Z" | "z", true) | ("y", false) => Some(false),
            _ => None,
        };
        if let Some(back) = back {
            session.undo(back);
            event.prevent_default();
            return;
        }
    }
    if event.ctrl_key()
        || event.meta_key()
        || event.alt_key()
        || is_typing(&target)
        || event.default_prevented()
    {
        return;
    }
    if target.id() == "scrub" && slide(session, &key) {
        event.prevent_default();
        return;
    }
    if key.chars().count() == 1 && key != " " && !session.letters.get_untracked() {
        return;
    }
    let on_control = target.closest("button, a, summary, [role=row]").ok().flatten().is_some();
    let handled = match key.as_str() {
        " " if !on_control => act(|| session.toggle()),
        "Enter" if !on_control => act(|| session.send()),
        "ArrowRight" if event.shift_key() => act(|| session.answer_by(true)),
        "ArrowLeft" if event.shift_key() => act(|| session.answer_by(false)),
        "ArrowRight" => act(|| session.step_by(true)),
        "ArrowLeft" => act(|| session.step_by(false)),
        "Home" => act(|| session.seek(SimTime::ZERO, None)),
        "End" => act(|| session.seek(session.known.get_untracked(), None)),
        "-" => act(|| session.speed.update(|s| *s = notch(*s, false))),
        "+" | "=" => act(|| session.speed.update(|s| *s = notch(*s, true))),
        "s" | "S" => act(|| session.send()),
        "g" | "G" => act(|| lazy::next_gateway(session, !event.shift_key())),
        "d" | "D" => act(|| session.table.update(|t| *t = !*t)),
        "x" | "X" => open_break_menu(session, &target),
        "?" => act(|| session.panel.set(Panel::Keys)),
        "1" | "2" | "3" | "4" => press_tab(&key),
        other => timeline::key(session, other, event.shift_key()),
    };
    if handled {
        event.prevent_default();
    }
}

/// The keys of a slider (ARIA Authoring Practices, slider): one event, or one answer, on or back.
fn slide(session: Session, key: &str) -> bool {
    match key {
        "ArrowUp" => act(|| session.step_by(true)),
        "ArrowDown" => act(|| session.step_by(false)),
        "PageUp" => act(|| session.answer_by(true)),
        "PageDown" => act(|| session.answer_by(false)),
        _ => false,
    }
}

fn act(action: impl FnOnce()) -> bool {
    action();
    true
}

fn is_typing(target: &Element) -> bool {
    target.closest("input, select, textarea, [role=menu], [role=tab]").ok().flatten().is_some()
}

/// Closes what is open; then leaves the panel.
fn escape(session: Session, target: &Element) {
    if session.panel.with_untracked(|p| *p != Panel::Closed) {
        close(session);
    } else if let Some(target) = target.dyn_ref::<HtmlElement>() {
        let _ = target.blur();
    }
}

fn open_break_menu(session: Session, target: &Element) -> bool {
    let node = target.closest("[data-break]").ok().flatten();
    let place = node.and_then(|n| n.get_attribute("data-break"));
    place.is_some_and(|place| act(|| session.panel.set(Panel::Break(place))))
}

fn press_tab(key: &str) -> bool {
    let index = key.parse::<usize>().unwrap_or(1) - 1;
    let tab = document().get_element_by_id(&format!("in-t{index}"));
    tab.and_then(|t| t.dyn_into::<HtmlElement>().ok()).is_some_and(|tab| act(|| tab.click()))
}

/// The list of keys; one of the few things that cover the page. The browser keeps the focus inside of it.
#[component]
pub(crate) fn KeyList() -> impl IntoView {
    let session = session();
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    Effect::new(move |_| {
        let open = session.panel.with(|p| *p == Panel::Keys);
        let Some(dialog) = dialog.get() else { return };
        if open && !dialog.open() {
            // It is in the document and closed, which is all that showing it asks for.
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    let closed = move |_| {
        if session.panel.with_untracked(|p| *p == Panel::Keys) {
            session.panel.set(Panel::Closed);
        }
    };
    view! {
        <dialog class="pop keys-pop" aria-label="Keys" node_ref=dialog on:close=closed>
            <div class="ph">
                <h3>"Keys"</h3>
                <span class="dim">"while the focus is inside, and never while you type"</span>
                <span class="grow"></span>
                <button class="btn ghost small icon" aria-label="Close" on:click=move |_| close(session)>
                    <Icon name="#i-x" small=true/>
                </button>
            </div>
            <dl class="keylist pad">
                {words::KEYS.into_iter().chain(words::time::KEYS).map(|(key, does)| view! {
                    <div><dt>{does}</dt><dd><kbd>{key}</kbd></dd></div>
                }).collect_view()}
            </dl>
            <label class="row pad">
                <input type="checkbox" id="letters" prop:checked=move || session.letters.get()
                    on:change=move |event| session.letters.set(event_target_checked(&event))/>
                <span>"Single letters, digits and signs are keys"</span>
            </label>
        </dialog>
    }
}
