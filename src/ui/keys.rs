//! Keys: what they do, and the list of them.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::icon::Icon;
use super::panel::close;
use super::session::{Panel, Session, session};
use super::transport::notch;
use super::words;
use crate::sim::time::SimTime;

/// Handles a key that was pressed inside of the playground, unless somebody types.
pub(crate) fn handle(session: Session, event: &KeyboardEvent) {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return };
    let key = event.key();
    if key == "Escape" {
        escape(session, &target);
        return;
    }
    if event.ctrl_key()
        || event.meta_key()
        || event.alt_key()
        || is_typing(&target)
        || event.default_prevented()
    {
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
        "d" | "D" => act(|| session.table.update(|t| *t = !*t)),
        "x" | "X" => open_break_menu(session, &target),
        "?" => act(|| session.panel.set(Panel::Keys)),
        "1" | "2" | "3" | "4" => press_tab(&key),
        "ArrowDown" => next_row(&target, true),
        "ArrowUp" => next_row(&target, false),
        _ => false,
    };
    if handled {
        event.prevent_default();
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

/// The next or previous request or attempt; an attempt is chosen by it. Elsewhere these keys scroll.
fn next_row(target: &Element, forwards: bool) -> bool {
    let row = target.closest("#waterfall [role=row]").ok().flatten();
    let mut next = row.and_then(|r| sibling(&r, forwards));
    while let Some(row) = next {
        if row.get_attribute("tabindex").as_deref() == Some("0") {
            if let Some(row) = row.dyn_ref::<HtmlElement>() {
                let _ = row.focus();
                if row.has_attribute("aria-selected") {
                    row.click();
                }
            }
            return true;
        }
        next = sibling(&row, forwards);
    }
    false
}

fn sibling(element: &Element, forwards: bool) -> Option<Element> {
    if forwards { element.next_element_sibling() } else { element.previous_element_sibling() }
}

/// The list of keys; one of the few things that cover the page.
#[component]
pub(crate) fn KeyList() -> impl IntoView {
    let session = session();
    let open = Memo::new(move |_| session.panel.with(|p| *p == Panel::Keys));
    let closer = NodeRef::<leptos::html::Button>::new();
    Effect::new(move |_| {
        if let (true, Some(closer)) = (open.get(), closer.get()) {
            let _ = closer.focus();
        }
    });
    view! {
        <Show when=move || open.get()>
            <div class="veil dark" on:click=move |_| close(session)></div>
            <div class="pop keys-pop" role="dialog" aria-modal="true" aria-label="Keys">
                <div class="ph">
                    <h3>"Keys"</h3>
                    <span class="dim">"while the focus is inside, and never while you type"</span>
                    <span class="grow"></span>
                    <button class="btn ghost small icon" aria-label="Close" node_ref=closer
                        on:click=move |_| close(session)>
                        <Icon name="#i-x" small=true/>
                    </button>
                </div>
                <dl class="keylist pad">
                    {words::KEYS.into_iter().map(|(key, does)| view! {
                        <div><dt>{does}</dt><dd><kbd>{key}</kbd></dd></div>
                    }).collect_view()}
                </dl>
            </div>
        </Show>
    }
}
