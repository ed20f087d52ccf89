//! The retry policy of a client, in place of requests and inspector: path and time stay in view.
//!
//! The rest of the page reaches it by [`panel`] alone, and through it the outlook of a policy and its code.

use leptos::prelude::*;

use super::icon::Icon;
use super::panel::{close, focus};
use super::policy_code::PolicyCode;
use super::policy_waits::{Ends, LoadTable, Waits};
use super::sending::policy_now;
use super::session::{Panel, Session, session};
use super::settings::{SchemaState, provide_sheet};
use super::settings_nodes::Heading;
use super::settings_schema::load;
use super::words::sending as words;
use crate::sim::client::{Policy, Profile, profile};
use crate::sim::scenario::{Action, Settings};
use crate::view::composer::KeyKind;
use crate::view::format;
use crate::view::policy::{self, Advice, Mended, PolicyView};
use crate::view::settings::Section;

/// The panel.
pub(crate) fn panel() -> AnyView {
    view! { <PolicyPanel/> }.into_any()
}

/// Makes a policy that of the composer's client, from the cursor on.
fn use_policy(session: Session, policy: Policy) -> bool {
    let node = session.client.get_untracked();
    session.change(Action::Set { node, to: Settings::Client(Box::new(policy)) })
}

#[component]
fn PolicyPanel() -> impl IntoView {
    let session = session();
    let closer = NodeRef::<leptos::html::Button>::new();
    Effect::new(move |_| {
        // Who chose it among the policies may still be choosing.
        let by_button = session.panel.with_untracked(|p| *p == Panel::Policy("policy-open"));
        if let Some(closer) = closer.get().filter(|_| by_button) {
            let _ = closer.focus();
        }
    });
    let policy = policy_now(session);
    let key = session.desk.read(|draft| draft.key != KeyKind::None);
    let shown = Memo::new(move |_| policy.with(|policy| policy::view(policy, key.get())));
    let label = move || words::policy_of(&session.client.get());
    view! {
        <section class="policy" id="policy" aria-label=label>
            <div class="ph">
                <h2>{words::POLICY_TITLE}</h2>
                <span class="mono">{move || session.client.get()}</span>
                <span class="dim">"A change lands at " <span class="num">{move || format::moment(session.cursor.get())}</span></span>
                <span class="grow"></span>
                <button class="btn ghost small icon" id="policy-close" aria-label="Close the retry policy" title="Close (Esc)"
                    node_ref=closer on:click=move |_| close(session)>
                    <Icon name="#i-x" small=true/>
                </button>
            </div>
            <div class="parts">
                <div class="of">
                    <StartFrom policy=policy/>
                    <PolicyFields/>
                </div>
                <div class="drawn">
                    <Waits shown=shown/>
                    <Ends shown=shown/>
                    <LoadTable shown=shown/>
                </div>
                <ToMend shown=shown/>
                <PolicyCode policy=policy/>
            </div>
        </section>
    }
}

/// The recorded clients to start from, and what is known of the one that this is.
#[component]
fn StartFrom(policy: Memo<Policy>) -> impl IntoView {
    let session = session();
    let picked = RwSignal::new(String::new());
    let current: Memo<Option<&'static Profile>> =
        Memo::new(move |_| picked.with(|picked| policy.with(|policy| policy::is_profile(policy, picked))));
    let value = move || current.get().map_or("", |profile| profile.id.as_str());
    let pick = move |event| {
        let id = event_target_value(&event);
        if let Some(profile) = profile(&id) {
            picked.set(id);
            use_policy(session, profile.policy.clone());
        }
    };
    let groups = policy::groups().into_iter().map(|group| {
        let options = group.profiles.into_iter().map(|(id, title)| {
            view! { <option value=id selected=move || value() == id>{title}</option> }
        });
        view! { <optgroup label=group.client>{options.collect_view()}</optgroup> }
    });
    view! {
        <div class="start">
            <label for="policy-profile">{words::START_FROM}</label>
            <span class="pick sel">
                <select id="policy-profile" on:change=pick prop:value=value>
                    <option value="" hidden=true selected=move || value().is_empty()>{words::OWN_POLICY}</option>
                    {groups.collect_view()}
                </select>
                <Icon name="#i-down" small=true/>
            </span>
            {move || current.get().map(about)}
        </div>
    }
}

fn about(profile: &'static Profile) -> impl IntoView {
    view! {
        <details class="about" id="policy-about">
            <summary><code>{profile.call.as_str()}</code></summary>
            <p>{profile.outcome.as_str()} {(!profile.note.is_empty()).then(|| format!(" {}", profile.note))}</p>
            <p class="dim">{profile.source.as_str()}</p>
        </details>
    }
}

/// The settings of the policy, as in the form of all settings.
#[component]
fn PolicyFields() -> impl IntoView {
    let session = session();
    load(session);
    let sheet = provide_sheet(session, RwSignal::new(String::new()));
    let section: Memo<Option<Section>> = Memo::new(move |_| {
        let client = session.client.get();
        sheet.form.with(|form| form.sections.iter().find(|section| section.node == client).cloned())
    });
    let is_ready = Memo::new(move |_| sheet.form.with(|form| form.fields().next().is_some()));
    view! {
        <div class="settings">
            <SchemaState failed=words::fields_failed/>
            {move || sheet.note.get().map(|note| view! { <p class="note" role="status">{note}</p> })}
            <Show when=move || is_ready.get()>
                {words::POLICY_PARTS.map(|(title, is_first)| {
                    view! { <Heading section=section title=title is_first=is_first/> }
                }).into_iter().collect_view()}
            </Show>
        </div>
    }
}

/// What to think over, each with the change that mends it.
#[component]
fn ToMend(shown: Memo<PolicyView>) -> impl IntoView {
    let advice = Memo::new(move |_| shown.with(|shown| shown.advice.clone()));
    let count = move || advice.with(Vec::len);
    view! {
        <div class="mend">
            <h3 id="policy-mend" tabindex="-1">{words::MEND_TITLE} " " <span class="dim num">{count}</span></h3>
            <ul class="warns">
                {move || advice.get().into_iter().map(|advice| warning(advice, shown)).collect_view()}
            </ul>
            <Show when=move || count() == 0>
                <p class="row dim"><Icon name="#i-check" small=true/><span>{move || shown.with(|shown| shown.fine)}</span></p>
            </Show>
        </div>
    }
}

fn warning(advice: Advice, shown: Memo<PolicyView>) -> impl IntoView {
    let session = session();
    let Advice { id, head, text, source, mend } = advice;
    let button = mend.map(|mend| {
        let label = mend.words.clone();
        let press = move |_| {
            let done = match mend.to.clone() {
                Mended::Policy(policy) => use_policy(session, *policy),
                Mended::Key => {
                    session.desk.type_in(|draft| draft.key = KeyKind::New);
                    true
                }
            };
            if done {
                let left = shown.with_untracked(|shown| shown.advice.len());
                session.spoken.set(words::mended(&mend.words, left));
                // The button is gone then.
                focus("policy-mend");
            }
        };
        view! { <button class="btn small" id=format!("mend-{id}") on:click=press>{label}</button> }
    });
    view! {
        <li id=format!("warn-{id}")>
            <Icon name="#i-warn" small=true/>
            <div>
                <p><b>{head}</b> " " {text}</p>
                {button}
                <p class="dim">{source}</p>
            </div>
        </li>
    }
}
