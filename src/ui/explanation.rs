//! The right column: the answer and why, then what to do about it.

use leptos::prelude::*;

use super::chain::{Chain, piece};
use super::guess::Guess;
use super::icon::MarkIcon;
use super::lazy;
use super::session::{Panel, session};
use super::words;
use crate::view::first;
use crate::view::verdict::{self, Verdict};

/// The explanation, or what stands in its place.
#[component]
pub(crate) fn Explanation() -> impl IntoView {
    let session = session();
    let verdict = Memo::new(move |_| {
        let run = session.run.get();
        let attempt = session.explained.get().and_then(|key| run.attempt(key))?;
        verdict::verdict(&run, attempt, session.cursor.get(), session.step.get())
    });
    let settings = Memo::new(move |_| session.panel.with(|p| *p == Panel::Settings));
    let asks = Memo::new(move |_| session.scenario.with(|s| !first::has_sent(s)));
    let answered = Memo::new(move |_| verdict.with(Option::is_some));
    // While the settings are open, an answer does not draw them anew.
    let what = Memo::new(move |_| (!settings.get()).then(|| (asks.get(), answered.get())));
    move || match what.get() {
        None => lazy::shown(lazy::SETTINGS),
        Some((true, _)) => view! { <Guess/> }.into_any(),
        Some((false, false)) => view! {
            <div class="cola">
                <div class="empty"><b>{words::NO_ANSWER_YET}</b><span>{words::NO_ANSWER_YET_MORE}</span></div>
            </div>
            <div class="colb">{lazy::shown(lazy::REFERENCE)}</div>
        }
        .into_any(),
        Some((false, true)) => view! {
            <div class="cola">
                <section aria-labelledby="answer-status">{move || verdict.get().map(shown)}</section>
                {lazy::shown(lazy::OTHERS)}
            </div>
            <div class="colb">{lazy::shown(lazy::REFERENCE)}</div>
        }
        .into_any(),
    }
}

fn shown(verdict: Verdict) -> impl IntoView {
    let session = session();
    let status = verdict.status;
    let guess =
        move || session.guess.get().map(|g| view! { <p class="guessed">{words::guessed(g, status)}</p> });
    let head = view! {
        <div class=format!("verdict {}", verdict.mark.class())>
            <MarkIcon mark=verdict.mark size="o-xl"/>
            <h2 class="code" class:words=status.is_none() id="answer-status">{verdict.code.clone()}</h2>
            <p class="grow">
                <b>{verdict.title.clone()}</b>
                <br/>
                {verdict.summary.clone().into_iter().map(piece).collect_view()}
            </p>
        </div>
    };
    view! { {head} {guess} <Chain verdict=verdict/> }
}
