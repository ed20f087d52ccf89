//! Caddy's settings: defaults, what there is, and how it is written.

use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::{
    Again, Balance, FailureWindow, GatewaySettings, HealthCheck, KeepAlive, Limits, NextUpstream,
    PassiveHealth, ProbeRule, Retry, RetryRule, RetryWait, Upstream, UpstreamKeepAlive,
};
use crate::sim::time::SimDuration;

/// A time-out that is not set never runs out; this stands for it.
const NEVER: SimDuration = SimDuration::from_secs(24 * 3_600);
/// `lb_try_interval`, where there is `lb_try_duration`.
const TRY_INTERVAL: SimDuration = SimDuration::from_millis(250);

/// Defaults from the documentation of `reverse_proxy`, and `Provision` of `httptransport.go` and `reverseproxy.go`, 2.11.
pub(super) fn effective(settings: &GatewaySettings) -> EffectiveSettings {
    let second = SimDuration::from_secs(1);
    let bare = EffectiveSettings::bare();
    let mut s = EffectiveSettings {
        connect_timeout: second.times(3),
        send_timeout: NEVER,
        read_timeout: NEVER,
        next_upstream: vec![NextUpstream::ConnectFailure, NextUpstream::Error],
        next_upstream_tries: 0,
        header_limit: 10 << 20,
        // `idle_timeout` of the server, app.go 2.11.
        keep_alive: KeepAlive { idle: second.times(300), requests: u32::MAX, ..KeepAlive::default() },
        // `keepalive 2m`, `keepalive_idle_conns_per_host 32`.
        upstream_keep_alive: UpstreamKeepAlive::On(KeepAlive {
            idle: second.times(120),
            most: 32,
            requests: u32::MAX,
        }),
        balance: Balance::Random,
        retry: RetryRule { again: Again::Any, ..bare.retry },
        health_check: ProbeRule {
            interval: second.times(30),
            timeout: second.times(5),
            rise: 1,
            fall: 1,
            ..bare.health_check
        },
        ..bare
    }
    .configured(settings);
    if !s.next_upstream_timeout.is_zero() && is_none(s.retry.wait) {
        s.retry.wait = RetryWait::Fixed(TRY_INTERVAL);
    }
    s
}

/// True if there is no pause between two tries.
pub(super) fn is_none(wait: RetryWait) -> bool {
    matches!(wait, RetryWait::None | RetryWait::Fixed(SimDuration::ZERO))
}

pub(super) fn supports(setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
    const HEALTH: &str = "it has passive_health with window (fail_duration, max_fails), and health_check";
    let fits = |good: bool, instead| if good { Ok(()) } else { Err(instead) };
    let retry = |r: &Retry| {
        matches!(r.again, None | Some(Again::Any))
            && matches!(r.wait, None | Some(RetryWait::None | RetryWait::Fixed(_)))
            && r.concurrent.is_none()
            && r.per_try_timeout.is_none()
    };
    let limits = |l: &Limits| {
        l.all_upstreams.is_none()
            && l.queue.is_none()
            && l.queue_timeout.is_none()
            && l.client_requests.is_none()
            && l.total_requests.is_none()
            && l.client_status.is_none()
    };
    let plain = |u: &Upstream| !u.backup && (u.weight == 1 || s.balance == Some(Balance::RoundRobin));
    let in_a_row = |h: &HealthCheck| {
        matches!(h.window, None | Some(0)) && h.initial.is_none() && h.status_is_final.is_none()
    };
    match setting {
        Setting::NextUpstream => fits(
            !s.next_upstream
                .iter()
                .flatten()
                .any(|c| matches!(c, NextUpstream::Timeout | NextUpstream::InvalidHeader)),
            "lb_retry_match has error for whatever fails after connecting, http5xx, single statuses and non_idempotent; connect_failure always holds",
        ),
        Setting::Balance => fits(
            s.balance != Some(Balance::SmoothRoundRobin),
            "it has random, least_of_two (random_choose 2), least_requests (least_conn), round_robin and first_available (first)",
        ),
        Setting::Upstreams => fits(
            s.upstreams.iter().flatten().all(plain),
            "only round_robin (weighted_round_robin) knows weights, and the policy first_available (first) stands for backups",
        ),
        Setting::PassiveHealth => fits(
            matches!(
                s.passive_health,
                None | Some(
                    PassiveHealth::Off | PassiveHealth::Window(FailureWindow { consecutive: false, .. })
                )
            ),
            HEALTH,
        ),
        Setting::HealthCheck => fits(
            s.health_check.as_ref().is_none_or(in_a_row),
            "it counts health_passes and health_fails (rise, fall), and trusts an upstream before the first probe",
        ),
        Setting::MaxFails | Setting::FailTimeout | Setting::PanicThreshold => Err(HEALTH),
        Setting::Retry => fits(
            s.retry.as_ref().is_none_or(retry),
            "it tries whichever upstream the balance gives (again any), after a wait that is always the same (fixed, lb_try_interval)",
        ),
        Setting::Limits => fits(
            s.limits.as_ref().is_none_or(limits),
            "it limits upstream_requests (unhealthy_request_count), and has no line for them",
        ),
        Setting::RateLimit => Err("a rate limit is in no standard module"),
        Setting::Breaker => Err("a circuit breaker is in no standard module; it has passive_health"),
        Setting::Cache => Err("a cache is in no standard module"),
        Setting::RequestTimeout => Err(
            "it has time-outs for single steps, and next_upstream_timeout (lb_try_duration) for trying again",
        ),
        Setting::ResponseBuffering => {
            Err("its response_buffers read ahead, but do not replace an answer that breaks off")
        }
        _ => Ok(()),
    }
}

pub(super) fn directive(setting: Setting) -> &'static str {
    match setting {
        Setting::ConnectTimeout => "dial_timeout",
        Setting::SendTimeout => "write_timeout",
        Setting::ReadTimeout => "response_header_timeout",
        Setting::BodyTimeout => "read_timeout",
        Setting::NextUpstream => "lb_retry_match",
        Setting::NextUpstreamTries => "lb_retries",
        Setting::NextUpstreamTimeout => "lb_try_duration",
        Setting::Retry => "lb_try_interval",
        Setting::HeaderLimit => "max_response_header",
        Setting::Maintenance => "respond 503",
        Setting::KeepAlive => "timeouts idle",
        Setting::UpstreamKeepAlive => "keepalive",
        Setting::Balance => "lb_policy",
        Setting::Upstreams => "to",
        Setting::PassiveHealth | Setting::FailTimeout => "fail_duration",
        Setting::MaxFails => "max_fails",
        Setting::HealthCheck => "health_uri",
        Setting::Limits => "unhealthy_request_count",
        Setting::BodyLimit => "request_body max_size",
        // Not to be configured; see `supports`.
        Setting::PanicThreshold
        | Setting::RateLimit
        | Setting::Breaker
        | Setting::Cache
        | Setting::RequestTimeout
        | Setting::ResponseBuffering => setting.field(),
    }
}

pub(super) fn value(setting: Setting, s: &EffectiveSettings) -> String {
    let time = |time: SimDuration| if time == NEVER { "none".to_owned() } else { time.to_string() };
    match setting {
        Setting::SendTimeout => time(s.send_timeout),
        Setting::ReadTimeout => time(s.read_timeout),
        Setting::BodyTimeout if s.body_timeout.is_zero() => "none".to_owned(),
        Setting::NextUpstream => matchers(&s.next_upstream).join("; "),
        Setting::HeaderLimit if s.header_limit.is_multiple_of(1 << 20) => {
            format!("{}MiB", s.header_limit >> 20)
        }
        Setting::HeaderLimit if s.header_limit.is_multiple_of(1 << 10) => {
            format!("{}KiB", s.header_limit >> 10)
        }
        // 0 for both: as often as there is time for.
        Setting::NextUpstreamTries => s.next_upstream_tries.saturating_sub(1).to_string(),
        Setting::NextUpstreamTimeout if s.next_upstream_timeout.is_zero() => "0".to_owned(),
        Setting::Retry => match s.retry.wait {
            RetryWait::Fixed(wait) => wait.to_string(),
            _ => "0".to_owned(),
        },
        Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
            UpstreamKeepAlive::Off => "off".to_owned(),
            UpstreamKeepAlive::On(KeepAlive { idle, .. }) => idle.to_string(),
        },
        Setting::Balance => match s.balance {
            Balance::RoundRobin | Balance::SmoothRoundRobin => "round_robin",
            Balance::LeastRequests => "least_conn",
            Balance::LeastOfTwo => "random_choose 2",
            Balance::Random => "random",
            Balance::FirstAvailable => "first",
        }
        .to_owned(),
        Setting::PassiveHealth => match &s.passive_health {
            PassiveHealth::Window(w) => window(w),
            _ => "off".to_owned(),
        },
        Setting::HealthCheck if s.health_check.enabled => {
            let h = &s.health_check;
            format!(
                "{}, health_interval {}, health_timeout {}, health_passes {}, health_fails {}",
                h.path, h.interval, h.timeout, h.rise, h.fall
            )
        }
        Setting::Limits => s.limits.upstream_requests.to_string(),
        other => other.written(s),
    }
}

fn window(w: &FailureWindow) -> String {
    let mut text = format!("{}, max_fails {}", w.fail_duration, w.max_fails);
    if !w.statuses.is_empty() {
        let statuses: Vec<_> = w.statuses.iter().map(u16::to_string).collect();
        let all = (500..600).all(|status| w.statuses.contains(&status));
        let statuses = if all { "5xx".to_owned() } else { statuses.join(" ") };
        text.push_str(&format!(", unhealthy_status {statuses}"));
    }
    if !w.latency.is_zero() {
        text.push_str(&format!(", unhealthy_latency {}", w.latency));
    }
    text
}

/// The conditions as blocks of `lb_retry_match` write them; a failed dial is always tried again.
fn matchers(conditions: &[NextUpstream]) -> Vec<String> {
    let mut written = Vec::new();
    let any_method = conditions.contains(&NextUpstream::NonIdempotent);
    for condition in conditions {
        let status = |status: &str| format!("expression `{{rp.status_code}} {status}`");
        written.push(match condition {
            NextUpstream::Error if any_method => "expression `{rp.is_transport_error}`".to_owned(),
            NextUpstream::Error => "method GET".to_owned(),
            NextUpstream::Http500 => status("== 500"),
            NextUpstream::Http502 => status("== 502"),
            NextUpstream::Http503 => status("== 503"),
            NextUpstream::Http504 => status("== 504"),
            NextUpstream::Http403 => status("== 403"),
            NextUpstream::Http404 => status("== 404"),
            NextUpstream::Http429 => status("== 429"),
            NextUpstream::Http5xx => status(">= 500"),
            // Not to be configured, or not a matcher.
            NextUpstream::Timeout
            | NextUpstream::InvalidHeader
            | NextUpstream::NonIdempotent
            | NextUpstream::ConnectFailure => continue,
        });
    }
    if written.is_empty() {
        written.push("none".to_owned());
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::scenario::Scenario;

    #[test]
    fn what_it_lacks_is_refused_with_what_it_has_instead() {
        for (settings, instead) in [
            (r#"{"max_fails": 1}"#, "fail_duration"),
            (r#"{"rate_limit": {"requests": 2}}"#, "no standard module"),
            (r#"{"cache": {"ttl": "1s"}}"#, "no standard module"),
            (r#"{"next_upstream": ["timeout"]}"#, "whatever fails after connecting"),
            (r#"{"limits": {"queue": 2}}"#, "unhealthy_request_count"),
            (r#"{"health_check": {"window": 8}}"#, "health_passes"),
            (r#"{"upstreams": [{"origin": "orders", "weight": 2}]}"#, "weighted_round_robin"),
            (r#"{"request_timeout": "2s"}"#, "lb_try_duration"),
        ] {
            let json = format!(r#"{{"gateways": [{{"dialect": "caddy", "settings": {settings}}}]}}"#);
            let refusal = Scenario::from_json(&json).expect_err(settings).to_string();
            assert!(refusal.contains(instead), "{settings}: {refusal}");
        }
        let good = r#"{"gateways": [{"dialect": "caddy", "settings": {"next_upstream_timeout": "2s",
            "next_upstream": ["error", "http503"], "retry": {"wait": {"fixed": "100ms"}}, "balance": "random",
            "passive_health": {"window": {"fail_duration": "4s"}}, "limits": {"upstream_requests": 2}}}]}"#;
        Scenario::from_json(good).expect("all of that is Caddy's");
    }

    #[test]
    fn there_is_a_pause_between_tries_as_soon_as_they_have_a_time() {
        let mut settings = GatewaySettings { next_upstream_tries: Some(3), ..GatewaySettings::default() };
        assert_eq!(effective(&settings).retry.wait, RetryWait::None);
        settings.next_upstream_timeout = Some(SimDuration::from_secs(2));
        let s = effective(&settings);
        assert_eq!(s.retry.wait, RetryWait::Fixed(TRY_INTERVAL));
        assert_eq!(
            (value(Setting::Retry, &s), value(Setting::NextUpstreamTries, &s)),
            ("250ms".into(), "2".into())
        );
    }

    #[test]
    fn settings_are_written_in_its_own_words() {
        let w = FailureWindow { statuses: (500..600).collect(), ..FailureWindow::default() };
        assert_eq!(window(&w), "10s, max_fails 1, unhealthy_status 5xx");
        assert_eq!(
            matchers(&[NextUpstream::ConnectFailure, NextUpstream::Error, NextUpstream::Http503]),
            ["method GET", "expression `{rp.status_code} == 503`"]
        );
    }
}
