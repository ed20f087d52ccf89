//! Notes: the moments of a span.

use serde::{Deserialize, Serialize};

use super::span::{Failure, NodeId, SpanId};
use super::step::Step;
use crate::sim::dialect::{RuleId, Setting};
use crate::sim::fault::Fault;
use crate::sim::message::Message;
use crate::sim::time::{SimDuration, SimTime};
#[cfg(doc)]
use crate::sim::{scenario::Scenario, trace::Trace};

/// What travels over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// A message of a TLS handshake.
    Handshake,
}

/// Why a call ended without another attempt, or why a retry waits as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RetryReason {
    /// The policy's own delay.
    Backoff,
    /// `Retry-After` asked for it.
    RetryAfter,
}

/// Why a client does not try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The retry budget is spent.
    Budget,
    /// The circuit breaker is open, or has its probes out.
    Breaker,
    /// The client's own throttling refused.
    Throttled,
    /// The call's deadline leaves no room.
    Deadline,
    /// The user has left.
    Abandoned,
    /// `Retry-After` asks for more patience than the client has.
    RetryAfterTooLong,
    /// `Retry-After` cannot be read, and the client takes that for an error.
    RetryAfterMalformed,
}

/// The state of a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BreakerState {
    /// Attempts go through.
    Closed,
    /// Attempts are refused.
    Open,
    /// Some attempts go through to find out.
    HalfOpen,
}

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// The request goes on a connection that carried another one before.
    Reused,
    /// The name of the callee has to be looked up, which takes this long.
    LookedUp(SimDuration),
    /// The circuit breaker of this client or gateway changed its state; of the call or request that moved it, or of no span.
    Breaker(NodeId, BreakerState),
    /// The retry budget refused a retry.
    BudgetRefused,
    /// The client's own throttling refused an attempt; with this probability, in thousandths.
    Throttled(u16),
    /// The client's own rate limit lets the attempt wait this long.
    Paced(SimDuration),
    /// No answer yet: the client sends another attempt beside those that it has sent.
    Hedged,
    /// The request waits at the gateway for a place at an upstream, with so many before it.
    WaitsForPlace(u32),
    /// It has waited long enough: a place is free.
    GotPlace,
    /// The gateway holds the request back for this long, because of its rate.
    Delayed(SimDuration),
    /// The gateway answers from its store; the answer is so old.
    FromStore(SimDuration),
    /// The gateway answers from its store with what is no longer fresh, so old.
    StaleFromStore(SimDuration),
    /// The answer is not in the store.
    NotInStore,
    /// Another request fetches the answer already; this one waits for it.
    WaitsForFetch,
    /// The answer went into the store.
    Stored,
    /// Probes take this upstream out.
    ProbedDown(NodeId),
    /// Probes bring this upstream back.
    ProbedUp(NodeId),
    /// The gateway ejects this upstream for this long.
    Ejected(NodeId, SimDuration),
    /// So few upstreams are well that the gateway asks all of them.
    Panicked,
    /// All upstreams were out, so the gateway lets all of them back in.
    AllBack,
    /// The gateway will try again after this long.
    TriesAgainIn(SimDuration),
    /// The gateway does not try again, for this reason.
    TriesNoMore(RetryObstacle),
    /// A decision of an origin or a dependency.
    Step(Step),
    /// The kept connection was dead, and the client's library sends once more without telling anybody.
    Resent,
}

/// Why a gateway does not try again although its rules allow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum RetryObstacle {
    /// Too many of its requests are trying again.
    TooMany,
    /// The time for all tries would be over.
    NoTime,
}

/// A note with its place and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
