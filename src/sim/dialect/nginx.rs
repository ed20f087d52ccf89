//! nginx 1.22.1, recorded on Debian with its defaults: HTTP/1.0 to the upstream, no kept-alive connections there.
//!
//! Left out: `error_page`, `proxy_intercept_errors`.

mod answers;
mod log;
mod rules;

use self::rules::{
    BAD_CHUNK, BAD_TARGET, BODY_TOO_LARGE, CONNECT_FAILED, CONNECT_TIMEOUT, CUT_SHORT, HEADER_TOO_BIG,
    HTTP09, KEPT_CONNECTION_GONE, LIMIT_CONN, LIMIT_REQ, MAINTENANCE, MAX_CONNS, NEXT, NEXT_STATUS,
    NO_LIVE_UPSTREAM, NO_VALID_ANSWER, NOT_NEXT, OUT_OF_TIME, POST_IS_NOT_REPEATED, READ_TIMEOUT, RULES,
};
use super::{
    Action, Dialect, EffectiveSettings, LogLine, Passage, Reading, Rule, RuleId, Setting, Situation, Verdict,
    target,
};
use crate::sim::message::{HeadDefect, Method, Template};
use crate::sim::scenario::{
    Again, Algorithm, Balance, CacheRule, GatewaySettings, KeepAlive, Limits, Maintenance, NextUpstream,
    PassiveHealth, Per, RateRule, Retry, RetryAfter, RetryWait, UpstreamKeepAlive,
};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Nginx;

/// nginx's default for `proxy_buffer_size`: one page of memory.
const PAGE: u32 = 4_096;

impl Dialect for Nginx {
    fn title(&self) -> &'static str {
        "nginx"
    }

    fn version(&self) -> &'static str {
        "1.22.1"
    }

    fn provenance(&self) -> &'static str {
        "recorded November 2026"
    }

    /// Defaults from the documentation of `ngx_http_proxy_module` and `ngx_http_upstream_module`.
    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings {
        let minute = SimDuration::from_secs(60);
        let bare = EffectiveSettings::bare();
        let mut s = EffectiveSettings {
            connect_timeout: minute,
            send_timeout: minute,
            read_timeout: minute,
            next_upstream: vec![NextUpstream::Error, NextUpstream::Timeout],
            next_upstream_tries: 0,
            next_upstream_timeout: SimDuration::ZERO,
            max_fails: 1,
            fail_timeout: SimDuration::from_secs(10),
            header_limit: PAGE,
            // `client_max_body_size` (ngx_http_core_module).
            body_limit: 1 << 20,
            maintenance: Maintenance::Off,
            // `keepalive_timeout` 75s, `keepalive_requests` 1000 (ngx_http_core_module).
            keep_alive: KeepAlive { idle: SimDuration::from_secs(75), ..KeepAlive::default() },
            // No `keepalive` in the upstream block (ngx_http_upstream_module).
            upstream_keep_alive: UpstreamKeepAlive::Off,
            balance: Balance::SmoothRoundRobin,
            passive_health: PassiveHealth::MaxFails,
            rate_limit: RateRule {
                algorithm: Algorithm::LeakyBucket,
                // Without `nodelay`, a request waits as long as the burst makes it.
                delay: SimDuration::from_secs(86_400),
                per: Per::Client,
                status: 503,
                ..bare.rate_limit
            },
            // `proxy_cache_lock` is off, `proxy_cache_use_stale` names no status (ngx_http_proxy_module).
            cache: CacheRule { coalesce: false, error_statuses: false, ..bare.cache },
            ..bare
        }
        .configured(settings);
        // One directive for the time between two reads, before and after the head.
        s.body_timeout = s.read_timeout;
        s
    }

    fn supports(&self, setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
        const HEALTH: &str = "it learns from requests, by max_fails and fail_timeout";
        const PLACES: &str = "it limits upstream_requests (max_conns) and client_requests (limit_conn), and has no line for them";
        let limits = |l: &Limits| {
            l.all_upstreams.is_none()
                && l.queue.is_none()
                && l.queue_timeout.is_none()
                && l.total_requests.is_none()
        };
        let retry = |r: &Retry| {
            matches!(r.again, None | Some(Again::Untried))
                && matches!(r.wait, None | Some(RetryWait::None))
                && r.concurrent.is_none()
                && r.per_try_timeout.is_none()
        };
        let fits = |good: bool, instead| if good { Ok(()) } else { Err(instead) };
        match setting {
            Setting::NextUpstream => fits(
                !s.next_upstream.iter().flatten().any(|c| *c == NextUpstream::Http5xx),
                "proxy_next_upstream names single statuses",
            ),
            Setting::Balance => fits(
                !matches!(s.balance, Some(Balance::RoundRobin | Balance::FirstAvailable)),
                "it has smooth_round_robin, least_requests (least_conn), least_of_two (random two) and random",
            ),
            Setting::PassiveHealth => {
                fits(matches!(s.passive_health, None | Some(PassiveHealth::MaxFails)), HEALTH)
            }
            Setting::HealthCheck => Err(
                "active checks are in the commercial version only; it learns from requests, by max_fails and fail_timeout",
            ),
            Setting::PanicThreshold => Err(HEALTH),
            Setting::Breaker => Err("it takes single upstreams out, by max_fails and fail_timeout"),
            Setting::Retry => fits(
                s.retry.as_ref().is_none_or(retry),
                "it goes to the next server at once, as next_upstream, next_upstream_tries and next_upstream_timeout say",
            ),
            Setting::Limits => fits(s.limits.as_ref().is_none_or(limits), PLACES),
            Setting::RateLimit => fits(
                !matches!(&s.rate_limit, Some(r) if r.algorithm == Some(Algorithm::TokenBucket)),
                "it has a leaky_bucket (limit_req)",
            ),
            Setting::BodyTimeout => Err("read_timeout holds between two reads of the body too"),
            Setting::RequestTimeout => {
                Err("it has time-outs for single steps, and next_upstream_timeout for going on to others")
            }
            // `proxy_buffering` reads ahead, but the head goes out before the body is whole.
            Setting::ResponseBuffering => {
                Err("its proxy_buffering reads ahead, but begins to answer before all is there")
            }
            _ => Ok(()),
        }
    }

    fn directive(&self, setting: Setting) -> &'static str {
        match setting {
            Setting::ConnectTimeout => "proxy_connect_timeout",
            Setting::SendTimeout => "proxy_send_timeout",
            Setting::ReadTimeout => "proxy_read_timeout",
            Setting::NextUpstream => "proxy_next_upstream",
            Setting::NextUpstreamTries => "proxy_next_upstream_tries",
            Setting::NextUpstreamTimeout => "proxy_next_upstream_timeout",
            Setting::MaxFails => "max_fails",
            Setting::FailTimeout => "fail_timeout",
            Setting::HeaderLimit => "proxy_buffer_size",
            Setting::Maintenance => "return 503",
            Setting::KeepAlive => "keepalive_timeout",
            Setting::UpstreamKeepAlive => "keepalive",
            Setting::Balance => "least_conn, random",
            Setting::Upstreams => "server",
            Setting::Limits => "limit_conn, max_conns",
            Setting::RateLimit => "limit_req",
            Setting::Cache => "proxy_cache",
            Setting::BodyLimit => "client_max_body_size",
            // Not to be configured; see `supports`.
            Setting::PassiveHealth => "max_fails",
            Setting::HealthCheck => "health_check",
            Setting::PanicThreshold
            | Setting::Retry
            | Setting::Breaker
            | Setting::BodyTimeout
            | Setting::RequestTimeout
            | Setting::ResponseBuffering => setting.field(),
        }
    }

    fn value(&self, setting: Setting, s: &EffectiveSettings) -> String {
        match setting {
            Setting::ConnectTimeout => s.connect_timeout.to_string(),
            Setting::SendTimeout => s.send_timeout.to_string(),
            Setting::ReadTimeout => s.read_timeout.to_string(),
            Setting::NextUpstream if s.next_upstream.is_empty() => "off".to_owned(),
            Setting::NextUpstream => {
                s.next_upstream.iter().map(|n| parameter(*n)).collect::<Vec<_>>().join(" ")
            }
            Setting::NextUpstreamTries => s.next_upstream_tries.to_string(),
            Setting::NextUpstreamTimeout => s.next_upstream_timeout.to_string(),
            Setting::MaxFails => s.max_fails.to_string(),
            Setting::FailTimeout => s.fail_timeout.to_string(),
            Setting::HeaderLimit => size(s.header_limit),
            Setting::BodyLimit => size(s.body_limit),
            Setting::Maintenance => match s.maintenance {
                Maintenance::Off => "off".to_owned(),
                Maintenance::On { .. } => "on".to_owned(),
            },
            Setting::KeepAlive => s.keep_alive.idle.to_string(),
            Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
                UpstreamKeepAlive::Off => "off".to_owned(),
                UpstreamKeepAlive::On(KeepAlive { most, .. }) => most.to_string(),
            },
            Setting::RateLimit => {
                let r = &s.rate_limit;
                let rate = (u64::from(r.requests) * 1_000_000_000).div_ceil(r.period.as_nanos().max(1));
                let nodelay = if r.delay.is_zero() { " nodelay" } else { "" };
                format!("rate={rate}r/s burst={}{nodelay}", r.burst)
            }
            Setting::Limits if s.limits.client_requests > 0 => s.limits.client_requests.to_string(),
            Setting::Limits => format!("max_conns={}", s.limits.upstream_requests),
            Setting::Cache => format!("proxy_cache_valid {}", s.cache.ttl),
            other => other.written(s),
        }
    }

    fn tries_again(&self, s: &EffectiveSettings, _: &[Failure]) -> String {
        format!("`proxy_next_upstream {}`, each server once", self.value(Setting::NextUpstream, s))
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn read(&self, template: &Template, tries_left: u32, settings: &EffectiveSettings) -> Reading {
        match template.defect {
            Some(HeadDefect::Garbage | HeadDefect::Http09 | HeadDefect::BadStatusLine) => {
                return Reading::PassRaw(HTTP09);
            }
            Some(defect @ (HeadDefect::NoColon | HeadDefect::NulByte)) => {
                return Reading::Reject(Failure::InvalidHead(defect));
            }
            // Recorded as accepted: conflicting_cl, cl_nonnumeric, cl_and_te.
            Some(
                HeadDefect::ConflictingLength | HeadDefect::NonnumericLength | HeadDefect::LengthAndChunked,
            )
            | None => {}
        }
        if template.head_bytes > settings.header_limit {
            return Reading::Reject(Failure::HeadTooLarge);
        }
        let named = template.status.and_then(NextUpstream::of_status);
        match named {
            Some(named) if tries_left > 0 && settings.next_upstream.contains(&named) => {
                Reading::Next(NEXT_STATUS, Setting::NextUpstream)
            }
            _ => Reading::Accept,
        }
    }

    /// The mask and the time of `ngx_http_upstream_test_next`, 1.22.1.
    fn repeats_answers(&self, method: Method, elapsed: SimDuration, s: &EffectiveSettings) -> bool {
        let repeatable = method.is_idempotent() || s.next_upstream.contains(&NextUpstream::NonIdempotent);
        repeatable && (s.next_upstream_timeout.is_zero() || elapsed < s.next_upstream_timeout)
    }

    /// Follows `ngx_http_upstream_next` of `ngx_http_upstream.c`, 1.22.1.
    fn decide(&self, s: Situation<'_>) -> Verdict {
        let verdict = |action, rule, setting| Verdict { action, rule, setting, not_next: None };
        if s.head_accepted || s.answer_begun {
            return match s.failure {
                Failure::InvalidChunk if !s.answer_begun => verdict(Action::Close, BAD_CHUNK, None),
                Failure::BodyTimeout => verdict(Action::CutShort, CUT_SHORT, Some(Setting::ReadTimeout)),
                _ => verdict(Action::CutShort, CUT_SHORT, None),
            };
        }
        let (kind, status, rule, setting) = match s.failure {
            Failure::NoLiveUpstream => {
                return verdict(Action::Answer(502), NO_LIVE_UPSTREAM, Some(Setting::FailTimeout));
            }
            // The name is looked up before a server is chosen, so there is no next one.
            Failure::NameNotResolved => return verdict(Action::Answer(502), CONNECT_FAILED, None),
            Failure::RateLimited => {
                return verdict(
                    Action::Answer(s.settings.rate_limit.status),
                    LIMIT_REQ,
                    Some(Setting::RateLimit),
                );
            }
            Failure::ClientLimit => {
                let status = s.settings.limits.client_status;
                return verdict(Action::Answer(status), LIMIT_CONN, Some(Setting::Limits));
            }
            Failure::NoRoom => return verdict(Action::Answer(502), MAX_CONNS, Some(Setting::Limits)),
            Failure::BodyTooLarge => {
                return verdict(Action::Answer(413), BODY_TOO_LARGE, Some(Setting::BodyLimit));
            }
            Failure::ConnectTimeout => {
                (NextUpstream::Timeout, 504, CONNECT_TIMEOUT, Some(Setting::ConnectTimeout))
            }
            Failure::ReadTimeout => (NextUpstream::Timeout, 504, READ_TIMEOUT, Some(Setting::ReadTimeout)),
            Failure::HeadTooLarge => {
                (NextUpstream::InvalidHeader, 502, HEADER_TOO_BIG, Some(Setting::HeaderLimit))
            }
            Failure::InvalidHead(_) => (NextUpstream::InvalidHeader, 502, NO_VALID_ANSWER, None),
            _ => (NextUpstream::Error, 502, CONNECT_FAILED, None),
        };
        let conditions = &s.settings.next_upstream;
        let in_time =
            s.settings.next_upstream_timeout.is_zero() || s.elapsed < s.settings.next_upstream_timeout;
        let repeatable =
            !s.sent || s.method.is_idempotent() || conditions.contains(&NextUpstream::NonIdempotent);
        // A kept connection that the upstream had closed in the meantime does not count as a try.
        let tries_left = s.tries_left + u32::from(s.reused && kind == NextUpstream::Error);
        let obstacle = if tries_left == 0 {
            None
        } else if !conditions.contains(&kind) {
            Some((NOT_NEXT, Setting::NextUpstream))
        } else if !repeatable {
            Some((POST_IS_NOT_REPEATED, Setting::NextUpstream))
        } else if !in_time {
            Some((OUT_OF_TIME, Setting::NextUpstreamTimeout))
        } else {
            let rule = if s.reused && kind == NextUpstream::Error { KEPT_CONNECTION_GONE } else { NEXT };
            return verdict(Action::Next, rule, Some(Setting::NextUpstream));
        };
        Verdict { not_next: obstacle, ..verdict(Action::Answer(status), rule, setting) }
    }

    /// Once a head was accepted, the upstream is released without blame (`ngx_http_upstream_finalize_request`,
    /// 1.22.1, calls `peer.free` with state 0; recordings: nginx pool2-alldown body_truncated_fin, bad_chunk_size).
    fn counts(&self, _: Failure, head_accepted: bool) -> bool {
        !head_accepted
    }

    fn maintenance(&self) -> (RuleId, Setting) {
        (MAINTENANCE, Setting::Maintenance)
    }

    fn head_bytes_restart_clock(&self) -> bool {
        false
    }

    /// `postpone_output`, 1460 bytes (documentation of ngx_http_core_module).
    fn holds_back(&self) -> u32 {
        1_460
    }

    /// `random two` draws until it has two (`ngx_http_upstream_random_module.c`).
    fn draws_two_different(&self) -> bool {
        true
    }

    /// Escapes are decoded before dots are looked at; slashes are merged (`merge_slashes` is on), and the query is left
    /// alone.
    fn refuses_target(&self, target: &str) -> Option<RuleId> {
        let path = target::decoded(target, |_| true);
        let good = path.is_some_and(|path| !path.contains(&0) && !target::climbs(&path));
        (!good).then_some(BAD_TARGET)
    }

    /// Inferred: no `Age` is written anywhere in `ngx_http_file_cache.c` or `ngx_http_upstream.c`.
    fn tells_age(&self) -> bool {
        false
    }

    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        answers::page(status, retry_after)
    }

    fn forward(&self, upstream: &Template) -> Template {
        answers::forward(upstream)
    }

    /// Recorded. The defaults of `proxy_set_header` and `proxy_http_version`; with connections kept, the lines that its
    /// documentation asks for beside `keepalive`.
    fn passage(&self, s: &EffectiveSettings) -> Passage {
        Passage::recorded(match s.upstream_keep_alive {
            UpstreamKeepAlive::Off => {
                "HTTP/1.0\nHost: orders\nConnection: close\nContent-Length: {received}\n*"
            }
            UpstreamKeepAlive::On(_) => "HTTP/1.1\nHost: orders\nContent-Length: {received}\n*",
        })
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(self, trace, request)
    }
}

/// A size as nginx writes it: `1m`, `4k`, `1000`.
fn size(bytes: u32) -> String {
    const K: u32 = 1 << 10;
    const M: u32 = 1 << 20;
    match bytes {
        0 => "0".to_owned(),
        m if m.is_multiple_of(M) => format!("{}m", m / M),
        k if k.is_multiple_of(K) => format!("{}k", k / K),
        bytes => bytes.to_string(),
    }
}

/// A condition as `proxy_next_upstream` writes it.
fn parameter(condition: NextUpstream) -> &'static str {
    match condition {
        NextUpstream::Error => "error",
        NextUpstream::Timeout => "timeout",
        NextUpstream::InvalidHeader => "invalid_header",
        NextUpstream::Http500 => "http_500",
        NextUpstream::Http502 => "http_502",
        NextUpstream::Http503 => "http_503",
        NextUpstream::Http504 => "http_504",
        NextUpstream::Http403 => "http_403",
        NextUpstream::Http404 => "http_404",
        NextUpstream::Http429 => "http_429",
        NextUpstream::NonIdempotent => "non_idempotent",
        // nginx has no such parameter.
        NextUpstream::Http5xx => "http_5xx",
        NextUpstream::ConnectFailure => "error timeout",
    }
}
