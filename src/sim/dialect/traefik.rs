//! Traefik 3.7.15 with a file provider: one router, one service of the kind `loadBalancer`, HTTP/1.1 on both sides, as
//! Go's `net/http` speaks it.
//!
//! The middlewares `retry`, `circuitBreaker`, `rateLimit`, `inFlightReq` and `buffering` stand in front of the service.
//! Left out: the experimental fast proxy, `failover`, `mirroring` and `weighted` services, the strategies `hrw` and
//! `leasttime`, stickiness, `unhealthyInterval`, redirects of health checks, that a good check ends what
//! `passiveHealthCheck` began, limits of answers' sizes in `buffering`, `X-Retry-In` beside `Retry-After`, and that
//! `retry.status` names a 503 for want of a server.

mod log;
mod rules;
mod settings;

use self::rules::*;
use super::{
    Action, Dialect, EffectiveSettings, LogLine, OwnAnswer, Passage, Reading, Rule, RuleId, Setting,
    Situation, Verdict, go,
};
use crate::sim::message::{Framing, HeadDefect, Method, Template, Value};
use crate::sim::order;
use crate::sim::scenario::{GatewaySettings, NextUpstream, RetryAfter};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Traefik;

/// The writer that a connection's answers pass is flushed when it is full (`newBufioWriterSize` of net/http).
const WRITE_BUFFER: u32 = 4 << 10;
/// `responseForwarding.flushInterval`.
const FLUSH_INTERVAL: SimDuration = SimDuration::from_millis(100);

/// What an error before an answer becomes: `ComputeStatusCode` of `pkg/proxy/httputil/proxy.go`, 3.7.
fn error(failure: Failure, head_begun: bool) -> (u16, RuleId, Option<Setting>) {
    match failure {
        Failure::ConnectTimeout => (504, DIAL_TIMEOUT, Some(Setting::ConnectTimeout)),
        // The kernel's own time-out is a time-out too.
        Failure::NoReply => (504, DIAL_TIMEOUT, None),
        Failure::ReadTimeout => (504, HEADER_TIMEOUT, Some(Setting::ReadTimeout)),
        Failure::HandshakeFailed | Failure::BadCertificate => (500, TLS_FAILED, None),
        Failure::Closed if head_begun => (500, NO_HTTP, None),
        Failure::Closed | Failure::Reset => (502, ENDED, None),
        Failure::InvalidHead(_) => (500, NO_HTTP, None),
        Failure::HeadTooLarge | Failure::HeadLines => (500, HEAD_TOO_LARGE, None),
        _ => (502, UNREACHABLE, None),
    }
}

/// True if nothing of the request can have been written (`httptrace.ClientTrace.WroteHeaders` was not called).
fn is_unsent(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::Refused
            | Failure::Unreachable
            | Failure::NameNotResolved
            | Failure::NoReply
            | Failure::ConnectTimeout
            | Failure::HandshakeFailed
            | Failure::BadCertificate
    )
}

impl Dialect for Traefik {
    fn title(&self) -> &'static str {
        "Traefik"
    }

    fn version(&self) -> &'static str {
        "3.7.15"
    }

    fn provenance(&self) -> &'static str {
        "recorded November 2026"
    }

    settings_in_their_room!();

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    /// `ReadResponse` of net/http: any three digits are a status, chunks win over a length (recordings: traefik tuned
    /// status_999, cl_and_te).
    fn read(&self, template: &Template, tries_left: u32, settings: &EffectiveSettings) -> Reading {
        if let Some(defect) = template.defect.filter(|d| *d != HeadDefect::LengthAndChunked) {
            return Reading::Reject(Failure::InvalidHead(defect));
        }
        let Some(status) = template.status else {
            return Reading::Reject(Failure::InvalidHead(HeadDefect::BadStatusLine));
        };
        if status < 100 {
            return Reading::Reject(Failure::Unparsable);
        }
        if template.head_bytes > settings.header_limit {
            return Reading::Reject(Failure::HeadTooLarge);
        }
        if tries_left > 0 && names_status(&settings.next_upstream, status) {
            return Reading::Next(RETRY_STATUS, Setting::NextUpstream);
        }
        Reading::Accept
    }

    /// Follows `ReverseProxy.ServeHTTP` of Go, and `ErrorHandlerWithContext` and `retry.ServeHTTP` of Traefik 3.7.
    fn decide(&self, s: Situation<'_>) -> Verdict {
        let verdict = |action, rule, setting| Verdict { action, rule, setting, not_next: None };
        if s.answer_begun {
            return verdict(Action::CutShort, CUT_SHORT, None);
        }
        match s.failure {
            Failure::Truncated { .. } | Failure::InvalidChunk if s.settings.response_buffering => {
                return verdict(Action::Answer(500), BUFFERED, Some(Setting::ResponseBuffering));
            }
            Failure::Truncated { .. } | Failure::InvalidChunk => {
                return verdict(Action::Close, NOT_FLUSHED, None);
            }
            Failure::Unparsable => return verdict(Action::Close, PANIC, None),
            Failure::NoLiveUpstream => return verdict(Action::Answer(503), NO_SERVER, None),
            Failure::BodyTooLarge => {
                return verdict(Action::Answer(413), BODY_TOO_LARGE, Some(Setting::BodyLimit));
            }
            Failure::RateLimited => {
                // Whole seconds, rounded up (`serveDelayError`).
                let wait = s.come_back_in.unwrap_or(SimDuration::ZERO);
                let seconds = wait.as_nanos().div_ceil(1_000_000_000).min(u64::from(u32::MAX)) as u32;
                let later = Action::AnswerLater(429, RetryAfter::Seconds(seconds));
                return verdict(later, RATE_LIMITED, Some(Setting::RateLimit));
            }
            Failure::Shed | Failure::ClientLimit => {
                return verdict(Action::Answer(429), IN_FLIGHT, Some(Setting::Limits));
            }
            Failure::GatewayBreakerOpen => {
                let status = s.settings.breaker.status;
                return verdict(Action::Answer(status), BREAKER, Some(Setting::Breaker));
            }
            _ => {}
        }
        let kept_gone = s.reused && !s.head_begun && matches!(s.failure, Failure::Closed | Failure::Reset);
        if s.reused && self.replays(s.method, s.failure, s.head_begun) {
            return verdict(Action::Redial, KEPT_CONNECTION_GONE, None);
        }
        let (status, mut rule, setting) = error(s.failure, s.head_begun);
        if kept_gone {
            rule = NOT_REPLAYED;
        }
        let tries_again = s.settings.next_upstream_tries > 1;
        let unsent = is_unsent(s.failure) && s.settings.next_upstream.contains(&NextUpstream::ConnectFailure);
        let not_next = if !tries_again {
            None
        } else if s.tries_left == 0 {
            Some((ATTEMPTS_USED, Setting::NextUpstreamTries))
        } else if !in_time(s.elapsed, s.settings) {
            Some((RETRY_TIMEOUT, Setting::NextUpstreamTimeout))
        } else if unsent {
            return verdict(Action::Next, RETRY, Some(Setting::NextUpstreamTries));
        } else if names_status(&s.settings.next_upstream, status) && repeats_status(s.method, s.settings) {
            return verdict(Action::Next, RETRY_OWN_STATUS, Some(Setting::NextUpstream));
        } else {
            Some((WAS_SENT, Setting::NextUpstreamTries))
        };
        Verdict { not_next, ..verdict(Action::Answer(status), rule, setting) }
    }

    /// Only `passiveHealthCheck` counts: what ends without an answer gets a 5xx. A panic comes before any status.
    fn counts(&self, failure: Failure, _: bool) -> bool {
        failure != Failure::Unparsable
    }

    fn maintenance(&self) -> (RuleId, Setting) {
        (MAINTENANCE, Setting::Maintenance)
    }

    /// `ResponseHeaderTimeout` ends with the head (recording: traefik tuned drip_headers).
    fn head_bytes_restart_clock(&self) -> bool {
        false
    }

    fn holds_back(&self) -> u32 {
        WRITE_BUFFER
    }

    /// Recordings: traefik tuned slow_body_under, body_truncated_fin: the head comes after 100 ms.
    fn holds_for(&self) -> Option<SimDuration> {
        Some(FLUSH_INTERVAL)
    }

    /// `ReverseProxy.flushInterval` of Go: without a length at once (recording: traefik tuned chunked_truncated).
    fn holds(&self, template: &Template) -> bool {
        template.framing == Framing::Length
    }

    /// See the rule `kept-connection-gone`: net/http asks again before Traefik learns of it.
    fn replays(&self, method: Method, failure: Failure, head_begun: bool) -> bool {
        is_replayable(method) && !head_begun && matches!(failure, Failure::Closed | Failure::Reset)
    }

    /// `responseWriter.Write` of `retry.go`, 3.7, takes the body in and drops it.
    fn reads_what_it_drops(&self) -> bool {
        true
    }

    fn repeats_answers(&self, method: Method, elapsed: SimDuration, settings: &EffectiveSettings) -> bool {
        in_time(elapsed, settings) && repeats_status(method, settings)
    }

    /// Servers are shuffled when a configuration is read (`getLoadBalancerServiceHandler` of `service.go`, 3.7;
    /// recordings: traefik pool2 cells begin at A or B).
    fn begins_anywhere(&self) -> bool {
        true
    }

    /// `nextServer` of `p2c.go`, 3.7.
    fn draws_two_different(&self) -> bool {
        true
    }

    /// The ticker of `healthcheck.go`, 3.7, ticks first after an interval.
    fn probes_at_once(&self) -> bool {
        false
    }

    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        self.own(OwnAnswer::configured(status, retry_after))
    }

    /// Recorded byte for byte. Traefik writes plain text without its type; what Go's `http.Error` writes has one.
    fn own(&self, o: OwnAnswer) -> Template {
        if o.failure == Some(Failure::BadTarget) {
            return go::bad_request();
        }
        let (body, by_go) = match o.failure {
            None | Some(Failure::NoLiveUpstream) => ("no available server\n".to_owned(), true),
            Some(Failure::Truncated { .. } | Failure::InvalidChunk) => {
                (format!("{}\n", go::status_text(o.status)), true)
            }
            Some(Failure::Shed | Failure::ClientLimit) => {
                (format!("max connections reached: {}", o.limit), false)
            }
            Some(_) => (go::status_text(o.status), false),
        };
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        let mut headers = Vec::new();
        if by_go {
            headers.push(text("Content-Type", "text/plain; charset=utf-8"));
        }
        match o.retry_after {
            RetryAfter::Absent => {}
            RetryAfter::Seconds(seconds) => headers.push(text("Retry-After", &seconds.to_string())),
            RetryAfter::Date(wait) => headers.push(("Retry-After".to_owned(), Value::DateAfter(wait))),
        }
        if by_go {
            headers.push(text("X-Content-Type-Options", "nosniff"));
        }
        headers.push(("Date".to_owned(), Value::Date));
        headers.push(("Content-Length".to_owned(), Value::BodyLength));
        Template { headers, ..Template::new(o.status, &go::status_text(o.status), &[], &body) }
    }

    fn own_to_head(&self, own: Template, number: u32) -> Template {
        go::to_head(own, number)
    }

    /// Segments of dots are cleaned away (`entryPoints.http.sanitizePath`); that the server sees another path is left out.
    fn refuses_target(&self, target: &str) -> Option<RuleId> {
        go::refuses(target).then_some(BAD_TARGET)
    }

    /// `checkHealthHTTP` of `healthcheck.go`, 3.7, without `healthCheck.status`.
    fn probe_accepts(&self, status: u16) -> bool {
        (200..400).contains(&status)
    }

    /// `Header.Write` of net/http sorts what the server sent by name; then come what Go itself adds, `Date` and
    /// `Transfer-Encoding`. The reason phrase is Go's own (recordings: traefik tuned ok, own_503, status_999).
    fn forward(&self, upstream: &Template) -> Template {
        let mut template = upstream.clone();
        template.defect = None;
        template.reason = go::status_text(upstream.status.unwrap_or_default());
        for (name, _) in &mut template.headers {
            *name = canonical(name);
        }
        template.headers.retain(|(name, _)| !HOP_BY_HOP.contains(&name.as_str()));
        if upstream.framing != Framing::Length {
            template.framing = Framing::Chunked;
            template.headers.retain(|(name, _)| name != "Content-Length");
        }
        order::by(&mut template.headers, |(a, _), (b, _)| a.cmp(b));
        if template.header("date").is_none() {
            template.headers.push(("Date".to_owned(), Value::Date));
        }
        if template.framing == Framing::Chunked {
            template.headers.push(("Transfer-Encoding".to_owned(), Value::Text("chunked".to_owned())));
        }
        template
    }

    /// `Inferred:` from its documentation (FAQ, forwarded headers) and the output of its
    /// quick start. What came in `X-Forwarded-*` is not trusted, and replaced.
    fn passage(&self, _settings: &EffectiveSettings) -> Passage {
        Passage::inferred(
            "HTTP/1.1 sorted\nHost: {received}\n*\nX-Forwarded-For: {from}\nX-Forwarded-Host: {host}\nX-Forwarded-Port: 80\nX-Forwarded-Proto: http\nX-Forwarded-Server: traefik\nX-Real-Ip: {from}\nAccept-Encoding ? gzip",
        )
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(trace, request)
    }
}

/// `hopHeaders` of Go's `net/http/httputil/reverseproxy.go`.
const HOP_BY_HOP: [&str; 9] = [
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

/// `textproto.CanonicalMIMEHeaderKey`: a capital at the start and after each hyphen.
fn canonical(name: &str) -> String {
    let mut capital = true;
    let letter = |c: char| {
        let written = if capital { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        capital = c == '-';
        written
    };
    name.chars().map(letter).collect()
}

/// `Request.isReplayable` of net/http, for a request without `Idempotency-Key`.
fn is_replayable(method: Method) -> bool {
    matches!(method, Method::Get | Method::Head | Method::Options)
}

/// True if `retry.status` holds for this method: without `retryNonIdempotentMethod` not for POST and PATCH.
fn repeats_status(method: Method, s: &EffectiveSettings) -> bool {
    !matches!(method, Method::Post | Method::Patch) || s.next_upstream.contains(&NextUpstream::NonIdempotent)
}

/// True as long as `retry.timeout` lets it try again.
fn in_time(elapsed: SimDuration, s: &EffectiveSettings) -> bool {
    s.next_upstream_timeout.is_zero() || elapsed < s.next_upstream_timeout
}

/// True if `retry.status` names this status.
fn names_status(conditions: &[NextUpstream], status: u16) -> bool {
    NextUpstream::any_names(conditions, status, 500..600)
}

#[cfg(test)]
mod tests;
