//! The recorded configurations of Varnish 7.1.1.

use super::tuned;
use crate::sim::scenario::{GatewaySettings, Maintenance, NextUpstream, RetryAfter};
use crate::sim::time::SimDuration;

/// What a profile configures; none where it is not built.
pub(super) fn settings(profile: &str) -> Option<GatewaySettings> {
    let tuned = GatewaySettings { body_timeout: Some(SimDuration::from_secs(2)), ..tuned() };
    Some(match profile {
        "defaults" => GatewaySettings::default(),
        "tuned" | "pool2" | "pool2-alldown" => tuned,
        "retry" | "retry-pool2" | "retry-pool2-alldown" => GatewaySettings {
            next_upstream: Some(vec![NextUpstream::Error, NextUpstream::Http5xx]),
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
