//! The composer: POST this, with this key, as this client, send.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

use super::composer_more::More;
use super::icon::Icon;
use super::lazy;
use super::panel::focus;
use super::sending::{policy_now, send_several, toggle_policy};
use super::session::{Panel, session};
use super::words::{self, sending as said};
use crate::sim::client::{PRESETS, preset};
use crate::sim::scenario::{Action, Settings};
use crate::view::composer::{Draft, KeyKind, Place};
use crate::view::{conditions, first, form};

/// What describes a field of the composer: what is wrong with it.
pub(super) const ERROR: &str = "composer-error";

/// One line that reads like a sentence, and what opens below it.
#[component]
pub(crate) fn Composer() -> impl IntoView {
    let session = session();
    let desk = session.desk;
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        session.send();
    };
    let method = desk.read(|draft| draft.method);
    let methods = form::methods().map(|m| {
        view! { <option value=m.as_str() selected=move || method.get() == m>{m.as_str()}</option> }
    });
    let pick_method = move |event| {
        let picked = event_target_value(&event);
        if let Some(method) = form::methods().find(|m| m.as_str() == picked) {
            desk.type_in(|draft| draft.method = method);
        }
    };
    let path = desk.read(|draft| draft.path.clone());
    let untouched = Memo::new(move |_| session.scenario.with(|s| !first::has_sent(s)));
    let several = Memo::new(move |_| session.scenario.with(|s| s.clients.len() > 1));
    let bad_path = move || desk.is_wrong(Place::Path);
    view! {
        <form class="composer" class:open=move || desk.is_open.get() aria-label="Request" on:submit=submit on:keydown=keys()>
            <div class="urlbar" class:bad=bad_path>
                <span class="pick sel">
                    <select id="method" aria-label="Method" on:change=pick_method
                        prop:value=move || method.get().as_str()>
                        {methods.collect_view()}
                    </select>
                    <Icon name="#i-down" small=true/>
                </span>
                <span class="host" aria-hidden="true">{words::HOST}</span>
                <input id="path" aria-label="Path" spellcheck="false" autocomplete="off" autocapitalize="off"
                    aria-invalid=move || bad_path().to_string() aria-describedby=ERROR
                    prop:value=move || path.get()
                    on:input=move |event| desk.type_in(|draft| draft.path = event_target_value(&event))/>
            </div>
            <MoreButton/>
            <KeyPick/>
            <Show when=move || several.get()><ClientPick/></Show>
            <PolicyPick/>
            <button id="send" class="btn" class:primary=move || !untouched.get() title="Send one request (Enter)">
                {words::SEND}
            </button>
            <Several/>
            <More/>
            {move || desk.wrong.get().map(|wrong| view! {
                <p class="err" id=ERROR role="alert"><Icon name="#i-warn" small=true/><span>{wrong.words}</span></p>
            })}
        </form>
    }
}

/// Ctrl and Enter send from everywhere, and Escape closes what is open below.
fn keys() -> impl Fn(KeyboardEvent) + 'static {
    let session = session();
    move |event: KeyboardEvent| {
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        let is_in = |what: &str| target.as_ref().is_some_and(|t| t.closest(what).ok().flatten().is_some());
        match event.key().as_str() {
            "Enter" if event.ctrl_key() || event.meta_key() => session.send(),
            "Enter" if is_in(".several input") => send_several(session),
            "Escape" if is_in("#composer-more") => {
                session.desk.is_open.set(false);
                focus("compose-more");
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    }
}

/// Opens headers and body, and says what is in them.
#[component]
fn MoreButton() -> impl IntoView {
    let desk = session().desk;
    let carries = desk.read(Draft::carries);
    let key = desk.read(|draft| draft.key != KeyKind::None);
    view! {
        <button type="button" id="compose-more" class="btn ghost" aria-controls="composer-more"
            aria-expanded=move || desk.is_open.get().to_string()
            on:click=move |_| desk.is_open.update(|open| *open = !*open)>
            <span>
                {move || if carries.with(String::is_empty) { said::MORE.to_owned() } else { carries.get() }}
                // Where it is narrow the key stands below, too.
                <span class="if-narrow">{move || if key.get() { said::MORE_WITH_KEY } else { said::MORE_KEY }}</span>
            </span>
            <Icon name="#i-down" small=true/>
        </button>
    }
}

/// Which key is sent.
#[component]
fn KeyPick() -> impl IntoView {
    let desk = session().desk;
    let kind = desk.read(|draft| draft.key);
    let given = desk.read(|draft| draft.given.clone());
    let pick = move |event| {
        let picked = event_target_value(&event);
        if let Some((kind, _)) = KeyKind::ALL.into_iter().find(|(_, word)| *word == picked) {
            desk.type_in(|draft| draft.key = kind);
            if kind == KeyKind::Given {
                desk.check();
            }
        }
    };
    let options = KeyKind::ALL.into_iter().map(|(of, word)| {
        view! { <option value=word selected=move || kind.get() == of>{said::key(of)}</option> }
    });
    let bad = move || desk.is_wrong(Place::Key);
    view! {
        <span class="key" class:given=move || kind.get() == KeyKind::Given>
            <span class="pick sel">
                <span class="lbl" aria-hidden="true">"Idempotency-Key"</span>
                <select id="key" aria-label="Idempotency-Key" on:change=pick prop:value=move || kind.get().word()>
                    {options.collect_view()}
                </select>
                <Icon name="#i-down" small=true/>
            </span>
            <Show when=move || kind.get() == KeyKind::Given>
                <input id="key-given" class="inp mono" class:bad=bad aria-label="Text of the Idempotency-Key"
                    spellcheck="false" autocomplete="off" autocapitalize="off"
                    aria-invalid=move || bad().to_string() aria-describedby=ERROR
                    prop:value=move || given.get()
                    on:input=move |event| desk.type_in(|draft| draft.given = event_target_value(&event))
                    on:change=move |_| desk.check()/>
            </Show>
        </span>
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

/// The client's policy by the name of a preset, and the way to its own.
#[component]
fn PolicyPick() -> impl IntoView {
    const OWN: &str = "own";
    let session = session();
    let policy = policy_now(session);
    let current = Memo::new(move |_| policy.with(|p| conditions::preset_of(p).map_or("", |p| p.id)));
    // What has no preset may still be a client that was recorded.
    let other = Memo::new(move |_| policy.with(|p| conditions::recorded(p).unwrap_or(said::OWN_POLICY)));
    let pick = move |event: leptos::ev::Event| {
        let picked = event_target_value(&event);
        if let Some(preset) = preset(&picked) {
            let node = session.client.get_untracked();
            lazy::with_catalogue(session, move || {
                session.change(Action::Set { node, to: Settings::Client(Box::new((preset.policy)())) });
            });
        } else if picked == OWN {
            // That entry opens something and is never what is chosen.
            if let Some(select) = event.target() {
                let value = JsValue::from_str(current.get_untracked());
                let _ = js_sys::Reflect::set(&select, &JsValue::from_str("value"), &value);
            }
            if !session.panel.with_untracked(|p| matches!(p, Panel::Policy(_))) {
                toggle_policy(session, "client-policy");
            }
        }
    };
    let options = PRESETS.iter().map(|p| {
        view! { <option value=p.id title=p.summary selected=move || current.get() == p.id>{p.title}</option> }
    });
    let is_open = move || session.panel.with(|p| matches!(p, Panel::Policy(_))).to_string();
    view! {
        <span class="as who">
            <span class="pick sel">
                <span class="lbl" aria-hidden="true">"as"</span>
                <select id="client-policy" aria-label="Client’s retry policy" on:change=pick
                    prop:value=move || current.get()>
                    <option value="" hidden=true selected=move || current.get().is_empty()>{move || other.get()}</option>
                    {options.collect_view()}
                    <option value=OWN>{said::OPEN_POLICY}</option>
                </select>
                <Icon name="#i-down" small=true/>
            </span>
            <button type="button" id="policy-open" class="btn" aria-controls="policy" aria-expanded=is_open
                title="Open the retry policy of this client" on:click=move |_| toggle_policy(session, "policy-open")>
                <Icon name="#i-tune" small=true/><span>{said::POLICY}</span>
            </button>
        </span>
    }
}

/// Several requests at a time, with a time between them.
#[component]
fn Several() -> impl IntoView {
    let session = session();
    let desk = session.desk;
    let count = desk.read(|draft| draft.count.clone());
    let apart = desk.read(|draft| draft.apart.clone());
    let bad = move |place| desk.is_wrong(place);
    view! {
        <span class="several" class:bad=move || bad(Place::Count) || bad(Place::Apart)>
            <button type="button" id="send-several" class="btn ghost" aria-label=move || said::send_several(&count.get())
                on:click=move |_| send_several(session)>
                {said::SEND_SEVERAL}
            </button>
            <input id="count" class="mono" aria-label="How many requests" inputmode="numeric" autocomplete="off"
                aria-invalid=move || bad(Place::Count).to_string() aria-describedby=ERROR
                prop:value=move || count.get()
                on:input=move |event| desk.type_in(|draft| draft.count = event_target_value(&event))
                on:change=move |_| desk.check()/>
            <span class="lbl" aria-hidden="true">{said::EVERY}</span>
            <input id="apart" class="mono" aria-label="Time between two requests" autocomplete="off" spellcheck="false"
                autocapitalize="off" aria-invalid=move || bad(Place::Apart).to_string() aria-describedby=ERROR
                prop:value=move || apart.get()
                on:input=move |event| desk.type_in(|draft| draft.apart = event_target_value(&event))
                on:change=move |_| desk.check()/>
        </span>
    }
}
