//! The path: columns of nodes with wires between them.

use leptos::prelude::*;

use super::lazy;
use super::node::NodeCard;
use super::session::{Panel, session};
use super::stack::stack;
use super::wire::Wire;
use crate::sim::trace::{NodeId, NodeKind};
use crate::view::path;
use crate::view::wires;

type Column = Vec<(NodeId, NodeKind, String)>;

/// The path of a request.
#[component]
pub(crate) fn Stage() -> impl IntoView {
    let session = session();
    let columns = Memo::new(move |_| path::columns(&session.run.get().trace));
    let more = move || (columns.with(Vec::len) > 4).then_some("more");
    view! {
        <div class="stage" data-columns=more>
            {move || columns.get().into_iter().enumerate().map(|(i, nodes)| column(i, nodes)).collect_view()}
        </div>
        {lazy::once(lazy::BREAK_MENU, move || session.panel.with(|p| matches!(p, Panel::Break(_))))}
        {lazy::once(lazy::GATEWAY_PICKER, move || session.panel.with(|p| matches!(p, Panel::Gateway(_))))}
    }
}

fn column(index: usize, mut nodes: Column) -> impl IntoView {
    let wire = (index > 0).then(|| view! { <Wire left=index - 1/> });
    let rest = nodes.split_off(wires::alone(nodes.len()));
    let cards = nodes.into_iter().map(|(id, kind, name)| view! { <NodeCard id=id kind=kind name=name/> });
    let pile = (!rest.is_empty()).then(|| stack(index, rest));
    view! { {wire} <div class="stack">{cards.collect_view()} {pile}</div> }
}
