//! What travels between the columns of the path, and where it is at a moment.

use crate::sim::message::Message;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, Index, NodeId, NodeKind, Note, Parcel, SpanId, SpanKind, Trace};

use super::mark::Mark;
use super::names;
use super::run::Run;
use super::stretches::Ends;

/// One crossing of one wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    /// The span that it belongs to.
    pub span: SpanId,
    /// What travels.
    pub parcel: Parcel,
    /// The end of the wire on the client's side.
    pub near: NodeId,
    /// The end of the wire on the origin's side.
    pub far: NodeId,
    /// From near to far rather than back.
    pub toward: bool,
    /// It vanishes half-way.
    pub lost: bool,
    /// Its departure.
    pub at: SimTime,
    /// How long it travels.
    pub takes: SimDuration,
    /// The answer that it carries.
    pub message: Option<Message>,
    /// How that answer is drawn.
    pub mark: Option<Mark>,
}

impl Flight {
    /// Its arrival.
    pub fn arrives(&self) -> SimTime {
        self.at + self.takes
    }

    /// Where it starts.
    pub fn from(&self) -> NodeId {
        if self.toward { self.near } else { self.far }
    }

    /// Where it goes.
    pub fn to(&self) -> NodeId {
        if self.toward { self.far } else { self.near }
    }
}

/// The column of a node: clients, each gateway, origins, dependencies.
pub fn column(trace: &Trace, node: NodeId) -> usize {
    let gateways = trace.nodes.iter().filter(|n| n.kind == NodeKind::Gateway).count();
    match trace.node(node).kind {
        NodeKind::Client => 0,
        NodeKind::Gateway => {
            let before =
                trace.nodes[..usize::from(node.0)].iter().filter(|n| n.kind == NodeKind::Gateway).count();
            1 + before
        }
        NodeKind::Origin => 1 + gateways,
        NodeKind::Dependency => 2 + gateways,
    }
}

/// The columns of all nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(Vec<usize>);

impl Columns {
    /// Those of a trace.
    pub fn new(trace: &Trace) -> Self {
        Self((0..trace.nodes.len()).map(|i| column(trace, NodeId(i as u16))).collect())
    }

    /// The column of a node.
    pub fn of(&self, node: NodeId) -> Option<usize> {
        self.0.get(usize::from(node.0)).copied()
    }

    /// The nodes of a column.
    pub fn nodes(&self, column: usize) -> impl Iterator<Item = NodeId> + use<> {
        let nodes: Vec<_> = self.0.iter().enumerate().filter(|(_, c)| **c == column).collect();
        let nodes: Vec<NodeId> = nodes.into_iter().map(|(i, _)| NodeId(i as u16)).collect();
        nodes.into_iter()
    }

    /// The node on the client's side of the link in front of `far`, for what `span` sends over it.
    pub fn near_end(&self, trace: &Trace, mut span: SpanId, far: NodeId) -> Option<NodeId> {
        let column_before = self.of(far)?.checked_sub(1)?;
        while let Some(s) = trace.spans.get(span.0 as usize) {
            if s.node != far && self.of(s.node) == Some(column_before) {
                return Some(s.node);
            }
            span = s.parent;
        }
        None
    }
}

/// Everything that crosses a wire, in order of departure, as events of the trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flights {
    events: Vec<u32>,
    arrivals: Ends,
}

impl Flights {
    pub(super) fn push(&mut self, event: usize, at: SimTime, takes: u64) {
        self.events.push(event as u32);
        self.arrivals.push(at + SimDuration::from_nanos(takes));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// True if nothing crosses a wire.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

/// A crossing under way: how long it takes, what it is, and when it arrives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// Its number among the flights.
    pub flight: usize,
    /// What travels.
    pub parcel: Parcel,
    /// How long it travels.
    pub takes: SimDuration,
    /// Its arrival.
    pub arrives: SimTime,
}

impl Run {
    /// The crossing of that number, with the answer that it carries.
    pub fn flight(&self, number: usize) -> Option<Flight> {
        of_event(self, *self.flights.events.get(number)? as usize)
    }

    /// What is on the wires at a moment, in order of departure.
    pub fn crossings(&self, at: SimTime) -> Vec<Crossing> {
        let flights = self.flights.arrivals.after(at, self.departed(at));
        flights.into_iter().filter_map(|flight| self.crossing(flight)).collect()
    }

    /// The next departure after a moment.
    pub fn next_departure(&self, after: SimTime) -> Option<SimTime> {
        let event = *self.flights.events.get(self.departed(after))?;
        Some(self.trace.events[event as usize].at)
    }

    /// How many depart after a moment, and not later than another.
    pub fn departures(&self, after: SimTime, until: SimTime) -> usize {
        self.departed(until) - self.departed(after)
    }

    fn departed(&self, at: SimTime) -> usize {
        self.flights.events.partition_point(|i| self.trace.events[*i as usize].at <= at)
    }

    fn crossing(&self, flight: usize) -> Option<Crossing> {
        let event = &self.trace.events[*self.flights.events.get(flight)? as usize];
        let Note::Departed { parcel, takes, .. } = event.note else { return None };
        let takes = SimDuration::from_nanos(takes);
        Some(Crossing { flight, parcel, takes, arrives: event.at + takes })
    }
}

/// The crossing that an event begins.
pub(super) fn of_event(run: &Run, number: usize) -> Option<Flight> {
    let trace = &run.trace;
    let event = trace.events.get(number)?;
    let Note::Departed { parcel, link, toward, lost, takes } = event.note else { return None };
    let near = run.columns.near_end(trace, event.span, link)?;
    let carries = matches!(parcel, Parcel::Head | Parcel::Body | Parcel::Answer);
    let from = if toward { near } else { link };
    let message = if carries { written(trace, event.span, from, number) } else { None };
    Some(Flight {
        span: event.span,
        parcel,
        near,
        far: link,
        toward,
        lost,
        at: event.at,
        takes: SimDuration::from_nanos(takes),
        message,
        mark: message.map(|m| Mark::of(trace.status(m), timed_out(trace, event.span, m))),
    })
}

/// The last answer that a node wrote before an event, for a span, what caused it or what it caused.
fn written(trace: &Trace, span: SpanId, node: NodeId, before: usize) -> Option<Message> {
    let index = Index::new(trace);
    let mut related = index.below(span);
    let mut cause = trace.spans.get(span.0 as usize).map(|s| s.parent);
    while let Some(id) = cause.filter(|id| *id != SpanId::NONE) {
        related.push(id);
        cause = trace.spans.get(id.0 as usize).map(|s| s.parent);
    }
    let notes = related.iter().filter(|id| trace.span(**id).node == node).flat_map(|id| index.notes(*id));
    let messages = notes.filter_map(|(i, e)| match e.note {
        Note::Wrote(message) if i < before => Some((i, message)),
        _ => None,
    });
    messages.max_by_key(|(i, _)| *i).map(|(_, message)| message)
}

/// True if a timer of whoever wrote the answer ran out at that very moment.
fn timed_out(trace: &Trace, mut span: SpanId, message: Message) -> bool {
    while trace.spans.get(span.0 as usize).is_some_and(|s| s.kind != SpanKind::Attempt) {
        span = trace.span(span).parent;
    }
    let from = trace.events.partition_point(|e| e.at < message.sent);
    trace.events[from..].iter().take_while(|e| e.at == message.sent).any(|e| {
        let timer = matches!(
            e.note,
            Note::Noticed(Failure::ConnectTimeout | Failure::ReadTimeout | Failure::BodyTimeout)
        );
        timer && trace.descends(e.span, span)
    })
}

/// What a dot on a wire looks like.
#[derive(Clone, Debug, PartialEq)]
pub enum DotKind {
    /// A request; the number of the attempt.
    Request(u32),
    /// An answer.
    Answer(Mark),
    /// Part of an answer, or a query's result.
    Part,
    /// The opening of a connection, and its confirmation.
    Handshake,
    /// A refusal, a reset, the end of a connection, something lost.
    Cross,
}

/// A dot on a wire.
#[derive(Clone, Debug, PartialEq)]
pub struct Dot {
    /// How far from the left, in percent.
    pub x: f64,
    /// How far from the top, in percent.
    pub y: f64,
    /// What it looks like.
    pub kind: DotKind,
    /// What it is, in words.
    pub title: String,
}

/// The most places of a column. Where there are more nodes, the last place is a stack of them.
pub const PLACES: usize = 3;

/// How many nodes of a column stand one by one, the first so many of them; the rest is a stack.
pub const fn alone(nodes: usize) -> usize {
    if nodes > PLACES { PLACES - 1 } else { nodes }
}

/// How far from the top the node of that index stands in a column of so many, in percent of the wire's height.
pub fn height_of(index: usize, nodes: usize) -> f64 {
    let places = nodes.clamp(1, PLACES);
    100.0 * (index.min(places - 1) as f64 + 0.5) / places as f64
}

fn height(trace: &Trace, node: NodeId) -> f64 {
    let mine = column(trace, node);
    let mut peers = (0..trace.nodes.len()).map(|i| NodeId(i as u16)).filter(|n| column(trace, *n) == mine);
    let row = peers.clone().position(|n| n == node).unwrap_or(0);
    height_of(row, peers.by_ref().count())
}

/// The line between two heights of neighbouring columns, in a box of 100 by 100.
pub fn line_between(a: f64, b: f64) -> String {
    format!("M0 {a:.1}C55 {a:.1} 45 {b:.1} 100 {b:.1}")
}

/// A point of that line, `share` of the way from near to far.
fn point(trace: &Trace, near: NodeId, far: NodeId, share: f64) -> (f64, f64) {
    let (a, b) = (height(trace, near), height(trace, far));
    let u = share;
    let v = 1.0 - u;
    // The cubic Bézier curve of `line_between`.
    let x = 3.0 * v * v * u * 55.0 + 3.0 * v * u * u * 45.0 + u * u * u * 100.0;
    let y = v * v * v * a + 3.0 * v * v * u * a + 3.0 * v * u * u * b + u * u * u * b;
    (x, y)
}

/// What is drawn on a wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dots {
    /// The dots.
    pub dots: Vec<Dot>,
    /// How many more there would be.
    pub more: usize,
}

/// The most dots on one wire; more could not be told apart.
pub const MOST_DOTS: usize = 40;

/// The dots on the wire to the right of a column at a moment; the ones that departed last, if there are too many.
///
/// Positions are exact; only at the very ends of a wire are they moved in, so that no node hides them.
pub fn dots(run: &Run, wire: usize, at: SimTime) -> Dots {
    const EDGE: f64 = 0.1;
    let trace = &run.trace;
    let mut crossings = run.crossings(at);
    crossings.retain(|c| run.wire_of(c.flight) == Some(wire));
    let more = crossings.len().saturating_sub(MOST_DOTS);
    let flights = crossings[more..].iter().filter_map(|c| run.flight(c.flight));
    let dots = flights
        .map(|flight| {
            let travelled = at.since(flight.at).as_nanos() as f64 / flight.takes.as_nanos().max(1) as f64;
            let travelled = if flight.lost { travelled.min(0.5) } else { travelled };
            let share = if flight.toward { travelled } else { 1.0 - travelled };
            let (x, y) = point(trace, flight.near, flight.far, share.clamp(EDGE, 1.0 - EDGE));
            Dot { x, y, kind: kind(trace, &flight, travelled >= 0.5), title: describe(trace, &flight) }
        })
        .collect();
    Dots { dots, more }
}

impl Run {
    /// The column on the left of the wire that something crosses.
    fn wire_of(&self, flight: usize) -> Option<usize> {
        let event = &self.trace.events[*self.flights.events.get(flight)? as usize];
        let Note::Departed { link, .. } = event.note else { return None };
        self.columns.of(link)?.checked_sub(1)
    }
}

fn kind(trace: &Trace, flight: &Flight, past_middle: bool) -> DotKind {
    if flight.lost && past_middle {
        return DotKind::Cross;
    }
    match flight.parcel {
        Parcel::Connect | Parcel::Accepted | Parcel::Handshake => DotKind::Handshake,
        Parcel::Refused | Parcel::Close | Parcel::Reset => DotKind::Cross,
        Parcel::Request => DotKind::Request(attempt_number(trace, flight.span)),
        Parcel::HeadPart => DotKind::Part,
        Parcel::Head | Parcel::Body | Parcel::Answer => flight.mark.map_or(DotKind::Part, DotKind::Answer),
    }
}

/// The number of the attempt that a span belongs to.
pub fn attempt_number(trace: &Trace, mut span: SpanId) -> u32 {
    while let Some(s) = trace.spans.get(span.0 as usize) {
        if s.kind == SpanKind::Attempt {
            return s.detail;
        }
        span = s.parent;
    }
    1
}

/// A crossing in words, without its ends: `POST /orders, attempt 1`.
pub fn describe(trace: &Trace, flight: &Flight) -> String {
    let to_dependency = trace.node(flight.far).kind == NodeKind::Dependency;
    let words = match flight.parcel {
        Parcel::Connect => "opens a connection".to_owned(),
        Parcel::Accepted => "the connection is open".to_owned(),
        Parcel::Handshake => "a message of the TLS handshake".to_owned(),
        Parcel::Refused => "refuses the connection".to_owned(),
        Parcel::Request if to_dependency => "a query".to_owned(),
        Parcel::Request => {
            let request = trace.request(flight.span);
            let line = request.map(|r| format!("{} {}", r.method, r.path)).unwrap_or_default();
            if column(trace, flight.near) == 0 {
                format!("{line}, attempt {}", attempt_number(trace, flight.span))
            } else {
                format!("{line}, passed on")
            }
        }
        Parcel::HeadPart => "part of an answer's head".to_owned(),
        Parcel::Head => format!("head of {}", answer_words(trace, flight)),
        Parcel::Body => "bytes of the body".to_owned(),
        Parcel::Answer if to_dependency => "the result".to_owned(),
        Parcel::Answer => answer_words(trace, flight),
        Parcel::Close => "closes the connection".to_owned(),
        Parcel::Reset => "resets the connection".to_owned(),
    };
    if flight.lost { format!("{words}: lost on the way") } else { words }
}

fn answer_words(trace: &Trace, flight: &Flight) -> String {
    flight.message.map_or_else(|| "the answer".to_owned(), |m| names::answer(trace, m))
}
