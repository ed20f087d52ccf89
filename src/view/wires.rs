//! What travels between the columns of the path, and where it is at a moment.

use crate::sim::message::Message;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, NodeId, NodeKind, Note, Parcel, SpanId, SpanKind, Trace};

use super::mark::Mark;
use super::names;

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

/// The node on the client's side of the link in front of `far`, for what `span` sends over it.
pub fn near_end(trace: &Trace, mut span: SpanId, far: NodeId) -> Option<NodeId> {
    let column_before = column(trace, far).checked_sub(1)?;
    while let Some(s) = trace.spans.get(span.0 as usize) {
        if s.node != far && column(trace, s.node) == column_before {
            return Some(s.node);
        }
        span = s.parent;
    }
    None
}

/// Everything that crosses a wire, in order of departure.
pub fn flights(trace: &Trace) -> Vec<Flight> {
    let mut written: Vec<(SpanId, NodeId, Message)> = Vec::new();
    let mut all = Vec::new();
    for event in &trace.events {
        match event.note {
            Note::Wrote(message) => {
                let node = trace.span(event.span).node;
                written.retain(|(span, ..)| *span != event.span);
                written.push((event.span, node, message));
            }
            Note::Departed { parcel, link, toward, lost, takes } => {
                let Some(near) = near_end(trace, event.span, link) else { continue };
                let from = if toward { near } else { link };
                let message = (written.iter().rev())
                    .find(|(span, node, _)| {
                        *node == from
                            && (trace.descends(*span, event.span) || trace.descends(event.span, *span))
                    })
                    .map(|(.., message)| *message)
                    .filter(|_| matches!(parcel, Parcel::Head | Parcel::Body | Parcel::Answer));
                all.push(Flight {
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
                });
            }
            _ => {}
        }
    }
    all
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
    /// Which wire: the column on its left.
    pub wire: usize,
    /// How far from the left, in percent.
    pub x: f64,
    /// How far from the top, in percent.
    pub y: f64,
    /// What it looks like.
    pub kind: DotKind,
    /// What it is, in words.
    pub title: String,
}

/// Where nodes of a column stand, in percent of the wire's height.
fn height(trace: &Trace, node: NodeId) -> f64 {
    let mine = column(trace, node);
    let peers: Vec<NodeId> =
        (0..trace.nodes.len()).map(|i| NodeId(i as u16)).filter(|n| column(trace, *n) == mine).collect();
    let row = peers.iter().position(|n| *n == node).unwrap_or(0);
    100.0 * (row as f64 + 0.5) / peers.len().max(1) as f64
}

/// The line between two nodes of neighbouring columns, in a box of 100 by 100.
pub fn line(trace: &Trace, near: NodeId, far: NodeId) -> String {
    let (a, b) = (height(trace, near), height(trace, far));
    format!("M0 {a:.1}C55 {a:.1} 45 {b:.1} 100 {b:.1}")
}

/// A point of that line, `share` of the way from near to far.
fn point(trace: &Trace, near: NodeId, far: NodeId, share: f64) -> (f64, f64) {
    let (a, b) = (height(trace, near), height(trace, far));
    let u = share;
    let v = 1.0 - u;
    // The cubic Bézier curve of `line`.
    let x = 3.0 * v * v * u * 55.0 + 3.0 * v * u * u * 45.0 + u * u * u * 100.0;
    let y = v * v * v * a + 3.0 * v * v * u * a + 3.0 * v * u * u * b + u * u * u * b;
    (x, y)
}

/// All dots at a moment. Positions are exact; only at the very ends of a wire are they moved in, so that no node hides them.
pub fn dots(trace: &Trace, flights: &[Flight], at: SimTime) -> Vec<Dot> {
    const EDGE: f64 = 0.1;
    flights
        .iter()
        .take_while(|f| f.at <= at)
        .filter(|f| at < f.arrives())
        .map(|flight| {
            let travelled = at.since(flight.at).as_nanos() as f64 / flight.takes.as_nanos().max(1) as f64;
            let travelled = if flight.lost { travelled.min(0.5) } else { travelled };
            let share = if flight.toward { travelled } else { 1.0 - travelled };
            let (x, y) = point(trace, flight.near, flight.far, share.clamp(EDGE, 1.0 - EDGE));
            Dot {
                wire: column(trace, flight.near),
                x,
                y,
                kind: kind(trace, flight, travelled >= 0.5),
                title: describe(trace, flight),
            }
        })
        .collect()
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
