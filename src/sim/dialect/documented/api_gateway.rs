//! Amazon API Gateway, a REST API with an HTTP integration.
//!
//! Statuses of its gateway responses stand for classes of failures: `INTEGRATION_FAILURE` and `INTEGRATION_TIMEOUT`
//! are what the documents give for any integration that fails or is late. Not expressed: authorizers (500), quotas of
//! usage plans, Lambda integrations, the HTTP API with its 30 s.

use super::{Documented, Row, Told, row, rules};
use super::{Then::*, When::*};
use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::{Algorithm, Balance, Per, RateRule};
use crate::sim::time::SimDuration;

const TYPES: &str = "AWS, Gateway response types for API Gateway, April 2023: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html; a general class";
const QUOTAS: &str = "AWS, Quotas for API Gateway, April 2023: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html";

const ROWS: [Row; 7] = [
    row(
        Refused,
        Answer(504),
        "INTEGRATION_FAILURE",
        None,
        "API Gateway answers 504, INTEGRATION_FAILURE, when the integration fails",
        TYPES,
    ),
    row(
        ConnectTimeout,
        Answer(504),
        "INTEGRATION_TIMEOUT",
        Some(Setting::RequestTimeout),
        "API Gateway answers 504, INTEGRATION_TIMEOUT, when the integration is not done in that time",
        TYPES,
    ),
    row(
        Closed,
        Answer(504),
        "INTEGRATION_FAILURE",
        None,
        "API Gateway answers 504, INTEGRATION_FAILURE, when the integration fails",
        TYPES,
    ),
    row(
        BadHead,
        Answer(502),
        "",
        None,
        "API Gateway answers 502 when what the integration gives has the wrong form, as is documented of Lambda's",
        QUOTAS,
    ),
    row(
        NoAnswer,
        Answer(504),
        "INTEGRATION_TIMEOUT",
        Some(Setting::RequestTimeout),
        "API Gateway answers 504, INTEGRATION_TIMEOUT, when the integration is not done in that time",
        QUOTAS,
    ),
    row(
        Rate,
        Configured,
        "THROTTLED",
        Some(Setting::RateLimit),
        "API Gateway answers 429, THROTTLED, above the rate of the account, stage or method",
        TYPES,
    ),
    Row::not_documented(
        "the documents of API Gateway that were read do not say what it does here: not documented",
    ),
];

/// The product.
pub(in crate::sim::dialect) static API_GATEWAY: Documented = Documented {
    title: "Amazon API Gateway",
    version: "documents of April 2023",
    provenance: "documented, not recorded: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html",
    defaults,
    has: &[(Setting::RequestTimeout, "timeoutInMillis"), (Setting::RateLimit, "throttling")],
    limits: &[],
    balances: &[Balance::RoundRobin],
    instead: "API Gateway has request_timeout (timeoutInMillis, the integration's) and rate_limit (throttling)",
    longest_line: u32::MAX,
    restarts_clock: false,
    adds: "HTTP/1.1\nHost: {to}\n*\nX-Forwarded-For + {from}\nX-Forwarded-Proto: https\nX-Forwarded-Port: 443\nX-Amzn-Trace-Id ? Root={id}\nx-amzn-apigateway-api-id: api",
    headers: &[],
    rows: &ROWS,
    rules: &rules(&ROWS),
    log,
};

/// 29 s for an integration; 10,000 requests a second with a burst of 5,000 for an account in a region.
fn defaults(bare: EffectiveSettings) -> EffectiveSettings {
    EffectiveSettings {
        request_timeout: SimDuration::from_secs(29),
        rate_limit: RateRule {
            requests: 10_000,
            burst: 5_000,
            period: SimDuration::from_secs(1),
            algorithm: Algorithm::TokenBucket,
            per: Per::Gateway,
            ..bare.rate_limit
        },
        ..bare
    }
}

/// An access log in the JSON that the documents propose (AWS, Setting up CloudWatch API logging), with the variable
/// `$context.error.responseType` beside.
fn log(told: &Told<'_>) -> String {
    format!(
        r#"{{"httpMethod":"{}","resourcePath":"{}","status":"{}","responseLength":"{}","responseType":"{}","responseLatency":"{}"}}"#,
        told.method,
        told.path,
        told.status_or("-"),
        told.bytes,
        if told.code.is_empty() { "-" } else { told.code },
        told.took.as_millis(),
    )
}
