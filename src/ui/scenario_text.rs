//! The scenario as text, to read, to change and to run.

use leptos::prelude::*;

use super::icon::Icon;
use super::session::session;
use super::share::copy;
use super::words;
use crate::sim::scenario::Scenario;

/// The scenario as JSON.
#[component]
pub(crate) fn ScenarioText() -> impl IntoView {
    let session = session();
    // What a person types stays until it runs; without that, the text follows the session.
    let typed = RwSignal::new(None::<String>);
    let refusal = RwSignal::new(None::<String>);
    let text =
        Memo::new(move |_| typed.get().unwrap_or_else(|| session.scenario.with(Scenario::to_json_pretty)));
    let run = move |_| match Scenario::from_json(&text.get_untracked()) {
        Ok(scenario) => {
            typed.set(None);
            refusal.set(None);
            session.load(scenario);
        }
        Err(error) => refusal.set(Some(error.to_string())),
    };
    view! {
        <details class="json" id="json">
            <summary>"The scenario as JSON"</summary>
            <p class="dim">{words::JSON_NOTE}</p>
            <textarea id="json-text" class="inp mono" rows="16" spellcheck="false" aria-label="Scenario as JSON"
                aria-describedby="json-error" aria-invalid=move || refusal.with(Option::is_some).to_string()
                class:bad=move || refusal.with(Option::is_some)
                prop:value=move || text.get()
                on:input=move |event| typed.set(Some(event_target_value(&event)))></textarea>
            {move || refusal.get().map(|text| view! {
                <p class="err" id="json-error" role="alert"><Icon name="#i-warn" small=true/><span>{text}</span></p>
            })}
            <div class="row wrap">
                <button class="btn primary" id="json-run" on:click=run>"Run this scenario"</button>
                <button class="btn" id="json-copy" on:click=move |_| copy(&text.get_untracked())>
                    <Icon name="#i-copy" small=true/>"Copy"
                </button>
                <button class="btn ghost" hidden=move || typed.with(Option::is_none)
                    on:click=move |_| { typed.set(None); refusal.set(None); }>"Back to the running one"</button>
            </div>
        </details>
    }
}
