//! The path: every node with what holds there at a moment, and the wires between them.

mod client;
mod gateway;
mod lives;
mod menu;
mod origin;
#[cfg(test)]
mod tests;
mod wire;

pub(super) use lives::Lives;
pub use menu::{Section, breakable, found};
pub use wire::{Breakable, Fan, Line, LineState, WireView, wire};

use crate::sim::fault::{FaultKind, Group};
use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;
use crate::sim::trace::{NodeId, NodeKind, Trace};

use super::conditions::{self, ActiveFault};
use super::mark::Mark;
use super::run::{Attempt, Run};
use super::{names, steps, wires};

/// The nodes that never change during a run, by column.
pub fn columns(trace: &Trace) -> Vec<Vec<(NodeId, NodeKind, String)>> {
    let mut columns: Vec<Vec<_>> = Vec::new();
    for (i, node) in trace.nodes.iter().enumerate() {
        let id = NodeId(i as u16);
        let column = wires::column(trace, id);
        if columns.len() <= column {
            columns.resize_with(column + 1, Vec::new);
        }
        columns[column].push((id, node.kind, node.id.clone()));
    }
    columns
}

/// The short word in the corner of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// What it says.
    pub word: String,
    /// What it looks like.
    pub tone: Tone,
}

/// What a [`Health`] looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tone {
    /// An outcome.
    Mark(Mark),
    /// Something that a person broke.
    Fault,
    /// Neither.
    Quiet,
}

/// A fault that is there, as a chip that can be taken off.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// Where: a node's name, or `link:` and a name.
    pub place: String,
    /// Which kind.
    pub kind: FaultKind,
    /// What it says.
    pub label: String,
    /// True if it is on the network in front of the node.
    pub on_link: bool,
    /// Why it does nothing as things are; empty if it can act.
    pub idle: &'static str,
}

/// A node at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// Its name.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// The word in its corner.
    pub health: Health,
    /// It acts in the step that is shown.
    pub here: bool,
    /// What is broken.
    pub chips: Vec<Chip>,
    /// What only its kind has.
    pub body: Body,
    /// All of it in a sentence, for those who hear it.
    pub spoken: String,
}

/// What only one kind of node has.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A client's attempts.
    Client {
        /// Its policy, by name.
        policy: String,
        /// The attempts of its last call.
        attempts: Vec<Ring>,
        /// Its policy in a few figures.
        facts: Vec<Fact>,
    },
    /// A gateway's settings and upstreams.
    Gateway {
        /// The product.
        product: &'static str,
        /// Its version.
        version: &'static str,
        /// The settings that matter most.
        facts: Vec<Fact>,
        /// What it thinks of each upstream.
        upstreams: Vec<Upstream>,
        /// What is under way: `2 in flight, 1 waiting`.
        load: String,
    },
    /// An origin's workers.
    Origin {
        /// A slot for each worker; empty if there are too many to draw.
        slots: Vec<Slot>,
        /// Busy workers.
        busy: u32,
        /// All workers.
        workers: u32,
        /// Requests that wait for one.
        queue: usize,
        /// What it does, in a few words.
        doing: String,
        /// Its connections to the database, where they are limited.
        facts: Vec<Fact>,
    },
    /// A dependency's connections.
    Dependency {
        /// Connections in use.
        busy: usize,
        /// All connections.
        connections: u32,
        /// Queries that wait for one.
        waiting: usize,
    },
}

/// A line of a node's table.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What it is called.
    pub name: String,
    /// Its full name.
    pub full: String,
    /// Its value.
    pub value: String,
    /// It decided the answer that is explained.
    pub decided: bool,
    /// It stays on the smallest screens.
    pub important: bool,
}

/// An attempt of the client's last call.
#[derive(Clone, Debug, PartialEq)]
pub enum Ring {
    /// It ended.
    Done {
        /// How it is drawn.
        mark: Mark,
        /// The code, or words in its place.
        code: String,
        /// Its number.
        number: u32,
    },
    /// It is on its way.
    Open(u32),
    /// It may come.
    Future(u32),
}

/// A worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// It has nothing to do.
    Free,
    /// It works.
    Busy,
    /// It works for somebody who has left.
    Lost,
}

/// What a gateway thinks of an upstream.
#[derive(Clone, Debug, PartialEq)]
pub struct Upstream {
    /// Its name.
    pub name: String,
    /// `in rotation`, `out until 14 s`.
    pub state: String,
    /// It is asked.
    pub usable: bool,
    /// `1/1 failed`.
    pub fails: String,
}

/// A node at a moment, with what `explained` says about its settings.
pub fn node(
    run: &Run,
    id: NodeId,
    at: SimTime,
    step: Option<usize>,
    explained: Option<&Attempt>,
) -> NodeView {
    let trace = &run.trace;
    let node = trace.node(id);
    let active = conditions::faults(&trace.scenario, at);
    let chips = chips(&trace.scenario, &active, &node.id, at);
    let (health, body, spoken) = match node.kind {
        NodeKind::Client => client::client(run, id, at),
        NodeKind::Gateway => gateway::gateway(run, id, at, explained),
        NodeKind::Origin => origin::origin(run, id, at, &active),
        NodeKind::Dependency => origin::dependency(run, id, at, &active),
    };
    let title = names::title(node.kind, &node.id);
    let broken: String = chips.iter().map(|c| format!(" Broken: {}.", c.label)).collect();
    NodeView {
        spoken: format!("{title}. {spoken}{broken}"),
        here: step.and_then(|i| run.step(i)).is_some_and(|s| s.node == Some(id)),
        id: node.id.clone(),
        title,
        health,
        chips,
        body,
    }
}

fn chips(scenario: &Scenario, active: &[ActiveFault], id: &str, at: SimTime) -> Vec<Chip> {
    let link = conditions::link(id);
    let on = |place: &str| {
        let on_link = place == link;
        active
            .iter()
            .filter(|a| a.place == place)
            .map(move |a| Chip {
                place: a.place.clone(),
                kind: a.fault.kind(),
                label: if on_link {
                    format!("network: {}", steps::label(&a.fault))
                } else {
                    steps::label(&a.fault)
                },
                on_link,
                idle: menu::idle(scenario, &a.place, a.fault.kind(), at).unwrap_or_default(),
            })
            .collect::<Vec<_>>()
    };
    let mut chips = on(id);
    chips.extend(on(&link));
    chips
}

fn quiet(word: &str) -> Health {
    Health { word: word.to_owned(), tone: Tone::Quiet }
}

fn well(word: &str) -> Health {
    Health { word: word.to_owned(), tone: Tone::Mark(Mark::OK) }
}

/// What is broken at a place, in one word: what the neighbour notices.
fn broken(active: &[ActiveFault], place: &str) -> Option<Health> {
    let fault = active.iter().find(|a| a.place == place)?;
    let word = match fault.fault.kind().info().group {
        Group::NeverConnects => "down",
        Group::GivesNoAnswer => "silent",
        Group::AnswersBadly => "garbled",
        Group::RunsShort => "cut short",
        Group::Late => "slow",
        Group::AnswersWithAnError => "failing",
    };
    Some(Health { word: word.to_owned(), tone: Tone::Fault })
}

/// A node in a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Glimpse {
    /// Its heading.
    pub title: String,
    /// The word in its corner.
    pub health: Health,
}

/// Several nodes at one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pile {
    /// Those that matter most: what is broken, then what is busy.
    pub first: Vec<Glimpse>,
    /// How many are not among them.
    pub rest: usize,
    /// One of them, or the network in front of it, is broken.
    pub broken: bool,
    /// All of it in a sentence.
    pub spoken: String,
}

/// The most nodes of a pile that are shown in a line each.
const MOST_GLIMPSES: usize = 2;

/// Several nodes at a moment.
pub fn glimpse(run: &Run, nodes: &[NodeId], at: SimTime) -> Pile {
    // A node may be gone already when its card is still there.
    let nodes = nodes.iter().filter(|id| run.trace.nodes.get(usize::from(id.0)).is_some());
    let mut views: Vec<NodeView> = nodes.map(|id| node(run, *id, at, None, None)).collect();
    let count = views.len();
    let broken = views.iter().filter(|v| !v.chips.is_empty()).count();
    let busy = views.iter().filter(|v| !is_well(v)).count();
    views.sort_by_key(|v| (v.chips.is_empty(), is_well(v)));
    let first = views.into_iter().take(MOST_GLIMPSES);
    let first: Vec<Glimpse> = first.map(|v| Glimpse { title: v.title, health: v.health }).collect();
    Pile {
        rest: count - first.len(),
        broken: broken > 0,
        spoken: format!("{count} more, {broken} broken, {} idle.", count - busy),
        first,
    }
}

fn is_well(view: &NodeView) -> bool {
    view.health.tone == Tone::Mark(Mark::OK)
}

/// Nodes of a kind, in words.
pub const fn kinds(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Client => "clients",
        NodeKind::Gateway => "gateways",
        NodeKind::Origin => "origins",
        NodeKind::Dependency => "dependencies",
    }
}
