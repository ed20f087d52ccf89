//! A long run with figures alone takes no more memory than a short one.
//!
//! `cargo run --release --no-default-features --example hour` does the same for an hour at a thousand requests a second.

use fivexx::sim::metrics::Metrics;
use fivexx::sim::time::{SimDuration, SimTime};
use fivexx::sim::trace::Stop;
use fivexx::sim::{Scenario, Simulation};

/// Ten minutes with two storms of retries, one in each half.
fn stormy(rate: u32) -> Scenario {
    let storm = |from: u32, to: u32| {
        format!(
            r#"{{"at": "{from}s", "do": {{"inject": {{"node": "A", "fault": {{"process_down": {{}}}}}}}}}},
               {{"at": "{to}s", "do": {{"repair": {{"node": "A", "fault": "process_down"}}}}}}"#
        )
    };
    let json = format!(
        r#"{{"horizon": "600s", "clients": [{{"policy": {{"attempts": 4, "delay": {{"fixed": "500ms"}}}}, "traffic": {{"arrivals": {{"poisson": {{"rate": {rate}}}}}}}}}],
            "gateways": [{{"settings": {{"read_timeout": "2s", "connect_timeout": "2s"}}}}], "timeline": [{}, {}]}}"#,
        storm(100, 200),
        storm(400, 500)
    );
    Scenario::from_json(&json).expect("a scenario")
}

/// The most that the run and its figures held in each half, in bytes, and the attempts that it made.
fn held(rate: u32) -> ([usize; 2], usize, u32) {
    let scenario = stormy(rate);
    let mut simulation = Simulation::new(&scenario, Metrics::new(&scenario, SimDuration::from_secs(10)));
    let mut most = [0; 2];
    for second in 0..600 {
        simulation.run_until(SimTime::from_secs(second));
        let half = &mut most[second as usize / 300];
        *half = simulation.held().max(*half);
    }
    simulation.finish();
    assert_ne!(simulation.stop(), Stop::EventLimit);
    (most, simulation.observer().held(), simulation.observer().total().attempts)
}

#[test]
fn a_run_holds_what_is_under_way_and_not_what_is_over() {
    let (low, figures_low, few) = held(3);
    let (high, figures_high, many) = held(30);
    assert!(few > 2_500 && many > 30_000, "{few} and {many} attempts");
    // The second storm holds no more than the first; a bit of chance apart.
    for [first, second] in [low, high] {
        assert!(first > 1_000 && second < first * 3 / 2, "{first} bytes, then {second}");
    }
    // Ten times the traffic is ten times as much under way, in figures of the same size.
    assert!(high[0] < low[0] * 20, "{low:?} and {high:?}");
    assert!(figures_high < figures_low * 2 && figures_high < 200_000, "{figures_low} and {figures_high}");
}
