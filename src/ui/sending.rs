//! Sending: what is typed in the composer, and what a press of its buttons does.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::panel::focus;
use super::session::{Panel, Session};
use super::timeline::Tone;
use super::words::sending as words;
use crate::sim::client::Policy;
use crate::sim::scenario::Request;
use crate::sim::time::SimDuration;
use crate::view::composer::{self, Draft, Place, Wrong};
use crate::view::{changes, conditions, edit};

/// The composer's state.
#[derive(Clone, Copy)]
pub(crate) struct Desk {
    /// What is typed.
    pub(crate) draft: RwSignal<Draft>,
    /// What is wrong with it, as far as a person has left the field or wanted to send it.
    pub(crate) wrong: RwSignal<Option<Wrong>>,
    /// Headers and body show.
    pub(crate) is_open: RwSignal<bool>,
}

impl Desk {
    /// A desk with a request.
    pub(crate) fn new(request: &Request) -> Self {
        Self {
            draft: RwSignal::new(Draft::of(request)),
            wrong: RwSignal::new(None),
            is_open: RwSignal::new(false),
        }
    }

    /// Shows another request.
    pub(crate) fn show(self, request: &Request) {
        self.draft.update(|draft| draft.show(request));
        self.wrong.set(None);
    }

    /// Reads something of the draft, tracked.
    pub(crate) fn read<T: PartialEq + Send + Sync + 'static>(self, of: fn(&Draft) -> T) -> Memo<T> {
        Memo::new(move |_| self.draft.with(of))
    }

    /// Changes the draft while a person types: what was wrong is so no more as soon as it is mended.
    pub(crate) fn type_in(self, change: impl FnOnce(&mut Draft)) {
        self.draft.update(change);
        if let Some(before) = self.wrong.get_untracked() {
            let now = self.draft.with_untracked(Draft::wrong);
            self.wrong.set(now.filter(|now| now.place == before.place));
        }
    }

    /// Looks at the draft when a field is left.
    pub(crate) fn check(self) {
        self.wrong.set(self.draft.with_untracked(Draft::wrong));
    }

    /// True while that field is wrong; tracked.
    pub(crate) fn is_wrong(self, place: Place) -> bool {
        self.wrong.with(|wrong| wrong.as_ref().is_some_and(|wrong| wrong.place == place))
    }

    /// Says what is wrong, and goes to the field.
    fn refuse(self, wrong: Wrong) {
        let id = wrong.place.id();
        let field = document().get_element_by_id(&id).and_then(|field| field.dyn_into::<HtmlElement>().ok());
        // What does not show stands in the part that opens.
        if field.is_none_or(|field| field.offset_width() == 0) {
            self.is_open.set(true);
        }
        self.wrong.set(Some(wrong));
        request_animation_frame(move || focus(&id));
    }
}

/// Sends the composer's request and plays to its first answer.
pub(crate) fn send(session: Session) {
    send_so(session, (1, SimDuration::ZERO));
}

/// Sends it several times, as one step, and plays until each had its first answer.
pub(crate) fn send_several(session: Session) {
    match session.desk.draft.with_untracked(Draft::several) {
        Ok(how) => send_so(session, how),
        Err(wrong) => session.desk.refuse(wrong),
    }
}

fn send_so(session: Session, how: (u32, SimDuration)) {
    let request = match session.desk.draft.with_untracked(Draft::request) {
        Ok(request) => request,
        Err(wrong) => return session.desk.refuse(wrong),
    };
    session.desk.wrong.set(None);
    let run = session.run.get_untracked();
    let at = edit::moment(&run, session.cursor.get_untracked());
    let client = session.client.get_untracked();
    let before = session.scenario.with_untracked(|s| s.timeline.len());
    match session.scenario.with_untracked(|s| composer::sent(&run, s, at, &client, &request, how)) {
        Ok(next) => session.replace_and(next, at, move |session| {
            if let Some(words) = changes::unsent(&session.run.get_untracked(), before) {
                session.say(Tone::Refused, words);
            }
            session.until.set(composer::answered(&session.run.get_untracked(), before));
            session.playing.set(true);
            if how.0 > 1 {
                session.spoken.set(words::sent(how.0));
            }
        }),
        Err(refusal) => session.refuse(refusal.0),
    }
}

/// The policy of the composer's client at the cursor.
pub(crate) fn policy_now(session: Session) -> Memo<Policy> {
    Memo::new(move |_| {
        session.scenario.with(|s| conditions::policy(s, &session.client.get(), session.cursor.get()))
    })
}

/// Opens the policy of the composer's client, or closes it; `opener` gets the focus back.
pub(crate) fn toggle_policy(session: Session, opener: &'static str) {
    if session.panel.with_untracked(|p| matches!(p, Panel::Policy(_))) {
        super::panel::close(session);
    } else {
        session.panel.set(Panel::Policy(opener));
        session.spoken.set(words::POLICY_OPENED.to_owned());
    }
}
