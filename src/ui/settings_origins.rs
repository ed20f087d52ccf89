//! Origins: how many there are, and their size.

use leptos::prelude::*;

use super::icon::Icon;
use super::panel::focus;
use super::session::session;
use super::settings_field::{apply, refusal_view};
use crate::sim::scenario::{Scenario, ScenarioError, Settings};
use crate::view::edit;
use crate::view::form::{OriginField, Refusal};

/// The settings of each origin, and the buttons that add and remove one.
#[component]
pub(crate) fn Origins() -> impl IntoView {
    let session = session();
    let origins = Memo::new(move |_| {
        session.scenario.with(|s| s.origins.iter().map(|o| o.id.clone()).collect::<Vec<_>>())
    });
    let replace = move |next: Result<Scenario, ScenarioError>| match next {
        Ok(next) => session.replace(next, session.cursor.get_untracked()),
        Err(error) => session.refuse(error.to_string()),
    };
    let add = move |_| replace(session.scenario.with_untracked(edit::with_origin));
    let origin = move |id: String| {
        let removed = id.clone();
        let remove = move |_| {
            replace(session.scenario.with_untracked(|s| edit::without_origin(s, &removed)));
            focus("add-origin");
        };
        let fields = OriginField::ALL.into_iter().map(|field| {
            let id = id.clone();
            view! { <OriginText origin=id field=field/> }
        });
        view! {
            <h3 class="set-h row">
                {format!("Origin {id}")} <span class="grow"></span>
                <button class="btn ghost small" id=format!("remove-{id}") hidden=move || origins.with(|o| o.len() < 2) on:click=remove>
                    {format!("Remove {id}")}
                </button>
            </h3>
            {fields.collect_view()}
        }
    };
    view! {
        {move || origins.get().into_iter().map(origin).collect_view()}
        <div class="row pad">
            <button class="btn small" id="add-origin" on:click=add><Icon name="#i-plus" small=true/>"Add an origin"</button>
            <span class="dim">"from the start of the run"</span>
        </div>
    }
}

#[component]
fn OriginText(origin: String, field: OriginField) -> impl IntoView {
    let session = session();
    let refusal = RwSignal::new(None::<Refusal>);
    let id = format!("set-{origin}-{}", field.name());
    let err = format!("err-{origin}-{}", field.name());
    let node = origin.clone();
    let typed = move |event| {
        let result = field
            .typed(&event_target_value(&event))
            .and_then(|to| apply(session, &node, Settings::Origin(to)));
        refusal.set(result.err());
    };
    let value = move || session.scenario.with(|s| field.value(s, &origin, session.cursor.get())).to_string();
    let err_id = err.clone();
    view! {
        <div class="set">
            <label class="dn" for=id.clone()>{field.name()} <small>{field.hint()}</small></label>
            <input id=id class="inp mono" inputmode="numeric" autocomplete="off" class:bad=move || refusal.with(Option::is_some)
                aria-describedby=err prop:value=value on:change=typed/>
            <span></span>
            {move || refusal_view(err_id.clone(), refusal.get())}
        </div>
    }
}
