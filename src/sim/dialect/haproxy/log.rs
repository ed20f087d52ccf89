//! HAProxy's log line in the format of `option httplog`.
//!
//! Left out: the counters of connections (one stands for all) and the captured headers but Host.

use super::Haproxy;
use crate::sim::dialect::{Dialect, LogLine};
use crate::sim::message::{Framing, Message, http_date};
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
    let refused = |o: Outcome| {
        let junk = Failure::InvalidChunk;
        matches!(o, Outcome::Failed(f) | Outcome::Broken(_, f)
            if f == junk || matches!(f, Failure::InvalidHead(_) | Failure::HeadTooLarge))
    };
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

/// The size of what went to the client as HTX has it (htx.h, 2.6): a start line of 20 bytes beside its words, names and
/// values of headers, one byte for the end of the head, one for that of chunks, and the body; of an answer that broke
/// off the head alone.
fn bytes(trace: &Trace, message: Message, outcome: Outcome) -> usize {
    let template = trace.template(message);
    let headers = template.headers_at(message, trace.scenario.epoch);
    let headers: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let head = 20 + "HTTP/1.1200".len() + template.reason.len() + headers + 1;
    match outcome {
        Outcome::Broken(..) => head,
        _ => head + usize::from(template.framing == Framing::Chunked) + template.body_at(message).len(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dialect::{DialectName, dialect};
    use crate::sim::message::Method;
    use crate::sim::recorded::Cell;
    use crate::sim::simulation::run;

    fn line(profile: &str, fault: &str) -> String {
        let (gateway, profile, fault) = ("haproxy".to_owned(), profile.to_owned(), fault.to_owned());
        let cell = Cell { gateway, profile, fault, method: Method::Get };
        let trace = run(&cell.scenario().expect("the cell is built"));
        let request = trace.of_kind(SpanKind::GatewayRequest).next().expect("a request").0;
        let lines = dialect(DialectName::Haproxy).log_lines(&trace, request);
        lines.into_iter().map(|l| l.text.split(" fe ").last().unwrap_or_default().to_owned()).collect()
    }

    /// What stands after the frontend's name in the recordings, but for the counters of connections.
    #[test]
    fn timers_bytes_and_termination_states_are_those_of_the_recordings() {
        for (profile, fault, expected) in [
            ("tuned", "refused", "orders/A 0/0/-1/-1/3000 503 217 - - SC-- 1/1/0/0/3 0/0"),
            ("tuned", "blackhole", "orders/A 0/0/-1/-1/4000 503 217 - - sC-- 1/1/0/0/3 0/0"),
            ("tuned", "freeze", "orders/A 0/0/0/-1/2000 504 198 - - sH-- 1/1/0/0/0 0/0"),
            ("tuned", "garbage", "orders/A 0/0/0/-1/2 502 209 - - PH-- 1/1/0/0/0 0/0"),
            ("tuned", "read_close", "orders/A 0/0/0/-1/0 502 209 - - SH-- 1/1/0/0/0 0/0"),
            ("tuned", "ok", "orders/A 0/0/0/2/2 200 114 - - ---- 1/1/0/0/0 0/0"),
            ("redispatch-pool2", "refused", "orders/B 0/0/0/2/2 200 114 - - ---- 1/1/0/0/+1 0/0"),
            ("tuned", "dns_fail_runtime", "orders/<NOSRV> 0/-1/-1/-1/0 503 217 - - SC-- 1/1/0/0/0 0/0"),
            ("maintenance", "ok", "orders/<NOSRV> 0/-1/-1/-1/0 503 123 - - LR-- 1/1/0/0/0 0/0"),
        ] {
            let line = line(profile, fault);
            let seen = line.split(" {").next().unwrap_or_default();
            assert_eq!(seen, expected, "{profile} {fault}");
        }
    }
}
