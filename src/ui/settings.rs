//! All settings, in place of the explanation: path and time stay in view.

use leptos::prelude::*;

use super::icon::Icon;
use super::panel::close;
use super::scenario_text::ScenarioText;
use super::session::session;
use super::settings_field::{Maintenance, SettingText, Ticks};
use super::settings_origins::Origins;
use crate::sim::dialect::{Setting, dialect};
use crate::view::form::{self, Control};
use crate::view::format;

/// The settings of all nodes.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let session = session();
    let closer = NodeRef::<leptos::html::Button>::new();
    Effect::new(move |_| {
        if let Some(closer) = closer.get() {
            let _ = closer.focus();
        }
    });
    let gateways = Memo::new(move |_| {
        session.scenario.with(|s| s.gateways.iter().map(|g| (g.id.clone(), g.dialect)).collect::<Vec<_>>())
    });
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
            {move || gateways.get().into_iter().map(|(id, name)| {
                let title = format!("{} settings", dialect(name).title());
                view! { <h3 class="set-h">{title}</h3> <GatewaySettings gateway=id/> }
            }).collect_view()}
            <Origins/>
            <ScenarioText/>
        </section>
    }
}

#[component]
fn GatewaySettings(gateway: String) -> impl IntoView {
    form::GROUPS
        .into_iter()
        .map(|(heading, settings)| {
            let gateway = gateway.clone();
            let rows = settings.iter().map(move |setting| row(gateway.clone(), *setting)).collect_view();
            view! { <div class="grp">{heading}</div> {rows} }
        })
        .collect_view()
}

fn row(gateway: String, setting: Setting) -> impl IntoView {
    let session = session();
    let id = gateway.clone();
    let field =
        Memo::new(move |_| session.scenario.with(|s| form::field(s, &id, setting, session.cursor.get())));
    let control = field.with_untracked(|f| f.control);
    match control {
        Control::Text => view! { <SettingText gateway=gateway field=field/> }.into_any(),
        Control::Ticks => view! { <Ticks gateway=gateway field=field/> }.into_any(),
        Control::Maintenance => view! { <Maintenance gateway=gateway field=field/> }.into_any(),
    }
}
