//! The first visit: a question, four guesses, one button.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::icon::Status;
use super::session::session;
use super::words;
use crate::view::first;
use crate::view::mark::Mark;

/// Asks what the client will get. A guess is optional and costs nothing.
#[component]
pub(crate) fn Guess() -> impl IntoView {
    let session = session();
    let guesses = first::GUESSES.into_iter().map(|(code, meaning)| {
        let chosen = move || session.guess.get() == Some(code);
        view! {
            <button aria-pressed=move || chosen().to_string() on:click=move |_| session.guess.set(Some(code))>
                <Status mark=Mark::of(Some(code), false) code=code.to_string()/>
                <span>{meaning}</span>
            </button>
        }
    });
    // The guesses fit the scenario of a first visit alone.
    let untouched = Memo::new(move |_| session.scenario.with(first::is_untouched));
    // The button goes away with its panel; the keys shall go on working.
    let send = move |event: leptos::ev::MouseEvent| {
        let button = event.current_target().and_then(|t| t.dyn_into::<Element>().ok());
        let root = button.and_then(|b| b.closest(".fivexx").ok().flatten());
        if let Some(root) = root.and_then(|r| r.dyn_into::<HtmlElement>().ok()) {
            let _ = root.focus();
        }
        session.send();
    };
    view! {
        <div class="intro">
            <h2>{move || if untouched.get() { words::GUESS_TITLE } else { words::READY_TITLE }}</h2>
            <p>{move || if untouched.get() { words::GUESS_TEXT } else { words::READY_TEXT }}</p>
            <div class="guess" role="group" aria-label="Your guess" hidden=move || !untouched.get()>
                {guesses.collect_view()}
            </div>
            <button id="send-one" class="btn primary big" on:click=send>{words::SEND}</button>
            <p class="dim" hidden=move || !untouched.get()>"Or press " <kbd>"Enter"</kbd> {words::GUESS_NOTE}</p>
        </div>
    }
}
