//! What opens below the composer: headers and body.

use leptos::prelude::*;

use super::composer::ERROR;
use super::icon::Icon;
use super::panel::focus;
use super::session::session;
use super::words::sending as words;
use crate::view::composer::{Draft, Header, Place};

/// Headers and body, while they are open.
#[component]
pub(crate) fn More() -> impl IntoView {
    let desk = session().desk;
    view! {
        <Show when=move || desk.is_open.get()>
            <div id="composer-more">
                <Headers/>
                <Body/>
            </div>
        </Show>
    }
}

/// A line for each header.
#[component]
fn Headers() -> impl IntoView {
    let desk = session().desk;
    let ids = desk.read(|draft| draft.headers.iter().map(|header| header.id).collect::<Vec<_>>());
    let add = move |_| {
        let mut id = 0;
        desk.type_in(|draft| id = draft.add("", ""));
        request_animation_frame(move || focus(&Place::Name(id).id()));
    };
    view! {
        <fieldset class="headers">
            <legend>{words::HEADERS}</legend>
            <p class="dim">{words::HEADERS_NOTE}</p>
            <For each=move || ids.get() key=|id| *id children=|id| view! { <HeaderLine id=id/> }/>
            <button type="button" class="btn small" id="header-add" on:click=add>
                <Icon name="#i-plus" small=true/>{words::ADD_HEADER}
            </button>
        </fieldset>
    }
}

/// A header: its name, its value, and the way out.
#[component]
fn HeaderLine(
    /// Its id.
    id: u32,
) -> impl IntoView {
    let desk = session().desk;
    let read = move |of: fn(&Header) -> String| {
        Memo::new(move |_| {
            desk.draft.with(|d| d.headers.iter().find(|h| h.id == id).map(of).unwrap_or_default())
        })
    };
    let (name, value) = (read(|h| h.name.clone()), read(|h| h.value.clone()));
    let number = Memo::new(move |_| {
        desk.draft.with(|d| d.headers.iter().position(|h| h.id == id).unwrap_or_default() + 1)
    });
    let label = move |i: usize| move || words::header(number.get())[i].clone();
    let set = move |of: fn(&mut Header) -> &mut String, text: String| {
        desk.type_in(|draft| {
            if let Some(header) = draft.header(id) {
                *of(header) = text;
            }
        });
    };
    let remove = move |_| {
        desk.type_in(|draft| draft.headers.retain(|header| header.id != id));
        focus("header-add");
    };
    // A name alone is a header already; its value may follow. So the line is looked at when it is left.
    let bad = move |place| desk.is_wrong(place);
    view! {
        <div class="header">
            <input id=Place::Name(id).id() class="inp mono" class:bad=move || bad(Place::Name(id)) placeholder="Name"
                aria-label=label(0) spellcheck="false" autocomplete="off" autocapitalize="off"
                aria-invalid=move || bad(Place::Name(id)).to_string() aria-describedby=ERROR
                prop:value=move || name.get() on:change=move |_| desk.check()
                on:input=move |event| set(|h| &mut h.name, event_target_value(&event))/>
            <input id=Place::Value(id).id() class="inp mono" class:bad=move || bad(Place::Value(id)) placeholder="Value"
                aria-label=label(1) spellcheck="false" autocomplete="off" autocapitalize="off"
                aria-invalid=move || bad(Place::Value(id)).to_string() aria-describedby=ERROR
                prop:value=move || value.get() on:change=move |_| desk.check()
                on:input=move |event| set(|h| &mut h.value, event_target_value(&event))/>
            <button type="button" class="btn ghost small icon" id=format!("header-remove-{id}") aria-label=label(2)
                title=label(2) on:click=remove>
                <Icon name="#i-x" small=true/>
            </button>
        </div>
    }
}

/// The body and its size.
#[component]
fn Body() -> impl IntoView {
    let desk = session().desk;
    let body = desk.read(|draft| draft.body.clone());
    let size = desk.read(Draft::size);
    let bad = move || desk.is_wrong(Place::Body);
    view! {
        <div class="body">
            <div class="row">
                <label for="body">{words::BODY}</label>
                <span class="dim num" id="body-size">{move || size.get()}</span>
            </div>
            <textarea id="body" class="inp mono" class:bad=bad rows="4" spellcheck="false" autocomplete="off"
                autocapitalize="off" aria-invalid=move || bad().to_string() aria-describedby=format!("body-size {ERROR}")
                prop:value=move || body.get() on:change=move |_| desk.check()
                on:input=move |event| desk.type_in(|draft| draft.body = event_target_value(&event))></textarea>
        </div>
    }
}
