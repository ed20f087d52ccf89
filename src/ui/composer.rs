//! The composer: POST this, as this client, send.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::icon::Icon;
use super::session::session;
use super::words;
use crate::sim::client::{PRESETS, preset};
use crate::sim::scenario::{Action, Settings};
use crate::view::{conditions, first, form};

/// One line that reads like a sentence.
#[component]
pub(crate) fn Composer() -> impl IntoView {
    let session = session();
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        session.send();
    };
    let methods = form::methods().map(|m| {
        view! { <option value=m.as_str() selected=move || session.method.get() == m>{m.as_str()}</option> }
    });
    let pick_method = move |event| {
        let picked = event_target_value(&event);
        if let Some(method) = form::methods().find(|m| m.as_str() == picked) {
            session.method.set(method);
        }
    };
    let untouched = Memo::new(move |_| session.scenario.with(|s| !first::has_sent(s)));
    let several = Memo::new(move |_| session.scenario.with(|s| s.clients.len() > 1));
    view! {
        <form class="composer" aria-label="Request" on:submit=submit>
            <div class="urlbar">
                <span class="pick sel">
                    <select id="method" aria-label="Method" on:change=pick_method
                        prop:value=move || session.method.get().as_str()>
                        {methods.collect_view()}
                    </select>
                    <Icon name="#i-down" small=true/>
                </span>
                <span class="host" aria-hidden="true">{words::HOST}</span>
                <input id="path" aria-label="Path" spellcheck="false" autocomplete="off" autocapitalize="off"
                    prop:value=move || session.path.get()
                    on:input=move |event| session.path.set(event_target_value(&event))/>
            </div>
            <Show when=move || several.get()><ClientPick/></Show>
            <PolicyPick id="client-policy" class="pick who sel"/>
            <button id="send" class="btn" class:primary=move || !untouched.get() title="Send one request (Enter)">
                {words::SEND}
            </button>
        </form>
    }
}

/// Which client sends, where there are several.
#[component]
fn ClientPick() -> impl IntoView {
    let session = session();
    let names = Memo::new(move |_| {
        session.scenario.with(|s| s.clients.iter().map(|c| c.id.clone()).collect::<Vec<_>>())
    });
    let option = move |name: String| {
        let (of, value) = (name.clone(), name.clone());
        view! { <option value=value selected=move || session.client.with(|c| *c == of)>{name}</option> }
    };
    view! {
        <span class="pick who sel">
            <span class="lbl" aria-hidden="true">"from"</span>
            <select id="client" aria-label="Client that sends" prop:value=move || { names.track(); session.client.get() }
                on:change=move |event| session.client.set(event_target_value(&event))>
                {move || names.get().into_iter().map(option).collect_view()}
            </select>
            <Icon name="#i-down" small=true/>
        </span>
    }
}

/// The client's policy, by the name of a preset.
#[component]
pub(crate) fn PolicyPick(
    /// Its id.
    id: &'static str,
    /// Its classes.
    class: &'static str,
) -> impl IntoView {
    let session = session();
    let policy = Memo::new(move |_| {
        session.scenario.with(|s| conditions::policy(s, &session.client.get(), session.cursor.get()))
    });
    let current = Memo::new(move |_| policy.with(|p| conditions::preset_of(p).map_or("", |p| p.id)));
    let pick = move |event| {
        if let Some(preset) = preset(&event_target_value(&event)) {
            let node = session.client.get_untracked();
            session.change(Action::Set { node, to: Settings::Client(Box::new((preset.policy)())) });
        }
    };
    let options = PRESETS.iter().map(|p| {
        view! { <option value=p.id title=p.summary selected=move || current.get() == p.id>{p.title}</option> }
    });
    view! {
        <span class=class>
            <span class="lbl" aria-hidden="true">"as"</span>
            <select id=id aria-label="Client’s retry policy" on:change=pick prop:value=move || current.get()>
                <option value="" hidden=true selected=move || current.get().is_empty()>"own policy"</option>
                {options.collect_view()}
            </select>
            <Icon name="#i-down" small=true/>
        </span>
    }
}
