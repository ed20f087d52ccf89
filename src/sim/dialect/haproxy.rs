//! HAProxy 2.6.12 (Debian bookworm), in `mode http` with one backend.
//!
//! Left out: cookies and other persistence, `option abortonclose`, stick tables, caching and compression, several
//! threads, what `tune.*` says of buffers beyond the size of a head.

mod log;
mod rules;

use self::rules::*;

use super::{
    Action, Dialect, EffectiveSettings, LogLine, Passage, Reading, Rule, RuleId, Setting, Situation, Verdict,
};
use crate::sim::message::{Framing, HeadDefect, Template, Value};
use crate::sim::scenario::{
    Again, Balance, GatewaySettings, InitialHealth, KeepAlive, LimitRule, Limits, Maintenance, NextUpstream,
    PassiveHealth, ProbeRule, RetryAfter, RetryRule, RetryWait, UpstreamKeepAlive,
};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Haproxy;

/// The largest head: `tune.bufsize` less `tune.maxrewrite`.
const HEAD: u32 = 16_384 - MAXREWRITE;
/// What is kept free of a buffer for rewriting headers: `tune.maxrewrite`.
const MAXREWRITE: u32 = 1_024;

/// A time-out that is not set never runs out; this stands for it.
const NEVER: SimDuration = SimDuration::from_secs(24 * 3_600);

impl Dialect for Haproxy {
    fn title(&self) -> &'static str {
        "HAProxy"
    }

    fn version(&self) -> &'static str {
        "2.6.12"
    }

    fn provenance(&self) -> &'static str {
        "recorded November 2026"
    }

    /// Defaults from the configuration manual 2.6: no time-out at all, `retries 3`, `retry-on conn-failure`,
    /// `http-reuse safe`, `pool-purge-delay 5s`, `balance roundrobin`, `inter 2s`, `fall 3`, `rise 2`.
    fn effective(&self, settings: &GatewaySettings) -> EffectiveSettings {
        let bare = EffectiveSettings::bare();
        let mut s = EffectiveSettings {
            connect_timeout: NEVER,
            send_timeout: NEVER,
            read_timeout: NEVER,
            next_upstream: vec![NextUpstream::ConnectFailure],
            next_upstream_tries: 4,
            next_upstream_timeout: SimDuration::ZERO,
            max_fails: 0,
            fail_timeout: SimDuration::ZERO,
            header_limit: HEAD,
            maintenance: Maintenance::Off,
            keep_alive: KeepAlive { idle: NEVER, requests: u32::MAX, ..KeepAlive::default() },
            upstream_keep_alive: UpstreamKeepAlive::On(KeepAlive {
                idle: SimDuration::from_secs(5),
                most: 100_000,
                requests: u32::MAX,
            }),
            balance: Balance::RoundRobin,
            passive_health: PassiveHealth::Off,
            retry: RetryRule { again: Again::Same, ..bare.retry },
            // `maxqueue 0` is no limit.
            limits: LimitRule { queue: 1_000_000, ..bare.limits },
            // Without `option httpchk` it only connects.
            health_check: ProbeRule {
                path: String::new(),
                interval: SimDuration::from_secs(2),
                rise: 2,
                fall: 3,
                initial: InitialHealth::Trial,
                ..bare.health_check
            },
            ..bare
        }
        .configured(settings);
        let second = SimDuration::from_secs(1);
        if settings.retry.as_ref().is_none_or(|r| r.wait.is_none()) {
            // back_handle_st_cer of backend.c: the turn-around state, MIN(one second, timeout connect).
            s.retry.wait = RetryWait::SameUpstream(second.min(s.connect_timeout));
        }
        if settings.limits.as_ref().is_none_or(|l| l.queue_timeout.is_none()) && s.connect_timeout < NEVER {
            s.limits.queue_timeout = s.connect_timeout;
        }
        if settings.health_check.as_ref().is_none_or(|h| h.timeout.is_none()) {
            // Without `timeout check`, `inter` is the limit (documentation of `timeout check`).
            s.health_check.timeout = s.health_check.interval;
        }
        s.body_timeout = s.read_timeout;
        s
    }

    fn supports(&self, setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
        const HEALTH: &str = "it learns from probes (check) and, with them, from requests (observe)";
        let limits = |l: &Limits| l.all_upstreams.is_none() && l.client_requests.is_none();
        let fits = |good: bool, instead| if good { Ok(()) } else { Err(instead) };
        match setting {
            Setting::MaxFails | Setting::FailTimeout | Setting::PanicThreshold => Err(HEALTH),
            Setting::PassiveHealth => fits(
                matches!(s.passive_health, None | Some(PassiveHealth::Off | PassiveHealth::Observe(_))),
                HEALTH,
            ),
            Setting::NextUpstreamTimeout => {
                Err("it counts retries (next_upstream_tries) and has no time for them all")
            }
            Setting::Balance => fits(
                !matches!(s.balance, Some(Balance::SmoothRoundRobin)),
                "it has round_robin, least_requests (leastconn), random, least_of_two (random(2)) and first_available (first)",
            ),
            Setting::Retry => fits(
                s.retry.as_ref().is_none_or(|r| {
                    !matches!(r.again, Some(Again::Untried | Again::Any))
                        && r.concurrent.is_none()
                        && r.per_try_timeout.is_none()
                }),
                "it stays at a server, or goes on with `option redispatch` (same_then_other, other)",
            ),
            Setting::Limits => fits(
                s.limits.as_ref().is_none_or(limits),
                "it limits upstream_requests (maxconn of a server), queue (maxqueue) and total_requests (maxconn)",
            ),
            Setting::Breaker => Err("it marks single servers down (observe)"),
            Setting::Cache => Err("its cache answers fresh copies alone, and is left out here"),
            Setting::BodyTimeout => {
                Err("read_timeout (timeout server) holds between two reads of the body too")
            }
            Setting::RequestTimeout => Err("it has time-outs for single steps alone"),
            Setting::ResponseBuffering => Err("it passes answers on as they come"),
            Setting::BodyLimit => Err(
                "rules of its own refuse bodies: `http-request deny deny_status 413 if { req.body_size gt 1000 }`, or by req.hdr(content-length)",
            ),
            _ => Ok(()),
        }
    }

    fn directive(&self, setting: Setting) -> &'static str {
        match setting {
            Setting::ConnectTimeout => "timeout connect",
            Setting::SendTimeout | Setting::ReadTimeout => "timeout server",
            Setting::NextUpstream => "retry-on",
            Setting::NextUpstreamTries => "retries",
            Setting::HeaderLimit => "tune.bufsize",
            Setting::Maintenance => "http-request return status 503",
            Setting::KeepAlive => "timeout http-keep-alive",
            Setting::UpstreamKeepAlive => "http-reuse",
            Setting::Balance => "balance",
            Setting::Upstreams => "server",
            Setting::PassiveHealth => "observe",
            Setting::HealthCheck => "check",
            Setting::Retry => "option redispatch",
            Setting::Limits => "maxconn, maxqueue, timeout queue",
            Setting::RateLimit => "http-request deny",
            // Not to be configured; see `supports`.
            other => other.field(),
        }
    }

    fn value(&self, setting: Setting, s: &EffectiveSettings) -> String {
        let time = |time: SimDuration| if time == NEVER { "none".to_owned() } else { time.to_string() };
        match setting {
            Setting::ConnectTimeout => time(s.connect_timeout),
            Setting::SendTimeout => time(s.send_timeout),
            Setting::ReadTimeout => time(s.read_timeout),
            Setting::NextUpstream if s.next_upstream.is_empty() => "none".to_owned(),
            Setting::NextUpstream => {
                s.next_upstream.iter().map(|n| keyword(*n)).collect::<Vec<_>>().join(" ")
            }
            Setting::NextUpstreamTries => s.next_upstream_tries.saturating_sub(1).to_string(),
            Setting::HeaderLimit => s.header_limit.saturating_add(MAXREWRITE).to_string(),
            Setting::Maintenance => match s.maintenance {
                Maintenance::Off => "off".to_owned(),
                Maintenance::On { .. } => "on".to_owned(),
            },
            Setting::KeepAlive => time(s.keep_alive.idle),
            Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
                UpstreamKeepAlive::Off => "never".to_owned(),
                UpstreamKeepAlive::On(_) => "safe".to_owned(),
            },
            Setting::Retry => match s.retry.again {
                Again::Same => "off".to_owned(),
                _ => "on".to_owned(),
            },
            Setting::Limits => {
                let l = &s.limits;
                format!(
                    "maxconn {} maxqueue {} timeout queue {}",
                    l.upstream_requests, l.queue, l.queue_timeout
                )
            }
            Setting::HealthCheck => {
                let h = &s.health_check;
                let request = if h.path.is_empty() {
                    String::new()
                } else {
                    format!(", option httpchk GET {}", h.path)
                };
                format!("inter {} fall {} rise {}{request}", h.interval, h.fall, h.rise)
            }
            other => other.written(s),
        }
    }

    fn tries_again(&self, s: &EffectiveSettings, _: &[Failure]) -> String {
        let after = match s.next_upstream.as_slice() {
            [NextUpstream::ConnectFailure] => "connection failures".to_owned(),
            _ => format!("`retry-on {}`", self.value(Setting::NextUpstream, s)),
        };
        let redispatch = if s.retry.again == Again::Same { "no" } else { "with" };
        format!(
            "`retries {}` after {after}, {redispatch} `option redispatch`",
            self.value(Setting::NextUpstreamTries, s)
        )
    }

    fn rules(&self) -> &'static [Rule] {
        RULES
    }

    fn read(&self, template: &Template, tries_left: u32, settings: &EffectiveSettings) -> Reading {
        match template.defect {
            // Recorded as passed on: header_nul, cl_and_te (as chunked).
            Some(HeadDefect::NulByte | HeadDefect::LengthAndChunked) | None => {}
            Some(defect) => return Reading::Reject(Failure::InvalidHead(defect)),
        }
        if template.head_bytes > settings.header_limit {
            return Reading::Reject(Failure::HeadTooLarge);
        }
        let named = template.status.and_then(status_condition);
        match named {
            Some(named) if tries_left > 0 && settings.next_upstream.contains(&named) => {
                Reading::Next(RETRY_STATUS, Setting::NextUpstream)
            }
            _ if template.status.is_some_and(|status| status < 200) => Reading::LeaveOpen(NO_LENGTH),
            _ => Reading::Accept,
        }
    }

    /// Follows `http_wait_for_response` of `http_ana.c` and `back_handle_st_cer` of `backend.c`, 2.6.
    fn decide(&self, s: Situation<'_>) -> Verdict {
        let verdict = |action, rule, setting| Verdict { action, rule, setting, not_next: None };
        let timed_out = matches!(s.failure, Failure::BodyTimeout);
        // A chunk that cannot be read came in one piece with the head, and the whole is junk.
        let junk = s.failure == Failure::InvalidChunk && !s.answer_begun;
        if (s.head_accepted || s.answer_begun) && !junk {
            return verdict(Action::CutShort, CUT_SHORT, timed_out.then_some(Setting::ReadTimeout));
        }
        let (kind, status, rule, setting) = match s.failure {
            Failure::NoLiveUpstream => return verdict(Action::Answer(503), NO_SERVER, None),
            Failure::QueueTimeout => {
                return verdict(Action::Answer(503), QUEUE_TIMEOUT, Some(Setting::Limits));
            }
            Failure::RateLimited => {
                return verdict(
                    Action::Answer(s.settings.rate_limit.status),
                    DENIED,
                    Some(Setting::RateLimit),
                );
            }
            Failure::NoRoom | Failure::Shed => {
                return verdict(Action::Answer(503), DENIED, Some(Setting::Limits));
            }
            Failure::NameNotResolved if s.others_left && s.tries_left > 0 => {
                return verdict(Action::Next, NO_ADDRESS, None);
            }
            Failure::NameNotResolved => return verdict(Action::Answer(503), NO_ADDRESS, None),
            Failure::ConnectTimeout => {
                (NextUpstream::ConnectFailure, 503, CONNECT_TIMEOUT, Some(Setting::ConnectTimeout))
            }
            Failure::Refused
            | Failure::Unreachable
            | Failure::NoReply
            | Failure::HandshakeFailed
            | Failure::BadCertificate => {
                (NextUpstream::ConnectFailure, 503, CONNECT_FAILED, Some(Setting::NextUpstreamTries))
            }
            Failure::ReadTimeout => (NextUpstream::Timeout, 504, SERVER_TIMEOUT, Some(Setting::ReadTimeout)),
            Failure::HeadTooLarge => {
                (NextUpstream::InvalidHeader, 502, HEAD_TOO_LARGE, Some(Setting::HeaderLimit))
            }
            Failure::InvalidHead(_) | Failure::InvalidChunk => {
                (NextUpstream::InvalidHeader, 502, JUNK_RESPONSE, None)
            }
            _ => (NextUpstream::Error, 502, EMPTY_RESPONSE, None),
        };
        let named = s.settings.next_upstream.contains(&kind)
            || kind == NextUpstream::ConnectFailure
                && s.settings.next_upstream.contains(&NextUpstream::Error);
        if named && s.tries_left > 0 {
            return verdict(Action::Next, RETRY, Some(Setting::NextUpstreamTries));
        }
        // A browser repeats a request by itself when its kept connection just ends.
        if s.client_reused && kind == NextUpstream::Error {
            return verdict(Action::Close, SILENT, None);
        }
        let not_next = (!named && s.tries_left > 0).then_some((NOT_RETRIED, Setting::NextUpstream));
        Verdict { not_next, ..verdict(Action::Answer(status), rule, setting) }
    }

    /// Without probes nothing counts (documentation of `observe`).
    fn counts(&self, _: Failure, _: bool) -> bool {
        false
    }

    fn maintenance(&self) -> (RuleId, Setting) {
        (MAINTENANCE, Setting::Maintenance)
    }

    fn head_bytes_restart_clock(&self) -> bool {
        false
    }

    /// HAProxy writes with `MSG_MORE` as long as more is to come, and the kernel waits for a full segment (tcp(7),
    /// TCP_CORK); 1,448 bytes on Ethernet.
    fn holds_back(&self) -> u32 {
        1_448
    }

    /// The kernel waits for 200 ms (tcp(7), TCP_CORK; recordings: haproxy tuned headers_then_stall, slow_body_under).
    fn holds_for(&self) -> Option<SimDuration> {
        Some(SimDuration::from_millis(200))
    }

    /// It waits where a connection failed by itself, not where its own time-out ended it or the kernel knows no way,
    /// and not where an answer is tried again (back_handle_st_cer of backend.c, `must_tar`; do_l7_retry of
    /// http_ana.c; recordings: haproxy tuned refused, blackhole, unreachable, retry accept_close).
    fn waits(&self, failure: Option<Failure>) -> bool {
        matches!(failure, Some(Failure::Refused | Failure::HandshakeFailed | Failure::BadCertificate))
    }

    /// Documentation of `option httpchk`: statuses 2xx and 3xx are valid.
    fn probe_accepts(&self, status: u16) -> bool {
        (200..400).contains(&status)
    }

    /// Recording: haproxy sequence check_freeze_httpchk_pool2, where three probes of `inter 1s` that run out take 6 s.
    fn pauses_between_probes(&self) -> bool {
        true
    }

    /// `http-reuse safe`: a connection's first request only goes on a used connection where it can be repeated,
    /// which takes `retry-on conn-failure empty-response response-timeout` (backend.c 2.6.6, connect_server;
    /// recordings: haproxy tuned ok, retry own_500).
    fn reuses(&self, client_reused: bool, settings: &EffectiveSettings) -> bool {
        let named = &settings.next_upstream;
        client_reused || named.contains(&NextUpstream::Error) && named.contains(&NextUpstream::Timeout)
    }

    /// Recordings: haproxy retry-pool2-alldown own_500, own_503: the third try goes on the first one's connection.
    fn reads_what_it_drops(&self) -> bool {
        true
    }

    /// Without `option abortonclose` (documentation; recordings: haproxy tuned client_abort, client_abort_under).
    fn stops_for_nobody(&self) -> bool {
        false
    }

    /// `http_err_msgs` of `http.c`, 2.6; recorded byte for byte. In maintenance, what `http-request return` sends in
    /// the recordings where it says when to come back, else a backend whose servers are all `disabled`.
    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        let (reason, words) = error(status);
        let length = ("content-length".to_owned(), Value::BodyLength);
        let come_back = match retry_after {
            RetryAfter::Absent => {
                let body = format!("<html><body><h1>{status} {reason}</h1>\n{words}\n</body></html>\n");
                let headers =
                    vec![length, text("cache-control", "no-cache"), text("content-type", "text/html")];
                return Template { headers, ..Template::new(status, reason, &[], &body) };
            }
            RetryAfter::Seconds(seconds) => Value::Text(seconds.to_string()),
            RetryAfter::Date(wait) => Value::DateAfter(wait),
        };
        let headers = vec![("retry-after".to_owned(), come_back), length, text("content-type", "text/plain")];
        Template { headers, ..Template::new(status, reason, &[], "down for maintenance") }
    }

    /// Names in lower case, everything else as it came (HTX, http-messaging of 2.6); where both lengths are there,
    /// chunked wins (RFC 9112 §6.3). Below status 200 no length is written (mux_h1.c, h1_process_output; recording:
    /// haproxy tuned status_042).
    fn forward(&self, upstream: &Template) -> Template {
        let mut template = upstream.clone();
        template.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("connection"));
        for (name, _) in &mut template.headers {
            name.make_ascii_lowercase();
        }
        let mut without = |name: &str| template.headers.retain(|(n, _)| n != name);
        if upstream.framing == Framing::Chunked {
            without("content-length");
        }
        if upstream.framing == Framing::Close {
            template.headers.push(("connection".to_owned(), Value::Text("close".to_owned())));
        } else if upstream.status.is_some_and(|status| status < 200) {
            without("content-length");
            without("transfer-encoding");
            template.framing = Framing::Close;
        }
        template.defect = None;
        template
    }

    /// Recorded. Nothing is added without `option forwardfor`; names are in lower case.
    fn passage(&self, _settings: &EffectiveSettings) -> Passage {
        Passage::recorded("HTTP/1.1 lower\n*")
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(self, trace, request)
    }
}

/// The condition that names a status in `retry-on`.
fn status_condition(status: u16) -> Option<NextUpstream> {
    Some(match status {
        500 => NextUpstream::Http500,
        502 => NextUpstream::Http502,
        503 => NextUpstream::Http503,
        504 => NextUpstream::Http504,
        403 => NextUpstream::Http403,
        404 => NextUpstream::Http404,
        429 => NextUpstream::Http429,
        _ => return None,
    })
}

/// A condition as `retry-on` writes it.
fn keyword(condition: NextUpstream) -> &'static str {
    match condition {
        NextUpstream::ConnectFailure => "conn-failure",
        NextUpstream::Error => "empty-response",
        NextUpstream::Timeout => "response-timeout",
        NextUpstream::InvalidHeader => "junk-response",
        NextUpstream::Http500 => "500",
        NextUpstream::Http502 => "502",
        NextUpstream::Http503 => "503",
        NextUpstream::Http504 => "504",
        NextUpstream::Http403 => "403",
        NextUpstream::Http404 => "404",
        NextUpstream::Http429 => "429",
        // The method is never looked at (documentation of `retry-on`).
        NextUpstream::NonIdempotent => "all methods",
        NextUpstream::Http5xx => "500 502 503 504",
    }
}

/// Reason phrase and sentence of a page of `http.c`, 2.6.
fn error(status: u16) -> (&'static str, &'static str) {
    match status {
        403 => ("Forbidden", "Request forbidden by administrative rules."),
        429 => ("Too Many Requests", "You have sent too many requests in a given amount of time."),
        502 => ("Bad Gateway", "The server returned an invalid or incomplete response."),
        503 => ("Service Unavailable", "No server is available to handle this request."),
        504 => ("Gateway Time-out", "The server didn't respond in time."),
        _ => ("Internal Server Error", "An internal server error occurred."),
    }
}
