//! What stands between two columns of nodes: lines, what travels on them, and what breaks them.

use leptos::prelude::*;

use super::icon::{Icon, MarkIcon};
use super::session::{Panel, session};
use super::words::{self, computing};
use crate::view::format::{self, css_percent};
use crate::view::mark::Mark;
use crate::view::path::{self, Breakable, Fan, LineState};
use crate::view::wires::{self, Dot, DotKind, Dots};

/// The wire to the right of a column.
#[component]
pub(crate) fn Wire(
    /// The column on its left.
    left: usize,
) -> impl IntoView {
    let session = session();
    let wire = Memo::new(move |_| path::wire(&session.run.get(), left, session.cursor.get()));
    let lines = Memo::new(move |_| wire.with(|w| w.lines.clone()));
    let breakables = Memo::new(move |_| wire.with(|w| w.breakables.clone()));
    let dots = Memo::new(move |_| {
        if super::clock::motion_is_reduced() {
            return Dots::default();
        }
        wires::dots(&session.run.get(), left, session.cursor.get())
    });
    let fan = move || match wire.with(|w| w.fan) {
        Fan::Straight => "wire",
        Fan::Out => "wire fan-out",
        Fan::In => "wire fan-in",
        Fan::Across => "wire fan-across",
    };
    let cut = move || lines.with(|l| l.iter().any(|l| l.state == LineState::Cut));
    let live = move || lines.with(|l| l.iter().any(|l| l.state == LineState::Live));
    view! {
        <div class=fan class:cutv=cut class:livev=live>
            <svg class="lines" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
                {move || lines.get().into_iter().map(|line| {
                    let class = match line.state {
                        LineState::Idle => "",
                        LineState::Live => "live",
                        LineState::Cut => "cut",
                    };
                    view! { <path class=class d=line.shape></path> }
                }).collect_view()}
            </svg>
            <span class="lab">
                <span title="Latency, one way">{move || wire.with(|w| w.label.clone())}</span>
                <span class="used" title="Connections in use">{move || wire.with(|w| w.used.clone())}</span>
            </span>
            {move || {
                let Dots { dots, more } = dots.get();
                let more = (more > 0).then(|| view! { <span class="lab more">{computing::more_dots(more)}</span> });
                view! { {dots.into_iter().map(dot).collect_view()} {more} }
            }}
            {move || breakables.get().into_iter().map(|b| breakable(left, b)).collect_view()}
        </div>
    }
}

fn dot(dot: Dot) -> impl IntoView {
    let Dot { x, y, kind, title, .. } = dot;
    let drawn = match kind {
        DotKind::Request(number) => view! { <span class="ring live">{number}</span> }.into_any(),
        DotKind::Answer(mark) => view! { <MarkIcon mark=mark/> }.into_any(),
        DotKind::Part => view! { <i class="part"></i> }.into_any(),
        DotKind::Handshake => view! { <i class="hand"></i> }.into_any(),
        DotKind::Cross => view! { <MarkIcon mark=Mark::NONE/> }.into_any(),
    };
    view! {
        <span class="dot" title=title style=("--x", css_percent(x)) style=("--y", css_percent(y))>{drawn}</span>
    }
}

fn breakable(left: usize, breakable: Breakable) -> impl IntoView {
    let session = session();
    let Breakable { node, y, broken } = breakable;
    let label = words::break_network_label(&node);
    let panel = Panel::Break(format!("link:{node}"));
    let expanded = panel.clone();
    view! {
        <button class="btn ghost small icon brk" class:is-broken=broken id=format!("break-link-{node}")
            data-left=left.to_string()
            style=("--y", format::css_percent(y)) aria-haspopup="menu" aria-label=label.clone() title=label
            aria-expanded=move || (session.panel.get() == expanded).to_string()
            on:click=move |_| session.panel.set(panel.clone())>
            <Icon name="#i-break" small=true/>
        </button>
    }
}
