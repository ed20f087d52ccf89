//! Apache's access log (`combined`) and error log.
//!
//! Left out: AH01095, which names the member that a request with too large a body would have gone to.

use super::Apache;
use crate::sim::dialect::{Dialect, LogLine, target};
use crate::sim::message::{HeadDefect, http_date};
use crate::sim::time::SimTime;
use crate::sim::trace::{Failure, Note, Outcome, Span, SpanId, SpanKind, Trace};

/// What one request left in the logs, in order of time.
pub(super) fn lines(trace: &Trace, request: SpanId) -> Vec<LogLine> {
    let span = *trace.span(request);
    let Some(asked) = trace.request(request) else { return Vec::new() };
    let mut out = Vec::new();
    let tries: Vec<(SpanId, Span)> =
        trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try).map(|(i, s)| (i, *s)).collect();
    let mut error = |at: SimTime, module: &str, text: String| {
        let when = error_time(trace.scenario.epoch, at);
        let text = format!("[{when}] [{module}] [pid 7:tid 7] [client 127.0.0.1:40000] {text}");
        out.push(LogLine { at, file: "error", text });
    };
    for (id, t) in &tries {
        let address = address(trace, t.detail);
        for event in trace.notes(*id) {
            if let Note::Noticed(failure) = event.note {
                for (module, text) in messages(failure, t.outcome, &address, &asked.path) {
                    error(event.at, module, text);
                }
            }
        }
    }
    for event in trace.notes(request) {
        if event.note == Note::Noticed(Failure::NoLiveUpstream) {
            let text = "AH01167: balancer://orders: All workers are in error state".to_owned();
            error(event.at, "proxy_balancer:error", text);
        }
        if event.note == Note::Noticed(Failure::BodyTooLarge) {
            let limit = limit(trace, request);
            let size = asked.body.len();
            let text = format!(
                "AH01588: Requested content-length of {size} is larger than the configured limit of {limit}"
            );
            error(event.at, "http:info", text);
        }
        // An escape that is none is refused without a word.
        if event.note == Note::Noticed(Failure::BadTarget) && target::decoded(&asked.path, |_| true).is_some()
        {
            error(event.at, "core:error", format!("AH10244: invalid URI path ({})", asked.path));
        }
    }
    if span.end != SimTime::NEVER && span.outcome != Outcome::Unfinished {
        let message = match span.outcome {
            Outcome::Answer(m) | Outcome::Broken(m, _) => Some(m),
            _ => None,
        };
        // A request that ended without a byte is logged as the 502 that nobody received.
        let status = message.and_then(|m| trace.status(m)).unwrap_or(502);
        let bytes = match span.outcome {
            Outcome::Answer(m) => match trace.template(m).body_at(m).len() {
                // `%b` of mod_log_config.
                0 => "-".to_owned(),
                bytes => bytes.to_string(),
            },
            _ => "-".to_owned(),
        };
        let line = format!("{} {} HTTP/1.1", asked.method, asked.path);
        let line = line.replace('\\', "\\\\").replace('"', "\\\"");
        let when = access_time(trace.scenario.epoch, span.start);
        let text = format!("127.0.0.1 - - [{when}] \"{line}\" {status} {bytes} \"-\" \"-\"");
        out.push(LogLine { at: span.end, file: "access", text });
    }
    out
}

/// The largest body that was accepted when the run began.
fn limit(trace: &Trace, request: SpanId) -> u32 {
    let id = &trace.node(trace.span(request).node).id;
    let gateway = trace.scenario.gateways.iter().find(|g| g.id == *id);
    gateway.map_or(0, |g| Apache.effective(&g.settings).body_limit)
}

/// What the error log says of a failed try.
fn messages(failure: Failure, outcome: Outcome, address: &str, path: &str) -> Vec<(&'static str, String)> {
    const TIMEOUT: &str = "(70007)The timeout specified has expired";
    let connect = |why: &str| {
        let host = address.split(':').next().unwrap_or_default();
        vec![
            (
                "proxy:error",
                format!("{why}: AH00957: http: attempt to connect to {address} ({address}) failed"),
            ),
            ("proxy_http:error", format!("AH01114: HTTP: failed to make connection to backend: {host}")),
        ]
    };
    let status_line = |why: &str| {
        let text = format!("{why}: AH01102: error reading status line from remote server {address}");
        let returned = format!("AH00898: Error reading from remote server returned by {path}");
        vec![("proxy_http:error", text), ("proxy:error", returned)]
    };
    let response = |why: &str| vec![("proxy_http:error", format!("{why}: AH01110: error reading response"))];
    let warning = |text: &str| vec![("proxy_http:warn", text.to_owned())];
    match failure {
        Failure::Refused => connect("(111)Connection refused"),
        Failure::Unreachable => connect("(113)No route to host"),
        Failure::ConnectTimeout | Failure::NoReply => connect(TIMEOUT),
        Failure::ReadTimeout => status_line(TIMEOUT),
        Failure::Closed => status_line("(20014)Internal error (specific information not available)"),
        Failure::Reset => status_line("(104)Connection reset by peer"),
        Failure::InvalidHead(HeadDefect::Garbage) => status_line("(70014)End of file found"),
        Failure::InvalidHead(HeadDefect::NonnumericLength) => {
            vec![("http:info", "AH01587: Invalid Content-Length".to_owned())]
        }
        Failure::InvalidHead(HeadDefect::NulByte) => {
            warning("(22)Invalid argument: AH10404: Error reading headers from backend")
        }
        Failure::InvalidHead(_) => warning(&format!("AH01106: bad HTTP/1.1 header returned by {path}")),
        Failure::HeadLines => warning(
            "(28)No space left on device: AH10124: header size is over the limit allowed by ResponseFieldSize (8192 bytes).",
        ),
        Failure::BodyTimeout => response(TIMEOUT),
        Failure::Truncated { reset: true } => response("(104)Connection reset by peer"),
        Failure::Truncated { reset: false } => {
            response("(70008)Partial results are valid but processing is incomplete")
        }
        Failure::InvalidChunk => {
            vec![("http:info", "(22)Invalid argument: AH01590: Error reading/parsing chunk".to_owned())]
        }
        Failure::NameNotResolved => {
            let why = "(EAI 2)Name or service not known: AH00898: DNS lookup failure for: nope.invalid";
            vec![("proxy:error", format!("{why} returned by {path}"))]
        }
        Failure::HandshakeFailed | Failure::BadCertificate => {
            let text = "AH00898: Error during SSL Handshake with remote server returned by";
            vec![("proxy:error", format!("{text} {path}"))]
        }
        _ if matches!(outcome, Outcome::Broken(..)) => response("(104)Connection reset by peer"),
        _ => Vec::new(),
    }
}

/// An upstream's address: the first node behind the gateways is 10.0.0.1.
fn address(trace: &Trace, node: u32) -> String {
    let before = trace.scenario.clients.len() + trace.scenario.gateways.len();
    format!("10.0.0.{}:8080", (node as usize).saturating_sub(before) + 1)
}

/// A moment as the access log writes it: `20/Nov/2026:21:08:38 +0000`.
fn access_time(epoch: u64, at: SimTime) -> String {
    let date = http_date(epoch, at); // "Fri, 20 Nov 2026 21:08:38 GMT"
    let part = |range| date.get(range).unwrap_or_default();
    format!("{}/{}/{}:{} +0000", part(5..7), part(8..11), part(12..16), part(17..25))
}

/// A moment as the error log writes it: `Fri Nov 20 21:08:38.123456 2026`.
fn error_time(epoch: u64, at: SimTime) -> String {
    let date = http_date(epoch, at);
    let part = |range| date.get(range).unwrap_or_default();
    let micros = at.as_nanos() % 1_000_000_000 / 1_000;
    format!("{} {} {} {}.{micros:06} {}", part(0..3), part(8..11), part(5..7), part(17..25), part(12..16))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dialect::{DialectName, dialect};
    use crate::sim::message::Method;
    use crate::sim::recorded::Cell;
    use crate::sim::simulation::run;

    #[test]
    fn a_refused_connection_leaves_what_the_recording_has() {
        let (gateway, profile, fault) = ("apache".to_owned(), "tuned".to_owned(), "refused".to_owned());
        let cell = Cell { gateway, profile, fault, method: Method::Get };
        let trace = run(&cell.scenario().expect("the cell is built"));
        let request = trace.of_kind(SpanKind::GatewayRequest).next().expect("a request").0;
        let lines = dialect(DialectName::Apache).log_lines(&trace, request);
        let ends = [
            "(111)Connection refused: AH00957: http: attempt to connect to 10.0.0.1:8080 (10.0.0.1:8080) failed",
            "AH01114: HTTP: failed to make connection to backend: 10.0.0.1",
            "HTTP/1.1\" 503 339 \"-\" \"-\"",
        ];
        assert_eq!(lines.len(), ends.len());
        for (line, end) in lines.iter().zip(ends) {
            assert!(line.text.ends_with(end), "{}", line.text);
        }
    }
}
