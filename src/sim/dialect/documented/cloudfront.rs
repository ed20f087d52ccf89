//! Amazon CloudFront in front of a custom origin.
//!
//! Not expressed: origin groups, functions and Lambda@Edge with their 503s, the location's own capacity (503), and
//! that 500 to 504 are kept for 10 s, since the store here has one time for all statuses. Nothing is cached here, as
//! with the policy `CachingDisabled`.

use super::{Documented, Row, Told, iso, row, rules};
use super::{Then::*, When::*};
use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::{Again, Balance, KeepAlive, NextUpstream, RetryRule, UpstreamKeepAlive};
use crate::sim::time::SimDuration;

const DOC: &str = "AWS, Troubleshooting error responses from your origin, March 2023: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/troubleshooting-response-errors.html";

const ROWS: [Row; 10] = [
    row(Refused, Answer(502), "", None, "CloudFront answers 502 when it cannot connect to the origin", DOC),
    row(
        ConnectTimeout,
        Answer(504),
        "",
        Some(Setting::ConnectTimeout),
        "CloudFront answers 504 when no connection opened in that time, three times in a row",
        DOC,
    ),
    row(
        NoAnswer,
        Answer(504),
        "",
        Some(Setting::ReadTimeout),
        "CloudFront answers 504 when the origin says nothing for that long; to GET and HEAD after three tries",
        DOC,
    ),
    row(
        BodyCut,
        Cut,
        "",
        None,
        "CloudFront passes on what there is with the status that came, and keeps nothing of it",
        DOC,
    ),
    row(
        BodyStalled,
        Cut,
        "",
        Some(Setting::ReadTimeout),
        "CloudFront drops the connection when the origin says nothing more for that long, and keeps nothing of it",
        DOC,
    ),
    row(
        Handshake,
        Answer(502),
        "",
        None,
        "CloudFront answers 502 when the TLS handshake with the origin fails",
        DOC,
    ),
    row(
        Certificate,
        Answer(502),
        "",
        None,
        "CloudFront answers 502 when the origin's certificate is expired, self-signed or for another name",
        DOC,
    ),
    row(
        Name,
        Answer(502),
        "NonS3OriginDnsError",
        None,
        "CloudFront answers 502, NonS3OriginDnsError, when the origin's name does not resolve",
        DOC,
    ),
    row(
        TryAgain,
        Next,
        "",
        Some(Setting::NextUpstreamTries),
        "CloudFront tries again, up to three times in all: to connect for any method, to get an answer for GET and HEAD",
        DOC,
    ),
    Row::not_documented(
        "the documents of CloudFront that were read do not say what it does here: not documented",
    ),
];

/// The product.
pub(in crate::sim::dialect) static CLOUDFRONT: Documented = Documented {
    title: "CloudFront",
    version: "documents of March 2023",
    provenance: "documented, not recorded: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/troubleshooting-response-errors.html",
    defaults,
    has: &[
        (Setting::ConnectTimeout, "ConnectionTimeout"),
        (Setting::NextUpstreamTries, "ConnectionAttempts"),
        (Setting::ReadTimeout, "OriginReadTimeout"),
        (Setting::UpstreamKeepAlive, "OriginKeepaliveTimeout"),
    ],
    limits: &[],
    balances: &[Balance::RoundRobin],
    instead: "CloudFront has connect_timeout (ConnectionTimeout), next_upstream_tries (ConnectionAttempts), read_timeout (OriginReadTimeout) and upstream_keep_alive (OriginKeepaliveTimeout)",
    longest_line: u32::MAX,
    restarts_clock: true,
    adds: "HTTP/1.1\nHost: {to}\n*\nUser-Agent: Amazon CloudFront\nX-Amz-Cf-Id: {id}\nVia + 1.1 edge.cloudfront.net (CloudFront)\nX-Forwarded-For + {from}",
    headers: &[("X-Cache", "Error from cloudfront")],
    rows: &ROWS,
    rules: &rules(&ROWS),
    log,
};

/// Three attempts of 10 s to connect, 30 s for an answer and between packets, connections kept for 5 s (AWS, Values
/// that you specify when you create or update a distribution, Origin settings:
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-web-values-specify.html>).
fn defaults(bare: EffectiveSettings) -> EffectiveSettings {
    let answer = SimDuration::from_secs(30);
    EffectiveSettings {
        connect_timeout: SimDuration::from_secs(10),
        read_timeout: answer,
        body_timeout: answer,
        next_upstream: vec![NextUpstream::Timeout],
        next_upstream_tries: 3,
        retry: RetryRule { again: Again::Same, ..bare.retry },
        upstream_keep_alive: UpstreamKeepAlive::On(KeepAlive {
            idle: SimDuration::from_secs(5),
            ..KeepAlive::default()
        }),
        ..bare
    }
}

/// Some fields of the standard log (AWS, Configuring and using standard logs): date, time, bytes, method, stem,
/// status, result type, seconds.
fn log(told: &Told<'_>) -> String {
    let when = iso(told.epoch, told.at);
    let (date, time) = when.split_once('T').unwrap_or((&when, ""));
    let result = match told.status {
        Some(status) if status < 400 => "Miss",
        _ => "Error",
    };
    let time = time.get(..8).unwrap_or(time);
    format!(
        "{date}\t{time}\t{}\t{}\t{}\t{}\t{result}\t{:.3}",
        told.bytes,
        told.method,
        told.path,
        told.status_or("000"),
        told.took.as_secs_f64(),
    )
}
