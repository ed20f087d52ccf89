//! Envoy 1.40.0 with `static_resources`: one route, one cluster, `ROUND_ROBIN`, HTTP/1.1 on both sides.
//!
//! The access log has the format of the recordings. Left out: hedging, ejection by success rate, request
//! mirroring, the value of `x-envoy-upstream-service-time` (the header is not written).

mod log;
mod rules;

use self::rules::*;
use super::{
    Action, Dialect, EffectiveSettings, LogLine, OwnAnswer, Reading, Rule, RuleId, Setting, Situation,
    Verdict,
};
use crate::sim::message::{Framing, HeadDefect, Template, Value};
use crate::sim::scenario::{
    Again, Algorithm, Balance, GatewaySettings, InitialHealth, KeepAlive, LimitRule, Limits, NextUpstream,
    PassiveHealth, ProbeRule, Retry, RetryAfter, RetryRule, RetryWait, UpstreamKeepAlive,
};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Envoy;

/// What it writes into `server`: the default of `server_name`.
const SERVER: &str = "envoy";
/// `HttpProtocolOptions.max_headers_count`.
const MOST_HEADERS: u32 = 100;
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

    /// Defaults from the API reference of Envoy v3: `Cluster`, `RouteAction`, `HttpConnectionManager`.
    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings {
        // An hour without a stream, `idle_timeout` of `HttpProtocolOptions`; no limit of streams on a connection.
        let keep_alive = KeepAlive { idle: SimDuration::from_secs(3_600), most: 100_000, requests: u32::MAX };
        let five_minutes = SimDuration::from_secs(300);
        let millis = SimDuration::from_millis;
        let bare = EffectiveSettings::bare();
        let mut s = EffectiveSettings {
            connect_timeout: SimDuration::from_secs(5),
            send_timeout: five_minutes,
            read_timeout: five_minutes,
            request_timeout: SimDuration::from_secs(15),
            // `num_retries` is 1 as soon as there is a `retry_policy`.
            next_upstream_tries: if settings.next_upstream.is_some() { 2 } else { 1 },
            header_limit: 60 * 1_024,
            keep_alive,
            upstream_keep_alive: UpstreamKeepAlive::On(keep_alive),
            balance: Balance::RoundRobin,
            panic_threshold: 0.5,
            // A host is asked once before it counts as well; one wrong status is enough to take it out.
            health_check: ProbeRule {
                initial: InitialHealth::Unhealthy,
                status_is_final: true,
                ..bare.health_check
            },
            retry: RetryRule {
                again: Again::Any,
                wait: RetryWait::FullJitter { base: millis(25), cap: millis(250) },
                concurrent: 3,
                per_try_timeout: SimDuration::ZERO,
            },
            limits: LimitRule { all_upstreams: 1_024, queue: 1_024, ..bare.limits },
            ..bare
        }
        .configured(settings);
        // `stream_idle_timeout` looks at the whole stream.
        s.body_timeout = s.read_timeout;
        s
    }

    fn supports(&self, setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
        const HEALTH: &str = "it has passive_health with outlier, and health_check";
        const PLACES: &str = "its circuit breakers limit all_upstreams (max_requests, max_connections) and queue (max_pending_requests)";
        let fits = |good: bool, instead| if good { Ok(()) } else { Err(instead) };
        let limits = |l: &Limits| {
            l.upstream_requests.is_none()
                && l.queue_timeout.is_none()
                && l.client_requests.is_none()
                && l.total_requests.is_none()
        };
        let retry = |r: &Retry| {
            matches!(r.again, None | Some(Again::Any))
                && matches!(r.wait, None | Some(RetryWait::FullJitter { .. }))
        };
        match setting {
            Setting::Balance => fits(
                !matches!(
                    s.balance,
                    Some(Balance::SmoothRoundRobin | Balance::FirstAvailable | Balance::LeastRequests)
                ),
                "it has round_robin, least_of_two (LEAST_REQUEST) and random",
            ),
            Setting::PassiveHealth => fits(
                matches!(s.passive_health, None | Some(PassiveHealth::Off | PassiveHealth::Outlier(_))),
                HEALTH,
            ),
            Setting::MaxFails | Setting::FailTimeout => Err(HEALTH),
            Setting::NextUpstreamTimeout => Err("request_timeout holds for all tries together"),
            Setting::Retry => fits(
                s.retry.as_ref().is_none_or(retry),
                "it tries whichever host the balance gives (again any), after a wait of full_jitter",
            ),
            Setting::Limits => fits(s.limits.as_ref().is_none_or(limits), PLACES),
            Setting::RateLimit => fits(
                !matches!(&s.rate_limit, Some(r) if r.algorithm == Some(Algorithm::LeakyBucket)),
                "it has a token_bucket (local_ratelimit)",
            ),
            Setting::Breaker => {
                Err("what it calls circuit breakers are limits; it ejects hosts by passive_health")
            }
            Setting::Cache => Err("its cache filter is a work in progress; nothing is stored"),
            Setting::BodyTimeout => Err("read_timeout (stream_idle_timeout) holds in the body too"),
            Setting::ResponseBuffering => Err("its buffer filter gathers requests, not answers"),
            _ => Ok(()),
        }
    }

    fn directive(&self, setting: Setting) -> &'static str {
        match setting {
            Setting::ConnectTimeout => "connect_timeout",
            Setting::SendTimeout | Setting::ReadTimeout | Setting::BodyTimeout => "stream_idle_timeout",
            Setting::RequestTimeout | Setting::NextUpstreamTimeout => "timeout",
            Setting::NextUpstream => "retry_on",
            Setting::NextUpstreamTries => "num_retries",
            Setting::HeaderLimit => "max_response_headers_kb",
            Setting::Maintenance => "direct_response",
            Setting::KeepAlive | Setting::UpstreamKeepAlive => "idle_timeout",
            Setting::Balance => "lb_policy",
            Setting::Upstreams => "lb_endpoints",
            Setting::PassiveHealth | Setting::MaxFails | Setting::FailTimeout => "outlier_detection",
            Setting::HealthCheck => "health_checks",
            Setting::PanicThreshold => "healthy_panic_threshold",
            Setting::Retry => "retry_policy",
            Setting::Limits => "circuit_breakers",
            Setting::RateLimit => "local_ratelimit",
            // Not to be configured; see `supports`.
            Setting::Breaker | Setting::Cache | Setting::ResponseBuffering => setting.field(),
        }
    }

    fn value(&self, setting: Setting, s: &EffectiveSettings) -> String {
        match setting {
            Setting::NextUpstream if s.next_upstream.is_empty() => "off".to_owned(),
            Setting::NextUpstream => retry_on(&s.next_upstream).join(","),
            Setting::NextUpstreamTries => s.next_upstream_tries.saturating_sub(1).to_string(),
            Setting::HeaderLimit => (s.header_limit / 1_024).to_string(),
            Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
                UpstreamKeepAlive::Off => "off".to_owned(),
                UpstreamKeepAlive::On(KeepAlive { idle, .. }) => idle.to_string(),
            },
            Setting::Balance => match s.balance {
                Balance::LeastOfTwo => "LEAST_REQUEST",
                Balance::Random => "RANDOM",
                _ => "ROUND_ROBIN",
            }
            .to_owned(),
            Setting::PassiveHealth => match &s.passive_health {
                PassiveHealth::Outlier(o) => format!("consecutive_5xx {}", o.consecutive_5xx),
                _ => "off".to_owned(),
            },
            Setting::PanicThreshold => format!("{} %", s.panic_threshold * 100.0),
            Setting::Retry => format!("max_retries {}", s.retry.concurrent),
            Setting::Limits => {
                format!("max_requests {}, max_pending_requests {}", s.limits.all_upstreams, s.limits.queue)
            }
            other => other.written(s),
        }
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
        if template.head_bytes > settings.header_limit || template.header_lines() > MOST_HEADERS {
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
                Failure::BodyTimeout => verdict(Action::CutShort, CUT_BY_TIMEOUT, Some(Setting::ReadTimeout)),
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
            None
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
        if nobody_asked && o.method.has_body() {
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
    let all = (500..600).contains(&status) && conditions.contains(&NextUpstream::Http5xx);
    all || NextUpstream::of_status(status).is_some_and(|named| conditions.contains(&named))
}

/// The conditions as `retry_on` writes them; single statuses stand in `retriable_status_codes`.
fn retry_on(conditions: &[NextUpstream]) -> Vec<&'static str> {
    let mut written: Vec<&str> = Vec::new();
    for condition in conditions {
        match condition {
            NextUpstream::Http5xx => written.push("5xx"),
            NextUpstream::Error => written.extend(["connect-failure", "reset"]),
            _ => written.push("retriable-status-codes"),
        }
    }
    written.dedup();
    written
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
