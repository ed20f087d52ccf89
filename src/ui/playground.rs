//! The playground: everything between the page's header and its end.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::clock;
use super::composer::Composer;
use super::explanation::Explanation;
use super::goal_list::GoalList;
use super::icon::Sprite;
use super::keys::{self, KeyList};
use super::lanes::Lanes;
use super::looking;
use super::message::Message;
use super::policy;
use super::session::{Panel, Session};
use super::stage::Stage;
use super::step_table::StepTable;
use super::transport::Transport;
use super::verdict_bar::VerdictBar;
use super::{foot::Foot, sharing, words};
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
    super::others::listen(session);
    if clock::motion_is_reduced() {
        session.table.set(true);
    }
    let untouched = Memo::new(move |_| session.scenario.with(first::is_untouched));
    let unsent = Memo::new(move |_| session.scenario.with(|s| !first::has_sent(s)));
    let policy = Memo::new(move |_| session.panel.with(|p| matches!(p, Panel::Policy(_))));
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
                {sharing::messages(session)}
                <div class="app">
                    <VerdictBar/>
                    <section class="world" aria-label="The path of a request">
                        <h2 class="vh">{words::PATH_TITLE}</h2>
                        {sharing::lesson(session)}
                        <GoalList/>
                        <Stage/>
                        <Show when=move || session.table.get()><StepTable/></Show>
                    </section>
                    <section class="time" aria-label="Time">
                        <Transport/>
                        <Lanes/>
                    </section>
                    <aside class="side" aria-label="Explanation"><Explanation/></aside>
                    <div class="below" hidden=move || policy.get()>{looking::below()}</div>
                    {move || policy.get().then(policy::panel)}
                </div>
            </main>
            <Foot/>
            {sharing::panels(session)}
            <KeyList/>
            <div class="vh" role="status" aria-live="polite">{move || session.spoken.get()}</div>
        </div>
    }
}
