//! Play, pause, steps, clock, speed.

use leptos::prelude::*;

use super::clock::motion_is_reduced;
use super::computing;
use super::icon::{Icon, MarkIcon};
use super::session::{Panel, Session, session};
use super::words::time as said;
use super::{lazy, words};
use crate::view::{format, pace};

/// The exponents of ten that the speed slider offers: 0.01 to 100.
const SLOWEST: f64 = -2.0;
const FASTEST: f64 = 2.0;

/// The bar above the lanes.
#[component]
pub(crate) fn Transport() -> impl IntoView {
    let session = session();
    let step = Memo::new(move |_| {
        let run = session.run.get();
        let count = run.steps.len();
        session.step.get().and_then(|i| run.step(i).map(|s| (i + 1, count, s.mark, s.sentence())))
    });
    let slowed = Memo::new(move |_| {
        session.playing.get()
            && !motion_is_reduced()
            && session.run.with(|r| pace::slowed(r, session.cursor.get(), session.speed.get()))
    });
    let icon = Signal::derive(move || if session.playing.get() { "#i-pause" } else { "#i-play" });
    let set_speed = move |event| {
        if let Ok(exponent) = event_target_value(&event).parse::<f64>() {
            session.speed.set(speed(exponent));
        }
    };
    view! {
        <div class="transport" role="toolbar" aria-label="Transport">
            <button id="step-back" class="btn icon" aria-label="Previous event" title="Previous event (←)"
                on:click=move |_| session.step_by(false)>
                <Icon name="#i-prev"/>
            </button>
            <button id="play" class="btn icon primary" title="Play or pause (Space)"
                aria-label=move || if session.playing.get() { "Pause" } else { "Play" }
                on:click=move |_| session.toggle()>
                <Icon name=icon/>
            </button>
            <button id="step-forward" class="btn icon" aria-label="Next event" title="Next event (→)"
                on:click=move |_| session.step_by(true)>
                <Icon name="#i-next"/>
            </button>
            {jumps(session)}
            <span class="clock" role="timer" aria-label="Simulated time">
                <span id="clock">{move || format::clock(session.cursor.get())}</span>
                <small>{move || format!(" / {}", format::tick(session.run.with(|r| r.extent(session.known.get())).as_nanos()))}</small>
            </span>
            <span class="event grow">{move || match session.computing.get() {
                Some(share) => computing::progress(share).into_any(),
                None => event(step.get(), slowed.get(), session.run.with(|r| r.trace.scenario.seed)).into_any(),
            }}</span>
            <label class="speed hide-s">
                "speed"
                <input type="range" min=SLOWEST.to_string() max=FASTEST.to_string() step="0.1"
                    aria-label="Speed, logarithmic" prop:value=move || exponent(session.speed.get()).to_string()
                    aria-valuetext=move || format!("{} times", speed_label(session.speed.get()))
                    on:input=set_speed/>
                <span class="num">{move || format!("{}×", speed_label(session.speed.get()))}</span>
            </label>
            <button id="undo" class="btn ghost icon" aria-label="Undo the last change" title="Undo (Ctrl Z)"
                disabled=move || session.past.with(Vec::is_empty) on:click=move |_| session.undo(true)>
                <Icon name="#i-undo"/>
            </button>
            <button id="redo" class="btn ghost icon flipped hide-s" aria-label="Redo the change that was undone" title="Redo (Ctrl Y)"
                disabled=move || session.undone.with(Vec::is_empty) on:click=move |_| session.undo(false)>
                <Icon name="#i-undo"/>
            </button>
            <button id="table" class="btn ghost icon" aria-label="Show the run as a table" title="The run as a table (D)"
                aria-pressed=move || session.table.get().to_string()
                on:click=move |_| session.table.update(|t| *t = !*t)>
                <Icon name="#i-table"/>
            </button>
            <button id="more" class="btn ghost icon" aria-label=said::MORE title=said::MORE aria-haspopup="dialog"
                aria-expanded=move || session.panel.with(|p| *p == Panel::More).to_string()
                on:click=move |_| session.panel.set(Panel::More)>
                <Icon name="#i-more"/>
            </button>
            {lazy::once(lazy::MORE, move || session.panel.with(|p| *p == Panel::More))}
        </div>
    }
}

/// Jumps and the loop, where there is room for them; the popover has them too.
fn jumps(session: Session) -> impl IntoView {
    let button = move |id: &'static str,
                       name: &'static str,
                       key: &str,
                       class: &'static str,
                       icon: &'static str,
                       act: fn(Session)| {
        view! {
            <button id=id class=class aria-label=name title=format!("{name} ({key})") on:click=move |_| act(session)>
                <Icon name=icon/>
            </button>
        }
    };
    let looped = session.time.looped;
    view! {
        <span class="leaps">
            {button("failure-back", said::PREVIOUS_FAILURE, "Shift N", "btn ghost icon flipped", "#i-fail", |s| s.failure_by(false))}
            {button("failure-next", said::NEXT_FAILURE, "N", "btn ghost icon", "#i-fail", |s| s.failure_by(true))}
            {button("change-back", said::PREVIOUS_CHANGE, "Shift C", "btn ghost icon flipped", "#i-flag", |s| s.change_by(false))}
            {button("change-next", said::NEXT_CHANGE, "C", "btn ghost icon", "#i-flag", |s| s.change_by(true))}
            <button id="loop" class="btn ghost icon" aria-label=said::LOOP_STEP title=format!("{} (L)", said::LOOP_STEP)
                aria-pressed=move || looped.with(Option::is_some).to_string() on:click=move |_| session.loop_step()>
                <Icon name="#i-loop"/>
            </button>
        </span>
    }
}

type Shown = (usize, usize, Option<crate::view::mark::Mark>, String);

fn event(step: Option<Shown>, slowed: bool, seed: u64) -> impl IntoView {
    match step {
        _ if slowed => view! { <span class="dim slowed">{words::SLOWED}</span> }.into_any(),
        None => view! { <span>{format!("Ready. Seed {seed}.")}</span> }.into_any(),
        Some((number, count, mark, sentence)) => view! {
            <span class="dim num">{format!("event {} of {}", format::grouped(number), format::grouped(count))}</span>
            <span class="what" title=sentence.clone()>{mark.map(|mark| view! { <MarkIcon mark=mark/> })} {sentence.clone()}</span>
        }
        .into_any(),
    }
}

/// The speed of a slider's position.
fn speed(exponent: f64) -> f64 {
    libm::pow(10.0, exponent.clamp(SLOWEST, FASTEST))
}

fn exponent(speed: f64) -> f64 {
    (libm::log10(speed) * 10.0).round() / 10.0
}

/// Faster or slower by one notch.
pub(crate) fn notch(speed_now: f64, faster: bool) -> f64 {
    speed(exponent(speed_now) + if faster { 0.5 } else { -0.5 })
}

pub(crate) fn speed_label(speed: f64) -> String {
    match speed {
        s if s >= 9.95 => format!("{s:.0}"),
        s if s >= 0.995 => format!("{s:.1}").trim_end_matches(".0").to_owned(),
        s => format!("{s:.2}"),
    }
}
