//! What other gateways make of the answer that is explained. They are asked when nothing plays, a few milliseconds at a
//! time, and not at all while nobody has an answer.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use super::icon::Status;
use super::session::{Panel, Session, session};
use super::words::path as words;
use crate::sim::dialect::DialectName;
use crate::sim::time::SimTime;
use crate::view::others::{self as view, Inquiry, Opinion};
use crate::view::run::{AttemptKey, Run};

/// How long one slice of asking takes at the most, in milliseconds, and how long the page has for itself between two.
const SLICE: f64 = 6.0;
const PAUSE: Duration = Duration::from_millis(12);
/// How many events are handled between two looks at the clock.
const EVENTS: u32 = 500;

/// What is known of the others.
#[derive(Clone, Copy)]
pub(crate) struct Others {
    /// What was said so far, the gateway that is there first.
    pub(crate) opinions: RwSignal<Vec<Opinion>>,
    /// Those that are known from documents alone are asked as well.
    documented: RwSignal<bool>,
    /// About which answer, and in place of which gateway.
    about: Memo<Option<(AttemptKey, String)>>,
}

/// What is asked, and how far that is.
struct Asking {
    run: Arc<Run>,
    about: (AttemptKey, String),
    left: Vec<DialectName>,
    under_way: Option<Inquiry>,
}

/// Gives the playground what is known of the others.
pub(crate) fn provide(session: Session) {
    let about = Memo::new(move |_| {
        let run = session.run.get();
        let attempt = session.explained.get().and_then(|key| run.attempt(key))?;
        let picked = session.panel.with(|panel| match panel {
            Panel::Gateway(node) => Some(node.clone()),
            _ => None,
        });
        Some((attempt.key, picked.or_else(|| view::gateway_of(&run, attempt))?))
    });
    let others = Others { opinions: RwSignal::new(Vec::new()), documented: RwSignal::new(false), about };
    provide_context(others);
}

/// Has the others asked about each answer that is explained.
pub(crate) fn ask() -> AnyView {
    let (session, others) = (session(), others());
    let about = others.about;
    let asking = StoredValue::new_local(None::<Asking>);
    // Each question is a turn of its own; slices of an earlier one end by themselves.
    let turn = StoredValue::new(0u32);
    Effect::new(move |_| {
        turn.update_value(|t| *t += 1);
        let (run, about, documented) = (session.run.get(), about.get(), others.documented.get());
        let Some(about) = about else {
            asking.set_value(None);
            others.opinions.set(Vec::new());
            return;
        };
        let playing = session.playing.get();
        let same = asking.with_value(|a| a.as_ref().is_some_and(|a| a.about == about && a.run == run));
        if !same {
            others.opinions.set(Vec::new());
        }
        if !playing && others.opinions.with_untracked(Vec::is_empty) {
            let own = run.attempt(about.0).and_then(|attempt| view::own(&run, attempt, &about.1));
            others.opinions.set(own.into_iter().collect());
        }
        let known: Vec<DialectName> = others.opinions.with_untracked(|o| o.iter().map(|o| o.name).collect());
        let wanted = |name: &DialectName| {
            !known.contains(name) && (documented || view::is_recorded(*name) || *name == DialectName::Rfc9209)
        };
        let left: Vec<DialectName> = view::order().filter(wanted).collect();
        asking.set_value(Some(Asking { run, about, left, under_way: None }));
        if !playing {
            let mine = turn.get_value();
            set_timeout(move || slice(others, asking, turn, mine), PAUSE);
        }
    });
    ().into_any()
}

fn slice(
    others: Others,
    asking: StoredValue<Option<Asking>, LocalStorage>,
    turn: StoredValue<u32>,
    mine: u32,
) {
    if turn.try_get_value() != Some(mine) {
        return;
    }
    let clock = || window().performance().map_or(0.0, |p| p.now());
    let until = clock() + SLICE;
    let mut said = Vec::new();
    let over = asking.try_update_value(|asking| {
        let Some(asking) = asking else { return true };
        loop {
            match asking.under_way.take() {
                Some(mut inquiry) => {
                    if inquiry.advance(EVENTS) {
                        said.extend(inquiry.opinion());
                    } else {
                        asking.under_way = Some(inquiry);
                    }
                }
                None if asking.left.is_empty() => return true,
                None => {
                    let name = asking.left.remove(0);
                    let (key, gateway) = &asking.about;
                    asking.under_way = Inquiry::new(&asking.run.trace.scenario, gateway, name, *key);
                }
            }
            if clock() > until {
                return false;
            }
        }
    });
    if !said.is_empty() {
        others.opinions.update(|opinions| opinions.extend(said));
    }
    if over == Some(false) {
        set_timeout(move || slice(others, asking, turn, mine), PAUSE);
    }
}

/// What is known of the others, of the surrounding playground.
pub(crate) fn others() -> Others {
    expect_context::<Others>()
}

impl Others {
    /// Asks those known from documents alone as well.
    pub(crate) fn ask_all(self) {
        self.documented.set(true);
    }
}

/// Puts another product in place of a gateway: the run goes through it from the start, up to the same answer.
pub(crate) fn choose(session: Session, gateway: &str, name: DialectName) {
    let key = session.explained.get_untracked();
    let cursor = session.cursor.get_untracked();
    let through = session.scenario.with_untracked(|s| view::through(s, gateway, name));
    match through {
        Err(refusal) => session.refuse(refusal.0),
        Ok((next, lacks)) => {
            let at = if key.is_some() { SimTime::ZERO } else { cursor };
            session.replace_and(next, at, move |session| {
                let run = session.run.get_untracked();
                let call = key.and_then(|key| Some((key, run.call(key.call)?.span)));
                let attempt = call.and_then(|(key, call)| {
                    run.attempts_of(call).rfind(|a| a.key.number <= key.number && a.is_over())
                });
                if let Some(attempt) = attempt {
                    session.go(attempt.end, None);
                }
                session.speak_answer();
                if !lacks.is_empty() {
                    session.refuse(lacks);
                }
            });
        }
    }
}

/// Goes on to the next gateway of those that were recorded, or back to the one before.
pub(crate) fn next(session: Session, forwards: bool) {
    let run = session.run.get_untracked();
    let attempt = session.explained.get_untracked().and_then(|key| run.attempt(key));
    let gateways = &run.trace.scenario.gateways;
    let id = attempt.and_then(|a| view::gateway_of(&run, a));
    let Some(gateway) = gateways.iter().find(|g| Some(&g.id) == id.as_ref()).or(gateways.first()) else {
        return;
    };
    let names: Vec<DialectName> = view::order().filter(|n| view::is_recorded(*n)).collect();
    let here = names.iter().position(|n| *n == gateway.dialect);
    let place = match (here, forwards) {
        (None, _) => 0,
        (Some(i), true) => (i + 1) % names.len(),
        (Some(i), false) => (i + names.len() - 1) % names.len(),
    };
    choose(session, &gateway.id.clone(), names[place]);
}

/// The row below the chain.
pub(crate) fn row() -> AnyView {
    let session = session();
    let others = others();
    let cells = move |recorded: bool| {
        move || {
            let gateway = others.about.get().map(|(_, gateway)| gateway).unwrap_or_default();
            let mut opinions = others.opinions.get();
            let own = opinions.first().cloned();
            let place = |o: &Opinion| view::order().position(|name| name == o.name);
            opinions.sort_by_key(place);
            let of_kind = opinions.into_iter().filter(|o| o.recorded == recorded);
            of_kind.map(move |o| cell(session, gateway.clone(), own.clone(), o)).collect_view()
        }
    };
    let sentence = move || {
        if session.playing.get() && others.opinions.with(|o| o.len() < 2) {
            return words::OTHERS_WAIT.to_owned();
        }
        let run = session.run.get();
        let attempt = others.about.get().and_then(|(key, _)| run.attempt(key).copied());
        attempt.map(|a| others.opinions.with(|o| view::sentence(o, &run, &a))).unwrap_or_default()
    };
    let there = Memo::new(move |_| others.about.with(Option::is_some));
    move_into(there, move || {
        view! {
            <section class="sec others-sec" aria-labelledby="others-h">
                <h3 id="others-h">{words::OTHERS}</h3>
                <div class="others" role="group" aria-labelledby="others-h">{cells(true)}</div>
                <p class="dim said">{sentence}</p>
                <details class="more" on:toggle=move |_| others.ask_all()>
                    <summary>{words::DOCUMENTED}</summary>
                    <div class="others docs" role="group" aria-label=words::DOCUMENTED>{cells(false)}</div>
                </details>
            </section>
        }
        .into_any()
    })
}

fn move_into(there: Memo<bool>, make: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    (move || there.get().then(&make)).into_any()
}

fn cell(session: Session, gateway: String, own: Option<Opinion>, opinion: Opinion) -> impl IntoView {
    let here = own.as_ref().is_some_and(|own| own.name == opinion.name);
    let differs = own.as_ref().is_some_and(|own| view::differs(own, &opinion));
    let name = opinion.name;
    let label = view::words(&opinion);
    view! {
        <button aria-pressed=here.to_string() class:differs=differs title=label
            data-dialect=opinion.title disabled=!opinion.told
            on:click=move |_| if !here { choose(session, &gateway, name) }>
            <Status mark=opinion.mark code=opinion.code/>
            <span class="ms">{opinion.took}</span>
            <span class="nm">{opinion.title}</span>
        </button>
    }
}
