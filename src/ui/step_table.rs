//! The run as a table: the same events as the path shows, one a row. Of a long run, some rows are there at a time.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::icon::Status;
use super::session::session;
use super::words::{self, computing};
use crate::view::format;
use crate::view::mark;
use crate::view::steps::{Step, rows_around};

/// All steps up to what is known, as far as they are near to the one that is shown or to where a person turned to.
#[component]
pub(crate) fn StepTable() -> impl IntoView {
    let session = session();
    let count = Memo::new(move |_| session.run.with(|r| r.steps_by(session.known.get())));
    // Where the rows are, until the playhead moves.
    let turned = RwSignal::new(None::<usize>);
    let rows = Memo::new(move |before: Option<&std::ops::Range<usize>>| {
        let middle = turned.get().or(session.step.get()).unwrap_or_default();
        rows_around(middle, count.get(), before)
    });
    let scroll = NodeRef::<leptos::html::Div>::new();
    // The row of the playhead stays in view; only the box scrolls, never the page.
    Effect::new(move |_| {
        let here = session.step.get();
        turned.set(None);
        if let (Some(scroll), Some(here)) = (scroll.get(), here) {
            // The row may be made by this very move.
            request_animation_frame(move || {
                let row = scroll.query_selector(&format!("[data-step='{here}']")).ok().flatten();
                if let Some(row) = row.and_then(|r| r.dyn_into::<HtmlElement>().ok()) {
                    scroll.set_scroll_top(row.offset_top() - scroll.client_height() / 2);
                }
            });
        }
    });
    let row = move |index: usize| {
        let run = session.run.get();
        let Step { at, place, what, mark, state, .. } = run.step(index)?;
        let here = move || session.step.get() == Some(index);
        Some(view! {
            <tr data-step=index.to_string() aria-rowindex=(index + 2).to_string() class:cur-row=here
                aria-current=move || here().then_some("step") on:click=move |_| session.seek(at, Some(index))>
                <td class="num">{format::grouped(index + 1)}</td>
                <td class="num">{format::moment(at)}</td>
                <td>{place}</td>
                <td>{mark.map(|m| view! { <Status mark=m code=mark::word(m).to_owned()/> " " })} {what}</td>
                <td class="ink2">{state}</td>
            </tr>
        })
    };
    let all = move || rows.with(|r| r.len()) == count.get();
    let note = move || match all() {
        true => words::TABLE_NOTE.to_owned(),
        false => rows.with(|r| computing::rows(r.start + 1, r.end, count.get())),
    };
    let turn = move |later: bool| {
        let to = rows.with_untracked(|r| if later { r.end } else { r.start });
        turned.set(Some(to));
    };
    let more = move |later: bool| {
        let hidden = move || rows.with(|r| if later { r.end >= count.get() } else { r.start == 0 });
        let words = if later { computing::LATER } else { computing::EARLIER };
        view! {
            <button class="btn ghost small" hidden=all disabled=hidden on:click=move |_| turn(later)>{words}</button>
        }
    };
    view! {
        <div class="steps">
            <div class="row steps-h">
                <h2>{words::TABLE_TITLE}</h2>
                <span class="dim num" class=("hide-s", all)>{note}</span>
                <span class="grow"></span>
                {more(false)}
                {more(true)}
            </div>
            <div class="scrollx" tabindex="0" role="region" aria-label=words::TABLE_TITLE node_ref=scroll>
                <table class="tbl" aria-rowcount=move || (count.get() + 1).to_string()>
                    <thead>
                        <tr>
                            <th scope="col">"Event"</th>
                            <th scope="col">"Time"</th>
                            <th scope="col">"Where"</th>
                            <th scope="col">"What"</th>
                            <th scope="col">"State after"</th>
                        </tr>
                    </thead>
                    <tbody>{move || rows.get().map(row).collect_view()}</tbody>
                </table>
            </div>
        </div>
    }
}
