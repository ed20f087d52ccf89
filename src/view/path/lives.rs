//! What nodes and wires were like over time: gone through once while a run is made, so that a moment is looked up and
//! not searched for.

use crate::sim::order;
use std::collections::BTreeMap;

use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{
    BreakerState, Event, Failure, NodeId, NodeKind, Note, ProcessStep, RetryObstacle, Span, SpanId, SpanKind,
    Step, Trace,
};
use crate::view::stretches::{Counts, Ends};

/// How many of the moments have come.
pub(super) fn so_far(moments: &[SimTime], at: SimTime) -> usize {
    moments.partition_point(|m| *m <= at)
}

/// The last entry of a list in order of time.
pub(super) fn latest<T>(list: &[(SimTime, T)], at: SimTime) -> Option<&(SimTime, T)> {
    list.get(list.partition_point(|(t, _)| *t <= at).checked_sub(1)?)
}

/// What a gateway knows of an upstream.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Peer {
    /// Failures that count.
    pub(super) fails: u32,
    /// Since when it is out for its failures.
    pub(super) out: Option<SimTime>,
    /// Until when it is ejected.
    pub(super) ejected: Option<SimTime>,
    /// Probes say that it is down.
    pub(super) down: bool,
}

/// What a node was like over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Life {
    /// Requests under way at a gateway, running work of an origin, running queries of a dependency.
    pub(super) busy: Counts,
    /// What waits for a place, a worker or a connection.
    pub(super) waiting: Counts,
    /// Work for somebody who has left.
    pub(super) lost: Counts,
    /// Work of an origin that waits for a connection to the database.
    pub(super) pooling: Counts,
    /// Work that ran, in order of its start: since when, until when, and which.
    running: Vec<(SimTime, SimTime, SpanId)>,
    running_ends: Ends,
    /// Finished work, in order of its end.
    pub(super) over: Vec<(SimTime, SpanId)>,
    /// A client's calls.
    pub(super) calls: Vec<(SimTime, SpanId)>,
    /// The waits of a client for its own rate limit, of a gateway's requests for its rate.
    pub(super) held: Vec<(SimTime, SimDuration)>,
    pub(super) breaker: Vec<(SimTime, BreakerState)>,
    pub(super) process: Vec<(SimTime, ProcessStep)>,
    /// What a gateway's store said.
    pub(super) store: Vec<(SimTime, Note)>,
    /// Requests that a gateway refused for their rate.
    pub(super) over_rate: Vec<SimTime>,
    /// Requests that a gateway or dependency refused for another limit.
    pub(super) over_limit: Vec<SimTime>,
    /// Retries that a budget refused.
    pub(super) over_budget: Vec<SimTime>,
    /// Attempts that a client's own throttling refused, with its chance in thousandths.
    pub(super) throttled: Vec<(SimTime, u16)>,
    /// Attempts beside those that were under way.
    pub(super) hedged: Vec<SimTime>,
    /// Times at which so few upstreams were well that all were asked.
    pub(super) panics: Vec<SimTime>,
    /// What a gateway knows of each upstream.
    pub(super) peers: BTreeMap<NodeId, Vec<(SimTime, Peer)>>,
}

impl Life {
    /// The newest piece of work that runs.
    pub(super) fn newest_running(&self, at: SimTime) -> Option<SpanId> {
        let begun = self.running.partition_point(|(start, ..)| *start <= at);
        self.running_ends.after(at, begun).last().map(|i| self.running[*i].2)
    }

    fn sort(&mut self) {
        for count in [&mut self.busy, &mut self.waiting, &mut self.lost, &mut self.pooling] {
            count.sort();
        }
        order::sort(&mut self.running);
        self.running_ends = Ends::default();
        for (_, end, _) in &self.running {
            self.running_ends.push(*end);
        }
        order::sort(&mut self.over);
    }
}

/// What the way between two nodes was like over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Way {
    /// Connections on which somebody waits.
    pub(super) used: Counts,
    /// Work at its far end for somebody who has left its near end.
    pub(super) left: Counts,
}

/// What all nodes and wires were like over time.
#[derive(Clone, Debug, Default)]
pub(in crate::view) struct Lives {
    nodes: Vec<Life>,
    ways: BTreeMap<(NodeId, NodeId), Way>,
    /// Since when work waits for a connection to the database, as far as the events that were gone through tell.
    pooling: BTreeMap<SpanId, SimTime>,
}

/// What a gateway learns of an upstream by a note.
type Learn = fn(&mut Peer, SimTime, Note);

impl Lives {
    /// Nothing is known yet; [`Lives::take_event`], [`Lives::take_span`] and [`Lives::sort`] have to follow.
    pub(in crate::view) fn new(trace: &Trace) -> Self {
        Self { nodes: vec![Life::default(); trace.nodes.len()], ..Self::default() }
    }

    /// How many requests are under way at a gateway, or queries at a dependency.
    pub(in crate::view) fn open(&self, node: NodeId, kind: NodeKind, at: SimTime) -> usize {
        match kind {
            NodeKind::Gateway => self.node(node).map_or(0, |life| life.busy.at(at)),
            NodeKind::Dependency => {
                self.ways.iter().filter(|((_, far), _)| *far == node).map(|(_, way)| way.used.at(at)).sum()
            }
            NodeKind::Client | NodeKind::Origin => 0,
        }
    }

    /// What a node was like.
    pub(super) fn node(&self, id: NodeId) -> Option<&Life> {
        self.nodes.get(usize::from(id.0))
    }

    /// What the way between two nodes was like.
    pub(super) fn way(&self, near: NodeId, far: NodeId) -> Option<&Way> {
        self.ways.get(&(near, far))
    }

    /// Takes in an event; they come in order of time.
    pub(in crate::view) fn take_event(&mut self, trace: &Trace, event: &Event) {
        let Event { at, span, note } = *event;
        match note {
            Note::PeerFailed(..)
            | Note::PeerOut(_)
            | Note::PeerBack(_)
            | Note::Ejected(..)
            | Note::ProbedDown(_)
            | Note::ProbedUp(_)
            | Note::AllBack => {
                self.take_peer(trace, at, span, note);
                return;
            }
            Note::Breaker(node, state) => {
                self.life(node).into_iter().for_each(|n| n.breaker.push((at, state)));
                return;
            }
            Note::Step(Step::Process(node, step)) => {
                self.life(node).into_iter().for_each(|n| n.process.push((at, step)));
                return;
            }
            _ => {}
        }
        let Some(owner) = trace.spans.get(span.0 as usize) else { return };
        if let Note::Step(Step::PoolWait(_)) = note {
            self.pooling.insert(span, at);
            return;
        }
        if matches!(note, Note::Asked | Note::Step(Step::QueryFailed(_)))
            && let Some(since) = self.pooling.remove(&span)
            && let Some(node) = self.life(owner.node)
        {
            node.pooling.add(since, at);
        }
        let Some(node) = self.nodes.get_mut(usize::from(owner.node.0)) else { return };
        match note {
            Note::Paced(wait) | Note::Delayed(wait) => node.held.push((at, wait)),
            Note::FromStore(_) | Note::StaleFromStore(_) | Note::NotInStore => node.store.push((at, note)),
            Note::Noticed(Failure::RateLimited) => node.over_rate.push(at),
            Note::Noticed(Failure::ClientLimit | Failure::Shed | Failure::NoRoom | Failure::QueueTimeout) => {
                node.over_limit.push(at)
            }
            Note::BudgetRefused | Note::TriesNoMore(RetryObstacle::TooMany) => node.over_budget.push(at),
            Note::Throttled(chance) => node.throttled.push((at, chance)),
            Note::Hedged => node.hedged.push(at),
            Note::Panicked => node.panics.push(at),
            _ => {}
        }
    }

    fn take_peer(&mut self, trace: &Trace, at: SimTime, span: SpanId, note: Note) {
        let (of, change): (Option<NodeId>, Learn) = match note {
            Note::PeerFailed(peer, _) => (Some(peer), |p, _, note| {
                if let Note::PeerFailed(_, fails) = note {
                    p.fails = fails;
                }
            }),
            Note::PeerOut(peer) => (Some(peer), |p, at, _| p.out = Some(at)),
            Note::PeerBack(peer) => (Some(peer), |p, _, _| *p = Peer { down: p.down, ..Peer::default() }),
            Note::Ejected(peer, _) => (Some(peer), |p, at, note| {
                if let Note::Ejected(_, time) = note {
                    p.ejected = Some(at + time);
                }
            }),
            Note::ProbedDown(peer) => (Some(peer), |p, _, _| p.down = true),
            Note::ProbedUp(peer) => (Some(peer), |p, _, _| p.down = false),
            _ => (None, |p, _, _| *p = Peer { down: p.down, ..Peer::default() }),
        };
        // Some notes belong to no request; an upstream has one gateway in front of it.
        let gateway = trace.spans.get(span.0 as usize).map(|s| s.node);
        let Some(gateway) = gateway.or_else(|| in_front_of(trace, of?)) else { return };
        let Some(node) = self.life(gateway) else { return };
        let all: Vec<NodeId> = of.map_or_else(|| node.peers.keys().copied().collect(), |peer| vec![peer]);
        for peer in all {
            let known = node.peers.entry(peer).or_default();
            let mut next = known.last().map(|(_, p)| *p).unwrap_or_default();
            change(&mut next, at, note);
            known.push((at, next));
        }
    }

    /// Takes in a span; they come in order of their start, and the trace has to be indexed.
    pub(in crate::view) fn take_span(&mut self, trace: &Trace, id: SpanId, span: &Span) {
        let asker = trace.spans.get(span.parent.0 as usize);
        match span.kind {
            SpanKind::Call => {
                self.life(span.node).into_iter().for_each(|n| n.calls.push((span.start, id)));
            }
            SpanKind::Attempt => {
                if let Some(entry) = entry(trace) {
                    self.passes(span.node, entry, span);
                }
            }
            SpanKind::GatewayRequest => {
                if let Some(node) = self.life(span.node) {
                    node.busy.add(span.start, span.end);
                    let (from, to) = stretch(trace, id);
                    if from != SimTime::NEVER {
                        node.waiting.add(from, to.min(span.end));
                    }
                }
            }
            SpanKind::Try | SpanKind::Probe => self.passes(span.node, NodeId(span.detail as u16), span),
            SpanKind::Work | SpanKind::Query => {
                let (from, to) = stretch(trace, id);
                let over = to.min(span.end);
                let Some(node) = self.life(span.node) else { return };
                node.waiting.add(span.start, from.min(over));
                node.busy.add(from, over);
                if span.kind == SpanKind::Work {
                    if from < over {
                        node.running.push((from, over, id));
                    }
                    if span.end != SimTime::NEVER {
                        node.over.push((span.end, id));
                    }
                }
                let Some(asker) = asker else { return };
                // What goes on, or waits, when whoever asked for it has left.
                if asker.end < over && span.kind == SpanKind::Work {
                    node.lost.add(from.max(asker.end), over);
                    if asker.kind == SpanKind::Try {
                        let way = self.ways.entry((asker.node, span.node)).or_default();
                        way.left.add(asker.end, span.end);
                    }
                }
                if span.kind == SpanKind::Query {
                    self.passes(asker.node, span.node, span);
                }
            }
            SpanKind::Refresh => {}
        }
    }

    fn passes(&mut self, near: NodeId, far: NodeId, span: &Span) {
        self.ways.entry((near, far)).or_default().used.add(span.start, span.end);
    }

    fn life(&mut self, node: NodeId) -> Option<&mut Life> {
        self.nodes.get_mut(usize::from(node.0))
    }

    /// How many parts there are to sort.
    pub(in crate::view) fn parts(&self) -> usize {
        self.nodes.len() + self.ways.len()
    }

    /// Makes one part ready for questions.
    pub(in crate::view) fn sort(&mut self, part: usize) {
        match self.nodes.get_mut(part) {
            Some(node) => node.sort(),
            None => {
                if let Some(way) = self.ways.values_mut().nth(part - self.nodes.len()) {
                    way.used.sort();
                    way.left.sort();
                }
            }
        }
    }
}

/// When a span began to be served, or to wait for a place, and when that was over.
fn stretch(trace: &Trace, id: SpanId) -> (SimTime, SimTime) {
    let (mut from, mut to) = (SimTime::NEVER, SimTime::NEVER);
    for event in trace.notes(id) {
        match event.note {
            Note::Started(_) | Note::WaitsForPlace(_) => from = from.min(event.at),
            Note::Released(_) | Note::GotPlace => to = to.min(event.at),
            _ => {}
        }
    }
    (from, to)
}

/// Whom clients speak to.
pub(super) fn entry(trace: &Trace) -> Option<NodeId> {
    let first = |kind| trace.nodes.iter().position(|n| n.kind == kind);
    first(NodeKind::Gateway).or_else(|| first(NodeKind::Origin)).map(|i| NodeId(i as u16))
}

/// The gateway whose upstream a node is.
pub(super) fn in_front_of(trace: &Trace, node: NodeId) -> Option<NodeId> {
    let before = if trace.nodes.get(usize::from(node.0))?.kind == NodeKind::Gateway {
        usize::from(node.0)
    } else {
        trace.nodes.len()
    };
    trace.nodes[..before].iter().rposition(|n| n.kind == NodeKind::Gateway).map(|i| NodeId(i as u16))
}
