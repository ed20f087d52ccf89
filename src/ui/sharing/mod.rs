//! What comes into the page and leaves it: links, files, presets, and a person's own runs.
//!
//! Everything that opens another run goes through [`open`], which keeps the present one first if it was changed.

pub(crate) mod files;
mod gallery;
mod lesson;
mod messages;
mod own_runs;
mod presets_file;
mod storage;

use std::sync::Arc;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsValue;

use super::panel::focus;
use super::session::{Panel, Session};
use super::words::sharing as words;
use crate::interop::link;
use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;
use crate::view::address::{self, Address};
use crate::view::first;
use crate::view::gallery::{Gallery, Lesson, Shown};
use crate::view::own_runs::Kept;
use crate::view::refused::Refused;
use presets_file::PresetsFile;

/// The state of all that. Cheap to copy: it holds signals alone.
#[derive(Clone, Copy)]
pub(crate) struct Sharing {
    /// The presets, as far as they have come.
    file: RwSignal<PresetsFile>,
    /// The preset that is open.
    lesson: RwSignal<Option<Lesson>>,
    /// Its last answer was shown.
    seen: RwSignal<bool>,
    /// A link or a file that cannot be opened.
    refused: RwSignal<Option<Refused>>,
    /// What was done without being asked for.
    notice: RwSignal<Option<String>>,
    /// What is to be opened, and waits since the present run cannot be kept.
    waiting: RwSignal<Option<Waiting>>,
    /// The group of the gallery.
    group: RwSignal<&'static str>,
    /// Counts changes of a person's own runs.
    own: RwSignal<u32>,
    /// The description that a person has closed.
    closed: RwSignal<String>,
    /// The scenario as it was opened.
    opened: StoredValue<Scenario>,
    /// The page's address follows the session.
    keeps_address: StoredValue<bool>,
}

/// A run to be opened.
#[derive(Clone, Debug)]
struct Opening {
    scenario: Scenario,
    /// The moment that is shown; otherwise that of the newest answer.
    at: Option<SimTime>,
    /// The preset that it belongs to. Such a run starts at its beginning, and nothing of it is told.
    lesson: Option<Lesson>,
    /// The browser's way back leads to the run before it.
    is_step: bool,
}

impl Opening {
    fn of(scenario: Scenario) -> Self {
        Self { scenario, at: None, lesson: None, is_step: true }
    }
}

#[derive(Clone, Debug)]
struct Waiting {
    opening: Opening,
    /// Why the present run cannot be kept.
    why: String,
}

impl Sharing {
    /// Of a session that starts with the scenario of a first visit.
    pub(crate) fn new() -> Self {
        Self {
            file: RwSignal::new(PresetsFile::Unasked),
            lesson: RwSignal::new(None),
            seen: RwSignal::new(false),
            refused: RwSignal::new(None),
            notice: RwSignal::new(None),
            waiting: RwSignal::new(None),
            group: RwSignal::new(""),
            own: RwSignal::new(0),
            closed: RwSignal::new(String::new()),
            opened: StoredValue::new(first::scenario()),
            keeps_address: StoredValue::new(false),
        }
    }
}

impl Sharing {
    /// True if something is to be said above the composer; tracked.
    pub(crate) fn has_to_say(self) -> bool {
        self.refused.with(Option::is_some)
            || self.waiting.with(Option::is_some)
            || self.notice.with(Option::is_some)
    }

    /// True if a question, or what somebody wrote, belongs to the run; tracked.
    pub(crate) fn has_lesson(self, session: Session) -> bool {
        self.lesson.with(Option::is_some) || session.scenario.with(|s| !s.description.is_empty())
    }

    /// The session's address follows it from now on; tracked is what it is made of.
    pub(crate) fn follow(self, session: Session) -> bool {
        session.scenario.track();
        self.lesson.track();
        self.keeps_address.get_value()
    }

    /// There is nothing in the page's address to open.
    pub(crate) fn start(self) {
        self.keeps_address.set_value(true);
    }
}

/// What is to be said above the composer.
pub(crate) fn messages(session: Session) -> AnyView {
    messages::messages(session)
}

/// The question of the preset that is open, or the description of the run.
pub(crate) fn lesson(session: Session) -> AnyView {
    lesson::lesson(session)
}

/// What opens on demand.
pub(crate) fn panels(session: Session) -> AnyView {
    view! {
        {super::share::share(session)}
        {gallery::gallery(session)}
        {files::picker(session)}
    }
    .into_any()
}

/// What else can be done with the run, below its link.
pub(crate) fn share_foot(session: Session) -> AnyView {
    let said = RwSignal::new(None::<Result<String, String>>);
    let keep_it = move |_| {
        let present = session.scenario.get_untracked();
        let kept = keep(session, &present);
        if kept.is_ok() {
            session.sharing.opened.set_value(present);
        }
        said.set(Some(kept.map(|kept| words::kept(&kept))));
    };
    view! {
        <div class="row wrap">
            <button class="btn small" id="share-save" on:click=move |_| session.scenario.with_untracked(files::save)>
                "Save as a file"
            </button>
            <button class="btn small" id="share-open" on:click=move |_| files::choose()>{words::OPEN_FILE}</button>
            <button class="btn small" id="share-keep" on:click=keep_it>"Keep under “My runs”"</button>
        </div>
        <p class="dim" id="share-kept" role="status">
            {move || said.get().map_or_else(|| words::OTHERS.to_owned(), |said| match said {
                Ok(kept) => kept,
                Err(why) => format!("{why} {}", words::OWN_INSTEAD),
            })}
        </p>
    }
    .into_any()
}

/// Opens what a fragment of the page's address asks for. What is wrong with it is told, and what ran before goes on.
pub(crate) fn visit(session: Session, given: &str) {
    session.sharing.keeps_address.set_value(true);
    if untrack(|| fragment(session)) == given {
        return;
    }
    match address::read(given) {
        // The page as it is without a fragment: the way back may lead there.
        Ok(Address::Empty) if untrack(|| session.scenario.with(first::is_untouched)) => {}
        Ok(Address::Empty) => open(session, Opening { is_step: false, ..Opening::of(first::scenario()) }),
        Ok(Address::Session { scenario, at }) => {
            open(session, Opening { at, is_step: false, ..Opening::of(*scenario) });
        }
        Ok(Address::Preset { id, run, at }) => {
            presets_file::load(session, move |gallery| match gallery.run(&id, run, at) {
                Ok(shown) => open_preset(session, gallery, shown, false),
                Err(refused) => refuse(session, *refused),
            })
        }
        Err(refused) => refuse(session, *refused),
    }
}

/// The fragment of the present session, tracked.
pub(crate) fn fragment(session: Session) -> String {
    session.scenario.with(|scenario| {
        let preset = session.sharing.lesson.with(|lesson| {
            let lesson = lesson.as_ref().filter(|lesson| lesson.scenario == *scenario)?;
            Some(address::preset(&lesson.entry().id, lesson.run))
        });
        preset.unwrap_or_else(|| address::session(&link::encode(scenario), None))
    })
}

/// Writes the present session into the page's address, in place of what stands there.
pub(crate) fn write_address(session: Session) {
    let address = format!("{}{}", session.address.get_value(), untrack(|| fragment(session)));
    if window().location().href().is_ok_and(|there| there == address) {
        return;
    }
    if let Ok(history) = window().history() {
        // Browsers refuse it when it is asked for too often, or is very long; the next change writes it again.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// Opens a run; the present one is kept first, if it was changed since it was opened.
fn open(session: Session, opening: Opening) {
    let sharing = session.sharing;
    let present = session.scenario.get_untracked();
    let is_changed = sharing.opened.with_value(|opened| *opened != present) && opening.scenario != present;
    let notice = if is_changed {
        match keep(session, &present) {
            Ok(kept) => Some(words::kept(&kept)),
            Err(why) => {
                session.panel.set(Panel::Closed);
                sharing.waiting.set(Some(Waiting { opening, why }));
                return;
            }
        }
    } else {
        None
    };
    proceed(session, opening, notice);
}

/// Puts a scenario among a person's own runs.
fn keep(session: Session, scenario: &Scenario) -> Result<Kept, String> {
    let kept = storage::change(|runs| runs.add(scenario, &storage::now())).map_err(|e| e.to_string())?;
    session.sharing.own.update(|n| *n += 1);
    Ok(kept)
}

fn proceed(session: Session, opening: Opening, notice: Option<String>) {
    let sharing = session.sharing;
    if opening.is_step
        && sharing.keeps_address.get_value()
        && let Ok(history) = window().history()
    {
        // As in `write_address`: without it, only the way back is longer.
        let _ = history.push_state_with_url(&JsValue::NULL, "", None);
    }
    let is_lesson = opening.lesson.is_some();
    let at = opening.at.or(is_lesson.then_some(SimTime::ZERO));
    sharing.opened.set_value(opening.scenario.clone());
    sharing.seen.set(false);
    sharing.lesson.set(opening.lesson);
    sharing.waiting.set(None);
    sharing.refused.set(None);
    sharing.notice.set(notice);
    session.load(opening.scenario);
    if let Some(at) = at {
        session.known.set(at);
        session.cursor.set(at);
        session.step.set(session.run.get_untracked().step_at(at));
    }
    if is_lesson && opening.is_step {
        // The dialog gives the focus back first.
        request_animation_frame(|| request_animation_frame(|| focus("lesson")));
    }
}

/// Opens a preset's run. The one of a first visit has things to try, and no question.
fn open_preset(session: Session, gallery: Arc<Gallery>, shown: Shown, is_step: bool) {
    let Shown { index, run, scenario, at } = shown;
    let has_finding = !gallery.entries[index].finding.is_empty();
    let lesson = has_finding.then(|| Lesson { gallery, index, run, scenario: scenario.clone() });
    open(session, Opening { scenario, at, lesson, is_step });
}

/// Says what is wrong with a link or a file; the run stays.
fn refuse(session: Session, refused: Refused) {
    if session.panel.with_untracked(|p| matches!(p, Panel::Presets | Panel::Share)) {
        session.panel.set(Panel::Closed);
    }
    session.message.set(None);
    session.sharing.refused.set(Some(refused));
}
