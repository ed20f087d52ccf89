//! What holds whatever a gateway's mechanisms are set to. A failing case prints its seed and its link.

mod support;

use fivexx::interop::{link, story};
use fivexx::sim::dialect::DialectName;
use fivexx::sim::explain;
use fivexx::sim::random::Stream;
use fivexx::sim::scenario::{
    Again, Algorithm, Balance, Breaker, Cache, ErrorState, FailureWindow, GatewaySettings, HealthCheck,
    InitialHealth, Limits, Observe, Outlier, PassiveHealth, Per, RateLimit, Recovery, Retry, RetryWait,
    Scenario, Trip, Upstream, Window,
};
use fivexx::sim::simulation::{Simulation, run};
use fivexx::sim::time::{SimDuration, SimTime};
use fivexx::sim::trace::{Note, Outcome, SpanId, SpanKind, Stop, Trace};
use fivexx::view::inspector::inspector;
use fivexx::view::run::Run;
use fivexx::view::verdict::verdict;
use proptest::prelude::*;

use support::random_scenario;

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

fn random_gateways(seed: u64) -> Scenario {
    let mut scenario = random_scenario(seed);
    let mut draw = Draw(Stream::new(seed, "gateways", "settings"));
    scenario.horizon = scenario.horizon.min(SimDuration::from_secs(20));
    let origins: Vec<String> = scenario.origins.iter().map(|o| o.id.clone()).collect();
    let last = scenario.gateways.len() - 1;
    for (i, gateway) in scenario.gateways.iter_mut().enumerate() {
        gateway.dialect = DialectName::Rfc9209;
        gateway.settings.overlay(&draw.settings(&origins, i == last));
    }
    scenario
}

fn holds(seed: u64, property: impl Fn(&Scenario, &Trace) -> Result<(), String>) -> Result<(), TestCaseError> {
    let scenario = random_gateways(seed);
    let fail =
        |why: String| TestCaseError::fail(format!("seed {seed}: {why}\n#s={}", link::encode(&scenario)));
    scenario.check().map_err(|e| fail(e.to_string()))?;
    property(&scenario, &run(&scenario)).map_err(fail)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn calls_end_once_and_effects_follow_causes(seed: u64) {
        holds(seed, |_, trace| {
            for (id, call) in trace.of_kind(SpanKind::Call) {
                let ends = trace.notes(id).filter(|e| e.note == Note::CallEnded).count();
                let unfinished = call.outcome == Outcome::Unfinished;
                if ends != usize::from(!unfinished) {
                    return Err(format!("call {id:?} has {ends} ends and the outcome {:?}", call.outcome));
                }
            }
            for (i, span) in trace.spans.iter().enumerate() {
                let after_its_cause = span.parent == SpanId::NONE
                    || (span.parent.0 < i as u32 && trace.span(span.parent).start <= span.start);
                if span.start > span.end || span.end > trace.end || !after_its_cause {
                    return Err(format!("span {i}: {span:?}"));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_request_waits_for_ever_at_a_gateway(seed: u64) {
        // A run that fell silent has left nobody waiting: neither in a line nor for what another fetches.
        holds(seed, |_, trace| {
            let waiting = trace.of_kind(SpanKind::GatewayRequest).find(|(_, s)| s.outcome == Outcome::Unfinished);
            match (trace.stop, waiting) {
                (Stop::Quiet, Some((id, span))) if !trace.children(id).any(|(_, t)| t.outcome == Outcome::Unfinished) => {
                    Err(format!("{id:?} {span:?}\n{}", story::story(trace)))
                }
                _ => Ok(()),
            }
        })?;
    }

    #[test]
    fn upstreams_never_have_more_requests_than_they_may(seed: u64) {
        holds(seed, |scenario, trace| {
            let last = scenario.gateways.last().expect("a gateway");
            let changes = scenario.timeline.iter().any(|c| matches!(&c.action, fivexx::sim::scenario::Action::Set { node, .. } if *node == last.id));
            let limits = last.settings.limits.clone().unwrap_or_default();
            let (Some(most), false) = (limits.all_upstreams, changes) else { return Ok(()) };
            let node = trace.nodes.iter().position(|n| n.id == last.id).unwrap_or_default() as u16;
            let mut turns: Vec<(SimTime, i32)> = Vec::new();
            for (_, t) in trace.of_kind(SpanKind::Try).filter(|(_, t)| t.node.0 == node) {
                turns.push((t.start, 1));
                turns.push((t.end, -1));
            }
            // Of one moment, ends come before starts.
            turns.sort();
            let mut busy = 0;
            for (at, change) in turns {
                busy += change;
                if busy > most as i32 {
                    return Err(format!("{busy} at {at} where {most} are allowed"));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn runs_repeat_go_on_from_checkpoints_and_explain_themselves(seed: u64) {
        holds(seed, |scenario, trace| {
            let mut simulation = Simulation::new(scenario, Trace::new(scenario));
            simulation.run_until(SimTime::from_secs(5));
            let mut resumed = simulation.clone();
            resumed.finish();
            if resumed.into_observer().digest() != trace.digest() {
                return Err("a run that was resumed differs".to_owned());
            }
            for (id, span) in trace.of_kind(SpanKind::Attempt) {
                if explain(trace, id).summary.is_empty() {
                    return Err(format!("no reason for {id:?} {span:?}"));
                }
            }
            // Whatever the gateway did has words in the story, and a place on the page.
            let shown = Run::new(scenario);
            for attempt in &shown.attempts {
                inspector(&shown, attempt, shown.last());
                verdict(&shown, attempt, shown.last(), None);
            }
            if (!shown.is_cut() && shown.digest != trace.digest()) || story::story(trace).is_empty() {
                return Err("the page shows another run".to_owned());
            }
            Ok(())
        })?;
    }
}
