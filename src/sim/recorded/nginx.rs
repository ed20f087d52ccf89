//! The recorded configurations of nginx 1.22.1.

use super::tuned;
use crate::sim::scenario::{
    GatewaySettings, KeepAlive, Maintenance, NextUpstream, RetryAfter, UpstreamKeepAlive,
};

/// What a profile configures; none where it is not built.
pub(super) fn settings(profile: &str) -> Option<GatewaySettings> {
    let tuned = tuned();
    Some(match profile {
        "defaults" => GatewaySettings::default(),
        "tuned" | "pool2" | "pool2-alldown" => tuned,
        "keepalive" => GatewaySettings {
            upstream_keep_alive: Some(UpstreamKeepAlive::On(KeepAlive { most: 16, ..KeepAlive::default() })),
            ..tuned
        },
        "retry-pool2" | "retry-pool2-alldown" => GatewaySettings {
            next_upstream: Some(vec![
                NextUpstream::Error,
                NextUpstream::Timeout,
                NextUpstream::Http502,
                NextUpstream::Http503,
                NextUpstream::NonIdempotent,
            ]),
            ..tuned
        },
        "maintenance" => GatewaySettings {
            maintenance: Some(Maintenance::On { retry_after: RetryAfter::Seconds(120) }),
            ..tuned
        },
        _ => return None,
    })
}
