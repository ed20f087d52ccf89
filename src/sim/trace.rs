//! What happened in a run: spans and notes, append-only and in order of time.
//!
//! A span is a stretch of work of one node, and belongs to the span that caused it:
//! call > attempt > gateway request > upstream try > origin work > query. A note is a moment of a
//! span. Both are small numbers; names and sentences are made by [`explain`](super::explain()) and by
//! the views when somebody looks.

use xxhash_rust::xxh3::Xxh3;

use super::client::Policy;
use super::dialect::{DialectName, RuleId, Setting};
use super::fault::Fault;
use super::message::{HeadDefect, Message, TemplateId, Templates};
use super::scenario::{Request, Scenario};
use super::time::{SimDuration, SimTime};

/// The index of a span in its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(pub u32);

impl SpanId {
    /// Stands for "no span".
    pub const NONE: Self = Self(u32::MAX);
}

/// The index of a node in [`Trace::nodes`]; clients first, then gateways, origins, dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// It sends requests.
    Client,
    /// It forwards them.
    Gateway,
    /// It answers them.
    Origin,
    /// Origins ask it.
    Dependency,
}

/// A node of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name in the scenario.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
}

/// What a span is a stretch of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKind {
    /// Everything a client does for one request of its user; `detail` is the index into [`Scenario::requests`].
    Call,
    /// One try of the client; `detail` counts from 1.
    Attempt,
    /// A gateway's work on one request.
    GatewayRequest,
    /// A gateway's try at one upstream; `detail` is the upstream's [`NodeId`].
    Try,
    /// An origin's work on one request.
    Work,
    /// A dependency's work on one query.
    Query,
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// The connection was refused.
    Refused,
    /// There is no way to the host.
    Unreachable,
    /// The name does not resolve.
    NameNotResolved,
    /// Nobody answered, until the kernel gave up (after 127 s).
    NoReply,
    /// The connection did not open in time.
    ConnectTimeout,
    /// The connection was closed before an answer.
    Closed,
    /// The connection was reset before an answer.
    Reset,
    /// What came is not an answer.
    InvalidHead(HeadDefect),
    /// The answer's head is larger than the limit.
    HeadTooLarge,
    /// The answer did not come in time.
    ReadTimeout,
    /// The answer ended before its end.
    Truncated {
        /// By a reset rather than a close.
        reset: bool,
    },
    /// The answer's chunks cannot be read.
    InvalidChunk,
    /// The answer stood still in its middle.
    BodyTimeout,
    /// No upstream may be asked.
    NoLiveUpstream,
    /// The client's own limit for the attempt ran out.
    AttemptTimeout,
    /// The answer is none that HTTP knows (a bare HTTP/0.9 body).
    Unparsable,
    /// Whoever asked has left.
    CallerLeft,
    /// The process died.
    Killed,
}

/// How a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has not ended.
    Open,
    /// With an answer.
    Answer(Message),
    /// With an answer that broke off.
    Broken(Message, Failure),
    /// Without an answer.
    Failed(Failure),
    /// The work is done (an origin's or dependency's, whether or not anybody listens).
    Done,
    /// The run was cut.
    Unfinished,
}

/// A stretch of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub kind: SpanKind,
    /// Whose.
    pub node: NodeId,
    /// What caused it; [`SpanId::NONE`] for a call.
    pub parent: SpanId,
    /// A number whose meaning depends on the kind.
    pub detail: u32,
    /// Its start.
    pub start: SimTime,
    /// Its end; [`SimTime::NEVER`] while it is open.
    pub end: SimTime,
    /// How it ended.
    pub outcome: Outcome,
}

/// What travels over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parcel {
    /// The opening of a connection.
    Connect,
    /// The connection is open.
    Accepted,
    /// The connection is refused.
    Refused,
    /// A request, or a query.
    Request,
    /// Part of an answer's head.
    HeadPart,
    /// An answer's head.
    Head,
    /// Bytes of an answer's body.
    Body,
    /// An answer, whole or its end.
    Answer,
    /// The end of the connection.
    Close,
    /// The end of the connection, at once and rudely.
    Reset,
}

/// Why a call ended without another attempt, or why a retry waits as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryReason {
    /// The policy's own delay.
    Backoff,
    /// `Retry-After` asked for it.
    RetryAfter,
}

/// Why a client does not try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// The answer is one to accept.
    Accepted,
    /// The policy does not repeat this status.
    Status,
    /// The policy does not repeat after a failed connection.
    ConnectionError,
    /// The policy does not repeat this method.
    Method,
    /// All attempts are used.
    Attempts,
}

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A change of the timeline happened; the index into [`Scenario::timeline`].
    Change(u32),
    /// A fault had its effect on this span; the index into [`Trace::faults`].
    FaultActed(u32),
    /// Something left a node over the link in front of `link`; it arrives after `takes` nanoseconds unless it is lost.
    Departed {
        /// What.
        parcel: Parcel,
        /// The node behind the link.
        link: NodeId,
        /// Towards that node rather than away from it.
        toward: bool,
        /// Lost on the way.
        lost: bool,
        /// How long it travels, in nanoseconds.
        takes: u64,
    },
    /// The connection is open.
    Connected,
    /// The request is here, whole.
    RequestRead,
    /// It waits for a worker, with this many before it.
    Queued(u32),
    /// A worker took it; so many are busy now.
    Started(u32),
    /// Its worker is free; so many are busy now.
    Released(u32),
    /// The origin asks its database.
    Asked,
    /// The database has answered.
    QueryAnswered,
    /// The order of this number was stored.
    Committed(u32),
    /// The answer's head is here.
    HeadRead,
    /// The node noticed that something failed.
    Noticed(Failure),
    /// A rule of the gateway's product decided, because of this setting.
    Decided(RuleId, Option<Setting>),
    /// The gateway chose this upstream.
    Picked(NodeId),
    /// The gateway passed over this upstream, which is marked as failed.
    PassedOver(NodeId),
    /// The gateway counts this many failures of this upstream.
    PeerFailed(NodeId, u32),
    /// The gateway takes this upstream out.
    PeerOut(NodeId),
    /// The gateway trusts this upstream again.
    PeerBack(NodeId),
    /// This node wrote an answer.
    Wrote(Message),
    /// The client will try again after this long.
    RetryIn(SimDuration, RetryReason),
    /// The client will not try again.
    GaveUp(GiveUp),
    /// Whoever asked has left, and the node notices.
    CallerLeft,
    /// The call ended.
    CallEnded,
}

/// A note with its place and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: SimTime,
    /// Of which span; [`SpanId::NONE`] for the run as a whole.
    pub span: SpanId,
    /// What.
    pub note: Note,
}

/// A fault that was there or came during the run.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultEntry {
    /// Where: a node's name, or `link:` and a name.
    pub place: String,
    /// What.
    pub fault: Fault,
    /// Since when.
    pub since: SimTime,
    /// The change that brought it; none if it was there from the start.
    pub change: Option<u32>,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It goes on.
    Running,
    /// Nothing is left to happen.
    Quiet,
    /// The scenario's horizon was reached.
    Horizon,
    /// So many events were handled that something must be wrong with the scenario.
    EventLimit,
}

/// Who watches a run.
///
/// All methods do nothing by default, so that a run which nobody watches pays for nothing.
pub trait Observer: Clone {
    /// Begins a span.
    fn open(
        &mut self,
        _at: SimTime,
        _kind: SpanKind,
        _node: NodeId,
        _parent: SpanId,
        _detail: u32,
    ) -> SpanId {
        SpanId::NONE
    }
    /// Ends a span.
    fn close(&mut self, _at: SimTime, _span: SpanId, _outcome: Outcome) {}
    /// Adds a moment.
    fn note(&mut self, _at: SimTime, _span: SpanId, _note: Note) {}
    /// Adds a fault to the table and tells its index.
    fn fault(&mut self, _entry: impl FnOnce() -> FaultEntry) {}
    /// Learns of a template, in order of their indices.
    fn template(&mut self, _templates: &Templates, _id: TemplateId) {}
}

/// Nobody watches.
impl Observer for () {}

/// Everything that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The scenario that was run.
    pub scenario: Scenario,
    /// All nodes.
    pub nodes: Vec<Node>,
    /// All spans, in order of their start.
    pub spans: Vec<Span>,
    /// All notes, in order of time.
    pub events: Vec<Event>,
    /// All faults, in order of their appearance; [`Note::FaultActed`] points here.
    pub faults: Vec<FaultEntry>,
    /// All answers that were sent, as templates.
    pub templates: Vec<super::message::Template>,
    /// Until when the run is known.
    pub end: SimTime,
    /// Why it ended.
    pub stop: Stop,
}

impl Observer for Trace {
    fn open(&mut self, at: SimTime, kind: SpanKind, node: NodeId, parent: SpanId, detail: u32) -> SpanId {
        let id = SpanId(self.spans.len() as u32);
        self.spans.push(Span {
            kind,
            node,
            parent,
            detail,
            start: at,
            end: SimTime::NEVER,
            outcome: Outcome::Open,
        });
        id
    }

    fn close(&mut self, at: SimTime, span: SpanId, outcome: Outcome) {
        if let Some(span) = self.spans.get_mut(span.0 as usize) {
            assert!(span.outcome == Outcome::Open, "a span ends once: {span:?} would end with {outcome:?}");
            span.end = at;
            span.outcome = outcome;
        }
    }

    fn note(&mut self, at: SimTime, span: SpanId, note: Note) {
        self.events.push(Event { at, span, note });
    }

    fn fault(&mut self, entry: impl FnOnce() -> FaultEntry) {
        self.faults.push(entry());
    }

    fn template(&mut self, templates: &Templates, id: TemplateId) {
        if self.templates.len() <= id.0 as usize {
            self.templates.push(templates.get(id).clone());
        }
    }
}

impl Trace {
    /// An empty trace of a run of `scenario`.
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            scenario: scenario.clone(),
            nodes: nodes(scenario),
            spans: Vec::new(),
            events: Vec::new(),
            faults: Vec::new(),
            templates: Vec::new(),
            end: SimTime::ZERO,
            stop: Stop::Running,
        }
    }

    /// The span of that index.
    pub fn span(&self, id: SpanId) -> &Span {
        &self.spans[id.0 as usize]
    }

    /// The node of that index.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[usize::from(id.0)]
    }

    /// The template of an answer.
    pub fn template(&self, message: Message) -> &super::message::Template {
        &self.templates[message.template.0 as usize]
    }

    /// The status of an answer, if it has one.
    pub fn status(&self, message: Message) -> Option<u16> {
        self.template(message).status
    }

    /// The answer as bytes on the wire.
    pub fn render(&self, message: Message) -> String {
        self.template(message).render(message, self.scenario.epoch)
    }

    /// All spans of a kind.
    pub fn of_kind(&self, kind: SpanKind) -> impl Iterator<Item = (SpanId, &Span)> {
        self.spans.iter().enumerate().filter(move |(_, s)| s.kind == kind).map(|(i, s)| (SpanId(i as u32), s))
    }

    /// The spans that a span caused directly.
    pub fn children(&self, parent: SpanId) -> impl Iterator<Item = (SpanId, &Span)> {
        self.spans
            .iter()
            .enumerate()
            .skip(if parent == SpanId::NONE { 0 } else { parent.0 as usize })
            .filter(move |(_, s)| s.parent == parent)
            .map(|(i, s)| (SpanId(i as u32), s))
    }

    /// True if `span` is `ancestor` or was caused by it.
    pub fn descends(&self, mut span: SpanId, ancestor: SpanId) -> bool {
        while span != SpanId::NONE {
            if span == ancestor {
                return true;
            }
            span = self.span(span).parent;
        }
        false
    }

    /// The notes of one span.
    pub fn notes(&self, span: SpanId) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(move |e| e.span == span)
    }

    /// What the call asked; `span` may be any span that it caused.
    pub fn request(&self, mut span: SpanId) -> Option<&Request> {
        loop {
            let s = self.spans.get(span.0 as usize)?;
            if s.kind == SpanKind::Call {
                let index = s.detail as usize;
                return match self.scenario.timeline.get(index) {
                    Some(change) => match &change.action {
                        super::scenario::Action::Send { request, .. } => Some(request),
                        _ => None,
                    },
                    // Beyond the timeline's own sends come those of the traffic.
                    None => self.scenario.requests().get(index).copied().flatten(),
                };
            }
            span = s.parent;
        }
    }

    /// The policy that a client had when the call started.
    pub fn policy_at(&self, node: NodeId, at: SimTime) -> Option<&Policy> {
        let id = &self.node(node).id;
        let mut policy = self.scenario.clients.iter().find(|c| c.id == *id).map(|c| &c.policy);
        for change in self.scenario.in_order() {
            if change.at > at {
                break;
            }
            if let super::scenario::Action::Set { node, to: super::scenario::Settings::Client(p) } =
                &change.action
                && node == id
            {
                policy = Some(p);
            }
        }
        policy
    }

    /// The dialect of a gateway.
    pub fn dialect(&self, node: NodeId) -> Option<DialectName> {
        let id = &self.node(node).id;
        self.scenario.gateways.iter().find(|g| g.id == *id).map(|g| g.dialect)
    }

    /// A number that two traces share exactly when everything in them happened alike (64 bits of XXH3).
    ///
    /// It covers spans, notes, and the bytes of every template; the scenario counts only through what it caused.
    pub fn digest(&self) -> u64 {
        let mut hash = Xxh3::new();
        // `Debug` of these types is derived from integers and enums alone, so its text is the same everywhere.
        let mut feed = |text: String| {
            hash.update(text.as_bytes());
            hash.update(b"\n");
        };
        for span in &self.spans {
            feed(format!("{span:?}"));
        }
        for event in &self.events {
            feed(format!("{event:?}"));
        }
        for template in &self.templates {
            feed(format!("{template:?}"));
        }
        feed(format!("{:?} {:?}", self.end, self.stop));
        hash.digest()
    }
}

/// The nodes of a scenario, in the order of their indices.
pub(crate) fn nodes(scenario: &Scenario) -> Vec<Node> {
    let node = |id: &String, kind| Node { id: id.clone(), kind };
    (scenario.clients.iter().map(|n| node(&n.id, NodeKind::Client)))
        .chain(scenario.gateways.iter().map(|n| node(&n.id, NodeKind::Gateway)))
        .chain(scenario.origins.iter().map(|n| node(&n.id, NodeKind::Origin)))
        .chain(scenario.dependencies.iter().map(|n| node(&n.id, NodeKind::Dependency)))
        .collect()
}
