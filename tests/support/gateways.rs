//! Random settings of gateways.

use fivexx::sim::dialect::DialectName;
use fivexx::sim::random::Stream;
use fivexx::sim::scenario::{
    Action, Again, Algorithm, Balance, Breaker, Cache, ErrorState, FailureWindow, GatewaySettings,
    HealthCheck, InitialHealth, Limits, Observe, Outlier, PassiveHealth, Per, RateLimit, Recovery, Retry,
    RetryWait, Scenario, Settings, Trip, Upstream, Window,
};
use fivexx::sim::time::SimDuration;

/// Draws settings of a gateway that has everything.
struct Draw(Stream);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0.below(n)
    }

    fn number(&mut self, n: u64) -> u32 {
        self.0.below(n) as u32
    }

    fn millis(&mut self, most: u64) -> SimDuration {
        SimDuration::from_millis(self.0.below(most + 1))
    }

    fn some_millis(&mut self, most: u64) -> SimDuration {
        SimDuration::from_millis(10 + self.0.below(most))
    }

    fn maybe<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.0.chance(0.4) { Some(what(self)) } else { None }
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    fn passive(&mut self) -> PassiveHealth {
        match self.below(5) {
            0 => PassiveHealth::MaxFails,
            1 => PassiveHealth::Window(FailureWindow {
                fail_duration: self.some_millis(4_000),
                max_fails: 1 + self.number(3),
                statuses: vec![500, 503],
                latency: self.millis(300),
                consecutive: false,
            }),
            2 => PassiveHealth::ErrorState(ErrorState {
                retry: self.millis(4_000),
                force_recovery: self.0.chance(0.5),
                ..ErrorState::default()
            }),
            3 => PassiveHealth::Observe(Observe { error_limit: 1 + self.number(3), ..Observe::default() }),
            _ => PassiveHealth::Outlier(Outlier {
                consecutive_5xx: self.number(4),
                consecutive_gateway_failure: self.number(4),
                enforcing_consecutive_gateway_failure: 0.5,
                interval: self.some_millis(2_000),
                base_ejection_time: self.millis(3_000),
                max_ejected: 1.0,
                ..Outlier::default()
            }),
        }
    }

    fn settings(&mut self, origins: &[String], last: bool) -> GatewaySettings {
        let balances = [
            Balance::SmoothRoundRobin,
            Balance::RoundRobin,
            Balance::LeastRequests,
            Balance::LeastOfTwo,
            Balance::Random,
            Balance::FirstAvailable,
        ];
        GatewaySettings {
            balance: self.maybe(|d| d.pick(&balances)),
            upstreams: self
                .maybe(|d| {
                    let listed = origins.iter().enumerate().map(|(i, o)| Upstream {
                        origin: o.clone(),
                        weight: 1 + d.number(4),
                        backup: i > 0 && d.0.chance(0.3),
                    });
                    listed.collect()
                })
                .filter(|_| last),
            passive_health: self.maybe(Self::passive),
            health_check: Some(HealthCheck {
                enabled: Some(self.0.chance(0.4)),
                interval: Some(self.some_millis(3_000)),
                timeout: Some(self.some_millis(1_000)),
                rise: Some(1 + self.number(3)),
                fall: Some(1 + self.number(3)),
                window: Some(self.pick(&[0, 0, 4, 8])),
                initial: Some(self.pick(&[
                    InitialHealth::Healthy,
                    InitialHealth::Trial,
                    InitialHealth::Unhealthy,
                ])),
                ..HealthCheck::default()
            }),
            panic_threshold: self.maybe(|d| d.0.unit()),
            retry: self.maybe(|d| Retry {
                again: Some(d.pick(&[Again::Untried, Again::Same, Again::SameThenOther, Again::Any])),
                wait: Some(match d.below(4) {
                    0 => RetryWait::None,
                    1 => RetryWait::Fixed(d.millis(500)),
                    2 => RetryWait::SameUpstream(d.millis(1_000)),
                    _ => RetryWait::FullJitter { base: d.millis(100), cap: d.millis(1_000) },
                }),
                concurrent: d.maybe(|d| d.number(4)),
                per_try_timeout: d.maybe(|d| d.some_millis(1_000)),
            }),
            next_upstream_tries: Some(1 + self.number(4)),
            limits: self.maybe(|d| Limits {
                upstream_requests: d.maybe(|d| 1 + d.number(4)),
                all_upstreams: d.maybe(|d| 1 + d.number(6)),
                queue: d.maybe(|d| d.number(10)),
                queue_timeout: d.maybe(|d| d.millis(1_000)),
                client_requests: d.maybe(|d| 1 + d.number(6)),
                total_requests: d.maybe(|d| 1 + d.number(10)),
                client_status: None,
            }),
            rate_limit: self.maybe(|d| RateLimit {
                requests: Some(1 + d.number(10)),
                burst: Some(d.number(10)),
                algorithm: Some(d.pick(&[Algorithm::LeakyBucket, Algorithm::TokenBucket])),
                delay: Some(d.millis(1_000)),
                per: Some(d.pick(&[Per::Client, Per::Gateway])),
                ..RateLimit::default()
            }),
            breaker: self.maybe(|d| Breaker {
                trip: Some(match d.below(4) {
                    0 => Trip::StatusRatio { from: 500, to: 600, above: d.0.unit() / 2.0 },
                    1 => Trip::NetworkErrorRatio { above: d.0.unit() / 2.0 },
                    2 => Trip::Latency { quantile: d.0.unit(), above: d.millis(200) },
                    _ => Trip::Consecutive { failures: 1 + d.number(4) },
                }),
                window: Some(if d.0.chance(0.5) {
                    Window::Time(d.some_millis(5_000))
                } else {
                    Window::Requests(1 + d.number(20))
                }),
                open_for: Some(d.some_millis(2_000)),
                recovery: Some(if d.0.chance(0.5) {
                    Recovery::Gradual(d.some_millis(2_000))
                } else {
                    Recovery::HalfOpen(1 + d.number(3))
                }),
                ..Breaker::default()
            }),
            cache: self.maybe(|d| Cache {
                ttl: Some(d.millis(2_000)),
                stale_while_revalidate: Some(d.millis(2_000)),
                stale_if_error: Some(d.millis(4_000)),
                coalesce: Some(d.0.chance(0.5)),
                ..Cache::default()
            }),
            body_timeout: self.maybe(|d| d.millis(2_000)),
            request_timeout: self.maybe(|d| d.some_millis(4_000)),
            response_buffering: self.maybe(|d| d.0.chance(0.5)),
            ..GatewaySettings::default()
        }
    }
}

/// A scenario with gateways that have everything.
///
/// It draws from a stream of its own, so that the rest of the scenario stays as it is.
pub(crate) fn equip(mut scenario: Scenario, seed: u64) -> Scenario {
    let mut draw = Draw(Stream::new(seed, "gateways", "settings"));
    scenario.horizon = scenario.horizon.min(SimDuration::from_secs(20));
    let origins: Vec<String> = scenario.origins.iter().map(|o| o.id.clone()).collect();
    let last = scenario.gateways.len() - 1;
    for (i, gateway) in scenario.gateways.iter_mut().enumerate() {
        gateway.dialect = DialectName::Rfc9209;
        gateway.settings.overlay(&draw.settings(&origins, i == last));
    }
    // To try without a limit where a failure takes no time is a storm within one moment: a test of its own.
    for change in &mut scenario.timeline {
        if let Action::Set { to: Settings::Gateway(settings), .. } = &mut change.action {
            settings.next_upstream_tries = settings.next_upstream_tries.map(|tries| tries.max(1));
        }
    }
    scenario
}
