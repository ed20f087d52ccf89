//! What stands between two columns: lines, and what breaks them.

use crate::sim::time::{SimDuration, SimTime};

use super::columns;
use crate::view::run::Run;
use crate::view::{conditions, format, wires};

/// A line between two nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its shape, in a box of 100 by 100.
    pub shape: String,
    /// How it is drawn.
    pub state: LineState,
}

/// How a line between two nodes is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineState {
    /// Nothing is on it.
    Idle,
    /// Somebody waits at its end.
    Live,
    /// It is broken, or whoever waited at its end has left.
    Cut,
}

/// A network that can be broken: the one in front of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakable {
    /// The node behind it.
    pub node: String,
    /// How far from the top, in percent.
    pub y: f64,
    /// It is broken now.
    pub broken: bool,
}

/// What stands between two columns at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct WireView {
    /// The lines.
    pub lines: Vec<Line>,
    /// How long a crossing takes.
    pub label: String,
    /// What can be broken.
    pub breakables: Vec<Breakable>,
    /// How the lines lie.
    pub fan: Fan,
}

/// How the lines between two columns lie; it says where there is room for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fan {
    /// One line.
    Straight,
    /// From one node to several.
    Out,
    /// From several nodes to one.
    In,
    /// From several to several.
    Across,
}

/// The wire to the right of a column at a moment.
pub fn wire(run: &Run, left: usize, at: SimTime) -> WireView {
    let trace = &run.trace;
    let columns = columns(trace);
    let (Some(near), Some(far)) = (columns.get(left), columns.get(left + 1)) else {
        return WireView {
            lines: Vec::new(),
            label: String::new(),
            breakables: Vec::new(),
            fan: Fan::Straight,
        };
    };
    let active = conditions::faults(&trace.scenario, at);
    let is_broken = |node: &str| active.iter().any(|a| a.place == conditions::link(node));
    let mut lines = Vec::new();
    for (a, ..) in near {
        for (b, _, name) in far {
            let facts = run.facts.line(*a, *b);
            let state = if is_broken(name) {
                LineState::Cut
            } else if facts.live.at(at) > 0 {
                LineState::Live
            } else if facts.left_behind.at(at) > 0 {
                LineState::Cut
            } else {
                LineState::Idle
            };
            lines.push(Line { shape: wires::line(trace, *a, *b), state });
        }
    }
    let mut latencies: Vec<SimDuration> =
        far.iter().map(|(.., name)| conditions::latency(&trace.scenario, name, at)).collect();
    latencies.dedup();
    let label = latencies.iter().map(|l| format::duration(*l)).collect::<Vec<_>>().join(" · ");
    let count = far.len().max(1) as f64;
    let breakables = far
        .iter()
        .enumerate()
        .map(|(i, (.., name))| Breakable {
            node: name.clone(),
            y: 100.0 * (i as f64 + 0.5) / count,
            broken: is_broken(name),
        })
        .collect();
    let fan = match (near.len(), far.len()) {
        (0 | 1, 0 | 1) => Fan::Straight,
        (0 | 1, _) => Fan::Out,
        (_, 0 | 1) => Fan::In,
        (_, _) => Fan::Across,
    };
    WireView { lines, label, breakables, fan }
}
