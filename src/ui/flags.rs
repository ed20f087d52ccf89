//! The changes on the time axis: each is a slider that moves, opens and can be deleted.

use leptos::ev::{self, KeyboardEvent, PointerEvent};
use leptos::html::Div;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::icon::Icon;
use super::session::{Panel, Session, session};
use super::timeline::{Moving, count_id, flag_id};
use super::words::time as words;
use crate::sim::time::{SimDuration, SimTime};
use crate::view::changes;
use crate::view::flags::{self, Flag, Room};
use crate::view::format::{self, css_seconds};
use crate::view::lanes::moment_at;

/// How far a pointer goes before it is a drag and no click, and how near it takes hold of an event; pixels.
const SLACK: i32 = 4;
const REACH: f64 = 6.0;

/// What each control needs to know.
#[derive(Clone, Copy)]
struct Lane {
    session: Session,
    extent: Memo<SimTime>,
    room: RwSignal<Room>,
    flags: Memo<Vec<Flag>>,
    /// The last moment that a change can have and happen.
    reach: Memo<SimTime>,
}

/// The lane of the changes.
#[component]
pub(crate) fn Flags() -> impl IntoView {
    let session = session();
    let time = session.time;
    let room = RwSignal::new(Room { width: 900.0, least: 24.0 });
    let track = NodeRef::<Div>::new();
    let measure = move || {
        if let Some(track) = track.get_untracked() {
            let least = if pointer_is_coarse() { 44.0 } else { 24.0 };
            let now = Room { width: f64::from(track.offset_width().max(1)), least };
            if room.get_untracked() != now {
                room.set(now);
            }
        }
    };
    Effect::new(move |_| {
        track.track();
        measure();
    });
    let resized = window_event_listener(ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    let extent = Memo::new(move |_| session.run.with(|r| r.extent(session.known.get())));
    let reach = Memo::new(move |_| session.run.with(|r| changes::reach(r)));
    let flags = Memo::new(move |_| {
        session.scenario.with(|s| flags::flags(s, extent.get(), room.get(), time.held.get()))
    });
    let lane = Lane { session, extent, room, flags, reach };
    let was = move || time.moving.get().map(|m| m.from).or_else(|| time.was.get());
    view! {
        <div class="lane changes">
            <span class="ln">{words::CHANGES}</span>
            <div class="track" node_ref=track role="group" aria-label=words::CHANGES>
                <span id="change-hint" hidden=true>{words::HINT}</span>
                {move || was().map(|at| view! {
                    <span class="at was" style=("--t", css_seconds(at.as_secs_f64()))></span>
                })}
                <For each=move || flags.get() key=|flag| flag.changes.clone() children=move |flag| control(lane, flag)/>
            </div>
        </div>
    }
}

fn control(lane: Lane, flag: Flag) -> AnyView {
    let key = flag.changes.clone();
    let now = Memo::new(move |_| {
        lane.flags.with(|all| all.iter().find(|f| f.changes == key).cloned()).unwrap_or_else(|| flag.clone())
    });
    match now.with_untracked(|f| f.changes.clone()).as_slice() {
        [one] => single(lane, *one, now),
        several => count(lane, several.to_vec(), now),
    }
}

fn single(lane: Lane, index: usize, flag: Memo<Flag>) -> AnyView {
    let Lane { session, extent, reach, .. } = lane;
    let time = session.time;
    let scenario = session.scenario;
    let placed = Memo::new(move |_| scenario.with(|s| s.timeline.get(index).map_or(SimTime::ZERO, |c| c.at)));
    let at = Memo::new(move |_| {
        time.moving.get().filter(|m| m.index == index).map_or_else(|| placed.get(), |m| m.to)
    });
    let drag = Drag { lane, index, start: StoredValue::new(None), done: StoredValue::new(false) };
    let is_held = move || time.held.get() == Some(index);
    let never = move || placed.get() > reach.get();
    let blur = move |_| {
        if !time.settling.get_value() && drag.start.get_value().is_none() {
            session.drop_change(index);
            if session.panel.with_untracked(|p| *p != Panel::Change(index)) && is_held() {
                time.let_go();
            }
        }
    };
    view! {
        <div id=flag_id(index) class=move || format!("at flagm {}", flag.with(|f| f.kind.class()))
            class:self=is_held class:never=never
            role="slider" tabindex="0" aria-haspopup="dialog" aria-describedby="change-hint"
            aria-label=move || flag.with(|f| f.title.clone())
            aria-valuemin="0" aria-valuemax=move || format::clock(extent.get().max(at.get()))
            aria-valuenow=move || format::clock(at.get()) aria-valuetext=move || format::moment(at.get())
            title=move || flag.with(|f| f.title.clone())
            style=("--t", move || css_seconds(at.get().min(extent.get()).as_secs_f64()))
            style=("--room", move || format!("{:.0}px", flag.with(|f| f.room)))
            on:pointerdown=move |event| drag.down(&event) on:pointermove=move |event| drag.moved(&event)
            on:pointerup=move |_| drag.up() on:pointercancel=move |_| drag.cancel()
            on:click=move |_| drag.click()
            on:keydown=move |event| drag.key(&event) on:keyup=move |_| drag.key_up()
            on:focus=move |_| if !is_held() { time.let_go(); time.held.set(Some(index)); } on:blur=blur>
            <Icon name=Signal::derive(move || flag.with(|f| f.kind.symbol())) small=true/>
            <span class="say">{move || flag.with(|f| f.label.clone())}</span>
        </div>
    }
    .into_any()
}

fn count(lane: Lane, all: Vec<usize>, flag: Memo<Flag>) -> AnyView {
    let session = lane.session;
    let number = all.len();
    let opened = Panel::Changes(all.clone());
    let expanded = opened.clone();
    view! {
        <button id=count_id(all.first().copied().unwrap_or_default())
            class=move || format!("at flagm many {}", flag.with(|f| f.kind.class()))
            aria-haspopup="dialog" aria-expanded=move || session.panel.with(|p| *p == expanded).to_string()
            aria-label=move || flag.with(|f| format!("{number} {} {}", f.label, f.title))
            title=move || flag.with(|f| f.title.clone())
            style=("--t", move || css_seconds(flag.with(|f| f.at)))
            style=("--room", move || format!("{:.0}px", flag.with(|f| f.room)))
            on:click=move |_| session.panel.set(opened.clone())>
            <span class="n">{number}</span>
            " "
            <span class="say">{move || flag.with(|f| f.label.clone())}</span>
        </button>
    }
    .into_any()
}

/// What pointer and keys do to a change.
#[derive(Clone, Copy)]
struct Drag {
    lane: Lane,
    index: usize,
    /// Where the pointer went down, and where the change was then.
    start: StoredValue<Option<(i32, SimTime)>>,
    /// The pointer has moved the change: the click that follows opens nothing.
    done: StoredValue<bool>,
}

impl Drag {
    fn at(self) -> SimTime {
        self.lane
            .session
            .scenario
            .with_untracked(|s| s.timeline.get(self.index).map_or(SimTime::ZERO, |c| c.at))
    }

    fn moving(self) -> Option<Moving> {
        self.lane.session.time.moving.get_untracked().filter(|m| m.index == self.index)
    }

    fn show(self, to: SimTime) {
        let from = self.moving().map_or_else(|| self.at(), |m| m.from);
        self.lane.session.time.moving.set(Some(Moving { index: self.index, from, to }));
    }

    fn down(self, event: &PointerEvent) {
        self.done.set_value(false);
        if event.button() != 0 || !event.is_primary() {
            return;
        }
        if let Some(target) = event.current_target().and_then(|t| t.dyn_into::<HtmlElement>().ok()) {
            // A pointer that is gone already cannot be captured; the click itself still counts.
            let _ = target.set_pointer_capture(event.pointer_id());
            self.start.set_value(Some((event.client_x(), self.at())));
        }
    }

    fn moved(self, event: &PointerEvent) {
        let Some((x, at)) = self.start.get_value() else { return };
        let way = event.client_x() - x;
        if self.moving().is_none() && way.abs() < SLACK {
            return;
        }
        let session = self.lane.session;
        session.pause();
        let extent = self.lane.extent.get_untracked();
        let width = self.lane.room.with_untracked(|r| r.width).max(1.0);
        let share = at.min(extent).as_secs_f64() / extent.as_secs_f64() + f64::from(way) / width;
        let meant = moment_at(extent, share);
        let run = session.run.get_untracked();
        let to = if event.alt_key() {
            changes::round(&run, meant)
        } else {
            let reach = SimDuration::from_secs_f64(extent.as_secs_f64() * REACH / width);
            changes::snapped(&run, meant, session.cursor.get_untracked(), reach)
        };
        self.show(to);
    }

    fn up(self) {
        if self.start.get_value().is_some() {
            self.start.set_value(None);
            self.done.set_value(self.moving().is_some());
            self.lane.session.drop_change(self.index);
        }
    }

    fn cancel(self) {
        self.start.set_value(None);
        self.lane.session.time.moving.set(None);
    }

    fn click(self) {
        if self.done.get_value() {
            self.done.set_value(false);
        } else {
            self.lane.session.panel.set(Panel::Change(self.index));
        }
    }

    fn key(self, event: &KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        let session = self.lane.session;
        let forwards = match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => true,
            "ArrowLeft" | "ArrowDown" => false,
            "Enter" => return self.then(event, || session.panel.set(Panel::Change(self.index))),
            "Delete" | "Backspace" => return self.then(event, || session.delete_change(self.index)),
            "Escape" if self.moving().is_some() => {
                event.stop_propagation();
                return self.then(event, || self.cancel());
            }
            _ => return,
        };
        let from = self.moving().map_or_else(|| self.at(), |m| m.to);
        let run = session.run.get_untracked();
        let to = if event.alt_key() {
            changes::nudged(&run, from, forwards)
        } else {
            changes::next_stop(&run, from, forwards)
        };
        self.then(event, || self.show(to));
    }

    /// The move is made when the key is let go: one that is held down is one edit.
    fn key_up(self) {
        if self.start.get_value().is_none() && self.moving().is_some() {
            self.lane.session.drop_change(self.index);
        }
    }

    fn then(self, event: &KeyboardEvent, act: impl FnOnce()) {
        act();
        event.prevent_default();
    }
}

fn pointer_is_coarse() -> bool {
    let query = window().match_media("(pointer: coarse)").ok().flatten();
    query.is_some_and(|q| q.matches())
}
