//! One setting of a gateway. Bad input keeps its text, says what would be accepted, and changes nothing.

use leptos::prelude::*;

use super::icon::Icon;
use super::session::{Session, session};
use crate::sim::scenario::{GatewaySettings, NextUpstream, Settings};
use crate::view::edit;
use crate::view::form::{self, Field, Refusal};

/// Puts settings of a node at the cursor.
pub(crate) fn apply(session: Session, node: &str, to: Settings) -> Result<(), Refusal> {
    let run = session.run.get_untracked();
    let at = edit::moment(&run, session.cursor.get_untracked());
    let next = session.scenario.with_untracked(|s| form::apply(s, node, to, at))?;
    session.replace(next, at);
    Ok(())
}

/// What is wrong with a text, below its field.
pub(crate) fn refusal_view(id: String, refusal: Option<Refusal>) -> impl IntoView {
    refusal.map(|Refusal(text)| {
        let id = (!id.is_empty()).then_some(id);
        view! { <p class="err" id=id role="alert"><Icon name="#i-warn" small=true/><span>{text}</span></p> }
    })
}

/// A setting that is typed: a duration or a number.
#[component]
pub(crate) fn SettingText(gateway: String, field: Memo<Field>) -> impl IntoView {
    let session = session();
    let setting = field.with_untracked(|f| f.setting);
    let name = field.with_untracked(|f| f.name);
    let id = format!("set-{name}");
    let err = format!("err-{name}");
    let refusal = RwSignal::new(None::<Refusal>);
    let node = gateway.clone();
    let typed = move |event| {
        let text = event_target_value(&event);
        let result =
            form::typed(setting, &text).and_then(|to| apply(session, &node, Settings::Gateway(Box::new(to))));
        refusal.set(result.err());
    };
    let reset = move |_| {
        let to = session.scenario.with_untracked(|s| form::default_of(s, &gateway, setting));
        refusal.set(apply(session, &gateway, Settings::Gateway(Box::new(to))).err());
    };
    let err_id = err.clone();
    view! {
        <div class="set" class:chg=move || field.with(|f| f.changed)>
            <label class="dn" for=id.clone()>
                {move || field.with(|f| f.directive)} <small>{move || field.with(|f| f.hint.clone())}</small>
            </label>
            <input id=id class="inp mono" class:bad=move || refusal.with(Option::is_some) autocomplete="off" spellcheck="false"
                aria-invalid=move || refusal.with(Option::is_some).to_string() aria-describedby=err
                prop:value=move || field.with(|f| f.value.clone()) on:change=typed/>
            <Reset field=field reset=reset/>
            {move || refusal_view(err_id.clone(), refusal.get())}
        </div>
    }
}

#[component]
fn Reset(
    field: Memo<Field>,
    reset: impl FnMut(leptos::ev::MouseEvent) + Clone + Send + 'static,
) -> impl IntoView {
    view! {
        <button class="btn ghost small icon undo" title="Back to the default" hidden=move || !field.with(|f| f.changed)
            aria-label=move || format!("Back to the default: {}", field.with(|f| f.directive)) on:click=reset>
            <Icon name="#i-undo" small=true/>
        </button>
    }
}

/// A setting that is a list of things to tick.
#[component]
pub(crate) fn Ticks(gateway: String, field: Memo<Field>) -> impl IntoView {
    let session = session();
    let node = gateway.clone();
    let ticks = Memo::new(move |_| session.scenario.with(|s| form::ticks(s, &node, session.cursor.get())));
    let tick = move |(failure, name, on): (NextUpstream, String, bool)| {
        let node = gateway.clone();
        let toggle = move |_| {
            let chosen = ticks.with_untracked(|t| {
                t.iter().filter(|(f, _, on)| (*f == failure) != *on).map(|(f, ..)| *f).collect::<Vec<_>>()
            });
            let to = GatewaySettings { next_upstream: Some(chosen), ..GatewaySettings::default() };
            if let Err(Refusal(text)) = apply(session, &node, Settings::Gateway(Box::new(to))) {
                session.refuse(text);
            }
        };
        view! {
            <label class="tk">
                <input type="checkbox" id=format!("next-{name}") prop:checked=on on:change=toggle/>
                <span class="mono">{name.clone()}</span>
            </label>
        }
    };
    view! {
        <div class="set wide" class:chg=move || field.with(|f| f.changed) role="group" aria-label=move || field.with(|f| f.directive)>
            <span class="dn">{move || field.with(|f| f.directive)} <small>{move || field.with(|f| f.hint.clone())}</small></span>
            <div class="tks">{move || ticks.get().into_iter().map(tick.clone()).collect_view()}</div>
        </div>
    }
}

/// The maintenance switch with its `Retry-After`.
#[component]
pub(crate) fn Maintenance(gateway: String, field: Memo<Field>) -> impl IntoView {
    let session = session();
    let node = gateway.clone();
    let shown =
        Memo::new(move |_| session.scenario.with(|s| form::maintenance(s, &node, session.cursor.get())));
    let refusal = RwSignal::new(None::<Refusal>);
    let seconds = RwSignal::new(shown.with_untracked(|m| m.retry_after.clone()));
    let date = RwSignal::new(shown.with_untracked(|m| m.date));
    let set = move |on: bool| {
        let result =
            form::typed_maintenance(on, &seconds.get_untracked(), date.get_untracked()).and_then(|to| {
                let idle = !on && !shown.with_untracked(|m| m.on);
                if idle { Ok(()) } else { apply(session, &gateway, Settings::Gateway(Box::new(to))) }
            });
        refusal.set(result.err());
    };
    // While the switch is off, its header is only prepared.
    let set = StoredValue::new(set);
    let on = move || shown.with_untracked(|m| m.on);
    let switch = move |event| set.with_value(|set| set(event_target_checked(&event)));
    let typed = move |event| {
        seconds.set(event_target_value(&event));
        set.with_value(|set| set(on()));
    };
    let form_of = move |event| {
        date.set(event_target_value(&event) == "date");
        set.with_value(|set| set(on()));
    };
    view! {
        <div class="set wide" class:chg=move || field.with(|f| f.changed)>
            <label class="dn sw-l">
                <input type="checkbox" role="switch" id="set-maintenance" prop:checked=move || shown.with(|m| m.on) on:change=switch/>
                <span>"maintenance" <small>{move || field.with(|f| f.hint.clone())}</small></span>
            </label>
            <div class="row wrap retry-after">
                <label class="dn" for="set-retry-after">"Retry-After"</label>
                <input id="set-retry-after" class="inp mono" inputmode="numeric" autocomplete="off" placeholder="none"
                    class:bad=move || refusal.with(Option::is_some) aria-describedby="err-retry-after"
                    prop:value=move || seconds.get() on:change=typed/>
                <select id="set-retry-after-form" class="inp" aria-label="Form of Retry-After" on:change=form_of
                    prop:value=move || if date.get() { "date" } else { "seconds" }>
                    <option value="seconds">"seconds"</option>
                    <option value="date">"as a date"</option>
                </select>
            </div>
            {move || refusal_view("err-retry-after".to_owned(), refusal.get())}
        </div>
    }
}
