//! What is said above the composer: a link or a file that holds no run, a run that cannot be kept, and what was done.

use leptos::prelude::*;

use super::{Opening, Waiting, files, open, proceed, words, write_address};
use crate::ui::chain::piece;
use crate::ui::icon::Icon;
use crate::ui::panel::focus;
use crate::ui::session::{Panel, Session};
use crate::view::first;
use crate::view::refused::Refused;

pub(super) fn messages(session: Session) -> AnyView {
    let sharing = session.sharing;
    // One message at a time, and none about what is not on the screen any more.
    Effect::new(move |_| {
        if session.message.with(Option::is_some) {
            sharing.refused.set(None);
        }
    });
    Effect::new(move |before: Option<()>| {
        session.scenario.track();
        if before.is_some() {
            sharing.refused.set(None);
        }
    });
    Effect::new(move |_| {
        if session.past.with(|past| !past.is_empty()) {
            sharing.notice.set(None);
        }
    });
    view! {
        {move || sharing.refused.get().map(|r| refused(session, r))}
        {move || sharing.waiting.get().map(|w| waiting(session, w))}
        {move || sharing.notice.get().map(|text| view! {
            <div class="message told" id="notice" role="status">
                <Icon name="#i-info"/>
                <span class="grow">{text}</span>
                <button class="btn ghost small icon" aria-label="Close this note" on:click=move |_| sharing.notice.set(None)>
                    <Icon name="#i-x" small=true/>
                </button>
            </div>
        })}
    }
    .into_any()
}

fn refused(session: Session, refused: Refused) -> AnyView {
    let sharing = session.sharing;
    let close = move || {
        sharing.refused.set(None);
        focus("path");
    };
    let instead = refused.instead.map(|instead| {
        let run = move |_| open(session, Opening::of(instead.scenario.clone()));
        view! { <button class="btn primary small" id="run-instead" on:click=run>{instead.label}</button> }
    });
    let text = refused.text.map(|text| {
        view! {
            <details>
                <summary>"Show the scenario"</summary>
                <pre tabindex="0" aria-label="The scenario as it came">{words::beginning(&text)}</pre>
            </details>
        }
    });
    view! {
        <div id="message" class="message" role="alert">
            <Icon name="#i-warn"/>
            <div class="grow">
                <b>{refused.title}</b>
                <p>{refused.why.into_iter().map(piece).collect_view()} <span class="dim">{words::STAYS}</span></p>
                <div class="row wrap">
                    {instead}
                    <button class="btn small" id="start-fresh" on:click=move |_| open(session, Opening::of(first::scenario()))>
                        "Start fresh"
                    </button>
                    <button class="btn ghost small" id="see-presets" on:click=move |_| session.panel.set(Panel::Presets)>
                        "See the presets"
                    </button>
                </div>
                {text}
            </div>
            <button class="btn ghost small icon" aria-label="Close this message" on:click=move |_| close()>
                <Icon name="#i-x" small=true/>
            </button>
        </div>
    }
    .into_any()
}

/// The present run would be lost: a person says what becomes of it.
fn waiting(session: Session, waiting: Waiting) -> AnyView {
    let sharing = session.sharing;
    let Waiting { opening, why } = waiting;
    let (first, second) = (opening.clone(), opening);
    let save_and_open = move |_| {
        session.scenario.with_untracked(files::save);
        proceed(session, first.clone(), None);
    };
    let open_anyway = move |_| proceed(session, second.clone(), None);
    let stay = move |_| {
        sharing.waiting.set(None);
        if sharing.keeps_address.get_value() {
            write_address(session);
        }
        focus("path");
    };
    request_animation_frame(|| focus("save-and-open"));
    view! {
        <div id="cannot-keep" class="message" role="alert">
            <Icon name="#i-warn"/>
            <div class="grow">
                <b>{words::CANNOT_KEEP}</b>
                <p>{why} " " {words::CANNOT_KEEP_MORE}</p>
                <div class="row wrap">
                    <button class="btn primary small" id="save-and-open" on:click=save_and_open>"Save it as a file, then open"</button>
                    <button class="btn small" id="open-anyway" on:click=open_anyway>"Open without keeping it"</button>
                    <button class="btn ghost small" id="stay" on:click=stay>"Stay with this run"</button>
                </div>
            </div>
        </div>
    }
    .into_any()
}
