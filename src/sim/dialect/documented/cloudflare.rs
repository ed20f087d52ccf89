//! Cloudflare's proxy.
//!
//! Not expressed: 527 (Railgun, no longer in the index of the documents), the 90 s for the origin's ACK of a request,
//! the other 1xxx codes in bodies, and the branded page that tells an origin's own 502 or 504.

use super::{Documented, Row, Told, row, rules};
use super::{Then::*, When::*};
use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::{Balance, KeepAlive, UpstreamKeepAlive};
use crate::sim::time::SimDuration;

const ERRORS: &str = "Cloudflare, 5xx errors: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/";
const LIMITS: &str = "Cloudflare, 5xx errors, error 522 and 524: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/; Connection limits: https://developers.cloudflare.com/fundamentals/reference/connection-limits/";
const CLIENT: &str = "Cloudflare, 4xx errors: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/4xx-client-error/";

const ROWS: [Row; 13] = [
    row(
        Refused,
        Answer(521),
        "",
        None,
        "Cloudflare answers 521 when the origin refuses the connection",
        ERRORS,
    ),
    row(
        ConnectTimeout,
        Answer(522),
        "",
        Some(Setting::ConnectTimeout),
        "Cloudflare answers 522 when the origin does not answer its SYN in that time",
        LIMITS,
    ),
    row(
        Unreachable,
        Answer(523),
        "",
        None,
        "Cloudflare answers 523 when there is no way to the origin",
        ERRORS,
    ),
    row(
        Closed,
        Answer(520),
        "",
        None,
        "Cloudflare answers 520 when the origin closes or resets the connection before an answer",
        ERRORS,
    ),
    row(BadHead, Answer(520), "", None, "Cloudflare answers 520 when the answer is malformed", ERRORS),
    row(
        HeadTooLarge,
        Answer(520),
        "",
        Some(Setting::HeaderLimit),
        "Cloudflare answers 520 when the headers of the answer are larger than that",
        ERRORS,
    ),
    row(
        NoAnswer,
        Answer(524),
        "",
        Some(Setting::ReadTimeout),
        "Cloudflare answers 524 when the origin took the connection and does not answer in that time",
        LIMITS,
    ),
    row(
        Handshake,
        Answer(525),
        "",
        None,
        "Cloudflare answers 525 when the TLS handshake with the origin fails",
        ERRORS,
    ),
    row(
        Certificate,
        Answer(526),
        "",
        None,
        "Cloudflare in Full (strict) mode answers 526 when it does not trust the origin's certificate",
        ERRORS,
    ),
    row(
        Name,
        Answer(530),
        "1016",
        None,
        "Cloudflare answers 530 with code 1016 in the body when the origin's name does not resolve",
        ERRORS,
    ),
    row(
        Rate,
        Configured,
        "1015",
        Some(Setting::RateLimit),
        "Cloudflare answers 429 with code 1015 to what a rate limiting rule blocks",
        CLIENT,
    ),
    row(
        ClientLeft,
        Log(499),
        "",
        None,
        "Cloudflare logs 499 when the client leaves before the answer",
        CLIENT,
    ),
    Row::not_documented(
        "the documents of Cloudflare that were read do not say what it does here: not documented",
    ),
];

/// The product.
pub(in crate::sim::dialect) static CLOUDFLARE: Documented = Documented {
    title: "Cloudflare",
    version: "documents of 2026",
    provenance: "documented, not recorded: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/",
    defaults,
    has: &[(Setting::ReadTimeout, "proxy_read_timeout"), (Setting::RateLimit, "rate limiting rules")],
    limits: &[],
    balances: &[Balance::RoundRobin],
    instead: "Cloudflare has read_timeout (proxy_read_timeout, for Enterprise) and rate_limit (rate limiting rules)",
    longest_line: u32::MAX,
    restarts_clock: false,
    adds: "HTTP/1.1\nHost: {received}\n*\nAccept-Encoding: gzip, br\nCF-Connecting-IP: {from}\nCF-Ray: {id}\nCF-Visitor: {\"scheme\":\"http\"}\nX-Forwarded-For + {from}\nX-Forwarded-Proto: http\nCDN-Loop + cloudflare",
    headers: &[("Server", "cloudflare")],
    rows: &ROWS,
    rules: &rules(&ROWS),
    log,
};

/// 19 s to connect, 120 s for an answer and 128 KB of headers (the newer pages; older ones say 100 s and 32 KB), 900 s
/// for an idle connection to the origin and 400 s for a client's (Connection limits, July 2026:
/// <https://developers.cloudflare.com/fundamentals/reference/connection-limits/>).
fn defaults(bare: EffectiveSettings) -> EffectiveSettings {
    let kept = |secs| KeepAlive { idle: SimDuration::from_secs(secs), ..KeepAlive::default() };
    EffectiveSettings {
        connect_timeout: SimDuration::from_secs(19),
        read_timeout: SimDuration::from_secs(120),
        header_limit: 128 * 1_024,
        keep_alive: kept(400),
        upstream_keep_alive: UpstreamKeepAlive::On(kept(900)),
        ..bare
    }
}

/// Some fields of Logpush's `http_requests`; `OriginResponseStatus` is 0 where the origin did not answer.
fn log(told: &Told<'_>) -> String {
    format!(
        r#"{{"ClientRequestMethod":"{}","ClientRequestURI":"{}","EdgeResponseStatus":{},"OriginResponseStatus":{},"EdgeResponseBytes":{}}}"#,
        told.method,
        told.path,
        told.status_or("0"),
        told.upstream_status.unwrap_or_default(),
        told.bytes,
    )
}
