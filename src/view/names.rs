//! What nodes and messages are called in sentences.

use crate::sim::dialect::dialect;
use crate::sim::message::Message;
use crate::sim::trace::{GiveUp, NodeId, NodeKind, Trace};

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
