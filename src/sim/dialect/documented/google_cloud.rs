//! Google Cloud, external Application Load Balancer.
//!
//! The table of `statusDetails` gives both 502 and 503 for most failures and does not say which comes when; 502 is
//! shown here, and each rule says that it is one of two. Not expressed: retries of the URL map, Cloud CDN, 413 and
//! 400 for requests that are no good.

use super::{Documented, Row, Told, row, rules};
use super::{Then::*, When::*};
use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::{Balance, KeepAlive, UpstreamKeepAlive};
use crate::sim::time::SimDuration;

const DOC: &str = "Google Cloud, HTTPS load balancer logging, table of statusDetails: https://docs.cloud.google.com/load-balancing/docs/https/https-logging-monitoring";

const ROWS: [Row; 14] = [
    row(
        Refused,
        Answer(502),
        "failed_to_connect_to_backend",
        None,
        "the load balancer answers 502 or 503, failed_to_connect_to_backend; 502 is shown",
        DOC,
    ),
    row(
        Unreachable,
        Answer(502),
        "failed_to_connect_to_backend",
        None,
        "the load balancer answers 502 or 503, failed_to_connect_to_backend; 502 is shown",
        DOC,
    ),
    row(
        ConnectTimeout,
        Answer(502),
        "failed_to_connect_to_backend",
        None,
        "the load balancer answers 502 or 503, failed_to_connect_to_backend; 502 is shown",
        DOC,
    ),
    row(
        NoUpstream,
        Answer(502),
        "failed_to_pick_backend",
        None,
        "the load balancer answers 502 or 503, failed_to_pick_backend; 502 is shown",
        DOC,
    ),
    row(
        Closed,
        Answer(502),
        "backend_connection_closed_before_data_sent_to_client",
        None,
        "the load balancer answers 502 or 503, backend_connection_closed_before_data_sent_to_client; 502 is shown",
        DOC,
    ),
    row(
        BadHead,
        Answer(502),
        "backend_response_corrupted",
        None,
        "the load balancer answers 502 or 503, backend_response_corrupted; 502 is shown",
        DOC,
    ),
    row(
        HeadTooLarge,
        Answer(502),
        "backend_response_headers_too_long",
        None,
        "the load balancer answers 502 or 503, backend_response_headers_too_long; 502 is shown",
        DOC,
    ),
    row(
        NoAnswer,
        Answer(502),
        "backend_timeout",
        Some(Setting::RequestTimeout),
        "the load balancer answers 502 or 503, backend_timeout, when the answer is not whole in that time; 502 is shown",
        DOC,
    ),
    row(
        BodyCut,
        Cut,
        "backend_connection_closed_after_partial_response_sent",
        None,
        "the load balancer logs backend_connection_closed_after_partial_response_sent; the status that came stands",
        DOC,
    ),
    row(
        Handshake,
        Answer(502),
        "failed_to_negotiate_alpn",
        None,
        "the load balancer answers 502 or 503, failed_to_negotiate_alpn; 502 is shown",
        DOC,
    ),
    row(
        Certificate,
        Answer(502),
        "server_cert_chain_invalid",
        None,
        "the load balancer answers 502 or 503 and names what is wrong with the certificate (server_cert_…); 502 is shown",
        DOC,
    ),
    row(
        Rate,
        Configured,
        "banned_by_security_policy",
        Some(Setting::RateLimit),
        "Cloud Armor in front of the load balancer answers 429, banned_by_security_policy",
        DOC,
    ),
    row(
        ClientLeft,
        Log(0),
        "client_disconnected_before_any_response",
        None,
        "the load balancer logs status 0, client_disconnected_before_any_response",
        DOC,
    ),
    Row::not_documented(
        "the documents of the load balancer that were read do not say what it does here: not documented",
    ),
];

/// The product.
pub(in crate::sim::dialect) static GOOGLE_CLOUD: Documented = Documented {
    title: "Google Cloud LB",
    version: "documents of 2026",
    provenance: "documented, not recorded: https://docs.cloud.google.com/load-balancing/docs/https/https-logging-monitoring",
    defaults,
    has: &[
        (Setting::RequestTimeout, "timeoutSec"),
        (Setting::HealthCheck, "healthChecks"),
        (Setting::RateLimit, "Cloud Armor throttle"),
    ],
    limits: &[],
    balances: &[Balance::RoundRobin],
    instead: "the load balancer has request_timeout (timeoutSec of the backend service), health_check and rate_limit (Cloud Armor)",
    longest_line: u32::MAX,
    restarts_clock: false,
    adds: "HTTP/1.1\nHost: {received}\n*\nX-Forwarded-For + {from}, 203.0.113.1\nX-Forwarded-Proto: http\nX-Cloud-Trace-Context ? {id}\nVia + 1.1 google",
    headers: &[("Via", "1.1 google")],
    rows: &ROWS,
    rules: &rules(&ROWS),
    log,
};

/// 30 s from the request's first byte to the answer's last (backend service settings); connections to backends are
/// kept for 600 s, clients' for 610 s (Request distribution:
/// <https://docs.cloud.google.com/load-balancing/docs/https/request-distribution>). How large a head may be is not documented there.
fn defaults(bare: EffectiveSettings) -> EffectiveSettings {
    let kept = |secs| KeepAlive { idle: SimDuration::from_secs(secs), ..KeepAlive::default() };
    EffectiveSettings {
        request_timeout: SimDuration::from_secs(30),
        keep_alive: kept(610),
        upstream_keep_alive: UpstreamKeepAlive::On(kept(600)),
        ..bare
    }
}

/// Some fields of a log entry.
fn log(told: &Told<'_>) -> String {
    let details = if told.code.is_empty() { "response_sent_by_backend" } else { told.code };
    format!(
        r#"{{"httpRequest":{{"requestMethod":"{}","requestUrl":"http://orders.example{}","status":{},"responseSize":"{}","latency":"{:.6}s"}},"jsonPayload":{{"statusDetails":"{details}"}}}}"#,
        told.method,
        told.path,
        told.status_or("0"),
        told.bytes,
        told.took.as_secs_f64(),
    )
}
