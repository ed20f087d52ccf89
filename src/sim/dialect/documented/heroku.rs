//! Heroku's router.
//!
//! The client reads a page with 503 and the log has the H code. Not expressed: H10 (the router knows that a dyno
//! crashed; here its port just refuses, H21), H20, H22 to H24, H26, H28, H31 to H34, H81 to H83, H99, and the
//! quarantine of dynos.

use super::{Documented, Row, Told, iso, row, rules};
use super::{Then::*, When::*};
use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::Balance;
use crate::sim::time::SimDuration;

const CODES: &str = "Heroku, Error Codes: https://devcenter.heroku.com/articles/error-codes";
const TIMEOUT: &str = "Heroku, Request Timeout: https://devcenter.heroku.com/articles/request-timeout; Error Codes: https://devcenter.heroku.com/articles/error-codes";

const ROWS: [Row; 13] = [
    row(
        Refused,
        Answer(503),
        "H21 Backend connection refused",
        None,
        "the router answers 503 and logs H21 when the dyno refuses the connection",
        CODES,
    ),
    row(
        ConnectTimeout,
        Answer(503),
        "H19 Backend connection timeout",
        Some(Setting::ConnectTimeout),
        "the router answers 503 and logs H19 when no connection to the dyno opens in that time",
        CODES,
    ),
    row(
        NoUpstream,
        Answer(503),
        "H14 No web dynos running",
        None,
        "the router answers 503 and logs H14 when no web dyno runs",
        CODES,
    ),
    row(
        Closed,
        Answer(503),
        "H13 Connection closed without response",
        None,
        "the router answers 503 and logs H13 when the dyno closes the connection without an answer",
        CODES,
    ),
    row(
        BadHead,
        Answer(503),
        "H17 Poorly formatted HTTP response",
        None,
        "the router answers 503 and logs H17 when the dyno's answer is no HTTP",
        CODES,
    ),
    row(
        HeadTooLarge,
        Answer(502),
        "H25 HTTP restriction",
        None,
        "the router answers 502 and logs H25 when a line of the answer's head is over 8,192 bytes",
        "Heroku, Error Codes: https://devcenter.heroku.com/articles/error-codes; the size: https://help.heroku.com/TQ80D553/why-do-i-get-a-400-bad-request-response-when-i-have-large-cookies",
    ),
    row(
        NoAnswer,
        Answer(503),
        "H12 Request timeout",
        Some(Setting::ReadTimeout),
        "the router answers 503 and logs H12 when the dyno has not answered in that time; the dyno goes on with it",
        TIMEOUT,
    ),
    row(
        BodyCut,
        CutAndLog(503),
        "H18 Server Request Interrupted",
        None,
        "the router logs H18 with 503 when the dyno's connection breaks after some of the answer; the client has read another status",
        CODES,
    ),
    row(
        BodyStalled,
        CutAndLog(503),
        "H15 Idle connection",
        Some(Setting::BodyTimeout),
        "the router logs H15 with 503 when nothing moves for that long; the client has read another status",
        CODES,
    ),
    row(
        Full,
        Answer(503),
        "H11 Backlog too deep",
        Some(Setting::Limits),
        "the router answers 503 and logs H11 when too many requests wait for the app",
        CODES,
    ),
    row(
        Maintenance,
        Answer(503),
        "H80 Maintenance mode",
        Some(Setting::Maintenance),
        "the router answers 503 and logs H80 in maintenance mode",
        CODES,
    ),
    row(
        ClientLeft,
        Log(499),
        "H27 Client Request Interrupted",
        None,
        "the router logs H27 with 499 when the client leaves before the answer",
        CODES,
    ),
    Row::not_documented(
        "the documents of Heroku's router that were read do not say what it does here: not documented",
    ),
];

/// The product.
pub(in crate::sim::dialect) static HEROKU: Documented = Documented {
    title: "Heroku",
    version: "documents of 2024",
    provenance: "documented, not recorded: https://devcenter.heroku.com/articles/error-codes",
    defaults,
    has: &[(Setting::Maintenance, "heroku maintenance:on"), (Setting::Limits, "backlog")],
    limits: &["upstream_requests", "queue"],
    balances: &[Balance::Random],
    instead: "the router's times are fixed (5 s to connect, 30 s for an answer, 55 s between bytes); it has maintenance, and limits of upstream_requests and queue stand for its backlog, whose size no document gives",
    longest_line: 8_192,
    restarts_clock: false,
    adds: "HTTP/1.1\nHost: {received}\n*\nX-Request-Id ? {id}\nX-Forwarded-For + {from}\nX-Forwarded-Proto: http\nX-Forwarded-Port: 80\nVia + 1.1 heroku-router",
    headers: &[],
    rows: &ROWS,
    rules: &rules(&ROWS),
    log,
};

/// Five seconds to connect, 30 s for an answer, 55 s between bytes of it; a dyno at random.
fn defaults(bare: EffectiveSettings) -> EffectiveSettings {
    EffectiveSettings {
        connect_timeout: SimDuration::from_secs(5),
        read_timeout: SimDuration::from_secs(30),
        body_timeout: SimDuration::from_secs(55),
        balance: Balance::Random,
        ..bare
    }
}

/// A line of the router, as the list of error codes prints it.
fn log(told: &Told<'_>) -> String {
    let error = match told.code.split_once(' ') {
        Some((code, words)) => format!("at=error code={code} desc=\"{words}\""),
        None => "at=info".to_owned(),
    };
    let millis = |time: Option<SimDuration>| time.map_or(String::new(), |t| format!("{}ms", t.as_millis()));
    let dyno = if told.upstream.is_some() { "web.1" } else { "" };
    format!(
        "{}+00:00 heroku[router]: {error} method={} path=\"{}\" host=orders.example fwd=\"127.0.0.1\" dyno={dyno} connect={} service={} status={} bytes={} protocol=http",
        iso(told.epoch, told.at).trim_end_matches('Z'),
        told.method,
        told.path,
        millis(told.connect),
        millis(told.upstream.map(|_| told.took)),
        told.status_or(""),
        told.bytes,
    )
}
