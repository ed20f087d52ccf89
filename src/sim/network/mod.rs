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
mod crossing;
mod link;
mod opening;

use slotmap::{SlotMap, new_key_type};

pub(crate) use connection::{Arrival, Exchange, Keeping};
pub(crate) use link::LinkState;

use super::fault::OnHandshake;
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

/// Who is asked, and for what: what a connection carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asks {
    /// Who is asked.
    pub(crate) callee: NodeId,
    /// The number of the request, for [`Effects::request`].
    pub(crate) request: u32,
    /// The call of a client that it belongs to.
    pub(crate) call: u32,
    /// The caller's own entry; what is answered comes back to it.
    pub(crate) slot: SlotKey,
    /// The caller's span.
    pub(crate) span: SpanId,
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
}
