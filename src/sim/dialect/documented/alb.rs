//! AWS Application Load Balancer.
//!
//! Not expressed: 463 (more than 30 addresses in `X-Forwarded-For`; no gateway here looks at a request's headers), 464
//! (HTTP/2 spoken to a target group of another version), 561 (an identity provider's error), 000, and the codes for
//! requests that are not HTTP. Of an answer that breaks off, the documents have only the case that the target stands still
//! before all bytes are there. "No target registered" cannot happen, as a scenario's gateway always has an origin.

use super::{Documented, Row, Told, iso, row, rules};
use super::{Then::*, When::*};
use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::{Balance, KeepAlive, ProbeRule, RateRule, UpstreamKeepAlive};
use crate::sim::time::SimDuration;

const DOC: &str = "AWS, Troubleshoot your Application Load Balancers, June 2023: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html";
const HEALTH: &str = "AWS, Health checks for your target groups, June 2023: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html";

const ROWS: [Row; 12] = [
    row(
        Refused,
        Answer(502),
        "",
        None,
        "ALB answers 502 when the target resets the connection that it opens",
        DOC,
    ),
    row(
        ConnectTimeout,
        Answer(504),
        "",
        Some(Setting::ConnectTimeout),
        "ALB answers 504 when no connection to the target opens in that time, which nobody can configure",
        DOC,
    ),
    row(
        Closed,
        Answer(502),
        "",
        None,
        "ALB answers 502 when the target closes or resets the connection while a request is under way",
        DOC,
    ),
    row(BadHead, Answer(502), "", None, "ALB answers 502 when the answer is malformed", DOC),
    row(
        HeadTooLarge,
        Answer(502),
        "",
        None,
        "ALB answers 502 when a header line of the answer is over 32K",
        DOC,
    ),
    row(
        NoAnswer,
        Answer(504),
        "",
        Some(Setting::ReadTimeout),
        "ALB answers 504 when the target says nothing for that long",
        DOC,
    ),
    row(
        BodyStalled,
        CutAndLog(504),
        "",
        Some(Setting::ReadTimeout),
        "ALB waits that long for bytes that `Content-Length` promises and reports 504; the head is out already, so that only its log can say so",
        DOC,
    ),
    row(
        Handshake,
        Answer(502),
        "",
        None,
        "ALB answers 502 when the TLS handshake with the target fails",
        DOC,
    ),
    // It fails open, so that this cannot happen here.
    row(NoUpstream, Answer(503), "", None, "ALB answers 503 when no target is registered", HEALTH),
    row(
        Rate,
        Configured,
        "",
        Some(Setting::RateLimit),
        "AWS WAF in front of ALB answers 403 to what a rule blocks",
        DOC,
    ),
    row(
        ClientLeft,
        Log(460),
        "",
        None,
        "ALB logs 460 when the client closes the connection before it times out",
        DOC,
    ),
    // Certificates of targets are not validated; that is in the guide of target groups, which was not read.
    Row::not_documented("the documents of ALB that were read do not say what it does here: not documented"),
];

/// The product.
pub(in crate::sim::dialect) static ALB: Documented = Documented {
    title: "AWS ALB",
    version: "documents of June 2023",
    provenance: "documented, not recorded: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html",
    defaults,
    has: &[
        (Setting::ReadTimeout, "idle_timeout.timeout_seconds"),
        (Setting::HealthCheck, "HealthCheckPath"),
        (Setting::RateLimit, "AWS WAF rate-based rule"),
        (Setting::Balance, "load_balancing.algorithm.type"),
    ],
    limits: &[],
    balances: &[Balance::RoundRobin, Balance::LeastRequests],
    instead: "ALB has read_timeout (idle_timeout.timeout_seconds), health_check, balance (round_robin, least_requests) and rate_limit (AWS WAF)",
    longest_line: 32 * 1_024,
    restarts_clock: true,
    adds: "HTTP/1.1\nHost: {received}\n*\nX-Forwarded-For + {from}\nX-Forwarded-Proto: http\nX-Forwarded-Port: 80\nX-Amzn-Trace-Id ? Root={id}",
    headers: &[],
    rows: &ROWS,
    rules: &rules(&ROWS),
    log,
};

/// Ten seconds to connect ([`DOC`], 504), 60 s idle (AWS, Application Load Balancers, load balancer attributes:
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html>), probes every
/// 30 s with their counts, and all targets are asked when none is healthy ([`HEALTH`]).
fn defaults(bare: EffectiveSettings) -> EffectiveSettings {
    let minute = SimDuration::from_secs(60);
    EffectiveSettings {
        connect_timeout: SimDuration::from_secs(10),
        read_timeout: minute,
        body_timeout: minute,
        upstream_keep_alive: UpstreamKeepAlive::On(KeepAlive { idle: minute, ..KeepAlive::default() }),
        // "Fails open" only where not a single target is healthy.
        panic_threshold: f64::MIN_POSITIVE,
        health_check: ProbeRule {
            path: "/".to_owned(),
            interval: SimDuration::from_secs(30),
            timeout: SimDuration::from_secs(5),
            rise: 5,
            fall: 2,
            ..bare.health_check
        },
        rate_limit: RateRule { status: 403, ..bare.rate_limit },
        ..bare
    }
}

/// The first fields of the access log (AWS, Access logs for your Application Load Balancer); the rest is left out.
fn log(told: &Told<'_>) -> String {
    let target = told.upstream.map_or_else(|| "-".to_owned(), |name| format!("{name}:80"));
    format!(
        "http {} app/orders/0 127.0.0.1:40000 {target} 0.000 {:.3} 0.000 {} {} - {} \"{} http://orders.example:80{} HTTP/1.1\"",
        iso(told.epoch, told.at),
        told.took.as_secs_f64(),
        told.status_or("-"),
        told.upstream_status.map_or_else(|| "-".to_owned(), |status| status.to_string()),
        told.bytes,
        told.method,
        told.path,
    )
}
