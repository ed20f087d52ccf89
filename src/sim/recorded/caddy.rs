//! The recorded configurations of Caddy 2.11.7.

use serde_json::Value;

use super::{NotBuilt, tuned};
use crate::sim::scenario::{
    Balance, FailureWindow, GatewaySettings, HealthCheck, Limits, Maintenance, PassiveHealth, Retry,
    RetryAfter, RetryWait,
};
use crate::sim::time::SimDuration;

/// What a profile configures; none where it is not built.
pub(super) fn settings(profile: &str) -> Option<GatewaySettings> {
    let tuned = tuned();
    Some(match profile {
        "defaults" => GatewaySettings::default(),
        "tuned" | "pool2" | "pool2-alldown" => tuned,
        // `lb_try_duration 2s`.
        "retry" | "retry-pool2" | "retry-pool2-alldown" => {
            GatewaySettings { next_upstream_timeout: Some(SimDuration::from_secs(2)), ..tuned }
        }
        // `fail_duration 10s`.
        "passive" | "passive-pool2" | "passive-pool2-alldown" => {
            let window =
                FailureWindow { fail_duration: SimDuration::from_secs(10), ..FailureWindow::default() };
            GatewaySettings { passive_health: Some(PassiveHealth::Window(window)), ..tuned }
        }
        "maintenance" => GatewaySettings {
            maintenance: Some(Maintenance::On { retry_after: RetryAfter::Seconds(120) }),
            ..tuned
        },
        _ => return None,
    })
}

/// What a sequence configures beside the time-outs: lines of a `reverse_proxy` block.
pub(super) fn special(_: &str, special: &Value) -> Result<GatewaySettings, NotBuilt> {
    let mut settings = GatewaySettings::default();
    let mut window = FailureWindow::default();
    for (key, value) in special.as_object().into_iter().flatten() {
        match key.as_str() {
            "n_origins" => {}
            "rp" => {
                let lines = match value {
                    Value::Array(lines) => lines.as_slice(),
                    one => std::slice::from_ref(one),
                };
                for line in lines.iter().filter_map(Value::as_str) {
                    subdirective(line, &mut settings, &mut window)?;
                }
            }
            other => return Err(missing(other)),
        }
    }
    Ok(settings)
}

fn missing(what: &str) -> NotBuilt {
    NotBuilt(format!("caddy {what}"))
}

fn subdirective(
    line: &str,
    settings: &mut GatewaySettings,
    window: &mut FailureWindow,
) -> Result<(), NotBuilt> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    let arguments: Vec<&str> = words.collect();
    let one = arguments.first().copied().unwrap_or_default();
    let time = || one.parse::<SimDuration>().map_err(|_| missing(line));
    let number = || one.parse::<u32>().map_err(|_| missing(line));
    let mut passive = false;
    match name {
        "lb_policy" => {
            settings.balance = Some(match arguments.as_slice() {
                ["random"] => Balance::Random,
                ["random_choose", "2"] | ["random_choose"] => Balance::LeastOfTwo,
                ["least_conn"] => Balance::LeastRequests,
                ["round_robin"] => Balance::RoundRobin,
                ["first"] => Balance::FirstAvailable,
                _ => return Err(missing(line)),
            });
        }
        "lb_retries" => settings.next_upstream_tries = Some(number()?.saturating_add(1)),
        "lb_try_duration" => settings.next_upstream_timeout = Some(time()?),
        "lb_try_interval" => {
            settings.retry = Some(Retry { wait: Some(RetryWait::Fixed(time()?)), ..Retry::default() });
        }
        "fail_duration" => {
            window.fail_duration = time()?;
            passive = true;
        }
        "max_fails" => window.max_fails = number()?,
        "unhealthy_status" => {
            window.statuses = arguments.iter().try_fold(Vec::new(), |mut all, word| {
                all.extend(statuses(word).ok_or_else(|| missing(line))?);
                Ok(all)
            })?;
        }
        "unhealthy_latency" => window.latency = time()?,
        "unhealthy_request_count" => {
            settings.limits = Some(Limits { upstream_requests: Some(number()?), ..Limits::default() });
        }
        "health_uri" => probe(settings).path = Some(one.to_owned()),
        "health_interval" => probe(settings).interval = Some(time()?),
        "health_timeout" => probe(settings).timeout = Some(time()?),
        "health_passes" => probe(settings).rise = Some(number()?),
        "health_fails" => probe(settings).fall = Some(number()?),
        _ => return Err(missing(line)),
    }
    // Without `fail_duration` nothing is counted; what stands beside it may come before or after.
    if passive || settings.passive_health.is_some() {
        settings.passive_health = Some(PassiveHealth::Window(window.clone()));
    }
    Ok(())
}

fn probe(settings: &mut GatewaySettings) -> &mut HealthCheck {
    settings.health_check.get_or_insert_default()
}

/// `503`, or `5xx` for all that begin so.
fn statuses(word: &str) -> Option<Vec<u16>> {
    match word.strip_suffix("xx") {
        Some(class) => {
            let class = class.parse::<u16>().ok().filter(|c| (1..=9).contains(c))?;
            Some((class * 100..class * 100 + 100).collect())
        }
        None => Some(vec![word.parse().ok()?]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_block_become_settings_in_whatever_order() {
        let lines =
            serde_json::json!({"rp": ["max_fails 3", "fail_duration 4s", "unhealthy_status 5xx 429"]});
        let read = special("x", &lines).expect("known lines").passive_health;
        let window = match read {
            Some(PassiveHealth::Window(window)) => window,
            other => unreachable!("fail_duration switches passive health on: {other:?}"),
        };
        assert_eq!((window.max_fails, window.fail_duration), (3, SimDuration::from_secs(4)));
        assert_eq!((window.statuses.len(), window.statuses.last()), (101, Some(&429)));
        let unknown = serde_json::json!({"rp": ["lb_policy ip_hash"]});
        assert_eq!(special("x", &unknown), Err(NotBuilt("caddy lb_policy ip_hash".to_owned())));
        let nothing = special("x", &serde_json::json!({"rp": ["max_fails 3"]})).expect("known");
        assert_eq!(nothing.passive_health, None);
    }
}
