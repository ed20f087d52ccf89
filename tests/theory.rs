//! The simulator against queueing theory.
//!
//! Each target has its formula; the simulated figure is the mean over independent seeds, and it must lie
//! within the 99.9 % confidence interval that those seeds give (Student's t), never within a bound set by eye.

use fivexx::sim::metrics::Metrics;
use fivexx::sim::scenario::{
    App, Arrivals, Client, Distribution, Gateway, Link, Origin, OriginSettings, Scenario, Share, Traffic,
};
use fivexx::sim::simulation::Simulation;
use fivexx::sim::time::SimDuration;
use fivexx::sim::trace::NodeId;

const SEEDS: u64 = 10;
/// The two-sided 99.9 % quantile of Student's t with nine degrees of freedom.
const T: f64 = 4.781;
/// The origin of the scenarios below: after one client and one gateway.
const ORIGIN: NodeId = NodeId(2);

/// A queue: Poisson arrivals, some workers, a line, and nothing in between that takes time.
fn queue(rate: f64, service: Distribution, workers: u32, line: u32, seconds: u64) -> Scenario {
    let link = Link { latency: SimDuration::ZERO, ..Link::default() };
    let traffic = Traffic { arrivals: Arrivals::Poisson { rate }, mix: vec![Share::default()], until: None };
    Scenario {
        horizon: SimDuration::from_secs(seconds),
        clients: vec![Client { traffic: Some(traffic), ..Client::default() }],
        gateways: vec![Gateway { link: link.clone(), ..Gateway::default() }],
        origins: vec![Origin {
            link,
            app: App::Probe,
            settings: OriginSettings {
                workers: Some(workers),
                queue: Some(line),
                service_time: Some(service),
                ..OriginSettings::default()
            },
            ..Origin::default()
        }],
        dependencies: Vec::new(),
        ..Scenario::default()
    }
}

/// Compares a figure with theory over independent seeds.
fn agrees(what: &str, scenario: &Scenario, theory: f64, figure: impl Fn(&Metrics) -> f64) {
    let figures: Vec<f64> = (0..SEEDS)
        .map(|seed| {
            let scenario = Scenario { seed, ..scenario.clone() };
            let mut simulation = Simulation::new(&scenario, Metrics::new(&scenario, scenario.horizon));
            simulation.finish();
            figure(simulation.observer())
        })
        .collect();
    let n = figures.len() as f64;
    let mean = figures.iter().sum::<f64>() / n;
    let deviation = (figures.iter().map(|f| (f - mean) * (f - mean)).sum::<f64>() / (n - 1.0)).sqrt();
    let margin = T * deviation / n.sqrt();
    println!("{what}: theory {theory:.5}, simulated {mean:.5} ± {margin:.5}");
    assert!(
        (mean - theory).abs() <= margin,
        "{what}: theory {theory}, simulated {mean} ± {margin} (seeds 0 to {SEEDS})"
    );
    assert!(margin < 0.25 * theory, "{what}: the interval ± {margin} is too wide to prove anything");
}

fn mean_wait(m: &Metrics) -> f64 {
    let load = m.load(ORIGIN);
    load.waiting / load.started as f64
}

/// Erlang's C formula: the share of customers who wait in M/M/c.
fn erlang_c(servers: u32, offered: f64) -> f64 {
    let b = erlang_b(servers, offered);
    let c = f64::from(servers);
    c * b / (c - offered * (1.0 - b))
}

/// Erlang's B formula: the share of customers who are lost in M/M/c/c, by its recursion.
fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b))
}

const ENDLESS: u32 = 1_000_000;

fn exponential(millis: u64) -> Distribution {
    Distribution::Exponential(SimDuration::from_millis(millis))
}

#[test]
fn m_m_1() {
    // ρ = 0.7: Wq = ρ / (μ - λ), L = ρ / (1 - ρ).
    let scenario = queue(7.0, exponential(100), 1, ENDLESS, 3_000);
    agrees("M/M/1 mean wait (s)", &scenario, 0.7 / 3.0, mean_wait);
    agrees("M/M/1 mean number inside", &scenario, 0.7 / 0.3, |m| {
        m.load(ORIGIN).inside / m.end().as_secs_f64()
    });
    agrees("M/M/1 utilisation", &scenario, 0.7, |m| m.load(ORIGIN).busy / m.end().as_secs_f64());
}

#[test]
fn m_m_c_and_erlang_c() {
    // λ = 80, μ = 10, c = 10: a = 8.
    let scenario = queue(80.0, exponential(100), 10, ENDLESS, 300);
    let waits = erlang_c(10, 8.0);
    agrees("M/M/10 share that waits", &scenario, waits, |m| {
        let load = m.load(ORIGIN);
        load.waited as f64 / load.arrived as f64
    });
    agrees("M/M/10 mean wait (s)", &scenario, waits / (100.0 - 80.0), mean_wait);
}

#[test]
fn m_m_1_k_loses_as_many_as_theory_says() {
    // ρ = 0.9, K = 5 (one worked on, four in line): P(loss) = (1 - ρ) ρ^K / (1 - ρ^(K+1)).
    let rho: f64 = 0.9;
    let loss = (1.0 - rho) * libm::pow(rho, 5.0) / (1.0 - libm::pow(rho, 6.0));
    let scenario = queue(9.0, exponential(100), 1, 4, 2_000);
    agrees("M/M/1/5 share lost", &scenario, loss, |m| {
        let total = m.total();
        f64::from(total.answers.get(&503).copied().unwrap_or_default()) / f64::from(total.offered)
    });
}

#[test]
fn erlang_b_loses_as_many_as_theory_says() {
    let scenario = queue(80.0, exponential(100), 10, 0, 300);
    agrees("Erlang B, 10 servers, 8 erlang", &scenario, erlang_b(10, 8.0), |m| {
        let total = m.total();
        f64::from(total.answers.get(&503).copied().unwrap_or_default()) / f64::from(total.offered)
    });
}

#[test]
fn m_g_1_by_pollaczek_and_khinchine() {
    // Wq = λ E[S²] / (2 (1 - ρ)). Deterministic service: E[S²] = s². Uniform over [0, 2s]: E[S²] = 4 s² / 3.
    let scenario = queue(7.0, Distribution::Fixed(SimDuration::from_millis(100)), 1, ENDLESS, 3_000);
    agrees("M/D/1 mean wait (s)", &scenario, 7.0 * 0.01 / 0.6, mean_wait);
    let uniform = Distribution::Uniform { low: SimDuration::ZERO, high: SimDuration::from_millis(200) };
    let scenario = queue(7.0, uniform, 1, ENDLESS, 3_000);
    agrees("M/U/1 mean wait (s)", &scenario, 7.0 * 0.04 / 3.0 / 0.6, mean_wait);
}

#[test]
fn little_s_law_holds_in_a_run_with_everything_in_it() {
    // L = λ W, exactly, where a run starts and ends empty: both sides are the same sum taken in two ways.
    let mut scenario = queue(20.0, exponential(40), 1, 50, 120);
    scenario.horizon = SimDuration::from_secs(3_600);
    scenario.dependencies = fivexx::sim::scenario::Scenario::default().dependencies;
    scenario.origins[0].app = App::Orders;
    scenario.clients[0].policy.attempts = Some(3);
    if let Some(traffic) = &mut scenario.clients[0].traffic {
        traffic.until = Some(fivexx::sim::time::SimTime::from_secs(120));
    }
    let mut simulation = Simulation::new(&scenario, Metrics::new(&scenario, scenario.horizon));
    simulation.finish();
    let m = simulation.observer();
    let arrival_rate = f64::from(m.total().offered) / m.end().as_secs_f64();
    let product = arrival_rate * m.mean_latency().as_secs_f64();
    assert!(
        (m.mean_in_flight() - product).abs() < 1e-6 * product,
        "L {} and λW {product}",
        m.mean_in_flight()
    );
    assert!(product > 0.5, "the system was not empty all the time: {product}");
}

#[test]
fn availability_and_load_follow_the_failure_share() {
    // A share f of answers fails, N retries at once: availability 1 - f^(N+1), load (1 - f^(N+1)) / (1 - f).
    for (f, availability, load) in [(0.5, 0.9375, 1.875), (0.75, 0.68359375, 2.734375)] {
        let mut scenario = queue(100.0, Distribution::Fixed(SimDuration::from_millis(1)), 1_000, 0, 60);
        scenario.clients[0].policy.attempts = Some(4);
        scenario.clients[0].policy.statuses = vec![500];
        scenario.origins[0].faults = vec![fivexx::sim::fault::UnhandledException { share: f }.into()];
        agrees(&format!("availability at f = {f}"), &scenario, availability, |m| {
            let t = m.total();
            f64::from(t.good) / f64::from(t.good + t.failed)
        });
        agrees(&format!("load at f = {f}"), &scenario, load, Metrics::amplification);
    }
}
