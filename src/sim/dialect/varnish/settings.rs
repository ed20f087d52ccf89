//! Varnish's settings: defaults, what there is, and how it is written.

use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::{
    Again, Balance, CacheRule, GatewaySettings, InitialHealth, KeepAlive, Limits, NextUpstream, ProbeRule,
    Retry, RetryRule, RetryWait, UpstreamKeepAlive,
};
use crate::sim::time::SimDuration;

/// Defaults from the parameters in varnishd(1), 7.1.
pub(super) fn effective(settings: &GatewaySettings) -> EffectiveSettings {
    let minute = SimDuration::from_secs(60);
    let bare = EffectiveSettings::bare();
    EffectiveSettings {
        connect_timeout: SimDuration::from_millis(3_500),
        send_timeout: minute,
        // `first_byte_timeout` and `between_bytes_timeout`.
        read_timeout: minute,
        body_timeout: minute,
        header_limit: 32 * 1_024,
        // `timeout_idle`.
        keep_alive: KeepAlive { idle: SimDuration::from_secs(5), requests: u32::MAX, ..KeepAlive::default() },
        // `backend_idle_timeout`; as many as there are.
        upstream_keep_alive: UpstreamKeepAlive::On(KeepAlive {
            idle: minute,
            most: 100_000,
            requests: u32::MAX,
        }),
        balance: Balance::RoundRobin,
        retry: RetryRule { again: Again::Any, ..bare.retry },
        // VCL's reference of probes: `.interval` 5 s, `.timeout` 2 s, 3 of the last 8 must be good.
        health_check: ProbeRule {
            interval: SimDuration::from_secs(5),
            timeout: SimDuration::from_secs(2),
            rise: 3,
            window: 8,
            initial: InitialHealth::Unhealthy,
            ..bare.health_check
        },
        // `default_ttl`, `default_grace`, and the statuses that builtin.vcl lets be stored.
        cache: CacheRule {
            ttl: SimDuration::from_secs(120),
            stale_while_revalidate: SimDuration::from_secs(10),
            error_statuses: false,
            statuses: vec![200, 203, 204, 300, 301, 304, 404, 410, 414],
            ..bare.cache
        },
        ..bare
    }
    .configured(settings)
}

pub(super) fn supports(setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
    const HEALTH: &str = "only probes take a backend out: health_check";
    let fits = |good: bool, instead| if good { Ok(()) } else { Err(instead) };
    let limits = |l: &Limits| {
        l.all_upstreams.is_none()
            && l.queue.is_none()
            && l.queue_timeout.is_none()
            && l.client_requests.is_none()
            && l.total_requests.is_none()
    };
    let retry = |r: &Retry| {
        matches!(r.again, None | Some(Again::Any))
            && matches!(r.wait, None | Some(RetryWait::None))
            && r.concurrent.is_none()
            && r.per_try_timeout.is_none()
    };
    match setting {
        Setting::NextUpstream => fits(
            s.next_upstream.iter().flatten().all(|c| {
                matches!(c, NextUpstream::Error | NextUpstream::Http5xx) || NextUpstream::is_status(*c)
            }),
            "VCL can return retry after error, http5xx and single statuses",
        ),
        Setting::Balance => fits(
            matches!(s.balance, None | Some(Balance::RoundRobin | Balance::Random | Balance::FirstAvailable)),
            "its directors are round_robin, random and first_available (fallback)",
        ),
        Setting::MaxFails | Setting::FailTimeout | Setting::PassiveHealth => Err(HEALTH),
        Setting::PanicThreshold => Err("a director without a healthy backend answers 503"),
        Setting::NextUpstreamTimeout | Setting::RequestTimeout => {
            Err("it has time-outs for single steps: connect_timeout, read_timeout, body_timeout")
        }
        Setting::Retry => {
            fits(s.retry.as_ref().is_none_or(retry), "return (retry) asks the director again, at once")
        }
        Setting::Limits => fits(
            s.limits.as_ref().is_none_or(limits),
            "it limits upstream_requests (.max_connections), without a line for them",
        ),
        Setting::RateLimit => Err("limits of rates are a module of their own (vsthrottle)"),
        Setting::Breaker => Err("it takes single backends out, by health_check"),
        Setting::BodyLimit => Err(
            "VCL can return (synth(413)) by std.integer(req.http.content-length, 0); no parameter of 7.1 does",
        ),
        _ => Ok(()),
    }
}

pub(super) fn directive(setting: Setting) -> &'static str {
    match setting {
        Setting::ConnectTimeout => "connect_timeout",
        Setting::SendTimeout => "idle_send_timeout",
        Setting::ReadTimeout => "first_byte_timeout",
        Setting::BodyTimeout => "between_bytes_timeout",
        Setting::NextUpstream => "return (retry)",
        Setting::NextUpstreamTries => "bereq.retries",
        Setting::HeaderLimit => "http_resp_size",
        Setting::Maintenance => "return (synth(503))",
        Setting::KeepAlive => "timeout_idle",
        Setting::UpstreamKeepAlive => "backend_idle_timeout",
        Setting::Balance => "director",
        Setting::Upstreams => "add_backend",
        Setting::HealthCheck => ".probe",
        Setting::Limits => ".max_connections",
        Setting::Cache => "default_ttl",
        Setting::ResponseBuffering => "beresp.do_stream",
        // Not to be configured; see `supports`.
        Setting::NextUpstreamTimeout
        | Setting::MaxFails
        | Setting::FailTimeout
        | Setting::PassiveHealth
        | Setting::PanicThreshold
        | Setting::Retry
        | Setting::RateLimit
        | Setting::Breaker
        | Setting::RequestTimeout
        | Setting::BodyLimit => setting.field(),
    }
}

pub(super) fn value(setting: Setting, s: &EffectiveSettings) -> String {
    match setting {
        Setting::NextUpstream if s.next_upstream.is_empty() => "off".to_owned(),
        Setting::NextUpstream => "on".to_owned(),
        Setting::NextUpstreamTries => s.next_upstream_tries.saturating_sub(1).to_string(),
        Setting::HeaderLimit => format!("{}k", s.header_limit / 1_024),
        Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
            UpstreamKeepAlive::Off => "off".to_owned(),
            UpstreamKeepAlive::On(KeepAlive { idle, .. }) => idle.to_string(),
        },
        Setting::Balance => match s.balance {
            Balance::Random => "random",
            Balance::FirstAvailable => "fallback",
            _ => "round_robin",
        }
        .to_owned(),
        Setting::Limits => s.limits.upstream_requests.to_string(),
        Setting::ResponseBuffering => if s.response_buffering { "false" } else { "true" }.to_owned(),
        other => other.written(s),
    }
}

#[cfg(test)]
mod tests {
    use crate::sim::scenario::Scenario;

    #[test]
    fn what_it_lacks_is_refused_with_what_it_has_instead() {
        for (settings, instead) in [
            (r#"{"request_timeout": "1s"}"#, "body_timeout"),
            (r#"{"passive_health": {"outlier": {}}}"#, "health_check"),
            (r#"{"balance": "least_requests"}"#, "fallback"),
            (r#"{"limits": {"queue": 2}}"#, ".max_connections"),
            (r#"{"rate_limit": {"requests": 2}}"#, "vsthrottle"),
        ] {
            let json = format!(r#"{{"gateways": [{{"dialect": "varnish", "settings": {settings}}}]}}"#);
            let refusal = Scenario::from_json(&json).expect_err(settings).to_string();
            assert!(refusal.contains(instead), "{settings}: {refusal}");
        }
        let good = r#"{"gateways": [{"dialect": "varnish", "settings": {"read_timeout": "2s", "body_timeout": "2s",
            "balance": "first_available", "limits": {"upstream_requests": 2},
            "health_check": {"interval": "1s", "window": 4, "rise": 2}, "cache": {"stale_while_revalidate": "1h"}}}]}"#;
        Scenario::from_json(good).expect("all of that is Varnish's");
    }
}
