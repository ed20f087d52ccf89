//! The waterfall: requests, their attempts, and what the gateway tried.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::icon::{Icon, Status};
use super::session::session;
use super::words;
use crate::view::format::css_seconds;
use crate::view::run::AttemptKey;
use crate::view::waterfall::{self, Row, RowKind, Waterfall};

/// The list of requests.
#[component]
pub(crate) fn Requests() -> impl IntoView {
    let session = session();
    let list = Memo::new(move |_| {
        session
            .expanded
            .with(|e| waterfall::waterfall(&session.run.get(), session.now(), session.explained.get(), e))
    });
    let rows = Memo::new(move |_| list.with(|l| l.rows.clone()));
    let summary = move || list.with(|l| l.summary.clone());
    view! {
        <section class="requests" aria-label="Requests">
            <div class="sec-h">
                <h2>"Requests"</h2>
                <span class="dim num">{move || list.with(|l| l.calls)}</span>
                <span class="grow"></span>
                <span class="ink2 sum">
                    {move || summary().sent}
                    {move || {
                        let s = summary();
                        (!s.orders.is_empty()).then(|| view! { " · " <b class:too-many=s.too_many>{s.orders}</b> })
                    }}
                </span>
            </div>
            <Show when=move || list.with(|l| l.calls == 0)>
                <div class="empty"><b>{words::NOTHING_SENT}</b><span>{words::NOTHING_SENT_MORE}</span></div>
            </Show>
            <div id="waterfall" class="wf scroll" role="treegrid" aria-label="Requests and their attempts"
                hidden=move || list.with(|l| l.calls == 0)
                style=("--hz", move || css_seconds(list.with(|l| l.extent)))
                style=("--now", move || css_seconds(list.with(|l| l.cursor)))>
                {move || header(&list.get())}
                {move || left_out(list.with(|l| l.newer), words::computing::newer)}
                {move || rows.get().into_iter().map(row).collect_view()}
                {move || left_out(list.with(|l| l.older), words::computing::older)}
            </div>
        </section>
    }
}

fn left_out(count: usize, words: fn(usize) -> String) -> Option<impl IntoView> {
    (count > 0)
        .then(|| view! { <div class="r l0 dim" role="row"><span role="gridcell">{words(count)}</span></div> })
}

fn header(list: &Waterfall) -> impl IntoView + use<> {
    let ticks = list.ticks.clone();
    view! {
        <div class="r h" role="row">
            <span role="columnheader">"Request"</span>
            <span role="columnheader">"Answer"</span>
            <span class="d" role="columnheader">"Time"</span>
            <div class="track" role="columnheader">
                {ticks.into_iter().map(|t| view! {
                    <span class="at" aria-hidden="true" style=("--t", css_seconds(t.at))>{t.label}</span>
                }).collect_view()}
                <span class="vh">"Over time"</span>
            </div>
        </div>
    }
}

fn row(row: Row) -> impl IntoView {
    let session = session();
    let Row { kind, label, mark, answer, time, bar, gap, note, note_before, later } = row;
    let (class, level, expanded, selected) = match &kind {
        RowKind::Call { expanded, .. } => ("r l0", "1", Some(*expanded), None),
        RowKind::Attempt { expanded, selected, .. } => ("r l1", "2", Some(*expanded), Some(*selected)),
        RowKind::Try => ("r l2", "3", None, None),
    };
    let address = match &kind {
        RowKind::Attempt { key, .. } => Some(address(*key)),
        RowKind::Call { .. } | RowKind::Try => None,
    };
    let chosen = kind.clone();
    let choose = move || match chosen {
        RowKind::Call { key, expanded } => session.expanded.update(|e| {
            e.insert(key, !expanded);
        }),
        RowKind::Attempt { key, .. } => {
            session.selected.set(Some(key));
            keep_focus(key);
        }
        RowKind::Try => {}
    };
    let click = choose.clone();
    let key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Enter" || (event.key() == " ") {
            event.prevent_default();
            event.stop_propagation();
            choose();
        }
    };
    let head = match &kind {
        RowKind::Call { expanded, .. } => {
            let icon = if *expanded { "#i-down" } else { "#i-right" };
            view! { <Icon name=icon small=true/> <span class="req mono">{label}</span> }.into_any()
        }
        RowKind::Attempt { key, to, .. } => {
            let (number, to) = (key.number, to.clone());
            view! { <span class="ring" aria-hidden="true">{number}</span> <span>{label} " " <span class="dim">{to}</span></span> }
                .into_any()
        }
        RowKind::Try => view! { <span>{label}</span> }.into_any(),
    };
    let bar_class = match (&kind, bar.mark) {
        (RowKind::Call { .. }, _) => "span tot".to_owned(),
        (_, Some(mark)) if mark.hatched() => format!("span bar timer {}", mark.class()),
        (_, Some(mark)) => format!("span bar {}", mark.class()),
        (_, None) => "span bar open".to_owned(),
    };
    let note_at = if note_before { bar.start } else { bar.start + bar.length };
    view! {
        <div class=class class:sel=selected.unwrap_or(false) class:later=later role="row" attr:aria-level=level data-row=address
            tabindex=if matches!(kind, RowKind::Try) { "-1" } else { "0" }
            aria-expanded=expanded.map(|e| e.to_string()) aria-selected=selected.map(|s| s.to_string())
            on:click=move |_| click.clone()() on:keydown=key>
            <span role="gridcell">{head}</span>
            <span role="gridcell">
                {match mark {
                    Some(mark) => view! { <Status mark=mark code=answer/> }.into_any(),
                    None => view! { <span class="dim">{answer}</span> }.into_any(),
                }}
            </span>
            <span class="d" role="gridcell">{time}</span>
            <div class="track" role="gridcell">
                <span class=bar_class style=("--t", css_seconds(bar.start)) style=("--d", css_seconds(bar.length))></span>
                {gap.map(|gap| view! {
                    <span class="span gap" class:short=gap.short style=("--t", css_seconds(gap.start))
                        style=("--d", css_seconds(gap.length))>
                        <em>{gap.label}</em>
                    </span>
                })}
                {(!note.is_empty()).then(|| view! {
                    <span class="at tx hide-s" class:before=note_before style=("--t", css_seconds(note_at))>{note}</span>
                })}
                <span class="cur"></span>
            </div>
        </div>
    }
}

fn address(key: AttemptKey) -> String {
    format!("{}.{}.{}", key.call.change, key.call.nth, key.number)
}

/// Choosing an attempt moves the rows below it; the focus stays with the attempt.
fn keep_focus(key: AttemptKey) {
    request_animation_frame(move || {
        let row = document().query_selector(&format!("[data-row='{}']", address(key))).ok().flatten();
        if let Some(row) = row.and_then(|r| r.dyn_into::<HtmlElement>().ok()) {
            let _ = row.focus();
        }
    });
}
