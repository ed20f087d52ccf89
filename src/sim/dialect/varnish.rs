//! Varnish 7.1.1 with the built-in VCL around a backend or a `round_robin` director, HTTP/1.1 on both sides.
//!
//! Varnish writes `X-Varnish`, the number of a transaction; here it counts requests, and the client's and the
//! backend's transaction have the same number. Left out: ESI, gzip, `Range`, and retries of VCL with another body.

mod log;
mod rules;

use self::rules::*;
use super::{
    Action, Dialect, EffectiveSettings, LogLine, OwnAnswer, Reading, Rule, RuleId, Setting, Situation,
    Verdict,
};
use crate::sim::message::{Framing, HeadDefect, Method, Template, Value};
use crate::sim::scenario::{
    Again, Balance, CacheRule, GatewaySettings, InitialHealth, KeepAlive, Limits, NextUpstream, ProbeRule,
    Retry, RetryAfter, RetryRule, RetryWait, UpstreamKeepAlive,
};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Varnish;

/// What it writes into `Via`.
const VIA: &str = "1.1 varnish (Varnish/7.1)";
/// `http_resp_hdr_len`, 8k.
const LONGEST_LINE: u32 = 8 * 1_024;
/// `http_max_hdr`, 64, of which the status line takes some.
const MOST_HEADERS: u32 = 64;
/// `backend_remote_error_holddown`.
const HOLD_DOWN: SimDuration = SimDuration::from_millis(250);

impl Dialect for Varnish {
    fn title(&self) -> &'static str {
        "Varnish"
    }

    fn version(&self) -> &'static str {
        "7.1.1"
    }

    fn provenance(&self) -> &'static str {
        "recorded November 2026"
    }

    /// Defaults from the parameters in varnishd(1), 7.1.
    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings {
        let minute = SimDuration::from_secs(60);
        let bare = EffectiveSettings::bare();
        EffectiveSettings {
            connect_timeout: SimDuration::from_millis(3_500),
            send_timeout: minute,
            // `first_byte_timeout` and `between_bytes_timeout`.
            read_timeout: minute,
            body_timeout: minute,
            header_limit: 32 * 1_024,
            // `timeout_idle`.
            keep_alive: KeepAlive {
                idle: SimDuration::from_secs(5),
                requests: u32::MAX,
                ..KeepAlive::default()
            },
            // `backend_idle_timeout`; as many as there are.
            upstream_keep_alive: UpstreamKeepAlive::On(KeepAlive {
                idle: minute,
                most: 100_000,
                requests: u32::MAX,
            }),
            balance: Balance::RoundRobin,
            retry: RetryRule { again: Again::Any, ..bare.retry },
            // VCL's reference of probes: `.interval` 5 s, `.timeout` 2 s, 3 of the last 8 must be good.
            health_check: ProbeRule {
                interval: SimDuration::from_secs(5),
                timeout: SimDuration::from_secs(2),
                rise: 3,
                window: 8,
                initial: InitialHealth::Unhealthy,
                ..bare.health_check
            },
            // `default_ttl`, `default_grace`, and the statuses that builtin.vcl lets be stored.
            cache: CacheRule {
                ttl: SimDuration::from_secs(120),
                stale_while_revalidate: SimDuration::from_secs(10),
                error_statuses: false,
                statuses: vec![200, 203, 204, 300, 301, 304, 404, 410, 414],
                ..bare.cache
            },
            ..bare
        }
        .configured(settings)
    }

    fn supports(&self, setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
        const HEALTH: &str = "only probes take a backend out: health_check";
        let fits = |good: bool, instead| if good { Ok(()) } else { Err(instead) };
        let limits = |l: &Limits| {
            l.all_upstreams.is_none()
                && l.queue.is_none()
                && l.queue_timeout.is_none()
                && l.client_requests.is_none()
                && l.total_requests.is_none()
        };
        let retry = |r: &Retry| {
            matches!(r.again, None | Some(Again::Any))
                && matches!(r.wait, None | Some(RetryWait::None))
                && r.concurrent.is_none()
                && r.per_try_timeout.is_none()
        };
        match setting {
            Setting::Balance => fits(
                matches!(
                    s.balance,
                    None | Some(Balance::RoundRobin | Balance::Random | Balance::FirstAvailable)
                ),
                "its directors are round_robin, random and first_available (fallback)",
            ),
            Setting::MaxFails | Setting::FailTimeout | Setting::PassiveHealth => Err(HEALTH),
            Setting::PanicThreshold => Err("a director without a healthy backend answers 503"),
            Setting::NextUpstreamTimeout | Setting::RequestTimeout => {
                Err("it has time-outs for single steps: connect_timeout, read_timeout, body_timeout")
            }
            Setting::Retry => {
                fits(s.retry.as_ref().is_none_or(retry), "return (retry) asks the director again, at once")
            }
            Setting::Limits => fits(
                s.limits.as_ref().is_none_or(limits),
                "it limits upstream_requests (.max_connections), without a line for them",
            ),
            Setting::RateLimit => Err("limits of rates are a module of their own (vsthrottle)"),
            Setting::Breaker => Err("it takes single backends out, by health_check"),
            _ => Ok(()),
        }
    }

    fn directive(&self, setting: Setting) -> &'static str {
        match setting {
            Setting::ConnectTimeout => "connect_timeout",
            Setting::SendTimeout => "idle_send_timeout",
            Setting::ReadTimeout => "first_byte_timeout",
            Setting::BodyTimeout => "between_bytes_timeout",
            Setting::NextUpstream => "return (retry)",
            Setting::NextUpstreamTries => "bereq.retries",
            Setting::HeaderLimit => "http_resp_size",
            Setting::Maintenance => "return (synth(503))",
            Setting::KeepAlive => "timeout_idle",
            Setting::UpstreamKeepAlive => "backend_idle_timeout",
            Setting::Balance => "director",
            Setting::Upstreams => "add_backend",
            Setting::HealthCheck => ".probe",
            Setting::Limits => ".max_connections",
            Setting::Cache => "default_ttl",
            Setting::ResponseBuffering => "beresp.do_stream",
            // Not to be configured; see `supports`.
            Setting::NextUpstreamTimeout
            | Setting::MaxFails
            | Setting::FailTimeout
            | Setting::PassiveHealth
            | Setting::PanicThreshold
            | Setting::Retry
            | Setting::RateLimit
            | Setting::Breaker
            | Setting::RequestTimeout => setting.field(),
        }
    }

    fn value(&self, setting: Setting, s: &EffectiveSettings) -> String {
        match setting {
            Setting::NextUpstream if s.next_upstream.is_empty() => "off".to_owned(),
            Setting::NextUpstream => "on".to_owned(),
            Setting::NextUpstreamTries => s.next_upstream_tries.saturating_sub(1).to_string(),
            Setting::HeaderLimit => format!("{}k", s.header_limit / 1_024),
            Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
                UpstreamKeepAlive::Off => "off".to_owned(),
                UpstreamKeepAlive::On(KeepAlive { idle, .. }) => idle.to_string(),
            },
            Setting::Balance => match s.balance {
                Balance::Random => "random",
                Balance::FirstAvailable => "fallback",
                _ => "round_robin",
            }
            .to_owned(),
            Setting::Limits => s.limits.upstream_requests.to_string(),
            Setting::ResponseBuffering => if s.response_buffering { "false" } else { "true" }.to_owned(),
            other => other.written(s),
        }
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    /// `bin/varnishd/http1/cache_http1_proto.c` and `cache_http1_fetch.c`, 7.1.1.
    fn read(&self, template: &Template, tries_left: u32, settings: &EffectiveSettings) -> Reading {
        if let Some(defect) = template.defect.filter(|d| *d != HeadDefect::ConflictingLength) {
            return Reading::Reject(Failure::InvalidHead(defect));
        }
        if template.status.is_none_or(|status| status < 100) {
            return Reading::Reject(Failure::InvalidHead(HeadDefect::BadStatusLine));
        }
        let longest = template.head_bytes / template.more_headers.max(1);
        if template.head_bytes > settings.header_limit
            || longest > LONGEST_LINE
            || template.header_lines() > MOST_HEADERS
        {
            return Reading::Reject(Failure::HeadTooLarge);
        }
        let named = template.status.is_some_and(|status| names_status(&settings.next_upstream, status));
        if named && tries_left > 0 {
            return Reading::Next(RETRY, Setting::NextUpstream);
        }
        match template.defect {
            Some(_) => Reading::LeaveOpen(TWO_LENGTHS),
            None => Reading::Accept,
        }
    }

    /// Follows `cache_fetch.c` and `cache_backend.c` of `bin/varnishd/cache`, 7.1.1.
    fn decide(&self, s: Situation<'_>) -> Verdict {
        let verdict = |action, rule, setting| Verdict { action, rule, setting, not_next: None };
        if s.head_accepted || s.answer_begun {
            return match s.failure {
                Failure::BodyTimeout => verdict(Action::CutShort, BETWEEN_BYTES, Some(Setting::BodyTimeout)),
                _ => verdict(Action::CutShort, CUT_SHORT, None),
            };
        }
        let died = matches!(s.failure, Failure::Closed | Failure::Reset) && s.reused && !s.head_begun;
        if died && !s.method.has_body() {
            return verdict(Action::Redial, SECOND_CHANCE, None);
        }
        let (rule, setting) = match s.failure {
            Failure::NoLiveUpstream => return verdict(Action::Answer(503), NO_BACKEND, None),
            Failure::NameNotResolved => return verdict(Action::Answer(503), UNRESOLVED, None),
            Failure::NoRoom => {
                return verdict(Action::Answer(503), MOST_CONNECTIONS, Some(Setting::Limits));
            }
            Failure::ConnectTimeout => (CONNECT_TIMEOUT, Some(Setting::ConnectTimeout)),
            Failure::ReadTimeout => (FIRST_BYTE, Some(Setting::ReadTimeout)),
            Failure::HeadTooLarge => (HEAD_TOO_LARGE, Some(Setting::HeaderLimit)),
            Failure::InvalidHead(_) => (BAD_HEAD, None),
            Failure::HeldDown => (HELD_DOWN, None),
            _ if died => (BODY_IS_GONE, None),
            _ => (FETCH_FAILED, None),
        };
        let not_next = if s.tries_left == 0 {
            None
        } else if !s.settings.next_upstream.contains(&NextUpstream::Error) {
            Some((NOT_RETRIED, Setting::NextUpstream))
        } else if s.sent && s.method.has_body() {
            return verdict(Action::Answer(503), RETRY_WITHOUT_BODY, Some(Setting::NextUpstream));
        } else {
            return verdict(Action::Next, RETRY, Some(Setting::NextUpstream));
        };
        Verdict { not_next, ..verdict(Action::Answer(503), rule, setting) }
    }

    /// Only probes say how a backend is.
    fn counts(&self, _: Failure, _: bool) -> bool {
        false
    }

    fn maintenance(&self) -> (RuleId, Setting) {
        (MAINTENANCE, Setting::Maintenance)
    }

    fn head_bytes_restart_clock(&self) -> bool {
        true
    }

    fn holds_back(&self) -> u32 {
        0
    }

    fn unrepeatable(&self, method: Method) -> Option<(u16, RuleId)> {
        method.has_body().then_some((503, RETRY_WITHOUT_BODY))
    }

    fn stops_for_nobody(&self) -> bool {
        false
    }

    fn holds_down(&self, failure: Failure) -> SimDuration {
        if failure == Failure::Refused { HOLD_DOWN } else { SimDuration::ZERO }
    }

    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        self.own(OwnAnswer::configured(status, retry_after))
    }

    /// `builtin.vcl` 7.1.1, `vcl_backend_error` and `vcl_synth`; recorded byte for byte but for the number.
    fn own(&self, o: OwnAnswer) -> Template {
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        let configured = o.rule.is_none_or(|rule| rule == MAINTENANCE);
        let of_synth = configured || o.rule == Some(RETRY_WITHOUT_BODY);
        let reason = match of_synth {
            true if configured => "Maintenance",
            true => "Service Unavailable",
            false => "Backend fetch failed",
        };
        let body = if configured { "down for maintenance".to_owned() } else { page(o.status, reason) };
        let mut template = Template::new(o.status, reason, &[], &body);
        let retry_after = match o.retry_after {
            RetryAfter::Absent if !configured => Some(text("Retry-After", "5")),
            RetryAfter::Absent => None,
            RetryAfter::Seconds(seconds) => Some(text("Retry-After", &seconds.to_string())),
            RetryAfter::Date(wait) => Some(("Retry-After".to_owned(), Value::DateAfter(wait))),
        };
        let kind = (!configured).then(|| text("Content-Type", "text/html; charset=utf-8"));
        let number = text("X-Varnish", "{n}");
        let mut headers = vec![("Date".to_owned(), Value::Date), text("Server", "Varnish")];
        if of_synth {
            headers.push(number);
            headers.extend(kind.into_iter().chain(retry_after));
        } else {
            headers.extend(kind.into_iter().chain(retry_after));
            headers.extend([number, text("Age", "0"), text("Via", VIA)]);
        }
        headers.push(("Content-Length".to_owned(), Value::BodyLength));
        headers.push(text("Connection", "keep-alive"));
        template.headers = headers;
        template
    }

    fn numbers(&self, requests: u32) -> u32 {
        requests.wrapping_mul(3).wrapping_add(2)
    }

    fn forward(&self, upstream: &Template) -> Template {
        self.forward_to(upstream, Method::Get)
    }

    /// `cache_req_fsm.c` 7.1.1, `cnt_deliver` and `cnt_transmit`.
    fn forward_to(&self, upstream: &Template, method: Method) -> Template {
        let mut template = upstream.clone();
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        template.headers.retain(|(name, _)| {
            !matches!(
                name.to_ascii_lowercase().as_str(),
                "connection" | "transfer-encoding" | "keep-alive" | "age"
            )
        });
        if template.header("date").is_none() {
            template.headers.push(("Date".to_owned(), Value::Date));
        }
        template.framing = match upstream.framing {
            Framing::Length => Framing::Length,
            Framing::Chunked | Framing::Close => Framing::Chunked,
        };
        // The number of the request is not known here; see the file's doc.
        template.headers.extend([text("X-Varnish", "2"), text("Age", "0"), text("Via", VIA)]);
        if template.status == Some(200) && !method.has_body() {
            template.headers.push(text("Accept-Ranges", "bytes"));
        }
        template.headers.push(text("Connection", "keep-alive"));
        if template.framing == Framing::Chunked {
            template.headers.push(text("Transfer-Encoding", "chunked"));
        }
        template
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(trace, request)
    }
}

/// True if the VCL returns retry after this status: the recorded one does from 500 on.
fn names_status(conditions: &[NextUpstream], status: u16) -> bool {
    let all = status >= 500 && conditions.contains(&NextUpstream::Http5xx);
    all || NextUpstream::of_status(status).is_some_and(|named| conditions.contains(&named))
}

fn page(status: u16, reason: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html>\n  <head>\n    <title>{status} {reason}</title>\n  </head>\n  <body>\n    <h1>Error {status} {reason}</h1>\n    <p>{reason}</p>\n    <h3>Guru Meditation:</h3>\n    <p>XID: {{n}}</p>\n    <hr>\n    <p>Varnish cache server</p>\n  </body>\n</html>\n"
    )
}
