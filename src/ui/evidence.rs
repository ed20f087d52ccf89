//! What stands under each tab of the evidence.

use leptos::prelude::*;

use super::har;
use super::icon::{Icon, MarkIcon};
use super::looking::Looking;
use super::session::Session;
use super::share::copy;
use super::words::looking as says;
use crate::view::hops::{self, Hop};
use crate::view::orders::{self, Orders};
use crate::view::raw::{Ink, Raw, Remark};
use crate::view::{inspector, ledger::Ledger};

/// The panel of a tab.
pub(super) fn panel(tab: usize, session: Session, looking: Looking) -> AnyView {
    match tab {
        0 => messages(session, looking),
        1 => logs(session, looking),
        2 => origin(session, looking),
        _ => command(session, looking),
    }
}

/// The bytes of a hop, both ways.
fn messages(session: Session, looking: Looking) -> AnyView {
    let all = Memo::new(move |_| {
        let known = session.known.get();
        let hops =
            looking.of_attempt(session, |run, ledger, attempt| hops::hops(run, ledger, attempt, known));
        hops.unwrap_or_default()
    });
    let labels = Memo::new(move |_| all.with(|a| a.iter().map(|h| h.label.clone()).collect::<Vec<_>>()));
    // The hop that a person chose, as far as the attempt has it; else the first, which is the client's.
    let here = Memo::new(move |_| {
        let chosen = looking.hop.get();
        labels.with(|l| l.iter().position(|label| *label == chosen).unwrap_or(0))
    });
    let shown = Memo::new(move |_| all.with(|a| a.get(here.get()).cloned()));
    let button = move |i: usize, label: String| {
        let name = label.clone();
        let mark = Memo::new(move |_| all.with(|a| a.get(i).and_then(|h| h.mark)));
        view! {
            <button class="btn small" aria-pressed=move || (here.get() == i).to_string()
                on:click=move |_| looking.hop.set(name.clone())>
                {move || mark.get().map(|m| view! { <MarkIcon mark=m/> })}
                {label}
            </button>
        }
    };
    view! {
        <div class="hops" id="hops" role="group" aria-label=says::BETWEEN>
            {move || labels.get().into_iter().enumerate().map(|(i, label)| button(i, label)).collect_view()}
        </div>
        {move || shown.get().map(hop)}
    }
    .into_any()
}

fn hop(hop: Hop) -> impl IntoView {
    let Hop { came, answer, answer_note, request, request_note, .. } = hop;
    view! {
        {answer_note.map(remark)}
        <h3 class="raw-h">{says::ANSWER} <span class="dim">{came}</span></h3>
        <pre class="raw" id="response-raw">{raw(answer, says::NOTHING_CAME)}</pre>
        <h3 class="raw-h">{says::REQUEST} <span class="dim">{request_note}</span></h3>
        <pre class="raw" id="request-raw">{raw(request, says::NOTHING_SENT)}</pre>
    }
}

fn logs(session: Session, looking: Looking) -> AnyView {
    // All lines there will ever be, for as long as the attempt stays the same.
    let files = Memo::new(move |_| {
        looking.of_attempt(session, |run, _, attempt| inspector::logs(run, attempt)).unwrap_or_default()
    });
    let shown = Memo::new(move |_| {
        let known = session.known.get();
        files.with(|f| inspector::log(f, known))
    });
    view! { <pre class="raw" id="gateway-log">{move || raw(shown.get(), says::NO_LOG)}</pre> }.into_any()
}

fn origin(session: Session, looking: Looking) -> AnyView {
    let note = Memo::new(move |_| {
        let known = session.known.get();
        looking.of_attempt(session, |r, l: &Ledger, a| inspector::origin_note(r, l, a, known)).flatten()
    });
    let seen = Memo::new(move |_| {
        let known = session.known.get();
        looking.of_attempt(session, |r, _, a| inspector::origin(r, a, known)).unwrap_or_default()
    });
    let table = Memo::new(move |_| {
        let known = session.known.get();
        looking.of_attempt(session, |r, l: &Ledger, a| orders::orders(r, l, a, known)).unwrap_or_default()
    });
    view! {
        <div id="origin-view">
            {move || note.get().map(remark)}
            <pre class="raw">{move || raw(seen.get(), says::NO_ORIGIN)}</pre>
            <h3 class="raw-h">{says::ORDERS}</h3>
            {move || state(table.get())}
        </div>
    }
    .into_any()
}

/// The state of the orders service.
fn state(orders: Orders) -> AnyView {
    let Orders { rows, summary, bad, left_out } = orders;
    if rows.is_empty() {
        return view! { <p class="raw-p dim">{says::NO_ORDERS}</p> }.into_any();
    }
    view! {
        <p class="raw-p" class:bad=bad>{bad.then(|| view! { <Icon name="#i-warn" small=true/> })} {summary}</p>
        <div class="scrollx" tabindex="0" role="region" aria-label=says::ORDERS>
            <table class="tbl orders" id="orders">
                <thead><tr>{says::ORDER_COLUMNS.into_iter().map(|c| view! { <th scope="col">{c}</th> }).collect_view()}</tr></thead>
                <tbody>
                    {rows.into_iter().map(|row| view! {
                        <tr class:mine=row.of_this>
                            <th scope="row" class="num">
                                {row.order}
                                {(!row.copy.is_empty()).then(|| view! { " " <span class="copy">{row.copy}</span> })}
                            </th>
                            <td>{row.made_by} {row.of_this.then_some(" (this one)")}</td>
                            <td class="num">{row.at}</td>
                            <td class:bad=row.denied>{row.told}</td>
                            <td class="mono">{row.key}</td>
                        </tr>
                    }).collect_view()}
                </tbody>
            </table>
        </div>
        {(left_out > 0).then(|| view! { <p class="raw-p dim">{says::older_orders(left_out)}</p> })}
    }
    .into_any()
}

fn command(session: Session, looking: Looking) -> AnyView {
    let command = Memo::new(move |_| looking.of_attempt(session, inspector::command).unwrap_or_default());
    view! {
        <pre class="raw" id="curl">{move || command.get()}</pre>
        <div class="row raw-do">
            <button class="btn small" on:click=move |_| {
                copy(&command.get_untracked());
                session.spoken.set(says::COPIED.to_owned());
            }><Icon name="#i-copy" small=true/>{says::COPY}</button>
        </div>
        <h3 class="raw-h">{says::HAR}</h3>
        <p class="raw-p dim">{says::HAR_NOTE}</p>
        <div class="row raw-do">
            <button class="btn small" id="har-copy" on:click=move |_| {
                copy(&har::text(session));
                session.spoken.set(says::COPIED.to_owned());
            }><Icon name="#i-copy" small=true/>{says::COPY_HAR}</button>
            <button class="btn small" id="har-save" on:click=move |_| har::save(session)>{says::SAVE_HAR}</button>
        </div>
    }
    .into_any()
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
