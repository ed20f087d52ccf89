//! The run as a table: the same events as the path shows, one a row.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::icon::Status;
use super::session::session;
use super::words;
use crate::view::format;
use crate::view::mark;
use crate::view::steps::Step;

/// All steps up to what is known.
#[component]
pub(crate) fn StepTable() -> impl IntoView {
    let session = session();
    let rows = Memo::new(move |_| {
        let known = session.known.get();
        session.run.with(|r| r.steps.iter().take_while(|s| s.at <= known).cloned().collect::<Vec<_>>())
    });
    let scroll = NodeRef::<leptos::html::Div>::new();
    // The row of the playhead stays in view; only the box scrolls, never the page.
    Effect::new(move |_| {
        let here = session.step.get();
        if let (Some(scroll), Some(here)) = (scroll.get(), here) {
            let row = scroll.query_selector(&format!("[data-step='{here}']")).ok().flatten();
            if let Some(row) = row.and_then(|r| r.dyn_into::<HtmlElement>().ok()) {
                scroll.set_scroll_top(row.offset_top() - scroll.client_height() / 2);
            }
        }
    });
    let row = move |(index, step): (usize, Step)| {
        let here = move || session.step.get() == Some(index);
        let at = step.at;
        view! {
            <tr data-step=index.to_string() class:cur-row=here aria-current=move || here().then_some("step")
                on:click=move |_| session.seek(at, Some(index))>
                <td class="num">{index + 1}</td>
                <td class="num">{format::moment(step.at)}</td>
                <td>{step.place}</td>
                <td>{step.mark.map(|m| view! { <Status mark=m code=mark::word(m).to_owned()/> " " })} {step.what}</td>
                <td class="ink2">{step.state}</td>
            </tr>
        }
    };
    view! {
        <div class="steps">
            <div class="row steps-h">
                <h2>{words::TABLE_TITLE}</h2>
                <span class="dim hide-s">{words::TABLE_NOTE}</span>
            </div>
            <div class="scrollx" tabindex="0" role="region" aria-label=words::TABLE_TITLE node_ref=scroll>
                <table class="tbl">
                    <thead>
                        <tr>
                            <th scope="col">"Event"</th>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Where"</th>
                            <th scope="col">"What"</th>
                            <th scope="col">"State after"</th>
                        </tr>
                    </thead>
                    <tbody>{move || rows.get().into_iter().enumerate().map(row).collect_view()}</tbody>
                </table>
            </div>
        </div>
    }
}
