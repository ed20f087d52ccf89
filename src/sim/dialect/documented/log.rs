//! A documented product's log: what it can tell of a request, and the line that the product makes of it.

use super::{Documented, Then, When};
use crate::sim::dialect::LogLine;
use crate::sim::message::{Method, http_date};
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, Note, Outcome, SpanId, SpanKind, Trace};

/// What one request left in the log.
pub(super) fn lines(product: &Documented, trace: &Trace, request: SpanId) -> Vec<LogLine> {
    let span = trace.span(request);
    let Some(asked) = trace.request(request) else { return Vec::new() };
    if matches!(span.outcome, Outcome::Open | Outcome::Unfinished) {
        return Vec::new();
    }
    let decided = trace.notes(request).filter_map(|e| match e.note {
        Note::Decided(rule, _) => product.rows.get(usize::from(rule.0)),
        _ => None,
    });
    let row = match span.outcome {
        Outcome::Failed(Failure::CallerLeft) => Some(product.row(When::ClientLeft).1),
        _ => decided.last(),
    };
    let (status, bytes) = match span.outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => (trace.status(m), trace.template(m).body_at(m).len()),
        _ => (None, 0),
    };
    let status = match row.map(|row| row.then) {
        Some(Then::CutAndLog(logged) | Then::Log(logged)) => Some(logged),
        _ => status,
    };
    let tries = || trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try);
    let last = tries().last();
    let connect = last.and_then(|(id, t)| {
        let mut connected = trace.notes(id).filter(|e| e.note == Note::Connected);
        connected.next().map(|e| e.at.since(t.start))
    });
    let upstream_status = last.and_then(|(_, t)| match t.outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => trace.status(m),
        _ => None,
    });
    let told = Told {
        method: asked.method,
        path: &asked.path,
        at: span.end,
        epoch: trace.scenario.epoch,
        status,
        code: row.filter(|row| row.then != Then::Next).map_or("", |row| row.code),
        took: span.end.since(span.start),
        connect,
        upstream: last.map(|(_, t)| trace.nodes[t.detail as usize].id.as_str()),
        upstream_status,
        bytes,
    };
    vec![LogLine { at: span.end, file: "access", text: (product.log)(&told) }]
}

/// What a log can tell of a request.
pub(super) struct Told<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    /// When it ended.
    pub(super) at: SimTime,
    /// The second, since 1970, at which the run began.
    pub(super) epoch: u64,
    /// As the log has it.
    pub(super) status: Option<u16>,
    /// The product's own code; empty if there is none.
    pub(super) code: &'static str,
    pub(super) took: SimDuration,
    /// How long the last connection took to open; none where none did.
    pub(super) connect: Option<SimDuration>,
    /// The upstream that was asked last.
    pub(super) upstream: Option<&'a str>,
    /// What that upstream answered.
    pub(super) upstream_status: Option<u16>,
    /// Of the body.
    pub(super) bytes: usize,
}

impl Told<'_> {
    /// The status, or what stands for none.
    pub(super) fn status_or(&self, none: &str) -> String {
        self.status.map_or_else(|| none.to_owned(), |status| status.to_string())
    }
}

/// A moment as ISO 8601 has it, to the millisecond.
pub(super) fn iso(epoch: u64, at: SimTime) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let date = http_date(epoch, at); // "Fri, 20 Nov 2026 21:08:38 GMT"
    let part = |range| date.get(range).unwrap_or_default();
    let month = MONTHS.iter().position(|m| *m == part(8..11)).unwrap_or_default() + 1;
    format!("{}-{month:02}-{}T{}.{:03}Z", part(12..16), part(5..7), part(17..25), at.as_millis() % 1_000)
}
