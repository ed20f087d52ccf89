//! HAProxy's log line in the format of `option httplog`.
//!
//! Left out: the counters of connections (one stands for all) and the captured headers but Host.

use super::Haproxy;
use crate::sim::dialect::{Dialect, LogLine};
use crate::sim::message::{Message, http_date};
use crate::sim::scenario::Maintenance;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, Note, Outcome, Span, SpanId, SpanKind, Trace};

/// The name under which the API is reached.
const HOST: &str = "orders.example";

/// The line of one request; none while it goes on, and none for one that HAProxy lets fall silently.
pub(super) fn lines(haproxy: &Haproxy, trace: &Trace, request: SpanId) -> Vec<LogLine> {
    let span = *trace.span(request);
    let Some(asked) = trace.request(request) else { return Vec::new() };
    if span.end == SimTime::NEVER || matches!(span.outcome, Outcome::Unfinished) {
        return Vec::new();
    }
    let silent = |e: &Note| matches!(e, Note::Decided(rule, _) if haproxy.rules()[usize::from(rule.0)].id == "silent-close");
    if trace.notes(request).any(|e| silent(&e.note)) {
        return Vec::new();
    }
    let tries: Vec<(SpanId, Span)> =
        trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try).map(|(i, s)| (i, *s)).collect();
    // A server without an address counts as down, and nobody was asked.
    let asked_for: Vec<_> =
        (tries.into_iter()).filter(|(_, t)| t.outcome != Outcome::Failed(Failure::NameNotResolved)).collect();
    let last = asked_for.last();
    let server = last.map_or("<NOSRV>".to_owned(), |(_, t)| server(trace, t));
    let retries = asked_for.len().saturating_sub(1);
    let elsewhere = asked_for.iter().any(|(_, t)| Some(t.detail) != last.map(|(_, l)| l.detail));
    let message = match span.outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => Some(m),
        _ => None,
    };
    let text = format!(
        "127.0.0.1:{} [{}] fe orders/{server} {} {} {} - - {}-- 1/1/0/0/{}{retries} 0/0 {{{HOST}}} \"{} {} HTTP/1.1\"",
        40_000 + request.0 % 20_000,
        accepted(trace.scenario.epoch, span.start),
        timers(trace, &span, &asked_for, elsewhere),
        message.and_then(|m| trace.status(m)).map_or("-1".to_owned(), |s| s.to_string()),
        message.map_or(0, |m| bytes(trace, m, span.outcome)),
        termination(trace, request, &span, last.is_some()),
        if elsewhere { "+" } else { "" },
        asked.method,
        asked.path,
    );
    vec![LogLine { at: span.end, file: "access", text }]
}

/// `TR/Tw/Tc/Tr/Ta`: the request's own time, the queue, the connection, the answer's head, all; −1 for what did not come
/// about. A wait for another server counts as queue.
fn timers(trace: &Trace, span: &Span, tries: &[(SpanId, Span)], elsewhere: bool) -> String {
    let whole = |duration: SimDuration| duration.as_millis() as i64;
    let all = whole(span.end.since(span.start));
    let Some((id, last)) = tries.last() else { return format!("0/-1/-1/-1/{all}") };
    let at = |note: Note| trace.notes(*id).find(|e| e.note == note).map(|e| e.at);
    let queued = if elsewhere { whole(last.start.since(span.start)) } else { 0 };
    let reused = at(Note::Reused).map(|_| last.start);
    let connected = at(Note::Connected).or(reused);
    let connect = connected.map_or(-1, |c| whole(c.since(last.start)));
    let refused = |o: Outcome| matches!(o, Outcome::Failed(Failure::InvalidHead(_) | Failure::HeadTooLarge));
    let head = at(Note::HeadRead).filter(|_| !refused(last.outcome));
    let answer = head.zip(connected).map_or(-1, |(h, c)| whole(h.since(c)));
    format!("0/{queued}/{connect}/{answer}/{all}")
}

/// The first two letters of the termination state (configuration manual 2.6, chapter 8.5).
fn termination(trace: &Trace, request: SpanId, span: &Span, asked: bool) -> &'static str {
    if !asked {
        let returned = trace.scenario.gateways.iter().any(|g| {
            matches!(g.settings.maintenance, Some(Maintenance::On { retry_after }) if retry_after != Default::default())
        });
        return if returned { "LR" } else { "SC" };
    }
    match span.outcome {
        Outcome::Broken(_, Failure::BodyTimeout) => "sD",
        Outcome::Broken(..) => "SD",
        _ => {
            let last = trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try).last();
            match last.map(|(_, t)| t.outcome) {
                Some(Outcome::Failed(failure) | Outcome::Broken(_, failure)) => match failure {
                    Failure::ConnectTimeout => "sC",
                    Failure::ReadTimeout => "sH",
                    Failure::InvalidHead(_) | Failure::HeadTooLarge | Failure::InvalidChunk => "PH",
                    Failure::Closed | Failure::Reset => "SH",
                    _ => "SC",
                },
                _ => "--",
            }
        }
    }
}

/// What went to the client: head and body, of an answer that broke off the head alone.
fn bytes(trace: &Trace, message: Message, outcome: Outcome) -> usize {
    let template = trace.template(message);
    let head = template.head_at(message, trace.scenario.epoch).len() + "\r\n".len();
    match outcome {
        Outcome::Broken(..) => head,
        _ => head + template.body_at(message).len(),
    }
}

fn server(trace: &Trace, t: &Span) -> String {
    trace.nodes.get(t.detail as usize).map_or_else(String::new, |n| n.id.clone())
}

/// A moment as the log writes it: `20/Nov/2026:21:08:37.875`.
fn accepted(epoch: u64, at: SimTime) -> String {
    let date = http_date(epoch, at); // "Fri, 20 Nov 2026 21:08:38 GMT"
    let part = |range| date.get(range).unwrap_or_default();
    format!("{}/{}/{}:{}.{:03}", part(5..7), part(8..11), part(12..16), part(17..25), at.as_millis() % 1_000)
}
