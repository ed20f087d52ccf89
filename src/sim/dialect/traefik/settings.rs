//! Traefik's settings: defaults, what there is, and how it is written.

use crate::sim::dialect::{EffectiveSettings, Setting};
use crate::sim::scenario::{
    Again, Algorithm, Balance, Breaker, BreakerRule, GatewaySettings, HealthCheck, InitialHealth, KeepAlive,
    LimitRule, Limits, Maintenance, NextUpstream, PassiveHealth, Per, ProbeRule, RateLimit, RateRule,
    Recovery, Retry, RetryAfter, RetryRule, RetryWait, Trip, UpstreamKeepAlive, Window,
};
use crate::sim::time::SimDuration;

/// By how much a wait of `retry.initialInterval` may differ: `DefaultRandomizationFactor` of cenkalti/backoff v4.
const JITTER: f64 = 0.5;
/// The longest such wait: `DefaultMaxInterval`.
const LONGEST_WAIT: SimDuration = SimDuration::from_secs(60);

/// By how much each wait grows: so that the last is no more than twice the first (`newBackOff` of `retry.go`, 3.7).
fn growth(attempts: u32) -> f64 {
    libm::pow(2.0, 1.0 / f64::from(attempts.max(2) - 1))
}

/// Defaults from the reference of Traefik 3.7: `serversTransport`, `entryPoints`, `loadBalancer` and the middlewares.
pub(super) fn effective(settings: &GatewaySettings) -> EffectiveSettings {
    const SECOND: SimDuration = SimDuration::from_secs(1);
    const NEVER: SimDuration = SimDuration::ZERO;
    let bare = EffectiveSettings::bare();
    let mut s = EffectiveSettings {
        connect_timeout: SECOND.times(30),
        read_timeout: NEVER,
        // Errors of the network are repeated as soon as there is a `retry` with `attempts`.
        next_upstream: settings
            .next_upstream_tries
            .map(|_| NextUpstream::ConnectFailure)
            .into_iter()
            .collect(),
        header_limit: 10 << 20,
        // `respondingTimeouts.idleTimeout` 180 s, `keepAliveMaxRequests` 0.
        keep_alive: KeepAlive { idle: SECOND.times(180), requests: u32::MAX, ..KeepAlive::default() },
        // `idleConnTimeout` 90 s, `maxIdleConnsPerHost` 200.
        upstream_keep_alive: UpstreamKeepAlive::On(KeepAlive {
            idle: SECOND.times(90),
            most: 200,
            requests: u32::MAX,
        }),
        balance: Balance::RoundRobin,
        // Servers are up until a check fails, and a single check decides (pkg/healthcheck/healthcheck.go, 3.7).
        health_check: ProbeRule {
            interval: SECOND.times(30),
            timeout: SECOND.times(5),
            rise: 1,
            fall: 1,
            initial: InitialHealth::Healthy,
            ..bare.health_check
        },
        retry: RetryRule { again: Again::Any, wait: RetryWait::None, ..bare.retry },
        limits: LimitRule { client_status: 429, ..bare.limits },
        rate_limit: RateRule { burst: 1, per: Per::Client, ..bare.rate_limit },
        breaker: BreakerRule { recovery: Recovery::Gradual(SECOND.times(10)), ..bare.breaker },
        ..bare
    }
    .configured(settings);
    if matches!(s.breaker.trip, Trip::Latency { .. }) {
        // Latencies lie in six histograms of 10 s each (memmetrics/roundtrip.go of vulcand/oxy v2).
        s.breaker.window = Window::Time(SECOND.times(60));
    }
    // One middleware, which gathers answers as well.
    s.response_buffering |= s.body_limit > 0;
    s.rate_limit.delay = longest_delay(&s.rate_limit);
    if let PassiveHealth::Window(w) = &mut s.passive_health {
        // Every answer from 500 on is a failed attempt (`PassiveServiceHealthChecker.WrapHandler`, 3.7).
        (w.statuses, w.consecutive) = ((500..600).collect(), true);
    }
    s
}

/// For how long a request waits for its token at most: half the time between two (`New` of `rate_limiter.go`, 3.7).
fn longest_delay(r: &RateRule) -> SimDuration {
    let per_second = u64::from(r.requests) * 1_000_000_000 / r.period.as_nanos().max(1);
    match per_second {
        0 => SimDuration::from_millis(500),
        rate => SimDuration::from_nanos(1_000_000_000 / (rate * 2)),
    }
}

pub(super) fn supports(setting: Setting, s: &GatewaySettings) -> Result<(), &'static str> {
    const HEALTH: &str =
        "it has health_check, and passive_health with window (passiveHealthCheck), which counts every 5xx";
    let fits = |good: bool, instead| if good { Ok(()) } else { Err(instead) };
    match setting {
        Setting::SendTimeout => Err("it waits for as long as sending takes; its time-outs to a server are \
             connect_timeout (dialTimeout) and read_timeout (responseHeaderTimeout)"),
        Setting::BodyTimeout => Err("it waits for the rest of an answer for as long as the server takes"),
        Setting::RequestTimeout => {
            Err("no time-out of its own holds for a whole request; it has connect_timeout \
             (dialTimeout) and read_timeout (responseHeaderTimeout)")
        }
        Setting::HeaderLimit => Err("it takes heads of up to 10 MiB"),
        Setting::NextUpstream => fits(
            s.next_upstream.iter().flatten().all(|c| {
                matches!(
                    c,
                    NextUpstream::ConnectFailure | NextUpstream::NonIdempotent | NextUpstream::Http5xx
                ) || c.is_status()
            }),
            "its retry has connect_failure (errors before anything was sent), statuses and non_idempotent",
        ),
        Setting::NextUpstreamTries => {
            fits(s.next_upstream_tries != Some(0), "its retry.attempts is at least 1")
        }
        Setting::Maintenance => fits(
            !matches!(s.maintenance, Some(Maintenance::On { retry_after: RetryAfter::Date(_) })),
            "a service without servers answers 503, to which customResponseHeaders can add a fixed Retry-After \
             (seconds)",
        ),
        Setting::Balance => fits(
            matches!(s.balance, None | Some(Balance::RoundRobin | Balance::LeastOfTwo)),
            "it has round_robin (wrr) and least_of_two (p2c)",
        ),
        Setting::MaxFails | Setting::FailTimeout | Setting::PanicThreshold => Err(HEALTH),
        Setting::PassiveHealth => fits(s.passive_health.as_ref().is_none_or(passive), HEALTH),
        Setting::HealthCheck => fits(
            s.health_check.as_ref().is_none_or(health_check),
            "its healthCheck has path, interval and timeout; a single check decides, and servers begin as up",
        ),
        Setting::Retry => fits(
            s.retry.as_ref().is_none_or(|r| retry(r, s.next_upstream_tries)),
            "its retry goes to whichever server the balance gives (again any), at once or after a wait of \
             exponential with cap 60s and jitter 0.5 (initialInterval), growing so that the last is twice the first",
        ),
        Setting::Limits => fits(
            s.limits.as_ref().is_none_or(limits),
            "its inFlightReq limits total_requests (of a host) or client_requests (of an address), with 429",
        ),
        Setting::RateLimit => fits(
            s.rate_limit.as_ref().is_none_or(rate_limit),
            "its rateLimit is a token_bucket with requests (average), period and burst; what comes too early waits \
             for half a token's time at most, then gets 429",
        ),
        Setting::Breaker => fits(
            s.breaker.as_ref().is_none_or(breaker),
            "its circuitBreaker trips by status_ratio, network_error_ratio or latency and recovers gradually; what \
             it counts over cannot be chosen",
        ),
        Setting::Cache => Err("it stores no answers"),
        _ => Ok(()),
    }
}

fn passive(health: &PassiveHealth) -> bool {
    match health {
        PassiveHealth::Off => true,
        PassiveHealth::Window(w) => w.statuses.is_empty() && w.latency.is_zero(),
        _ => false,
    }
}

fn health_check(check: &HealthCheck) -> bool {
    matches!(check.rise, None | Some(1))
        && matches!(check.fall, None | Some(1))
        && matches!(check.window, None | Some(0))
        && matches!(check.initial, None | Some(InitialHealth::Healthy))
        && check.status_is_final.is_none()
}

fn retry(retry: &Retry, attempts: Option<u32>) -> bool {
    let wait = match retry.wait {
        None | Some(RetryWait::None) => true,
        Some(RetryWait::Exponential { factor, cap, jitter, .. }) => {
            // A change of the wait alone does not tell the attempts.
            let grows = attempts.is_none_or(|n| (factor - growth(n)).abs() < 0.01);
            grows && cap == LONGEST_WAIT && jitter == JITTER
        }
        _ => false,
    };
    wait && matches!(retry.again, None | Some(Again::Any))
        && retry.concurrent.is_none()
        && retry.per_try_timeout.is_none()
}

fn limits(l: &Limits) -> bool {
    l.upstream_requests.is_none()
        && l.all_upstreams.is_none()
        && l.queue.is_none()
        && l.queue_timeout.is_none()
        && matches!(l.client_status, None | Some(429))
}

fn rate_limit(r: &RateLimit) -> bool {
    r.algorithm != Some(Algorithm::LeakyBucket) && r.delay.is_none() && matches!(r.status, None | Some(429))
}

fn breaker(b: &Breaker) -> bool {
    !matches!(b.trip, Some(Trip::Consecutive { .. }))
        && b.window.is_none()
        && matches!(b.least_requests, None | Some(0))
        && !matches!(b.recovery, Some(Recovery::HalfOpen(_)))
}

pub(super) fn directive(setting: Setting) -> &'static str {
    match setting {
        Setting::ConnectTimeout => "serversTransport.forwardingTimeouts.dialTimeout",
        Setting::ReadTimeout => "serversTransport.forwardingTimeouts.responseHeaderTimeout",
        Setting::NextUpstream => "retry.status",
        Setting::NextUpstreamTries => "retry.attempts",
        Setting::NextUpstreamTimeout => "retry.timeout",
        Setting::Retry => "retry.initialInterval",
        Setting::Maintenance | Setting::Upstreams => "loadBalancer.servers",
        Setting::KeepAlive => "entryPoints.transport.respondingTimeouts.idleTimeout",
        Setting::UpstreamKeepAlive => "serversTransport.maxIdleConnsPerHost",
        Setting::Balance => "loadBalancer.strategy",
        Setting::PassiveHealth => "passiveHealthCheck",
        Setting::HealthCheck => "healthCheck",
        Setting::Limits => "inFlightReq.amount",
        Setting::RateLimit => "rateLimit",
        Setting::Breaker => "circuitBreaker.expression",
        Setting::ResponseBuffering => "buffering",
        Setting::BodyLimit => "buffering.maxRequestBodyBytes",
        // Not to be configured; see `supports`.
        Setting::SendTimeout
        | Setting::MaxFails
        | Setting::FailTimeout
        | Setting::HeaderLimit
        | Setting::PanicThreshold
        | Setting::Cache
        | Setting::BodyTimeout
        | Setting::RequestTimeout => setting.field(),
    }
}

pub(super) fn value(setting: Setting, s: &EffectiveSettings) -> String {
    match setting {
        Setting::NextUpstream => conditions(&s.next_upstream),
        Setting::Retry => match s.retry.wait {
            RetryWait::Exponential { initial, .. } => initial.to_string(),
            _ => "0s".to_owned(),
        },
        Setting::Maintenance => if s.maintenance == Maintenance::Off { "listed" } else { "[]" }.to_owned(),
        Setting::UpstreamKeepAlive => match s.upstream_keep_alive {
            UpstreamKeepAlive::Off => "-1".to_owned(),
            UpstreamKeepAlive::On(KeepAlive { most, .. }) => most.to_string(),
        },
        Setting::Balance => if s.balance == Balance::LeastOfTwo { "p2c" } else { "wrr" }.to_owned(),
        Setting::PassiveHealth => match &s.passive_health {
            PassiveHealth::Window(w) => {
                format!("maxFailedAttempts {}, failureWindow {}", w.max_fails, w.fail_duration)
            }
            _ => "off".to_owned(),
        },
        Setting::HealthCheck if s.health_check.enabled => {
            let check = &s.health_check;
            format!("path {}, interval {}, timeout {}", check.path, check.interval, check.timeout)
        }
        Setting::Limits => s.limits.total_requests.max(s.limits.client_requests).to_string(),
        Setting::RateLimit => {
            let r = &s.rate_limit;
            format!("average {}, period {}, burst {}", r.requests, r.period, r.burst)
        }
        Setting::Breaker => expression(s.breaker.trip),
        other => other.written(s),
    }
}

/// What `retry` repeats after, as its options say it.
fn conditions(conditions: &[NextUpstream]) -> String {
    if conditions.is_empty() {
        return "off".to_owned();
    }
    let status = |c: &NextUpstream| match c {
        NextUpstream::Http5xx => Some("500-599"),
        NextUpstream::Http500 => Some("500"),
        NextUpstream::Http502 => Some("502"),
        NextUpstream::Http503 => Some("503"),
        NextUpstream::Http504 => Some("504"),
        NextUpstream::Http403 => Some("403"),
        NextUpstream::Http404 => Some("404"),
        NextUpstream::Http429 => Some("429"),
        _ => None,
    };
    let statuses: Vec<_> = conditions.iter().filter_map(status).collect();
    let mut written = if statuses.is_empty() { "[]".to_owned() } else { statuses.join(",") };
    if !conditions.contains(&NextUpstream::ConnectFailure) {
        written.push_str(", disableRetryOnNetworkError");
    }
    if conditions.contains(&NextUpstream::NonIdempotent) {
        written.push_str(", retryNonIdempotentMethod");
    }
    written
}

/// A condition as `circuitBreaker.expression` writes it.
fn expression(trip: Trip) -> String {
    match trip {
        Trip::Never | Trip::Consecutive { .. } => "off".to_owned(),
        Trip::StatusRatio { from, to, above } => format!("ResponseCodeRatio({from}, {to}, 0, 600) > {above}"),
        Trip::NetworkErrorRatio { above } => format!("NetworkErrorRatio() > {above}"),
        Trip::Latency { quantile, above } => {
            format!("LatencyAtQuantileMS({:.1}) > {}", quantile * 100.0, above.as_millis())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::dialect::{DialectName, dialect};
    use crate::sim::scenario::Scenario;

    #[test]
    fn what_it_lacks_is_refused_with_what_it_has_instead() {
        for (settings, instead) in [
            (r#"{"max_fails": 1}"#, "passiveHealthCheck"),
            (r#"{"send_timeout": "2s"}"#, "dialTimeout"),
            (r#"{"body_timeout": "2s"}"#, "as long as the server takes"),
            (r#"{"next_upstream": ["timeout"]}"#, "before anything was sent"),
            (r#"{"limits": {"upstream_requests": 2}}"#, "inFlightReq"),
            (r#"{"limits": {"client_requests": 2, "client_status": 503}}"#, "with 429"),
            (r#"{"rate_limit": {"requests": 5, "algorithm": "leaky_bucket"}}"#, "token_bucket"),
            (r#"{"breaker": {"trip": {"consecutive": {"failures": 3}}}}"#, "network_error_ratio"),
            (r#"{"health_check": {"fall": 3}}"#, "a single check decides"),
            (r#"{"balance": "least_requests"}"#, "least_of_two (p2c)"),
            (r#"{"retry": {"wait": {"fixed": "1s"}}}"#, "initialInterval"),
            (r#"{"cache": {"ttl": "1s"}}"#, "stores no answers"),
        ] {
            let json = format!(r#"{{"gateways": [{{"dialect": "traefik", "settings": {settings}}}]}}"#);
            let refusal = Scenario::from_json(&json).expect_err(settings).to_string();
            assert!(
                refusal.contains("Traefik has no such setting") && refusal.contains(instead),
                "{refusal}"
            );
        }
        let good = r#"{"gateways": [{"dialect": "traefik", "settings": {"connect_timeout": "1s", "read_timeout": "2s",
            "next_upstream": ["connect_failure", "http503"], "next_upstream_tries": 3,
            "retry": {"wait": {"exponential": {"initial": "200ms", "factor": 1.414, "cap": "60s", "jitter": 0.5}}},
            "health_check": {"path": "/health"}, "passive_health": {"window": {"max_fails": 3}},
            "limits": {"total_requests": 2}, "rate_limit": {"requests": 5, "burst": 5},
            "breaker": {"trip": {"network_error_ratio": {"above": 0.3}}}}}]}"#;
        Scenario::from_json(good).expect("all of that is Traefik's");
    }

    #[test]
    fn a_token_is_waited_for_half_the_time_between_two() {
        let delay = |requests: u32, period: u64| {
            let rate_limit = RateLimit {
                requests: Some(requests),
                period: Some(SimDuration::from_secs(period)),
                ..RateLimit::default()
            };
            let settings = GatewaySettings { rate_limit: Some(rate_limit), ..GatewaySettings::default() };
            dialect(DialectName::Traefik).effective(&settings).rate_limit.delay.as_millis()
        };
        // Recorded at `average: 5`: requests that come 50 ms too early wait, those of 100 ms and more do not.
        assert_eq!([delay(5, 1), delay(1, 10), delay(100, 1), delay(3, 2)], [100, 500, 5, 500]);
    }

    #[test]
    fn waits_grow_to_twice_the_first_over_the_attempts() {
        for attempts in [2, 3, 4, 10] {
            let last = libm::pow(growth(attempts), f64::from(attempts - 1));
            assert!((last - 2.0).abs() < 1e-9, "{attempts}: {last}");
        }
    }
}
