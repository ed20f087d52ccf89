//! The popover of a change, and the list of those that stand close together.

use leptos::prelude::*;

use super::icon::Icon;
use super::panel::close;
use super::session::{Panel, Session, session};
use super::timeline::Tone;
use super::words::time as words;
use crate::view::changes::{self, Described};
use crate::view::format::{self, css_seconds};

/// How many changes a list shows.
const MOST: usize = 100;

/// What is open of the timeline.
pub(crate) fn panel() -> AnyView {
    let session = session();
    let open = Memo::new(move |_| match session.panel.get() {
        open @ (Panel::Change(_) | Panel::Changes(_)) => Some(open),
        _ => None,
    });
    (move || {
        open.get().map(|open| {
            let panel = match open {
                Panel::Changes(all) => list(session, all),
                Panel::Change(index) => one(session, index),
                _ => ().into_any(),
            };
            view! { <div class="veil" on:click=move |_| close(session)></div> {panel} }
        })
    })
    .into_any()
}

fn closer(session: Session) -> impl IntoView {
    view! {
        <button class="btn ghost small icon" aria-label=words::CLOSE on:click=move |_| close(session)>
            <Icon name="#i-x" small=true/>
        </button>
    }
}

/// Where the popover stands, in seconds of the axis.
fn place(session: Session, index: usize) -> String {
    let at = session.scenario.with(|s| s.timeline.get(index).map(|c| c.at)).unwrap_or_default();
    css_seconds(at.min(session.run.with(|r| r.extent(session.known.get()))).as_secs_f64())
}

fn one(session: Session, index: usize) -> AnyView {
    let change = Memo::new(move |_| {
        session.scenario.with(|s| s.timeline.get(index).map(|c| (c.at, changes::describe(s, c))))
    });
    Effect::new(move |_| {
        if change.with(Option::is_none) {
            session.panel.set(Panel::Closed);
        }
    });
    let told = move |read: fn(&Described) -> String| {
        change.with(|c| c.as_ref().map(|(_, d)| read(d)).unwrap_or_default())
    };
    let at = Memo::new(move |_| change.with(|c| c.as_ref().map(|(at, _)| *at).unwrap_or_default()));
    let symbol =
        Signal::derive(move || change.with(|c| c.as_ref().map_or("#i-tune", |(_, d)| d.kind.symbol())));
    let refusal = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        at.track();
        refusal.set(None);
    });
    let input = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            let _ = input.focus();
            input.select();
        }
    });
    session.time.held.set(Some(index));
    let typed = move |event| {
        let horizon = session.scenario.with_untracked(|s| s.horizon);
        let read = changes::read_time(&event_target_value(&event), horizon);
        refusal.set(read.and_then(|to| session.move_change(index, to)).err().map(|r| r.0));
    };
    let stop = move |forwards| {
        let to = changes::next_stop(&session.run.get_untracked(), at.get_untracked(), forwards);
        refusal.set(session.move_change(index, to).err().map(|r| r.0));
    };
    let here = move |_| refusal.set(session.move_change_here(index).err().map(|r| r.0));
    let never = move || session.run.with(|r| changes::never(r, index));
    view! {
        <div id="change-panel" class="pop change-pop" role="dialog" aria-label=move || told(|d| d.label.clone())
            style=("--t", move || place(session, index))>
            <div class="ph">
                <Icon name=symbol small=true/>
                <h3>{move || told(|d| d.label.clone())}</h3>
                {closer(session)}
            </div>
            <p class="ink2">{move || told(|d| d.sentence.clone())}</p>
            {move || never().map(|why| view! { <p class="err"><Icon name="#i-warn" small=true/>{why}</p> })}
            <div class="row wrap">
                <label class="row">
                    <span>{words::AT}</span>
                    <input id="change-at" class="inp mono" node_ref=input autocomplete="off" spellcheck="false"
                        class:bad=move || refusal.with(Option::is_some) aria-describedby="change-refusal"
                        aria-invalid=move || refusal.with(Option::is_some).to_string()
                        prop:value=move || at.get().to_string() on:change=typed/>
                </label>
                <button id="change-earlier" class="btn small" on:click=move |_| stop(false)>{words::EARLIER}</button>
                <button id="change-later" class="btn small" on:click=move |_| stop(true)>{words::LATER}</button>
            </div>
            <div id="change-refusal" role="alert">
                {move || refusal.get().map(|why| view! { <p class="err"><Icon name="#i-warn" small=true/>{why}</p> })}
            </div>
            <div class="row wrap">
                <button id="change-here" class="btn small" on:click=here
                    disabled=move || at.get() == session.cursor.get()>{words::HERE}</button>
                <span class="grow"></span>
                <button id="change-delete" class="btn small" on:click=move |_| session.delete_change(index)>
                    <Icon name="#i-x" small=true/>{words::DELETE}
                </button>
            </div>
        </div>
    }
    .into_any()
}

fn list(session: Session, all: Vec<usize>) -> AnyView {
    let title = words::several(all.len());
    let name = title.clone();
    let first = all.first().copied().unwrap_or_default();
    let list = NodeRef::<leptos::html::Ul>::new();
    Effect::new(move |_| {
        let button = list.get().and_then(|l| l.query_selector("button").ok().flatten());
        if let Some(button) =
            button.and_then(|b| leptos::wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(b).ok())
        {
            let _ = button.focus();
        }
    });
    let left_out = all.len().saturating_sub(MOST);
    let entries = session.scenario.with_untracked(|s| {
        let found = all.iter().take(MOST).filter_map(|i| Some((*i, s.timeline.get(*i)?)));
        found.map(|(i, c)| (i, c.at, changes::describe(s, c))).collect::<Vec<_>>()
    });
    let entry = move |(index, at, what): (usize, _, Described)| {
        let open = move |_| {
            session.time.let_go();
            session.panel.set(Panel::Change(index));
        };
        view! {
            <li><button on:click=open>
                <span class="num">{format::moment(at)}</span>
                <Icon name=what.kind.symbol() small=true/>
                <span>{what.label}</span>
            </button></li>
        }
    };
    view! {
        <div id="changes-panel" class="pop change-pop" role="dialog" aria-label=name
            style=("--t", move || place(session, first))>
            <div class="ph"><h3>{title}</h3>{closer(session)}</div>
            <ul class="changes-list" node_ref=list>{entries.into_iter().map(entry).collect_view()}</ul>
            {(left_out > 0).then(|| view! { <p class="dim">{words::left_out(left_out)}</p> })}
        </div>
    }
    .into_any()
}

/// What was done or could not be done, until the next edit.
pub(crate) fn toast() -> AnyView {
    let session = session();
    let toast = session.time.toast;
    let undo = move |_| {
        session.undo(true);
        super::panel::focus("scrub");
    };
    (move || {
        toast.get().map(|(tone, words)| {
            view! {
                <div id="toast" class="toast">
                    {(tone == Tone::Refused).then(|| view! { <Icon name="#i-warn"/> })}
                    <span>{words}</span>
                    {(tone == Tone::Done).then(|| view! { <button id="toast-undo" on:click=undo>{words::UNDO}</button> })}
                    <button class="x" aria-label=words::CLOSE on:click=move |_| toast.set(None)>
                        <Icon name="#i-x" small=true/>
                    </button>
                </div>
            }
        })
    })
    .into_any()
}
