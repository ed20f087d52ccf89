//! "My runs": a person's own scenarios, kept in the browser.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::storage::{self, Trouble};
use super::{Opening, files, keep, open, refuse, words};
use crate::ui::icon::Icon;
use crate::ui::panel::focus;
use crate::ui::session::Session;
use crate::view::form::Refusal;
use crate::view::opened;
use crate::view::own_runs::{OwnRuns, Row};
use crate::view::refused::Refused;
use serde_json::Value;

/// What was deleted last, and how it comes back.
#[derive(Clone)]
enum Gone {
    Run {
        index: usize,
        run: Value,
    },
    /// Everything that was stored, which was no list.
    Text(String),
}

/// What the parts of the list share.
#[derive(Clone, Copy)]
struct List {
    session: Session,
    /// What went wrong, until the next thing is done.
    wrong: RwSignal<Option<String>>,
    /// What was done last.
    done: RwSignal<Option<String>>,
    gone: RwSignal<Option<Gone>>,
    /// The line whose name is being written.
    renaming: RwSignal<Option<usize>>,
}

impl List {
    /// Says what became of something; true if it went well.
    fn say(self, outcome: Result<String, String>) -> bool {
        self.session.sharing.own.update(|n| *n += 1);
        let is_done = outcome.is_ok();
        self.wrong.set(outcome.as_ref().err().cloned());
        self.done.set(outcome.ok());
        is_done
    }

    fn delete(self, index: usize) {
        let outcome = storage::change(|runs| {
            let name = runs.rows().into_iter().nth(index).map(|row| row.name).unwrap_or_default();
            (name, runs.remove(index))
        });
        let outcome = outcome.map_err(|e| e.to_string()).map(|(name, run)| {
            self.gone.set(run.map(|run| Gone::Run { index, run }));
            words::deleted(&name)
        });
        if self.say(outcome) {
            request_animation_frame(|| focus("undo-delete"));
        }
    }

    fn undo(self) {
        let Some(gone) = self.gone.get_untracked() else { return };
        let outcome = match gone {
            Gone::Run { index, run } => storage::change(|runs| runs.put_back(index, run)),
            Gone::Text(text) => storage::write(&text),
        };
        if self.say(outcome.map(|()| words::BACK.to_owned()).map_err(|e| e.to_string())) {
            self.gone.set(None);
            request_animation_frame(|| focus("keep-present"));
        }
    }

    fn rename(self, index: usize, to: &str) {
        let outcome = storage::change(|runs| runs.rename(index, to));
        let outcome = outcome.map_err(|e| e.to_string()).and_then(|r| r.map_err(|Refusal(why)| why));
        if self.say(outcome.map(|()| words::renamed(to.trim()))) {
            self.renaming.set(None);
            request_animation_frame(move || focus(&format!("own-rename-{index}")));
        }
    }
}

pub(super) fn own_runs(session: Session) -> AnyView {
    let list = List {
        session,
        wrong: RwSignal::new(None),
        done: RwSignal::new(session.sharing.notice.get_untracked()),
        gone: RwSignal::new(None),
        renaming: RwSignal::new(None),
    };
    let keep_present = move |_| {
        let present = session.scenario.get_untracked();
        let kept = keep(session, &present);
        if kept.is_ok() {
            session.sharing.opened.set_value(present);
        }
        list.say(kept.map(|kept| words::kept(&kept)));
    };
    view! {
        <div class="own-head">
            <p class="dim">{words::OWN_NOTE}</p>
            <div class="row wrap">
                <button class="btn primary small" id="keep-present" on:click=keep_present>"Keep the present run"</button>
                <button class="btn small" id="save-present" on:click=move |_| session.scenario.with_untracked(files::save)>
                    "Save the present run as a file"
                </button>
            </div>
            {move || list.wrong.get().map(|text| view! {
                <p class="err" id="own-wrong" role="alert"><Icon name="#i-warn" small=true/><span>{text} " " {words::OWN_INSTEAD}</span></p>
            })}
            <div class="done" role="status">
                {move || list.done.get().map(|text| view! { <span id="own-done">{text}</span> })}
                {move || list.gone.with(Option::is_some).then(|| view! {
                    <button class="btn small" id="undo-delete" on:click=move |_| list.undo()>
                        <Icon name="#i-undo" small=true/>"Undo"
                    </button>
                })}
            </div>
        </div>
        {move || {
            session.sharing.own.track();
            match storage::read() {
                Ok(runs) => rows(list, runs),
                Err(trouble) => unread(list, trouble),
            }
        }}
    }
    .into_any()
}

fn rows(list: List, runs: OwnRuns) -> AnyView {
    if runs.is_empty() {
        return view! { <p class="dim pad" id="own-empty">{words::OWN_EMPTY}</p> }.into_any();
    }
    let count = runs.len();
    let rows: Vec<_> = runs.rows().into_iter().enumerate().map(|(i, row)| line(list, i, row)).collect();
    let save_all = move |_| files::download(words::OWN_FILE, &runs.to_file());
    view! {
        <ul class="own" aria-label=words::MY_RUNS>{rows.into_iter().collect_view()}</ul>
        <p class="pf row wrap">
            <span class="dim" id="own-count">{words::own_count(count)}</span>
            <span class="grow"></span>
            <button class="btn small" id="save-all" on:click=save_all>"Save all as a file"</button>
        </p>
    }
    .into_any()
}

fn line(list: List, index: usize, row: Row) -> AnyView {
    let session = list.session;
    let name = row.name.clone();
    let open_it = {
        let name = name.clone();
        move |_| match storage::read().map(|runs| (runs.scenario(index), runs.text(index))) {
            Ok((Ok(scenario), _)) => open(session, Opening::of(scenario)),
            Ok((Err(error), text)) => {
                refuse(session, Refused::scenario(&words::cannot_open(&name), &text, &error));
            }
            Err(trouble) => {
                list.say(Err(trouble.to_string()));
            }
        }
    };
    let save = {
        let name = name.clone();
        move |_| match storage::read() {
            Ok(runs) => files::download(&opened::file_name(&name), &runs.text(index)),
            Err(trouble) => {
                list.say(Err(trouble.to_string()));
            }
        }
    };
    let label = |verb: &str| format!("{verb} {name}");
    let (open_label, rename_label, save_label, delete_label) =
        (label("Open"), label("Rename"), label("Save as a file:"), label("Delete"));
    let heading = {
        let name = name.clone();
        move || {
            if list.renaming.get() == Some(index) {
                rename_form(list, index, name.clone())
            } else {
                view! { <h4>{name.clone()}</h4> }.into_any()
            }
        }
    };
    view! {
        <li>
            <div class="grow">
                {heading}
                <p class="dim">{words::own_about(&row)}</p>
            </div>
            <span class="row wrap">
                <button class="btn small" data-own="open" aria-label=open_label on:click=open_it>"Open"</button>
                <button class="btn ghost small" data-own="rename" id=format!("own-rename-{index}") aria-label=rename_label
                    on:click=move |_| { list.renaming.set(Some(index)); request_animation_frame(|| focus("own-name")); }>
                    "Rename"
                </button>
                <button class="btn ghost small" data-own="save" aria-label=save_label on:click=save>"Save as a file"</button>
                <button class="btn ghost small" data-own="delete" aria-label=delete_label on:click=move |_| list.delete(index)>
                    "Delete"
                </button>
            </span>
        </li>
    }
    .into_any()
}

fn rename_form(list: List, index: usize, name: String) -> AnyView {
    let typed = RwSignal::new(name);
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        list.rename(index, &typed.get_untracked());
    };
    view! {
        <form class="row" on:submit=submit>
            <input id="own-name" class="inp" aria-label="New name" autocomplete="off" prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))/>
            <button class="btn small">"Rename it"</button>
            <button class="btn ghost small" type="button" on:click=move |_| list.renaming.set(None)>"Leave it"</button>
        </form>
    }
    .into_any()
}

/// The list cannot be shown; whatever is stored stays.
fn unread(list: List, trouble: Trouble) -> AnyView {
    let said = trouble.to_string();
    let Trouble::Garbage { text, .. } = trouble else {
        return view! { <p class="note bad" id="own-missing" role="alert"><Icon name="#i-warn" small=true/><span>{said} " " {words::OWN_INSTEAD}</span></p> }
            .into_any();
    };
    let text = StoredValue::new(text);
    let save = move |_| files::download(words::OWN_UNREAD_FILE, &text.get_value());
    let delete = move |_| {
        let outcome = storage::clear().map_err(|e| e.to_string()).map(|()| {
            list.gone.set(Some(Gone::Text(text.get_value())));
            words::CLEARED.to_owned()
        });
        if list.say(outcome) {
            request_animation_frame(|| focus("undo-delete"));
        }
    };
    view! {
        <div class="note bad" id="own-garbage" role="alert">
            <Icon name="#i-warn" small=true/>
            <div>
                <p>{said}</p>
                <div class="row wrap">
                    <button class="btn small" id="save-garbage" on:click=save>"Save what is stored as a file"</button>
                    <button class="btn small" id="delete-garbage" on:click=delete>"Delete it and begin anew"</button>
                </div>
            </div>
        </div>
    }
    .into_any()
}
