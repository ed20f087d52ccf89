//! What only one kind of node shows.

use leptos::prelude::*;

use super::icon::MarkIcon;
use crate::view::path::{Body, Fact, Ring, Slot, Upstream};

/// The middle of a node's card.
#[component]
pub(crate) fn NodeBody(
    /// What it shows.
    body: Body,
) -> impl IntoView {
    match body {
        Body::Client { policy, attempts, facts } => view! {
            <p class="product mono">{policy}</p>
            <div>
                <div class="eyebrow">"Attempts"</div>
                <div class="row rings">{attempts.into_iter().map(ring).collect_view()}</div>
            </div>
            <dl class="kv hide-s">{facts.into_iter().map(fact).collect_view()}</dl>
        }
        .into_any(),
        Body::Gateway { product, version, facts, upstreams } => view! {
            <p class="product">{product} " " <span class="dim">{version}</span></p>
            <dl class="kv">{facts.into_iter().map(fact).collect_view()}</dl>
            {(!upstreams.is_empty()).then(|| view! {
                <div>
                    <div class="eyebrow">"Upstreams"</div>
                    <dl class="kv">{upstreams.into_iter().map(upstream).collect_view()}</dl>
                </div>
            })}
        }
        .into_any(),
        Body::Origin { slots, busy, workers, queue, doing } => view! {
            <div class="row">
                <span class="slots" aria-hidden="true">{slots.into_iter().map(slot).collect_view()}</span>
                <span class="num dim">{format!("{busy}/{workers}")}</span>
                <span class="dim num queue hide-s">{format!("queue {queue}")}</span>
            </div>
            <span class="ink2 doing">{doing}</span>
        }
        .into_any(),
        Body::Dependency { busy, connections } => view! {
            <dl class="kv hide-s">
                <dt>"connections"</dt>
                <dd>{format!("{busy} / {connections}")}</dd>
            </dl>
        }
        .into_any(),
    }
}

fn ring(ring: Ring) -> impl IntoView {
    match ring {
        Ring::Done(mark, code) => {
            view! { <span title=code.clone()><MarkIcon mark=mark size="o-l"/><span class="vh">{code.clone()}</span></span> }
                .into_any()
        }
        Ring::Open(number) => view! { <span class="ring live">{number}</span> }.into_any(),
        Ring::Future(number) => view! { <span class="ring future">{number}</span> }.into_any(),
    }
}

fn fact(fact: Fact) -> impl IntoView {
    let Fact { name, full, value, decided, important } = fact;
    view! {
        <dt class:decided=decided class=("mob-x", !important) title=full>{name}</dt>
        <dd class:decided-value=decided title=value.clone()>{value.clone()}</dd>
    }
}

fn slot(slot: Slot) -> impl IntoView {
    let class = match slot {
        Slot::Free => "",
        Slot::Busy => "on",
        Slot::Lost => "lost",
    };
    view! { <i class=class></i> }
}

fn upstream(upstream: Upstream) -> impl IntoView {
    let Upstream { name, state, usable, fails } = upstream;
    view! {
        <dt><span class="mono">{name}</span> " " <span class=if usable { "in-use" } else { "out" }>{state}</span></dt>
        <dd>{fails}</dd>
    }
}
