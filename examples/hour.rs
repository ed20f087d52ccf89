//! An hour at a thousand requests a second with a storm of retries in it: how long it takes, and what it holds.
//!
//! ```text
//! cargo run --release --no-default-features --example hour
//! ```

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measurement reads the machine's clock"
)]

use std::time::Instant;

use fivexx::sim::metrics::Metrics;
use fivexx::sim::time::{SimDuration, SimTime};
use fivexx::sim::{Scenario, Simulation};

const HOUR: &str = r#"{"horizon": "3600s",
    "clients": [{"policy": {"attempts": 4, "delay": {"exponential": {"base": "500ms", "factor": 2, "jitter": "full"}}, "attempt_timeout": "2s"},
                 "traffic": {"arrivals": {"poisson": {"rate": 1000}}}}],
    "gateways": [{"settings": {"read_timeout": "5s", "connect_timeout": "5s"}}],
    "origins": [{"id": "A", "settings": {"workers": 16}}, {"id": "B", "settings": {"workers": 16}}],
    "timeline": [{"at": "1200s", "do": {"inject": {"node": "database", "fault": {"slow_query": {"query_time": {"fixed": "400ms"}}}}}},
                 {"at": "1500s", "do": {"repair": {"node": "database", "fault": "slow_query"}}}]}"#;

fn main() {
    let scenario = match Scenario::from_json(HOUR) {
        Ok(scenario) => scenario,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    };
    let mut simulation = Simulation::new(&scenario, Metrics::new(&scenario, SimDuration::from_secs(6)));
    simulation.limit_events(u64::MAX);
    let started = Instant::now();
    let mut attempts = 0;
    for minute in (0..=60).step_by(5) {
        simulation.run_until(SimTime::from_secs(minute * 60));
        let total = simulation.observer().total();
        println!(
            "{minute:>2} min: {:>7.2?}, {:>9} attempts more, {:>7} answered 503; the run holds {:>5} KiB, the figures {:>4} KiB",
            started.elapsed(),
            total.attempts - attempts,
            total.answers.get(&503).copied().unwrap_or_default(),
            simulation.held() / 1024,
            simulation.observer().held() / 1024,
        );
        attempts = total.attempts;
    }
    println!(
        "{} events, {:.2} attempts a request",
        simulation.handled(),
        simulation.observer().amplification()
    );
}
