//! The path: every node with what holds there at a moment, and the wires between them.

mod client;
mod gateway;
mod origin;
#[cfg(test)]
mod tests;
mod wire;

pub use wire::{Breakable, Fan, Line, LineState, WireView, wire};

use crate::sim::fault::{self, FaultInfo, FaultKind, Group, Place};
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
    },
    /// A dependency's connections.
    Dependency {
        /// Connections in use.
        busy: usize,
        /// All connections.
        connections: u32,
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
    Done(Mark, String),
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
    let chips = chips(&active, &node.id);
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

fn chips(active: &[ActiveFault], id: &str) -> Vec<Chip> {
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

/// What can be broken at a place, by what the neighbour notices.
pub fn breakable(place: Place) -> Vec<(Group, Vec<&'static FaultInfo>)> {
    let mut groups: Vec<(Group, Vec<&'static FaultInfo>)> = Vec::new();
    for info in fault::ALL.iter().filter(|i| i.place == place) {
        match groups.iter_mut().find(|(g, _)| *g == info.group) {
            Some((_, infos)) => infos.push(info),
            None => groups.push((info.group, vec![info])),
        }
    }
    groups.sort_by_key(|(group, _)| *group);
    groups
}
