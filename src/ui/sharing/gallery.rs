//! All presets and a person's own runs; one of the few things that cover the page.

use std::sync::Arc;

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::own_runs::own_runs;
use super::presets_file::{PresetsFile, show};
use super::{files, open_preset, refuse, words};
use crate::ui::icon::Icon;
use crate::ui::panel::close;
use crate::ui::session::{Panel, Session};
use crate::view::address;
use crate::view::gallery::{GROUPS, Gallery};

pub(super) fn gallery(session: Session) -> AnyView {
    let open = Memo::new(move |_| session.panel.with(|p| *p == Panel::Presets));
    let dialog = NodeRef::<leptos::html::Dialog>::new();
    Effect::new(move |_| {
        let open = open.get();
        let Some(dialog) = dialog.get() else { return };
        if open && !dialog.open() {
            show(session);
            // It is in the document and closed, which is all that showing it asks for.
            let _ = dialog.show_modal();
        } else if !open && dialog.open() {
            dialog.close();
        }
    });
    let closed = move |_| {
        if session.panel.with_untracked(|p| *p == Panel::Presets) {
            session.panel.set(Panel::Closed);
        }
    };
    view! {
        <dialog class="pop gallery" aria-labelledby="gallery-title" node_ref=dialog on:close=closed on:keydown=key>
            <Show when=move || open.get()>{content(session)}</Show>
        </dialog>
    }
    .into_any()
}

fn content(session: Session) -> AnyView {
    let sharing = session.sharing;
    let query = RwSignal::new(String::new());
    let group = |(id, name): (&'static str, &'static str)| {
        let is_it = move || (sharing.group.get() == id).to_string();
        let test = if id.is_empty() { "all" } else { id };
        view! { <button aria-pressed=is_it data-group=test on:click=move |_| sharing.group.set(id)>{name}</button> }
    };
    let groups: Vec<_> =
        [("", "All")].into_iter().chain(GROUPS).chain([(words::OWN, words::MY_RUNS)]).map(group).collect();
    let shows_own = Memo::new(move |_| sharing.group.get() == words::OWN);
    let input = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _ = input.focus();
        }
    });
    let typed = move |event| {
        query.set(event_target_value(&event));
        if shows_own.get_untracked() {
            sharing.group.set("");
        }
    };
    view! {
        <div class="ph">
            <h3 id="gallery-title">"Presets"</h3>
            <input type="search" id="find-preset" class="inp" placeholder=words::FIND aria-label=words::FIND autocomplete="off"
                spellcheck="false" node_ref=input prop:value=move || query.get() on:input=typed/>
            <div class="seg small" role="group" aria-label="Kind">{groups.into_iter().collect_view()}</div>
            <button class="btn small" id="gallery-file" on:click=move |_| files::choose()>{words::OPEN_FILE}</button>
            <button class="btn ghost small icon" aria-label="Close the presets" on:click=move |_| close(session)>
                <Icon name="#i-x" small=true/>
            </button>
        </div>
        <div class="scroll-in">
            {move || if shows_own.get() { own_runs(session) } else { presets(session, query) }}
        </div>
    }
    .into_any()
}

fn presets(session: Session, query: RwSignal<String>) -> AnyView {
    let file = session.sharing.file;
    view! {
        {move || match file.get() {
            PresetsFile::Unasked | PresetsFile::Loading => {
                view! { <p class="dim pad" role="status">{words::LOADING}</p> }.into_any()
            }
            PresetsFile::Failed(why) => view! {
                <div class="note bad" id="presets-failed" role="alert">
                    <Icon name="#i-warn" small=true/>
                    <div>
                        <p>{words::no_presets(&why)}</p>
                        <button class="btn small" id="presets-retry" on:click=move |_| show(session)>"Try again"</button>
                    </div>
                </div>
            }
            .into_any(),
            PresetsFile::Ready(gallery) => list(session, gallery, query),
        }}
    }
    .into_any()
}

fn list(session: Session, gallery: Arc<Gallery>, query: RwSignal<String>) -> AnyView {
    let group = session.sharing.group;
    let all = gallery.entries.len();
    let found = {
        let gallery = gallery.clone();
        Memo::new(move |_| query.with(|query| gallery.found(group.get(), query)))
    };
    let cards = move || {
        found.get().into_iter().map(|found| card(session, &gallery, found.index, found.place)).collect_view()
    };
    view! {
        <div class="cards">{cards}</div>
        <p class="pf dim" role="status" id="presets-found">
            {move || words::found(found.with(Vec::len), all, &query.get())} " " {words::KEEPS}
        </p>
    }
    .into_any()
}

fn card(session: Session, gallery: &Arc<Gallery>, index: usize, place: &'static str) -> AnyView {
    let gallery = gallery.clone();
    let entry = &gallery.entries[index];
    let (id, title, question, about) =
        (entry.id.clone(), entry.title.clone(), entry.question.clone(), entry.about());
    let address = address::preset(&id, 0);
    let mark = id.clone();
    let go = move |event: MouseEvent| {
        // With a key held, the browser opens it elsewhere.
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        event.prevent_default();
        match gallery.run(&id, 0, None) {
            Ok(shown) => open_preset(session, gallery.clone(), shown, true),
            Err(refused) => refuse(session, *refused),
        }
    };
    view! {
        <a class="card" href=address data-preset=mark on:click=go>
            <h4>{title}</h4>
            <p>{question}</p>
            <span class="ft">
                <span class="dim grow">{about}</span>
                {(!place.is_empty()).then(|| view! { <span class="tag">{place}</span> })}
            </span>
        </a>
    }
    .into_any()
}

/// Arrows go from card to card; no key of the dialog reaches the run behind it.
fn key(event: KeyboardEvent) {
    let key = event.key();
    if key != "Escape" {
        event.stop_propagation();
    }
    let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return };
    let (is_search, is_card) = (target.id() == "find-preset", target.class_name() == "card");
    let step: isize = match key.as_str() {
        "ArrowDown" if is_search => 0,
        "ArrowDown" | "ArrowRight" if is_card => 1,
        "ArrowUp" | "ArrowLeft" if is_card => -1,
        _ => return,
    };
    event.prevent_default();
    let Ok(cards) = document().query_selector_all(".gallery .card") else { return };
    let cards: Vec<HtmlElement> = (0..cards.length()).filter_map(|i| cards.get(i)?.dyn_into().ok()).collect();
    let here = cards.iter().position(|c| c.is_same_node(Some(&target)));
    let next = here.map_or(Some(0), |i| i.checked_add_signed(step));
    match next.and_then(|i| cards.get(i)) {
        // A card takes the focus.
        Some(card) => drop(card.focus()),
        None if step < 0 => crate::ui::panel::focus("find-preset"),
        None => {}
    }
}
