//! The computing of a run. A short one is there at once; a long one is computed in slices, and the page goes on with the
//! run before it.

use std::time::Duration;

use leptos::prelude::*;

use super::clock::now;
use super::session::Session;
use super::words::computing as words;
use crate::sim::scenario::Scenario;
use crate::view::format;
use crate::view::run::{MOST_EVENTS, Making, Run};

/// Up to so many events a run is computed at once: a few hundredths of a second.
const AT_ONCE: usize = 20_000;
/// How long a slice takes, in seconds; what a person does in between is shown after it.
const SLICE: f64 = 0.012;
/// How many events or spans are gone through between two looks at the clock.
const PIECE: usize = 2_000;

/// What is to be done once a run is there.
pub(super) type Then = Box<dyn FnOnce(Session)>;

/// Computes the run of a scenario, and gives up if another one is asked for before it is there.
pub(super) fn compute(session: Session, scenario: &Scenario, then: Then) {
    let turn = session.turn.get_value().wrapping_add(1);
    session.turn.set_value(turn);
    let mut making = Making::new(scenario, MOST_EVENTS);
    making.advance(AT_ONCE);
    if making.is_simulating() {
        session.computing.set(Some(making.share()));
        session.spoken.set(words::BEGUN.to_owned());
        set_timeout(move || slice(session, turn, making, then), Duration::ZERO);
    } else {
        session.computing.set(None);
        arrive(session, making.finish(), then);
    }
}

fn slice(session: Session, turn: u32, mut making: Making, then: Then) {
    if session.turn.try_get_value() != Some(turn) {
        return;
    }
    let until = now() + SLICE;
    while now() < until {
        if making.advance(PIECE) {
            session.computing.set(None);
            let run = making.finish();
            session.spoken.set(words::ready(run.trace.events.len()));
            return arrive(session, run, then);
        }
    }
    session.computing.set(Some(making.share()));
    set_timeout(move || slice(session, turn, making, then), Duration::ZERO);
}

fn arrive(session: Session, run: Run, then: Then) {
    session.made.set(run.into());
    then(session);
}

/// How far the computing is, in place of the step.
pub(super) fn progress(share: f64) -> impl IntoView {
    let percent = format::css_percent(share * 100.0);
    view! {
        <span class="computing" id="computing">
            <span>{words::UNDER_WAY}</span>
            <progress max="100" value=percent aria-label=words::UNDER_WAY></progress>
        </span>
    }
}
