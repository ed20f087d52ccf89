//! The evidence: raw response, gateway log, the origin's view, the command.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::icon::Icon;
use super::session::session;
use super::share::copy;
use super::words;
use crate::view::inspector::{self, Ink, Inspector, Raw, Remark};

const TABS: [&str; 4] = ["Response", "Gateway log", "Origin’s view", "cURL"];

/// The evidence for the attempt that is explained.
#[component]
pub(crate) fn InspectorPanel() -> impl IntoView {
    let session = session();
    let shown = Memo::new(move |_| {
        let run = session.run.get();
        let attempt = session.explained.get().and_then(|key| run.attempt(key))?;
        Some(inspector::inspector(&run, attempt, session.known.get()))
    });
    let tab = RwSignal::new(0usize);
    let label = move || shown.with(|s| s.as_ref().map_or_else(|| "Attempt".to_owned(), |s| s.title.clone()));
    let there = Memo::new(move |_| shown.with(Option::is_some));
    view! {
        <section class="evidence" aria-label=label>
            <Show when=move || there.get() fallback=|| view! {
                <div class="empty"><b>{words::NO_ANSWER_TO_SHOW}</b><span>{words::NO_ANSWER_TO_SHOW_MORE}</span></div>
            }>
                <Tabs tab=tab differs=Signal::derive(move || shown.with(|s| differs(s.as_ref())))/>
                <div class="scroll">
                    {(0..TABS.len()).map(|i| view! {
                        <div role="tabpanel" id=format!("in-{i}") aria-labelledby=format!("in-t{i}") tabindex="0"
                            hidden=move || tab.get() != i>
                            {move || shown.get().map(|s| panel(i, s))}
                        </div>
                    }).collect_view()}
                </div>
            </Show>
        </section>
    }
}

fn differs(shown: Option<&Inspector>) -> bool {
    shown.and_then(|s| s.origin_note.as_ref()).is_some_and(|note| note.bad)
}

#[component]
fn Tabs(tab: RwSignal<usize>, #[prop(into)] differs: Signal<bool>) -> impl IntoView {
    let keys = move |event: KeyboardEvent| {
        let last = TABS.len() - 1;
        let here = tab.get_untracked();
        let to = match event.key().as_str() {
            "ArrowRight" => {
                if here == last {
                    0
                } else {
                    here + 1
                }
            }
            "ArrowLeft" => {
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
        select(tab, to, true);
    };
    let tabs = TABS.into_iter().enumerate().map(|(i, name)| {
        view! {
            <button role="tab" id=format!("in-t{i}") aria-controls=format!("in-{i}")
                aria-selected=move || (tab.get() == i).to_string()
                tabindex=move || if tab.get() == i { "0" } else { "-1" }
                on:click=move |_| select(tab, i, false)>
                {name}
                {move || (i == 2 && differs.get()).then(|| view! {
                    <span class="flag" title="differs from what the client was told"></span>
                    <span class="vh">" (differs from what the client was told)"</span>
                })}
            </button>
        }
    });
    view! { <div class="tabs" role="tablist" aria-label="Inspector" on:keydown=keys>{tabs.collect_view()}</div> }
}

fn select(tab: RwSignal<usize>, to: usize, focus: bool) {
    tab.set(to);
    let button = document().get_element_by_id(&format!("in-t{to}"));
    if focus && let Some(button) = button.and_then(|b| b.dyn_into::<HtmlElement>().ok()) {
        let _ = button.focus();
    }
}

fn panel(index: usize, shown: Inspector) -> AnyView {
    let Inspector { response, response_note, log, origin, origin_note, command, .. } = shown;
    match index {
        0 => view! { {response_note.map(remark)} <pre class="raw" id="response-raw">{raw(response, words::NOTHING_CAME)}</pre> }.into_any(),
        1 => view! { <pre class="raw" id="gateway-log">{raw(log, words::NO_LOG)}</pre> }.into_any(),
        2 => view! {
            <div id="origin-view">{origin_note.map(remark)} <pre class="raw">{raw(origin, words::NO_ORIGIN)}</pre></div>
        }
        .into_any(),
        _ => {
            let text = command.clone();
            view! {
                <pre class="raw" id="curl">{command}</pre>
                <div class="row raw-do">
                    <button class="btn small" on:click=move |_| copy(&text)><Icon name="#i-copy" small=true/>"Copy"</button>
                </div>
            }
            .into_any()
        }
    }
}

fn remark(remark: Remark) -> impl IntoView {
    let icon = if remark.bad { "#i-warn" } else { "#i-info" };
    view! { <p class="note" class:bad=remark.bad><Icon name=icon small=true/><span>{remark.text}</span></p> }
}

fn raw(raw: Raw, nothing: &'static str) -> AnyView {
    if raw.is_empty() {
        return view! { <span class="c">{nothing}</span> }.into_any();
    }
    raw.into_iter()
        .map(|piece| match piece.ink {
            Ink::Plain => view! { <span>{piece.text}</span> }.into_any(),
            Ink::Key => view! { <span class="k">{piece.text}</span> }.into_any(),
            Ink::Dim => view! { <span class="c">{piece.text}</span> }.into_any(),
            Ink::Text => view! { <span class="s">{piece.text}</span> }.into_any(),
            Ink::Mark => view! { <mark>{piece.text}</mark> }.into_any(),
        })
        .collect_view()
        .into_any()
}
