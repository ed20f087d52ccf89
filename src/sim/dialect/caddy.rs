//! Caddy 2.11.7: one site, `reverse_proxy` with its transport `http`, HTTP/1.1 on both sides.
//!
//! What net/http of Go does by itself (replayed requests, buffers, the order of headers) is Caddy's too. Left out:
//! `handle_response`, `request_buffers` (so a body that was sent is gone), `Idempotency-Key` (which makes a request
//! without a body one that is replayed), `read_timeout` before the head of an answer, and that an answer which
//! `lb_retry_match` matches after the last retry loses its body.

mod log;
mod rules;
mod settings;

use self::rules::*;
use super::{
    Action, Dialect, EffectiveSettings, LogLine, OwnAnswer, Reading, Rule, RuleId, Setting, Situation,
    Verdict,
};
use crate::sim::message::{Framing, HeadDefect, Method, Template, Value};
use crate::sim::scenario::{GatewaySettings, NextUpstream, RetryAfter};
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Caddy;

/// What it writes into `Server` and `Via`.
const SERVER: &str = "Caddy";

/// What net/http gathers of an answer before it writes: `bufferBeforeChunkingSize`, 2 KiB, and a connection's buffer,
/// 4 KiB, of which the head takes some.
const GATHERED: u32 = 4_096;

/// Headers that belong to a connection: `hopHeaders` of reverseproxy.go.
const HOP: [&str; 10] = [
    "Alt-Svc",
    "Connection",
    "Proxy-Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Te",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
];

/// `DialError` of `httptransport.go`: no connection came about.
fn is_dial_error(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::Refused
            | Failure::Unreachable
            | Failure::NameNotResolved
            | Failure::NoReply
            | Failure::ConnectTimeout
    )
}

/// `statusError` of reverseproxy.go: what a failure before an answer becomes.
fn answer(failure: Failure) -> (u16, RuleId, Option<Setting>) {
    match failure {
        Failure::ReadTimeout => (504, HEADER_TIMEOUT, Some(Setting::ReadTimeout)),
        Failure::ConnectTimeout => (502, DIAL_TIMEOUT, Some(Setting::ConnectTimeout)),
        Failure::HeadTooLarge => (502, HEAD_TOO_LARGE, Some(Setting::HeaderLimit)),
        Failure::InvalidHead(_) => (502, INVALID_HEAD, None),
        Failure::HandshakeFailed | Failure::BadCertificate => (502, TLS_FAILED, None),
        Failure::Unrepeatable => (502, BODY_WAS_READ, Some(Setting::NextUpstream)),
        failure if is_dial_error(failure) => (502, DIAL_FAILED, None),
        _ => (502, BROKEN, None),
    }
}

/// The setting that switches retries on, if one does.
fn retries(s: &EffectiveSettings) -> Option<Setting> {
    if !s.next_upstream_timeout.is_zero() {
        return Some(Setting::NextUpstreamTimeout);
    }
    (s.next_upstream_tries > 1).then_some(Setting::NextUpstreamTries)
}

/// True as long as `lb_try_duration` lets a request be tried again.
fn in_time(s: &Situation<'_>) -> bool {
    s.settings.next_upstream_timeout.is_zero() || s.elapsed < s.settings.next_upstream_timeout
}

/// `tryAgain` of reverseproxy.go, after a try: how it goes on, or what stands against it.
fn try_again(s: &Situation<'_>) -> Result<(RuleId, Setting), Option<(RuleId, Setting)>> {
    let conditions = &s.settings.next_upstream;
    let Some(setting) = retries(s.settings) else {
        return Err(s.others_left.then_some((NO_RETRIES, Setting::NextUpstreamTimeout)));
    };
    let obstacle = if !in_time(s) {
        (TIME_IS_UP, Setting::NextUpstreamTimeout)
    } else if s.tries_left == 0 {
        (RETRIES_USED, Setting::NextUpstreamTries)
    } else if is_dial_error(s.failure) {
        return Ok((RETRY_DIAL, setting));
    } else if !conditions.contains(&NextUpstream::Error) {
        (NOT_MATCHED, Setting::NextUpstream)
    } else if s.method != Method::Get && !conditions.contains(&NextUpstream::NonIdempotent) {
        (NOT_GET, Setting::NextUpstream)
    } else if s.sent && s.method.has_body() {
        (BODY_WAS_READ, Setting::NextUpstream)
    } else {
        return Ok((RETRY, setting));
    };
    Err(Some(obstacle))
}

impl Dialect for Caddy {
    fn title(&self) -> &'static str {
        "Caddy"
    }

    fn version(&self) -> &'static str {
        "2.11.7"
    }

    fn provenance(&self) -> &'static str {
        "recorded November 2026"
    }

    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings {
        settings::effective(settings)
    }

    fn supports(&self, setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
        settings::supports(setting, s)
    }

    fn directive(&self, setting: Setting) -> &'static str {
        settings::directive(setting)
    }

    fn value(&self, setting: Setting, s: &EffectiveSettings) -> String {
        settings::value(setting, s)
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    /// `ReadResponse` of Go's net/http: two lengths that differ are an error, a length beside chunks is ignored.
    fn read(&self, template: &Template, tries_left: u32, settings: &EffectiveSettings) -> Reading {
        match (template.defect, template.status) {
            (None | Some(HeadDefect::LengthAndChunked), Some(100..)) => {}
            (None | Some(HeadDefect::LengthAndChunked), Some(_)) => {
                return Reading::Reject(Failure::Unparsable);
            }
            (Some(defect), _) => return Reading::Reject(Failure::InvalidHead(defect)),
            (None, None) => return Reading::Reject(Failure::InvalidHead(HeadDefect::BadStatusLine)),
        }
        if template.head_bytes > settings.header_limit {
            return Reading::Reject(Failure::HeadTooLarge);
        }
        let named = template.status.is_some_and(|status| names_status(&settings.next_upstream, status));
        if named && tries_left > 0 {
            return Reading::Next(RETRY_STATUS, Setting::NextUpstream);
        }
        Reading::Accept
    }

    /// Follows `proxyLoopIteration`, `tryAgain` and `statusError` of reverseproxy.go, 2.11.
    fn decide(&self, s: Situation<'_>) -> Verdict {
        let verdict = |action, rule, setting| Verdict { action, rule, setting, not_next: None };
        if s.head_accepted || s.answer_begun {
            let timed_out = s.failure == Failure::BodyTimeout;
            return verdict(Action::CutShort, CUT_SHORT, timed_out.then_some(Setting::BodyTimeout));
        }
        if s.reused && self.replays(s.method, s.failure, s.head_begun) {
            return verdict(Action::Redial, REPLAY, Some(Setting::UpstreamKeepAlive));
        }
        match s.failure {
            Failure::Unparsable => return verdict(Action::Close, STATUS_BELOW_100, None),
            Failure::NoLiveUpstream | Failure::NoRoom => {
                let full = s.failure == Failure::NoRoom;
                // A look that finds nobody counts as a try, but is not counted yet. Without a pause, looking again is
                // no use, since nothing has changed.
                let pauses = !settings::is_none(s.settings.retry.wait);
                let setting = retries(s.settings).filter(|_| pauses && s.tries_left > 1 && in_time(&s));
                if setting.is_some() {
                    return verdict(Action::Next, WAITS_FOR_UPSTREAM, setting);
                }
                let status = s.before.map_or(503, |before| answer(before).0);
                let (rule, setting) = if full { (FULL, Some(Setting::Limits)) } else { (NO_UPSTREAMS, None) };
                return verdict(Action::Answer(status), rule, setting);
            }
            _ => {}
        }
        let (status, rule, setting) = answer(s.failure);
        match try_again(&s) {
            Ok((rule, setting)) if s.failure != Failure::Unrepeatable => {
                verdict(Action::Next, rule, Some(setting))
            }
            Ok(_) => verdict(Action::Answer(status), rule, setting),
            Err(not_next) => Verdict { not_next, ..verdict(Action::Answer(status), rule, setting) },
        }
    }

    /// `countFailure` follows every round trip that failed, and none that gave a head; a panic passes it by
    /// (recordings: caddy passive-pool2 refused, body_truncated_fin, dns_fail).
    fn counts(&self, failure: Failure, head_accepted: bool) -> bool {
        !head_accepted && failure != Failure::Unparsable
    }

    fn maintenance(&self) -> (RuleId, Setting) {
        (MAINTENANCE, Setting::Maintenance)
    }

    /// `ResponseHeaderTimeout` of net/http covers the whole head (recording: caddy tuned drip_headers).
    fn head_bytes_restart_clock(&self) -> bool {
        false
    }

    /// Nothing is flushed while an answer of known length comes (recordings: caddy tuned headers_then_stall,
    /// slow_body_under).
    fn holds_back(&self) -> u32 {
        GATHERED
    }

    /// `flushInterval` of streaming.go: an answer without a length, or one of events, is flushed at once (recordings:
    /// caddy tuned chunked_truncated, defaults drip_headers).
    fn holds(&self, template: &Template) -> bool {
        let kind = template.header("content-type");
        let events = matches!(kind, Some(Value::Text(kind)) if kind.starts_with("text/event-stream"));
        template.framing == Framing::Length && !events
    }

    /// `tryAgain` looks at the time before it waits (recording: caddy retry-pool2-alldown blackhole, 2.25 s).
    fn waits_past_the_end(&self) -> bool {
        true
    }

    /// `persistConn.shouldRetryRequest` and `Request.isReplayable` of net/http.
    fn replays(&self, method: Method, failure: Failure, head_begun: bool) -> bool {
        matches!(failure, Failure::Closed | Failure::Reset)
            && !head_begun
            && matches!(method, Method::Get | Method::Head | Method::Options)
    }

    /// A body was read from the client's connection and is not kept.
    fn sends_once(&self, method: Method) -> bool {
        method.has_body()
    }

    /// `RoundRobinSelection` counts before it picks (selectionpolicies.go).
    fn begins_with(&self) -> usize {
        1
    }

    /// `RandomChoiceSelection` draws a sample without repetition (selectionpolicies.go).
    fn draws_two_different(&self) -> bool {
        true
    }

    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        self.own(OwnAnswer::configured(status, retry_after))
    }

    /// An error has no body; recorded byte for byte. net/http sorts headers, and appends its own.
    fn own(&self, o: OwnAnswer) -> Template {
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        let body = if o.failure.is_none() { "down for maintenance" } else { "" };
        let mut template = Template::new(o.status, &reason(o.status), &[], body);
        let mut headers = Vec::new();
        if !body.is_empty() {
            headers.push(text("Content-Type", "text/plain; charset=utf-8"));
        }
        match o.retry_after {
            RetryAfter::Absent => {}
            RetryAfter::Seconds(seconds) => headers.push(text("Retry-After", &seconds.to_string())),
            RetryAfter::Date(wait) => headers.push(("Retry-After".to_owned(), Value::DateAfter(wait))),
        }
        headers.extend([
            text("Server", SERVER),
            ("Date".to_owned(), Value::Date),
            ("Content-Length".to_owned(), Value::BodyLength),
        ]);
        template.headers = headers;
        template
    }

    /// `finalizeResponse` of reverseproxy.go, and `chunkWriter.writeHeader` of net/http: `Via` in place of `Server`, all
    /// sorted by name, then what net/http adds.
    fn forward(&self, upstream: &Template) -> Template {
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        let mut template = upstream.clone();
        template.defect = None;
        template.reason = reason(upstream.status.unwrap_or_default());
        template.framing = match upstream.framing {
            Framing::Length => Framing::Length,
            Framing::Chunked | Framing::Close => Framing::Chunked,
        };
        let mut headers = vec![text("Via", &format!("1.1 {SERVER}"))];
        for (name, value) in &upstream.headers {
            let name = canonical(name);
            let told_otherwise = name == "Content-Length" && template.framing == Framing::Chunked;
            if !told_otherwise && !HOP.contains(&name.as_str()) {
                headers.push((name, value.clone()));
            }
        }
        headers.sort_by(|(a, _), (b, _)| a.cmp(b));
        let missing = |headers: &[(String, Value)], name: &str| headers.iter().all(|(n, _)| n != name);
        if missing(&headers, "Date") {
            headers.push(("Date".to_owned(), Value::Date));
        }
        if template.framing == Framing::Chunked {
            headers.push(text("Transfer-Encoding", "chunked"));
        } else if missing(&headers, "Content-Type") && !template.body.is_empty() {
            headers.push(text("Content-Type", sniffed(&template.body)));
        }
        template.headers = headers;
        template
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(trace, request)
    }
}

/// True if `lb_retry_match` names this status.
fn names_status(conditions: &[NextUpstream], status: u16) -> bool {
    let all = status >= 500 && conditions.contains(&NextUpstream::Http5xx);
    all || NextUpstream::of_status(status).is_some_and(|named| conditions.contains(&named))
}

/// `CanonicalMIMEHeaderKey` of Go's net/textproto.
fn canonical(name: &str) -> String {
    let mut first = true;
    let letters = name.chars().map(|c| {
        let c = if first { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        first = c == '-';
        c
    });
    letters.collect()
}

/// `DetectContentType` of Go's net/http, as far as text goes.
fn sniffed(body: &str) -> &'static str {
    let start = body.trim_start().to_ascii_lowercase();
    let html = ["<!doctype html", "<html", "<head", "<body", "<h1", "<p", "<!--"];
    if html.iter().any(|tag| start.starts_with(tag)) {
        "text/html; charset=utf-8"
    } else {
        "text/plain; charset=utf-8"
    }
}

/// `StatusText` of Go's net/http, and what stands where that is empty.
fn reason(status: u16) -> String {
    let text = match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Request Entity Too Large",
        414 => "Request URI Too Long",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        425 => "Too Early",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        511 => "Network Authentication Required",
        other => return format!("status code {other}"),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::message::{Message, TemplateId};
    use crate::sim::time::{SimDuration, SimTime};

    const MESSAGE: Message = Message { template: TemplateId(0), number: 0, sent: SimTime::ZERO };

    fn situation(settings: &EffectiveSettings, failure: Failure, method: Method) -> Situation<'_> {
        Situation {
            failure,
            method,
            sent: !is_dial_error(failure),
            reused: false,
            head_begun: false,
            client_reused: false,
            status_line_read: false,
            head_accepted: false,
            answer_begun: false,
            others_left: true,
            tries_left: u32::MAX,
            before: None,
            elapsed: SimDuration::ZERO,
            come_back_in: None,
            settings,
        }
    }

    fn trying(seconds: u64) -> EffectiveSettings {
        let next_upstream_timeout = Some(SimDuration::from_secs(seconds));
        Caddy.effective(&GatewaySettings { next_upstream_timeout, ..GatewaySettings::default() })
    }

    #[test]
    fn only_get_is_repeated_once_it_was_connected() {
        let s = trying(2);
        let action = |failure, method| Caddy.decide(situation(&s, failure, method)).action;
        assert_eq!(action(Failure::Refused, Method::Post), Action::Next);
        assert_eq!(action(Failure::HandshakeFailed, Method::Post), Action::Answer(502));
        assert_eq!(action(Failure::Closed, Method::Get), Action::Next);
        // `req.Method != "GET"`: idempotent or not, no other one is.
        assert_eq!(action(Failure::Closed, Method::Head), Action::Answer(502));
    }

    #[test]
    fn time_that_is_over_ends_all_tries() {
        let s = trying(2);
        let late = |failure| {
            let elapsed = SimDuration::from_secs(2);
            Caddy.decide(Situation { elapsed, ..situation(&s, failure, Method::Get) })
        };
        let verdict = late(Failure::ReadTimeout);
        assert_eq!(verdict.action, Action::Answer(504));
        assert_eq!(verdict.not_next, Some((TIME_IS_UP, Setting::NextUpstreamTimeout)));
        assert_eq!(late(Failure::NoLiveUpstream).action, Action::Answer(503));
    }

    #[test]
    fn where_nobody_is_available_the_failure_before_gives_the_status() {
        let s = trying(2);
        let nobody = situation(&s, Failure::NoLiveUpstream, Method::Post);
        assert_eq!(Caddy.decide(nobody).action, Action::Next, "whatever the method");
        let last = Situation { tries_left: 1, ..nobody };
        assert_eq!(Caddy.decide(last).action, Action::Answer(503));
        let after = |before| Caddy.decide(Situation { before: Some(before), ..last }).action;
        assert_eq!(after(Failure::Refused), Action::Answer(502));
        assert_eq!(after(Failure::ReadTimeout), Action::Answer(504));
    }

    #[test]
    fn a_kept_connection_that_ends_is_replaced_unseen_for_what_can_be_replayed() {
        let s = Caddy.effective(&GatewaySettings::default());
        let action = |method, head_begun| {
            let reused = situation(&s, Failure::Closed, method);
            Caddy.decide(Situation { reused: true, head_begun, ..reused }).action
        };
        assert_eq!(action(Method::Get, false), Action::Redial);
        assert_eq!(action(Method::Get, true), Action::Answer(502));
        // `isReplayable` names GET, HEAD, OPTIONS and TRACE: not DELETE, idempotent as it is.
        assert_eq!(action(Method::Delete, false), Action::Answer(502));
    }

    #[test]
    fn headers_are_sorted_and_via_stands_for_server() {
        let mut upstream = Template::new(999, "Odd", &[("x-origin", "A"), ("Connection", "close")], "hi");
        // Recorded: caddy tuned status_999.
        let names: Vec<_> = Caddy.forward(&upstream).headers.into_iter().map(|(n, _)| n).collect();
        assert_eq!(names, ["Content-Length", "Via", "X-Origin", "Date", "Content-Type"]);
        assert!(Caddy.forward(&upstream).render(MESSAGE, 0).starts_with("HTTP/1.1 999 status code 999\r\n"));
        upstream.framing = Framing::Chunked;
        let names: Vec<_> = Caddy.forward(&upstream).headers.into_iter().map(|(n, _)| n).collect();
        assert_eq!(names, ["Via", "X-Origin", "Date", "Transfer-Encoding"]);
    }

    #[test]
    fn an_error_has_no_body_and_maintenance_has_one() {
        let refused =
            OwnAnswer { failure: Some(Failure::Refused), ..OwnAnswer::configured(502, RetryAfter::Absent) };
        let page = Caddy.own(refused).render(MESSAGE, 0);
        assert!(page.starts_with("HTTP/1.1 502 Bad Gateway\r\nServer: Caddy\r\nDate: "), "{page}");
        assert!(page.ends_with("\r\nContent-Length: 0\r\n\r\n"), "{page}");
        let page = Caddy.page(503, RetryAfter::Seconds(120)).render(MESSAGE, 0);
        assert!(page.contains("\r\nRetry-After: 120\r\nServer: Caddy\r\n"), "{page}");
        assert!(page.ends_with("\r\n\r\ndown for maintenance"), "{page}");
    }

    #[test]
    fn a_status_below_100_closes_and_is_not_held_against_anybody() {
        let settings = Caddy.effective(&GatewaySettings::default());
        let template = Template::new(42, "What", &[], "hi");
        assert_eq!(Caddy.read(&template, 0, &settings), Reading::Reject(Failure::Unparsable));
        assert!(!Caddy.counts(Failure::Unparsable, false));
        let verdict = Caddy.decide(situation(&settings, Failure::Unparsable, Method::Get));
        assert_eq!(verdict.action, Action::Close);
    }
}
