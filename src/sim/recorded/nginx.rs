//! The recorded configurations of nginx 1.22.1.

use serde_json::Value;

use super::{NotBuilt, tuned, words};
use crate::sim::scenario::{
    GatewaySettings, KeepAlive, Limits, Maintenance, NextUpstream, RetryAfter, UpstreamKeepAlive,
};
use crate::sim::time::SimDuration;

/// `keepalive 16`.
fn kept() -> UpstreamKeepAlive {
    UpstreamKeepAlive::On(KeepAlive { most: 16, ..KeepAlive::default() })
}

/// `proxy_next_upstream error timeout http_502 http_503 non_idempotent`.
const RETRY: [NextUpstream; 5] = [
    NextUpstream::Error,
    NextUpstream::Timeout,
    NextUpstream::Http502,
    NextUpstream::Http503,
    NextUpstream::NonIdempotent,
];

/// What a profile configures; none where it is not built.
pub(super) fn settings(profile: &str) -> Option<GatewaySettings> {
    let tuned = tuned();
    Some(match profile {
        "defaults" => GatewaySettings::default(),
        "tuned" | "pool2" | "pool2-alldown" => tuned,
        "keepalive" => GatewaySettings { upstream_keep_alive: Some(kept()), ..tuned },
        "retry-pool2" | "retry-pool2-alldown" => {
            GatewaySettings { next_upstream: Some(RETRY.to_vec()), ..tuned }
        }
        "maintenance" => GatewaySettings {
            maintenance: Some(Maintenance::On { retry_after: RetryAfter::Seconds(120) }),
            ..tuned
        },
        _ => return None,
    })
}

/// What a sequence configures beside the time-outs.
pub(super) fn special(sequence: &str, special: &Value) -> Result<GatewaySettings, NotBuilt> {
    let mut settings = GatewaySettings::default();
    if sequence.starts_with("retry_non_idempotent") {
        settings.next_upstream = Some(RETRY.to_vec());
    }
    for (key, value) in special.as_object().into_iter().flatten() {
        match key.as_str() {
            "n_origins" | "upstream" => {}
            "limit_conn" => {
                let most = value.as_u64().map(|most| most as u32);
                settings.limits = Some(Limits { client_requests: most, ..Limits::default() });
            }
            "limit_req" => {
                let words = words(value);
                let rate =
                    words.first().and_then(|(rate, _)| rate.strip_suffix("r/s")).and_then(|r| r.parse().ok());
                let nodelay = words.iter().any(|(word, _)| word == "nodelay");
                let limit = settings.rate_limit.get_or_insert_default();
                limit.requests = rate;
                limit.period = Some(SimDuration::from_secs(1));
                limit.burst =
                    words.iter().find(|(word, _)| word == "burst").and_then(|(_, n)| n.parse().ok());
                limit.delay = nodelay.then_some(SimDuration::ZERO);
            }
            "loc" => match value.as_str().and_then(|line| line.strip_prefix("limit_req_status ")) {
                Some(status) => {
                    let status = status.trim_end_matches(';').parse().ok();
                    settings.rate_limit.get_or_insert_default().status = status;
                }
                None => return Err(NotBuilt(format!("nginx {value}"))),
            },
            "keepalive" => settings.upstream_keep_alive = Some(kept()),
            "server_opts" => {
                for (name, value) in words(value) {
                    match name.as_str() {
                        "max_fails" => settings.max_fails = value.parse().ok(),
                        "fail_timeout" => settings.fail_timeout = value.parse().ok(),
                        _ => return Err(NotBuilt(format!("nginx {name}"))),
                    }
                }
            }
            _ => return Err(NotBuilt(format!("nginx {key}"))),
        }
    }
    Ok(settings)
}
