//! Envoy's settings: defaults, what there is, and how it is written.

use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::{
    Again, Algorithm, Balance, GatewaySettings, InitialHealth, KeepAlive, LimitRule, Limits, NextUpstream,
    PassiveHealth, ProbeRule, Retry, RetryRule, RetryWait, UpstreamKeepAlive,
};
use crate::sim::time::SimDuration;

/// Defaults from the API reference of Envoy v3: `Cluster`, `RouteAction`, `HttpConnectionManager`.
pub(super) fn effective(settings: &GatewaySettings) -> EffectiveSettings {
    // An hour without a stream, `idle_timeout` of `HttpProtocolOptions`; no limit of streams on a connection.
    let keep_alive = KeepAlive { idle: SimDuration::from_secs(3_600), most: 100_000, requests: u32::MAX };
    let five_minutes = SimDuration::from_secs(300);
    let millis = SimDuration::from_millis;
    let bare = EffectiveSettings::bare();
    let mut s = EffectiveSettings {
        connect_timeout: SimDuration::from_secs(5),
        send_timeout: five_minutes,
        read_timeout: five_minutes,
        request_timeout: SimDuration::from_secs(15),
        // `num_retries` is 1 as soon as there is a `retry_policy`.
        next_upstream_tries: if settings.next_upstream.is_some() { 2 } else { 1 },
        header_limit: 60 * 1_024,
        keep_alive,
        upstream_keep_alive: UpstreamKeepAlive::On(keep_alive),
        balance: Balance::RoundRobin,
        panic_threshold: 0.5,
        // A host is asked once before it counts as well; one wrong status is enough to take it out.
        health_check: ProbeRule {
            initial: InitialHealth::Unhealthy,
            status_is_final: true,
            ..bare.health_check
        },
        retry: RetryRule {
            again: Again::Any,
            wait: RetryWait::FullJitter { base: millis(25), cap: millis(250) },
            concurrent: 3,
            per_try_timeout: SimDuration::ZERO,
        },
        limits: LimitRule { all_upstreams: 1_024, queue: 1_024, ..bare.limits },
        ..bare
    }
    .configured(settings);
    // `stream_idle_timeout` looks at the whole stream.
    s.body_timeout = s.read_timeout;
    s
}

pub(super) fn supports(setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
    const HEALTH: &str = "it has passive_health with outlier, and health_check";
    const PLACES: &str = "its circuit breakers limit all_upstreams (max_requests, max_connections) and queue (max_pending_requests)";
    let fits = |good: bool, instead| if good { Ok(()) } else { Err(instead) };
    let limits = |l: &Limits| {
        l.upstream_requests.is_none()
            && l.queue_timeout.is_none()
            && l.client_requests.is_none()
            && l.total_requests.is_none()
    };
    let retry = |r: &Retry| {
        matches!(r.again, None | Some(Again::Any))
            && matches!(r.wait, None | Some(RetryWait::FullJitter { .. }))
    };
    match setting {
        Setting::NextUpstream => fits(
            s.next_upstream.iter().flatten().all(|c| {
                matches!(c, NextUpstream::Error | NextUpstream::Http5xx) || NextUpstream::is_status(*c)
            }),
            "its retry_on has error (connect-failure, reset), http5xx and single statuses; it repeats every method alike",
        ),
        Setting::Balance => fits(
            !matches!(
                s.balance,
                Some(Balance::SmoothRoundRobin | Balance::FirstAvailable | Balance::LeastRequests)
            ),
            "it has round_robin, least_of_two (LEAST_REQUEST) and random",
        ),
        Setting::PassiveHealth => fits(
            matches!(s.passive_health, None | Some(PassiveHealth::Off | PassiveHealth::Outlier(_))),
            HEALTH,
        ),
        Setting::MaxFails | Setting::FailTimeout => Err(HEALTH),
        Setting::NextUpstreamTimeout => Err("request_timeout holds for all tries together"),
        Setting::Retry => fits(
            s.retry.as_ref().is_none_or(retry),
            "it tries whichever host the balance gives (again any), after a wait of full_jitter",
        ),
        Setting::Limits => fits(s.limits.as_ref().is_none_or(limits), PLACES),
        Setting::RateLimit => fits(
            !matches!(&s.rate_limit, Some(r) if r.algorithm == Some(Algorithm::LeakyBucket)),
            "it has a token_bucket (local_ratelimit)",
        ),
        Setting::Breaker => {
            Err("what it calls circuit breakers are limits; it ejects hosts by passive_health")
        }
        Setting::Cache => Err("its cache filter is a work in progress; nothing is stored"),
        Setting::BodyTimeout => Err("read_timeout (stream_idle_timeout) holds in the body too"),
        Setting::ResponseBuffering => Err("its buffer filter gathers requests, not answers"),
        _ => Ok(()),
    }
}

pub(super) fn directive(setting: Setting) -> &'static str {
    match setting {
        Setting::ConnectTimeout => "connect_timeout",
        Setting::SendTimeout | Setting::ReadTimeout | Setting::BodyTimeout => "stream_idle_timeout",
        Setting::RequestTimeout | Setting::NextUpstreamTimeout => "timeout",
        Setting::NextUpstream => "retry_on",
        Setting::NextUpstreamTries => "num_retries",
        Setting::HeaderLimit => "max_response_headers_kb",
        Setting::Maintenance => "direct_response",
        Setting::KeepAlive | Setting::UpstreamKeepAlive => "idle_timeout",
        Setting::Balance => "lb_policy",
        Setting::Upstreams => "lb_endpoints",
        Setting::PassiveHealth | Setting::MaxFails | Setting::FailTimeout => "outlier_detection",
        Setting::HealthCheck => "health_checks",
        Setting::PanicThreshold => "healthy_panic_threshold",
        Setting::Retry => "retry_policy",
        Setting::Limits => "circuit_breakers",
        Setting::RateLimit => "local_ratelimit",
        Setting::BodyLimit => "max_request_bytes",
        // Not to be configured; see `supports`.
        Setting::Breaker | Setting::Cache | Setting::ResponseBuffering => setting.field(),
    }
}

pub(super) fn value(setting: Setting, s: &EffectiveSettings) -> String {
    match setting {
        Setting::NextUpstream if s.next_upstream.is_empty() => "off".to_owned(),
        Setting::NextUpstream => retry_on(&s.next_upstream).join(","),
        Setting::NextUpstreamTries => s.next_upstream_tries.saturating_sub(1).to_string(),
        Setting::HeaderLimit => (s.header_limit / 1_024).to_string(),
        Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
            UpstreamKeepAlive::Off => "off".to_owned(),
            UpstreamKeepAlive::On(KeepAlive { idle, .. }) => idle.to_string(),
        },
        Setting::Balance => match s.balance {
            Balance::LeastOfTwo => "LEAST_REQUEST",
            Balance::Random => "RANDOM",
            _ => "ROUND_ROBIN",
        }
        .to_owned(),
        Setting::PassiveHealth => match &s.passive_health {
            PassiveHealth::Outlier(o) => format!("consecutive_5xx {}", o.consecutive_5xx),
            _ => "off".to_owned(),
        },
        Setting::PanicThreshold => format!("{} %", s.panic_threshold * 100.0),
        Setting::Retry => format!("max_retries {}", s.retry.concurrent),
        Setting::Limits => {
            format!("max_requests {}, max_pending_requests {}", s.limits.all_upstreams, s.limits.queue)
        }
        other => other.written(s),
    }
}

/// The conditions as `retry_on` writes them; single statuses stand in `retriable_status_codes`.
fn retry_on(conditions: &[NextUpstream]) -> Vec<&'static str> {
    let mut written: Vec<&str> = Vec::new();
    for condition in conditions {
        match condition {
            NextUpstream::Http5xx => written.push("5xx"),
            NextUpstream::Error => written.extend(["connect-failure", "reset"]),
            _ => written.push("retriable-status-codes"),
        }
    }
    written.dedup();
    written
}

#[cfg(test)]
mod tests {
    use crate::sim::scenario::Scenario;

    #[test]
    fn what_it_lacks_is_refused_with_what_it_has_instead() {
        for (settings, instead) in [
            (r#"{"max_fails": 1}"#, "passive_health with outlier"),
            (r#"{"next_upstream_timeout": "1s"}"#, "request_timeout"),
            (r#"{"next_upstream": ["non_idempotent"]}"#, "repeats every method"),
            (r#"{"limits": {"client_requests": 2}}"#, "max_pending_requests"),
            (r#"{"cache": {"ttl": "1s"}}"#, "nothing is stored"),
        ] {
            let json = format!(r#"{{"gateways": [{{"dialect": "envoy", "settings": {settings}}}]}}"#);
            let refusal = Scenario::from_json(&json).expect_err(settings).to_string();
            assert!(refusal.contains(instead), "{settings}: {refusal}");
        }
        let good = r#"{"gateways": [{"dialect": "envoy", "settings": {"request_timeout": "2s",
            "next_upstream": ["http5xx", "error"], "next_upstream_tries": 3, "retry": {"per_try_timeout": "500ms"},
            "passive_health": {"outlier": {}}, "limits": {"all_upstreams": 2, "queue": 0}}}]}"#;
        Scenario::from_json(good).expect("all of that is Envoy's");
    }
}
