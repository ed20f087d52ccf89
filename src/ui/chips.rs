//! Faults that are there, each with its parameters and a cross that mends it.

use leptos::prelude::*;

use super::icon::Icon;
use super::lazy;
use super::session::{Session, session};
use super::settings_field::refusal_view;
use crate::sim::fault::{Fault, FaultKind};
use crate::sim::scenario::Action;
use crate::view::conditions;
use crate::view::edit;
use crate::view::fault_form::{self, Parameter};
use crate::view::form::Refusal;
use crate::view::path::Chip;

/// A chip by its place and kind.
type Which = (String, FaultKind);

/// The chips of a node and of the network in front of it.
#[component]
pub(crate) fn Chips(
    /// The faults.
    #[prop(into)]
    chips: Signal<Vec<Chip>>,
) -> impl IntoView {
    let opened = RwSignal::new(None::<Which>);
    move || {
        let chips = chips.get();
        let chip = move |chip: Chip| view! { <OneChip chip=chip opened=opened/> };
        (!chips.is_empty())
            .then(|| view! { <div class="chips">{chips.into_iter().map(chip).collect_view()}</div> })
    }
}

#[component]
fn OneChip(chip: Chip, opened: RwSignal<Option<Which>>) -> impl IntoView {
    let session = session();
    let Chip { place, kind, label, idle, .. } = chip;
    let node = place.clone();
    let mend = move |_| {
        session.change(Action::Repair { node: node.clone(), fault: kind });
    };
    let which = (place.clone(), kind);
    let (is, toggled) = (which.clone(), which.clone());
    let open = Memo::new(move |_| opened.with(|o| o.as_ref() == Some(&is)));
    let there = fault_at(session, &which);
    let parameters = there.as_ref().map(fault_form::parameters).unwrap_or_default();
    let words = if parameters.is_empty() {
        view! { <span class="say">{label.clone()}</span> }.into_any()
    } else {
        let toggle = move |_| {
            opened.update(|o| *o = if o.as_ref() == Some(&toggled) { None } else { Some(toggled.clone()) })
        };
        view! {
            <button class="say" title="Change its parameters" aria-expanded=move || open.get().to_string() on:click=toggle>
                {label.clone()}
            </button>
        }
        .into_any()
    };
    let form = move || {
        open.get().then(|| {
            provide_context(OpenChip { which: which.clone(), parameters: parameters.clone() });
            lazy::shown(lazy::CHIP)
        })
    };
    view! {
        <span class="chip" data-node=place>
            {words}
            <button data-mend=kind.info().kind aria-label=format!("Mend: {label}") title="Mend" on:click=mend>
                <Icon name="#i-x" small=true/>
            </button>
            {form}
            {(!idle.is_empty()).then(|| view! { <small class="idle">{idle}</small> })}
        </span>
    }
}

/// The chip whose parameters show.
#[derive(Clone)]
struct OpenChip {
    which: Which,
    parameters: Vec<Parameter>,
}

/// The parameters of the surrounding chip.
pub(crate) fn parameters() -> AnyView {
    let OpenChip { which, parameters } = expect_context();
    let field = |p| view! { <ParameterText which=which.clone() parameter=p/> };
    parameters.into_iter().map(field).collect_view().into_any()
}

fn fault_at(session: Session, (place, kind): &Which) -> Option<Fault> {
    let active = session.scenario.with_untracked(|s| conditions::faults(s, session.cursor.get_untracked()));
    active.into_iter().find(|a| a.place == *place && a.fault.kind() == *kind).map(|a| a.fault)
}

#[component]
fn ParameterText(which: Which, parameter: Parameter) -> impl IntoView {
    let session = session();
    let refusal = RwSignal::new(None::<Refusal>);
    let Parameter { pointer, name, value } = parameter;
    let change = move |event| {
        let text = event_target_value(&event);
        let result = fault_at(session, &which).map_or(Ok(()), |fault| {
            let fault = fault_form::with(&fault, &pointer, &text)?;
            let run = session.run.get_untracked();
            let at = edit::moment(&run, session.cursor.get_untracked());
            let action = Action::Inject { node: which.0.clone(), fault };
            session.replace(edit::on(&run, at, action)?, at);
            Ok(())
        });
        refusal.set(result.err());
    };
    view! {
        <label class="par">
            <span>{name}</span>
            <input class="inp mono" autocomplete="off" spellcheck="false" class:bad=move || refusal.with(Option::is_some)
                prop:value=value on:change=change/>
        </label>
        {move || refusal_view(String::new(), refusal.get())}
    }
}
