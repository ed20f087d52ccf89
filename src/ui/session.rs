//! The state of a playground: what a person can change. Everything on the screen is derived from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::computing;
use super::sending::{self, Desk};
use super::settings_schema::SchemaFile;
use super::sharing::Sharing;
use super::timeline::Timeline;
use crate::sim::scenario::{Action, Scenario};
use crate::sim::time::SimTime;
use crate::view::changes::Renumbered;
use crate::view::run::{AttemptKey, CallKey, Run};
use crate::view::{Now, edit, first, verdict};

/// How many changes can be taken back.
const MOST_UNDONE: usize = 200;

/// What covers or replaces part of the page; at most one at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Panel {
    /// Nothing.
    #[default]
    Closed,
    /// The faults of a place: the node's name, or `link:` and a name.
    Break(String),
    /// The gateways that could stand in place of the one of that name.
    Gateway(String),
    /// The link to this session.
    Share,
    /// Presets and own runs.
    Presets,
    /// The keys.
    Keys,
    /// All settings, in place of the explanation.
    Settings,
    /// A change of the timeline, by its index.
    Change(usize),
    /// Changes that stand close together.
    Changes(Vec<usize>),
    /// What the transport has no room for.
    More,
    /// The retry policy of the composer's client, in place of the requests; and the id of what opened it.
    Policy(&'static str),
}

/// The state of a playground. Cheap to copy: it holds signals alone.
#[derive(Clone, Copy)]
pub struct Session {
    /// All there is to say about the run.
    pub(crate) scenario: RwSignal<Scenario>,
    /// The run of that scenario; while a long one is [computed](Session::computing), that of the scenario before.
    pub(crate) run: Memo<Arc<Run>>,
    /// Where a run is put once it is there.
    pub(crate) made: RwSignal<Arc<Run>>,
    /// How far the computing of a long run is, 0 to 1.
    pub(crate) computing: RwSignal<Option<f64>>,
    /// The number of the run that was asked for last; the computing of an earlier one ends by itself.
    pub(crate) turn: StoredValue<u32>,
    /// The moment that is shown.
    pub(crate) cursor: RwSignal<SimTime>,
    /// The step that is shown: among those of one moment, the one that a person stepped to.
    pub(crate) step: RwSignal<Option<usize>>,
    /// How far the run was shown since the last change.
    pub(crate) known: RwSignal<SimTime>,
    /// The cursor moves by itself.
    pub(crate) playing: RwSignal<bool>,
    /// Where playing stops.
    pub(crate) until: RwSignal<Option<SimTime>>,
    /// Simulated seconds for each real one.
    pub(crate) speed: RwSignal<f64>,
    /// The attempt that a person chose; without one, the last answer is explained.
    pub(crate) selected: RwSignal<Option<AttemptKey>>,
    /// The attempt that is explained.
    pub(crate) explained: Memo<Option<AttemptKey>>,
    /// Requests that a person opened and closed in the list.
    pub(crate) expanded: RwSignal<BTreeMap<CallKey, bool>>,
    /// What is open.
    pub(crate) panel: RwSignal<Panel>,
    /// The run is shown as a table.
    pub(crate) table: RwSignal<bool>,
    /// What the session was before each change, and what was undone; the newest last.
    pub(crate) past: RwSignal<Vec<(Scenario, SimTime)>>,
    pub(crate) undone: RwSignal<Vec<(Scenario, SimTime)>>,
    /// What went wrong with an input, until the next one.
    pub(crate) message: RwSignal<Option<String>>,
    /// The sentence of the live region.
    pub(crate) spoken: RwSignal<String>,
    /// Single keys do something; Escape, arrows and the keys of controls always do.
    pub(crate) letters: RwSignal<bool>,
    /// The guess of a first visit.
    pub(crate) guess: RwSignal<Option<u16>>,
    /// What is typed in the composer.
    pub(crate) desk: Desk,
    /// The composer's client.
    pub(crate) client: RwSignal<String>,
    /// What the form of the settings is made of.
    pub(crate) schema: RwSignal<SchemaFile>,
    /// The node whose button opened the settings.
    pub(crate) settings_of: RwSignal<String>,
    /// The timeline's own controls.
    pub(crate) time: Timeline,
    /// Links, files, presets and own runs.
    pub(crate) sharing: Sharing,
    /// The address that a share link starts with.
    pub(crate) address: StoredValue<String>,
}

impl Session {
    /// A session with the scenario of a first visit. `address` is what a share link starts with.
    pub fn new(address: String) -> Self {
        let scenario = RwSignal::new(first::scenario());
        let made = RwSignal::new(Arc::new(scenario.with_untracked(Run::new)));
        let run = Memo::new(move |_| made.get());
        let cursor = RwSignal::new(SimTime::ZERO);
        let known = RwSignal::new(SimTime::ZERO);
        let selected = RwSignal::new(None);
        let explained = Memo::new(move |_| {
            let run = run.get();
            let chosen = selected.get().and_then(|key| run.attempt(key)).filter(|a| a.ended(known.get()));
            chosen.or_else(|| run.last_answer(cursor.get())).map(|a| a.key)
        });
        Self {
            run,
            made,
            computing: RwSignal::new(None),
            turn: StoredValue::new(0),
            cursor,
            step: RwSignal::new(None),
            known,
            playing: RwSignal::new(false),
            until: RwSignal::new(None),
            speed: RwSignal::new(1.0),
            selected,
            explained,
            expanded: RwSignal::new(BTreeMap::new()),
            panel: RwSignal::new(Panel::Closed),
            table: RwSignal::new(false),
            past: RwSignal::new(Vec::new()),
            undone: RwSignal::new(Vec::new()),
            message: RwSignal::new(None),
            spoken: RwSignal::new(String::new()),
            letters: RwSignal::new(true),
            guess: RwSignal::new(None),
            desk: Desk::new(&first::request()),
            client: RwSignal::new(scenario.with_untracked(|s| s.clients[0].id.clone())),
            schema: RwSignal::new(SchemaFile::Unasked),
            settings_of: RwSignal::new(String::new()),
            time: Timeline::new(),
            sharing: Sharing::new(),
            address: StoredValue::new(address),
            scenario,
        }
    }

    /// The scenario of the session, tracked.
    pub fn scenario(self) -> Scenario {
        self.scenario.get()
    }

    /// Starts another scenario from its beginning; what was said in it already counts as seen.
    pub fn load(self, scenario: Scenario) {
        self.playing.set(false);
        self.until.set(None);
        self.selected.set(None);
        self.expanded.set(BTreeMap::new());
        self.guess.set(None);
        self.message.set(None);
        self.past.set(Vec::new());
        self.undone.set(Vec::new());
        self.panel.set(Panel::Closed);
        self.time.reset();
        self.client.set(scenario.clients[0].id.clone());
        if let Some(request) = scenario.timeline.iter().rev().find_map(|c| match &c.action {
            Action::Send { request, .. } => Some(request.clone()),
            _ => None,
        }) {
            self.desk.show(&request);
        }
        self.adopt(scenario, |session| {
            let run = session.run.get_untracked();
            let newest = run.calls.last().map(|call| call.span);
            let answer = newest.and_then(|call| run.attempts_of(call).find(|a| a.is_over()));
            // Of traffic, the newest requests may be open when the run ends.
            let answer = answer.or_else(|| run.last_answer(run.last()));
            let at = answer.map_or(SimTime::ZERO, |a| a.end);
            session.known.set(run.last());
            session.cursor.set(at);
            session.step.set(run.step_at(at));
        });
    }

    /// Makes `next` the scenario. What comes `then` is done once its run is there: for a long one that is later, and
    /// what was on the screen stays there until then.
    fn adopt(self, next: Scenario, then: impl FnOnce(Self) + 'static) {
        self.scenario.set(next.clone());
        computing::compute(self, &next, Box::new(then));
    }

    /// Says what is wrong with a link or a scenario; the run stays.
    pub fn refuse(self, message: String) {
        self.message.set(Some(message));
    }

    /// The cursor and what is known, tracked.
    pub(crate) fn now(self) -> Now {
        Now { cursor: self.cursor.get(), known: self.known.get() }
    }

    /// Moves the cursor to a moment, and to one of its steps.
    pub(crate) fn go(self, at: SimTime, step: Option<usize>) {
        let run = self.run.get_untracked();
        let before = self.cursor.get_untracked();
        if at < before {
            // Who steps back wants to see how the answer on the screen came about.
            let explained = self.explained.get_untracked();
            if self.selected.with_untracked(Option::is_none) {
                self.selected.set(explained);
            }
        } else if run.next_answer(before).is_some_and(|end| end <= at) {
            self.selected.set(None);
        }
        self.known.update(|known| *known = at.max(*known));
        self.cursor.set(at);
        self.step.set(step.or_else(|| run.step_at(at)));
    }

    /// Moves the cursor by hand: playing stops, and the step is spoken.
    pub(crate) fn seek(self, at: SimTime, step: Option<usize>) {
        self.pause();
        self.go(at, step);
        let run = self.run.get_untracked();
        if let Some(step) = self.step.get_untracked().and_then(|i| run.step(i)) {
            self.spoken.set(format!("{}: {}", crate::view::format::moment(step.at), step.sentence()));
        }
    }

    /// To the next or the previous step.
    pub(crate) fn step_by(self, forwards: bool) {
        let run = self.run.get_untracked();
        let here = self.step.get_untracked();
        let next = match (here, forwards) {
            (None, true) => Some(0),
            (None, false) => None,
            (Some(i), true) => Some(i + 1),
            (Some(i), false) => i.checked_sub(1),
        };
        if let Some((i, at)) = next.and_then(|i| run.step_moment(i).map(|at| (i, at))) {
            self.seek(at, Some(i));
        }
    }

    /// To the next or the previous answer.
    pub(crate) fn answer_by(self, forwards: bool) {
        let run = self.run.get_untracked();
        let here = self.cursor.get_untracked();
        let at = if forwards { run.next_answer(here) } else { run.previous_answer(here) };
        if let Some(at) = at {
            self.seek(at, None);
            self.selected.set(None);
            self.speak_answer();
        }
    }

    /// Puts the answer that is explained into the live region.
    pub(crate) fn speak_answer(self) {
        let run = self.run.get_untracked();
        if let Some(attempt) = self.explained.get_untracked().and_then(|key| run.attempt(key)) {
            self.spoken.set(verdict::spoken(&run, attempt));
        }
    }

    /// Plays to where there is something to see, or further on where nothing is left.
    pub(crate) fn play(self) {
        let run = self.run.get_untracked();
        self.until.set(None);
        if self.looping().is_none() && self.cursor.get_untracked() >= Self::end(&run) {
            self.go(SimTime::ZERO, None);
        }
        self.playing.set(true);
    }

    /// Where playing ends by itself: with the last thing that happens, or, before anything was sent, with the axis.
    pub(crate) fn end(run: &Run) -> SimTime {
        if first::has_sent(&run.trace.scenario) { run.last() } else { run.extent(SimTime::ZERO) }
    }

    /// Stops playing.
    pub(crate) fn pause(self) {
        self.playing.set(false);
        self.until.set(None);
    }

    /// Plays or pauses.
    pub(crate) fn toggle(self) {
        if self.playing.get_untracked() { self.pause() } else { self.play() }
    }

    /// Puts a change at the cursor.
    pub(crate) fn change(self, action: Action) -> bool {
        self.change_and(action, |_| ())
    }

    /// The same with what comes `then`, once the run with the change is there.
    pub(crate) fn change_and(self, action: Action, then: impl FnOnce(Self) + 'static) -> bool {
        let run = self.run.get_untracked();
        let at = edit::moment(&run, self.cursor.get_untracked());
        match self.scenario.with_untracked(|s| edit::onto(&run, s, at, action)) {
            Ok(next) => {
                self.replace_and(next, at, then);
                true
            }
            Err(refusal) => {
                self.refuse(refusal.0);
                false
            }
        }
    }

    /// Makes `next` the scenario; what lies behind `at` is not known any more.
    pub(crate) fn replace(self, next: Scenario, at: SimTime) {
        self.replace_and(next, at, |_| ());
    }

    /// The same with what comes `then`, once its run is there.
    pub(crate) fn replace_and(self, next: Scenario, at: SimTime, then: impl FnOnce(Self) + 'static) {
        let before = (self.scenario.get_untracked(), self.cursor.get_untracked());
        self.past.update(|past| {
            past.push(before);
            if past.len() > MOST_UNDONE {
                past.remove(0);
            }
        });
        self.undone.set(Vec::new());
        self.time.toast.set(None);
        self.show(next, at, then);
    }

    /// Takes the last change back, or makes one that was taken back again.
    pub(crate) fn undo(self, back: bool) {
        let (from, to) = if back { (self.past, self.undone) } else { (self.undone, self.past) };
        let Some((scenario, at)) = from.try_update(Vec::pop).flatten() else { return };
        let now = (self.scenario.get_untracked(), self.cursor.get_untracked());
        to.update(|list| list.push(now));
        self.pause();
        self.time.toast.set(None);
        self.show(scenario, at, |_| ());
        let word = if back { "Undone" } else { "Done again" };
        self.spoken.set(format!("{word}; at {}.", crate::view::format::moment(at)));
    }

    fn show(self, next: Scenario, at: SimTime, then: impl FnOnce(Self) + 'static) {
        self.message.set(None);
        self.selected.set(None);
        self.renumber(self.scenario.with_untracked(|s| Renumbered::between(&s.timeline, &next.timeline)));
        self.adopt(next, move |session| {
            session.known.set(at);
            session.cursor.set(at);
            session.step.set(session.run.with_untracked(|run| run.step_at(at)));
            then(session);
        });
        // The composer's client may be gone, or have another name.
        let first = self.scenario.with_untracked(|s| {
            let client = self.client.get_untracked();
            s.clients.iter().all(|c| c.id != client).then(|| s.clients[0].id.clone())
        });
        if let Some(first) = first {
            self.client.set(first);
        }
    }

    /// Sends the composer's request and plays to its first answer.
    pub(crate) fn send(self) {
        sending::send(self);
    }
}

/// The session of the surrounding playground.
pub(crate) fn session() -> Session {
    expect_context::<Session>()
}
