//! Spans: who did what from when to when, because of what, and how it ended.

use serde::{Deserialize, Serialize};

use crate::sim::message::{HeadDefect, Message};
use crate::sim::time::SimTime;
#[cfg(doc)]
use crate::sim::{scenario::Scenario, trace::Trace};

/// The index of a span in its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId(pub u32);

impl SpanId {
    /// Stands for "no span".
    pub const NONE: Self = Self(u32::MAX);
}

/// The index of a node in [`Trace::nodes`]; clients first, then gateways, origins, dependencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeId(pub u16);

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    /// Its name in the scenario.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
}

/// What a span is a stretch of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// A gateway's probe of one upstream, which belongs to no call; `detail` is the upstream's [`NodeId`].
    Probe,
    /// A gateway fetches a new answer for its store while it gives the old one out.
    Refresh,
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Failure {
    /// The connection was refused.
    Refused,
    /// There is no way to the host.
    Unreachable,
    /// The name does not resolve.
    NameNotResolved,
    /// Nobody answered, until the kernel gave up (after 131 s).
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
    /// What came back in place of a TLS handshake is none.
    HandshakeFailed,
    /// The certificate is not to be trusted.
    BadCertificate,
    /// The client's circuit breaker refused it before it was sent.
    BreakerOpen,
    /// The client's own throttling refused it before it was sent.
    Throttled,
    /// The call's deadline passed.
    DeadlineExceeded,
    /// The user has left.
    Abandoned,
    /// Another attempt of the call was answered first.
    Cancelled,
    /// The client sends requests at too high a rate.
    RateLimited,
    /// The client has too many requests under way.
    ClientLimit,
    /// The gateway has too many requests under way.
    Shed,
    /// The circuit breaker keeps requests away.
    GatewayBreakerOpen,
    /// No place is free at the upstreams, and none in the line for one.
    NoRoom,
    /// No place at the upstreams became free in time.
    QueueTimeout,
    /// The time for one try ran out.
    TryTimeout,
    /// The time for the whole request ran out.
    RequestTimeout,
    /// The upstream failed a moment ago and is not dialled again yet.
    HeldDown,
    /// The answer's head has too many lines, or one that is too long.
    HeadLines,
    /// The request would have to be sent again and cannot be.
    Unrepeatable,
    /// The request's body is larger than the gateway takes.
    BodyTooLarge,
    /// The request's target cannot be read.
    BadTarget,
}

impl Failure {
    /// True if the client itself ended the attempt, whatever went on elsewhere.
    pub const fn is_the_client_s(self) -> bool {
        matches!(self, Self::AttemptTimeout | Self::DeadlineExceeded | Self::Abandoned | Self::Cancelled)
    }

    /// True for what a gateway refuses by itself, whatever upstreams do.
    pub const fn is_own_refusal(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::ClientLimit
                | Self::Shed
                | Self::GatewayBreakerOpen
                | Self::NoRoom
                | Self::QueueTimeout
                | Self::RequestTimeout
                | Self::Unrepeatable
                | Self::BodyTooLarge
                | Self::BadTarget
        )
    }
}

/// How a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
