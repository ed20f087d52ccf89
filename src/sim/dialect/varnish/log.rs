//! Varnish's logs: `varnishncsa` in its default format, and what `varnishlog` says of each fetch that failed. Left out: how
//! much of an answer went out that broke off, since a trace does not tell the sizes of its pieces; 0 is written.

use crate::sim::dialect::LogLine;
use crate::sim::message::{HeadDefect, http_date};
use crate::sim::time::SimTime;
use crate::sim::trace::{Failure, Note, Outcome, Span, SpanId, SpanKind, Trace};

/// The name under which the API is reached.
const HOST: &str = "orders.example";

/// What one request left in the logs, in order of time.
pub(super) fn lines(trace: &Trace, request: SpanId) -> Vec<LogLine> {
    let span = *trace.span(request);
    let Some(asked) = trace.request(request) else { return Vec::new() };
    let tries = trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try);
    let mut out: Vec<LogLine> = tries
        .filter(|(_, t)| matches!(t.outcome, Outcome::Failed(_) | Outcome::Broken(..)))
        .map(|(id, t)| LogLine { at: t.end, file: "error", text: fetch(trace, id, t) })
        .collect();
    if span.end != SimTime::NEVER && span.outcome != Outcome::Unfinished {
        let (status, bytes) = match span.outcome {
            Outcome::Answer(m) => (trace.status(m).unwrap_or_default(), trace.template(m).body_at(m).len()),
            Outcome::Broken(m, _) => (trace.status(m).unwrap_or_default(), 0),
            // The fetch goes on when the client has left, and its answer is logged.
            _ => (200, 0),
        };
        let text = format!(
            "127.0.0.1 - - [{}] \"{} http://{HOST}{} HTTP/1.1\" {status} {bytes} \"-\" \"-\"",
            clock(trace.scenario.epoch, span.start),
            asked.method,
            asked.path,
        );
        out.push(LogLine { at: span.end, file: "access", text });
    }
    out
}

/// A fetch in the words of `varnishlog`.
fn fetch(trace: &Trace, id: SpanId, t: &Span) -> String {
    let before = trace.scenario.clients.len() + trace.scenario.gateways.len();
    let host = format!("10.0.0.{}", (t.detail as usize).saturating_sub(before) + 1);
    let backend = format!("boot.{}", trace.node(crate::sim::trace::NodeId(t.detail as u16)).id);
    let mut parts = Vec::new();
    let reused = trace.notes(id).any(|e| e.note == Note::Reused);
    let connected = reused || trace.notes(id).any(|e| e.note == Note::Connected);
    if connected {
        let how = if reused { "reuse" } else { "connect" };
        parts.push(format!("BackendOpen {backend} {host} 8080 {how}"));
    }
    match t.outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => {
            parts.push(format!("BerespStatus {:03}", trace.status(m).unwrap_or_default()));
            if let Outcome::Broken(_, failure) = t.outcome {
                parts.push(format!("FetchError {}", error(failure, &backend)));
                parts.push(format!("BackendClose {backend} close"));
            }
        }
        Outcome::Failed(failure) => {
            parts.push(format!("FetchError {}", error(failure, &backend)));
            if connected {
                parts.push(format!("BackendClose {backend} close {}", reason(failure)));
            }
        }
        _ => {}
    }
    parts.join(" | ")
}

/// `FetchError`, as recorded.
fn error(failure: Failure, backend: &str) -> String {
    match failure {
        Failure::Refused => format!("backend {backend}: fail errno 111 (Connection refused)"),
        Failure::Unreachable => format!("backend {backend}: fail errno 113 (No route to host)"),
        Failure::ConnectTimeout | Failure::NoReply => {
            format!("backend {backend}: fail errno 110 (Connection timed out)")
        }
        Failure::HeldDown => format!("backend {backend}: fail errno 111 (Connection refused)"),
        Failure::NoLiveUpstream => format!("backend {backend}: unhealthy"),
        Failure::ReadTimeout => "first byte timeout".to_owned(),
        Failure::HeadTooLarge => "overflow".to_owned(),
        Failure::InvalidHead(HeadDefect::Garbage | HeadDefect::Http09) => "HTC eof (-1)".to_owned(),
        Failure::InvalidHead(HeadDefect::LengthAndChunked | HeadDefect::NonnumericLength) => {
            "Body cannot be fetched".to_owned()
        }
        Failure::InvalidHead(_) => "http format error".to_owned(),
        Failure::InvalidChunk => "chunked header non-hex".to_owned(),
        Failure::BodyTimeout => "Resource temporarily unavailable".to_owned(),
        Failure::Truncated { .. } => "eof".to_owned(),
        _ => "HTC eof (-1)".to_owned(),
    }
}

/// Why `BackendClose`, as recorded.
fn reason(failure: Failure) -> &'static str {
    match failure {
        Failure::ReadTimeout => "Receive timeout",
        Failure::HeadTooLarge => "Received buffer overflow",
        _ => "Received bad req/resp",
    }
}

/// A moment as the access log writes it: `20/Nov/2026:21:08:38 +0000`.
fn clock(epoch: u64, at: SimTime) -> String {
    let date = http_date(epoch, at); // "Fri, 20 Nov 2026 21:08:38 GMT"
    let part = |range| date.get(range).unwrap_or_default();
    format!("{}/{}/{}:{} +0000", part(5..7), part(8..11), part(12..16), part(17..25))
}
