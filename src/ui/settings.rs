//! All settings, in place of the explanation: path and time stay in view.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::prelude::*;

use super::icon::Icon;
use super::panel::{close, focus};
use super::scenario_text::ScenarioText;
use super::session::{Session, session};
use super::settings_nodes::{AddNodes, NodeSettings};
use super::settings_schema::{SchemaFile, load};
use super::words;
use crate::view::form::Refusal;
use crate::view::settings::{Edit, Form, Lands};
use crate::view::{edit, format};

/// What all parts of the form share.
#[derive(Clone, Copy)]
pub(crate) struct Sheet {
    session: Session,
    /// The form; without its fields for as long as there is no schema.
    pub(crate) form: Memo<Arc<Form>>,
    /// What is looked for, if anything is.
    pub(crate) found: Memo<Option<Arc<BTreeSet<String>>>>,
    /// What became of the last change, where a person would not expect that.
    pub(crate) note: RwSignal<Option<String>>,
}

impl Sheet {
    /// True if nothing is looked for, or this field is found; tracked.
    pub(crate) fn shows(self, pointer: &str) -> bool {
        self.found.with(|found| found.as_ref().is_none_or(|found| found.contains(pointer)))
    }

    /// True while something is looked for; tracked.
    pub(crate) fn is_searched(self) -> bool {
        self.found.with(Option::is_some)
    }

    /// Makes an edit, at the cursor or from the start.
    pub(crate) fn apply(self, pointer: &str, what: &Edit) -> Result<(), Refusal> {
        let session = self.session;
        let SchemaFile::Ready(schema) = session.schema.get_untracked() else { return Ok(()) };
        let cursor = session.cursor.get_untracked();
        let at = edit::moment(&session.run.get_untracked(), cursor);
        let scenario = session.scenario.get_untracked();
        let form = Form::new(&schema, &scenario, at);
        let edited = form.edit(&schema, &scenario, at, pointer, what)?;
        if edited.scenario != scenario {
            let from_start = form.field(pointer).is_some_and(|f| f.lands == Lands::FromStart);
            session.replace(edited.scenario, if from_start { cursor } else { at });
        }
        self.note.set(edited.note);
        Ok(())
    }
}

/// The sheet of the surrounding settings.
pub(crate) fn sheet() -> Sheet {
    expect_context::<Sheet>()
}

/// Makes the sheet of a form, for the components below it. `query` is what is looked for.
pub(crate) fn provide_sheet(session: Session, query: RwSignal<String>) -> Sheet {
    // While it plays, the form changes with the changes it passes, not with every picture.
    let passed = Memo::new(move |_| {
        let cursor = session.cursor.get();
        session.scenario.with(|s| s.timeline.iter().filter(|change| change.at <= cursor).count())
    });
    let form = Memo::new(move |_| {
        passed.track();
        let schema = session.schema.get();
        let at = session.cursor.get_untracked();
        session.scenario.with(|scenario| {
            Arc::new(match schema {
                SchemaFile::Ready(schema) => Form::new(&schema, scenario, at),
                _ => Form::outline(scenario),
            })
        })
    });
    let found = Memo::new(move |_| query.with(|query| form.with(|form| form.found(query).map(Arc::new))));
    let sheet = Sheet { session, form, found, note: RwSignal::new(None) };
    provide_context(sheet);
    sheet
}

/// The settings of all nodes.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let session = session();
    load(session);
    let closer = NodeRef::<leptos::html::Button>::new();
    Effect::new(move |_| {
        if let Some(closer) = closer.get() {
            let _ = closer.focus();
        }
    });
    let query = RwSignal::new(String::new());
    let sheet = provide_sheet(session, query);
    let Sheet { form, found, .. } = sheet;
    go_to_its_node(session, form);
    let sections = Memo::new(move |_| {
        form.with(|form| form.sections.iter().map(|s| s.node.clone()).collect::<Vec<_>>())
    });
    let count = move || found.with(|found| found.as_ref().map(|found| words::found(&form.get(), found)));
    view! {
        <section class="settings" id="settings" aria-label="Settings">
            <div class="ph">
                <h2>"Settings"</h2>
                <span class="dim">"A change lands at " <span class="num">{move || format::moment(session.cursor.get())}</span></span>
                <span class="grow"></span>
                <button class="btn ghost small icon" aria-label="Close the settings" title="Close (Esc)" node_ref=closer
                    on:click=move |_| close(session)>
                    <Icon name="#i-x" small=true/>
                </button>
            </div>
            <div class="find">
                <input type="search" id="find-setting" class="inp" placeholder=words::FIND_SETTING aria-label=words::FIND_SETTING
                    autocomplete="off" spellcheck="false" prop:value=move || query.get()
                    on:input=move |event| query.set(event_target_value(&event))
                    on:change=move |event| query.set(event_target_value(&event))/>
                <p class="dim" role="status">{count}</p>
            </div>
            <SchemaState/>
            {move || sheet.note.get().map(|note| view! { <p class="note" id="settings-note" role="status">{note}</p> })}
            <Show when=move || !sheet.is_searched()><Jumps/></Show>
            <For each=move || sections.get() key=Clone::clone children=|node| view! { <NodeSettings node=node/> }/>
            <Show when=move || !sheet.is_searched()><AddNodes/> <ScenarioText/></Show>
        </section>
    }
}

/// Where the settings were opened from another node than the first, the focus goes to that node's once they are there.
fn go_to_its_node(session: Session, form: Memo<Arc<Form>>) {
    Effect::new(move |went: Option<bool>| {
        let (is_ready, first) = form.with(|form| {
            (
                form.fields().next().is_some(),
                form.sections.first().map(|s| s.node.clone()).unwrap_or_default(),
            )
        });
        let node = session.settings_of.get_untracked();
        if is_ready && went != Some(true) && node != first {
            request_animation_frame(move || focus(&words::heading_id(&node)));
        }
        is_ready || went == Some(true)
    });
}

/// What there is to say of the file that the form is made of.
#[component]
pub(crate) fn SchemaState(
    /// What is said where it failed, by the reason.
    #[prop(default = words::settings_failed)]
    failed: fn(&str) -> String,
) -> impl IntoView {
    let session = session();
    move || {
        match session.schema.get() {
        SchemaFile::Unasked | SchemaFile::Loading => {
            view! { <p class="dim pad" role="status">{words::SETTINGS_LOADING}</p> }.into_any()
        }
        SchemaFile::Failed(reason) => view! {
            <div class="note bad" id="settings-failed" role="alert">
                <Icon name="#i-warn" small=true/>
                <div>
                    <p>{failed(&reason)}</p>
                    <button class="btn small" id="settings-retry" on:click=move |_| load(session)>"Try again"</button>
                </div>
            </div>
        }
        .into_any(),
        SchemaFile::Ready(_) => ().into_any(),
    }
    }
}

/// A button for each section, since together they are long.
#[component]
fn Jumps() -> impl IntoView {
    let sheet = sheet();
    let sections = Memo::new(move |_| {
        sheet
            .form
            .with(|form| form.sections.iter().map(|s| (s.node.clone(), s.short.clone())).collect::<Vec<_>>())
    });
    let jump = |(node, short): (String, String)| {
        let go = move |_| focus(&words::heading_id(&node));
        view! { <button class="btn ghost small" on:click=go>{short}</button> }
    };
    view! {
        <nav class="jumps" aria-label="Settings of">
            {move || sections.get().into_iter().map(jump).collect_view()}
        </nav>
    }
}
