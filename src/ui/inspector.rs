//! The evidence: what was said on every hop, logs, the origin's view, the command and the file.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::evidence;
use super::looking::looking;
use super::session::session;
use super::words::looking as says;
use crate::view::inspector;

/// The evidence for the attempt that is explained.
#[component]
pub(crate) fn InspectorPanel() -> impl IntoView {
    let (session, looking) = (session(), looking());
    let title =
        Memo::new(move |_| looking.of_attempt(session, |run, _, attempt| inspector::title(run, attempt)));
    let differs = Memo::new(move |_| {
        let known = session.known.get();
        let here = |run: &_, ledger: &_, attempt: &_| {
            inspector::origin_note(run, ledger, attempt, known).is_some_and(|note| note.bad)
        };
        looking.ledger.with(|ledger| ledger.untold_at(known)) > 0
            || looking.of_attempt(session, here).unwrap_or(false)
    });
    let there = Memo::new(move |_| title.with(Option::is_some));
    let tab = RwSignal::new(0usize);
    let panel = move |i: usize| {
        // Only what is looked at is made.
        let chosen = Memo::new(move |_| tab.get() == i);
        view! {
            <div role="tabpanel" id=format!("in-{i}") aria-labelledby=format!("in-t{i}") tabindex="0"
                hidden=move || !chosen.get()>
                {move || chosen.get().then(|| evidence::panel(i, session, looking))}
            </div>
        }
    };
    view! {
        <section class="evidence" aria-label=move || title.get().unwrap_or_else(|| "Attempt".to_owned())>
            <Show when=move || there.get() fallback=|| view! {
                <div class="empty"><b>{says::NO_ANSWER_TO_SHOW}</b><span>{says::NO_ANSWER_TO_SHOW_MORE}</span></div>
            }>
                <Tabs tab=tab differs=differs/>
                <div class="scroll">{(0..says::TABS.len()).map(panel).collect_view()}</div>
            </Show>
        </section>
    }
}

#[component]
fn Tabs(tab: RwSignal<usize>, differs: Memo<bool>) -> impl IntoView {
    let keys = move |event: KeyboardEvent| {
        let last = says::TABS.len() - 1;
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
    let tabs = says::TABS.into_iter().enumerate().map(|(i, name)| {
        view! {
            <button role="tab" id=format!("in-t{i}") aria-controls=format!("in-{i}")
                aria-selected=move || (tab.get() == i).to_string()
                tabindex=move || if tab.get() == i { "0" } else { "-1" }
                on:click=move |_| select(tab, i, false)>
                {name}
                {move || (i == 2 && differs.get()).then(|| view! {
                    <span class="flag" title=says::DIFFERS></span>
                    <span class="vh">{format!(" ({})", says::DIFFERS)}</span>
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
