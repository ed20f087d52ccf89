//! Connections and the links that they cross.
//!
//! An exchange is one request on one connection between two neighbours, from the opening of the
//! connection to its end. Each end may leave at any time; what was under way to it then is dropped,
//! as a kernel does. Links delay, lose, refuse and reset.
//!
//! Left out for now: kept-alive connections, bandwidth, loss of single packets.

use slotmap::{SlotMap, new_key_type};

use super::fault::{Fault, FaultKind, LinkCondition};
use super::message::{Message, TemplateId, Templates};
use super::scenario::{Link, Request};
use super::schedule::Schedule;
use super::time::{SimDuration, SimTime};
use super::trace::{Failure, NodeId, Note, Observer, Outcome, Parcel, SpanId, SpanKind};

new_key_type! {
    /// A request on a connection.
    pub(crate) struct ExchangeKey;
    /// An entry in an actor's own table.
    pub(crate) struct SlotKey;
}

/// How long Linux goes on asking for a connection that nobody answers: 1 + 2 + 4 + ... + 64 s
/// (`tcp_syn_retries` 6, tcp(7)).
const SYN_GIVES_UP: SimDuration = SimDuration::from_secs(127);

/// What crosses a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    Connect,
    Accepted,
    Refused,
    /// The caller's own kernel says that no connection will come about; crosses nothing.
    NoConnection(Failure),
    Request,
    HeadPart,
    Head(Message),
    Body(u32),
    BadChunk,
    End,
    /// Head, body and end in one.
    Whole(Message),
    /// A query's result.
    Done(u32),
    Close,
    Reset,
}

impl Packet {
    const fn parcel(self) -> Parcel {
        match self {
            Self::Connect => Parcel::Connect,
            Self::Accepted => Parcel::Accepted,
            Self::Refused | Self::NoConnection(_) => Parcel::Refused,
            Self::Request => Parcel::Request,
            Self::HeadPart => Parcel::HeadPart,
            Self::Head(_) => Parcel::Head,
            Self::Body(_) | Self::BadChunk => Parcel::Body,
            Self::End | Self::Whole(_) | Self::Done(_) => Parcel::Answer,
            Self::Close => Parcel::Close,
            Self::Reset => Parcel::Reset,
        }
    }

    /// True for what a middlebox that resets connections lets pass: it waits for data.
    const fn opens(self) -> bool {
        matches!(self, Self::Connect | Self::Accepted | Self::Refused | Self::NoConnection(_))
    }

    /// True if nothing follows it from the side that answers.
    const fn is_last(self) -> bool {
        matches!(self, Self::Refused | Self::End | Self::Whole(_) | Self::Done(_) | Self::Close | Self::Reset)
    }
}

/// Which end of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Caller,
    Callee,
}

/// What is to happen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A change of the timeline.
    Change(u32),
    /// Something arrives at one end of an exchange.
    Arrive { exchange: ExchangeKey, end: End, packet: Packet },
    /// The side that answers writes something that it had delayed.
    Write { exchange: ExchangeKey, packet: Packet },
    /// A timer runs out, unless its slot is gone or in a later epoch.
    Timer { node: NodeId, slot: SlotKey, epoch: u32, timer: Timer },
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// A client's limit for an attempt.
    Attempt,
    /// The wait before a retry.
    Retry,
    /// A client's own traffic sends the next request.
    Arrival,
    /// A gateway's limit for opening a connection.
    Connect,
    /// A gateway's limit for reading.
    Read,
    /// A gateway closes a connection that nobody uses.
    KeepAlive,
    /// An origin's or dependency's work is done.
    Work,
    /// The last piece of an answer is written.
    Written,
}

/// One request on one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    pub(crate) caller: NodeId,
    pub(crate) caller_slot: SlotKey,
    pub(crate) callee: NodeId,
    pub(crate) callee_slot: SlotKey,
    /// The index of the change that asked for it.
    pub(crate) request: u32,
    /// The caller's span that it belongs to.
    pub(crate) span: SpanId,
    pub(crate) caller_open: bool,
    pub(crate) callee_open: bool,
}

/// The link in front of a node.
#[derive(Clone, Debug)]
pub(crate) struct LinkState {
    latency: SimDuration,
    faults: Vec<(Fault, u32)>,
    condition: LinkCondition,
}

impl LinkState {
    pub(crate) fn new(link: &Link) -> Self {
        Self { latency: link.latency, faults: Vec::new(), condition: LinkCondition::default() }
    }

    pub(crate) fn inject(&mut self, fault: &Fault, index: u32) {
        self.faults.retain(|(f, _)| f.kind() != fault.kind());
        self.faults.push((fault.clone(), index));
        self.derive();
    }

    pub(crate) fn repair(&mut self, kind: FaultKind) {
        self.faults.retain(|(f, _)| f.kind() != kind);
        self.derive();
    }

    pub(crate) fn set_latency(&mut self, latency: SimDuration) {
        self.latency = latency;
    }

    fn derive(&mut self) {
        self.condition = LinkCondition::default();
        for (fault, _) in &self.faults {
            fault.behaviour().condition(&mut self.condition);
        }
    }

    fn crossing(&self) -> SimDuration {
        self.latency + self.condition.added_latency
    }

    fn fault(&self, kind: FaultKind) -> Option<u32> {
        self.faults.iter().find(|(f, _)| f.kind() == kind).map(|(_, index)| *index)
    }
}

/// All exchanges and links of a run.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) exchanges: SlotMap<ExchangeKey, Exchange>,
    /// The link in front of each node, by the node's index.
    pub(crate) links: Vec<LinkState>,
}

/// What an actor can do to the world while it handles an event.
pub(crate) struct Effects<'a, O> {
    pub(crate) now: SimTime,
    /// The actor that acts.
    pub(crate) node: NodeId,
    pub(crate) schedule: &'a mut Schedule<Event>,
    pub(crate) network: &'a mut Network,
    pub(crate) templates: &'a mut Templates,
    pub(crate) observer: &'a mut O,
    pub(crate) requests: &'a [Option<Request>],
    pub(crate) epoch: u64,
}

impl<O: Observer> Effects<'_, O> {
    /// Begins a span of the acting node.
    pub(crate) fn open(&mut self, kind: SpanKind, parent: SpanId, detail: u32) -> SpanId {
        self.observer.open(self.now, kind, self.node, parent, detail)
    }

    pub(crate) fn close(&mut self, span: SpanId, outcome: Outcome) {
        self.observer.close(self.now, span, outcome);
    }

    pub(crate) fn note(&mut self, span: SpanId, note: Note) {
        self.observer.note(self.now, span, note);
    }

    /// Sets a timer of the acting node.
    pub(crate) fn timer(&mut self, after: SimDuration, slot: SlotKey, epoch: u32, timer: Timer) {
        self.schedule.add(self.now + after, Event::Timer { node: self.node, slot, epoch, timer });
    }

    /// The table's entry for a template, known to the observer from now on.
    pub(crate) fn intern(&mut self, template: super::message::Template) -> TemplateId {
        let id = self.templates.intern(template);
        self.observer.template(self.templates, id);
        id
    }

    /// The message of a template, written now.
    pub(crate) fn message(&self, template: TemplateId, number: u32) -> Message {
        Message { template, number, sent: self.now }
    }

    /// The request that an exchange carries.
    pub(crate) fn request(&self, request: u32) -> Option<&Request> {
        self.requests.get(request as usize).and_then(Option::as_ref)
    }

    pub(crate) fn exchange(&self, exchange: ExchangeKey) -> Option<&Exchange> {
        self.network.exchanges.get(exchange)
    }

    fn insert(&mut self, callee: NodeId, request: u32, slot: SlotKey, span: SpanId) -> ExchangeKey {
        self.network.exchanges.insert(Exchange {
            caller: self.node,
            caller_slot: slot,
            callee,
            callee_slot: SlotKey::default(),
            request,
            span,
            caller_open: true,
            callee_open: false,
        })
    }

    /// Opens a connection; [`Packet::Accepted`], [`Packet::Refused`] or [`Packet::NoConnection`] tells what came of it.
    pub(crate) fn connect(
        &mut self,
        callee: NodeId,
        request: u32,
        slot: SlotKey,
        span: SpanId,
    ) -> ExchangeKey {
        let exchange = self.insert(callee, request, slot, span);
        let link = &self.network.links[usize::from(callee.0)];
        let condition = link.condition;
        let round_trip = link.crossing().times(2);
        let (acted, failure, after) = if condition.name_not_resolved {
            (link.fault(FaultKind::NameNotResolved), Failure::NameNotResolved, SimDuration::ZERO)
        } else if let Some(after) = condition.unreachable_after {
            (link.fault(FaultKind::Unreachable), Failure::Unreachable, after)
        } else if condition.black_hole {
            self.cross(exchange, End::Callee, Packet::Connect);
            (None, Failure::NoReply, SYN_GIVES_UP)
        } else if condition.refuse {
            (link.fault(FaultKind::Refused), Failure::Refused, round_trip)
        } else {
            if let Some(fault) = link.fault(FaultKind::AddedLatency) {
                self.note(span, Note::FaultActed(fault));
            }
            self.cross(exchange, End::Callee, Packet::Connect);
            return exchange;
        };
        if let Some(fault) = acted {
            self.note(span, Note::FaultActed(fault));
        }
        let packet = Packet::NoConnection(failure);
        self.schedule.add(self.now + after, Event::Arrive { exchange, end: End::Caller, packet });
        exchange
    }

    /// Sends a query over a connection that stands already.
    pub(crate) fn ask(&mut self, callee: NodeId, request: u32, slot: SlotKey, span: SpanId) -> ExchangeKey {
        let exchange = self.insert(callee, request, slot, span);
        self.network.exchanges[exchange].callee_open = true;
        self.cross(exchange, End::Callee, Packet::Request);
        exchange
    }

    /// Sends towards the callee.
    pub(crate) fn send(&mut self, exchange: ExchangeKey, packet: Packet) {
        self.cross(exchange, End::Callee, packet);
    }

    /// Sends towards the caller; after a last packet the acting side is done with the exchange.
    pub(crate) fn reply(&mut self, exchange: ExchangeKey, packet: Packet) {
        self.cross(exchange, End::Caller, packet);
        if packet.is_last() {
            self.leave(exchange, End::Callee);
        }
    }

    /// Sends towards the caller after a pause.
    pub(crate) fn reply_after(&mut self, pause: SimDuration, exchange: ExchangeKey, packet: Packet) {
        self.schedule.add(self.now + pause, Event::Write { exchange, packet });
    }

    /// The caller ends the connection before its answer is complete.
    pub(crate) fn hang_up(&mut self, exchange: ExchangeKey) {
        self.cross(exchange, End::Callee, Packet::Close);
        self.leave(exchange, End::Caller);
    }

    /// One end is done; whatever still comes for it is dropped.
    pub(crate) fn leave(&mut self, exchange: ExchangeKey, end: End) {
        let Some(x) = self.network.exchanges.get_mut(exchange) else { return };
        match end {
            End::Caller => x.caller_open = false,
            End::Callee => x.callee_open = false,
        }
        if !x.caller_open && !x.callee_open {
            self.network.exchanges.remove(exchange);
        }
    }

    fn cross(&mut self, exchange: ExchangeKey, end: End, packet: Packet) {
        let Some(x) = self.network.exchanges.get(exchange) else { return };
        let (callee, span) = (x.callee, x.span);
        let link = &self.network.links[usize::from(callee.0)];
        let takes = link.crossing();
        let lost = link.condition.black_hole;
        let cut = link.condition.reset && !packet.opens() && !matches!(packet, Packet::Close | Packet::Reset);
        let acted = if lost {
            link.fault(FaultKind::BlackHole)
        } else if cut {
            link.fault(FaultKind::Reset)
        } else {
            None
        };
        self.note(
            span,
            Note::Departed {
                parcel: packet.parcel(),
                link: callee,
                toward: end == End::Callee,
                lost: lost || cut,
                takes: takes.as_nanos(),
            },
        );
        if let Some(fault) = acted {
            self.note(span, Note::FaultActed(fault));
        }
        if cut {
            for end in [End::Caller, End::Callee] {
                self.schedule.add(self.now + takes, Event::Arrive { exchange, end, packet: Packet::Reset });
            }
        } else if !lost {
            self.schedule.add(self.now + takes, Event::Arrive { exchange, end, packet });
        }
    }
}
