//! What the reference says about the code that came out.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::session::session;
use super::words::path as words;
use crate::view::card::{self, Card, Entry, Source, Told};

/// The card of the code that came out, or all codes in a sentence each.
pub(crate) fn reference() -> AnyView {
    let session = session();
    let reference = Memo::new(move |_| {
        let run = session.run.get();
        let attempt = session.explained.get().and_then(|key| run.attempt(key))?;
        card::card(attempt.status?, &run.explanation(attempt)?.paragraphs())
    });
    let shown = move || match reference.get() {
        Some(card) => view! { <ReferenceCard card=card/> }.into_any(),
        None => view! { <Overview/> }.into_any(),
    };
    shown.into_any()
}

/// The card of a code.
#[component]
pub(crate) fn ReferenceCard(
    /// The card.
    card: Card,
) -> impl IntoView {
    let Card { title, summary, entries, more } = card;
    let applies = summary.applies;
    let sources = RwSignal::new(false);
    view! {
        <section class="sec reference" id="reference-card" class:with-sources=move || sources.get() aria-labelledby="ref-h">
            <div class="row sec-t">
                <h3 id="ref-h">{title}</h3>
                <span class="grow"></span>
                <button class="as-link small" aria-pressed=move || sources.get().to_string()
                    on:click=move |_| sources.update(|s| *s = !*s)>
                    {move || if sources.get() { "Hide sources" } else { "Sources" }}
                </button>
            </div>
            <p class="lead" class:applies=applies tabindex=applies.then_some("-1")>{told(summary)}</p>
            <dl class="facts">{entries.into_iter().map(entry).collect_view()}</dl>
            <details class="more">
                <summary>"More about this code"</summary>
                <dl class="facts">{more.into_iter().map(entry).collect_view()}</dl>
            </details>
        </section>
    }
}

/// All codes in a sentence each, before the first answer and after a good one.
#[component]
pub(crate) fn Overview() -> impl IntoView {
    let codes = card::overview().into_iter().map(|(code, name, summary)| {
        view! { <dt class="num">{code}</dt> <dd><b>{name}</b> <br/> {summary}</dd> }
    });
    view! {
        <section class="sec reference" aria-labelledby="ref-h">
            <h3 id="ref-h">"The five that come up most"</h3>
            <dl class="facts codes">{codes.collect_view()}</dl>
        </section>
    }
}

/// Goes to the paragraph that applies to the answer.
pub(crate) fn point() {
    let found = document().query_selector("#reference-card .applies").ok().flatten();
    let found = found.or_else(|| document().get_element_by_id("reference-card"));
    if let Some(paragraph) = found.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        paragraph.scroll_into_view();
        let _ = paragraph.focus();
    }
}

fn entry(entry: Entry) -> impl IntoView {
    let told_all = entry.told.into_iter().map(|t| {
        let applies = t.applies;
        view! { <p class:applies=applies tabindex=applies.then_some("-1")>{told(t)}</p> }
    });
    view! { <dt>{entry.name}</dt> <dd>{told_all.collect_view()}</dd> }
}

fn told(told: Told) -> impl IntoView {
    let Told { lead, text, sources, applies } = told;
    let lead = (!lead.is_empty()).then(|| view! { <b>{lead}</b> " " });
    let applies = applies.then(|| view! { <span class="here-tag">{words::APPLIES}</span> " " });
    view! { {applies} {lead} {text} {sources.into_iter().map(source).collect_view()} }
}

fn source(source: Source) -> impl IntoView {
    match source.url {
        Some(url) => view! { " " <a class="src" href=url rel="noreferrer">{source.label}</a> }.into_any(),
        None => view! { " " <span class="src">{source.label}</span> }.into_any(),
    }
}
