//! Several nodes at one place: a count, those that matter most, and a list of all.

use leptos::prelude::*;

use super::icon::Icon;
use super::node::{NodeCard, health_view};
use super::panel::focus;
use super::session::session;
use super::words::path as words;
use crate::sim::trace::{NodeId, NodeKind};
use crate::view::path::{self, Glimpse};

/// The nodes of a column from the third place on.
pub(crate) fn stack(column: usize, nodes: Vec<(NodeId, NodeKind, String)>) -> AnyView {
    let session = session();
    let kind = nodes.first().map_or(NodeKind::Origin, |(_, kind, _)| *kind);
    let ids: Vec<NodeId> = nodes.iter().map(|(id, ..)| *id).collect();
    let glimpse = Memo::new(move |_| {
        let run = session.run.get();
        path::glimpse(&run, &ids, session.cursor.get())
    });
    let open = RwSignal::new(false);
    let button = format!("stack-{column}");
    let back = button.clone();
    let shut = move || {
        open.set(false);
        focus(&back);
    };
    let title = words::stack(nodes.len(), path::kinds(kind));
    let label = title.clone();
    let list = move || {
        let (nodes, label, shut) = (nodes.clone(), label.clone(), shut.clone());
        let shut_too = shut.clone();
        open.get().then(move || {
            let cards =
                nodes.into_iter().map(|(id, kind, name)| view! { <NodeCard id=id kind=kind name=name/> });
            view! {
                <div class="pop stack-list" role="group" aria-label=label
                    on:keydown=move |event| if event.key() == "Escape" && !event.default_prevented() {
                        event.stop_propagation();
                        shut();
                    }>
                    <button class="btn ghost small" on:click=move |_| shut_too()>"Close"</button>
                    <div class="all">{cards.collect_view()}</div>
                </div>
            }
        })
    };
    view! {
        <article class="node pile" class:is-broken=move || glimpse.with(|g| g.broken)
            class:is-open=move || open.get() aria-label=move || glimpse.with(|g| g.spoken.clone())>
            <div class="hd">
                <Icon name=super::node::icon_of(kind)/>
                <h3>{title}</h3>
            </div>
            <ul class="glimpses">
                {move || glimpse.get().first.into_iter().map(row).collect_view()}
                {move || glimpse.with(|g| (g.rest > 0).then(|| view! { <li class="dim">{words::more(g.rest)}</li> }))}
            </ul>
            <div class="ft">
                <button class="btn ghost small" id=button aria-expanded=move || open.get().to_string()
                    on:click=move |_| open.update(|o| *o = !*o)>
                    <Icon name="#i-list" small=true/>
                    <span>"List all"</span>
                </button>
            </div>
            {list}
        </article>
    }
    .into_any()
}

fn row(glimpse: Glimpse) -> impl IntoView {
    view! { <li><span>{glimpse.title}</span>{health_view(glimpse.health)}</li> }
}
