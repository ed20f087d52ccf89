//! The recorded configurations of Envoy 1.40.0.

use crate::sim::scenario::{GatewaySettings, Maintenance, NextUpstream, RetryAfter};
use crate::sim::time::SimDuration;

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
        "retry" | "retry-pool2" | "retry-pool2-alldown" => GatewaySettings {
            next_upstream: Some(vec![NextUpstream::Http5xx, NextUpstream::Error]),
            next_upstream_tries: Some(3),
            ..tuned
        },
        "maintenance" => GatewaySettings {
            maintenance: Some(Maintenance::On { retry_after: RetryAfter::Seconds(120) }),
            ..tuned
        },
        _ => return None,
    })
}
