//! Caddy 2.11.7: one site, `reverse_proxy` with its transport `http`, HTTP/1.1 on both sides.
//!
//! What net/http of Go does by itself (replayed requests, buffers, the order of headers) is Caddy's too. Left out:
//! `handle_response`, `request_buffers` (so a body that was sent is gone), `Idempotency-Key` (which makes a request
//! without a body one that is replayed), `read_timeout` before the head of an answer, that an answer which
//! `lb_retry_match` matches after the last retry loses its body, that `health_fails` counts probes that need not follow
//! each other, and what a body that is too large leaves behind: it is noticed while it is sent on, so that the upstream
//! has a connection that ends without a request, and a failure for `fail_duration`.

mod answers;
mod log;
mod rules;
mod settings;

use self::rules::*;
use super::{
    Action, Dialect, EffectiveSettings, LogLine, OwnAnswer, Passage, Reading, Rule, RuleId, Setting,
    Situation, Verdict, go,
};
use crate::sim::message::{Framing, HeadDefect, Method, Template, Value};
use crate::sim::scenario::{GatewaySettings, NextUpstream, RetryAfter};
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Caddy;

/// What net/http gathers of an answer before it writes: `bufferBeforeChunkingSize`, 2 KiB, and a connection's buffer,
/// 4 KiB, of which the head takes some.
const GATHERED: u32 = 4_096;

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

    settings_in_their_room!();

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
            Failure::BodyTooLarge => {
                return verdict(Action::Answer(413), BODY_TOO_LARGE, Some(Setting::BodyLimit));
            }
            Failure::NoLiveUpstream | Failure::NoRoom => {
                let full = s.failure == Failure::NoRoom;
                // A look that finds nobody counts as a try, but is not counted yet. Without a pause, looking again is
                // no use, since nothing has changed.
                let pauses = !settings::is_none(s.settings.retry.wait);
                let setting = retries(s.settings).filter(|_| pauses && s.tries_left > 1 && in_time(&s));
                if setting.is_some() {
                    return verdict(Action::Next, WAITS_FOR_UPSTREAM, setting);
                }
                if let Some(before) = s.before {
                    return verdict(Action::Answer(answer(before).0), EARLIER_ERROR, retries(s.settings));
                }
                let (rule, setting) = if full { (FULL, Some(Setting::Limits)) } else { (NO_UPSTREAMS, None) };
                return verdict(Action::Answer(503), rule, setting);
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

    fn own(&self, answer: OwnAnswer) -> Template {
        answers::own(answer)
    }

    fn own_to_head(&self, own: Template, number: u32) -> Template {
        go::to_head(own, number)
    }

    /// `respond` reads no body.
    fn limits_bodies_first(&self) -> bool {
        false
    }

    fn refuses_target(&self, target: &str) -> Option<RuleId> {
        go::refuses(target).then_some(BAD_TARGET)
    }

    fn forward(&self, upstream: &Template) -> Template {
        answers::forward(upstream)
    }

    /// `Inferred:` from `addForwardedHeaders` and `ServeHTTP` of reverseproxy.go 2.11, and from the transport of net/http, which
    /// asks for gzip by itself. What came in `X-Forwarded-*` is not trusted, and replaced.
    fn passage(&self, _settings: &EffectiveSettings) -> Passage {
        Passage::inferred(
            "HTTP/1.1 sorted\nHost: {received}\n*\nVia + 1.1 Caddy\nX-Forwarded-For: {from}\nX-Forwarded-Host: {host}\nX-Forwarded-Proto: http\nAccept-Encoding ? gzip",
        )
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(trace, request)
    }
}

/// True if `lb_retry_match` names this status.
fn names_status(conditions: &[NextUpstream], status: u16) -> bool {
    NextUpstream::any_names(conditions, status, 500..)
}

#[cfg(test)]
mod tests;
