//! The recorded configurations of Apache httpd 2.4.71.

use serde_json::Value;

use super::{NotBuilt, tuned, words};
use crate::sim::scenario::{
    ErrorState, GatewaySettings, HealthCheck, Limits, Maintenance, PassiveHealth, RetryAfter,
};
use crate::sim::time::SimDuration;

/// What a profile configures; none where it is not built.
pub(super) fn settings(profile: &str) -> Option<GatewaySettings> {
    let state = |state| Some(PassiveHealth::ErrorState(state));
    Some(match profile {
        "defaults" => GatewaySettings::default(),
        "tuned" | "pool2" | "pool2-alldown" => tuned(),
        "retry0" | "retry0-pool2" | "retry0-pool2-alldown" => {
            let retry = ErrorState { retry: SimDuration::ZERO, ..ErrorState::default() };
            GatewaySettings { passive_health: state(retry), ..tuned() }
        }
        "failonstatus-pool2" | "failonstatus-pool2-alldown" => {
            let fail = ErrorState { statuses: vec![503], ..ErrorState::default() };
            GatewaySettings { passive_health: state(fail), ..tuned() }
        }
        "maintenance" => GatewaySettings {
            maintenance: Some(Maintenance::On { retry_after: RetryAfter::Seconds(120) }),
            ..tuned()
        },
        _ => return None,
    })
}

/// What a sequence configures beside the time-outs.
pub(super) fn special(_: &str, special: &Value) -> Result<GatewaySettings, NotBuilt> {
    let mut settings = GatewaySettings::default();
    let mut state = ErrorState::default();
    for value in special.as_object().into_iter().flatten().map(|(_, value)| value) {
        for (name, value) in words(value) {
            let seconds = || format!("{value}s").parse::<SimDuration>().ok();
            match name.as_str() {
                "ProxySet" => {}
                "retry" => state.retry = seconds().unwrap_or_default(),
                "forcerecovery" => state.force_recovery = value != "Off",
                "failonstatus" => state.statuses = value.split(',').filter_map(|s| s.parse().ok()).collect(),
                "failontimeout" => state.on_timeout = value == "On",
                "hcmethod" if value == "TCP" => _ = check(&mut settings),
                "hcinterval" => check(&mut settings).interval = seconds(),
                "hcfails" => check(&mut settings).fall = value.parse().ok(),
                "hcpasses" => check(&mut settings).rise = value.parse().ok(),
                "max" => limits(&mut settings).upstream_requests = value.parse().ok(),
                "acquire" => {
                    limits(&mut settings).queue_timeout = value.parse().ok().map(SimDuration::from_millis);
                }
                other => return Err(NotBuilt(format!("apache {other}"))),
            }
        }
    }
    settings.passive_health = Some(PassiveHealth::ErrorState(state));
    Ok(settings)
}

fn check(settings: &mut GatewaySettings) -> &mut HealthCheck {
    settings.health_check.get_or_insert_default()
}

fn limits(settings: &mut GatewaySettings) -> &mut Limits {
    settings.limits.get_or_insert_default()
}
