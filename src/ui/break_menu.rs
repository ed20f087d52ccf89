//! The faults of a place. The menu never names the status that will follow.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::icon::Icon;
use super::panel::close;
use super::session::{Panel, Session, session};
use crate::sim::fault::{FaultInfo, FaultKind, Place};
use crate::sim::scenario::Action;
use crate::sim::trace::NodeKind;
use crate::view::{conditions, names, path};

/// The menu of the place whose Break button was pressed.
#[component]
pub(crate) fn BreakMenu() -> impl IntoView {
    let session = session();
    let place = Memo::new(move |_| match session.panel.get() {
        Panel::Break(place) => Some(place),
        _ => None,
    });
    move || place.get().map(|place| view! { <Menu place=place/> })
}

#[component]
fn Menu(place: String) -> impl IntoView {
    let session = session();
    let menu = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if let Some(menu) = menu.get() {
            focus_item(&menu, 0);
        }
    });
    let node = place.strip_prefix("link:").unwrap_or(&place).to_owned();
    let link = conditions::link(&node);
    let kind = kind_of(session, &node);
    let title = format!("Break {}", names::place(&place));
    // On narrow screens wires have no buttons, so the node's menu holds the network's faults as well.
    let also_link = (place != link).then(|| {
        view! {
            <div class="narrow">
                <div class="mh"><b>{format!("Break {}", names::place(&link))}</b></div>
                <Faults place=link.clone() of=Place::Link/>
            </div>
        }
    });
    let of = match kind {
        _ if place.starts_with("link:") => Place::Link,
        Some(NodeKind::Dependency) => Place::Dependency,
        _ => Place::Origin,
    };
    let side = match kind {
        Some(NodeKind::Client | NodeKind::Gateway) => "menu wide from-left",
        _ => "menu wide from-right",
    };
    let keys = move |event: KeyboardEvent| {
        if let Some(menu) = menu.get_untracked() {
            menu_key(&event, &menu);
        }
        if event.key() == "Escape" || event.key() == "Tab" {
            event.prevent_default();
            event.stop_propagation();
            close(session);
        }
    };
    view! {
        <div class="veil" on:click=move |_| close(session)></div>
        <div class=side node_ref=menu role="menu" aria-label=title.clone() on:keydown=keys>
            <div class="mh"><b>{title.clone()}</b><span class="dim">"happens at the playhead"</span></div>
            <Faults place=place of=of/>
            {also_link}
        </div>
    }
}

#[component]
fn Faults(place: String, of: Place) -> impl IntoView {
    let groups = path::breakable(of).into_iter().map(move |(group, infos)| {
        let place = place.clone();
        let items = infos.into_iter().map(move |info| item(place.clone(), info)).collect_view();
        view! {
            <div class="g" role="group" aria-label=group.title()>
                <div class="grp" aria-hidden="true">{group.title()}</div>
                {items}
            </div>
        }
    });
    view! { <div class="cols">{groups.collect_view()}</div> }
}

fn item(place: String, info: &'static FaultInfo) -> impl IntoView {
    let session = session();
    let kind = (info.default)().kind();
    let at = place.clone();
    let there = Memo::new(move |_| is_there(session, &at, kind));
    let choose = move |_| {
        let node = place.clone();
        let action = if there.get_untracked() {
            Action::Repair { node, fault: kind }
        } else {
            Action::Inject { node, fault: (info.default)() }
        };
        session.change(action);
        close(session);
    };
    view! {
        <button role="menuitemcheckbox" tabindex="-1" data-fault=info.kind
            aria-checked=move || there.get().to_string() on:click=choose>
            <span>{move || there.get().then(|| view! { <Icon name="#i-check" small=true/> })}</span>
            <span>{info.title} <small>{info.summary}</small></span>
        </button>
    }
}

fn is_there(session: Session, place: &str, kind: FaultKind) -> bool {
    let active = session.scenario.with(|s| conditions::faults(s, session.cursor.get()));
    active.iter().any(|a| a.place == place && a.fault.kind() == kind)
}

fn kind_of(session: Session, node: &str) -> Option<NodeKind> {
    session.run.with_untracked(|run| run.trace.nodes.iter().find(|n| n.id == node).map(|n| n.kind))
}

/// Moves the focus within a menu: arrows, Home and End.
fn menu_key(event: &KeyboardEvent, menu: &HtmlElement) {
    let items = items(menu);
    let focused = document().active_element();
    let here =
        items.iter().position(|i| focused.as_ref().is_some_and(|f| f.is_same_node(Some(i)))).unwrap_or(0);
    let last = items.len().saturating_sub(1);
    let to = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => {
            if here == last {
                0
            } else {
                here + 1
            }
        }
        "ArrowUp" | "ArrowLeft" => {
            if here == 0 {
                last
            } else {
                here - 1
            }
        }
        "Home" => 0,
        "End" => last,
        _ => return,
    };
    event.prevent_default();
    event.stop_propagation();
    focus_item(menu, to);
}

fn items(menu: &HtmlElement) -> Vec<HtmlElement> {
    let Ok(found) = menu.query_selector_all("[role=menuitemcheckbox]") else { return Vec::new() };
    (0..found.length())
        .filter_map(|i| found.item(i)?.dyn_into::<HtmlElement>().ok())
        .filter(|item| item.offset_parent().is_some())
        .collect()
}

fn focus_item(menu: &HtmlElement, index: usize) {
    if let Some(item) = items(menu).get(index) {
        let _ = item.focus();
    }
}
