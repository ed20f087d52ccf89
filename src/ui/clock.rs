//! The only place that reads a real clock: it moves the cursor while playing.

use std::time::Duration;

use leptos::prelude::*;

use super::session::Session;
use super::timeline::Tone;
use crate::sim::time::SimTime;
use crate::view::{changes, pace};

/// The longest time that one frame may make up for, in seconds; a page that was hidden goes on where it stopped.
const LONGEST_FRAME: f64 = 0.1;
/// How long each step stands where motion is reduced.
const STEP_STANDS: Duration = Duration::from_millis(600);

/// True if the person asked the system for less motion.
pub(crate) fn motion_is_reduced() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten();
    query.is_some_and(|q| q.matches())
}

/// Moves the cursor of a session while it plays.
pub(crate) fn run(session: Session) {
    // Each start of playing is a turn of its own; the loop of an earlier one ends by itself.
    let turn = StoredValue::new(0u32);
    Effect::new(move |_| {
        turn.update_value(|t| *t += 1);
        if session.playing.get() {
            let mine = turn.get_value();
            if motion_is_reduced() {
                step(session, turn, mine);
            } else {
                request_animation_frame(move || frame(session, turn, mine, now()));
            }
        }
    });
}

/// Seconds of the page's own clock.
pub(super) fn now() -> f64 {
    window().performance().map_or(0.0, |p| p.now() / 1_000.0)
}

fn frame(session: Session, turn: StoredValue<u32>, mine: u32, before: f64) {
    if turn.try_get_value() != Some(mine) {
        return;
    }
    let now = now();
    let wall = (now - before).clamp(0.0, LONGEST_FRAME);
    let run = session.run.get_untracked();
    let from = session.cursor.get_untracked();
    let to = pace::advance(&run, from, wall, session.speed.get_untracked());
    if arrive(session, to) {
        request_animation_frame(move || frame(session, turn, mine, now));
    }
}

/// Where motion is reduced: to the answer that is waited for, else from one step to the next, a while apart.
fn step(session: Session, turn: StoredValue<u32>, mine: u32) {
    if turn.try_get_value() != Some(mine) {
        return;
    }
    let run = session.run.get_untracked();
    let from = session.cursor.get_untracked();
    // Who sent a request waits for its answer, not for every event on the way.
    let next = session.until.get_untracked().filter(|until| *until > from);
    let next = next.or_else(|| run.step_moment(run.steps_by(from)));
    let next = next.unwrap_or(run.last().max(from));
    let stands_still = next == from && session.looping().is_none();
    if arrive(session, next) && !stands_still {
        set_timeout(move || step(session, turn, mine), STEP_STANDS);
    } else {
        session.pause();
    }
}

/// Moves the cursor; false if playing ends there.
fn arrive(session: Session, to: SimTime) -> bool {
    let run = session.run.get_untracked();
    let from = session.cursor.get_untracked();
    if let Some(looped) = session.looping() {
        round(session, looped.advance(from, to));
        return true;
    }
    let waits = session.until.with_untracked(Option::is_some);
    let end = session.until.get_untracked().unwrap_or_else(|| Session::end(&run));
    let answered = run.next_answer(from).is_some_and(|at| at <= to.min(end));
    let over = to >= end;
    session.go(to.min(end), None);
    if over {
        session.pause();
    }
    if answered {
        session.speak_answer();
    } else if over
        && !waits
        && let Some(words) = changes::open_at_end(&run)
    {
        session.say(Tone::Told, words);
    }
    !over
}

/// Moves the cursor within a loop. An answer is spoken when it comes for the first time, and not in each round.
fn round(session: Session, to: SimTime) {
    let run = session.run.get_untracked();
    let known = session.known.get_untracked();
    let answered = run.next_answer(known).is_some_and(|at| at <= to);
    session.go(to, None);
    if answered {
        session.speak_answer();
    }
}
