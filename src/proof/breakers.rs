//! Circuit breakers: when they trip, and how many requests get through; and throttling in the client.

use serde_json::{Value, json};

use super::observed::Run;
use super::setup::Setup;
use super::target::{Area, Figure, Target, Theory, figure};
use crate::sim::time::SimDuration;

const RESILIENCE4J: &str = "Resilience4j, CircuitBreakerConfig: failureRateThreshold 50, slidingWindowSize 100, minimumNumberOfCalls 100, waitDurationInOpenState 60 s, permittedNumberOfCallsInHalfOpenState 10";
const HYSTRIX: &str = "Hystrix, HystrixCommandProperties: requestVolumeThreshold 20, rolling window of 10 s, errorThresholdPercentage 50, sleepWindowInMilliseconds 5000";
const SRE: &str = "Beyer et al., \"Site Reliability Engineering\", 2016, ch. 21 \"Handling Overload\", Client-Side Throttling";

/// Ten requests a second that all fail at once, before which a breaker stands.
fn outage(breaker: Value, seconds: u64) -> String {
    Setup {
        seconds,
        arrivals: json!({"constant": {"rate": 10}}),
        policy: json!({"breaker": breaker}),
        origin: json!({"service_time": {"fixed": "0s"}}),
        faults: json!([{"unhandled_exception": {"share": 1}}]),
        ..Setup::default()
    }
    .json()
}

/// The second at which the last request got through before one was refused.
fn trips_at(run: &Run) -> f64 {
    let through = run.calls().iter().take_while(|c| c.status == 500);
    through.last().map_or(f64::INFINITY, |c| c.start.as_secs_f64())
}

fn got_through(run: &Run) -> f64 {
    run.calls().iter().filter(|c| c.status == 500).count() as f64
}

/// Adaptive throttling in front of a backend that can do a third of what is offered.
fn throttled() -> String {
    Setup {
        seconds: 400,
        arrivals: json!({"poisson": {"rate": 300}}),
        policy: json!({"throttle": {}}),
        origin: json!({"workers": 10, "queue": 100, "service_time": {"fixed": "100ms"}}),
        ..Setup::default()
    }
    .json()
}

/// What happened in a second, on average over the third to sixth minute.
fn a_second(run: &Run, what: impl Fn(&crate::sim::metrics::Bucket) -> u32) -> f64 {
    f64::from(what(&run.window(160, 390))) / 230.0
}

const fn target(
    id: &'static str,
    title: &'static str,
    source: &'static str,
    model: &'static str,
    json: fn() -> String,
    seeds: u32,
    figures: &'static [Figure],
) -> Target {
    Target {
        id,
        title,
        area: Area::Breakers,
        source,
        model,
        json,
        warm_up: SimDuration::ZERO,
        seeds,
        figures,
    }
}

/// The targets.
pub(super) const TARGETS: &[Target] = &[
    target(
        "resilience4j",
        "Resilience4j's defaults, and every request fails",
        RESILIENCE4J,
        "λ = 10 requests a second, evenly, for 120 s",
        || outage(json!({}), 120),
        1,
        &[
            figure("trips at", "s", "100 / λ", Theory::Exact(|| 10.0), trips_at),
            figure(
                "requests that get through",
                "",
                "100, and 10 after 60 s",
                Theory::Exact(|| 110.0),
                got_through,
            ),
        ],
    ),
    target(
        "hystrix",
        "Hystrix' defaults, and every request fails",
        HYSTRIX,
        "λ = 10 requests a second, evenly, for 60 s; counters are looked at after each request, not every 0.5 s",
        || {
            let window = json!({"over": {"time": {"length": "10s"}}, "minimum": 20});
            outage(json!({"trip": {"window": window}, "open": {"fixed": "5s"}, "permitted": 1}), 60)
        },
        1,
        &[
            figure("trips at", "s", "20 / λ", Theory::Exact(|| 2.0), trips_at),
            figure(
                "requests that get through",
                "",
                "20, and one every 5 s: 20 + 11",
                Theory::Exact(|| 31.0),
                got_through,
            ),
        ],
    ),
    target(
        "sre-throttle",
        "Adaptive throttling, three times the capacity offered",
        SRE,
        "300 requests a second at a backend of 10 workers of 100 ms with a full line; K = 2, two minutes; steady state: the backend sees min(R, K A)",
        throttled,
        4,
        &[
            figure("sent", "/s", "K × accepted = 200", Theory::Mean(|| 200.0), |run| {
                a_second(run, |b| b.tries)
            }),
            figure("accepted", "/s", "the capacity", Theory::Mean(|| 100.0), |run| a_second(run, |b| b.good)),
            figure("rejected by the backend", "/s", "200 - 100", Theory::Mean(|| 100.0), |run| {
                a_second(run, |b| b.answers.get(&503).copied().unwrap_or_default())
            }),
            figure("refused in the client", "/s", "300 - 200", Theory::Mean(|| 100.0), |run| {
                a_second(run, |b| b.offered.saturating_sub(b.tries))
            }),
        ],
    ),
];
