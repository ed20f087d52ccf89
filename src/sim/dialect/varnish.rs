//! Varnish 7.1.1 with the built-in VCL around a backend or a `round_robin` director, HTTP/1.1 on both sides.
//!
//! Varnish writes `X-Varnish`, the number of a transaction; here it counts requests, and the client's and the
//! backend's transaction have the same number. Left out: ESI, gzip, `Range`, and retries of VCL with another body.

mod log;
mod rules;
mod settings;

use self::rules::*;
use super::{
    Action, Dialect, EffectiveSettings, LogLine, OwnAnswer, Passage, Reading, Rule, RuleId, Setting,
    Situation, Verdict,
};
use crate::sim::message::{Framing, HeadDefect, Method, Template, Value};
use crate::sim::scenario::{GatewaySettings, NextUpstream, RetryAfter};
use crate::sim::time::SimDuration;
use crate::sim::trace::{Failure, SpanId, Trace};

/// The product.
pub(super) struct Varnish;

/// What it writes into `Via`.
const VIA: &str = "1.1 varnish (Varnish/7.1)";
/// `http_resp_hdr_len`, 8k.
const LONGEST_LINE: u32 = 8 * 1_024;
/// `http_max_hdr`, 64, of which the status line takes some.
const MOST_HEADERS: usize = 64;
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

    settings_in_their_room!();

    fn tries_again(&self, s: &EffectiveSettings, failures: &[Failure]) -> String {
        let most = s.next_upstream_tries.saturating_sub(1);
        let held = if failures.contains(&Failure::HeldDown) {
            ", no dialling for 250 ms after a refusal"
        } else {
            ""
        };
        format!("`return (retry)` while `bereq.retries < {most}`{held}")
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
        if template.head_bytes > settings.header_limit {
            return Reading::Reject(Failure::HeadTooLarge);
        }
        if template.longest_line() > LONGEST_LINE || template.headers.len() > MOST_HEADERS {
            return Reading::Reject(Failure::HeadLines);
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
            Failure::HeadLines => (HEAD_LINES, None),
            Failure::Unrepeatable => {
                return verdict(Action::Answer(503), RETRY_WITHOUT_BODY, Some(Setting::NextUpstream));
            }
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

    fn sends_once(&self, method: Method) -> bool {
        method.has_body()
    }

    fn stops_for_nobody(&self) -> bool {
        false
    }

    fn holds_down(&self, failure: Failure) -> SimDuration {
        if failure == Failure::Refused { HOLD_DOWN } else { SimDuration::ZERO }
    }

    /// VCL's reference of probes: `.expected_response` is 200.
    fn probe_accepts(&self, status: u16) -> bool {
        status == 200
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

    /// Recorded: what it may store it asks for in its compressed form (`http_gzip_support`).
    fn passage(&self, _settings: &EffectiveSettings) -> Passage {
        Passage::recorded(
            "HTTP/1.1\n*\nX-Forwarded-For + {from}\nAccept-Encoding: gzip{get}\nX-Varnish: {number}",
        )
    }

    fn log_lines(&self, trace: &Trace, request: SpanId) -> Vec<LogLine> {
        log::lines(trace, request)
    }
}

/// True if the VCL returns retry after this status: the recorded one does from 500 on.
fn names_status(conditions: &[NextUpstream], status: u16) -> bool {
    NextUpstream::any_names(conditions, status, 500..)
}

fn page(status: u16, reason: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html>\n  <head>\n    <title>{status} {reason}</title>\n  </head>\n  <body>\n    <h1>Error {status} {reason}</h1>\n    <p>{reason}</p>\n    <h3>Guru Meditation:</h3>\n    <p>XID: {{n}}</p>\n    <hr>\n    <p>Varnish cache server</p>\n  </body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::Scenario;
    use crate::sim::simulation::run;
    use crate::sim::time::SimTime;
    use crate::sim::trace::{Note, Outcome, SpanKind};

    #[test]
    fn a_backend_that_refused_is_not_dialled_again_for_a_quarter_of_a_second() {
        let scenario = Scenario::from_json(
            r#"{"gateways": [{"dialect": "varnish"}], "origins": [{"faults": [{"process_down": {}}]}], "timeline": [
                {"at": "0s", "do": {"send": {"client": "client", "request": {"path": "/1"}}}},
                {"at": "200ms", "do": {"send": {"client": "client", "request": {"path": "/2"}}}},
                {"at": "300ms", "do": {"send": {"client": "client", "request": {"path": "/3"}}}}]}"#,
        )
        .expect("a scenario");
        let trace = run(&scenario);
        let tries: Vec<_> = trace.of_kind(SpanKind::Try).map(|(_, t)| t.outcome).collect();
        assert_eq!(tries, [Failure::Refused, Failure::HeldDown, Failure::Refused].map(Outcome::Failed));
    }

    #[test]
    fn it_goes_on_fetching_when_the_client_has_left() {
        let scenario = Scenario::from_json(
            r#"{"clients": [{"policy": {"attempt_timeout": "500ms"}}], "gateways": [{"dialect": "varnish"}],
                "origins": [{"faults": [{"slow_answer": {"delay": "1s"}}]}],
                "timeline": [{"at": "0s", "do": {"send": {"client": "client", "request": {}}}}]}"#,
        )
        .expect("a scenario");
        let trace = run(&scenario);
        let (id, request) = trace.of_kind(SpanKind::GatewayRequest).next().expect("a request");
        assert!(trace.notes(id).any(|e| e.note == Note::CallerLeft));
        assert!(matches!(request.outcome, Outcome::Answer(_)), "{:?}", request.outcome);
        assert!(request.end > SimTime::from_millis(1_000), "{}", request.end);
    }

    #[test]
    fn a_second_get_is_a_hit_and_a_post_never_is() {
        let scenario = Scenario::from_json(
            r#"{"gateways": [{"dialect": "varnish"}], "timeline": [
                {"at": "0s", "do": {"send": {"client": "client", "request": {"path": "/orders/1042"}}}},
                {"at": "20s", "do": {"send": {"client": "client", "request": {"path": "/orders/1042"}}}},
                {"at": "21s", "do": {"send": {"client": "client", "request": {"method": "POST", "path": "/orders"}}}}]}"#,
        )
        .expect("a scenario");
        let trace = run(&scenario);
        assert_eq!(trace.of_kind(SpanKind::Try).count(), 2, "default_ttl is 120 s");
        let hit = trace.of_kind(SpanKind::Attempt).nth(1).expect("a second request").1;
        let Outcome::Answer(message) = hit.outcome else { unreachable!("{:?}", hit.outcome) };
        let headers = trace.template(message).headers_at(message, 0);
        let ages: Vec<_> =
            headers.iter().filter(|(name, _)| name == "Age").map(|(_, age)| age.as_str()).collect();
        assert_eq!(ages, ["19"], "the copy is 20 s old, less the way from the origin");
    }
}
