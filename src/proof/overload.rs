//! Overload: queues that only delay, retries that grow, and systems that stay down.

use serde_json::{Value, json};

use super::observed::Run;
use super::setup::{ENDLESS, Setup};
use super::target::{Area, Figure, Target, Theory, figure};
use crate::sim::time::SimDuration;

const COLLAPSE: &str = "Brooker, simple_collapse_sim/sim.py of mbrooker/simulator_example, run_sim_spike, from 45 s on; run 1,000 times (as it stands, ten times)";
const HOTOS: &str = "Bronson et al., \"Metastable Failures in Distributed Systems\", HotOS 2021, §2.1";
const SRE_QUEUE: &str = "Beyer et al., \"Site Reliability Engineering\", 2016, ch. 22 \"Addressing Cascading Failures\", Queue Management";
const SRE_RETRIES: &str =
    "Beyer et al., \"Site Reliability Engineering\", 2016, ch. 22 \"Addressing Cascading Failures\", Retries";

/// Brooker's collapse: a server that gets slower with each request, clients that give up after 3 s.
fn collapse(delay: Value) -> String {
    Setup {
        seconds: 80,
        arrivals: json!({"spike": {"rate": 40, "peak": 80, "at": "20s", "length": "5s"}}),
        policy: json!({"attempts": 3, "attempt_timeout": "3s", "delay": delay}),
        origin: json!({"workers": 10_000, "service_time": {"fixed": "0s"}}),
        database: json!({
            "link": {"latency": "0s", "jitter": {"exponential": "100ms"}},
            "settings": {"connections": 10_000, "query_time": {"fixed": "1s"}, "slowdown": "10ms"},
        }),
        ..Setup::default()
    }
    .json()
}

const COLLAPSE_MODEL: &str = "the server is the database and its network the link before it; nothing else takes time; a run either recovers or does not, so that a mean over all says little: with ten runs theirs is about 16 good answers, 47 retries and 71 timeouts a second. There the spike's rate begins and ends with an arrival, here at 20 s and 25 s sharp";

/// What happened in a second, on average from 45 s to 80 s.
fn late(run: &Run, what: impl Fn(&crate::sim::metrics::Bucket) -> u32) -> f64 {
    f64::from(what(&run.window(45, 80))) / 35.0
}

fn late_goodput(run: &Run) -> f64 {
    late(run, |b| b.good)
}

/// Retries count when they are decided on, as in the published figures: at every timeout but a call's last.
fn late_retries(run: &Run) -> f64 {
    late_timeouts(run) - late(run, |b| b.failed)
}

/// One where the run stayed down, zero where it recovered.
fn stays_down(run: &Run) -> f64 {
    if late_goodput(run) < 20.0 { 1.0 } else { 0.0 }
}

/// A figure of the runs that stayed down; others say nothing.
fn if_down(run: &Run, figure: fn(&Run) -> f64) -> f64 {
    if stays_down(run) > 0.5 { figure(run) } else { f64::NAN }
}

fn late_timeouts(run: &Run) -> f64 {
    late(run, |b| b.answers.get(&0).copied().unwrap_or_default())
}

/// A mean of a thousand runs of theirs.
const fn published(value: f64) -> Theory {
    Theory::Published { value, step: 0.0005, runs: 1_000 }
}

/// A mean of those of them that stayed down.
const fn published_of_down(value: f64) -> Theory {
    Theory::Published { value, step: 0.0005, runs: 738 }
}

/// The metastable example: a database for 300 queries a second, one retry after 1 s, an outage of 10 s.
fn metastable(rate: u32, later: Value, seconds: u64) -> String {
    with_outage(rate, json!({"attempts": 2, "attempt_timeout": "1s"}), later, seconds)
}

/// The same with a budget of so many retries a second.
fn metastable_with_budget(retries: u32, seconds: u64) -> String {
    let budget = json!({"finagle": {"ratio": 0, "min_per_second": retries}});
    with_outage(280, json!({"attempts": 2, "attempt_timeout": "1s", "budget": budget}), Value::Null, seconds)
}

fn with_outage(rate: u32, policy: Value, later: Value, seconds: u64) -> String {
    let mut timeline = vec![
        json!({"at": "10s", "do": {"inject": {"node": "A", "fault": {"frozen": {}}}}}),
        json!({"at": "20s", "do": {"repair": {"node": "A", "fault": "frozen"}}}),
    ];
    if !later.is_null() {
        timeline.push(later);
    }
    Setup {
        seconds,
        arrivals: json!({"constant": {"rate": rate}}),
        policy,
        origin: json!({"workers": 30, "queue": ENDLESS, "service_time": {"fixed": "100ms"}}),
        timeline: Value::Array(timeline),
        ..Setup::default()
    }
    .json()
}

/// Another rate from 30 s on.
fn rate_later(rate: u32) -> Value {
    json!({"at": "30s", "do": {"set": {"node": "client", "to": {"traffic": {"arrivals": {"constant": {"rate": rate}}}}}}})
}

const METASTABLE_MODEL: &str = "the database is the origin: 30 workers of 100 ms and a line without an end; during the outage it takes in what comes and answers nothing; what nobody waits for any more is worked on all the same";

/// What happened in a second, on average over the last ten whole seconds.
fn at_the_end(run: &Run, what: impl Fn(&crate::sim::metrics::Bucket) -> u32) -> f64 {
    let to = run.metrics().buckets().count() - 1;
    f64::from(what(&run.window(to - 10, to))) / 10.0
}

fn goodput_at_the_end(run: &Run) -> f64 {
    at_the_end(run, |b| b.good)
}

fn attempts_at_the_end(run: &Run) -> f64 {
    at_the_end(run, |b| b.attempts)
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
        area: Area::Overload,
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
        "collapse-no-backoff",
        "A spike, and retries at once",
        COLLAPSE,
        COLLAPSE_MODEL,
        || collapse(json!("none")),
        80,
        &[
            figure("runs that stay down", "", "their simulator", published(0.738), stays_down),
            figure(
                "goodput of those",
                "/s",
                "their simulator: none in any run",
                Theory::Exact(|| 0.0),
                |run| if_down(run, late_goodput),
            ),
            figure("retries of those", "/s", "their simulator", published_of_down(80.014), |run| {
                if_down(run, late_retries)
            }),
            figure("timeouts of those", "/s", "their simulator", published_of_down(119.988), |run| {
                if_down(run, late_timeouts)
            }),
        ],
    ),
    target(
        "collapse-backoff",
        "A spike, and retries after a backoff with jitter",
        COLLAPSE,
        COLLAPSE_MODEL,
        || collapse(json!({"exponential": {"base": "20s", "jitter": "full"}})),
        20,
        &[
            figure("runs that stay down", "", "their simulator: none", Theory::Exact(|| 0.0), stays_down),
            figure("goodput", "/s", "their simulator", published(41.376), late_goodput),
        ],
    ),
    target(
        "metastable-stuck",
        "280 queries a second, an outage of 10 s",
        HOTOS,
        METASTABLE_MODEL,
        || metastable(280, Value::Null, 60),
        1,
        &[
            figure(
                "goodput long after",
                "/s",
                "nothing is answered in time",
                Theory::Exact(|| 0.0),
                goodput_at_the_end,
            ),
            figure(
                "attempts",
                "/s",
                "each query is sent twice: 2 × 280",
                Theory::Exact(|| 560.0),
                attempts_at_the_end,
            ),
        ],
    ),
    target(
        "metastable-below",
        "Load lowered to 125 queries a second",
        HOTOS,
        METASTABLE_MODEL,
        || metastable(280, rate_later(125), 220),
        1,
        &[
            figure(
                "goodput long after",
                "/s",
                "below 300 / 2 it recovers",
                Theory::Exact(|| 125.0),
                goodput_at_the_end,
            ),
            figure("attempts", "/s", "no retries any more", Theory::Exact(|| 125.0), attempts_at_the_end),
        ],
    ),
    target(
        "metastable-above",
        "Load lowered to 160 queries a second",
        HOTOS,
        METASTABLE_MODEL,
        || metastable(280, rate_later(160), 220),
        1,
        &[
            figure(
                "goodput long after",
                "/s",
                "above 300 / 2 it does not",
                Theory::Exact(|| 0.0),
                goodput_at_the_end,
            ),
            figure("attempts", "/s", "2 × 160", Theory::Exact(|| 320.0), attempts_at_the_end),
        ],
    ),
    target(
        "metastable-budget-10",
        "An outage of 10 s, and at most 10 retries a second",
        HOTOS,
        METASTABLE_MODEL,
        || metastable_with_budget(10, 420),
        1,
        &[figure(
            "goodput long after",
            "/s",
            "below 300 - 280 = 20 retries a second it recovers",
            Theory::Exact(|| 280.0),
            goodput_at_the_end,
        )],
    ),
    target(
        "metastable-budget-30",
        "An outage of 10 s, and at most 30 retries a second",
        HOTOS,
        METASTABLE_MODEL,
        || metastable_with_budget(30, 420),
        1,
        &[figure(
            "goodput long after",
            "/s",
            "above 20 retries a second it does not",
            Theory::Exact(|| 0.0),
            goodput_at_the_end,
        )],
    ),
    target(
        "metastable-never",
        "280 queries a second, no outage",
        HOTOS,
        "the same without the outage: the state that it could have stayed in",
        || {
            Setup {
                seconds: 60,
                arrivals: json!({"constant": {"rate": 280}}),
                policy: json!({"attempts": 2, "attempt_timeout": "1s"}),
                origin: json!({"workers": 30, "queue": ENDLESS, "service_time": {"fixed": "100ms"}}),
                ..Setup::default()
            }
            .json()
        },
        1,
        &[figure("goodput", "/s", "280 < 300", Theory::Exact(|| 280.0), goodput_at_the_end)],
    ),
    target(
        "sre-queue",
        "A full line, ten times as long as there are threads",
        SRE_QUEUE,
        "10 threads of 100 ms and 100 places, all taken: 110 users who send again at once",
        || {
            Setup {
                seconds: 30,
                arrivals: json!({"closed": {"users": 110, "think": {"fixed": "0s"}}}),
                origin: json!({"workers": 10, "queue": 100, "service_time": {"fixed": "100ms"}}),
                ..Setup::default()
            }
            .json()
        },
        1,
        &[figure(
            "time of each request",
            "s",
            "10 × 100 ms in the line and 100 ms of work",
            Theory::Exact(|| 1.1),
            |run| {
                let steady =
                    |c: &&super::observed::Call| c.start.as_millis() >= 2_000 && c.end.as_millis() < 25_000;
                let took = || run.steady().filter(steady).map(|c| c.seconds());
                // All alike, or none that could be named.
                let (least, most) = (took().fold(f64::MAX, f64::min), took().fold(0.0, f64::max));
                if least < most { f64::INFINITY } else { most }
            },
        )],
    ),
    target(
        "sre-retry-growth",
        "A hundredth too much, and retries after a second",
        SRE_RETRIES,
        "10,000 queries a second are 100 workers of 10 ms; the line of 100 is full after the first second, so that what is too much is rejected from the second one on",
        || {
            Setup {
                seconds: 5,
                arrivals: json!({"constant": {"rate": 10_100}}),
                policy: json!({"attempts": 100, "delay": {"fixed": "1s"}}),
                origin: json!({"workers": 100, "queue": 100, "service_time": {"fixed": "10ms"}}),
                ..Setup::default()
            }
            .json()
        },
        1,
        &[
            figure("second second", "attempts", "10,100", Theory::Exact(|| 10_100.0), |run| {
                f64::from(run.window(1, 2).attempts)
            }),
            figure("third second", "attempts", "10,100 + 100", Theory::Exact(|| 10_200.0), |run| {
                f64::from(run.window(2, 3).attempts)
            }),
            figure("fourth second", "attempts", "10,100 + 200", Theory::Exact(|| 10_300.0), |run| {
                f64::from(run.window(3, 4).attempts)
            }),
        ],
    ),
];
