//! The waterfall: requests, their attempts, and what the gateway tried.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::icon::{Icon, Status};
use super::looking::{Looking, looking};
use super::request_filter::filters;
use super::session::{Session, session};
use super::words;
use super::words::looking as says;
use crate::view::filter::{Filter, Matching};
use crate::view::format::{css_percent, css_seconds, grouped};
use crate::view::phases;
use crate::view::waterfall::{self, Bar, Chosen, PAGE, Row, RowId, RowKind, Tone, Waterfall};

/// The list of requests.
#[component]
pub(crate) fn Requests() -> impl IntoView {
    let (session, looking) = (session(), looking());
    let matching = Memo::new(move |_| {
        looking.filter.with(|filter| {
            looking.ledger.with(|ledger| session.run.with(|run| Matching::new(run, ledger, filter)))
        })
    });
    let list = Memo::new(move |_| {
        let (now, selected, most) = (session.now(), session.explained.get(), looking.most.get());
        let run = session.run.get();
        session.expanded.with(|calls| {
            looking.parts.with(|parts| {
                let chosen = Chosen { selected, calls, parts, most };
                looking
                    .ledger
                    .with(|ledger| matching.with(|m| waterfall::waterfall(&run, ledger, m, now, chosen)))
            })
        })
    });
    let summary = Memo::new(move |_| list.with(|l| l.summary.clone()));
    let calls = Memo::new(move |_| list.with(|l| l.calls));
    let filtered = Memo::new(move |_| looking.filter.with(|f| !f.is_empty()));
    let none_fits = Memo::new(move |_| list.with(|l| l.calls > 0 && l.rows.is_empty()));
    let axis = Memo::new(move |_| list.with(|l| l.ticks.clone()));
    let older = Memo::new(move |_| list.with(|l| l.older));
    let cut = Memo::new(move |_| older.get() > 0);
    let several = Memo::new(move |_| calls.get() > 1 || filtered.get());
    // One row is a stop of the Tab key: the one that the keyboard was at, else that of the selected attempt.
    let stop = Memo::new(move |_| {
        let here = looking.row.get();
        list.with(|l| {
            let selected =
                || l.rows.iter().find(|r| matches!(r.kind, RowKind::Attempt { selected: true, .. }));
            here.filter(|id| l.row(*id).is_some())
                .or_else(|| selected().or_else(|| l.rows.first()).map(|r| r.id))
        })
    });
    let keys = move |event: KeyboardEvent| key(session, looking, list, &event);
    view! {
        <section class="requests" aria-label="Requests">
            <div class="sec-h">
                <h2>"Requests"</h2>
                <span class="dim num" id="request-count">
                    {move || list.with(|l| if filtered.get() { l.count(true) } else { grouped(l.calls) })}
                </span>
                <span class="grow"></span>
                <span class="ink2 sum">
                    {move || summary.get().sent}
                    {move || {
                        let s = summary.get();
                        (!s.orders.is_empty()).then(|| view! { " · " <b class:too-many=s.too_many>{s.orders}</b> })
                    }}
                </span>
            </div>
            // One request needs no filter.
            <Show when=move || several.get()>{filters(session, looking, list)}</Show>
            <Show when=move || calls.get() == 0>
                <div class="empty"><b>{words::NOTHING_SENT}</b><span>{words::NOTHING_SENT_MORE}</span></div>
            </Show>
            <Show when=move || none_fits.get()>
                <div class="empty">
                    <b>{says::NONE_FITS}</b>
                    <button class="btn small" on:click=move |_| looking.filter.set(Filter::default())>{says::CLEAR}</button>
                </div>
            </Show>
            <div class="scroll" hidden=move || calls.get() == 0>
                <div id="waterfall" class="wf" role="treegrid" aria-label="Requests and their attempts"
                    hidden=move || none_fits.get()
                    style=("--hz", move || css_seconds(list.with(|l| l.extent)))
                    style=("--now", move || css_seconds(list.with(|l| l.cursor))) on:keydown=keys>
                    {move || header(axis.get())}
                    <For each=move || list.with(|l| l.rows.iter().map(|r| r.id).collect::<Vec<_>>()) key=|id| *id
                        children=move |id| row(session, looking, list, stop, id)/>
                </div>
                <Show when=move || cut.get()>
                    <p class="older">
                        {move || says::older(older.get())} " "
                        <button class="btn small" on:click=move |_| looking.most.update(|m| *m += PAGE)>
                            {move || says::more(older.get().min(PAGE))}
                        </button>
                    </p>
                </Show>
            </div>
            {phase_bar(session, looking)}
        </section>
    }
}

fn header(ticks: Vec<crate::view::lanes::Tick>) -> impl IntoView {
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

fn row(
    session: Session,
    looking: Looking,
    list: Memo<Waterfall>,
    stop: Memo<Option<RowId>>,
    id: RowId,
) -> impl IntoView {
    let shown = Memo::new(move |_| list.with(|l| l.row(id).cloned()));
    let expanded = move || shown.with(|r| r.as_ref().and_then(Row::expanded)).map(|e| e.to_string());
    let selected = move || {
        shown.with(|r| match r.as_ref().map(|r| &r.kind) {
            Some(RowKind::Attempt { selected, .. }) => Some(*selected),
            _ => None,
        })
    };
    // Set as a property, which the browser reflects: Leptos has no `aria-level`, and writes `attr:` out.
    let level = shown.with_untracked(|r| r.as_ref().map_or(1, |r| r.level));
    view! {
        <div class=format!("r l{}", level - 1) class:sel=move || selected().unwrap_or(false) role="row"
            class:later=move || shown.with(|r| r.as_ref().is_some_and(|r| r.later))
            prop:ariaLevel=level.to_string() data-row=id.word()
            tabindex=move || if stop.get() == Some(id) { "0" } else { "-1" }
            aria-expanded=expanded aria-selected=move || selected().map(|s| s.to_string())
            on:focus=move |_| looking.row.set(Some(id))
            on:click=move |_| act(session, looking, list, id)>
            {move || shown.get().map(cells)}
        </div>
    }
}

fn cells(row: Row) -> impl IntoView {
    let Row { kind, label, mark, answer, time, bars, gap, note, note_before, .. } = row;
    let chevron = |open: bool| {
        let icon = if open { "#i-down" } else { "#i-right" };
        view! { <Icon name=icon small=true/> }
    };
    let head = match &kind {
        RowKind::Call { expanded, .. } => {
            view! { {chevron(*expanded)} <span class="req mono">{label}</span> }.into_any()
        }
        RowKind::Attempt { key, to, .. } => {
            let (number, to) = (key.number, to.clone());
            view! { <span class="ring" aria-hidden="true">{number}</span> <span>{label} " " <span class="dim">{to}</span></span> }
                .into_any()
        }
        RowKind::Part { expanded } => view! { {expanded.map(chevron)} <span>{label}</span> }.into_any(),
        RowKind::Rest => view! { <span class="dim">{label}</span> }.into_any(),
    };
    let end = bars.last().map_or(0.0, |b| b.start + b.length);
    let note_at = if note_before { bars.first().map_or(0.0, |b| b.start) } else { end };
    view! {
        <span role="gridcell">{head}</span>
        <span role="gridcell">
            {match mark {
                Some(mark) => view! { <Status mark=mark code=answer/> }.into_any(),
                None => view! { <span class="dim">{answer}</span> }.into_any(),
            }}
        </span>
        <span class="d" role="gridcell">{time}</span>
        <div class="track" role="gridcell">
            {bars.into_iter().map(bar).collect_view()}
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
    }
}

fn bar(bar: Bar) -> impl IntoView {
    let class = match bar.tone {
        Tone::Total => "span tot".to_owned(),
        Tone::Open => "span bar open".to_owned(),
        Tone::Ended(mark) if mark.hatched() => format!("span bar timer {}", mark.class()),
        Tone::Ended(mark) => format!("span bar {}", mark.class()),
        Tone::Work => "span bar work".to_owned(),
        Tone::Wait => "span bar wait".to_owned(),
        Tone::ForNobody => "span bar timer s-504".to_owned(),
    };
    view! { <span class=class style=("--t", css_seconds(bar.start)) style=("--d", css_seconds(bar.length))></span> }
}

/// Opens, closes or selects what a row is about.
fn act(session: Session, looking: Looking, list: Memo<Waterfall>, id: RowId) {
    looking.row.set(Some(id));
    let kind = list.with_untracked(|l| l.row(id).map(|r| r.kind.clone()));
    match kind {
        Some(RowKind::Call { key, expanded }) => {
            session.expanded.update(|e| {
                e.insert(key, !expanded);
            });
        }
        Some(RowKind::Attempt { key, .. }) => session.selected.set(Some(key)),
        Some(RowKind::Part { expanded: Some(open) }) => {
            looking.parts.update(|parts| {
                parts.insert(id, !open);
            });
        }
        Some(RowKind::Part { expanded: None } | RowKind::Rest) | None => {}
    }
}

/// The keys of a treegrid (ARIA Authoring Practices): up and down between rows, right and left open and close.
fn key(session: Session, looking: Looking, list: Memo<Waterfall>, event: &KeyboardEvent) {
    if event.shift_key() || event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let row = event.target().and_then(|t| t.dyn_into::<Element>().ok());
    let Some(word) = row.and_then(|e| e.closest("[data-row]").ok().flatten()?.get_attribute("data-row"))
    else {
        return;
    };
    let go = |place: Option<usize>, select: bool| {
        let Some((id, kind)) =
            place.and_then(|i| list.with_untracked(|l| l.rows.get(i).map(|r| (r.id, r.kind.clone()))))
        else {
            return;
        };
        if let (true, RowKind::Attempt { key, .. }) = (select, kind) {
            session.selected.set(Some(key));
        }
        looking.row.set(Some(id));
        focus(id);
    };
    let here = list.with_untracked(|l| l.rows.iter().position(|r| r.id.word() == word));
    let Some(here) = here else { return };
    let (id, open, parent) =
        list.with_untracked(|l| (l.rows[here].id, l.rows[here].expanded(), l.parent(here)));
    match event.key().as_str() {
        "ArrowDown" => go(Some(here + 1), true),
        "ArrowUp" => go(here.checked_sub(1), true),
        "ArrowRight" => match open {
            Some(false) => act(session, looking, list, id),
            Some(true) => go(Some(here + 1), true),
            None => {}
        },
        "ArrowLeft" => match (open, id) {
            (Some(true), RowId::Call(_) | RowId::Part(..)) => act(session, looking, list, id),
            _ => go(parent, true),
        },
        "Enter" | " " => act(session, looking, list, id),
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

/// Selecting an attempt moves the rows below it; the focus stays with the row.
fn focus(id: RowId) {
    request_animation_frame(move || {
        let row = document().query_selector(&format!("[data-row='{}']", id.word())).ok().flatten();
        if let Some(row) = row.and_then(|r| r.dyn_into::<HtmlElement>().ok()) {
            let _ = row.focus();
        }
    });
}

/// What the time of the explained attempt went into.
fn phase_bar(session: Session, looking: Looking) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let known = session.known.get();
        looking
            .of_attempt(session, |run, _, attempt| (attempt.key.number, phases::phases(run, attempt, known)))
    });
    let piece = |phase: &phases::Phase| {
        (phase.share > 0.0).then(|| {
            let grow = css_percent(phase.share * 100.0);
            view! { <i class=format!("ph-{}", phase.name) style=("flex-grow", grow)></i> }
        })
    };
    let entry = |phase: &phases::Phase| {
        let (name, time) = (phase.name, phase.time.clone());
        view! { <li><i class=format!("ph-{name}")></i>{name} " " <span class="num">{time}</span></li> }
    };
    move || {
        shown.get().map(|(number, phases)| {
            view! {
                <div class="phases" id="phases">
                    <div class="phase-bar" aria-hidden="true">{phases.iter().map(piece).collect_view()}</div>
                    <b>{format!("attempt {number}")}</b>
                    <ul aria-label=says::phases_of(number)>{phases.iter().map(entry).collect_view()}</ul>
                </div>
            }
        })
    }
}
