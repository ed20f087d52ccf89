//! What the transport has no room for: everything it does, by name.

use leptos::prelude::*;

use super::icon::Icon;
use super::panel::close;
use super::session::{Panel, Session, session};
use super::transport::{notch, speed_label};
use super::words::time as words;

/// The popover of the button with the dots.
pub(crate) fn panel() -> AnyView {
    let session = session();
    let open = Memo::new(move |_| session.panel.with(|p| *p == Panel::More));
    (move || open.get().then(|| more(session))).into_any()
}

fn more(session: Session) -> impl IntoView {
    let pop = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if pop.get().is_some() {
            super::panel::focus("more-failure-back");
        }
    });
    let looped = session.time.looped;
    let button = move |id: &'static str, text: &'static str, act: fn(Session)| {
        view! { <button id=id class="btn small" on:click=move |_| act(session)>{text}</button> }
    };
    view! {
        <div class="veil" on:click=move |_| close(session)></div>
        <div id="more-panel" class="pop more-pop" role="dialog" aria-label=words::MORE node_ref=pop>
            <div class="ph">
                <h3>{words::MORE}</h3>
                <span class="grow"></span>
                <button class="btn ghost small icon" aria-label=words::CLOSE on:click=move |_| close(session)>
                    <Icon name="#i-x" small=true/>
                </button>
            </div>
            <div class="more-row" role="group" aria-label=words::FAILURES>
                <span>{words::FAILURES} <kbd>"N"</kbd></span>
                {button("more-failure-back", words::PREVIOUS, |s| s.failure_by(false))}
                {button("more-failure-next", words::NEXT, |s| s.failure_by(true))}
            </div>
            <div class="more-row" role="group" aria-label=words::CHANGE>
                <span>{words::CHANGE} <kbd>"C"</kbd></span>
                {button("more-change-back", words::PREVIOUS, |s| s.change_by(false))}
                {button("more-change-next", words::NEXT, |s| s.change_by(true))}
            </div>
            <div class="more-row" role="group" aria-label=words::SPEED>
                <span>{words::SPEED} <kbd>"−"</kbd> <kbd>"+"</kbd></span>
                {button("more-slower", words::SLOWER, |s| s.speed.update(|v| *v = notch(*v, false)))}
                {button("more-faster", words::FASTER, |s| s.speed.update(|v| *v = notch(*v, true)))}
                <span class="num">{move || format!("{}×", speed_label(session.speed.get()))}</span>
            </div>
            <div class="more-row" role="group" aria-label=words::LOOP>
                <span>{words::LOOP} <kbd>"L"</kbd></span>
                {button("more-loop-step", words::THIS_STEP, |s| {
                    s.time.looped.set(None);
                    s.loop_step();
                })}
                {button("more-loop-from", words::FROM_HERE, Session::loop_from)}
                {button("more-loop-to", words::TO_HERE, Session::loop_to)}
                <button id="more-loop-end" class="btn small" disabled=move || looped.with(Option::is_none)
                    on:click=move |_| session.end_loop()>{words::END_LOOP}</button>
                <p class="dim">{move || looped.get().map_or_else(|| words::NO_LOOP.to_owned(), |l| format!("{}.", l.words()))}</p>
            </div>
            <div class="more-row" role="group" aria-label=words::EDITS>
                <span>{words::EDITS}</span>
                <button id="more-undo" class="btn small" disabled=move || session.past.with(Vec::is_empty)
                    on:click=move |_| session.undo(true)>{words::UNDO}</button>
                <button id="more-redo" class="btn small" disabled=move || session.undone.with(Vec::is_empty)
                    on:click=move |_| session.undo(false)>{words::REDO}</button>
            </div>
        </div>
    }
}
