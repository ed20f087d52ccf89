//! Envoy's access log.
//!
//! The format of the recordings: `%REQ(:AUTHORITY)% status=%RESPONSE_CODE% flags=%RESPONSE_FLAGS%
//! details=%RESPONSE_CODE_DETAILS% attempts=%UPSTREAM_REQUEST_ATTEMPT_COUNT% upstream=%UPSTREAM_HOST%
//! tfail="%UPSTREAM_TRANSPORT_FAILURE_REASON%" conn_term=%CONNECTION_TERMINATION_DETAILS% dur=%DURATION%
//! bytes=%BYTES_SENT% "%REQ(:METHOD)% %REQ(:PATH)%"`. Left out: how much of an answer went out that broke off, since a trace
//! does not tell the sizes of its pieces; 0 is written.

use super::reset_reason;
use crate::sim::dialect::LogLine;
use crate::sim::message::Message;
use crate::sim::time::SimTime;
use crate::sim::trace::{Failure, Note, Outcome, Parcel, Span, SpanId, SpanKind, Trace};

/// The name under which the API is reached.
const HOST: &str = "orders.example";

/// The line of one request, once it has ended.
pub(super) fn lines(trace: &Trace, request: SpanId) -> Vec<LogLine> {
    let span = *trace.span(request);
    let Some(asked) = trace.request(request) else { return Vec::new() };
    if span.end == SimTime::NEVER || span.outcome == Outcome::Unfinished {
        return Vec::new();
    }
    let tries: Vec<(SpanId, Span)> =
        trace.children(request).filter(|(_, s)| s.kind == SpanKind::Try).map(|(i, s)| (i, *s)).collect();
    let told = tell(trace, request, &span, &tries);
    let resolved: Vec<_> =
        tries.iter().filter(|(_, t)| t.outcome != Outcome::Failed(Failure::NameNotResolved)).collect();
    let upstream = resolved.last().map_or("-".to_owned(), |(_, t)| address(trace, t.detail));
    let transport = resolved.last().and_then(|(_, t)| transport_failure(t)).unwrap_or("-");
    let text = format!(
        "{HOST} status={} flags={} details={} attempts={} upstream={upstream} tfail=\"{transport}\" conn_term=- dur={} bytes={} \"{} {}\"",
        told.status,
        told.flags,
        told.details,
        resolved.len().max(1),
        span.end.since(span.start).as_millis(),
        bytes(trace, &span),
        asked.method,
        asked.path,
    );
    vec![LogLine { at: span.end, file: "access", text }]
}

/// What an access log says about how a request ended.
struct Told {
    status: u16,
    flags: String,
    details: String,
}

fn tell(trace: &Trace, request: SpanId, span: &Span, tries: &[(SpanId, Span)]) -> Told {
    let told = |status, flags: &str, details: String| Told { status, flags: flags.to_owned(), details };
    // `URX`: the limit of retries was reached, or a retry was not possible any more.
    let exhausted = |flags: &str| match (tries.len() > 1, flags) {
        (true, "-") => "URX".to_owned(),
        (true, flags) => format!("URX,{flags}"),
        (false, flags) => flags.to_owned(),
    };
    let noticed = trace.notes(request).find_map(|e| match e.note {
        Note::Noticed(failure) => Some(failure),
        _ => None,
    });
    let last = tries.last();
    let status_of = |message: Message| trace.status(message).unwrap_or_default();
    match span.outcome {
        Outcome::Failed(Failure::CallerLeft) => told(0, "DC", "downstream_remote_disconnect".to_owned()),
        Outcome::Broken(message, Failure::RequestTimeout) => {
            told(status_of(message), "UT", "response_timeout".to_owned())
        }
        Outcome::Broken(message, _) => told(
            status_of(message),
            "UPE",
            "upstream_reset_after_response_started{protocol_error}".to_owned(),
        ),
        Outcome::Answer(message) => {
            let status = status_of(message);
            let failure = noticed.or_else(|| {
                last.and_then(|(_, t)| match t.outcome {
                    Outcome::Failed(failure) | Outcome::Broken(_, failure) => Some(failure),
                    _ => None,
                })
            });
            match failure {
                None if tries.is_empty() => told(status, "-", "direct_response".to_owned()),
                None if status >= 500 => told(status, &exhausted("-"), "via_upstream".to_owned()),
                None => told(status, "-", "via_upstream".to_owned()),
                Some(Failure::NoLiveUpstream | Failure::NameNotResolved) => {
                    told(status, "UH", "no_healthy_upstream".to_owned())
                }
                Some(Failure::RequestTimeout) => told(status, "UT", "response_timeout".to_owned()),
                Some(Failure::TryTimeout) => {
                    told(status, &exhausted("UT"), "upstream_per_try_timeout".to_owned())
                }
                Some(Failure::ReadTimeout) => told(status, "SI", "stream_idle_timeout".to_owned()),
                Some(Failure::BodyTooLarge) => told(status, "-", "request_payload_too_large".to_owned()),
                Some(Failure::RateLimited) => told(status, "RL", "local_rate_limited".to_owned()),
                Some(failure) => {
                    let begun = last.is_some_and(|(id, _)| head_begun(trace, *id));
                    let (why, ..) = reset_reason(failure, begun);
                    let flag = match why {
                        "protocol error" => "UPE",
                        "connection termination" => "UC",
                        "overflow" => "UO",
                        _ => "UF",
                    };
                    let why = why.replace(' ', "_");
                    let how = last.and_then(|(_, t)| transport_failure(t));
                    let how = how.map(|how| format!("|{how}")).unwrap_or_default();
                    let details = format!("upstream_reset_before_response_started{{{why}{how}}}");
                    told(status, &exhausted(flag), details)
                }
            }
        }
        _ => told(0, "-", "-".to_owned()),
    }
}

/// True if some of a head came on this try.
fn head_begun(trace: &Trace, attempt: SpanId) -> bool {
    trace.notes(attempt).any(|e| matches!(e.note, Note::Departed { parcel: Parcel::HeadPart, .. }))
}

/// `%UPSTREAM_TRANSPORT_FAILURE_REASON%`, as recorded.
fn transport_failure(attempt: &Span) -> Option<&'static str> {
    match attempt.outcome {
        Outcome::Failed(Failure::Refused) => Some("delayed_connect_error:_Connection_refused"),
        Outcome::Failed(Failure::NoReply) => Some("delayed_connect_error:_Connection_timed_out"),
        Outcome::Failed(Failure::Unreachable) => Some("immediate_connect_error:_No_route_to_host"),
        Outcome::Failed(Failure::HandshakeFailed) => {
            Some("TLS_error:|268435703:SSL_routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end")
        }
        Outcome::Failed(Failure::BadCertificate) => {
            Some("TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end")
        }
        _ => None,
    }
}

/// Bytes of the body that went to the client.
fn bytes(trace: &Trace, span: &Span) -> usize {
    match span.outcome {
        Outcome::Answer(message) => trace.template(message).body_at(message).len(),
        _ => 0,
    }
}

/// An upstream's address: the first node behind the gateways is 10.0.0.1.
fn address(trace: &Trace, node: u32) -> String {
    let before = trace.scenario.clients.len() + trace.scenario.gateways.len();
    format!("10.0.0.{}:8080", (node as usize).saturating_sub(before) + 1)
}
