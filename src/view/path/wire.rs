//! What stands between two columns: lines, and what breaks them.

use crate::sim::order;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{NodeId, NodeKind};

use super::{columns, lives};
use crate::view::run::Run;
use crate::view::{conditions, format, wires};

/// A line between two places.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its shape, in a box of 100 by 100.
    pub shape: String,
    /// How it is drawn.
    pub state: LineState,
}

/// How a line between two nodes is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// How many connections are in use; empty for none.
    pub used: String,
    /// What can be broken, where nodes stand one by one; those of a stack have it in their menus.
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
            used: String::new(),
            breakables: Vec::new(),
            fan: Fan::Straight,
        };
    };
    let active = conditions::faults(&trace.scenario, at);
    let is_broken = |node: &str| active.iter().any(|a| a.place == conditions::link(node));
    let broken: Vec<bool> = far.iter().map(|(.., name)| is_broken(name)).collect();
    let mut lines: Vec<Line> = Vec::new();
    let mut used = 0;
    for (a, (from, ..)) in near.iter().enumerate() {
        for (b, (to, ..)) in far.iter().enumerate() {
            let (waiting, left) =
                run.lives.way(*from, *to).map_or((0, 0), |way| (way.used.at(at), way.left.at(at)));
            used += waiting;
            let state = match (broken[b], waiting, left) {
                (true, ..) => LineState::Cut,
                (_, 1.., _) => LineState::Live,
                (_, _, 1..) => LineState::Cut,
                _ => LineState::Idle,
            };
            if !asks(trace, *from, *to) {
                continue;
            }
            let shape = wires::line_between(place(a, near.len()), place(b, far.len()));
            // Nodes of a stack share a line; it shows the most that is to be seen of any.
            match lines.iter_mut().find(|line| line.shape == shape) {
                Some(line) => line.state = line.state.max(state),
                None => lines.push(Line { shape, state }),
            }
        }
    }
    let mut latencies: Vec<SimDuration> =
        far.iter().map(|(.., name)| conditions::latency(&trace.scenario, name, at)).collect();
    order::sort(&mut latencies);
    latencies.dedup();
    let label = match latencies.as_slice() {
        [least, .., most] if latencies.len() > 2 => {
            format!("{} to {}", format::duration(*least), format::duration(*most))
        }
        few => few.iter().map(|l| format::duration(*l)).collect::<Vec<_>>().join(" · "),
    };
    let alone = wires::alone(far.len());
    let breakables = far[..alone]
        .iter()
        .enumerate()
        .map(|(i, (.., name))| Breakable { node: name.clone(), y: place(i, far.len()), broken: broken[i] })
        .collect();
    let fan = match (near.len(), far.len()) {
        (0 | 1, 0 | 1) => Fan::Straight,
        (0 | 1, _) => Fan::Out,
        (_, 0 | 1) => Fan::In,
        (_, _) => Fan::Across,
    };
    let used = if used == 0 { String::new() } else { format!("{used} open") };
    WireView { lines, label, used, breakables, fan }
}

/// Clients speak to the first gateway, a gateway to whatever stands behind it; without a gateway, to the first origin.
fn asks(trace: &crate::sim::trace::Trace, near: NodeId, far: NodeId) -> bool {
    let kind = |node: NodeId| trace.node(node).kind;
    match (kind(near), kind(far)) {
        (NodeKind::Client, NodeKind::Origin) => lives::entry(trace) == Some(far),
        _ => true,
    }
}

/// How far from the top a node stands, in percent.
fn place(index: usize, of: usize) -> f64 {
    wires::height_of(index, of)
}
