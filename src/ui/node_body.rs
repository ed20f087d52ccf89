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
                <div class="eyebrow rings-h">"Attempts"</div>
                <div class="row rings">{attempts.into_iter().map(ring).collect_view()}</div>
            </div>
            <dl class="kv hide-s">{facts.into_iter().map(fact).collect_view()}</dl>
        }
        .into_any(),
        Body::Gateway { facts, upstreams, load, .. } => view! {
            <dl class="kv">{facts.into_iter().map(fact).collect_view()}</dl>
            {(!upstreams.is_empty()).then(|| view! {
                <div>
                    <div class="eyebrow">"Upstreams" <span class="load num">{load}</span></div>
                    <dl class="kv">{upstreams.into_iter().map(upstream).collect_view()}</dl>
                </div>
            })}
        }
        .into_any(),
        Body::Origin { slots, busy, workers, queue, doing, facts } => view! {
            <div class="row">
                <span class="slots" aria-hidden="true">{slots.into_iter().map(slot).collect_view()}</span>
                <span class="num dim">{format!("{busy}/{workers}")}</span>
                <span class="dim num queue hide-s">{format!("queue {queue}")}</span>
            </div>
            <span class="ink2 doing">{doing}</span>
            {(!facts.is_empty()).then(|| view! {
                <dl class="kv">{facts.into_iter().map(fact).collect_view()}</dl>
            })}
        }
        .into_any(),
        Body::Dependency { busy, connections, waiting } => view! {
            <dl class="kv hide-s">
                <dt>"connections"</dt>
                <dd>{format!("{busy} / {connections}")}</dd>
                {(waiting > 0).then(|| view! { <dt>"waiting"</dt> <dd>{waiting}</dd> })}
            </dl>
        }
        .into_any(),
    }
}

fn ring(ring: Ring) -> impl IntoView {
    match ring {
        Ring::Done { mark, code, number } => view! {
            <span class="tried" title=format!("attempt {number}: {code}")>
                <MarkIcon mark=mark size="o-l"/>
                <span class="vh">{format!("attempt {number}: {code}")}</span>
            </span>
        }
        .into_any(),
        Ring::Open(number) => {
            view! { <span class="ring live" title=format!("attempt {number}, under way")>{number}</span> }.into_any()
        }
        Ring::Future(number) => {
            view! { <span class="ring future" title=format!("attempt {number}, not sent yet")>{number}</span> }
                .into_any()
        }
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
