//! Editing the timeline: moving and deleting changes, jumping, looping. What is said about it goes into a toast.

use leptos::prelude::*;

use super::panel::focus;
use super::session::{Panel, Session};
use super::words::time as words;
use crate::sim::time::SimTime;
use crate::view::changes::{self, Edited, Renumbered};
use crate::view::edit;
use crate::view::form::Refusal;
use crate::view::format;
use crate::view::jumps::{self, Loop};

/// A change on its way to another place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moving {
    /// Which change.
    pub(crate) index: usize,
    /// Where it is still.
    pub(crate) from: SimTime,
    /// Where it would be.
    pub(crate) to: SimTime,
}

/// What a toast is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// An edit that can be undone.
    Done,
    /// Something to know.
    Told,
    /// An edit that was not made.
    Refused,
}

/// The state of the timeline's own controls.
#[derive(Clone, Copy)]
pub(crate) struct Timeline {
    /// The change that is being moved.
    pub(crate) moving: RwSignal<Option<Moving>>,
    /// The change in the hand: it has the focus or its popover is open, so it does not become part of a count.
    pub(crate) held: RwSignal<Option<usize>>,
    /// Where the change in the hand stood when it was taken.
    pub(crate) was: RwSignal<Option<SimTime>>,
    /// What is said, until the next edit.
    pub(crate) toast: RwSignal<Option<(Tone, String)>>,
    /// What is played again and again.
    pub(crate) looped: RwSignal<Option<Loop>>,
    /// The controls are about to be drawn anew: a focus that is lost now comes back.
    pub(crate) settling: StoredValue<bool>,
}

impl Timeline {
    pub(crate) fn new() -> Self {
        Self {
            moving: RwSignal::new(None),
            held: RwSignal::new(None),
            was: RwSignal::new(None),
            toast: RwSignal::new(None),
            looped: RwSignal::new(None),
            settling: StoredValue::new(false),
        }
    }

    /// Forgets everything: another scenario is shown.
    pub(crate) fn reset(self) {
        self.let_go();
        self.toast.set(None);
        self.looped.set(None);
    }

    /// Nothing is in the hand any more.
    pub(crate) fn let_go(self) {
        self.moving.set(None);
        self.held.set(None);
        self.was.set(None);
    }
}

/// The id of a change's control.
pub(crate) fn flag_id(index: usize) -> String {
    format!("change-{index}")
}

/// The id of the control of several changes.
pub(crate) fn count_id(first: usize) -> String {
    format!("changes-{first}")
}

impl Session {
    /// Says something beside the time lanes and in the live region.
    pub(crate) fn say(self, tone: Tone, words: String) {
        self.spoken.set(words.clone());
        self.time.toast.set(Some((tone, words)));
    }

    /// Keeps what is known of changes and requests, when other changes are in their places.
    pub(crate) fn renumber(self, how: Renumbered) {
        self.expanded.update(|all| {
            *all = std::mem::take(all)
                .into_iter()
                .filter_map(|(key, open)| Some((how.call(key)?, open)))
                .collect();
        });
        self.time.held.update(|held| *held = held.and_then(|i| how.change(i)));
        self.time.moving.set(None);
        match self.panel.get_untracked() {
            Panel::Change(i) => self.panel.set(how.change(i).map_or(Panel::Closed, Panel::Change)),
            Panel::Changes(_) => self.panel.set(Panel::Closed),
            _ => {}
        }
    }

    /// Moves a change.
    ///
    /// # Errors
    /// Why it cannot be there.
    pub(crate) fn move_change(self, index: usize, to: SimTime) -> Result<(), Refusal> {
        let run = self.run.get_untracked();
        let from = self.scenario.with_untracked(|s| s.timeline.get(index).map(|c| c.at));
        if from == Some(to) {
            return Ok(());
        }
        let edited = self.scenario.with_untracked(|s| changes::move_change(&run, s, index, to))?;
        let was = self.time.was.get_untracked().or(from).filter(|was| *was != to);
        self.edited(edited, Some(index));
        self.time.was.set(was);
        Ok(())
    }

    /// Moves a change to the playhead: there it happens just after what is on the screen.
    pub(crate) fn move_change_here(self, index: usize) -> Result<(), Refusal> {
        let run = self.run.get_untracked();
        self.move_change(index, edit::moment(&run, self.cursor.get_untracked()))
    }

    /// Ends a move that was shown only.
    pub(crate) fn drop_change(self, index: usize) {
        let moving = self.time.moving.get_untracked().filter(|m| m.index == index);
        self.time.moving.set(None);
        if let Some(moving) = moving
            && let Err(refusal) = self.move_change(index, moving.to)
        {
            self.say(Tone::Refused, refusal.0);
        }
    }

    /// Deletes a change. The focus goes to the time slider, which is always there.
    pub(crate) fn delete_change(self, index: usize) {
        match self.scenario.with_untracked(|s| changes::delete_change(s, index)) {
            Ok(edited) => {
                self.panel.set(Panel::Closed);
                self.edited(edited, None);
                focus("scrub");
            }
            Err(refusal) => self.say(Tone::Refused, refusal.0),
        }
    }

    fn edited(self, edited: Edited, keep: Option<usize>) {
        let time = self.time;
        time.settling.set_value(true);
        self.pause();
        self.replace(edited.scenario, edited.at);
        time.let_go();
        time.held.set(keep);
        self.say(Tone::Done, edited.words);
        request_animation_frame(move || {
            let nobody = document().active_element().is_none_or(|e| e.tag_name() == "BODY");
            if let Some(index) = keep.filter(|_| nobody) {
                focus(&flag_id(index));
            }
            let _ = time.settling.try_set_value(false);
        });
    }

    /// To the next or the previous attempt that got nothing good.
    pub(crate) fn failure_by(self, forwards: bool) {
        let run = self.run.get_untracked();
        let here = self.cursor.get_untracked();
        let Some((key, end)) = jumps::failure(&run, here, forwards).map(|a| (a.key, a.end)) else {
            self.say(Tone::Told, words::none_of("failure", forwards, &format::moment(here)));
            return;
        };
        self.seek(end, None);
        self.selected.set(Some(key));
        self.speak_answer();
    }

    /// To the next or the previous change.
    pub(crate) fn change_by(self, forwards: bool) {
        let run = self.run.get_untracked();
        let here = self.cursor.get_untracked();
        match jumps::change(&run, here, forwards) {
            Some((at, step)) => self.seek(at, step),
            None => self.say(Tone::Told, words::none_of("change", forwards, &format::moment(here))),
        }
    }

    /// What is played again and again; not while an answer is waited for.
    pub(crate) fn looping(self) -> Option<Loop> {
        let looped = self.time.looped.get_untracked().filter(|l| l.to.is_some());
        looped.filter(|_| self.until.get_untracked().is_none())
    }

    /// Plays the step that is shown again and again, or ends that.
    pub(crate) fn loop_step(self) {
        if self.time.looped.with_untracked(Option::is_some) {
            self.end_loop();
            return;
        }
        let run = self.run.get_untracked();
        match Loop::of_step(&run, self.cursor.get_untracked(), self.step.get_untracked()) {
            Some(looped) => {
                self.set_loop(looped);
                self.go(looped.from, None);
                self.play();
            }
            None => self.say(Tone::Told, words::NO_STEP.to_owned()),
        }
    }

    /// Ends the loop; playing ends with it.
    pub(crate) fn end_loop(self) {
        self.time.looped.set(None);
        self.pause();
        self.spoken.set(words::LOOP_ENDED.to_owned());
    }

    /// Sets the start of the loop at the playhead.
    pub(crate) fn loop_from(self) {
        let old = self.time.looped.get_untracked();
        self.set_loop(Loop::starting(old, self.cursor.get_untracked()));
    }

    /// Sets the end of the loop at the playhead.
    pub(crate) fn loop_to(self) {
        match Loop::ending(self.time.looped.get_untracked(), self.cursor.get_untracked()) {
            Ok(looped) => self.set_loop(looped),
            Err(refusal) => self.say(Tone::Refused, refusal.0),
        }
    }

    fn set_loop(self, looped: Loop) {
        self.time.looped.set(Some(looped));
        self.spoken.set(looped.words());
    }
}

/// What the letters of the transport do; false for other keys.
pub(crate) fn key(session: Session, key: &str, shift: bool) -> bool {
    match key {
        "n" | "N" => session.failure_by(!shift),
        "c" | "C" => session.change_by(!shift),
        "l" | "L" => session.loop_step(),
        "i" | "I" => session.loop_from(),
        "o" | "O" => session.loop_to(),
        _ => return false,
    }
    true
}
