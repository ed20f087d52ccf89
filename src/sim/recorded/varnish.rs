//! The recorded configurations of Varnish 7.1.1.

use serde_json::Value;

use super::{NotBuilt, tuned};
use crate::sim::scenario::{
    Balance, Cache, GatewaySettings, InitialHealth, Limits, Maintenance, NextUpstream, RetryAfter,
};
use crate::sim::time::SimDuration;

/// `return (retry)` on errors and on a status from 500 on, while `bereq.retries < 2`.
fn retry(settings: GatewaySettings) -> GatewaySettings {
    GatewaySettings {
        next_upstream: Some(vec![NextUpstream::Error, NextUpstream::Http5xx]),
        next_upstream_tries: Some(3),
        ..settings
    }
}

/// What a profile configures; none where it is not built.
pub(super) fn settings(profile: &str) -> Option<GatewaySettings> {
    let tuned = GatewaySettings { body_timeout: Some(SimDuration::from_secs(2)), ..tuned() };
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

/// What a sequence configures beside the time-outs: attributes of the backends, the director, the times of the store.
pub(super) fn special(sequence: &str, special: &Value) -> Result<GatewaySettings, NotBuilt> {
    let mut settings = GatewaySettings::default();
    if sequence.starts_with("retry_") {
        settings = retry(settings);
    }
    for (key, value) in special.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("n_origins", _) => {}
            ("be", Value::String(attributes)) => backend(attributes, &mut settings)?,
            ("director", Value::String(name)) => {
                settings.balance = Some(match name.as_str() {
                    "fallback" => Balance::FirstAvailable,
                    "random" => Balance::Random,
                    "round_robin" => Balance::RoundRobin,
                    other => return Err(missing(other)),
                });
            }
            ("grace", Value::Array(times)) => {
                // The VCL gives every answer these times, so that errors are stored too; but one that comes while a
                // stale answer is given out may be abandoned.
                let abandons = special.get("abandon").is_some();
                let errors: &[u16] = if abandons { &[] } else { &[500, 502, 503, 504] };
                settings.cache = Some(Cache {
                    ttl: times.first().and_then(Value::as_str).and_then(seconds),
                    stale_while_revalidate: times.get(1).and_then(Value::as_str).and_then(seconds),
                    statuses: Some([&[200], errors].concat()),
                    ..Cache::default()
                });
            }
            ("abandon", _) => {}
            (other, _) => return Err(missing(other)),
        }
    }
    Ok(settings)
}

fn missing(what: &str) -> NotBuilt {
    NotBuilt(format!("varnish {what}"))
}

/// Attributes of a backend as VCL writes them: `.max_connections = 2; .probe = { .interval = 1s; }`.
fn backend(attributes: &str, settings: &mut GatewaySettings) -> Result<(), NotBuilt> {
    let flat = attributes.replace(['{', '}'], ";");
    for attribute in flat.split(';').map(str::trim).filter(|a| !a.is_empty()) {
        let (name, value) = attribute.split_once('=').ok_or_else(|| missing(attribute))?;
        let (name, value) = (name.trim(), value.trim());
        if name == ".max_connections" {
            let upstream_requests = value.parse().ok();
            settings.limits = Some(Limits { upstream_requests, ..Limits::default() });
            continue;
        }
        let probe = settings.health_check.get_or_insert_default();
        match name {
            ".probe" => {}
            ".url" => probe.path = Some(value.trim_matches('"').to_owned()),
            ".interval" => probe.interval = seconds(value),
            ".timeout" => probe.timeout = seconds(value),
            ".window" => probe.window = value.parse().ok(),
            ".threshold" => probe.rise = value.parse().ok(),
            // As many good ones as the threshold asks for make it well from the start.
            ".initial" => {
                let well = value.parse().ok() >= probe.rise;
                probe.initial = Some(if well { InitialHealth::Healthy } else { InitialHealth::Unhealthy });
            }
            other => return Err(missing(other)),
        }
    }
    Ok(())
}

/// A duration as VCL writes it: `1s`, `0.25s`.
fn seconds(text: &str) -> Option<SimDuration> {
    let seconds = text.strip_suffix('s')?.parse::<f64>().ok()?;
    (0.0..=86_400.0).contains(&seconds).then(|| SimDuration::from_secs_f64(seconds))
}
