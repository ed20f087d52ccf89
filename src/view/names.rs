//! What nodes and messages are called in sentences.

use crate::sim::dialect::dialect;
use crate::sim::message::Message;
use crate::sim::trace::{Failure, GiveUp, NodeId, NodeKind, Trace};

use super::text::capital;

/// A node within a sentence: `nginx`, `A`, `database`.
pub fn short(trace: &Trace, node: NodeId) -> String {
    let n = trace.node(node);
    match n.kind {
        NodeKind::Gateway => {
            trace.dialect(node).map_or_else(|| n.id.clone(), |d| dialect(d).title().to_owned())
        }
        NodeKind::Client | NodeKind::Origin | NodeKind::Dependency => n.id.clone(),
    }
}

/// A node as a heading: `Client`, `Origin A`, `Database`.
pub fn title(kind: NodeKind, id: &str) -> String {
    match kind {
        NodeKind::Origin => format!("Origin {id}"),
        NodeKind::Client | NodeKind::Gateway | NodeKind::Dependency => capital(id),
    }
}

/// A place of a fault within a sentence: `A`, `the network in front of A`.
pub fn place(place: &str) -> String {
    match place.strip_prefix("link:") {
        Some(node) => format!("the network in front of {node}"),
        None => place.to_owned(),
    }
}

/// An answer by its status line: `504 Gateway Time-out`.
pub fn answer(trace: &Trace, message: Message) -> String {
    let template = trace.template(message);
    match template.status {
        Some(status) if template.reason.is_empty() => status.to_string(),
        Some(status) => format!("{status} {}", template.reason),
        None => "something that is no HTTP".to_owned(),
    }
}

/// What the node noticed, as the end of "nginx: ...".
pub fn failure(failure: Failure) -> &'static str {
    match failure {
        Failure::Refused => "the connection was refused",
        Failure::Unreachable => "the host cannot be reached",
        Failure::NameNotResolved => "the name does not resolve",
        Failure::ConnectTimeout => "the connection did not open in time",
        Failure::NoReply => "nothing answers at the other end",
        Failure::Closed => "the connection was closed before an answer",
        Failure::Reset => "the connection was reset before an answer",
        Failure::InvalidHead(_) => "the head of the answer cannot be read",
        Failure::HeadTooLarge => "the head of the answer is too large",
        Failure::ReadTimeout => "no answer came in time",
        Failure::Truncated { reset: false } => "the answer ended too early",
        Failure::Truncated { reset: true } => "a reset cut the answer",
        Failure::InvalidChunk => "a chunk of the answer cannot be read",
        Failure::BodyTimeout => "the answer stood still for too long",
        Failure::NoLiveUpstream => "no upstream is left to ask",
        Failure::AttemptTimeout => "the client's own time for the attempt ran out",
        Failure::Unparsable => "what came is no HTTP",
        Failure::CallerLeft => "whoever asked has left",
        Failure::Killed => "the process died",
        Failure::HandshakeFailed => "the TLS handshake failed",
        Failure::BadCertificate => "the certificate is not to be trusted",
        Failure::BreakerOpen => "the circuit breaker is open",
        Failure::Throttled => "the client throttles itself",
        Failure::DeadlineExceeded => "the deadline of the call has passed",
        Failure::Abandoned => "the user has left",
        Failure::Cancelled => "another attempt was answered first",
        Failure::RateLimited => "requests come at too high a rate",
        Failure::ClientLimit => "the client has too many requests under way",
        Failure::Shed => "too many requests are under way",
        Failure::GatewayBreakerOpen => "the circuit breaker is open",
        Failure::NoRoom => "no place at an upstream is free, and none in the line",
        Failure::QueueTimeout => "no place at an upstream became free in time",
        Failure::TryTimeout => "the time for one try ran out",
        Failure::RequestTimeout => "the time for the whole request ran out",
        Failure::HeadLines => "the head of the answer has too many lines, or one that is too long",
        Failure::Unrepeatable => "the request cannot be sent again",
        Failure::HeldDown => "it failed a moment ago and is not dialled again yet",
    }
}

/// Why the client stops, as the end of "client: ...".
pub fn give_up(reason: GiveUp) -> &'static str {
    match reason {
        GiveUp::Accepted => "accepts the answer",
        GiveUp::Status => "does not repeat after this status",
        GiveUp::ConnectionError => "does not repeat where no answer came",
        GiveUp::Method => "does not repeat this method",
        GiveUp::Attempts => "has used all its attempts",
        GiveUp::Budget => "has no retry left in its budget",
        GiveUp::Breaker => "is held back by its open circuit breaker",
        GiveUp::Throttled => "throttles itself",
        GiveUp::Deadline => "has no time left before its deadline",
        GiveUp::Abandoned => "is left by its user",
        GiveUp::RetryAfterTooLong => "does not wait as long as Retry-After asks",
        GiveUp::RetryAfterMalformed => "cannot read Retry-After and stops",
    }
}
