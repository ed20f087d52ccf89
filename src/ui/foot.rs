//! The line at the bottom: what makes this run the same everywhere.

use leptos::prelude::*;

use super::session::{Panel, session};
use super::words;
use crate::sim::dialect::dialect;
use crate::view::format;

/// Seed, events, gateway, digest.
#[component]
pub(crate) fn Foot() -> impl IntoView {
    let session = session();
    let gateway = move || {
        let name = session.scenario.with(|s| s.gateways.first().map(|g| g.dialect));
        let Some(product) = name.map(dialect) else { return "no gateway".to_owned() };
        format!("{} {}, {}", product.title(), product.version(), product.provenance())
    };
    view! {
        <footer class="foot">
            <span>"seed " <span class="num">{move || session.scenario.with(|s| s.seed)}</span></span>
            <span>{move || format!("{}, the same on every replay", format::count(session.run.with(|r| r.steps.len()), "event", "events"))}</span>
            <Show when=move || session.run.with(|r| r.is_cut())>
                <span class="cut" id="cut">{words::CUT}</span>
            </Show>
            <span>{gateway}</span>
            <span>"digest " <span class="num" id="digest">{move || format!("{:016x}", session.run.with(|r| r.digest()))}</span></span>
            <button class="as-link" on:click=move |_| session.panel.set(Panel::Keys)>"Keys"</button>
        </footer>
    }
}
