//! No product: a gateway that has every mechanism, and tells what failed by `Proxy-Status`.
//!
//! RFC 9209 defines the header, the types of errors (§2.3) and a status for each. It says nothing of when to
//! retry or to give up; there this gateway has plain rules of its own, and neutral names for its settings.
//!
//! Defaults: 5 s to connect, 15 s between two reads, one try, turns among upstreams; all else is off.

use super::{
    Action, Dialect, EffectiveSettings, Known, LogLine, OwnAnswer, Passage, Reading, Rule, RuleId, Setting,
    Situation, Verdict,
};
use crate::sim::message::{Framing, Method, Template, Value, reason_phrase};
use crate::sim::scenario::{GatewaySettings, NextUpstream, PassiveHealth, RetryAfter};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, Outcome, SpanId, Trace};

/// The gateway.
pub(super) struct Neutral;

/// An error of RFC 9209 as a rule: type, status, text, section.
macro_rules! rules {
    ($($name:ident = $id:literal, $text:literal, $source:literal;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "a list of numbers, made once")]
        enum Number { $($name),* }
        $(const $name: RuleId = RuleId(Number::$name as u16);)*
        const RULES: &[Rule] = &[$(Rule { id: $id, text: $text, source: $source }),*];
    };
}

rules! {
    DNS_ERROR = "dns_error", "the name of the upstream does not resolve: 502", "RFC 9209 §2.3.2";
    DESTINATION_UNAVAILABLE = "destination_unavailable", "no upstream counts as well, so nobody is asked: 503", "RFC 9209 §2.3.4";
    DESTINATION_IP_UNROUTABLE = "destination_ip_unroutable", "there is no way to the upstream: 502", "RFC 9209 §2.3.6";
    CONNECTION_REFUSED = "connection_refused", "the upstream refused the connection: 502", "RFC 9209 §2.3.7";
    CONNECTION_TERMINATED = "connection_terminated", "the connection ended before an answer: 502", "RFC 9209 §2.3.8";
    CONNECTION_TIMEOUT = "connection_timeout", "no connection opened in that time: 504", "RFC 9209 §2.3.9";
    CONNECTION_READ_TIMEOUT = "connection_read_timeout", "nothing new came on the connection in that time: 504", "RFC 9209 §2.3.10";
    CONNECTION_LIMIT_REACHED = "connection_limit_reached", "no place at an upstream is free: 503", "RFC 9209 §2.3.12";
    TLS_PROTOCOL_ERROR = "tls_protocol_error", "the TLS handshake failed: 502", "RFC 9209 §2.3.13";
    TLS_CERTIFICATE_ERROR = "tls_certificate_error", "the upstream's certificate is not to be trusted: 502", "RFC 9209 §2.3.14";
    HTTP_REQUEST_ERROR = "http_request_error", "the client asks too much, which is its own error", "RFC 9209 §2.3.16; RFC 6585 §4 for 429; RFC 9110 §15.5.14 for 413";
    HTTP_RESPONSE_INCOMPLETE = "http_response_incomplete", "the answer broke off: 502 where a status can still be chosen", "RFC 9209 §2.3.18";
    HTTP_RESPONSE_HEADER_SECTION_SIZE = "http_response_header_section_size", "the head of the answer is larger than that: 502", "RFC 9209 §2.3.19";
    HTTP_RESPONSE_TIMEOUT = "http_response_timeout", "the whole answer did not come in that time: 504", "RFC 9209 §2.3.26";
    HTTP_PROTOCOL_ERROR = "http_protocol_error", "the answer is not HTTP: 502", "RFC 9209 §2.3.28";
    PROXY_INTERNAL_RESPONSE = "proxy_internal_response", "the proxy answers by itself without asking anybody", "RFC 9209 §2.3.29";
    TRY_AGAIN = "try-again", "the proxy tries again after this failure", "Inferred: RFC 9110 §9.2.2 leaves it to the proxy";
    NOT_NAMED = "not-named", "the proxy does not try again, since this failure is not named", "Inferred: RFC 9110 §9.2.2";
    NOT_IDEMPOTENT = "not-idempotent", "the proxy does not repeat what was sent and is not idempotent", "RFC 9110 §9.2.2: a proxy must not retry non-idempotent requests automatically";
    OUT_OF_TIME = "out-of-time", "the proxy does not try again after that time", "Inferred";
}

/// The rule, status and deciding setting of a failure, and the condition under which it may be tried again.
fn error(failure: Failure, s: &EffectiveSettings) -> (RuleId, u16, Option<Setting>, Option<NextUpstream>) {
    use NextUpstream::{Error, InvalidHeader, Timeout};
    match failure {
        Failure::NameNotResolved => (DNS_ERROR, 502, None, None),
        Failure::NoLiveUpstream => (DESTINATION_UNAVAILABLE, 503, None, None),
        Failure::GatewayBreakerOpen => {
            (DESTINATION_UNAVAILABLE, s.breaker.status, Some(Setting::Breaker), None)
        }
        Failure::Unreachable => (DESTINATION_IP_UNROUTABLE, 502, None, Some(Error)),
        Failure::Refused | Failure::HeldDown => (CONNECTION_REFUSED, 502, None, Some(Error)),
        Failure::Closed | Failure::Reset => (CONNECTION_TERMINATED, 502, None, Some(Error)),
        Failure::NoReply => (CONNECTION_TIMEOUT, 504, None, Some(Timeout)),
        Failure::ConnectTimeout => (CONNECTION_TIMEOUT, 504, Some(Setting::ConnectTimeout), Some(Timeout)),
        Failure::ReadTimeout => (CONNECTION_READ_TIMEOUT, 504, Some(Setting::ReadTimeout), Some(Timeout)),
        Failure::BodyTimeout => (CONNECTION_READ_TIMEOUT, 504, Some(Setting::BodyTimeout), Some(Timeout)),
        Failure::TryTimeout => (HTTP_RESPONSE_TIMEOUT, 504, Some(Setting::Retry), Some(Timeout)),
        Failure::RequestTimeout => (HTTP_RESPONSE_TIMEOUT, 504, Some(Setting::RequestTimeout), None),
        Failure::NoRoom | Failure::QueueTimeout => {
            (CONNECTION_LIMIT_REACHED, 503, Some(Setting::Limits), None)
        }
        Failure::HandshakeFailed => (TLS_PROTOCOL_ERROR, 502, None, Some(Error)),
        Failure::BadCertificate => (TLS_CERTIFICATE_ERROR, 502, None, Some(Error)),
        Failure::RateLimited => (HTTP_REQUEST_ERROR, s.rate_limit.status, Some(Setting::RateLimit), None),
        Failure::ClientLimit => (HTTP_REQUEST_ERROR, s.limits.client_status, Some(Setting::Limits), None),
        Failure::BodyTooLarge => (HTTP_REQUEST_ERROR, 413, Some(Setting::BodyLimit), None),
        Failure::Truncated { .. } => (HTTP_RESPONSE_INCOMPLETE, 502, None, Some(Error)),
        Failure::HeadTooLarge | Failure::HeadLines => {
            (HTTP_RESPONSE_HEADER_SECTION_SIZE, 502, Some(Setting::HeaderLimit), Some(InvalidHeader))
        }
        Failure::Shed => (PROXY_INTERNAL_RESPONSE, 503, Some(Setting::Limits), None),
        Failure::InvalidHead(_) | Failure::InvalidChunk | Failure::Unparsable => {
            (HTTP_PROTOCOL_ERROR, 502, None, Some(InvalidHeader))
        }
        // What others notice: clients, origins.
        _ => (PROXY_INTERNAL_RESPONSE, 500, None, None),
    }
}

impl Dialect for Neutral {
    fn title(&self) -> &'static str {
        "the neutral proxy"
    }

    fn version(&self) -> &'static str {
        "RFC 9209"
    }

    fn provenance(&self) -> &'static str {
        "statuses recommended by RFC 9209, June 2022"
    }

    fn known(&self) -> Known {
        Known::Documented
    }

    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings {
        let reads = SimDuration::from_secs(15);
        let bare = EffectiveSettings::bare();
        let mut limits = bare.limits.clone();
        limits.client_status = 429;
        EffectiveSettings {
            connect_timeout: SimDuration::from_secs(5),
            send_timeout: reads,
            read_timeout: reads,
            body_timeout: reads,
            next_upstream: vec![NextUpstream::Error, NextUpstream::Timeout],
            header_limit: 64 * 1_024,
            max_fails: 3,
            fail_timeout: SimDuration::from_secs(10),
            limits,
            ..bare
        }
        .configured(settings)
    }

    fn directive(&self, setting: Setting) -> &'static str {
        setting.field()
    }

    fn supports(&self, setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
        match setting {
            // What speaks like a failed probe needs probes, or nothing would ever bring an upstream back.
            Setting::PassiveHealth
                if matches!(s.passive_health, Some(PassiveHealth::Observe(_)))
                    && s.health_check.is_none() =>
            {
                Err("observe needs health_check beside it")
            }
            _ => Ok(()),
        }
    }

    fn value(&self, setting: Setting, s: &EffectiveSettings) -> String {
        setting.written(s)
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn read(&self, template: &Template, tries_left: u32, settings: &EffectiveSettings) -> Reading {
        if let Some(defect) = template.defect {
            return Reading::Reject(Failure::InvalidHead(defect));
        }
        if template.head_bytes > settings.header_limit {
            return Reading::Reject(Failure::HeadTooLarge);
        }
        let status = template.status.unwrap_or_default();
        if tries_left > 0 && NextUpstream::any_names(&settings.next_upstream, status, 500..600) {
            return Reading::Next(TRY_AGAIN, Setting::NextUpstream);
        }
        Reading::Accept
    }

    fn repeats_answers(&self, method: Method, elapsed: SimDuration, s: &EffectiveSettings) -> bool {
        let repeatable = method.is_idempotent() || s.next_upstream.contains(&NextUpstream::NonIdempotent);
        repeatable && (s.next_upstream_timeout.is_zero() || elapsed < s.next_upstream_timeout)
    }

    fn decide(&self, s: Situation<'_>) -> Verdict {
        let (rule, status, setting, condition) = error(s.failure, s.settings);
        let verdict = |action| Verdict { action, rule, setting, not_next: None };
        if s.head_accepted || s.answer_begun {
            return verdict(Action::CutShort);
        }
        if let Some(wait) = s.come_back_in {
            // Whole seconds, rounded up: earlier would be too early.
            let seconds = wait.as_nanos().div_ceil(1_000_000_000).clamp(1, u64::from(u32::MAX)) as u32;
            return verdict(Action::AnswerLater(status, RetryAfter::Seconds(seconds)));
        }
        let conditions = &s.settings.next_upstream;
        let time = s.settings.next_upstream_timeout;
        let repeatable =
            !s.sent || s.method.is_idempotent() || conditions.contains(&NextUpstream::NonIdempotent);
        let obstacle = match condition {
            Some(condition) if s.tries_left > 0 => {
                if !conditions.contains(&condition) {
                    Some((NOT_NAMED, Setting::NextUpstream))
                } else if !repeatable {
                    Some((NOT_IDEMPOTENT, Setting::NextUpstream))
                } else if !time.is_zero() && s.elapsed >= time {
                    Some((OUT_OF_TIME, Setting::NextUpstreamTimeout))
                } else {
                    let setting = Some(Setting::NextUpstream);
                    return Verdict { action: Action::Next, rule: TRY_AGAIN, setting, not_next: None };
                }
            }
            _ => None,
        };
        Verdict { not_next: obstacle, ..verdict(Action::Answer(status)) }
    }

    fn counts(&self, failure: Failure, _: bool) -> bool {
        !matches!(failure, Failure::CallerLeft)
    }

    fn maintenance(&self) -> (RuleId, Setting) {
        (PROXY_INTERNAL_RESPONSE, Setting::Maintenance)
    }

    /// RFC 9209 §2.3.10: "any new data".
    fn head_bytes_restart_clock(&self) -> bool {
        true
    }

    fn holds_back(&self) -> u32 {
        0
    }

    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        self.own(OwnAnswer::configured(status, retry_after))
    }

    fn own(&self, answer: OwnAnswer) -> Template {
        let (rule, ..) = match answer.failure {
            Some(failure) => error(failure, &EffectiveSettings::bare()),
            None => (PROXY_INTERNAL_RESPONSE, 503, None, None),
        };
        let kind = RULES[usize::from(rule.0)].id;
        let reason = reason_phrase(answer.status);
        let body = format!("{} {reason}: {kind}\n", answer.status);
        let proxy_status = format!("proxy; error={kind}");
        let headers =
            [("Content-Type", "text/plain; charset=utf-8"), ("Proxy-Status", proxy_status.as_str())];
        let mut template = Template::new(answer.status, reason, &headers, &body);
        template.headers.insert(0, ("Date".to_owned(), Value::Date));
        let later = match answer.retry_after {
            RetryAfter::Absent => None,
            RetryAfter::Seconds(seconds) => Some(Value::Text(seconds.to_string())),
            RetryAfter::Date(wait) => Some(Value::DateAfter(wait)),
        };
        template.headers.extend(later.map(|value| ("Retry-After".to_owned(), value)));
        template
    }

    fn forward(&self, upstream: &Template) -> Template {
        pass_on(upstream)
    }

    /// As RFC 9110 §7.6.3 asks of a gateway: `Via`.
    fn passage(&self, _settings: &EffectiveSettings) -> Passage {
        Passage::inferred("HTTP/1.1\nHost: {received}\n*\nVia + 1.1 gateway")
    }

    /// One line for each request: method, target, status or failure, time.
    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        let span = trace.span(request);
        let Some(asked) = trace.request(request) else { return Vec::new() };
        let what = match span.outcome {
            Outcome::Answer(m) | Outcome::Broken(m, _) => {
                trace.status(m).map_or("-".to_owned(), |status| status.to_string())
            }
            Outcome::Failed(failure) => format!("{failure:?}"),
            _ => return Vec::new(),
        };
        let took = span.end.since(span.start);
        let text = format!("{} {} {what} {took}", asked.method, asked.path);
        vec![LogLine { at: span.end, file: "access", text }]
    }
}

/// An answer as it came, but for what belongs to the connection (RFC 9110 §7.6.1).
pub(super) fn pass_on(upstream: &Template) -> Template {
    let mut template = upstream.clone();
    template.headers.retain(|(name, _)| {
        !["connection", "keep-alive", "transfer-encoding"].contains(&name.to_ascii_lowercase().as_str())
    });
    if template.framing != Framing::Length {
        template.framing = Framing::Chunked;
        template.headers.push(("Transfer-Encoding".to_owned(), Value::Text("chunked".to_owned())));
    }
    template
}
