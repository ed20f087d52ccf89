//! The playground: everything between the page's header and its end.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::clock;
use super::composer::Composer;
use super::explanation::Explanation;
use super::goal_list::GoalList;
use super::icon::Sprite;
use super::lanes::Lanes;
use super::message::Message;
use super::session::{Panel, Session};
use super::stage::Stage;
use super::transport::Transport;
use super::verdict_bar::VerdictBar;
use super::{foot::Foot, keys, lazy, others, words};
use crate::view::first;

/// The playground on a session. `children` is the host's header.
#[component]
pub fn Playground(
    /// Its state.
    session: Session,
    /// What stands above it.
    children: Children,
) -> impl IntoView {
    provide_context(session);
    clock::run(session);
    others::provide(session);
    if clock::motion_is_reduced() {
        session.table.set(true);
    }
    let untouched = Memo::new(move |_| session.scenario.with(first::is_untouched));
    let unsent = Memo::new(move |_| session.scenario.with(|s| !first::has_sent(s)));
    let policy = Memo::new(move |_| session.panel.with(|p| matches!(p, Panel::Policy(_))));
    let asked = Memo::new(move |_| session.run.with(|run| run.calls_by(session.known.get()) > 0));
    let key = move |event: KeyboardEvent| keys::handle(session, &event);
    view! {
        <div class="fivexx" tabindex="-1" class:first=move || untouched.get() class:unsent=move || unsent.get()
            class:table=move || session.table.get() on:keydown=key>
            <Sprite/>
            {children()}
            <main id="main">
                <h1 class="vh">{words::TITLE}</h1>
                <Composer/>
                <Message/>
                {lazy::once(lazy::SHARING_MESSAGES, move || session.sharing.has_to_say())}
                <div class="app">
                    <VerdictBar/>
                    <section class="world" aria-label="The path of a request">
                        <h2 class="vh">{words::PATH_TITLE}</h2>
                        {lazy::once(lazy::LESSON, move || session.sharing.has_lesson(session))}
                        <GoalList/>
                        <Stage/>
                        {move || session.table.get().then(|| lazy::shown(lazy::TABLE))}
                    </section>
                    <section class="time" aria-label="Time">
                        <Transport/>
                        <Lanes/>
                    </section>
                    <aside class="side" aria-label="Explanation"><Explanation/></aside>
                    <div class="below" hidden=move || policy.get()>{move || if asked.get() { lazy::shown(lazy::EVIDENCE) } else { nothing_yet() }}</div>
                    {move || policy.get().then(|| lazy::shown(lazy::POLICY))}
                </div>
            </main>
            <Foot/>
            {lazy::once(lazy::ASKING, move || session.explained.get().is_some())}
            {lazy::once(lazy::SHARING, move || session.panel.with(|p| matches!(p, Panel::Share | Panel::Presets)))}
            {lazy::once(lazy::KEYS, move || session.panel.with(|p| *p == Panel::Keys))}
            <div class="vh" role="status" aria-live="polite">{move || session.spoken.get()}</div>
        </div>
    }
}

/// Requests and evidence, before there is any.
fn nothing_yet() -> AnyView {
    view! {
        <section class="requests" aria-label="Requests">
            <div class="sec-h"><h2>"Requests"</h2></div>
            <div class="empty"><b>{words::NOTHING_SENT}</b><span>{words::NOTHING_SENT_MORE}</span></div>
        </section>
        <section class="evidence" aria-label="Attempt">
            <div class="empty">
                <b>{words::looking::NO_ANSWER_TO_SHOW}</b>
                <span>{words::looking::NO_ANSWER_TO_SHOW_MORE}</span>
            </div>
        </section>
    }
    .into_any()
}
