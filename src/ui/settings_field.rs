//! A setting: what it is called and means, its control, the way back to its default, and what is wrong with an input.

use leptos::prelude::*;

use super::icon::Icon;
use super::panel::focus;
use super::settings::{Sheet, sheet};
use super::settings_leaf::{Area, Pick, Switch, TextInput, Ticks};
use super::settings_nodes::{Fields, Fold};
use crate::view::form::Refusal;
use crate::view::settings::{Edit, Field, Kind};

/// What is wrong with a text, below its field.
pub(crate) fn refusal_view(id: String, refusal: Option<Refusal>) -> impl IntoView {
    refusal.map(|Refusal(text)| {
        let id = (!id.is_empty()).then_some(id);
        view! { <p class="err" id=id role="alert"><Icon name="#i-warn" small=true/><span>{text}</span></p> }
    })
}

/// A field that is shown: reads of it, and its edits with what was wrong with the last one.
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    sheet: Sheet,
    field: Memo<Option<Field>>,
    pointer: StoredValue<String>,
    /// What is wrong with the last input.
    pub(crate) refusal: RwSignal<Option<Refusal>>,
}

impl Shown {
    fn new(pointer: String) -> Self {
        let sheet = sheet();
        let at = pointer.clone();
        let field = Memo::new(move |_| sheet.form.with(|form| form.field(&at).cloned()));
        Self { sheet, field, pointer: StoredValue::new(pointer), refusal: RwSignal::new(None) }
    }

    /// Reads something of the field, tracked. A field may be gone already when its row is still there.
    pub(crate) fn read<T: Default>(self, read: impl FnOnce(&Field) -> T) -> T {
        self.field.with(|field| field.as_ref().map(read).unwrap_or_default())
    }

    /// The same, untracked.
    pub(crate) fn once<T: Default>(self, read: impl FnOnce(&Field) -> T) -> T {
        self.field.with_untracked(|field| field.as_ref().map(read).unwrap_or_default())
    }

    /// Edits it; what is wrong is shown below it.
    pub(crate) fn edit(self, edit: &Edit) {
        let result = self.pointer.with_value(|pointer| self.sheet.apply(pointer, edit));
        self.refusal.set(result.err());
    }

    /// What the product calls it.
    pub(crate) fn called(field: &Field) -> String {
        field.directive.map_or_else(|| field.name.clone(), str::to_owned)
    }
}

/// A setting.
#[component]
pub(crate) fn SettingField(
    /// Where it stands in the scenario.
    pointer: String,
    /// Where it is a group, it starts open.
    is_open: bool,
) -> impl IntoView {
    let shown = Shown::new(pointer);
    if let Some(instead) = shown.once(|field| field.instead.clone()) {
        let name = shown.once(|field| field.name.clone());
        return view! {
            <div class="set lack">
                <span class="dn">{name}</span>
                <p class="ds">{instead}</p>
            </div>
        }
        .into_any();
    }
    let children = Signal::derive(move || shown.read(|field| field.children.clone()));
    match shown.field.with_untracked(|field| field.as_ref().map(|field| field.kind.clone())) {
        Some(Kind::Duration | Kind::Whole | Kind::Number | Kind::Text) => {
            view! { <Row shown=shown><TextInput shown=shown/></Row> }.into_any()
        }
        Some(Kind::Entries) => view! { <Row shown=shown wide=true><TextInput shown=shown/></Row> }.into_any(),
        Some(Kind::Lines) => view! { <Row shown=shown wide=true><Area shown=shown/></Row> }.into_any(),
        Some(Kind::Switch) => view! { <Row shown=shown><Switch shown=shown/></Row> }.into_any(),
        Some(Kind::Choice(_)) => view! { <Row shown=shown><Pick shown=shown/></Row> }.into_any(),
        Some(Kind::Ticks(_)) => {
            view! { <Row shown=shown wide=true grouped=true><Ticks shown=shown/></Row> }.into_any()
        }
        Some(Kind::Forms(_)) => view! {
            <Row shown=shown><Pick shown=shown/></Row>
            <Show when=move || children.with(|c| !c.is_empty())>
                <div class="inner"><Fields fields=children/></div>
            </Show>
        }
        .into_any(),
        Some(Kind::Group) => {
            let summary = move || {
                view! { <span class="dn"><Name shown=shown/></span> <span class="ds"><Meaning shown=shown/></span> }.into_any()
            };
            view! {
                <Fold class="sub" is_open=is_open summary=summary>
                    <div class="inner"><Fields fields=children/></div>
                </Fold>
            }
            .into_any()
        }
        Some(Kind::List { .. }) => view! { <List shown=shown children_of=children/> }.into_any(),
        None => ().into_any(),
    }
}

/// The line of a setting.
#[component]
fn Row(
    shown: Shown,
    /// The control stands below its name.
    #[prop(optional)]
    wide: bool,
    /// There are several controls.
    #[prop(optional)]
    grouped: bool,
    children: Children,
) -> impl IntoView {
    let id = shown.once(|field| field.id.clone());
    let (hint, err) = (format!("hint-{id}"), format!("err-{id}"));
    let name = if grouped {
        view! { <span class="dn"><Name shown=shown/></span> }.into_any()
    } else {
        view! { <label class="dn" for=id><Name shown=shown/></label> }.into_any()
    };
    let label = grouped.then(|| shown.once(Shown::called));
    view! {
        <div class="set" class:wide=wide class:chg=move || shown.read(|f| f.changed)
            role=grouped.then_some("group") aria-label=label>
            {name}
            <div class="val">{children()}</div>
            <Reset shown=shown/>
            <p class="ds" id=hint><Meaning shown=shown/></p>
            {move || refusal_view(err.clone(), shown.refusal.get())}
        </div>
    }
}

/// What the product calls a setting, with the neutral name beside it.
#[component]
fn Name(shown: Shown) -> impl IntoView {
    // Where the directive contains the neutral name, that says nothing more.
    let neutral =
        move || shown.read(|f| f.directive.filter(|d| !d.contains(&f.name)).map(|_| f.name.clone()));
    view! {
        <span title=move || shown.read(|f| f.more.clone())>{move || shown.read(Shown::called)}</span>
        {move || neutral().map(|name| view! { <small>{name}</small> })}
    }
}

/// What a setting means, with range and default.
#[component]
fn Meaning(shown: Shown) -> impl IntoView {
    let meaning = move || {
        shown.read(|f| {
            let name = if f.meaning.is_empty() { "" } else { f.value.as_str() };
            (!name.is_empty()).then(|| (name.to_owned(), f.meaning.clone()))
        })
    };
    let hint = move || {
        shown.read(|f| {
            let between = if f.description.is_empty() { "" } else { " ·\u{a0}" };
            (!f.hint.is_empty()).then(|| (between, f.hint.clone()))
        })
    };
    view! {
        {move || shown.read(|f| f.description.clone())}
        {move || hint().map(|(between, hint)| view! { {between} <span class="hint">{hint}</span> })}
        {move || meaning().map(|(name, text)| view! { <span class="of-form"><b>{name}</b> ": " {text}</span> })}
    }
}

/// The way back to the default.
#[component]
fn Reset(shown: Shown) -> impl IntoView {
    let words = move || {
        let (name, usual) = shown.read(|f| (Shown::called(f), f.usual.clone().unwrap_or_default()));
        let usual = if usual.is_empty() { "none".to_owned() } else { usual };
        if usual.starts_with('{') || usual.chars().count() > 40 {
            format!("Back to the default: {name}")
        } else {
            format!("Back to the default: {name} {usual}")
        }
    };
    let id = shown.once(|field| field.id.clone());
    let reset = move |_| {
        shown.edit(&Edit::Reset);
        // The button is gone then.
        focus(&id);
    };
    view! {
        <button class="btn ghost small icon undo" hidden=move || !shown.read(|f| f.changed) title=words
            aria-label=words on:click=reset>
            <Icon name="#i-undo" small=true/>
        </button>
    }
}

/// A list whose entries have fields.
#[component]
fn List(shown: Shown, children_of: Signal<Vec<String>>) -> impl IntoView {
    let id = shown.once(|field| field.id.clone());
    let add_id = format!("{id}-add");
    let (err, back) = (format!("err-{id}"), add_id.clone());
    let may = move |of: fn(bool, bool) -> bool| {
        shown.read(|f| match f.kind {
            Kind::List { can_grow, can_shrink } => of(can_grow, can_shrink),
            _ => false,
        })
    };
    let count = Memo::new(move |_| children_of.with(Vec::len));
    let entry = move |i: usize| {
        // A group in a list needs no heading: its border says where it begins and ends.
        let only = Signal::derive(move || {
            let pointer = children_of.with(|c| c.get(i).cloned().unwrap_or_default());
            shown.sheet.form.with(|form| match form.field(&pointer) {
                Some(field) if field.kind == Kind::Group => field.children.clone(),
                _ => vec![pointer],
            })
        });
        let (back, button) = (back.clone(), format!("{id}-remove-{i}"));
        let remove = move |_| {
            shown.edit(&Edit::Remove(i));
            focus(&back);
        };
        let words = format!("Remove {} of {}", i + 1, shown.once(|f| f.name.clone()));
        view! {
            <div class="entry">
                <button class="btn ghost small icon" id=button aria-label=words.clone() title=words
                    hidden=move || !may(|_, can_shrink| can_shrink) on:click=remove>
                    <Icon name="#i-x" small=true/>
                </button>
                <div class="grow"><Fields fields=only is_open=true/></div>
            </div>
        }
    };
    let add_words = move || format!("Add to {}", shown.read(|f| f.name.clone()));
    view! {
        <div class="set wide" class:chg=move || shown.read(|f| f.changed) role="group" aria-label=shown.once(Shown::called)>
            <span class="dn"><Name shown=shown/></span>
            <p class="ds"><Meaning shown=shown/></p>
            <For each=move || 0..count.get() key=|i| *i children=entry/>
            <div class="row">
                <button class="btn small" id=add_id hidden=move || !may(|can_grow, _| can_grow)
                    on:click=move |_| shown.edit(&Edit::Add)>
                    <Icon name="#i-plus" small=true/>{add_words}
                </button>
            </div>
            {move || refusal_view(err.clone(), shown.refusal.get())}
        </div>
    }
}
