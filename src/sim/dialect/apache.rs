//! Apache httpd 2.4.71 (Debian) with mod_proxy_http and mod_proxy_balancer.
//!
//! Left out: that a request with too large a body meets 503 where every member is in the error state,
//! `BalancerMember status=+H` and `lbset`, stickiness, caching, ProxyErrorOverride, mod_reqtimeout. A plain
//! `ProxyPass` is a balancer of one member here: with `forcerecovery` that one is always asked, as in the product.

mod answers;
mod log;
mod rules;

use self::rules::*;

use super::{
    Action, Dialect, EffectiveSettings, LogLine, OwnAnswer, Passage, Reading, Rule, RuleId, Setting,
    Situation, Verdict, target,
};
use crate::sim::message::{HeadDefect, Template};
use crate::sim::scenario::{
    Again, Balance, ErrorState, GatewaySettings, InitialHealth, KeepAlive, LimitRule, Limits, Maintenance,
    NextUpstream, PassiveHealth, ProbeRule, RetryAfter, RetryRule, RetryWait, UpstreamKeepAlive,
};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Apache;

/// Connections that are never closed for being idle (no `ttl`).
const FOR_EVER: SimDuration = SimDuration::from_secs(24 * 3_600);

impl Dialect for Apache {
    fn title(&self) -> &'static str {
        "Apache"
    }

    fn version(&self) -> &'static str {
        "2.4.71"
    }

    fn provenance(&self) -> &'static str {
        "recorded November 2026"
    }

    /// Defaults from the documentation of mod_proxy, mod_proxy_hcheck and core: `Timeout 60`, `retry=60`, lbmethod
    /// byrequests, `KeepAliveTimeout 5`, `MaxKeepAliveRequests 100`, ThreadsPerChild 25 connections kept.
    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings {
        let bare = EffectiveSettings::bare();
        let minute = SimDuration::from_secs(60);
        let mut s = EffectiveSettings {
            connect_timeout: minute,
            send_timeout: minute,
            read_timeout: minute,
            next_upstream: vec![NextUpstream::ConnectFailure],
            next_upstream_tries: 0,
            header_limit: 8_192,
            body_limit: 1 << 30,
            keep_alive: KeepAlive { idle: SimDuration::from_secs(5), most: 32, requests: 100 },
            upstream_keep_alive: UpstreamKeepAlive::On(KeepAlive {
                idle: FOR_EVER,
                most: 25,
                requests: u32::MAX,
            }),
            balance: Balance::SmoothRoundRobin,
            passive_health: PassiveHealth::ErrorState(ErrorState::default()),
            retry: RetryRule { again: Again::Untried, wait: RetryWait::None, ..bare.retry },
            limits: LimitRule { queue: 1_000_000, ..bare.limits },
            health_check: ProbeRule {
                path: String::new(),
                interval: SimDuration::from_secs(30),
                rise: 1,
                fall: 1,
                initial: InitialHealth::Healthy,
                ..bare.health_check
            },
            ..bare
        }
        .configured(settings);
        if settings.connect_timeout.is_none() {
            // connectiontimeout falls back to ProxyTimeout.
            s.connect_timeout = s.read_timeout;
        }
        s.body_timeout = s.read_timeout;
        s
    }

    fn supports(&self, setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
        const HEALTH: &str =
            "it has the error_state of balancer members (retry, forcerecovery, failonstatus, failontimeout)";
        let fits = |good: bool, instead| if good { Ok(()) } else { Err(instead) };
        let limits = |l: &Limits| {
            l.all_upstreams.is_none()
                && l.queue.is_none()
                && l.client_requests.is_none()
                && l.total_requests.is_none()
        };
        match setting {
            Setting::NextUpstream => {
                Err("it fails over when no connection comes about, and for nothing else")
            }
            Setting::NextUpstreamTimeout => Err("it counts members (maxattempts, next_upstream_tries)"),
            Setting::MaxFails | Setting::FailTimeout | Setting::PanicThreshold => Err(HEALTH),
            Setting::PassiveHealth => fits(
                matches!(s.passive_health, None | Some(PassiveHealth::Off | PassiveHealth::ErrorState(_))),
                HEALTH,
            ),
            Setting::Balance => fits(
                matches!(s.balance, None | Some(Balance::SmoothRoundRobin | Balance::LeastRequests)),
                "it has smooth_round_robin (byrequests) and least_requests (bybusyness)",
            ),
            Setting::Retry => Err("it goes to the next member at once"),
            Setting::Limits => fits(
                s.limits.as_ref().is_none_or(limits),
                "it limits upstream_requests (max) and the wait for one (acquire, queue_timeout)",
            ),
            Setting::RateLimit => Err("mod_ratelimit slows answers down and counts no requests"),
            Setting::Breaker => Err(HEALTH),
            Setting::Cache => Err("mod_cache is left out here"),
            Setting::BodyTimeout => {
                Err("read_timeout (ProxyTimeout) holds between two reads of the body too")
            }
            Setting::RequestTimeout => Err("it has time-outs for single steps alone"),
            Setting::ResponseBuffering => Err("it passes answers on as they come"),
            _ => Ok(()),
        }
    }

    fn directive(&self, setting: Setting) -> &'static str {
        match setting {
            Setting::ConnectTimeout => "connectiontimeout",
            Setting::SendTimeout | Setting::ReadTimeout => "ProxyTimeout",
            Setting::NextUpstreamTries => "maxattempts",
            Setting::HeaderLimit => "responsefieldsize",
            Setting::Maintenance => "RewriteRule ^ - [R=503,L]",
            Setting::KeepAlive => "KeepAliveTimeout",
            Setting::UpstreamKeepAlive => "disablereuse",
            Setting::Balance => "lbmethod",
            Setting::Upstreams => "BalancerMember",
            Setting::PassiveHealth => "retry",
            Setting::HealthCheck => "hcmethod",
            Setting::Limits => "max, acquire",
            Setting::BodyLimit => "LimitRequestBody",
            // Not to be configured; see `supports`.
            other => other.field(),
        }
    }

    fn value(&self, setting: Setting, s: &EffectiveSettings) -> String {
        match setting {
            Setting::ConnectTimeout => s.connect_timeout.to_string(),
            Setting::SendTimeout | Setting::ReadTimeout => s.read_timeout.to_string(),
            Setting::NextUpstream => "connection failures".to_owned(),
            Setting::NextUpstreamTries if s.next_upstream_tries == 0 => "all".to_owned(),
            Setting::NextUpstreamTries => s.next_upstream_tries.saturating_sub(1).to_string(),
            Setting::HeaderLimit => s.header_limit.to_string(),
            Setting::Maintenance => match s.maintenance {
                Maintenance::Off => "off".to_owned(),
                Maintenance::On { .. } => "on".to_owned(),
            },
            Setting::KeepAlive => s.keep_alive.idle.to_string(),
            Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
                UpstreamKeepAlive::Off => "On".to_owned(),
                UpstreamKeepAlive::On(_) => "Off".to_owned(),
            },
            Setting::PassiveHealth => match &s.passive_health {
                PassiveHealth::ErrorState(e) => e.retry.to_string(),
                _ => "off".to_owned(),
            },
            Setting::HealthCheck => {
                let h = &s.health_check;
                let method =
                    if h.path.is_empty() { "TCP".to_owned() } else { format!("GET hcuri={}", h.path) };
                format!("{method} hcinterval={} hcfails={} hcpasses={}", h.interval, h.fall, h.rise)
            }
            Setting::Limits => {
                format!("max={} acquire={}", s.limits.upstream_requests, s.limits.queue_timeout)
            }
            other => other.written(s),
        }
    }

    fn tries_again(&self, _: &EffectiveSettings, _: &[Failure]) -> String {
        "the balancer's next member where no connection comes about".to_owned()
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn read(&self, template: &Template, _: u32, settings: &EffectiveSettings) -> Reading {
        match template.defect {
            // An answer without a status line is one of HTTP/0.9, and 200 (recordings: apache tuned http09,
            // bad_status_line); of two lengths one is taken (conflicting_cl), chunked wins over both (cl_and_te).
            Some(
                HeadDefect::Http09
                | HeadDefect::BadStatusLine
                | HeadDefect::ConflictingLength
                | HeadDefect::LengthAndChunked,
            )
            | None => {}
            Some(defect) => return Reading::Reject(Failure::InvalidHead(defect)),
        }
        if template.longest_line() > settings.header_limit {
            return Reading::Reject(Failure::HeadLines);
        }
        Reading::Accept
    }

    /// Follows `proxy_handler` of `mod_proxy.c` and `ap_proxy_http_process_response` of `mod_proxy_http.c`, 2.4.
    fn decide(&self, s: Situation<'_>) -> Verdict {
        let verdict = |action, rule, setting| Verdict { action, rule, setting, not_next: None };
        if s.head_accepted || s.answer_begun {
            let setting = (s.failure == Failure::BodyTimeout).then_some(Setting::ReadTimeout);
            return verdict(Action::CutShort, CUT_SHORT, setting);
        }
        let (status, rule, setting) = match s.failure {
            Failure::BodyTooLarge => (413, BODY_TOO_LARGE, Some(Setting::BodyLimit)),
            Failure::NoLiveUpstream => (503, ALL_IN_ERROR, Some(Setting::PassiveHealth)),
            Failure::QueueTimeout | Failure::NoRoom => (503, NO_CONNECTION_FREE, Some(Setting::Limits)),
            Failure::NameNotResolved => (500, NO_ADDRESS, None),
            Failure::HandshakeFailed | Failure::BadCertificate => (500, TLS_FAILED, None),
            Failure::ConnectTimeout | Failure::Refused | Failure::Unreachable | Failure::NoReply => {
                if s.tries_left > 0 {
                    return verdict(Action::Next, FAILOVER, None);
                }
                match s.failure {
                    Failure::ConnectTimeout => (503, CONNECT_TIMEOUT, Some(Setting::ConnectTimeout)),
                    _ => (503, CONNECT_FAILED, None),
                }
            }
            Failure::ReadTimeout => (502, READ_TIMEOUT, Some(Setting::ReadTimeout)),
            Failure::HeadLines => (502, HEADER_TOO_LONG, Some(Setting::HeaderLimit)),
            Failure::InvalidHead(HeadDefect::Garbage) => (502, READ_FAILED, None),
            Failure::InvalidHead(HeadDefect::NonnumericLength) => (502, BAD_LENGTH, None),
            Failure::InvalidHead(_) => (502, BAD_HEADER, None),
            _ if s.status_line_read => (502, BAD_HEADER, None),
            _ if s.client_reused => return verdict(Action::Close, SILENT, None),
            _ => (502, READ_FAILED, None),
        };
        verdict(Action::Answer(status), rule, setting)
    }

    /// `proxy_handler` of `mod_proxy.c`: a member whose try ended with 503 or 500 goes into the error state.
    fn counts(&self, failure: Failure, head_accepted: bool) -> bool {
        !head_accepted
            && matches!(
                failure,
                Failure::Refused
                    | Failure::Unreachable
                    | Failure::NoReply
                    | Failure::ConnectTimeout
                    | Failure::NameNotResolved
                    | Failure::HandshakeFailed
                    | Failure::BadCertificate
            )
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

    /// Recordings: apache tuned client_abort, client_abort_under.
    fn stops_for_nobody(&self) -> bool {
        false
    }

    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        self.own(OwnAnswer::configured(status, retry_after))
    }

    fn own(&self, answer: OwnAnswer) -> Template {
        answers::own(answer)
    }

    /// `ap_send_error_response` of `http_protocol.c`, 2.4, makes no page for HEAD, so that no length is known, and
    /// `ap_http_header_filter` drops a length of 0.
    fn own_to_head(&self, own: Template, _: u32) -> Template {
        own.without_body()
    }

    /// mod_rewrite answers before the body is looked at.
    fn limits_bodies_first(&self) -> bool {
        false
    }

    /// Unreserved characters, the dot among them, are decoded before segments are shrunk; `MergeSlashes` is on. Left
    /// out: 404 for an encoded slash (`AllowEncodedSlashes Off`) and for an encoded NUL.
    fn refuses_target(&self, target: &str) -> Option<RuleId> {
        let unreserved = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        let good = target::decoded(target, unreserved).is_some_and(|path| !target::climbs(&path));
        (!good).then_some(BAD_TARGET)
    }

    /// Documentation of mod_proxy_hcheck, `hcexpr`: without it, 2xx and 3xx are well.
    fn probe_accepts(&self, status: u16) -> bool {
        (200..400).contains(&status)
    }

    fn forward(&self, upstream: &Template) -> Template {
        answers::forward(upstream)
    }

    /// Recorded, with `ProxyPreserveHost Off`; `Inferred:` without kept connections (documentation of `disablereuse`).
    fn passage(&self, s: &EffectiveSettings) -> Passage {
        match s.upstream_keep_alive {
            UpstreamKeepAlive::On(_) => Passage::recorded(
                "HTTP/1.1\nHost: {to}\n*\nX-Forwarded-For ~ {from}\nX-Forwarded-Host ~ {host}\nX-Forwarded-Server ~ {host}\nContent-Length: {received}\nConnection: Keep-Alive",
            ),
            UpstreamKeepAlive::Off => Passage::inferred(
                "HTTP/1.1\nHost: {to}\n*\nX-Forwarded-For ~ {from}\nX-Forwarded-Host ~ {host}\nX-Forwarded-Server ~ {host}\nContent-Length: {received}\nConnection: close",
            ),
        }
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(trace, request)
    }
}
