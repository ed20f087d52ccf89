//! Traefik's logs: the access log in the format `common`, the same as JSON, and its own log as JSON at level `debug`.
//!
//! One router (`orders@file`) and one service of that name. Left out: `StartLocal`, `RequestContentSize`, the size of a
//! body that broke off (0 is written), lines of middlewares, and the stack of a panic.

use super::{KEPT_CONNECTION_GONE, error};
use crate::sim::dialect::{LogLine, go};
use crate::sim::message::http_date;
use crate::sim::time::{SimDuration, SimTime};
use crate::sim::trace::{Failure, Note, Outcome, Parcel, Span, SpanId, SpanKind, Trace};

/// The name under which the API is reached.
const HOST: &str = "orders.example";
/// The service, and the router in front of it.
const SERVICE: &str = "orders@file";
/// `StatusClientClosedRequest` and its text, which nobody receives.
const CLIENT_LEFT: (u16, &str) = (499, "Client Closed Request");

/// What one request left in the logs, in order of time.
pub(super) fn lines(trace: &Trace, request: SpanId) -> Vec<LogLine> {
    let span = *trace.span(request);
    let Some(asked) = trace.request(request) else { return Vec::new() };
    // net/http answers by itself, and no handler hears of it.
    if trace.notes(request).any(|e| e.note == Note::Noticed(Failure::BadTarget)) {
        return Vec::new();
    }
    let tries: Vec<(SpanId, Span)> =
        trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try).map(|(i, s)| (i, *s)).collect();
    // net/http asks again over a new connection without a word.
    let gone: Vec<SimTime> = (trace.notes(request))
        .filter(|e| matches!(e.note, Note::Decided(KEPT_CONNECTION_GONE, _)))
        .map(|e| e.at)
        .collect();
    let told = tries.iter().filter(|(_, t)| !gone.contains(&t.end));
    let mut out: Vec<LogLine> = told.filter_map(|(id, t)| complaint(trace, *id, t)).collect();
    if span.end == SimTime::NEVER || span.outcome == Outcome::Unfinished {
        return out;
    }
    let (status, size) = match span.outcome {
        Outcome::Failed(Failure::CallerLeft) if !departed(trace, span.parent, Parcel::Head) => {
            (CLIENT_LEFT.0, CLIENT_LEFT.1.len())
        }
        Outcome::Answer(m) => (trace.status(m).unwrap_or_default(), trace.template(m).body_at(m).len()),
        Outcome::Broken(m, _) => (trace.status(m).unwrap_or_default(), 0),
        // A panic before any status; or the client left while a body was on its way, whose status was good.
        Outcome::Failed(Failure::CallerLeft) => (200, 0),
        _ => (0, 0),
    };
    let entry = Entry {
        trace,
        span: &span,
        last: tries.last().map(|(_, t)| t),
        retries: tries.len().saturating_sub(1 + gone.len()),
        count: trace.of_kind(SpanKind::GatewayRequest).position(|(id, _)| id == request).unwrap_or_default()
            + 1,
        method: asked.method.as_str(),
        path: &asked.path,
        status,
        size,
    };
    for (file, text) in [("access", entry.common()), ("access.json", entry.json())] {
        out.push(LogLine { at: span.end, file, text });
    }
    out
}

/// What a line of the access log is made of.
struct Entry<'a> {
    trace: &'a Trace,
    span: &'a Span,
    /// The last try.
    last: Option<&'a Span>,
    retries: usize,
    /// The number of the request at this Traefik.
    count: usize,
    method: &'static str,
    path: &'a str,
    status: u16,
    size: usize,
}

impl Entry<'_> {
    /// `CommonLogFormatter` of `logger_formatters.go`, 3.7.
    fn common(&self) -> String {
        let server = self.last.map_or("\"-\"".to_owned(), |t| format!("\"{}\"", url(self.trace, t)));
        format!(
            "127.0.0.1 - - [{}] \"{} {} HTTP/1.1\" {} {} \"-\" \"-\" {} \"{SERVICE}\" {server} {}ms",
            local_time(self.trace.scenario.epoch, self.span.start),
            self.method,
            self.path,
            self.status,
            self.size,
            self.count,
            self.took().as_millis(),
        )
    }

    /// `logTheRoundTrip` of `logger.go`, 3.7, whose fields logrus sorts by name; times in nanoseconds. Where a handler
    /// panics, what it learned of the server is lost.
    fn json(&self) -> String {
        let aborted = matches!(self.span.outcome, Outcome::Broken(..) | Outcome::Failed(_))
            && self.span.outcome != Outcome::Failed(Failure::CallerLeft);
        let origin = self.last.filter(|_| !aborted);
        let (duration, from_origin) =
            (self.took().as_nanos(), origin.map_or(0, |t| t.end.since(t.start).as_nanos()));
        let (origin_size, origin_status) = origin.map_or((0, 0), |_| (self.size, self.status));
        let server = self.last.map_or(String::new(), |t| {
            let url = url(self.trace, t);
            let address = url.trim_start_matches("http://");
            format!("\"ServiceAddr\":\"{address}\",\"ServiceName\":\"{SERVICE}\",\"ServiceURL\":\"{url}\",")
        });
        let (start, end) = (self.span.start, self.span.end);
        let epoch = self.trace.scenario.epoch;
        let port = 40_000 + self.count % 20_000;
        let path = serde_json::Value::from(self.path);
        format!(
            "{{\"ClientAddr\":\"127.0.0.1:{port}\",\"ClientHost\":\"127.0.0.1\",\"ClientPort\":\"{port}\",\"ClientUsername\":\"-\",\
             \"DownstreamContentSize\":{},\"DownstreamStatus\":{},\"Duration\":{duration},\
             \"OriginContentSize\":{origin_size},\"OriginDuration\":{from_origin},\"OriginStatus\":{origin_status},\
             \"Overhead\":{},\"RequestAddr\":\"{HOST}\",\"RequestCount\":{},\
             \"RequestHost\":\"{HOST}\",\"RequestMethod\":\"{}\",\"RequestPath\":{path},\"RequestPort\":\"-\",\
             \"RequestProtocol\":\"HTTP/1.1\",\"RequestScheme\":\"http\",\"RetryAttempts\":{},\
             \"RouterName\":\"{SERVICE}\",{server}\"StartUTC\":\"{}\",\"entryPointName\":\"web\",\"level\":\"info\",\
             \"msg\":\"\",\"time\":\"{}\"}}",
            self.size,
            self.status,
            duration.saturating_sub(from_origin),
            self.count,
            self.method,
            self.retries,
            utc(epoch, start, true),
            utc(epoch, end, false),
        )
    }

    fn took(&self) -> SimDuration {
        self.span.end.since(self.span.start)
    }
}

/// What Traefik's own log says of a try that failed: `ErrorHandlerWithContext` of `proxy.go`, 3.7, and the panics of
/// `ReverseProxy` and of a status below 100. The words are those of the recordings.
fn complaint(trace: &Trace, id: SpanId, t: &Span) -> Option<LogLine> {
    let noticed = trace.notes(id).find_map(|e| match e.note {
        Note::Noticed(failure) => Some((e.at, failure)),
        _ => None,
    });
    let left = (t.end, Failure::CallerLeft);
    let (at, failure) =
        noticed.or_else(|| (t.outcome == Outcome::Failed(Failure::CallerLeft)).then_some(left))?;
    let address = url(trace, t).trim_start_matches("http://").to_owned();
    let time = utc(trace.scenario.epoch, at, false);
    let line = |level: &str, error: &str, message: &str| {
        let error = if error.is_empty() { String::new() } else { format!("\"error\":\"{error}\",") };
        format!("{{\"level\":\"{level}\",{error}\"time\":\"{time}\",\"message\":\"{message}\"}}")
    };
    let text = match failure {
        Failure::Truncated { .. } | Failure::InvalidChunk => {
            let why = match failure {
                Failure::Truncated { reset: true } => {
                    format!("read tcp 127.0.0.1->{address}: read: connection reset by peer")
                }
                Failure::Truncated { reset: false } => "unexpected EOF".to_owned(),
                _ => "invalid byte in chunk length".to_owned(),
            };
            line("debug", "", &format!("httputil: ReverseProxy read error during body copy: {why}"))
        }
        Failure::Unparsable => {
            line("error", "", "Recovered from panic in HTTP handler: invalid WriteHeader code")
        }
        Failure::CallerLeft => {
            line("debug", "context canceled", &format!("{} {}", CLIENT_LEFT.0, CLIENT_LEFT.1))
        }
        _ => {
            let begun = departed(trace, id, Parcel::HeadPart);
            let (status, ..) = error(failure, begun);
            let tls = matches!(failure, Failure::HandshakeFailed | Failure::BadCertificate);
            let level = if tls { "error" } else { "debug" };
            line(level, &words(failure, begun, &address), &format!("{status} {}", go::status_text(status)))
        }
    };
    Some(LogLine { at, file: "error", text })
}

/// An error as Go words it.
fn words(failure: Failure, head_begun: bool, address: &str) -> String {
    match failure {
        Failure::Refused => format!("dial tcp {address}: connect: connection refused"),
        Failure::Unreachable => format!("dial tcp {address}: connect: no route to host"),
        Failure::NoReply => format!("dial tcp {address}: connect: connection timed out"),
        Failure::ConnectTimeout => format!("dial tcp {address}: i/o timeout"),
        Failure::NameNotResolved => "dial tcp: lookup orders.internal: no such host".to_owned(),
        Failure::ReadTimeout => "net/http: timeout awaiting response headers".to_owned(),
        Failure::HandshakeFailed => "tls: first record does not look like a TLS handshake".to_owned(),
        Failure::BadCertificate => {
            "tls: failed to verify certificate: x509: certificate signed by unknown authority".to_owned()
        }
        Failure::Reset => format!("read tcp 127.0.0.1->{address}: read: connection reset by peer"),
        Failure::Closed if head_begun => "unexpected EOF".to_owned(),
        Failure::Closed => "EOF".to_owned(),
        Failure::HeadTooLarge => {
            "net/http: server response headers exceeded 10485760 bytes; aborted".to_owned()
        }
        _ => "net/http: HTTP/1.x transport connection broken: malformed HTTP response".to_owned(),
    }
}

/// True if that was sent back to whoever asked in this span.
fn departed(trace: &Trace, span: SpanId, what: Parcel) -> bool {
    trace
        .notes(span)
        .any(|e| matches!(e.note, Note::Departed { parcel, toward: false, .. } if parcel == what))
}

/// A server's address: the first node behind the gateways is 10.0.0.1.
fn url(trace: &Trace, t: &Span) -> String {
    let before = trace.scenario.clients.len() + trace.scenario.gateways.len();
    format!("http://10.0.0.{}:8080", (t.detail as usize).saturating_sub(before) + 1)
}

/// A moment as the format `common` writes it: `20/Nov/2026:21:08:38 +0000`.
fn local_time(epoch: u64, at: SimTime) -> String {
    let date = http_date(epoch, at); // "Fri, 20 Nov 2026 21:08:38 GMT"
    let part = |range| date.get(range).unwrap_or_default();
    format!("{}/{}/{}:{} +0000", part(5..7), part(8..11), part(12..16), part(17..25))
}

/// A moment as JSON has it: `2026-11-20T21:08:38Z`, with nanoseconds where they are wanted.
fn utc(epoch: u64, at: SimTime, exact: bool) -> String {
    let date = http_date(epoch, at);
    let part = |range| date.get(range).unwrap_or_default();
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.iter().position(|m| *m == part(8..11)).unwrap_or_default() + 1;
    let nanos = if exact { format!(".{:09}", at.as_nanos() % 1_000_000_000) } else { String::new() };
    format!("{}-{month:02}-{}T{}{nanos}Z", part(12..16), part(5..7), part(17..25))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dialect::{DialectName, dialect};
    use crate::sim::message::Method;
    use crate::sim::recorded::Cell;
    use crate::sim::simulation::run;

    /// The lines of the first request of a cell in one file.
    fn logged(profile: &str, fault: &str, file: &str) -> Vec<String> {
        let (gateway, profile, fault) = ("traefik".to_owned(), profile.to_owned(), fault.to_owned());
        let cell = Cell { gateway, profile, fault, method: Method::Get };
        let trace = run(&cell.scenario().expect("the cell is built"));
        let request = trace.of_kind(SpanKind::GatewayRequest).next().expect("a request").0;
        let lines = dialect(DialectName::Traefik).log_lines(&trace, request);
        lines.into_iter().filter(|l| l.file == file).map(|l| l.text).collect()
    }

    #[test]
    fn the_common_format_ends_with_router_server_and_time() {
        for (profile, fault, expected) in [
            ("tuned", "ok", "200 27 \"-\" \"-\" 1 \"orders@file\" \"http://10.0.0.1:8080\" 2ms"),
            ("tuned", "freeze", "504 15 \"-\" \"-\" 1 \"orders@file\" \"http://10.0.0.1:8080\" 2000ms"),
            ("tuned", "client_abort", "499 21 \"-\" \"-\" 1 \"orders@file\" \"http://10.0.0.1:8080\" 499ms"),
            ("tuned", "status_042", "0 0 \"-\" \"-\" 1 \"orders@file\" \"http://10.0.0.1:8080\" 2ms"),
            ("maintenance", "ok", "503 20 \"-\" \"-\" 1 \"orders@file\" \"-\" 0ms"),
        ] {
            let lines = logged(profile, fault, "access");
            let seen = lines[0].split("HTTP/1.1\" ").nth(1).unwrap_or_default();
            assert_eq!(seen, expected, "{profile} {fault}");
        }
    }

    /// Statuses, sizes and times of the recorded lines, but for their microseconds.
    #[test]
    fn json_tells_what_the_origin_took_apart_from_the_rest() {
        for (profile, fault, expected) in [
            (
                "retry",
                "blackhole",
                r#""DownstreamContentSize":15,"DownstreamStatus":504,"Duration":3000000000,"OriginContentSize":15,"OriginDuration":1000000000,"OriginStatus":504,"Overhead":2000000000,"#,
            ),
            ("tuned", "client_abort", r#""DownstreamContentSize":21,"DownstreamStatus":499,"#),
            ("tuned", "status_042", r#""OriginContentSize":0,"OriginDuration":0,"OriginStatus":0,"#),
            ("tuned", "body_truncated_fin", r#""OriginContentSize":0,"OriginDuration":0,"OriginStatus":0,"#),
        ] {
            let lines = logged(profile, fault, "access.json");
            assert!(lines[0].contains(expected), "{profile} {fault}: {}", lines[0]);
            serde_json::from_str::<serde_json::Value>(&lines[0]).expect("a line is JSON");
        }
        let retried = logged("retry", "refused", "access.json");
        assert!(retried[0].contains("\"RetryAttempts\":2,"), "{}", retried[0]);
    }

    #[test]
    fn its_own_log_names_the_error_of_each_try() {
        let lines = logged("retry", "refused", "error");
        assert_eq!(lines.len(), 3);
        let recorded =
            r#"{"level":"debug","error":"dial tcp 10.0.0.1:8080: connect: connection refused","time":""#;
        assert!(
            lines.iter().all(|l| l.starts_with(recorded) && l.ends_with(r#""message":"502 Bad Gateway"}"#))
        );
        let tls = logged("tuned", "tls_bad_cert", "error");
        assert!(tls[0].starts_with(r#"{"level":"error","error":"tls: failed to verify"#), "{tls:?}");
        assert!(logged("tuned", "ok", "error").is_empty());
    }
}
