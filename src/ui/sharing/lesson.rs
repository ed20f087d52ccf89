//! The question above a preset's run: what to look at, and what was found, once it was seen.

use leptos::prelude::*;

use super::{open_preset, refuse, words};
use crate::ui::chain::piece;
use crate::ui::icon::Icon;
use crate::ui::panel::focus;
use crate::ui::session::Session;
use crate::view::gallery::{self, Lesson};
use crate::view::{first, text};

pub(super) fn lesson(session: Session) -> AnyView {
    let sharing = session.sharing;
    let told_from = Memo::new(move |_| gallery::told_from(&session.run.get()));
    let unchanged = Memo::new(move |_| {
        sharing.lesson.with(|l| l.as_ref().is_some_and(|l| session.scenario.with(|s| l.scenario == *s)))
    });
    Effect::new(move |_| {
        if unchanged.get() && session.known.get() >= told_from.get() {
            sharing.seen.set(true);
        }
    });
    let about = Memo::new(move |_| {
        let (name, description) = session.scenario.with(|s| (s.name.clone(), s.description.clone()));
        let is_told = !description.is_empty() && sharing.closed.with(|closed| *closed != description);
        is_told.then_some((name, description))
    });
    view! {
        {move || match (sharing.lesson.get(), about.get()) {
            (Some(lesson), _) => strip(session, lesson, unchanged),
            (None, Some((name, description))) => described(session, name, description),
            (None, None) => ().into_any(),
        }}
    }
    .into_any()
}

/// Opens a run of the same or another preset.
fn go(session: Session, lesson: &Lesson, id: &str, run: usize) {
    match lesson.gallery.run(id, run, None) {
        Ok(shown) => open_preset(session, lesson.gallery.clone(), shown, true),
        Err(refused) => refuse(session, *refused),
    }
}

fn strip(session: Session, lesson: Lesson, unchanged: Memo<bool>) -> AnyView {
    let sharing = session.sharing;
    let entry = lesson.entry().clone();
    let lesson = StoredValue::new(lesson);
    let here = lesson.with_value(|l| l.run);
    let id = StoredValue::new(entry.id.clone());
    let go_to = move |id: &str, run| go(session, &lesson.get_value(), id, run);
    let runs = (entry.runs.len() > 1).then(|| {
        let options = entry.runs.iter().enumerate().map(|(i, (name, _))| {
            view! { <option value=i.to_string() selected=i == here>{text::plain(name)}</option> }
        });
        let pick = move |event| {
            let run = event_target_value(&event).parse().unwrap_or_default();
            go_to(&id.get_value(), run);
            request_animation_frame(|| request_animation_frame(|| focus("lesson-run")));
        };
        view! {
            <span class="pick small sel">
                <span class="lbl" aria-hidden="true">"run"</span>
                <select id="lesson-run" aria-label="Which run of it" on:change=pick>{options.collect_view()}</select>
                <Icon name="#i-down" small=true/>
            </span>
        }
    });
    let next = lesson.with_value(|l| l.next().map(|e| (e.id.clone(), e.title.clone()))).map(|(id, title)| {
        let name = words::next(&title);
        view! {
            <button class="btn ghost small next" id="lesson-next" title=name.clone() aria-label=name on:click=move |_| go_to(&id, 0)>
                "Next question"
                <Icon name="#i-right" small=true/>
            </button>
        }
    });
    let back = move || {
        (!unchanged.get()).then(|| view! {
        <span class="dim">{words::CHANGED}</span>
        <button class="btn small" id="lesson-back" on:click=move |_| go_to(&id.get_value(), here)>"Back to the preset"</button>
    })
    };
    let close = move |_| {
        sharing.lesson.set(None);
        sharing.closed.set(session.scenario.with_untracked(|s| s.description.clone()));
        focus("play");
    };
    let found: Vec<_> = text::pieces(&entry.finding.join(" "));
    let finding = move || {
        if sharing.seen.get() {
            let found = found.clone();
            view! {
                <p class="found" id="finding"><Icon name="#i-check" small=true/><span>{found.into_iter().map(piece).collect_view()}</span></p>
            }
            .into_any()
        } else if unchanged.get() {
            let end = move |_| {
                let at = gallery::told_from(&session.run.get_untracked());
                session.seek(at, None);
                focus("lesson");
            };
            view! {
                <div class="row wrap">
                    <button class="btn primary small" id="lesson-play" hidden=move || session.playing.get() on:click=move |_| { session.play(); focus("lesson"); }>
                        <Icon name="#i-play" small=true/>"Play it"
                    </button>
                    <button class="btn small" id="lesson-end" on:click=end>"Show the last answer"</button>
                    <span class="dim">{words::FINDING_LATER}</span>
                </div>
            }
            .into_any()
        } else {
            ().into_any()
        }
    };
    view! {
        <section class="lesson" id="lesson" tabindex="-1" aria-labelledby="lesson-title">
            <div class="row wrap">
                <h2 id="lesson-title">{entry.title.clone()}</h2>
                {runs}
                {back}
                <span class="grow"></span>
                {next}
                <button class="btn ghost small icon" id="lesson-close" aria-label="Close this question" on:click=close>
                    <Icon name="#i-x" small=true/>
                </button>
            </div>
            <p><b>{entry.question.clone()}</b> " " <span class="ink2">"Look at: " {text::lowered(&entry.look)}</span></p>
            <div aria-live="polite">{finding}</div>
        </section>
    }
    .into_any()
}

/// What somebody wrote about the run.
fn described(session: Session, name: String, description: String) -> AnyView {
    let closed = session.sharing.closed;
    let name = if name.is_empty() { words::UNNAMED.to_owned() } else { name };
    // The first visit has a text of its own.
    if description == first::scenario().description {
        return ().into_any();
    }
    let text = description.clone();
    let close = move |_| {
        closed.set(text.clone());
        focus("play");
    };
    view! {
        <section class="lesson" id="about" aria-labelledby="about-title">
            <div class="row">
                <h2 id="about-title">{name}</h2>
                <span class="grow"></span>
                <button class="btn ghost small icon" aria-label="Close this description" on:click=close>
                    <Icon name="#i-x" small=true/>
                </button>
            </div>
            <p class="described">{description}</p>
        </section>
    }
    .into_any()
}
