//! What nodes and lines are like at any moment: stretches of time for each, found once.

use std::collections::BTreeMap;

use crate::sim::time::SimTime;
use crate::sim::trace::{Event, NodeId, Note, Span, SpanId, SpanKind, Trace};

use super::stretches::{Counts, Ends};
use super::wires::Columns;

/// What is known of a node.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeFacts {
    /// Requests under way at a gateway, queries at a dependency.
    pub(super) open: Counts,
    /// Requests that wait for a worker of an origin.
    pub(super) waiting: Counts,
    /// Requests that a worker of an origin works on: since when, until when, and which.
    pub(super) running: Vec<(SimTime, SimTime, SpanId)>,
    running_ends: Ends,
    /// The work of an origin that has ended, in order of its end.
    pub(super) over: Vec<(SimTime, SpanId)>,
    /// The calls of a client, in order of their start.
    pub(super) calls: Vec<SpanId>,
    /// The events that say of this node as an upstream: it failed, it is out, it is back.
    pub(super) failed: Vec<u32>,
    pub(super) out: Vec<u32>,
    pub(super) back: Vec<u32>,
}

impl NodeFacts {
    /// What workers of an origin work on at a moment.
    pub(super) fn running_at(&self, at: SimTime) -> impl Iterator<Item = SpanId> {
        let begun = self.running.partition_point(|(start, ..)| *start <= at);
        self.running_ends.after(at, begun).into_iter().map(|i| self.running[i].2)
    }

    fn sort(&mut self) {
        self.open.sort();
        self.waiting.sort();
        self.running.sort();
        self.running_ends = Ends::default();
        for (_, end, _) in &self.running {
            self.running_ends.push(*end);
        }
        self.over.sort();
    }
}

/// What is known of the line between two nodes.
#[derive(Clone, Debug, Default)]
pub(super) struct LineFacts {
    /// Somebody waits at its near end for something from its far end.
    pub(super) live: Counts,
    /// Work at its far end goes on although whoever asked for it has left.
    pub(super) left_behind: Counts,
}

/// What is known of all nodes and lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    nodes: Vec<NodeFacts>,
    lines: BTreeMap<(NodeId, NodeId), LineFacts>,
    none: LineFacts,
}

impl Facts {
    pub(super) fn new(trace: &Trace) -> Self {
        Self { nodes: vec![NodeFacts::default(); trace.nodes.len()], ..Self::default() }
    }

    pub(super) fn node(&self, node: NodeId) -> &NodeFacts {
        &self.nodes[usize::from(node.0)]
    }

    pub(super) fn line(&self, near: NodeId, far: NodeId) -> &LineFacts {
        self.lines.get(&(near, far)).unwrap_or(&self.none)
    }

    fn at(&mut self, node: NodeId) -> Option<&mut NodeFacts> {
        self.nodes.get_mut(usize::from(node.0))
    }

    /// Takes in what one event says of an upstream.
    pub(super) fn take_event(&mut self, number: usize, event: &Event) {
        let (peer, list): (_, fn(&mut NodeFacts) -> &mut Vec<u32>) = match event.note {
            Note::PeerFailed(peer, _) => (peer, |n| &mut n.failed),
            Note::PeerOut(peer) => (peer, |n| &mut n.out),
            Note::PeerBack(peer) => (peer, |n| &mut n.back),
            _ => return,
        };
        if let Some(node) = self.at(peer) {
            list(node).push(number as u32);
        }
    }

    /// Takes in one span; the trace has to be indexed.
    pub(super) fn take_span(&mut self, trace: &Trace, columns: &Columns, id: SpanId, span: &Span) {
        let asker = trace.spans.get(span.parent.0 as usize);
        match span.kind {
            SpanKind::Call => {
                if let Some(node) = self.at(span.node) {
                    node.calls.push(id);
                }
            }
            SpanKind::GatewayRequest => self.opened(span),
            SpanKind::Query => {
                self.opened(span);
                if let Some(asker) = asker {
                    self.waits(asker.node, span.node, span);
                }
            }
            SpanKind::Try | SpanKind::Probe => self.waits(span.node, NodeId(span.detail as u16), span),
            SpanKind::Attempt => {
                for far in columns.nodes(1) {
                    self.waits(span.node, far, span);
                }
            }
            SpanKind::Work => {
                self.worked(trace, id, span);
                if let Some(asker) = asker
                    && asker.kind == SpanKind::Try
                    && asker.detail == u32::from(span.node.0)
                {
                    let line = self.lines.entry((asker.node, span.node)).or_default();
                    line.left_behind.add(asker.end, span.end);
                }
            }
            SpanKind::Refresh => {}
        }
    }

    fn opened(&mut self, span: &Span) {
        if let Some(node) = self.at(span.node) {
            node.open.add(span.start, span.end);
        }
    }

    fn waits(&mut self, near: NodeId, far: NodeId, span: &Span) {
        self.lines.entry((near, far)).or_default().live.add(span.start, span.end);
    }

    fn worked(&mut self, trace: &Trace, id: SpanId, span: &Span) {
        let (mut started, mut over) = (SimTime::NEVER, span.end);
        for event in trace.notes(id) {
            match event.note {
                Note::Started(_) => started = started.min(event.at),
                Note::Released(_) => over = over.min(event.at),
                _ => {}
            }
        }
        if let Some(node) = self.at(span.node) {
            node.waiting.add(span.start, started.min(over));
            if started < over {
                node.running.push((started, over, id));
            }
            if span.end != SimTime::NEVER {
                node.over.push((span.end, id));
            }
        }
    }

    /// How many parts there are to sort.
    pub(super) fn parts(&self) -> usize {
        self.nodes.len() + self.lines.len()
    }

    /// Makes one part ready for questions.
    pub(super) fn sort(&mut self, part: usize) {
        match self.nodes.get_mut(part) {
            Some(node) => node.sort(),
            None => {
                if let Some(line) = self.lines.values_mut().nth(part - self.nodes.len()) {
                    line.live.sort();
                    line.left_behind.sort();
                }
            }
        }
    }

    /// The last event of a list up to a moment.
    pub(super) fn last_of(trace: &Trace, list: &[u32], at: SimTime) -> Option<u32> {
        let until = list.partition_point(|i| trace.events[*i as usize].at <= at);
        list.get(until.checked_sub(1)?).copied()
    }
}
