//! The recorded configurations of Envoy 1.40.0.

use serde_json::Value;

use super::NotBuilt;
use crate::sim::scenario::{
    GatewaySettings, HealthCheck, Limits, Maintenance, NextUpstream, Outlier, PassiveHealth, RateLimit,
    RetryAfter,
};
use crate::sim::time::SimDuration;

/// `retry_on: 5xx,connect-failure,reset` with `num_retries: 2`.
fn retry(settings: GatewaySettings) -> GatewaySettings {
    GatewaySettings {
        next_upstream: Some(vec![NextUpstream::Http5xx, NextUpstream::Error]),
        next_upstream_tries: Some(3),
        ..settings
    }
}

/// What a profile configures; none where it is not built.
pub(super) fn settings(profile: &str) -> Option<GatewaySettings> {
    // Envoy has no time-out for a read; the one of two seconds is the route's.
    let tuned = GatewaySettings {
        connect_timeout: Some(SimDuration::from_secs(1)),
        request_timeout: Some(SimDuration::from_secs(2)),
        ..GatewaySettings::default()
    };
    Some(match profile {
        "defaults" => GatewaySettings::default(),
        "tuned" | "pool2" | "pool2-alldown" => tuned,
        "retry" | "retry-pool2" | "retry-pool2-alldown" => retry(tuned),
        "maintenance" => GatewaySettings {
            maintenance: Some(Maintenance::On { retry_after: RetryAfter::Seconds(120) }),
            ..tuned
        },
        _ => return None,
    })
}

/// What a sequence configures beside the time-outs: parts of the cluster and of the route, as JSON.
pub(super) fn special(sequence: &str, special: &Value) -> Result<GatewaySettings, NotBuilt> {
    let mut settings = GatewaySettings::default();
    if sequence.starts_with("retry_") {
        settings = retry(settings);
    }
    for (key, value) in special.as_object().into_iter().flatten() {
        match key.as_str() {
            "n_origins" => {}
            "cluster" => cluster(value, &mut settings)?,
            "per_filter" => settings.rate_limit = Some(token_bucket(value)?),
            other => return Err(missing(other)),
        }
    }
    Ok(settings)
}

fn missing(what: &str) -> NotBuilt {
    NotBuilt(format!("envoy {what}"))
}

fn cluster(cluster: &Value, settings: &mut GatewaySettings) -> Result<(), NotBuilt> {
    for (key, value) in cluster.as_object().into_iter().flatten() {
        match key.as_str() {
            "circuit_breakers" => settings.limits = Some(limits(&value["thresholds"][0])),
            "outlier_detection" => settings.passive_health = Some(PassiveHealth::Outlier(outlier(value)?)),
            "health_checks" => {
                let check = &value[0];
                settings.health_check = Some(HealthCheck {
                    path: check["http_health_check"]["path"].as_str().map(str::to_owned),
                    interval: seconds(&check["interval"]),
                    timeout: seconds(&check["timeout"]),
                    rise: number(&check["healthy_threshold"]),
                    fall: number(&check["unhealthy_threshold"]),
                    ..HealthCheck::default()
                });
            }
            "common_lb_config" => {
                let percent = value["healthy_panic_threshold"]["value"].as_f64();
                settings.panic_threshold = percent.map(|percent| percent / 100.0);
            }
            other => return Err(missing(other)),
        }
    }
    Ok(())
}

/// A request takes a place of `max_requests` at once; beyond `max_connections` it waits for a connection.
fn limits(thresholds: &Value) -> Limits {
    let most = |name: &str| number(&thresholds[name]);
    let (requests, connections) =
        (most("max_requests").unwrap_or(1_024), most("max_connections").unwrap_or(1_024));
    let pending = most("max_pending_requests").unwrap_or(1_024);
    Limits {
        all_upstreams: Some(requests.min(connections)),
        queue: Some(pending.min(requests.saturating_sub(connections))),
        ..Limits::default()
    }
}

fn outlier(value: &Value) -> Result<Outlier, NotBuilt> {
    let mut outlier = Outlier::default();
    for (key, value) in value.as_object().into_iter().flatten() {
        let number = || number(value).ok_or_else(|| missing(key));
        let share = || value.as_f64().map(|percent| percent / 100.0).ok_or_else(|| missing(key));
        let time = || seconds(value).ok_or_else(|| missing(key));
        match key.as_str() {
            "consecutive_5xx" => outlier.consecutive_5xx = number()?,
            "consecutive_gateway_failure" => outlier.consecutive_gateway_failure = number()?,
            "enforcing_consecutive_5xx" => outlier.enforcing_consecutive_5xx = share()?,
            "enforcing_consecutive_gateway_failure" => {
                outlier.enforcing_consecutive_gateway_failure = share()?;
            }
            "interval" => outlier.interval = time()?,
            "base_ejection_time" => outlier.base_ejection_time = time()?,
            "max_ejection_time" => outlier.max_ejection_time = time()?,
            "max_ejection_percent" => outlier.max_ejected = share()?,
            other => return Err(missing(other)),
        }
    }
    Ok(outlier)
}

fn token_bucket(filters: &Value) -> Result<RateLimit, NotBuilt> {
    let bucket = &filters["envoy.filters.http.local_ratelimit"]["token_bucket"];
    if !bucket.is_object() {
        return Err(missing("per_filter"));
    }
    Ok(RateLimit {
        requests: number(&bucket["tokens_per_fill"]),
        period: seconds(&bucket["fill_interval"]),
        burst: number(&bucket["max_tokens"]),
        ..RateLimit::default()
    })
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|n| u32::try_from(n).ok())
}

/// A duration as protobuf writes it in JSON: `1s`, `0.25s`.
fn seconds(value: &Value) -> Option<SimDuration> {
    let seconds = value.as_str()?.strip_suffix('s')?.parse::<f64>().ok()?;
    (0.0..=86_400.0).contains(&seconds).then(|| SimDuration::from_secs_f64(seconds))
}
