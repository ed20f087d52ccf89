//! Envoy 1.40.0 with `static_resources`: one route, one cluster, `ROUND_ROBIN`, HTTP/1.1 on both sides.
//!
//! The access log has the format of the recordings. Left out: hedging, ejection by success rate, request
//! mirroring, the value of `x-envoy-upstream-service-time` (the header is not written).

mod log;
mod rules;
mod settings;

use self::rules::*;
use super::{
    Action, Dialect, EffectiveSettings, LogLine, OwnAnswer, Passage, Reading, Rule, RuleId, Setting,
    Situation, Verdict,
};
use crate::sim::message::{Framing, HeadDefect, Template, Value};
use crate::sim::scenario::{GatewaySettings, NextUpstream, RetryAfter};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Envoy;

/// What it writes into `server`: the default of `server_name`.
const SERVER: &str = "envoy";
/// `HttpProtocolOptions.max_headers_count`.
const MOST_HEADERS: usize = 100;
/// `HttpConnectionManager.delayed_close_timeout`.
const DELAYED_CLOSE: SimDuration = SimDuration::from_secs(1);

/// What Envoy calls a failure before an answer: the reset reason in its page, and the status.
fn reset_reason(failure: Failure, head_begun: bool) -> (&'static str, u16, RuleId, Option<Setting>) {
    match failure {
        Failure::TryTimeout => ("", 504, TRY_TIMEOUT, Some(Setting::Retry)),
        Failure::NoRoom => ("overflow", 503, OVERFLOW, Some(Setting::Limits)),
        Failure::ConnectTimeout => {
            ("connection timeout", 503, CONNECT_TIMEOUT, Some(Setting::ConnectTimeout))
        }
        Failure::HeadLines => ("protocol error", 502, HEADER_COUNT, None),
        Failure::HeadTooLarge => ("protocol error", 502, HEAD_TOO_LARGE, Some(Setting::HeaderLimit)),
        Failure::InvalidHead(_) => ("protocol error", 502, PROTOCOL_ERROR, None),
        Failure::Closed | Failure::Reset if head_begun => ("protocol error", 502, PROTOCOL_ERROR, None),
        Failure::Closed | Failure::Reset => ("connection termination", 503, CONNECTION_ENDED, None),
        _ => ("remote connection failure", 503, CONNECT_FAILED, None),
    }
}

impl Dialect for Envoy {
    fn title(&self) -> &'static str {
        "Envoy"
    }

    fn version(&self) -> &'static str {
        "1.40.0"
    }

    fn provenance(&self) -> &'static str {
        "recorded November 2026"
    }

    settings_in_their_room!();

    fn tries_again(&self, s: &EffectiveSettings, _: &[Failure]) -> String {
        let (retries, on) = (self.value(Setting::NextUpstreamTries, s), self.value(Setting::NextUpstream, s));
        format!("`num_retries {retries}` with `retry_on {on}`")
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    /// `source/common/http/http1/balsa_parser.cc` and `codec_impl.cc`, 1.40.0: strict; no status below 100.
    fn read(&self, template: &Template, tries_left: u32, settings: &EffectiveSettings) -> Reading {
        if let Some(defect) = template.defect {
            return Reading::Reject(Failure::InvalidHead(defect));
        }
        if template.status.is_none_or(|status| status < 100) {
            return Reading::Reject(Failure::InvalidHead(HeadDefect::BadStatusLine));
        }
        if template.headers.len() > MOST_HEADERS {
            return Reading::Reject(Failure::HeadLines);
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

    /// Follows `Filter::onUpstreamReset`, `onResponseTimeout` and `RetryStateImpl` of `source/common/router`, 1.40.0.
    fn decide(&self, s: Situation<'_>) -> Verdict {
        let verdict = |action, rule, setting| Verdict { action, rule, setting, not_next: None };
        if s.head_accepted || s.answer_begun {
            return match s.failure {
                Failure::RequestTimeout => {
                    verdict(Action::CutShort, CUT_BY_TIMEOUT, Some(Setting::RequestTimeout))
                }
                Failure::BodyTimeout => verdict(Action::CutShort, STREAM_IDLE, Some(Setting::ReadTimeout)),
                _ => verdict(Action::CutShort, CUT_SHORT, None),
            };
        }
        match s.failure {
            Failure::NoLiveUpstream => return verdict(Action::Answer(503), NO_HEALTHY_UPSTREAM, None),
            // A name without an address gives the cluster no host: the others have all requests.
            Failure::NameNotResolved if s.others_left => {
                return verdict(Action::Next, NO_HEALTHY_UPSTREAM, None);
            }
            Failure::NameNotResolved => return verdict(Action::Answer(503), NO_HEALTHY_UPSTREAM, None),
            Failure::NoRoom => {
                return verdict(Action::Answer(503), OVERFLOW, Some(Setting::Limits));
            }
            Failure::BodyTooLarge => {
                return verdict(Action::Answer(413), BODY_TOO_LARGE, Some(Setting::BodyLimit));
            }
            Failure::RateLimited => {
                let status = s.settings.rate_limit.status;
                return verdict(Action::Answer(status), RATE_LIMITED, Some(Setting::RateLimit));
            }
            Failure::RequestTimeout => {
                let not_next =
                    (s.settings.next_upstream_tries > 1).then_some((TIME_IS_UP, Setting::RequestTimeout));
                let setting = Some(Setting::RequestTimeout);
                return Verdict { not_next, ..verdict(Action::Answer(504), ROUTE_TIMEOUT, setting) };
            }
            Failure::ReadTimeout => {
                return verdict(Action::Answer(504), STREAM_IDLE, Some(Setting::ReadTimeout));
            }
            _ => {}
        }
        let (_, status, rule, setting) = reset_reason(s.failure, s.head_begun);
        let conditions = &s.settings.next_upstream;
        let not_next = if s.tries_left == 0 {
            (s.settings.next_upstream_tries > 1).then_some((RETRIES_USED, Setting::NextUpstreamTries))
        } else if names_failure(conditions) {
            return verdict(Action::Next, RETRY, Some(Setting::NextUpstream));
        } else {
            Some((NOT_NAMED, Setting::NextUpstream))
        };
        Verdict { not_next, ..verdict(Action::Answer(status), rule, setting) }
    }

    /// Outlier detection takes in what ends a stream, before or after the head.
    fn counts(&self, failure: Failure, _: bool) -> bool {
        failure != Failure::NameNotResolved
    }

    fn maintenance(&self) -> (RuleId, Setting) {
        (MAINTENANCE, Setting::Maintenance)
    }

    /// No timeout looks at single reads; see the rule `route-timeout`.
    fn head_bytes_restart_clock(&self) -> bool {
        false
    }

    fn holds_back(&self) -> u32 {
        0
    }

    /// `RoundRobinLoadBalancer` begins at a random host (recordings: envoy pool2 cells begin at A or B).
    fn begins_anywhere(&self) -> bool {
        true
    }

    /// Documentation of HealthCheck.HttpHealthCheck.expected_statuses: by default 200 alone.
    fn probe_accepts(&self, status: u16) -> bool {
        status == 200
    }

    fn closes_after(&self) -> SimDuration {
        DELAYED_CLOSE
    }

    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        self.own(OwnAnswer::configured(status, retry_after))
    }

    /// `Http::Utility::prepareLocalReply`, 1.40.0; recorded byte for byte.
    fn own(&self, o: OwnAnswer) -> Template {
        let body = match o.failure {
            None => "down for maintenance".to_owned(),
            Some(Failure::RequestTimeout | Failure::TryTimeout) => "upstream request timeout".to_owned(),
            Some(Failure::ReadTimeout) => "stream timeout".to_owned(),
            Some(Failure::RateLimited) => "local_rate_limited".to_owned(),
            Some(Failure::BodyTooLarge) => "Payload Too Large".to_owned(),
            Some(Failure::NoLiveUpstream | Failure::NameNotResolved) => "no healthy upstream".to_owned(),
            Some(failure) => {
                let (reason, ..) = reset_reason(failure, o.head_begun);
                let which = if o.tries > 1 { "retried and the latest reset reason" } else { "reset reason" };
                format!("upstream connect error or disconnect/reset before headers. {which}: {reason}")
            }
        };
        let mut template = Template::new(o.status, reason(o.status), &[], &body);
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        let mut headers = Vec::new();
        match o.retry_after {
            RetryAfter::Absent => {}
            RetryAfter::Seconds(seconds) => headers.push(text("retry-after", &seconds.to_string())),
            RetryAfter::Date(wait) => headers.push(("retry-after".to_owned(), Value::DateAfter(wait))),
        }
        if o.failure == Some(Failure::NoRoom) {
            headers.push(text("x-envoy-overloaded", "true"));
        }
        headers.extend([
            ("content-length".to_owned(), Value::BodyLength),
            text("content-type", "text/plain"),
            ("date".to_owned(), Value::Date),
            text("server", SERVER),
        ]);
        // Answered before the request's body was read: the connection cannot be used again
        // (recordings: envoy maintenance POST, retry dns_fail POST).
        let nobody_asked = o.tries == 0 || o.failure == Some(Failure::NameNotResolved);
        if nobody_asked && (o.method.has_body() || o.failure == Some(Failure::BodyTooLarge)) {
            headers.push(text("connection", "close"));
        }
        template.headers = headers;
        template
    }

    /// Lower-case names; `date` and `server` are replaced where they stand, else appended.
    fn forward(&self, upstream: &Template) -> Template {
        let mut template = upstream.clone();
        template.reason = reason(upstream.status.unwrap_or_default()).to_owned();
        template.framing = match upstream.framing {
            Framing::Length => Framing::Length,
            Framing::Chunked | Framing::Close => Framing::Chunked,
        };
        let kept = upstream.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        template.headers = kept
            .filter(|(name, _)| !matches!(name.as_str(), "transfer-encoding" | "connection" | "keep-alive"))
            .collect();
        set(&mut template.headers, "date", Value::Date);
        set(&mut template.headers, "server", Value::Text(SERVER.to_owned()));
        if template.framing == Framing::Chunked {
            template.headers.push(("transfer-encoding".to_owned(), Value::Text("chunked".to_owned())));
        }
        template
    }

    /// `Inferred:` from the documentation of HTTP header manipulation and of the router 1.40: `x-forwarded-proto` and
    /// `x-request-id` are always written, `x-forwarded-for` with `use_remote_address` alone, and the route's time-out is told
    /// to the upstream.
    fn passage(&self, s: &EffectiveSettings) -> Passage {
        let lines = "HTTP/1.1 lower\nhost: {received}\n*\nx-forwarded-proto ? http\nx-request-id ? {id}\nx-envoy-expected-rq-timeout-ms: {timeout}";
        Passage { timeout: Some(s.request_timeout), ..Passage::inferred(lines) }
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(trace, request)
    }
}

fn set(headers: &mut Vec<(String, Value)>, name: &str, value: Value) {
    match headers.iter_mut().find(|(n, _)| n == name) {
        Some((_, old)) => *old = value,
        None => headers.push((name.to_owned(), value)),
    }
}

/// True if `retry_on` repeats after a connection that failed or ended (`connect-failure`, `reset`, `5xx`).
fn names_failure(conditions: &[NextUpstream]) -> bool {
    conditions.iter().any(|c| matches!(c, NextUpstream::Error | NextUpstream::Http5xx))
}

/// True if `retry_on` repeats after this status: `5xx`, `gateway-error`, `retriable-status-codes`.
fn names_status(conditions: &[NextUpstream], status: u16) -> bool {
    NextUpstream::any_names(conditions, status, 500..600)
}

/// Reason phrases of `source/common/http/codes.cc`, 1.40.0.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Payload Too Large",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::message::{Message, Method, TemplateId};
    use crate::sim::time::SimTime;

    fn page(own: OwnAnswer) -> String {
        let message = Message { template: TemplateId(0), number: 0, sent: SimTime::ZERO };
        Envoy.own(own).render(message, 0)
    }

    #[test]
    fn its_page_names_the_reset_reason_and_whether_it_tried_again() {
        let once = OwnAnswer {
            failure: Some(Failure::Closed),
            tries: 1,
            ..OwnAnswer::configured(503, RetryAfter::Absent)
        };
        // Recorded: envoy tuned read_close, retry read_rst, tuned partial_headers.
        assert!(page(once).ends_with("before headers. reset reason: connection termination"));
        let thrice = OwnAnswer { tries: 3, ..once };
        assert!(page(thrice).ends_with("retried and the latest reset reason: connection termination"));
        let within = OwnAnswer { status: 502, head_begun: true, ..once };
        assert!(page(within).ends_with("reset reason: protocol error"));
    }

    #[test]
    fn what_it_refuses_by_itself_says_so_in_headers() {
        let full =
            OwnAnswer { failure: Some(Failure::NoRoom), ..OwnAnswer::configured(503, RetryAfter::Absent) };
        assert!(page(full).contains("\r\nx-envoy-overloaded: true\r\n"));
        let early = OwnAnswer {
            failure: Some(Failure::RateLimited),
            ..OwnAnswer::configured(429, RetryAfter::Absent)
        };
        assert!(page(early).ends_with("\r\n\r\nlocal_rate_limited"));
        assert!(!page(early).to_ascii_lowercase().contains("retry-after"));
    }

    #[test]
    fn it_closes_where_the_body_of_a_request_was_not_read() {
        let maintenance =
            |method| OwnAnswer { method, ..OwnAnswer::configured(503, RetryAfter::Seconds(120)) };
        assert!(page(maintenance(Method::Post)).contains("connection: close"));
        assert!(!page(maintenance(Method::Get)).contains("connection"));
    }

    #[test]
    fn retry_on_names_ranges_and_single_statuses() {
        let any = [NextUpstream::Http5xx];
        assert_eq!(
            [499, 500, 501, 599, 600, 999].map(|s| names_status(&any, s)),
            [false, true, true, true, false, false]
        );
        let one = [NextUpstream::Http503];
        assert!(names_status(&one, 503) && !names_status(&one, 500) && !names_failure(&one));
        assert!(names_failure(&any), "5xx covers connections that fail");
    }
}
