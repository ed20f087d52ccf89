//! nginx 1.22.1, recorded on Debian with its defaults: HTTP/1.0 to the upstream, no kept-alive connections there.
//!
//! Left out: caching, `error_page`, `proxy_intercept_errors`, limits of requests and connections.

mod log;

use super::{
    Action, Dialect, EffectiveSettings, LogLine, Reading, Rule, RuleId, Setting, Situation, Verdict,
};
use crate::sim::message::{Framing, HeadDefect, Template, Value};
use crate::sim::scenario::{
    GatewaySettings, KeepAlive, Maintenance, NextUpstream, RetryAfter, UpstreamKeepAlive,
};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Nginx;

/// What it writes into `Server` and under its pages.
const SERVER: &str = "nginx/1.22.1";

const CONNECT_FAILED: RuleId = RuleId(0);
const CONNECT_TIMEOUT: RuleId = RuleId(1);
const READ_TIMEOUT: RuleId = RuleId(2);
const NO_VALID_ANSWER: RuleId = RuleId(3);
const NEXT: RuleId = RuleId(4);
const POST_IS_NOT_REPEATED: RuleId = RuleId(5);
const HEADER_TOO_BIG: RuleId = RuleId(6);
const NO_LIVE_UPSTREAM: RuleId = RuleId(7);
const HTTP09: RuleId = RuleId(8);
const CUT_SHORT: RuleId = RuleId(9);
const BAD_CHUNK: RuleId = RuleId(10);
const MAINTENANCE: RuleId = RuleId(11);
const NEXT_STATUS: RuleId = RuleId(12);
const NOT_NEXT: RuleId = RuleId(13);
const OUT_OF_TIME: RuleId = RuleId(14);
const KEPT_CONNECTION_GONE: RuleId = RuleId(15);

const RULES: &[Rule] = &[
    Rule {
        id: "connect-failed",
        text: "nginx answers 502 when a connection to the upstream fails or breaks before an answer",
        source: "ngx_http_upstream.c 1.22.1, ngx_http_upstream_next: every error that is no timeout is 502; recording: nginx tuned refused, read_close, read_rst",
    },
    Rule {
        id: "connect-timeout",
        text: "nginx answers 504 when the connection does not open in that time",
        source: "ngx_http_upstream.c 1.22.1, NGX_HTTP_UPSTREAM_FT_TIMEOUT; recording: nginx tuned blackhole",
    },
    Rule {
        id: "read-timeout",
        text: "nginx answers 504 when the head of the answer is not complete in that time",
        source: "ngx_http_upstream.c 1.22.1, ngx_http_upstream_process_header: bytes of an incomplete head do not restart the clock; recordings: nginx tuned freeze, drip_headers",
    },
    Rule {
        id: "invalid-header",
        text: "nginx answers 502 when the upstream's header is invalid",
        source: "ngx_http_upstream.c 1.22.1, NGX_HTTP_UPSTREAM_FT_INVALID_HEADER; recordings: nginx tuned header_no_colon, header_nul",
    },
    Rule {
        id: "next-upstream",
        text: "nginx asks the next server after this failure",
        source: "Documentation of ngx_http_proxy_module, proxy_next_upstream, default `error timeout`; recording: nginx pool2 refused",
    },
    Rule {
        id: "non-idempotent",
        text: "nginx would repeat a POST or PATCH that was sent already only with `non_idempotent`",
        source: "Documentation of proxy_next_upstream, parameter non_idempotent; recording: nginx pool2 read_close POST",
    },
    Rule {
        id: "header-too-big",
        text: "nginx answers 502 when the head of the answer is larger than that",
        source: "ngx_http_upstream.c 1.22.1, \"upstream sent too big header\"; recording: nginx tuned header_9k",
    },
    Rule {
        id: "no-live-upstreams",
        text: "every server failed within that time, so nginx answers 502 without asking anybody",
        source: "ngx_http_upstream_round_robin.c 1.22.1, NGX_BUSY; recording: nginx pool2-alldown refused, later requests",
    },
    Rule {
        id: "http09",
        text: "nginx takes an answer without a status line for HTTP/0.9 and passes it on as it came",
        source: "ngx_http_proxy_module.c 1.22.1, ngx_http_proxy_process_status_line; recordings: nginx tuned garbage, http09, bad_status_line",
    },
    Rule {
        id: "cut-short",
        text: "nginx has sent the status already, so it can only close the client's connection",
        source: "Recordings: nginx tuned body_truncated_fin, chunked_truncated, headers_then_stall",
    },
    Rule {
        id: "invalid-chunk",
        text: "nginx closes the client's connection without a byte when a chunk cannot be read before anything was sent on",
        source: "Recording: nginx tuned bad_chunk_size",
    },
    Rule {
        id: "return-503",
        text: "nginx answers 503 by `return 503` without asking an upstream",
        source: "Documentation of ngx_http_rewrite_module, return; recording: nginx maintenance",
    },
    Rule {
        id: "next-upstream-status",
        text: "nginx asks the next server after this status",
        source: "ngx_http_upstream.c 1.22.1, ngx_http_upstream_test_next; recording: nginx retry-pool2 own_503",
    },
    Rule {
        id: "not-next",
        text: "nginx asks no other server, since this failure is not named",
        source: "Documentation of proxy_next_upstream, default `error timeout`; recording: nginx pool2 header_no_colon",
    },
    Rule {
        id: "next-upstream-timeout",
        text: "nginx asks no other server after that time",
        source: "Documentation of proxy_next_upstream_timeout; ngx_http_upstream.c 1.22.1, ngx_http_upstream_next",
    },
    Rule {
        id: "kept-connection-gone",
        text: "nginx asks again when a connection that it had kept breaks before an answer; that does not count as a try",
        source: "ngx_http_upstream.c 1.22.1, ngx_http_upstream_next: `u->peer.cached` adds a try; recordings: nginx keepalive keepalive_race_fin, keepalive_race_rst",
    },
];

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
        EffectiveSettings {
            connect_timeout: minute,
            send_timeout: minute,
            read_timeout: minute,
            next_upstream: vec![NextUpstream::Error, NextUpstream::Timeout],
            next_upstream_tries: 0,
            next_upstream_timeout: SimDuration::ZERO,
            max_fails: 1,
            fail_timeout: SimDuration::from_secs(10),
            header_limit: PAGE,
            maintenance: Maintenance::Off,
            // `keepalive_timeout` 75s, `keepalive_requests` 1000 (ngx_http_core_module).
            keep_alive: KeepAlive { idle: SimDuration::from_secs(75), ..KeepAlive::default() },
            // No `keepalive` in the upstream block (ngx_http_upstream_module).
            upstream_keep_alive: UpstreamKeepAlive::Off,
        }
        .configured(settings)
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
            Setting::HeaderLimit if s.header_limit.is_multiple_of(1_024) => {
                format!("{}k", s.header_limit / 1_024)
            }
            Setting::HeaderLimit => s.header_limit.to_string(),
            Setting::Maintenance => match s.maintenance {
                Maintenance::Off => "off".to_owned(),
                Maintenance::On { .. } => "on".to_owned(),
            },
            Setting::KeepAlive => s.keep_alive.idle.to_string(),
            Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
                UpstreamKeepAlive::Off => "off".to_owned(),
                UpstreamKeepAlive::On(KeepAlive { most, .. }) => most.to_string(),
            },
        }
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
        let named = template.status.and_then(|status| {
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
        });
        match named {
            Some(named) if tries_left > 0 && settings.next_upstream.contains(&named) => {
                Reading::Next(NEXT_STATUS, Setting::NextUpstream)
            }
            _ => Reading::Accept,
        }
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

    /// `ngx_http_special_response.c`, 1.22.1; recorded byte for byte.
    fn page(&self, status: u16, retry_after: RetryAfter) -> Template {
        let reason = reason(status);
        let body = format!(
            "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n<center><h1>{status} {reason}</h1></center>\r\n<hr><center>{SERVER}</center>\r\n</body>\r\n</html>\r\n"
        );
        let mut template = Template::new(status, reason, &[], &body);
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        template.headers = vec![
            text("Server", SERVER),
            ("Date".to_owned(), Value::Date),
            text("Content-Type", "text/html"),
            ("Content-Length".to_owned(), Value::BodyLength),
            text("Connection", "keep-alive"),
        ];
        match retry_after {
            RetryAfter::Absent => {}
            RetryAfter::Seconds(seconds) => template.headers.push(text("Retry-After", &seconds.to_string())),
            RetryAfter::Date(wait) => {
                template.headers.push(("Retry-After".to_owned(), Value::DateAfter(wait)))
            }
        }
        template
    }

    /// `ngx_http_header_filter_module.c`, 1.22.1: Server, Date, Content-Type, framing, Connection, then the rest;
    /// the upstream's own Server and Date are replaced (proxy_hide_header's defaults).
    fn forward(&self, upstream: &Template) -> Template {
        if upstream.raw.is_some() {
            return upstream.clone();
        }
        let mut template = upstream.clone();
        let text = |name: &str, value: &str| (name.to_owned(), Value::Text(value.to_owned()));
        let taken = ["server", "date", "content-type", "content-length", "transfer-encoding", "connection"];
        let rest: Vec<_> = upstream
            .headers
            .iter()
            .filter(|(n, _)| !taken.contains(&n.to_ascii_lowercase().as_str()))
            .cloned()
            .collect();
        template.headers = vec![text("Server", SERVER), ("Date".to_owned(), Value::Date)];
        if let Some(kind) = upstream.header("content-type") {
            template.headers.push(("Content-Type".to_owned(), kind.clone()));
        }
        template.framing = match upstream.framing {
            Framing::Length => Framing::Length,
            Framing::Chunked | Framing::Close => Framing::Chunked,
        };
        template.headers.push(match template.framing {
            Framing::Length => ("Content-Length".to_owned(), Value::BodyLength),
            _ => text("Transfer-Encoding", "chunked"),
        });
        template.headers.push(text("Connection", "keep-alive"));
        template.headers.extend(rest);
        template.defect = None;
        template
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(self, trace, request)
    }
}

/// nginx's reason phrases (`ngx_http_header_filter_module.c`); its 503 and 504 differ from the registry's.
fn reason(status: u16) -> &'static str {
    match status {
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Temporarily Unavailable",
        504 => "Gateway Time-out",
        _ => "Error",
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
    }
}
