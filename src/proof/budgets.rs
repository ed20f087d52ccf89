//! Retry budgets: how far each lets retries multiply the load.

use serde_json::{Value, json};

use super::observed::Run;
use super::retries::{availability, load};
use super::setup::Setup;
use super::target::{Area, Figure, Target, Theory, figure};
use crate::sim::time::SimDuration;

const BROOKER: &str = "Brooker, \"Fixing retries with token buckets and circuit breakers\", 2022, and retry_sim of mbrooker/simulator_example";
const SRE: &str =
    "Beyer et al., \"Site Reliability Engineering\", 2016, ch. 21 \"Handling Overload\", Deciding to Retry";
const FINAGLE: &str = "Finagle, \"Retry Budgets\", finagle.github.io/blog/2016/02/08/retry-budgets";
const ENVOY: &str = "Envoy, config.cluster.v3.CircuitBreakers.Thresholds: max_retries, retry_budget";
const GRPC: &str = "gRPC proposal A6 \"Client Retries\", Throttling Retry Attempts and Hedged RPCs; vector: grpc, test/core/client_channel/retry_throttle_test.cc";
const BOTOCORE: &str = "botocore, retries/quota.py and retries/standard.py";

/// Requests of which a share fails at once, under a budget.
fn failing(share: f64, arrivals: Value, policy: Value, seconds: u64) -> String {
    Setup {
        seconds,
        arrivals,
        policy,
        origin: json!({"workers": 10_000, "service_time": {"fixed": "0s"}}),
        faults: json!([{"unhandled_exception": {"share": share}}]),
        ..Setup::default()
    }
    .json()
}

/// A total outage in which each attempt takes a second, with 100 requests a second.
fn slow_outage(policy: Value) -> String {
    Setup {
        seconds: 60,
        arrivals: json!({"constant": {"rate": 100}}),
        policy,
        origin: json!({"workers": 10_000, "service_time": {"fixed": "1s"}}),
        faults: json!([{"unhandled_exception": {"share": 1}}]),
        ..Setup::default()
    }
    .json()
}

/// Retries a second from 20 s to 50 s.
fn retries(run: &Run) -> f64 {
    let window = run.window(20, 50);
    f64::from(window.attempts - window.offered) / 30.0
}

/// All retries of the run.
fn all_retries(run: &Run) -> f64 {
    let total = run.metrics().total();
    f64::from(total.attempts - total.offered)
}

fn attempts_of(run: &Run, call: usize) -> f64 {
    run.calls().get(call).map_or(f64::INFINITY, |c| f64::from(c.attempts))
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
    let warm_up = SimDuration::ZERO;
    Target { id, title, area: Area::Budgets, source, model, json, warm_up, seeds, figures }
}

/// The targets.
pub(super) const TARGETS: &[Target] = &[
    target(
        "bucket-f50",
        "A token bucket where half of all answers fail",
        BROOKER,
        "one client with 10 requests a second for 10 s, which is what each of their 100 clients is; their bucket wants more than one token for a retry, ours one",
        || {
            failing(
                0.5,
                json!({"poisson": {"rate": 10}}),
                json!({"attempts": null, "statuses": [500], "budget": {"token_bucket": {}}}),
                10,
            )
        },
        1_000,
        &[
            figure(
                "availability",
                "",
                "their simulator",
                Theory::Published { value: 0.571, step: 0.0005, runs: 100 },
                availability,
            ),
            figure(
                "load",
                "attempts a request",
                "their simulator",
                Theory::Published { value: 1.143, step: 0.0005, runs: 100 },
                load,
            ),
        ],
    ),
    target(
        "bucket-long",
        "A token bucket in the long run",
        BROOKER,
        "the same for 500 s, the first 100 s left out",
        || {
            failing(
                0.5,
                json!({"poisson": {"rate": 10}}),
                json!({"attempts": null, "statuses": [500], "budget": {"token_bucket": {}}}),
                500,
            )
        },
        20,
        &[figure("load", "attempts a request", "1 + 0.1: every token is spent", Theory::Mean(|| 1.1), load)],
    )
    .settled_after(100),
    target(
        "sre-ten-percent",
        "A budget of a tenth, and nothing works",
        SRE,
        "a budget with a ratio of 0.1 and no reserve",
        || {
            failing(
                1.0,
                json!({"poisson": {"rate": 100}}),
                json!({"attempts": 3, "statuses": [500], "budget": {"finagle": {"ratio": 0.1, "min_per_second": 0}}}),
                120,
            )
        },
        10,
        &[Figure {
            difference: Some(
                "a retry is whole: of the tenth that the 1,000 requests of each ten seconds earn, a part of one retry is always left over, so that the load is 1.1 less about 0.5 / 1,000",
            ),
            ..figure("load", "attempts a request", "1 + 0.1", Theory::Mean(|| 1.1), load)
        }],
    )
    .settled_after(20),
    target(
        "finagle-default",
        "Finagle's defaults in a total outage, 100 requests a second",
        FINAGLE,
        "a fifth of the requests and 10 a second",
        || {
            failing(
                1.0,
                json!({"poisson": {"rate": 100}}),
                json!({"attempts": 10, "statuses": [500], "budget": {"finagle": {}}}),
                120,
            )
        },
        10,
        &[figure("load", "attempts a request", "1 + 0.2 + 10 / λ", Theory::Mean(|| 1.3), load)],
    )
    .settled_after(20),
    target(
        "envoy-max-retries",
        "Envoy's max_retries in a total outage",
        ENVOY,
        "100 requests a second, each attempt fails after 1 s: so many retries a second as there may be at a time",
        || slow_outage(json!({"attempts": 10, "statuses": [500], "budget": {"max_retries": {}}})),
        1,
        &[figure("retries", "/s", "3 at a time", Theory::Exact(|| 3.0), retries)],
    ),
    target(
        "envoy-budget",
        "Envoy's retry budget in a total outage",
        ENVOY,
        "100 requests a second, each attempt fails after 1 s: a fifth of all that is in flight may be retries; the attempt that has just failed is in flight no more",
        || slow_outage(json!({"attempts": 10, "statuses": [500], "budget": {"envoy": {}}})),
        1,
        &[figure("retries", "/s", "R = ⌊0.2 (100 + R - 1)⌋", Theory::Exact(|| 24.0), retries)],
    ),
    target(
        "grpc-vector",
        "gRPC's throttle: fail, succeed, fail, fail",
        GRPC,
        "maxTokens 4, tokenRatio 1.6; two calls, whose attempts meet these results",
        || {
            let fault = json!({"unhandled_exception": {"share": 1}});
            let send = |at: &str| json!({"at": at, "do": {"send": {"client": "client", "request": {}}}});
            Setup {
                arrivals: json!({"constant": {"rate": 0}}),
                policy: json!({
                    "attempts": 5, "statuses": [500], "delay": {"fixed": "1s"},
                    "budget": {"grpc": {"max_tokens": 4, "token_ratio": 1.6}},
                }),
                faults: json!([fault]),
                timeline: json!([
                    send("1s"),
                    {"at": "1500ms", "do": {"repair": {"node": "A", "fault": "unhandled_exception"}}},
                    {"at": "3s", "do": {"inject": {"node": "A", "fault": fault}}},
                    send("4s"),
                ]),
                ..Setup::default()
            }
            .json()
        },
        1,
        &[
            figure(
                "attempts of the first call",
                "",
                "4 - 1 = 3 > 2: a retry, which succeeds: 4",
                Theory::Exact(|| 2.0),
                |run| attempts_of(run, 0),
            ),
            figure("its status", "", "the retry's", Theory::Exact(|| 200.0), |run| {
                run.calls().first().map_or(f64::INFINITY, |c| f64::from(c.status))
            }),
            figure(
                "attempts of the second call",
                "",
                "3 > 2: a retry, which fails: 2, and no more",
                Theory::Exact(|| 2.0),
                |run| attempts_of(run, 1),
            ),
        ],
    ),
    target(
        "grpc-blocked",
        "gRPC's throttle where half of all attempts fail",
        GRPC,
        "maxTokens 10, tokenRatio 0.1; the share at which retries stop for good is r / (1 + r) = 9.1 %",
        || {
            failing(
                0.5,
                json!({"poisson": {"rate": 100}}),
                json!({"attempts": 2, "statuses": [500], "budget": {"grpc": {}}}),
                120,
            )
        },
        5,
        &[figure("load", "attempts a request", "no retries at all", Theory::Exact(|| 1.0), load)],
    )
    .settled_after(20),
    target(
        "grpc-open",
        "gRPC's throttle where one attempt in a hundred fails",
        GRPC,
        "maxTokens 10, tokenRatio 0.1, two attempts",
        || {
            failing(
                0.01,
                json!({"poisson": {"rate": 100}}),
                json!({"attempts": 2, "statuses": [500], "budget": {"grpc": {}}}),
                120,
            )
        },
        10,
        &[figure(
            "load",
            "attempts a request",
            "every failure is tried again: 1 + f",
            Theory::Mean(|| 1.01),
            load,
        )],
    )
    .settled_after(20),
    target(
        "botocore-errors",
        "The AWS SDK's quota in a total outage of errors",
        BOTOCORE,
        "500 tokens, 5 for each retry; 10 requests a second for a minute",
        || {
            failing(
                1.0,
                json!({"constant": {"rate": 10}}),
                json!({"attempts": 3, "statuses": [500], "budget": {"aws": {}}}),
                60,
            )
        },
        1,
        &[figure("retries", "", "500 / 5, and none ever after", Theory::Exact(|| 100.0), all_retries)],
    ),
    target(
        "botocore-timeouts",
        "The AWS SDK's quota in a total outage of timeouts",
        BOTOCORE,
        "500 tokens, 10 for each retry after a timeout; 10 requests a second for a minute",
        || {
            Setup {
                arrivals: json!({"constant": {"rate": 10}}),
                policy: json!({"attempts": 3, "attempt_timeout": "1s", "budget": {"aws": {}}}),
                faults: json!([{"frozen": {}}]),
                ..Setup::default()
            }
            .json()
        },
        1,
        &[figure("retries", "", "500 / 10, and none ever after", Theory::Exact(|| 50.0), all_retries)],
    ),
];
