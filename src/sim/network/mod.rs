//! Connections and the links that they cross.
//!
//! An exchange is a connection between two neighbours together with the request that is on it now. It may
//! carry one request after another, where both ends keep it open. Each end may leave at any time; what was
//! under way to it then is dropped, as a kernel does, and a request that meets a closed end is answered with a
//! reset. Links delay, lose, refuse, reset and forget.
//!
//! Left out: pipelining, several requests at a time on one connection (HTTP/2), windows and slow start: bodies
//! take the time that the bandwidth gives them.

mod connection;
mod link;

use slotmap::{SlotMap, new_key_type};

pub(crate) use connection::{Arrival, Exchange, Keeping, Phase};
pub(crate) use link::LinkState;

use link::Lookup;

use super::fault::{FaultKind, OldAddress, OnHandshake};
use super::message::{Message, TemplateId, Templates};
use super::query::{Statement, Told};
use super::scenario::{Request, Requests};
use super::schedule::Schedule;
use super::time::{SimDuration, SimTime};
use super::trace::{Failure, NodeId, Note, Observer, Outcome, Parcel, SpanId, SpanKind};

new_key_type! {
    /// A request on a connection.
    pub(crate) struct ExchangeKey;
    /// An entry in an actor's own table.
    pub(crate) struct SlotKey;
}

/// How long Linux goes on asking for a connection that nobody answers: 5 × 1 + 2 + 4 + ... + 64 s, as it is since 6.5
/// (`tcp_syn_retries` 6 and `tcp_syn_linear_timeouts` 4, ip-sysctl of the kernel's documentation).
const SYN_GIVES_UP: SimDuration = SimDuration::from_secs(131);

/// What crosses a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packet {
    Connect,
    Accepted,
    Refused,
    /// A message of a TLS handshake.
    Handshake,
    /// The end of a TLS handshake that fails.
    NoHandshake(OnHandshake),
    /// The caller's own kernel says that no connection will come about; crosses nothing.
    NoConnection(Failure),
    Request,
    HeadPart,
    /// The first line of a head, whole.
    StatusLine,
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
    /// A query that does not follow from the request alone.
    Query(Statement),
    /// What came of a query, where that is no plain number.
    Told(Told),
}

impl Packet {
    const fn parcel(self) -> Parcel {
        match self {
            Self::Connect => Parcel::Connect,
            Self::Accepted => Parcel::Accepted,
            Self::Handshake | Self::NoHandshake(_) => Parcel::Handshake,
            Self::Refused | Self::NoConnection(_) => Parcel::Refused,
            Self::Request | Self::Query(_) => Parcel::Request,
            Self::HeadPart | Self::StatusLine => Parcel::HeadPart,
            Self::Head(_) => Parcel::Head,
            Self::Body(_) | Self::BadChunk => Parcel::Body,
            Self::End | Self::Whole(_) | Self::Done(_) | Self::Told(_) => Parcel::Answer,
            Self::Close => Parcel::Close,
            Self::Reset => Parcel::Reset,
        }
    }

    /// True for what a middlebox that resets connections lets pass: it waits for data.
    const fn opens(self) -> bool {
        matches!(self, Self::Connect | Self::Accepted | Self::Refused | Self::NoConnection(_))
    }

    /// True for what completes an answer without ending the connection.
    const fn completes(self) -> bool {
        matches!(self, Self::End | Self::Whole(_) | Self::Done(_) | Self::Told(_))
    }

    /// True if nothing follows it from the side that answers.
    const fn is_last(self) -> bool {
        self.completes() || matches!(self, Self::Refused | Self::Close | Self::Reset)
    }
}

/// Which end of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Callee,
    Caller,
}

/// Bytes of a packet without data: IP and TCP headers.
const BARE: u32 = 40;
/// Bytes of a request without a body, and of a handshake's flight, roughly.
const REQUEST_BYTES: u32 = 400;
const HANDSHAKE_BYTES: u32 = 2_000;

/// What is to happen.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// Something arrives at one end of an exchange.
    Arrive { exchange: ExchangeKey, end: End, packet: Packet },
    /// The side that answers writes something that it had delayed.
    Write { exchange: ExchangeKey, packet: Packet },
    /// The name of the callee is known now, and the connection is opened.
    Dial(ExchangeKey),
    /// One end may have been idle for as long as it waits.
    Idle { exchange: ExchangeKey, end: End },
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
    /// A client's limit for a whole call.
    Deadline,
    /// A client's user leaves.
    Patience,
    /// A client sends another attempt beside those without an answer.
    Hedge,
    /// A client's own rate limit lets an attempt go.
    Paced,
    /// A client's circuit breaker becomes half-open.
    Breaker,
    /// A gateway holds a request back no longer.
    Delay,
    /// A limit for waiting: at a gateway for a place at an upstream, at an origin for a worker.
    Queue,
    /// A gateway's wait before it tries again.
    TryAgain,
    /// A gateway's limit for one try; the epoch is the number of the try.
    Try,
    /// A gateway's limit for the whole request; it has no epoch.
    Total,
    /// A gateway sends the next probe.
    Probe,
    /// A gateway's limit for a probe.
    ProbeOver,
    /// A gateway looks whether ejections are over.
    Sweep,
    /// A request has waited for a connection of the pool as long as it may.
    Acquire,
    /// A query or call has taken as long as it may.
    Query,
    /// A request, or a query, has waited for a lock as long as it may.
    Lock,
    /// A SYN that was dropped is sent again.
    Syn,
    /// The next step in the life of a process is due.
    Process,
    /// A process dies by itself, if it is still the same.
    Crash,
    /// The turn of a process in a deploy.
    Deploy,
    /// A gateway holds the beginning of an answer back no longer; it has no epoch.
    Flush,
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
    pub(crate) requests: &'a Requests,
    pub(crate) epoch: u64,
}

/// All connections and links of a run.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    pub(crate) exchanges: SlotMap<ExchangeKey, Exchange>,
    /// The link in front of each node, by the node's index.
    pub(crate) links: Vec<LinkState>,
    /// How each node keeps the connections that it opens, by the node's index.
    callers: Vec<Keeping>,
    /// How each node keeps the connections that are opened to it, by the node's index.
    callees: Vec<Keeping>,
    /// The idle connections of each caller, the longest idle first, by the caller's index.
    idle: Vec<Vec<(NodeId, ExchangeKey)>>,
    /// Connections that were opened so far, and those that both ends have left.
    opened: u64,
    ended: u64,
    /// Calls that clients began so far.
    calls: u32,
}

impl Network {
    pub(crate) fn new(links: Vec<LinkState>) -> Self {
        let nodes = links.len();
        Self {
            exchanges: SlotMap::with_key(),
            links,
            callers: vec![Keeping::NOT; nodes],
            callees: vec![Keeping::NOT; nodes],
            idle: vec![Vec::new(); nodes],
            opened: 0,
            ended: 0,
            calls: 0,
        }
    }

    /// Sets how a node keeps the connections that it opens, for requests from now on.
    pub(crate) fn keep_as_caller(&mut self, node: NodeId, keeping: Keeping) {
        self.callers[usize::from(node.0)] = keeping;
    }

    /// Sets how a node keeps the connections that are opened to it, for requests from now on.
    pub(crate) fn keep_as_callee(&mut self, node: NodeId, keeping: Keeping) {
        self.callees[usize::from(node.0)] = keeping;
    }

    /// Connections opened so far, ended so far, and standing (open at one end at least).
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        (self.opened, self.ended, self.exchanges.len() as u64)
    }
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

    /// Sets a timer of the acting node that runs for a configured time.
    pub(crate) fn timer(&mut self, after: SimDuration, slot: SlotKey, epoch: u32, timer: Timer) {
        self.schedule.add_after(self.now, after, Event::Timer { node: self.node, slot, epoch, timer });
    }

    /// Sets a timer of the acting node that runs for a time that chance decided.
    pub(crate) fn timer_by_chance(&mut self, after: SimDuration, slot: SlotKey, epoch: u32, timer: Timer) {
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
        self.requests.get(request)
    }

    pub(crate) fn exchange(&self, exchange: ExchangeKey) -> Option<&Exchange> {
        self.network.exchanges.get(exchange)
    }

    /// The number of a new call, counted from 0 over all clients.
    pub(crate) fn next_call(&mut self) -> u32 {
        let call = self.network.calls;
        self.network.calls = call.wrapping_add(1);
        call
    }

    /// Which call of a client a request belongs to, on whatever hop it is.
    pub(crate) fn call_of(&self, exchange: ExchangeKey) -> u32 {
        self.network.exchanges.get(exchange).map_or(0, |x| x.call)
    }

    /// What the callee answers to the request that it works on is worked on under this slot.
    pub(crate) fn serve(&mut self, exchange: ExchangeKey, slot: SlotKey) {
        if let Some(x) = self.network.exchanges.get_mut(exchange) {
            x.callee_slot = slot;
        }
    }

    /// Takes an idle connection to `callee` for a request, or opens one; true if it is one that was used before.
    ///
    /// On a new one, [`Packet::Accepted`], [`Packet::Refused`], [`Packet::NoHandshake`] or
    /// [`Packet::NoConnection`] tells what came of it; on one that was used the request can be sent at once.
    pub(crate) fn call(
        &mut self,
        callee: NodeId,
        request: u32,
        call: u32,
        slot: SlotKey,
        span: SpanId,
    ) -> (ExchangeKey, bool) {
        match self.reuse(callee, request, call, slot, span) {
            Some(exchange) => (exchange, true),
            None => (self.connect(callee, request, call, slot, span), false),
        }
    }

    /// Takes an idle connection to `callee` for a request, if there is one.
    pub(crate) fn reuse(
        &mut self,
        callee: NodeId,
        request: u32,
        call: u32,
        slot: SlotKey,
        span: SpanId,
    ) -> Option<ExchangeKey> {
        let exchange = self.take_idle(callee)?;
        let x = &mut self.network.exchanges[exchange];
        (x.caller_slot, x.request, x.call, x.span) = (slot, request, call, span);
        self.note(span, Note::Reused);
        Some(exchange)
    }

    /// Opens a connection.
    pub(crate) fn connect(
        &mut self,
        callee: NodeId,
        request: u32,
        call: u32,
        slot: SlotKey,
        span: SpanId,
    ) -> ExchangeKey {
        let exchange = self.insert(callee, request, call, slot, span);
        let now = self.now;
        match self.network.links[usize::from(callee.0)].look_up(now) {
            Lookup::Known => self.dial(exchange),
            Lookup::Takes(time) => {
                self.note(span, Note::LookedUp(time));
                self.schedule.add(now + time, Event::Dial(exchange));
            }
            Lookup::Stale => self.dial_old_address(exchange),
        }
        exchange
    }

    /// The name was looked up: the connection is opened, if there is an address.
    pub(crate) fn looked_up(&mut self, exchange: ExchangeKey) {
        let now = self.now;
        let Some(x) = self.network.exchanges.get(exchange).filter(|x| x.caller_open) else { return };
        let (callee, span) = (x.callee, x.span);
        let link = &mut self.network.links[usize::from(callee.0)];
        if link.condition.name_not_resolved {
            let fault = link.fault(FaultKind::NameNotResolved);
            self.no_connection(exchange, span, fault, Failure::NameNotResolved, SimDuration::ZERO);
        } else {
            link.resolved(now);
            self.dial(exchange);
        }
    }

    fn dial_old_address(&mut self, exchange: ExchangeKey) {
        let x = &self.network.exchanges[exchange];
        let (callee, span) = (x.callee, x.span);
        let link = &self.network.links[usize::from(callee.0)];
        let fault = link.fault(FaultKind::AddressMoved);
        let round_trip = link.latency().times(2);
        match link.condition.moved {
            Some(OldAddress::IsGone) => {
                self.no_connection(exchange, span, fault, Failure::NoReply, SYN_GIVES_UP);
            }
            _ => self.no_connection(exchange, span, fault, Failure::Refused, round_trip),
        }
    }

    fn dial(&mut self, exchange: ExchangeKey) {
        let now = self.now;
        let x = &self.network.exchanges[exchange];
        let (callee, span) = (x.callee, x.span);
        let link = &mut self.network.links[usize::from(callee.0)];
        let unreachable = link.unreachable_after(now);
        let condition = &link.condition;
        let round_trip = link.latency().times(2);
        if condition.name_not_resolved && !link.remembers_names() {
            let fault = link.fault(FaultKind::NameNotResolved);
            self.no_connection(exchange, span, fault, Failure::NameNotResolved, SimDuration::ZERO);
        } else if let Some(after) = unreachable {
            let fault = link.fault(FaultKind::Unreachable);
            self.no_connection(exchange, span, fault, Failure::Unreachable, after);
        } else if condition.black_hole {
            self.cross(exchange, End::Callee, Packet::Connect);
            self.no_connection(exchange, span, None, Failure::NoReply, SYN_GIVES_UP);
        } else if condition.refuse {
            let fault = link.fault(FaultKind::Refused);
            self.no_connection(exchange, span, fault, Failure::Refused, round_trip);
        } else {
            if let Some(fault) = link.fault(FaultKind::AddedLatency) {
                self.note(span, Note::FaultActed(fault));
            }
            self.cross(exchange, End::Callee, Packet::Connect);
        }
    }

    /// The caller's kernel will say that no connection comes about.
    fn no_connection(
        &mut self,
        exchange: ExchangeKey,
        span: SpanId,
        fault: Option<u32>,
        failure: Failure,
        after: SimDuration,
    ) {
        if let Some(fault) = fault {
            self.note(span, Note::FaultActed(fault));
        }
        let packet = Packet::NoConnection(failure);
        self.schedule.add(self.now + after, Event::Arrive { exchange, end: End::Caller, packet });
    }

    /// Sends a query over a connection of a pool that stands already. Where the link lets no new connection
    /// through, the pool has none left, and the query fails as opening one would.
    pub(crate) fn ask(
        &mut self,
        callee: NodeId,
        request: u32,
        call: u32,
        slot: SlotKey,
        span: SpanId,
        statement: Statement,
    ) -> ExchangeKey {
        let exchange = self.insert(callee, request, call, slot, span);
        let condition = &self.network.links[usize::from(callee.0)].condition;
        if condition.refuse || condition.unreachable_after.is_some() || condition.name_not_resolved {
            self.dial(exchange);
            return exchange;
        }
        let x = &mut self.network.exchanges[exchange];
        x.callee_open = true;
        let usual = statement == Statement::Usual;
        self.send(exchange, if usual { Packet::Request } else { Packet::Query(statement) });
        exchange
    }

    /// Sends towards the callee.
    pub(crate) fn send(&mut self, exchange: ExchangeKey, packet: Packet) {
        if matches!(packet, Packet::Request | Packet::Query(_)) {
            self.begin_request(exchange);
        }
        self.cross(exchange, End::Callee, packet);
    }

    /// Sends towards the caller; after a last packet the acting side is done with the exchange, or waits for the
    /// next request on it where both ends keep it open.
    pub(crate) fn reply(&mut self, exchange: ExchangeKey, packet: Packet) {
        self.cross(exchange, End::Caller, packet);
        if packet.completes() && self.keep_as_callee(exchange) {
            return;
        }
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

    /// A connection without its request vanished at the callee: its kernel answers with a reset.
    pub(crate) fn refuse_data(&mut self, exchange: ExchangeKey) {
        self.cross(exchange, End::Caller, Packet::Reset);
    }

    fn cross(&mut self, exchange: ExchangeKey, end: End, packet: Packet) {
        let Some(x) = self.network.exchanges.get(exchange) else { return };
        let (callee, span) = (x.callee, x.span);
        let link = &self.network.links[usize::from(callee.0)];
        if link.plain && !x.dead {
            let takes = link.latency();
            let departed = Note::Departed {
                parcel: packet.parcel(),
                link: callee,
                toward: end == End::Callee,
                lost: false,
                takes: takes.as_nanos(),
            };
            self.note(span, departed);
            self.schedule.add_after(self.now, takes, Event::Arrive { exchange, end, packet });
        } else {
            self.cross_troubled(exchange, end, packet);
        }
    }

    /// Crosses a link with faults, chance or a bandwidth.
    fn cross_troubled(&mut self, exchange: ExchangeKey, end: End, packet: Packet) {
        let now = self.now;
        let bytes = self.bytes(packet);
        let x = &mut self.network.exchanges[exchange];
        let (callee, span) = (x.callee, x.span);
        let link = &mut self.network.links[usize::from(callee.0)];
        let forgotten = x.phase == Phase::Busy
            && packet == Packet::Request
            && !x.dead
            && link.condition.forgets_after.is_some_and(|after| x.served > 0 && x.idled > after);
        x.dead |= forgotten;
        let (dead, before) = (x.dead, x.arrived[end as usize]);
        let opening = matches!(packet, Packet::Connect | Packet::Accepted);
        let (mut takes, retransmitted) = link.crossing(now, bytes, end == End::Callee, opening);
        // Nothing on a connection overtakes what left before it.
        takes = takes.max(before.since(now));
        let black_hole = link.condition.black_hole;
        let cut = link.condition.reset && !packet.opens() && !matches!(packet, Packet::Close | Packet::Reset);
        let acted = if black_hole {
            link.fault(FaultKind::BlackHole)
        } else if forgotten {
            link.fault(FaultKind::IdleForgotten)
        } else if cut {
            link.fault(FaultKind::Reset)
        } else if retransmitted {
            link.fault(FaultKind::PacketLoss)
        } else {
            None
        };
        let lost = black_hole || dead;
        let arrives = now + takes;
        self.network.exchanges[exchange].arrived[end as usize] = arrives;
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
        if lost {
        } else if cut {
            for end in [End::Caller, End::Callee] {
                self.schedule.add(arrives, Event::Arrive { exchange, end, packet: Packet::Reset });
            }
        } else {
            self.schedule.add(arrives, Event::Arrive { exchange, end, packet });
        }
    }

    /// How many bytes a packet puts on the wire, roughly.
    fn bytes(&self, packet: Packet) -> u32 {
        let data = match packet {
            Packet::Request | Packet::Query(_) => REQUEST_BYTES,
            Packet::Handshake | Packet::NoHandshake(_) => HANDSHAKE_BYTES,
            Packet::Head(message) => self.templates.size(message.template).0,
            Packet::Whole(message) => {
                let (head, body) = self.templates.size(message.template);
                head.saturating_add(body)
            }
            Packet::Body(bytes) => bytes,
            _ => 0,
        };
        data.saturating_add(BARE)
    }
}
