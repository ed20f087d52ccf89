//! The settings of one node, and nodes that come and go.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::Element;

use super::icon::Icon;
use super::panel::focus;
use super::session::{Session, session};
use super::settings::sheet;
use super::settings_field::SettingField;
use super::words;
use crate::sim::scenario::Scenario;
use crate::sim::trace::NodeKind;
use crate::view::form::Refusal;
use crate::view::nodes;
use crate::view::settings::{Form, Kind, Section};

/// The settings of a node, or of the run.
#[component]
pub(crate) fn NodeSettings(
    /// Its name; empty for the run.
    node: String,
) -> impl IntoView {
    let sheet = sheet();
    let session = session();
    let id = words::heading_id(&node);
    let labelled = id.clone();
    let section: Memo<Option<Section>> = Memo::new({
        let node = node.clone();
        move |_| sheet.form.with(|form| form.sections.iter().find(|s| s.node == node).cloned())
    });
    let headings = Memo::new(move |_| {
        let headings = section.with(|s| s.as_ref().map(|s| s.headings.clone()).unwrap_or_default());
        let shown = headings.into_iter().filter(|h| h.fields.iter().any(|field| sheet.shows(field)));
        shown.map(|h| (h.title, h.is_first)).collect::<Vec<_>>()
    });
    let title = move || section.with(|s| s.as_ref().map(|s| s.title.clone()));
    let hidden = move || sheet.is_searched() && headings.with(Vec::is_empty);
    let stays = move || sheet.is_searched() || section.with(|s| s.as_ref().is_none_or(|s| !s.can_go));
    let (button, words) = (format!("remove-{node}"), format!("Remove {node}"));
    let remove = move |_| {
        let kind = section.with_untracked(|s| s.as_ref().and_then(|s| s.kind));
        if replace(session, |s| nodes::without(s, &node)) {
            focus(words::add_id(kind.unwrap_or(NodeKind::Origin)));
        }
    };
    view! {
        <section class="of-node" aria-labelledby=labelled hidden=hidden>
            <div class="set-h row">
                <h3 id=id tabindex="-1">{title}</h3>
                <span class="grow"></span>
                <button class="btn ghost small" id=button hidden=stays on:click=remove>{words}</button>
            </div>
            <For each=move || headings.get() key=|(title, _)| *title
                children=move |(title, is_first)| view! { <Heading section=section title=title is_first=is_first/> }/>
        </section>
    }
}

/// Some settings below a heading; they are drawn once it is open.
#[component]
pub(crate) fn Heading(
    /// Whose.
    section: Memo<Option<Section>>,
    /// The heading.
    title: &'static str,
    /// It starts open.
    is_first: bool,
) -> impl IntoView {
    let sheet = sheet();
    let all = Memo::new(move |_| {
        let find = |s: &Section| s.headings.iter().find(|h| h.title == title).map(|h| h.fields.clone());
        section.with(|s| s.as_ref().and_then(find).unwrap_or_default())
    });
    // A group that stands alone below a heading needs none of its own.
    let unfolded = Memo::new(move |_| {
        let all = all.get();
        let group = |form: &Form| match all.as_slice() {
            [only] => form
                .field(only)
                .filter(|f| f.kind == Kind::Group && f.instead.is_none())
                .map(|f| f.children.clone()),
            _ => None,
        };
        sheet.form.with(|form| group(form)).unwrap_or(all)
    });
    let changed = move || sheet.form.with(|form| all.with(|all| all.iter().any(|f| form.is_changed(f))));
    let summary = move || {
        view! { {title} {changed().then(|| view! { <span class="tag">"changed"</span> })} }.into_any()
    };
    view! {
        <Fold class="grp-d" is_open=is_first summary=summary>
            <Fields fields=Signal::derive(move || unfolded.get())/>
        </Fold>
    }
}

/// Fields one below the other, those that are found.
#[component]
pub(crate) fn Fields(
    /// Their pointers.
    fields: Signal<Vec<String>>,
    /// Groups among them start open.
    #[prop(optional)]
    is_open: bool,
) -> impl IntoView {
    let sheet = sheet();
    // A field that needs another control is another one.
    let shown = Memo::new(move |_| {
        let form = sheet.form.get();
        let fields = fields.get().into_iter().filter(|pointer| sheet.shows(pointer));
        let tagged = fields.filter_map(|pointer| {
            let field = form.field(&pointer)?;
            Some((field.kind.tag(), field.instead.is_some(), pointer))
        });
        tagged.collect::<Vec<_>>()
    });
    view! {
        <For each=move || shown.get() key=Clone::clone
            children=move |(_, _, pointer)| view! { <SettingField pointer=pointer is_open=is_open/> }/>
    }
}

/// Something that opens and closes; while something is looked for, all are open.
#[component]
pub(crate) fn Fold(
    /// Its class.
    class: &'static str,
    /// It starts open.
    is_open: bool,
    /// What always shows.
    summary: impl Fn() -> AnyView + Send + Sync + 'static,
    /// What shows while it is open.
    children: ChildrenFn,
) -> impl IntoView {
    let sheet = sheet();
    let open = RwSignal::new(is_open);
    let shown = Memo::new(move |_| sheet.is_searched() || open.get());
    let toggled = move |event: leptos::ev::Event| {
        let target = event.target().and_then(|t| t.dyn_into::<Element>().ok());
        if !sheet.found.with_untracked(Option::is_some) {
            open.set(target.is_some_and(|details| details.has_attribute("open")));
        }
    };
    view! {
        <details class=class open=move || shown.get() on:toggle=toggled>
            <summary>{summary}</summary>
            <Show when=move || shown.get()>{children()}</Show>
        </details>
    }
}

/// The buttons that add a node of each kind.
#[component]
pub(crate) fn AddNodes() -> impl IntoView {
    let session = session();
    let button = move |(kind, words): (NodeKind, &'static str)| {
        let add = move |_| {
            let mut added = String::new();
            let made = replace(session, |s| {
                nodes::with(s, kind).map(|(next, id)| {
                    added = id;
                    next
                })
            });
            if made {
                request_animation_frame(move || focus(&words::heading_id(&added)));
            }
        };
        view! {
            <button class="btn small" id=words::add_id(kind) on:click=add><Icon name="#i-plus" small=true/>{words}</button>
        }
    };
    view! {
        <div class="add-nodes">
            <h3>"Add"</h3>
            <span class="dim">"from the start of the run"</span>
            <div class="row wrap">{words::ADD_NODES.into_iter().map(button).collect_view()}</div>
        </div>
    }
}

/// Makes another scenario of the session's, or says why not.
fn replace(session: Session, next: impl FnOnce(&Scenario) -> Result<Scenario, Refusal>) -> bool {
    match session.scenario.with_untracked(next) {
        Ok(next) => {
            session.replace(next, session.cursor.get_untracked());
            true
        }
        Err(Refusal(words)) => {
            session.refuse(words);
            false
        }
    }
}
