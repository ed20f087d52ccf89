//! IIS with Application Request Routing.
//!
//! The client reads 502; the substatus and the WinHTTP code stand in the log. Not expressed: 502.1 and 502.2 (CGI),
//! 500.13, 500.19, 503.3 and 503.4 (queues of ASP.NET and FastCGI behind it).

use super::{Documented, Row, Told, iso, row, rules};
use super::{Then::*, When::*};
use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::{Algorithm, Balance, RateRule};
use crate::sim::time::SimDuration;

const ARR: &str = "Microsoft, Troubleshooting 502 errors in ARR: https://learn.microsoft.com/troubleshoot/developer/webapps/iis/application-request-routing/troubleshooting-502-errors-in-arr";
const IIS_CODES: &str = "Microsoft, HTTP status codes in IIS: https://learn.microsoft.com/troubleshoot/developer/webapps/iis/health-diagnostic-performance/http-status-code";

/// Substatus and win32 status, as the log has them. The WinHTTP codes that the document of ARR does not name are from
/// Microsoft's list of WinHTTP error messages.
const ROWS: [Row; 14] = [
    row(
        Refused,
        Answer(502),
        "3 12029",
        None,
        "ARR answers 502.3 when it cannot connect to the server",
        IIS_CODES,
    ),
    row(
        ConnectTimeout,
        Answer(502),
        "3 12002",
        Some(Setting::ReadTimeout),
        "ARR answers 502.3, WinHTTP 12002, when its time-out is over; that is no 504",
        ARR,
    ),
    row(
        NoUpstream,
        Answer(502),
        "4 0",
        None,
        "ARR answers 502.4 when the farm has no server that is fit for the request",
        ARR,
    ),
    row(
        Closed,
        Answer(502),
        "3 12030",
        None,
        "ARR answers 502.3, WinHTTP 12030, when the server ends the connection",
        ARR,
    ),
    row(
        BadHead,
        Answer(502),
        "3 12152",
        None,
        "ARR answers 502.3, WinHTTP 12152, when the answer of the server cannot be read",
        ARR,
    ),
    row(
        NoAnswer,
        Answer(502),
        "3 12002",
        Some(Setting::ReadTimeout),
        "ARR answers 502.3, WinHTTP 12002, when its time-out is over; that is no 504",
        ARR,
    ),
    row(
        BodyCut,
        CutAndLog(502),
        "3 12030",
        None,
        "ARR logs 502.3 when the server ends the connection in the middle of an answer; the client has read another status",
        ARR,
    ),
    row(
        BodyStalled,
        CutAndLog(502),
        "3 12002",
        Some(Setting::ReadTimeout),
        "ARR logs 502.3, WinHTTP 12002, when the answer stands still for that long; the client has read another status",
        ARR,
    ),
    row(Name, Answer(502), "3 12007", None, "ARR answers 502.3 when the server's name does not resolve", ARR),
    row(
        Shed,
        Answer(503),
        "2 0",
        Some(Setting::Limits),
        "IIS answers 503.2 above the limit of concurrent requests",
        IIS_CODES,
    ),
    row(
        Rate,
        Configured,
        "502 0",
        Some(Setting::RateLimit),
        "dynamic IP restriction answers 403.502 when an address sends too many requests in a time",
        IIS_CODES,
    ),
    row(
        ClientLimit,
        Configured,
        "501 0",
        Some(Setting::Limits),
        "dynamic IP restriction answers 403.501 when an address has too many requests under way",
        IIS_CODES,
    ),
    row(
        Maintenance,
        Answer(503),
        "0 0",
        Some(Setting::Maintenance),
        "IIS answers 503.0 when the application pool is stopped",
        IIS_CODES,
    ),
    Row::not_documented(
        "the documents of IIS and ARR that were read do not say what it does here: not documented",
    ),
];

/// The product.
pub(in crate::sim::dialect) static IIS: Documented = Documented {
    title: "IIS with ARR",
    version: "documents of 2026",
    provenance: "documented, not recorded: https://learn.microsoft.com/troubleshoot/developer/webapps/iis/application-request-routing/troubleshooting-502-errors-in-arr",
    defaults,
    has: &[
        (Setting::ReadTimeout, "timeout"),
        (Setting::HealthCheck, "healthCheck url"),
        (Setting::Limits, "appConcurrentRequestLimit, denyByConcurrentRequests"),
        (Setting::RateLimit, "denyByRequestRate"),
        (Setting::Maintenance, "appPool stopped"),
        (Setting::Balance, "loadBalancing algorithm"),
    ],
    limits: &["total_requests", "client_requests", "client_status"],
    balances: &[Balance::LeastRequests, Balance::RoundRobin],
    instead: "IIS with ARR has read_timeout (timeout, for all steps), health_check, limits of total_requests and client_requests, rate_limit, maintenance and balance (least_requests, round_robin)",
    longest_line: u32::MAX,
    restarts_clock: true,
    adds: "HTTP/1.1\nHost: {to}\n*\nX-Original-URL: {target}\nX-Forwarded-For + {from}\nX-ARR-LOG-ID: {id}",
    headers: &[],
    rows: &ROWS,
    rules: &rules(&ROWS),
    log,
};

/// 30 s for every step; the least busy server first. Inferred: connecting has the same time, as there is one setting.
fn defaults(bare: EffectiveSettings) -> EffectiveSettings {
    let timeout = SimDuration::from_secs(30);
    let mut limits = bare.limits.clone();
    limits.client_status = 403;
    EffectiveSettings {
        connect_timeout: timeout,
        read_timeout: timeout,
        body_timeout: timeout,
        balance: Balance::LeastRequests,
        limits,
        rate_limit: RateRule { status: 403, algorithm: Algorithm::TokenBucket, ..bare.rate_limit },
        ..bare
    }
}

/// Some fields of the W3C log: date time cs-method cs-uri-stem sc-status sc-substatus sc-win32-status time-taken.
fn log(told: &Told<'_>) -> String {
    let when = iso(told.epoch, told.at);
    let (date, time) = when.split_once('T').unwrap_or((&when, ""));
    format!(
        "{date} {} {} {} {} {} {}",
        time.get(..8).unwrap_or(time),
        told.method,
        told.path,
        told.status_or("0"),
        if told.code.is_empty() { "0 0" } else { told.code },
        told.took.as_millis(),
    )
}
