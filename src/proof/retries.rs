//! Attempts: what they gain and what they cost.

use serde_json::json;

use super::observed::Run;
use super::setup::Setup;
use super::target::{Area, Figure, Target, Theory, figure};
use crate::sim::time::SimDuration;

const BROOKER: &str = "Brooker, \"Fixing retries with token buckets and circuit breakers\", 2022, and retry_sim of mbrooker/simulator_example";
const SRE_OVERLOAD: &str =
    "Beyer et al., \"Site Reliability Engineering\", 2016, ch. 21 \"Handling Overload\", Deciding to Retry";
const SRE_CASCADE: &str =
    "Beyer et al., \"Site Reliability Engineering\", 2016, ch. 22 \"Addressing Cascading Failures\", Retries";
const DIALOGUE: &str =
    "palantir/dialogue, simulation/src/test, SimulationTest.all_nodes_500 and its golden report.md";

pub(super) fn availability(run: &Run) -> f64 {
    let good = run.steady().filter(|c| c.is_good()).count();
    good as f64 / run.steady().count().max(1) as f64
}

pub(super) fn load(run: &Run) -> f64 {
    let attempts: u64 = run.steady().map(|c| u64::from(c.attempts)).sum();
    attempts as f64 / run.steady().count().max(1) as f64
}

/// Requests of which a share fails, whatever the load, with some attempts each.
fn failing(share: f64, attempts: u32) -> String {
    Setup {
        seconds: 20,
        arrivals: json!({"poisson": {"rate": 1000}}),
        until: json!("10s"),
        policy: json!({"attempts": attempts, "statuses": [500]}),
        origin: json!({"workers": 10_000, "queue": 0, "service_time": {"exponential": "10ms"}}),
        faults: json!([{"unhandled_exception": {"share": share}}]),
        ..Setup::default()
    }
    .json()
}

const RETRY_SIM: &str = "1,000 requests a second in place of 100 clients with 10 each, which is the same where nothing is shared; each answer fails by a chance of its own; no backoff";
const AVAILABILITY: &str = "1 - f^(N + 1) for N retries";
const LOAD: &str = "(1 - f^(N + 1)) / (1 - f) attempts for each request";

const fn target(
    id: &'static str,
    title: &'static str,
    source: &'static str,
    model: &'static str,
    json: fn() -> String,
    seeds: u32,
    figures: &'static [Figure],
) -> Target {
    Target { id, title, area: Area::Retries, source, model, json, warm_up: SimDuration::ZERO, seeds, figures }
}

/// The targets.
pub(super) const TARGETS: &[Target] = &[
    target(
        "retries-f50",
        "Three retries where half of all answers fail",
        BROOKER,
        RETRY_SIM,
        || failing(0.5, 4),
        10,
        &[
            figure("availability", "", AVAILABILITY, Theory::Mean(|| 0.9375), availability),
            figure("load", "attempts a request", LOAD, Theory::Mean(|| 1.875), load),
        ],
    ),
    target(
        "retries-f75",
        "Three retries where three of four answers fail",
        BROOKER,
        RETRY_SIM,
        || failing(0.75, 4),
        10,
        &[
            figure("availability", "", AVAILABILITY, Theory::Mean(|| 1.0 - 0.316_406_25), availability),
            figure("load", "attempts a request", LOAD, Theory::Mean(|| 0.683_593_75 / 0.25), load),
        ],
    ),
    target(
        "sre-three-attempts",
        "Three attempts where nearly every answer fails",
        SRE_OVERLOAD,
        "f = 0.99: \"just below 3X\"",
        || failing(0.99, 3),
        10,
        &[figure("load", "attempts a request", LOAD, Theory::Mean(|| (1.0 - 0.970_299) / 0.01), load)],
    ),
    target(
        "sre-three-attempts-all",
        "Three attempts where every answer fails",
        SRE_OVERLOAD,
        "f = 1",
        || failing(1.0, 3),
        1,
        &[figure(
            "load",
            "attempts a request",
            "N + 1, the limit of \"just below 3X\"",
            Theory::Exact(|| 3.0),
            load,
        )],
    ),
    target(
        "retry-layers-2",
        "Four attempts on each of two layers",
        SRE_CASCADE,
        "a client with four attempts, and nginx with four servers that all refuse",
        || {
            json!({
                "horizon": "60s",
                "clients": [{"policy": {"attempts": 4}, "traffic": {"arrivals": {"constant": {"rate": 10}}, "until": "10s"}}],
                "gateways": [{"settings": {"max_fails": 0}}],
                "origins": (["A", "B", "C", "D"].map(|id| json!({"id": id, "link": {"faults": [{"refused": {}}]}}))),
                "dependencies": [],
            })
            .to_string()
        },
        1,
        &[figure("tries at the servers", "a request", "4² = 16", Theory::Exact(|| 16.0), |run| {
            let total = run.metrics().total();
            f64::from(total.tries) / f64::from(total.offered.max(1))
        })],
    ),
    target(
        "retry-layers-3",
        "Four attempts on each of three layers",
        SRE_CASCADE,
        "a client and two gateways, each with four attempts, in front of a service that fails whatever it is asked",
        || {
            let gateway = |id: &str| {
                json!({"id": id, "dialect": "rfc9209", "settings": {
                    "next_upstream": ["http5xx"], "next_upstream_tries": 4, "retry": {"again": "any"},
                }})
            };
            json!({
                "horizon": "60s",
                "clients": [{
                    "policy": {"attempts": 4, "statuses": [500]},
                    "traffic": {"arrivals": {"constant": {"rate": 10}}, "until": "10s"},
                }],
                "gateways": [gateway("edge"), gateway("gateway")],
                "origins": [{
                    "app": "probe",
                    "settings": {"workers": 10_000},
                    "faults": [{"unhandled_exception": {"share": 1}}],
                }],
                "dependencies": [],
            })
            .to_string()
        },
        1,
        &[figure("requests at the service", "a request", "4³ = 64", Theory::Exact(|| 64.0), |run| {
            run.load().arrived as f64 / f64::from(run.metrics().total().offered.max(1))
        })],
    ),
    target(
        "dialogue-all-nodes-500",
        "Ten seconds of 500, then ten of 200",
        DIALOGUE,
        "One client and one server in place of ten and two. There a server decides when a request comes in, here when its work is done: so the repair is at 10.605 s, between the ends of the requests of 10 s and 10.01 s",
        || {
            Setup {
                seconds: 60,
                arrivals: json!({"constant": {"rate": 100}}),
                until: json!("20s"),
                origin: json!({"workers": 10_000, "service_time": {"fixed": "600ms"}}),
                faults: json!([{"unhandled_exception": {"share": 1}}]),
                timeline: json!([
                    {"at": "10605ms", "do": {"repair": {"node": "A", "fault": "unhandled_exception"}}}
                ]),
                ..Setup::default()
            }
            .json()
        },
        1,
        &[
            figure("answers 200", "", "100 a second for 10 s", Theory::Exact(|| 1_000.0), |run| {
                run.calls().iter().filter(|c| c.status == 200).count() as f64
            }),
            figure("answers 500", "", "100 a second for 10 s", Theory::Exact(|| 1_000.0), |run| {
                run.calls().iter().filter(|c| c.status == 500).count() as f64
            }),
            figure("mean time", "s", "the response time of the servers", Theory::Exact(|| 0.6), |run| {
                run.metrics().mean_latency().as_secs_f64()
            }),
        ],
    ),
];
