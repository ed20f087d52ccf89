//! Waiting lines: closed forms for Poisson arrivals.

use serde_json::json;

use super::observed::Run;
use super::setup::{ENDLESS, queue};
use super::target::{Area, Figure, Target, Theory, figure};
use crate::sim::time::SimDuration;

const KLEINROCK: &str = "Kleinrock, \"Queueing Systems, Volume 1: Theory\", 1975";
const ERLANG: &str = "Erlang, \"Solution of some problems in the theory of probabilities of significance in automatic telephone exchanges\", 1917; recursion: Kleinrock, \"Queueing Systems, Volume 1: Theory\", 1975, §3.5 and §3.6";

/// Erlang's B formula by its recursion: the share of customers who are lost in M/M/c/c.
pub(super) fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b))
}

/// Erlang's C formula: the share of customers who wait in M/M/c.
pub(super) fn erlang_c(servers: u32, offered: f64) -> f64 {
    let b = erlang_b(servers, offered);
    b / (1.0 - offered / f64::from(servers) * (1.0 - b))
}

/// The share of customers who are lost in M/M/1/K.
pub(super) fn loss(rho: f64, places: u32) -> f64 {
    let states: f64 = (0..=places).map(|n| libm::pow(rho, f64::from(n))).sum();
    libm::pow(rho, f64::from(places)) / states
}

fn exponential() -> serde_json::Value {
    json!({"exponential": "100ms"})
}

fn mean_inside(run: &Run) -> f64 {
    run.load().inside / run.steady_seconds()
}

fn utilisation(run: &Run) -> f64 {
    run.load().busy / run.steady_seconds()
}

fn mean_wait(run: &Run) -> f64 {
    let load = run.load();
    load.waiting / load.started.max(1) as f64
}

fn share_that_waits(run: &Run) -> f64 {
    let load = run.load();
    load.waited as f64 / load.arrived.max(1) as f64
}

fn mean_time(run: &Run) -> f64 {
    run.steady().map(|c| c.seconds()).sum::<f64>() / run.steady().count().max(1) as f64
}

fn share_lost(run: &Run) -> f64 {
    run.steady().filter(|c| c.status == 503).count() as f64 / run.steady().count().max(1) as f64
}

const WQ: &str = "mean wait Wq";
const LOST: &str = "share lost";
const WAITS: &str = "share that waits";
const BY_K: &str = "P_K = (1 - ρ) ρᴷ / (1 - ρᴷ⁺¹); 1 / (K + 1) where ρ = 1";
const BY_B: &str = "B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)), with a = λ / μ";
const BY_C: &str = "C = B / (1 - ρ (1 - B)), with ρ = a / c";
const BY_CW: &str = "Wq = C / (cμ - λ)";
const BY_PK: &str = "Wq = λ E[S²] / (2 (1 - ρ)) (Pollaczek and Khinchine)";

const WAITS_OF_CALLS: &str = "one origin whose workers are the servers; arrivals by a Poisson process";

/// A target of this area.
const fn target(
    id: &'static str,
    title: &'static str,
    source: &'static str,
    json: fn() -> String,
    seeds: u32,
    figures: &'static [Figure],
) -> Target {
    Target {
        id,
        title,
        area: Area::Queueing,
        source,
        model: WAITS_OF_CALLS,
        json,
        warm_up: SimDuration::from_secs(20),
        seeds,
        figures,
    }
}

/// The targets.
pub(super) const TARGETS: &[Target] = &[
    target(
        "mm1",
        "M/M/1 at λ = 8/s, μ = 10/s",
        KLEINROCK,
        || queue(8.0, exponential(), 1, ENDLESS, 2_000),
        20,
        &[
            figure("mean number inside L", "", "L = ρ / (1 - ρ)", Theory::Mean(|| 0.8 / 0.2), mean_inside),
            figure("mean time inside W", "s", "W = 1 / (μ - λ)", Theory::Mean(|| 1.0 / 2.0), mean_time),
            figure(WQ, "s", "Wq = ρ / (μ - λ)", Theory::Mean(|| 0.8 / 2.0), mean_wait),
            figure("utilisation ρ", "", "ρ = λ / μ", Theory::Mean(|| 0.8), utilisation),
            figure(
                "median of the time inside",
                "s",
                "W is exponential: ln 2 / (μ - λ)",
                Theory::Mean(|| libm::log(2.0) / 2.0),
                |run| run.quantile(0.5),
            ),
            figure(
                "99th percentile of the time inside",
                "s",
                "ln 100 / (μ - λ)",
                Theory::Mean(|| libm::log(100.0) / 2.0),
                |run| run.quantile(0.99),
            ),
            figure(
                "share inside for more than 1 s",
                "",
                "P(W > t) = exp(-(μ - λ) t)",
                Theory::Mean(|| libm::exp(-2.0)),
                |run| run.steady().filter(|c| c.seconds() > 1.0).count() as f64 / run.steady().count() as f64,
            ),
        ],
    ),
    target(
        "mm1-07",
        "M/M/1 at λ = 7/s, μ = 10/s",
        KLEINROCK,
        || queue(7.0, exponential(), 1, ENDLESS, 1_500),
        10,
        &[
            figure("mean number inside L", "", "L = ρ / (1 - ρ)", Theory::Mean(|| 0.7 / 0.3), mean_inside),
            figure(WQ, "s", "Wq = ρ / (μ - λ)", Theory::Mean(|| 0.7 / 3.0), mean_wait),
            figure("utilisation ρ", "", "ρ = λ / μ", Theory::Mean(|| 0.7), utilisation),
        ],
    ),
    target(
        "mm2",
        "M/M/2, a = 1.6",
        ERLANG,
        || queue(16.0, exponential(), 2, ENDLESS, 700),
        20,
        &[
            figure(WAITS, "", BY_C, Theory::Mean(|| erlang_c(2, 1.6)), share_that_waits),
            figure(WQ, "s", BY_CW, Theory::Mean(|| erlang_c(2, 1.6) / 4.0), mean_wait),
        ],
    ),
    target(
        "mm10-80",
        "M/M/10 at λ = 80/s, a = 8",
        ERLANG,
        || queue(80.0, exponential(), 10, ENDLESS, 220),
        12,
        &[
            figure(WAITS, "", BY_C, Theory::Mean(|| erlang_c(10, 8.0)), share_that_waits),
            figure(WQ, "s", BY_CW, Theory::Mean(|| erlang_c(10, 8.0) / 20.0), mean_wait),
        ],
    ),
    target(
        "mm10-90",
        "M/M/10 at λ = 90/s, a = 9",
        ERLANG,
        || queue(90.0, exponential(), 10, ENDLESS, 420),
        12,
        &[
            figure(WAITS, "", BY_C, Theory::Mean(|| erlang_c(10, 9.0)), share_that_waits),
            figure(WQ, "s", BY_CW, Theory::Mean(|| erlang_c(10, 9.0) / 10.0), mean_wait),
        ],
    ),
    target(
        "mm1-5-09",
        "M/M/1/5, ρ = 0.9",
        KLEINROCK,
        || queue(9.0, exponential(), 1, 4, 800),
        10,
        &[figure(LOST, "", BY_K, Theory::Mean(|| loss(0.9, 5)), share_lost)],
    ),
    target(
        "mm1-10-08",
        "M/M/1/10, ρ = 0.8",
        KLEINROCK,
        || queue(8.0, exponential(), 1, 9, 1_500),
        10,
        &[figure(LOST, "", BY_K, Theory::Mean(|| loss(0.8, 10)), share_lost)],
    ),
    target(
        "mm1-10-1",
        "M/M/1/10, ρ = 1",
        KLEINROCK,
        || queue(10.0, exponential(), 1, 9, 800),
        10,
        &[figure(LOST, "", BY_K, Theory::Mean(|| loss(1.0, 10)), share_lost)],
    ),
    target(
        "mm1-10-2",
        "M/M/1/10, ρ = 2",
        KLEINROCK,
        || queue(20.0, exponential(), 1, 9, 300),
        10,
        &[figure(LOST, "", BY_K, Theory::Mean(|| loss(2.0, 10)), share_lost)],
    ),
    target(
        "erlang-b-5",
        "Erlang B, 5 servers, 4 erlang",
        ERLANG,
        || queue(40.0, exponential(), 5, 0, 220),
        10,
        &[figure(LOST, "", BY_B, Theory::Mean(|| erlang_b(5, 4.0)), share_lost)],
    ),
    target(
        "erlang-b-10",
        "Erlang B, 10 servers, 8 erlang",
        ERLANG,
        || queue(80.0, exponential(), 10, 0, 120),
        10,
        &[figure(LOST, "", BY_B, Theory::Mean(|| erlang_b(10, 8.0)), share_lost)],
    ),
    target(
        "erlang-b-50",
        "Erlang B, 50 servers, 40 erlang",
        ERLANG,
        || queue(400.0, exponential(), 50, 0, 60),
        10,
        &[figure(LOST, "", BY_B, Theory::Mean(|| erlang_b(50, 40.0)), share_lost)],
    ),
    target(
        "md1",
        "M/D/1 at λ = 8/s, μ = 10/s",
        KLEINROCK,
        || queue(8.0, json!({"fixed": "100ms"}), 1, ENDLESS, 1_500),
        10,
        &[figure(WQ, "s", BY_PK, Theory::Mean(|| 8.0 * 0.01 / (2.0 * 0.2)), mean_wait)],
    ),
    target(
        "mu1",
        "M/G/1, service uniform from 0 to 200 ms, at λ = 7/s",
        KLEINROCK,
        || queue(7.0, json!({"uniform": {"low": "0s", "high": "200ms"}}), 1, ENDLESS, 1_500),
        10,
        &[figure(WQ, "s", BY_PK, Theory::Mean(|| 7.0 * (0.04 / 3.0) / (2.0 * 0.3)), mean_wait)],
    ),
    target(
        "mg1-c4",
        "M/G/1, hyperexponential service with C² = 4, at λ = 8/s, μ = 10/s",
        KLEINROCK,
        || queue(8.0, json!({"hyperexponential": {"mean": "100ms", "c2": 4}}), 1, ENDLESS, 6_000),
        20,
        &[figure(
            WQ,
            "s",
            BY_PK,
            Theory::Mean(|| {
                // λ m² (1 + C²) / (2 (1 - ρ)) with λ = 8, m = 0.1, ρ = 0.8.
                let squared = 0.1 * 0.1;
                8.0 * squared * (1.0 + 4.0) / (2.0 * (1.0 - 0.8))
            }),
            mean_wait,
        )],
    ),
    target(
        "mg1-log-normal",
        "M/G/1, log-normal service with σ = 0.5, at λ = 7/s, μ = 10/s",
        KLEINROCK,
        || queue(7.0, json!({"log_normal": {"mean": "100ms", "sigma": 0.5}}), 1, ENDLESS, 1_500),
        10,
        &[figure(
            WQ,
            "s",
            "as above, with 1 + C² = exp(σ²)",
            Theory::Mean(|| 7.0 * 0.01 * libm::exp(0.25) / (2.0 * 0.3)),
            mean_wait,
        )],
    ),
    target(
        "little",
        "Little's law in a run with everything in it",
        "Little, \"A Proof for the Queuing Formula: L = λW\", Operations Research 9(3), 1961",
        || {
            json!({
                "horizon": "3600s",
                "clients": [{
                    "policy": {"attempts": 3},
                    "traffic": {"arrivals": {"poisson": {"rate": 20}}, "until": "120s"},
                }],
                "origins": [{"settings": {"workers": 1, "queue": 50, "service_time": {"exponential": "40ms"}}}],
            })
            .to_string()
        },
        5,
        &[figure(
            "L / (λ W)",
            "",
            "L = λ W where a run begins and ends empty",
            Theory::Rounded(|| 1.0),
            |run| {
                let m = run.metrics();
                let nanos: u64 = run.calls().iter().map(|c| c.end.since(c.start).as_nanos()).sum();
                let rate = f64::from(m.total().offered) / m.end().as_secs_f64();
                let time = nanos as f64 / 1e9 / run.calls().len() as f64;
                m.mean_in_flight() / (rate * time)
            },
        )],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formulas_give_the_values_of_the_textbooks() {
        for (found, value) in [
            (erlang_b(5, 4.0), 0.19907),
            (erlang_b(10, 8.0), 0.12166),
            (erlang_b(50, 40.0), 0.01869),
            (erlang_c(2, 1.6), 0.71111),
            (erlang_c(10, 8.0), 0.40918),
            (erlang_c(10, 9.0), 0.66873),
            (erlang_c(10, 8.0) / 20.0, 0.020459),
            (erlang_c(10, 9.0) / 10.0, 0.066873),
            (loss(0.8, 10), 0.02349),
            (loss(1.0, 10), 0.09091),
            (loss(2.0, 10), 0.50024),
        ] {
            assert!((found - value).abs() < 0.6e-5, "{found}, not {value}");
        }
    }
}
