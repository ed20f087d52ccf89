//! The controls of a setting. Bad input keeps its text, says what would be accepted, and changes nothing.

use leptos::prelude::*;

use super::settings_field::Shown;
use crate::view::settings::{Choice, Edit, Kind};

/// What describes a control: what the setting means, and what is wrong with it.
fn described(id: &str) -> String {
    format!("hint-{id} err-{id}")
}

fn choices(shown: Shown) -> Vec<Choice> {
    shown.read(|field| match &field.kind {
        Kind::Choice(choices) | Kind::Forms(choices) | Kind::Ticks(choices) => choices.clone(),
        _ => Vec::new(),
    })
}

/// A text of one line.
#[component]
pub(crate) fn TextInput(shown: Shown) -> impl IntoView {
    let id = shown.once(|field| field.id.clone());
    let describes = described(&id);
    let is_number = shown.once(|field| matches!(field.kind, Kind::Whole | Kind::Number));
    let bad = move || shown.refusal.with(Option::is_some);
    let unit = move || shown.read(|f| Some(f.unit).filter(|unit| !unit.is_empty()));
    view! {
        <input id=id class="inp mono" class:bad=bad autocomplete="off" spellcheck="false" autocapitalize="off"
            inputmode=is_number.then_some("decimal") aria-invalid=move || bad().to_string() aria-describedby=describes
            placeholder=move || shown.read(|f| if f.is_optional { "none" } else { "" })
            prop:value=move || shown.read(|f| f.value.clone())
            on:change=move |event| shown.edit(&Edit::Value(event_target_value(&event)))/>
        {move || unit().map(|unit| view! { <span class="unit">{unit}</span> })}
    }
}

/// A text of several lines.
#[component]
pub(crate) fn Area(shown: Shown) -> impl IntoView {
    let id = shown.once(|field| field.id.clone());
    let describes = described(&id);
    let bad = move || shown.refusal.with(Option::is_some);
    view! {
        <textarea id=id class="inp mono" class:bad=bad rows="2" spellcheck="false" aria-describedby=describes
            placeholder=shown.once(|f| if f.name == "headers" { "Name: value" } else { "" })
            aria-invalid=move || bad().to_string() prop:value=move || shown.read(|f| f.value.clone())
            on:change=move |event| shown.edit(&Edit::Value(event_target_value(&event)))></textarea>
    }
}

/// On or off.
#[component]
pub(crate) fn Switch(shown: Shown) -> impl IntoView {
    let id = shown.once(|field| field.id.clone());
    let describes = described(&id);
    let turn = move |event| shown.edit(&Edit::Value(event_target_checked(&event).to_string()));
    view! {
        <input type="checkbox" role="switch" id=id aria-describedby=describes
            prop:checked=move || shown.read(|f| f.value == "true") on:change=turn/>
    }
}

/// One of several names or forms.
#[component]
pub(crate) fn Pick(shown: Shown) -> impl IntoView {
    let id = shown.once(|field| field.id.clone());
    let describes = described(&id);
    let bad = move || shown.refusal.with(Option::is_some);
    let offered = Memo::new(move |_| choices(shown));
    let option = |choice: Choice| {
        let Choice { key, label, description, is_chosen } = choice;
        view! { <option value=key title=description selected=is_chosen>{label}</option> }
    };
    view! {
        <select id=id class="inp" class:bad=bad aria-describedby=describes aria-invalid=move || bad().to_string()
            prop:value=move || { offered.track(); shown.read(|f| f.value.clone()) }
            on:change=move |event| shown.edit(&Edit::Value(event_target_value(&event)))>
            {move || offered.get().into_iter().map(option).collect_view()}
        </select>
    }
}

/// Some of several names.
#[component]
pub(crate) fn Ticks(shown: Shown) -> impl IntoView {
    let id = shown.once(|field| field.id.clone());
    let offered = Memo::new(move |_| choices(shown));
    let tick = move |choice: Choice| {
        let name = choice.key.clone();
        let is_on = Memo::new(move |_| offered.with(|all| all.iter().any(|c| c.key == name && c.is_chosen)));
        let Choice { key, label, description, .. } = choice;
        let id = format!("{id}-{key}");
        let turn = move |event| shown.edit(&Edit::Tick(key.clone(), event_target_checked(&event)));
        view! {
            <label class="tk" title=description>
                <input type="checkbox" id=id prop:checked=move || is_on.get() on:change=turn/>
                <span class="mono">{label}</span>
            </label>
        }
    };
    view! {
        <div class="tks">
            <For each=move || offered.get() key=|choice| choice.key.clone() children=tick/>
        </div>
    }
}
