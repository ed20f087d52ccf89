//! The recorded configurations of Traefik 3.7.15.

use serde_json::Value;

use super::NotBuilt;
use crate::sim::scenario::{
    Balance, Breaker, FailureWindow, GatewaySettings, HealthCheck, Limits, Maintenance, NextUpstream,
    PassiveHealth, RateLimit, Recovery, Retry, RetryAfter, RetryWait, Trip,
};
use crate::sim::time::SimDuration;

/// `retry` with `attempts: 3`.
fn retry(settings: GatewaySettings) -> GatewaySettings {
    GatewaySettings { next_upstream_tries: Some(3), ..settings }
}

/// What a profile configures; none where it is not built.
pub(super) fn settings(profile: &str) -> Option<GatewaySettings> {
    // `dialTimeout` and `responseHeaderTimeout`; Traefik has no time-out for a body.
    let tuned = GatewaySettings {
        connect_timeout: Some(SimDuration::from_secs(1)),
        read_timeout: Some(SimDuration::from_secs(2)),
        ..GatewaySettings::default()
    };
    Some(match profile {
        "defaults" => GatewaySettings::default(),
        "tuned" | "pool2" | "pool2-alldown" => tuned,
        "retry" | "retry-pool2" | "retry-pool2-alldown" => retry(tuned),
        // `servers: []`.
        "maintenance" => GatewaySettings {
            maintenance: Some(Maintenance::On { retry_after: RetryAfter::Absent }),
            ..tuned
        },
        _ => return None,
    })
}

/// What a sequence configures beside the time-outs: middlewares (`mw`) and parts of the `loadBalancer` (`lb`).
pub(super) fn special(sequence: &str, special: &Value) -> Result<GatewaySettings, NotBuilt> {
    let mut settings = GatewaySettings::default();
    if sequence.starts_with("retry_") {
        settings = retry(settings);
    }
    let parts = |value: &Value| value.as_object().cloned().unwrap_or_default();
    for (key, value) in parts(special) {
        match key.as_str() {
            "n_origins" => {}
            "mw" => {
                for (name, middleware) in parts(&value) {
                    apply(&name, &middleware, &mut settings)?;
                }
            }
            "lb" => {
                for (name, part) in parts(&value) {
                    load_balancer(&name, &part, &mut settings)?;
                }
            }
            other => return Err(missing(other)),
        }
    }
    Ok(settings)
}

fn missing(what: &str) -> NotBuilt {
    NotBuilt(format!("traefik {what}"))
}

fn apply(name: &str, m: &Value, settings: &mut GatewaySettings) -> Result<(), NotBuilt> {
    match name {
        "circuitBreaker" => {
            settings.breaker = Some(Breaker {
                trip: Some(trip(m["expression"].as_str().unwrap_or_default())?),
                check_period: time(&m["checkPeriod"]),
                open_for: time(&m["fallbackDuration"]),
                recovery: time(&m["recoveryDuration"]).map(Recovery::Gradual),
                status: m["responseCode"].as_u64().and_then(|code| u16::try_from(code).ok()),
                ..Breaker::default()
            });
        }
        "rateLimit" => {
            settings.rate_limit = Some(RateLimit {
                requests: number(&m["average"]),
                period: time(&m["period"]),
                burst: number(&m["burst"]),
                ..RateLimit::default()
            });
        }
        "inFlightReq" => {
            let amount = number(&m["amount"]);
            // Without `sourceCriterion`, requests to a host count together.
            settings.limits = Some(if m["sourceCriterion"]["ipStrategy"].is_object() {
                Limits { client_requests: amount, ..Limits::default() }
            } else {
                Limits { total_requests: amount, ..Limits::default() }
            });
        }
        "retry" => {
            let attempts = number(&m["attempts"]).ok_or_else(|| missing("retry"))?;
            settings.next_upstream_tries = Some(attempts);
            settings.next_upstream_timeout = time(&m["timeout"]);
            settings.next_upstream = m["status"].as_array().map(|list| conditions(list, m)).transpose()?;
            settings.retry = time(&m["initialInterval"]).map(|initial| {
                // `newBackOff` of `retry.go`: the last wait is twice the first; limits are those of cenkalti/backoff v4.
                let factor = libm::pow(2.0, 1.0 / f64::from(attempts.max(2) - 1));
                let cap = SimDuration::from_secs(60);
                let wait = RetryWait::Exponential { initial, factor, cap, jitter: 0.5 };
                Retry { wait: Some(wait), ..Retry::default() }
            });
        }
        other => return Err(missing(other)),
    }
    Ok(())
}

fn load_balancer(name: &str, part: &Value, settings: &mut GatewaySettings) -> Result<(), NotBuilt> {
    match (name, part.as_str()) {
        ("healthCheck", _) => {
            settings.health_check = Some(HealthCheck {
                path: part["path"].as_str().map(str::to_owned),
                interval: time(&part["interval"]),
                timeout: time(&part["timeout"]),
                ..HealthCheck::default()
            });
        }
        ("passiveHealthCheck", _) => {
            let usual = FailureWindow::default();
            settings.passive_health = Some(PassiveHealth::Window(FailureWindow {
                fail_duration: time(&part["failureWindow"]).unwrap_or(usual.fail_duration),
                max_fails: number(&part["maxFailedAttempts"]).unwrap_or(usual.max_fails),
                ..usual
            }));
        }
        ("strategy", Some("wrr")) => settings.balance = Some(Balance::RoundRobin),
        ("strategy", Some("p2c")) => settings.balance = Some(Balance::LeastOfTwo),
        _ => return Err(missing(name)),
    }
    Ok(())
}

/// `retry.status` with the switches beside it.
fn conditions(statuses: &[Value], m: &Value) -> Result<Vec<NextUpstream>, NotBuilt> {
    let named = statuses.iter().map(|status| match status.as_str() {
        Some("500-599") => Ok(NextUpstream::Http5xx),
        other => (other.and_then(|text| text.parse().ok()).and_then(NextUpstream::of_status))
            .ok_or_else(|| missing(&format!("retry.status {status}"))),
    });
    let mut conditions = named.collect::<Result<Vec<_>, _>>()?;
    if m["disableRetryOnNetworkError"] != true {
        conditions.push(NextUpstream::ConnectFailure);
    }
    if m["retryNonIdempotentMethod"] == true {
        conditions.push(NextUpstream::NonIdempotent);
    }
    Ok(conditions)
}

/// An expression of one condition: `ResponseCodeRatio(500, 600, 0, 600) > 0.25`.
fn trip(expression: &str) -> Result<Trip, NotBuilt> {
    let unknown = || missing(expression);
    let (function, bound) = expression.split_once(" > ").ok_or_else(unknown)?;
    let above = bound.trim().parse::<f64>().map_err(|_| unknown())?;
    let (name, arguments) = function.trim_end_matches(')').split_once('(').ok_or_else(unknown)?;
    let arguments: Vec<f64> = arguments.split(',').filter_map(|a| a.trim().parse().ok()).collect();
    Ok(match (name, arguments.as_slice()) {
        ("NetworkErrorRatio", []) => Trip::NetworkErrorRatio { above },
        ("LatencyAtQuantileMS", [quantile]) => {
            let above = SimDuration::from_secs_f64(above / 1e3);
            Trip::Latency { quantile: quantile / 100.0, above }
        }
        ("ResponseCodeRatio", [from, to, 0.0, 600.0]) => {
            Trip::StatusRatio { from: *from as u16, to: *to as u16, above }
        }
        _ => return Err(unknown()),
    })
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|n| u32::try_from(n).ok())
}

fn time(value: &Value) -> Option<SimDuration> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn expressions_of_one_condition_are_read_and_others_refused() {
        let ratio = Trip::StatusRatio { from: 500, to: 600, above: 0.25 };
        assert_eq!(trip("ResponseCodeRatio(500, 600, 0, 600) > 0.25"), Ok(ratio));
        let latency = Trip::Latency { quantile: 0.5, above: SimDuration::from_millis(300) };
        assert_eq!(trip("LatencyAtQuantileMS(50.0) > 300"), Ok(latency));
        assert!(trip("NetworkErrorRatio() > 0.3 && LatencyAtQuantileMS(50.0) > 300").is_err());
        assert!(trip("NetworkErrorRatio() < 0.3").is_err());
    }

    #[test]
    fn middlewares_become_settings() {
        let mw = json!({"mw": {"retry": {"attempts": 4, "initialInterval": "200ms", "status": ["503"]},
            "inFlightReq": {"amount": 2, "sourceCriterion": {"requestHost": true}}}});
        let read = special("x", &mw).expect("all of that is built");
        assert_eq!(read.next_upstream_tries, Some(4));
        assert_eq!(read.next_upstream, Some(vec![NextUpstream::Http503, NextUpstream::ConnectFailure]));
        assert_eq!(read.limits.and_then(|l| l.total_requests), Some(2));
        assert_eq!(special("x", &json!({"mw": {"plugin": {}}})), Err(NotBuilt("traefik plugin".to_owned())));
    }
}
