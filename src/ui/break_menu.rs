//! The faults of a place. The menu never names the status that will follow.

use leptos::prelude::*;

use super::finder::Finder;
use super::icon::Icon;
use super::panel::close;
use super::session::{Panel, Session, session};
use super::words::path as words;
use crate::sim::fault::{FaultInfo, FaultKind, Place};
use crate::sim::scenario::Action;
use crate::sim::trace::NodeKind;
use crate::view::{conditions, names, path, text, wires};

const LIST: &str = "break-list";

/// The menu of the place whose Break button was pressed.
#[component]
pub(crate) fn BreakMenu() -> impl IntoView {
    let session = session();
    let place = Memo::new(move |_| match session.panel.get() {
        Panel::Break(place) => Some(place),
        _ => None,
    });
    move || place.get().map(|place| menu(place).into_any())
}

fn menu(place: String) -> impl IntoView {
    let session = session();
    let finder = Finder::new();
    let node = place.strip_prefix("link:").unwrap_or(&place).to_owned();
    let link = conditions::link(&node);
    let kind = kind_of(session, &node);
    let title = format!("Break {}", names::place(&place));
    let mut places = vec![(place.clone(), of(&place, kind))];
    // Wires have no buttons on narrow screens, nor where nodes stand in a stack.
    let also = if in_stack(session, &node) { "also" } else { "also narrow" };
    if place != link {
        places.push((link, Place::Link));
    }
    let side = match kind {
        Some(NodeKind::Client | NodeKind::Gateway) => "menu wide from-left",
        _ => "menu wide from-right",
    };
    let how = {
        let places = places.clone();
        move || {
            let active = finder.active.get();
            let infos = places.iter().flat_map(|(place, of)| {
                path::breakable(*of).into_iter().flat_map(|(_, infos)| infos).map(move |i| (place, i))
            });
            let found = infos.into_iter().find(|(place, info)| option_id(place, info) == active);
            found.map(|(_, info)| text::plain(info.mechanism))
        }
    };
    let shown = {
        let places = places.clone();
        Memo::new(move |_| {
            finder.text.with(|typed| places.iter().any(|(_, of)| !path::found(*of, typed).is_empty()))
        })
    };
    let lists = places.into_iter().enumerate().map(move |(i, (place, of))| {
        let heading = (i > 0)
            .then(|| view! { <div class="mh"><b>{format!("Break {}", names::place(&place))}</b></div> });
        view! { <div class=if i == 0 { "" } else { also }>{heading}{faults(place, of, finder)}</div> }
    });
    view! {
        <div class="veil" on:click=move |_| close(session)></div>
        <div class=side role="dialog" aria-label=title.clone() on:keydown=move |event| finder.key(&event, || close(session))>
            <div class="mh">
                <b>{title.clone()}</b>
                <span class="dim">{words::WHEN}</span>
                <span class="grow"></span>
                {finder.field(LIST, words::FIND_FAULT)}
                <button class="btn ghost small icon" aria-label="Close" tabindex="-1" on:click=move |_| close(session)>
                    <Icon name="#i-x" small=true/>
                </button>
            </div>
            <div class="opts" id=LIST role="listbox" aria-label=title.clone() aria-multiselectable="true" tabindex="-1"
                node_ref=finder.list>
                {lists.collect_view()}
                <p class="dim pad" hidden=move || shown.get()>{words::NOTHING_FOUND}</p>
            </div>
            <p class="how-line" aria-hidden="true">
                {move || match how() {
                    Some(how) => view! { <b>{words::HOW}</b> {how} }.into_any(),
                    None => words::HOW_EMPTY.into_any(),
                }}
            </p>
        </div>
    }
}

fn of(place: &str, kind: Option<NodeKind>) -> Place {
    match kind {
        _ if place.starts_with("link:") => Place::Link,
        Some(NodeKind::Dependency) => Place::Dependency,
        _ => Place::Origin,
    }
}

fn faults(place: String, of: Place, finder: Finder) -> impl IntoView {
    let groups = Memo::new(move |_| {
        finder.text.with(|typed| {
            let kinds = |(group, infos): path::Section| {
                (group, infos.into_iter().map(|i| (i.default)().kind()).collect::<Vec<FaultKind>>())
            };
            path::found(of, typed).into_iter().map(kinds).collect::<Vec<_>>()
        })
    });
    let section = move || {
        let place = place.clone();
        let of_group = groups.get().into_iter().map(move |(group, kinds)| {
            let place = place.clone();
            let items =
                kinds.into_iter().map(move |kind| item(place.clone(), kind.info(), finder)).collect_view();
            view! {
                <div class="g" role="group" aria-label=group.title()>
                    <div class="grp" aria-hidden="true">{group.title()}</div>
                    {items}
                </div>
            }
        });
        of_group.collect_view()
    };
    view! { <div class="cols">{section}</div> }
}

fn option_id(place: &str, info: &FaultInfo) -> String {
    let on = if place.starts_with("link:") { "link" } else { "node" };
    format!("opt-{on}-{}", info.kind)
}

fn item(place: String, info: &'static FaultInfo, finder: Finder) -> impl IntoView {
    let session = session();
    let kind = (info.default)().kind();
    let at = place.clone();
    let there = Memo::new(move |_| is_there(session, &at, kind));
    let id = option_id(&place, info);
    let (how_id, mine, pointed) = (format!("{id}-how"), id.clone(), id.clone());
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
        <div role="option" id=id data-fault=info.kind aria-describedby=how_id.clone()
            aria-selected=move || there.get().to_string() class:active=move || finder.is_active(&mine)
            on:mousemove=move |_| {
                if finder.active.with_untracked(|a| *a != pointed) {
                    finder.active.set(pointed.clone());
                }
            }
            on:click=choose>
            <span>{move || there.get().then(|| view! { <Icon name="#i-check" small=true/> })}</span>
            <span>
                {info.title} <small>{info.summary}</small>
                <small class="how" id=how_id.clone()>{text::plain(info.mechanism)}</small>
            </span>
        </div>
    }
}

fn is_there(session: Session, place: &str, kind: FaultKind) -> bool {
    let active = session.scenario.with(|s| conditions::faults(s, session.cursor.get()));
    active.iter().any(|a| a.place == place && a.fault.kind() == kind)
}

fn kind_of(session: Session, node: &str) -> Option<NodeKind> {
    session.run.with_untracked(|run| run.trace.nodes.iter().find(|n| n.id == node).map(|n| n.kind))
}

/// True if the node has no place of its own on the path.
fn in_stack(session: Session, node: &str) -> bool {
    session.run.with_untracked(|run| {
        path::columns(&run.trace).iter().any(|column| {
            let place = column.iter().position(|(.., name)| name == node);
            place.is_some_and(|place| place >= wires::alone(column.len()))
        })
    })
}
