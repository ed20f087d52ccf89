//! The recorded configurations of HAProxy 2.6.12.

use serde_json::Value;

use super::{NotBuilt, tuned, words};
use crate::sim::scenario::{
    Again, GatewaySettings, HealthCheck, KeepAlive, Layer, Limits, Maintenance, NextUpstream, Observe,
    OnError, PassiveHealth, Retry, RetryAfter,
};
use crate::sim::time::SimDuration;

/// `retry-on all-retryable-errors`.
const ALL_RETRYABLE: [NextUpstream; 8] = [
    NextUpstream::ConnectFailure,
    NextUpstream::Error,
    NextUpstream::InvalidHeader,
    NextUpstream::Timeout,
    NextUpstream::Http500,
    NextUpstream::Http502,
    NextUpstream::Http503,
    NextUpstream::Http504,
];

/// What a profile configures; none where it is not built.
pub(super) fn settings(profile: &str) -> Option<GatewaySettings> {
    let maintenance = |retry_after| Some(Maintenance::On { retry_after });
    Some(match profile {
        "defaults" => GatewaySettings::default(),
        "tuned" | "pool2" | "pool2-alldown" => timeouts(),
        "redispatch-pool2" => redispatch(timeouts()),
        "retry" | "retry-pool2" | "retry-pool2-alldown" => retry(),
        "maintenance" => GatewaySettings { maintenance: maintenance(RetryAfter::Seconds(120)), ..timeouts() },
        "maintenance_disabled" => {
            GatewaySettings { maintenance: maintenance(RetryAfter::Absent), ..timeouts() }
        }
        _ => return None,
    })
}

/// The time-outs, `timeout client 10s` among them.
fn timeouts() -> GatewaySettings {
    let keep_alive = KeepAlive { idle: SimDuration::from_secs(10), ..KeepAlive::default() };
    GatewaySettings { keep_alive: Some(keep_alive), ..tuned() }
}

/// `retry-on all-retryable-errors`, `retries 3`, `option redispatch`.
fn retry() -> GatewaySettings {
    redispatch(GatewaySettings { next_upstream: Some(ALL_RETRYABLE.to_vec()), ..timeouts() })
}

/// `option redispatch`, with `balance roundrobin`.
fn redispatch(settings: GatewaySettings) -> GatewaySettings {
    GatewaySettings { retry: Some(Retry { again: Some(Again::Other), ..Retry::default() }), ..settings }
}

/// What a sequence configures beside the time-outs.
pub(super) fn special(sequence: &str, special: &Value) -> Result<GatewaySettings, NotBuilt> {
    let mut settings = if sequence.starts_with("retry_") { retry() } else { timeouts() };
    let mut observe = Observe::default();
    for value in special.as_object().into_iter().flatten().map(|(_, value)| value) {
        let words = words(value);
        let mut words = words.iter().map(|(word, _)| word.as_str());
        while let Some(word) = words.next() {
            let mut argument = || words.next().unwrap_or_default();
            match word {
                "check" => _ = check(&mut settings),
                "inter" => check(&mut settings).interval = argument().parse().ok(),
                "observe" => observe.layer = layer(argument())?,
                "error-limit" => observe.error_limit = argument().parse().unwrap_or_default(),
                "on-error" => observe.on_error = on_error(argument())?,
                "maxconn" => limits(&mut settings).upstream_requests = argument().parse().ok(),
                "timeout" if argument() == "queue" => {
                    limits(&mut settings).queue_timeout = argument().parse().ok();
                }
                "option" => match argument() {
                    "redispatch" => settings = redispatch(settings),
                    // The method is always GET here.
                    "httpchk" if argument() == "GET" => {
                        check(&mut settings).path = Some(argument().to_owned());
                    }
                    other => return Err(NotBuilt(format!("haproxy option {other}"))),
                },
                other => return Err(NotBuilt(format!("haproxy {other}"))),
            }
        }
        if value.as_str().is_some_and(|line| line.contains("observe")) {
            settings.passive_health = Some(PassiveHealth::Observe(observe.clone()));
        }
    }
    Ok(settings)
}

fn check(settings: &mut GatewaySettings) -> &mut HealthCheck {
    settings.health_check.get_or_insert_default()
}

fn limits(settings: &mut GatewaySettings) -> &mut Limits {
    settings.limits.get_or_insert_default()
}

fn layer(word: &str) -> Result<Layer, NotBuilt> {
    match word {
        "layer4" => Ok(Layer::Connections),
        "layer7" => Ok(Layer::Answers),
        other => Err(NotBuilt(format!("haproxy observe {other}"))),
    }
}

fn on_error(word: &str) -> Result<OnError, NotBuilt> {
    match word {
        "fail-check" => Ok(OnError::FailCheck),
        "sudden-death" => Ok(OnError::SuddenDeath),
        "mark-down" => Ok(OnError::MarkDown),
        other => Err(NotBuilt(format!("haproxy on-error {other}"))),
    }
}
