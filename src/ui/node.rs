//! A node of the path: what it is, how it is, what is broken.

use leptos::prelude::*;

use super::chips::Chips;
use super::icon::{Icon, MarkIcon};
use super::node_body::NodeBody;
use super::session::{Panel, session};
use super::words;
use crate::sim::trace::{NodeId, NodeKind};
use crate::view::names;
use crate::view::path::{self, Body, Health, NodeView, Tone};

/// A node's card.
#[component]
pub(crate) fn NodeCard(
    /// Which node.
    id: NodeId,
    /// What it is.
    kind: NodeKind,
    /// Its name.
    name: String,
) -> impl IntoView {
    let session = session();
    let node = Memo::new(move |_| {
        let run = session.run.get();
        // A node may be gone already when its card is still there.
        run.trace.nodes.get(usize::from(id.0))?;
        let explained = session.explained.get().and_then(|key| run.attempt(key).copied());
        Some(path::node(&run, id, session.cursor.get(), session.step.get(), explained.as_ref()))
    });
    let of = move |read: fn(&NodeView) -> String| node.with(|n| n.as_ref().map(read).unwrap_or_default());
    let icon = icon_of(kind);
    let chips = Memo::new(move |_| node.with(|n| n.as_ref().map(|n| n.chips.clone()).unwrap_or_default()));
    let here = move || node.with(|n| n.as_ref().is_some_and(|n| n.here));
    let health = Memo::new(move |_| node.with(|n| n.as_ref().map(|n| n.health.clone())));
    let body = Memo::new(move |_| node.with(|n| n.as_ref().map(|n| n.body.clone())));
    let product = (kind == NodeKind::Gateway).then(|| product_button(name.clone(), body));
    // A client has nothing that breaks yet; a gateway is broken by its network.
    let place = match kind {
        NodeKind::Client => None,
        NodeKind::Gateway => Some(format!("link:{name}")),
        NodeKind::Origin | NodeKind::Dependency => Some(name.clone()),
    };
    let menu = place.clone();
    let title = names::title(kind, &name);
    let break_button = place.map(|place| {
        let label = words::break_label(&title);
        let opened = Panel::Break(place.clone());
        let expanded = opened.clone();
        view! {
            <button class="btn ghost small brk" id=format!("break-{name}") aria-haspopup="menu" aria-label=label
                aria-expanded=move || (session.panel.get() == expanded).to_string()
                on:click=move |_| session.panel.set(opened.clone())>
                <Icon name="#i-break" small=true/>
                <span>{words::BREAK}</span>
            </button>
        }
    });
    let settings_button = {
        let words = if kind == NodeKind::Gateway { "All settings" } else { "Settings" };
        let of = name.clone();
        let open = move |_| {
            session.settings_of.set(of.clone());
            session.panel.set(Panel::Settings);
        };
        view! {
            <button class="btn ghost small set-btn" id=format!("settings-{name}")
                aria-label=format!("{words} of {title}")
                on:click=open>
                <Icon name="#i-tune" small=true/>
                <span>{words}</span>
            </button>
        }
    };
    view! {
        <article class="node" tabindex="0" data-node=name data-break=menu
            class=("is-here", here) class=("is-broken", move || !chips.get().is_empty())
            aria-label=move || of(|n| n.spoken.clone())>
            <div class="hd">
                <Icon name=icon/>
                <h3>{title}</h3>
                {move || health.get().map(health_view)}
            </div>
            {product}
            <Chips chips=chips/>
            {move || body.get().map(|body| view! { <NodeBody body=body/> })}
            <div class="ft">{break_button} {settings_button}</div>
        </article>
    }
}

/// The gateway's product; it opens the picker of others. It stands outside of what is drawn anew with each event, so
/// that it keeps the focus.
fn product_button(node: String, body: Memo<Option<Body>>) -> impl IntoView {
    let session = session();
    let opened = Panel::Gateway(node.clone());
    let expanded = opened.clone();
    let product = Memo::new(move |_| {
        body.with(|body| match body {
            Some(Body::Gateway { product, version, .. }) => (*product, *version),
            _ => Default::default(),
        })
    });
    view! {
        <button class="pick small product" id=format!("product-{node}") aria-haspopup="dialog"
            aria-label=move || words::path::product_label(product.get().0, product.get().1)
            aria-expanded=move || (session.panel.get() == expanded).to_string()
            on:click=move |_| session.panel.set(opened.clone())>
            <b>{move || product.get().0} " " <span class="dim">{move || product.get().1}</span></b>
            <Icon name="#i-down" small=true/>
        </button>
    }
}

/// The icon of a kind of node.
pub(crate) fn icon_of(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Client => "#i-client",
        NodeKind::Gateway => "#i-gateway",
        NodeKind::Origin => "#i-server",
        NodeKind::Dependency => "#i-db",
    }
}

/// The word in a node's corner.
pub(crate) fn health_view(health: Health) -> impl IntoView {
    let Health { word, tone } = health;
    match tone {
        Tone::Mark(mark) => {
            view! { <span class=format!("health {}", mark.class())><MarkIcon mark=mark/>{word}</span> }
                .into_any()
        }
        Tone::Fault => {
            view! { <span class="health fault"><Icon name="#i-break" small=true/>{word}</span> }.into_any()
        }
        Tone::Quiet => view! { <span class="health quiet">{word}</span> }.into_any(),
    }
}
