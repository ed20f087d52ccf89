//! Things to try next, ticked by what the run did.

use leptos::prelude::*;

use super::icon::Icon;
use super::panel::focus;
use super::session::session;
use crate::view::goals::{self, Goal};

/// The goals; Escape hides them for good.
#[component]
pub(crate) fn GoalList() -> impl IntoView {
    let session = session();
    let hidden = RwSignal::new(false);
    let goals = Memo::new(move |_| goals::goals(&session.run.get(), session.known.get()));
    let escape = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            hidden.set(true);
            focus("play");
        }
    };
    view! {
        <ol class="goals" aria-label="Try next" tabindex="0" hidden=move || hidden.get() on:keydown=escape>
            {move || goals.get().into_iter().map(goal).collect_view()}
        </ol>
    }
}

fn goal(goal: Goal) -> impl IntoView {
    view! {
        <li>
            <span class="tick" class:on=goal.done>{goal.done.then(|| view! { <Icon name="#i-check"/> })}</span>
            {goal.title}
            <span class="vh">{if goal.done { ": done" } else { ": to do" }}</span>
        </li>
    }
}
