//! Many writers of one row, each with a backoff: the figures behind AWS's advice to use jitter.

use serde_json::{Value, json};

use super::observed::Run;
use super::setup::Setup;
use super::target::{Area, Target, Theory, figure};
use crate::sim::time::SimDuration;

const AWS: &str = "Brooker, \"Exponential Backoff And Jitter\", AWS Architecture Blog, 2015; src/backoff_simulator.py of aws-samples/aws-arch-backoff-simulator, mean of 100 runs";

/// So many writers that begin together: each reads the row's version, writes if it is still that one, and begins
/// anew after a backoff if it is not.
///
/// Their client is our client and origin together, between which nothing takes time; their server is the
/// database, and their network the link before it.
fn writers(count: usize, delay: Value) -> String {
    let send = json!({"at": "0s", "do": {"send": {"client": "client", "request": {"method": "PUT", "path": "/orders/42"}}}});
    Setup {
        seconds: 3_600,
        arrivals: json!({"constant": {"rate": 0}}),
        policy: json!({"attempts": null, "statuses": [409], "delay": delay}),
        origin: json!({"workers": 10_000, "service_time": {"fixed": "0s"}, "updates": {"optimistic": {}}}),
        database: json!({
            "link": {"latency": "0s", "jitter": {"normal": {"mean": "10ms", "deviation": "2ms"}}},
            "settings": {"connections": 10_000, "query_time": {"fixed": "0s"}},
        }),
        timeline: Value::Array(vec![send; count]),
        ..Setup::default()
    }
    .json()
}

/// The backoff that their simulator calls "exponential": min(cap, base 2ⁿ) with n from 1, spread by `jitter`.
fn exponential(jitter: &str) -> Value {
    json!({"exponential": {"base": "10ms", "cap": "2s", "jitter": jitter}})
}

/// min(cap, U(base, 3 × the wait before)).
fn decorrelated() -> Value {
    json!({"exponential": {"base": "5ms", "cap": "2s", "jitter": "decorrelated"}})
}

fn calls(run: &Run) -> f64 {
    f64::from(run.metrics().total().attempts)
}

fn finish_ms(run: &Run) -> f64 {
    run.calls().iter().map(|c| c.end.as_secs_f64() * 1e3).fold(0.0, f64::max)
}

const MODEL: &str = "all begin at once; a way of |N(10 ms, 2 ms)| to the row and back, for the read and for the write; base 5 ms, cap 2 s; ours is client, origin and database with the network before the database";

/// A mean of their runs, cut to a whole number.
const fn published(value: u32) -> Theory {
    Theory::Published { value: value as f64, step: 1.0, runs: 100 }
}

macro_rules! cases {
    ($($count:literal $name:literal $title:literal $delay:expr, $seeds:literal, $calls:literal $finish:literal;)*) => {
        /// The targets.
        pub(super) const TARGETS: &[Target] = &[$(Target {
            id: concat!("occ-", $name, "-", $count),
            title: concat!($count, " writers, ", $title),
            area: Area::Contention,
            source: AWS,
            model: MODEL,
            json: || writers($count, $delay),
            warm_up: SimDuration::ZERO,
            seeds: $seeds,
            figures: &[
                figure("calls", "", "their simulator", published($calls), calls),
                figure("all done after", "ms", "their simulator", published($finish), finish_ms),
            ],
        }),*];
    };
}

cases! {
    10 "none" "no backoff" json!("none"), 100, 50 381;
    10 "expo" "exponential backoff" exponential("none"), 100, 50 3257;
    10 "equal" "equal jitter" exponential("equal"), 100, 42 744;
    10 "full" "full jitter" exponential("full"), 100, 38 442;
    10 "decorr" "decorrelated jitter" decorrelated(), 100, 37 417;
    50 "none" "no backoff" json!("none"), 40, 689 1139;
    50 "expo" "exponential backoff" exponential("none"), 40, 623 36259;
    50 "equal" "equal jitter" exponential("equal"), 40, 348 4264;
    50 "full" "full jitter" exponential("full"), 40, 331 2913;
    50 "decorr" "decorrelated jitter" decorrelated(), 40, 374 2236;
    100 "none" "no backoff" json!("none"), 24, 2420 2026;
    100 "expo" "exponential backoff" exponential("none"), 24, 1849 63308;
    100 "equal" "equal jitter" exponential("equal"), 24, 811 6588;
    100 "full" "full jitter" exponential("full"), 24, 795 4899;
    100 "decorr" "decorrelated jitter" decorrelated(), 24, 1000 4658;
    190 "none" "no backoff" json!("none"), 12, 8012 3535;
    190 "expo" "exponential backoff" exponential("none"), 12, 5150 100174;
    190 "equal" "equal jitter" exponential("equal"), 12, 1761 9463;
    190 "full" "full jitter" exponential("full"), 12, 1771 7402;
    190 "decorr" "decorrelated jitter" decorrelated(), 12, 2431 8069;
}
