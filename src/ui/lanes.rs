//! The time lanes: one axis, one playhead, one slider.

use leptos::ev::PointerEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::change_panel;
use super::flags::Flags;
use super::icon::MarkIcon;
use super::lazy;
use super::session::{Panel, Session, session};
use crate::sim::time::SimTime;
use crate::view::crowd::{COLUMNS, Crowd, HEIGHT};
use crate::view::format::{self, css_seconds};
use crate::view::jumps::Loop;
use crate::view::lanes::{self, Bar, Gap, Order, Tick};
use crate::view::mark::Mark;

/// Changes, answers and orders over time.
#[component]
pub(crate) fn Lanes() -> impl IntoView {
    let session = session();
    let lanes = Memo::new(move |_| lanes::lanes(&session.run.get(), session.now()));
    let extent = Memo::new(move |_| lanes.with(|l| l.extent));
    let ticks = Memo::new(move |_| lanes.with(|l| l.ticks.clone()));
    let bars = Memo::new(move |_| lanes.with(|l| l.bars.clone()));
    let gaps = Memo::new(move |_| lanes.with(|l| l.gaps.clone()));
    let orders = Memo::new(move |_| lanes.with(|l| l.orders.clone()));
    let crowd = Memo::new(move |_| lanes.with(|l| l.crowd.clone()));
    let order_crowd = Memo::new(move |_| lanes.with(|l| l.order_crowd.clone()));
    let now = move || css_seconds(session.cursor.get().as_secs_f64());
    view! {
        <div class="lanes" style=("--hz", move || css_seconds(extent.get()))>
            <div class="lane axis" aria-hidden="true">
                <span class="ln"></span>
                <div class="track">{move || ticks.get().into_iter().map(tick).collect_view()}</div>
            </div>
            <Flags/>
            <div class="lane answers">
                <span class="ln">"Answers" {move || crowd.get().map(|c| count_of(&c))}</span>
                <div class="track">
                    {move || crowd.get().map(crowd_view)}
                    {move || gaps.get().into_iter().map(gap).collect_view()}
                    {move || bars.get().into_iter().map(bar).collect_view()}
                </div>
            </div>
            <div class="lane orders">
                <span class="ln">"Orders created" {move || order_crowd.get().map(|c| count_of(&c))}</span>
                <div class="track">{move || order_crowd.get().map(crowd_view)} {move || orders.get().into_iter().map(order).collect_view()}</div>
            </div>
            // What lies behind the playhead is pale: bars one by one, columns by what is drawn over them.
            {move || (crowd.with(Option::is_some) || order_crowd.with(Option::is_some)).then(|| view! {
                <span class="pale" style=("--t", now)></span>
            })}
            <span class="playhead" style=("--t", move || css_seconds(session.cursor.get().as_secs_f64()))></span>
            {move || session.time.looped.get().map(|l| looped(l, extent.get()))}
            <Scrub/>
            {lazy::once(lazy::CHANGE, move || session.panel.with(|p| matches!(p, Panel::Change(_) | Panel::Changes(_))))}
        </div>
        {change_panel::toast()}
    }
}

/// The slider that lies over the lanes.
#[component]
fn Scrub() -> impl IntoView {
    let session = session();
    let spoken = move || {
        let run = session.run.get();
        let at = format::moment(session.cursor.get());
        match session.step.get().and_then(|i| run.step(i).map(|s| (i, s))) {
            Some((i, step)) => format!("{at}, event {} of {}, {}", i + 1, run.steps.len(), step.sentence()),
            None => at,
        }
    };
    let down = move |event: PointerEvent| {
        if let Some(target) = target(&event) {
            // A pointer that is gone already cannot be captured; the click itself still counts.
            let _ = target.set_pointer_capture(event.pointer_id());
            drag(session, &event);
        }
    };
    let moved = move |event: PointerEvent| {
        if target(&event).is_some_and(|t| t.has_pointer_capture(event.pointer_id())) {
            drag(session, &event);
        }
    };
    view! {
        <div id="scrub" class="scrub" role="slider" tabindex="0" aria-label="Simulated time"
            aria-valuemin="0"
            aria-valuemax=move || format::clock(session.run.with(|r| r.extent(session.known.get())))
            aria-valuenow=move || format::clock(session.cursor.get())
            aria-valuetext=spoken on:pointerdown=down on:pointermove=moved></div>
    }
}

fn target(event: &PointerEvent) -> Option<HtmlElement> {
    event.current_target().and_then(|t| t.dyn_into().ok())
}

fn drag(session: Session, event: &PointerEvent) {
    let Some(target) = target(event) else { return };
    let extent: SimTime = session.run.with_untracked(|r| r.extent(session.known.get_untracked()));
    let share = f64::from(event.offset_x()) / f64::from(target.offset_width().max(1));
    session.seek(lanes::moment_at(extent, share), None);
}

fn tick(tick: Tick) -> impl IntoView {
    view! { <span class="at" style=("--t", css_seconds(tick.at))>{tick.label}</span> }
}

/// The stretch that is played again and again.
fn looped(looped: Loop, extent: f64) -> impl IntoView {
    let from = looped.from.as_secs_f64().min(extent);
    let length = looped.to.map_or(0.0, |to| to.as_secs_f64().min(extent) - from);
    view! {
        <span class="looped" class:open=looped.to.is_none() style=("--t", css_seconds(from)) style=("--d", css_seconds(length))></span>
    }
}

fn bar(bar: Bar) -> impl IntoView {
    let Bar { start, length, mark, later, title } = bar;
    let class = match mark {
        Some(mark) if mark.hatched() => format!("span bar timer {}", mark.class()),
        Some(mark) => format!("span bar {}", mark.class()),
        None => "span bar open".to_owned(),
    };
    let end = start + length;
    view! {
        <span class=class class:later=later style=("--t", css_seconds(start)) style=("--d", css_seconds(length)) title=title></span>
        {mark.map(|mark| view! {
            <span class="at mark" class:later=later style=("--t", css_seconds(end))><MarkIcon mark=mark/></span>
        })}
    }
}

fn count_of(crowd: &Crowd) -> impl IntoView + use<> {
    view! { <small class="num">{crowd.count.clone()}</small> }
}

fn crowd_view(crowd: Crowd) -> impl IntoView {
    let Crowd { shapes, title, .. } = crowd;
    let label = title.clone();
    let shapes = shapes.into_iter().map(|(mark, shape)| {
        view! { <path class=mark.class() class:timer=mark.hatched() d=shape></path> }
    });
    view! {
        <svg class="crowd" viewBox=format!("0 0 {COLUMNS} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>
            <title>{title}</title>
            {shapes.collect_view()}
        </svg>
    }
}

fn gap(gap: Gap) -> impl IntoView {
    view! { <span class="span gap" style=("--t", css_seconds(gap.start)) style=("--d", css_seconds(gap.length))></span> }
}

fn order(order: Order) -> impl IntoView {
    let Order { start, at, label, later, title } = order;
    view! {
        <span class="span thin s-ok" class:later=later style=("--t", css_seconds(start)) style=("--d", css_seconds(at - start))></span>
        <span class="at mark order" class:later=later style=("--t", css_seconds(at)) title=title>
            <MarkIcon mark=Mark::OK/>
            <span class="num">{label}</span>
        </span>
    }
}
