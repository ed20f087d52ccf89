//! nginx's access and error log.
//!
//! The access log has the `log_format` of the recordings, which shows each upstream's address, status and
//! times; the error log is nginx's own wording, recorded. Left out: how much of an answer went out that broke off, since a
//! trace does not tell the sizes of its pieces; 0 is written.

use super::Nginx;
use crate::sim::dialect::{Dialect, LogLine};
use crate::sim::message::{HeadDefect, Message, http_date};
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, Note, Outcome, Span, SpanId, SpanKind, Trace};

/// The name under which the API is reached.
const HOST: &str = "orders.example";
/// The upstream block's name.
const UPSTREAM: &str = "orders";

/// What one request left in the logs, in order of time.
pub(super) fn lines(nginx: &Nginx, trace: &Trace, request: SpanId) -> Vec<LogLine> {
    let span = *trace.span(request);
    let Some(asked) = trace.request(request) else { return Vec::new() };
    let line = format!("{} {} HTTP/1.1", asked.method, asked.path);
    let tries: Vec<(SpanId, Span)> =
        trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try).map(|(i, s)| (i, *s)).collect();
    let number =
        trace.of_kind(SpanKind::GatewayRequest).position(|(id, _)| id == request).unwrap_or_default() * 2 + 1;
    let mut out = Vec::new();
    let mut error = |at: SimTime, level: &str, what: &str, upstream: Option<String>| {
        let upstream =
            upstream.map(|to| format!(", upstream: \"http://{to}{}\"", asked.path)).unwrap_or_default();
        // The target is parsed before any header is read.
        let host = if what == BAD_TARGET { String::new() } else { format!(", host: \"{HOST}\"") };
        let text = format!(
            "{} [{level}] 7#7: *{number} {what}, client: 127.0.0.1, server: {HOST}, request: \"{line}\"{upstream}{host}",
            local_time(trace.scenario.epoch, at)
        );
        out.push(LogLine { at, file: "error", text });
    };
    for (id, t) in &tries {
        let address = address(trace, t.detail);
        for event in trace.notes(*id) {
            if let Note::Noticed(failure) = event.note {
                let upstream = (failure != Failure::NameNotResolved).then(|| address.clone());
                error(event.at, "error", &message(failure, &address), upstream);
            }
        }
    }
    for event in trace.notes(request) {
        match event.note {
            Note::Noticed(failure @ (Failure::NoLiveUpstream | Failure::NoRoom)) => {
                error(event.at, "error", &message(failure, UPSTREAM), Some(UPSTREAM.to_owned()));
            }
            Note::Noticed(failure @ (Failure::RateLimited | Failure::ClientLimit)) => {
                error(event.at, "error", &message(failure, UPSTREAM), None);
            }
            Note::Noticed(Failure::BodyTooLarge) => {
                let what = format!("client intended to send too large body: {} bytes", asked.body.len());
                error(event.at, "error", &what, None);
            }
            Note::Noticed(Failure::BadTarget) => error(event.at, "info", BAD_TARGET, None),
            Note::CallerLeft => {
                error(event.at, "info", CLIENT_LEFT, tries.last().map(|(_, t)| address(trace, t.detail)))
            }
            Note::Decided(rule, _) if nginx.rules()[usize::from(rule.0)].id == "http09" => {
                error(
                    event.at,
                    "error",
                    NO_VALID_HEADER,
                    tries.last().map(|(_, t)| address(trace, t.detail)),
                );
            }
            _ => {}
        }
    }
    if span.end != SimTime::NEVER && span.outcome != Outcome::Unfinished {
        // Variables in the access log are escaped (documentation of log_format, escape=default).
        let line = line.replace('\\', "\\x5C").replace('"', "\\x22");
        out.push(LogLine {
            at: span.end,
            file: "access",
            text: access(trace, request, &span, &tries, &line),
        });
    }
    out
}

const CLIENT_LEFT: &str = "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while sending request to upstream";
const BAD_TARGET: &str = "client sent invalid request while reading client request line";
const NO_VALID_HEADER: &str =
    "upstream sent no valid HTTP/1.0 header while reading response header from upstream";

fn access(trace: &Trace, request: SpanId, span: &Span, tries: &[(SpanId, Span)], line: &str) -> String {
    let answer = |outcome| match outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => Some(m),
        _ => None,
    };
    let status = match span.outcome {
        Outcome::Failed(Failure::CallerLeft) => "499".to_owned(),
        // An HTTP/0.9 answer has no status; nginx logs 009.
        outcome => answer(outcome)
            .map_or("200".to_owned(), |m| trace.status(m).map_or("009".to_owned(), |s| format!("{s:03}"))),
    };
    let list = |items: Vec<String>| if items.is_empty() { "-".to_owned() } else { items.join(", ") };
    let no_live = (trace.notes(request))
        .any(|e| matches!(e.note, Note::Noticed(Failure::NoLiveUpstream | Failure::NoRoom)));
    let unresolved = tries.iter().any(|(_, t)| t.outcome == Outcome::Failed(Failure::NameNotResolved));
    let seen: &[(SpanId, Span)] = if unresolved { &[] } else { tries };
    let mut addresses: Vec<_> = seen.iter().map(|(_, t)| address(trace, t.detail)).collect();
    let mut statuses: Vec<_> = seen.iter().map(|(_, t)| upstream_status(trace, t)).collect();
    let since =
        |span: &Span, at: Option<SimTime>| at.map_or("-".to_owned(), |at| seconds(at.since(span.start)));
    let noted = |id: SpanId, note: fn(&Note) -> bool| trace.notes(id).find(|e| note(&e.note)).map(|e| e.at);
    let mut connected: Vec<_> =
        seen.iter().map(|(id, t)| since(t, noted(*id, |n| *n == Note::Connected))).collect();
    let mut headed: Vec<_> =
        seen.iter().map(|(id, t)| since(t, noted(*id, |n| *n == Note::HeadRead))).collect();
    let mut ended: Vec<_> =
        seen.iter().map(|(_, t)| since(t, (t.end != SimTime::NEVER).then_some(t.end))).collect();
    if no_live {
        addresses.push(UPSTREAM.to_owned());
        statuses.push("502".to_owned());
        connected.push("-".to_owned());
        headed.push("-".to_owned());
        ended.push("0.000".to_owned());
    }
    let bytes = match span.outcome {
        Outcome::Answer(m) => body_bytes(trace, m),
        _ => 0,
    };
    let completed = match span.outcome {
        Outcome::Failed(_) => "",
        _ => "OK",
    };
    format!(
        "{HOST} status={status} rt={} upstream_addr=[{}] upstream_status=[{}] uct=[{}] uht=[{}] urt=[{}] completed=\"{completed}\" bytes={bytes} \"{line}\"",
        seconds(span.end.since(span.start)),
        list(addresses),
        list(statuses),
        list(connected),
        list(headed),
        list(ended),
    )
}

fn body_bytes(trace: &Trace, message: Message) -> usize {
    let template = trace.template(message);
    template.raw.as_ref().map_or_else(|| template.body_at(message).len(), Vec::len)
}

fn upstream_status(trace: &Trace, t: &Span) -> String {
    match t.outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => trace.status(m).unwrap_or(200).to_string(),
        Outcome::Failed(Failure::ConnectTimeout | Failure::ReadTimeout) => "504".to_owned(),
        Outcome::Failed(Failure::CallerLeft) => "-".to_owned(),
        _ => "502".to_owned(),
    }
}

/// An upstream's address: the first node behind the gateways is 10.0.0.1.
fn address(trace: &Trace, node: u32) -> String {
    let before = trace.scenario.clients.len() + trace.scenario.gateways.len();
    format!("10.0.0.{}:8080", (node as usize).saturating_sub(before) + 1)
}

fn seconds(duration: SimDuration) -> String {
    let millis = duration.as_millis();
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}

/// A moment as the error log writes it: `2026/11/20 21:08:38`.
fn local_time(epoch: u64, at: SimTime) -> String {
    let date = http_date(epoch, at); // "Fri, 20 Nov 2026 21:08:38 GMT"
    let part = |range| date.get(range).unwrap_or_default();
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .iter()
        .position(|m| *m == part(8..11))
        .unwrap_or_default();
    format!("{}/{:02}/{} {}", part(12..16), month + 1, part(5..7), part(17..25))
}

fn message(failure: Failure, address: &str) -> String {
    const HEADER: &str = "while reading response header from upstream";
    match failure {
        Failure::Refused => {
            "connect() failed (111: Connection refused) while connecting to upstream".to_owned()
        }
        Failure::Unreachable => {
            format!("connect() to {address} failed (113: No route to host) while connecting to upstream")
        }
        Failure::NoReply => {
            "connect() failed (110: Connection timed out) while connecting to upstream".to_owned()
        }
        Failure::NameNotResolved => "orders.internal could not be resolved (3: Host not found)".to_owned(),
        Failure::ConnectTimeout => {
            "upstream timed out (110: Connection timed out) while connecting to upstream".to_owned()
        }
        Failure::Closed => format!("upstream prematurely closed connection {HEADER}"),
        Failure::Reset => format!("recv() failed (104: Connection reset by peer) {HEADER}"),
        Failure::InvalidHead(HeadDefect::NulByte) => {
            format!("upstream sent invalid header: \"X-Bad: a\\x00...\" {HEADER}")
        }
        Failure::InvalidHead(_) => format!("upstream sent invalid header: \"this\\x20...\" {HEADER}"),
        Failure::HeadTooLarge => format!("upstream sent too big header {HEADER}"),
        Failure::ReadTimeout => format!("upstream timed out (110: Connection timed out) {HEADER}"),
        Failure::Truncated { reset: false } => {
            "upstream prematurely closed connection while reading upstream".to_owned()
        }
        Failure::Truncated { reset: true } => {
            "readv() failed (104: Connection reset by peer) while reading upstream".to_owned()
        }
        Failure::InvalidChunk => "upstream sent invalid chunked response while reading upstream".to_owned(),
        Failure::BodyTimeout => {
            "upstream timed out (110: Connection timed out) while reading upstream".to_owned()
        }
        Failure::NoLiveUpstream => "no live upstreams while connecting to upstream".to_owned(),
        Failure::HandshakeFailed => "SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking to upstream".to_owned(),
        Failure::BadCertificate => "upstream SSL certificate verify error: (18:self-signed certificate) while SSL handshaking to upstream".to_owned(),
        Failure::RateLimited => "limiting requests, excess: 5.000 by zone \"one\"".to_owned(),
        Failure::ClientLimit => "limiting connections by zone \"addr\"".to_owned(),
        // Without a line to wait in, a full server is one that cannot be asked.
        Failure::NoRoom => "no live upstreams while connecting to upstream".to_owned(),
        Failure::AttemptTimeout
        | Failure::Unparsable
        | Failure::CallerLeft
        | Failure::Killed
        | Failure::BreakerOpen
        | Failure::Throttled
        | Failure::DeadlineExceeded
        | Failure::Abandoned
        | Failure::Shed
        | Failure::GatewayBreakerOpen
        | Failure::QueueTimeout
        | Failure::TryTimeout
        | Failure::Cancelled
        | Failure::RequestTimeout
        | Failure::HeldDown
        | Failure::HeadLines
        | Failure::Unrepeatable
        | Failure::BodyTooLarge
        | Failure::BadTarget => {
            format!("upstream failed {HEADER}")
        }
    }
}
