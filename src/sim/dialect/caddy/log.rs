//! Caddy's log: `http.log.access` and `http.log.error` as JSON, at the level INFO.
//!
//! Left out: the headers of the request, and the size of an answer that broke off. An `err_id` is drawn by chance;
//! here by the seed and the request.

use serde_json::{Map, Value, json};

use super::settings;
use crate::sim::dialect::{EffectiveSettings, LogLine};
use crate::sim::message::{HeadDefect, Message};
use crate::sim::random::Stream;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, Note, Outcome, Span, SpanId, SpanKind, Trace};

/// The name under which the API is reached.
const HOST: &str = "orders.example";

/// What one request left in the log, in order of time.
pub(super) fn lines(trace: &Trace, request: SpanId) -> Vec<LogLine> {
    let span = *trace.span(request);
    let Some(asked) = trace.request(request) else { return Vec::new() };
    if span.end == SimTime::NEVER || span.outcome == Outcome::Unfinished {
        return Vec::new();
    }
    // net/http answers by itself, and no handler hears of it.
    if trace.notes(request).any(|e| e.note == Note::Noticed(Failure::BadTarget)) {
        return Vec::new();
    }
    let who = format!(
        r#"{{"remote_ip":"127.0.0.1","remote_port":"40000","client_ip":"127.0.0.1","proto":"HTTP/1.1","method":"{}","host":"{HOST}","uri":{},"headers":{{}}}}"#,
        asked.method,
        json!(asked.path),
    );
    let line = |level: &str, logger: &str, message: &str, more: String| {
        let file = if logger == "http.log.access" { "access" } else { "error" };
        let text = format!(
            r#"{{"level":"{level}","ts":{},"logger":"{logger}","msg":{}{more}}}"#,
            moment(trace.scenario.epoch, span.end),
            json!(message),
        );
        LogLine { at: span.end, file, text }
    };
    let took = seconds(span.end.since(span.start));
    let tries: Vec<Span> =
        trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try).map(|(_, s)| *s).collect();
    let mut out = Vec::new();
    let (status, size, headers) = match span.outcome {
        Outcome::Answer(message) => {
            let status = trace.status(message).unwrap_or_default();
            let own = is_own(trace, message);
            if own && let Some((error, nobody)) = error(trace, request, &tries) {
                // Where the error was made: modules/caddyhttp/reverseproxy/reverseproxy.go, 2.11.
                let place = if nobody && status == 503 {
                    "reverseproxy.(*Handler).proxyLoopIteration (reverseproxy.go:640)"
                } else {
                    "reverseproxy.statusError (reverseproxy.go:1644)"
                };
                let more = format!(
                    r#","request":{who},"duration":{took},"status":{status},"err_id":"{}","err_trace":"{place}""#,
                    error_id(trace, request),
                );
                out.push(line("error", "http.log.error", &error, more));
            }
            (status, trace.template(message).body_at(message).len(), headers(trace, message, own))
        }
        Outcome::Broken(message, failure) => {
            let upstream = tries.last().map_or_else(String::new, |t| address(trace, t.detail));
            let waited = tries.last().map_or(SimDuration::ZERO, |t| t.end.since(t.start));
            let why = match failure {
                Failure::Truncated { reset: true } => {
                    format!("{}: connection reset by peer", read(&upstream))
                }
                Failure::BodyTimeout => format!("{}: i/o timeout", read(&upstream)),
                Failure::InvalidChunk => "invalid byte in chunk length".to_owned(),
                _ => "unexpected EOF".to_owned(),
            };
            let more = format!(
                r#","upstream":"{upstream}","duration":{},"request":{who},"error":{}"#,
                seconds(waited),
                json!(why),
            );
            out.push(line("warn", "http.handlers.reverse_proxy", "aborting with incomplete response", more));
            (trace.status(message).unwrap_or_default(), 0, headers(trace, message, false))
        }
        Outcome::Failed(Failure::CallerLeft) => (499, 0, server()),
        // The handler panicked before it wrote a status.
        _ => (0, 0, server()),
    };
    // net/http reads one byte more than it may, to know that there are more.
    let too_large = trace.notes(request).any(|e| e.note == Note::Noticed(Failure::BodyTooLarge));
    let read = if too_large { most(trace, request) + 1 } else { asked.body.len() };
    let more = format!(
        r#","request":{who},"bytes_read":{read},"user_id":"","duration":{took},"size":{size},"status":{status},"resp_headers":{headers}"#
    );
    let level = if status >= 500 { "error" } else { "info" };
    out.push(line(level, "http.log.access", "handled request", more));
    out
}

/// The error of a request that failed, as Go's net and net/http word it, and whether the last look found nobody.
fn error(trace: &Trace, request: SpanId, tries: &[Span]) -> Option<(String, bool)> {
    let nobody = trace.notes(request).any(|e| {
        matches!(e.note, Note::Noticed(Failure::NoLiveUpstream | Failure::NoRoom | Failure::Unrepeatable))
    });
    let last = tries.last().and_then(|t| match t.outcome {
        Outcome::Failed(failure) | Outcome::Broken(_, failure) => Some((failure, t.detail)),
        _ => None,
    });
    match last {
        Some((failure, node)) => Some((words(failure, &address(trace, node), limit(trace, request)), nobody)),
        None if nobody && tries.is_empty() => Some(("no upstreams available".to_owned(), true)),
        None if nobody => Some(("http: invalid Read on closed Body".to_owned(), true)),
        None => None,
    }
}

/// Recordings: caddy tuned, one fault after the other.
fn words(failure: Failure, address: &str, limit: u32) -> String {
    let dial = |why: &str| format!("dial tcp {address}: {why}");
    let broken = |why: &str| format!("net/http: HTTP/1.x transport connection broken: {why}");
    match failure {
        Failure::Refused => dial("connect: connection refused"),
        Failure::Unreachable => dial("connect: no route to host"),
        Failure::ConnectTimeout => dial("i/o timeout"),
        Failure::NoReply => dial("connect: connection timed out"),
        Failure::NameNotResolved => "dial tcp: lookup nope.invalid on 127.0.0.1:53: no such host".to_owned(),
        Failure::ReadTimeout => "net/http: timeout awaiting response headers".to_owned(),
        Failure::Closed => "EOF".to_owned(),
        Failure::Reset => format!("{}: connection reset by peer", read(address)),
        Failure::HandshakeFailed => "tls: first record does not look like a TLS handshake".to_owned(),
        Failure::BadCertificate => {
            "tls: failed to verify certificate: x509: certificate is not valid for any names, but wanted to match localhost"
                .to_owned()
        }
        Failure::HeadTooLarge => format!("net/http: server response headers exceeded {limit} bytes; aborted"),
        Failure::InvalidHead(defect) => broken(match defect {
            HeadDefect::BadStatusLine => r#"malformed HTTP status code "abc""#,
            HeadDefect::Garbage => "malformed HTTP response",
            HeadDefect::Http09 => r#"malformed HTTP status code "from""#,
            HeadDefect::NoColon => r#"malformed MIME header: missing colon: "this line has no colon""#,
            HeadDefect::NulByte => r#"malformed MIME header line: "X-Bad: a\x00b""#,
            HeadDefect::ConflictingLength => {
                r#"http: message cannot contain multiple Content-Length headers; got ["2" "5"]"#
            }
            HeadDefect::NonnumericLength => r#"bad Content-Length "abc""#,
            HeadDefect::LengthAndChunked => "malformed HTTP response",
        }),
        _ => broken("unexpected EOF"),
    }
}

/// The largest head of an answer that was accepted when the run began.
fn limit(trace: &Trace, request: SpanId) -> u32 {
    effective(trace, request).map_or(0, |s| s.header_limit)
}

/// The largest body of a request that was accepted when the run began.
fn most(trace: &Trace, request: SpanId) -> usize {
    effective(trace, request).map_or(0, |s| s.body_limit as usize)
}

fn effective(trace: &Trace, request: SpanId) -> Option<EffectiveSettings> {
    let id = &trace.node(trace.span(request).node).id;
    let gateway = trace.scenario.gateways.iter().find(|g| g.id == *id)?;
    Some(settings::effective(&gateway.settings))
}

/// How an error that comes from reading a connection begins.
fn read(address: &str) -> String {
    format!("read tcp 10.0.0.100:40000->{address}: read")
}

/// True if Caddy itself made this answer: what it passes on has `Via` in place of `Server`.
fn is_own(trace: &Trace, message: Message) -> bool {
    trace.template(message).header("via").is_none()
}

/// The headers that the handler has set: not those that net/http adds when it writes.
fn headers(trace: &Trace, message: Message, own: bool) -> Value {
    let mut headers = Map::new();
    for (name, value) in trace.template(message).headers_at(message, trace.scenario.epoch) {
        let added = name == "Transfer-Encoding" || own && matches!(name.as_str(), "Date" | "Content-Length");
        if !added && let Value::Array(values) = headers.entry(name).or_insert_with(|| json!([])) {
            values.push(value.into());
        }
    }
    Value::Object(headers)
}

fn server() -> Value {
    json!({ "Server": ["Caddy"] })
}

/// `randString` of modules/caddyhttp/errors.go: nine letters and digits that are not confused.
fn error_id(trace: &Trace, request: SpanId) -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz0123456789";
    let mut chance = Stream::new(trace.scenario.seed, &format!("{request:?}"), "error id");
    (0..9).map(|_| char::from(LETTERS[chance.below(LETTERS.len() as u64) as usize])).collect()
}

/// An upstream's address: the first node behind the gateways is 10.0.0.1.
fn address(trace: &Trace, node: u32) -> String {
    let before = trace.scenario.clients.len() + trace.scenario.gateways.len();
    format!("10.0.0.{}:8080", (node as usize).saturating_sub(before) + 1)
}

/// A moment as zap writes it: seconds since 1970 as a number.
fn moment(epoch: u64, at: SimTime) -> String {
    let micros = at.as_nanos() / 1_000;
    format!("{}.{:06}", epoch.saturating_add(micros / 1_000_000), micros % 1_000_000)
}

/// A duration as zap writes it: seconds as a number.
fn seconds(time: SimDuration) -> f64 {
    time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dialect::{DialectName, dialect};
    use crate::sim::message::Method;
    use crate::sim::recorded::Cell;
    use crate::sim::simulation::run;

    fn logged(fault: &str) -> Vec<Value> {
        let (gateway, profile, fault) = ("caddy".to_owned(), "tuned".to_owned(), fault.to_owned());
        let cell = Cell { gateway, profile, fault, method: Method::Get };
        let trace = run(&cell.scenario().expect("the cell is built"));
        let request = trace.of_kind(SpanKind::GatewayRequest).next().expect("a request").0;
        let lines = dialect(DialectName::Caddy).log_lines(&trace, request);
        lines.iter().map(|l| serde_json::from_str(&l.text).expect("each line is JSON")).collect()
    }

    #[test]
    fn a_refused_connection_leaves_what_the_recording_has() {
        let lines = logged("refused");
        assert_eq!(lines[0]["logger"], "http.log.error");
        assert_eq!(lines[0]["msg"], "dial tcp 10.0.0.1:8080: connect: connection refused");
        assert_eq!((&lines[0]["status"], &lines[1]["status"]), (&json!(502), &json!(502)));
        assert_eq!((&lines[1]["level"], &lines[1]["msg"]), (&json!("error"), &json!("handled request")));
        assert_eq!(lines[1]["resp_headers"], server());
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn the_access_log_tells_who_left_what_broke_off_and_what_panicked() {
        let status_and_level = |fault| {
            let lines = logged(fault);
            let last = lines.last().expect("an access log line");
            (lines.len(), last["status"].clone(), last["level"].clone())
        };
        assert_eq!(status_and_level("client_abort"), (1, json!(499), json!("info")));
        assert_eq!(status_and_level("body_truncated_fin"), (2, json!(200), json!("info")));
        assert_eq!(status_and_level("status_042"), (1, json!(0), json!("info")));
        assert_eq!(status_and_level("own_503"), (1, json!(503), json!("error")));
        assert_eq!(status_and_level("own_429"), (1, json!(429), json!("info")));
    }
}
