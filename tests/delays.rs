//! The waits that chance decides, against those of real clients (November 2026, loopback).
//!
//! Each line of `tests/recordings/delays.jsonl` is one experiment with every wait of each of its runs, in milliseconds:
//! the experiments of clients with jitter whose waits no header, no time-out and no rate limit has a part in. All
//! waits before the same retry of a client are one sample, the simulator's from many times the same experiments are the
//! other one, and a two-sample Kolmogorov-Smirnov test compares them. The end of a recording cuts long waits off, in
//! the simulator as well.

use std::collections::BTreeMap;

use fivexx::sim::client::{Delay, Jitter, Policy, profile};
use fivexx::sim::recorded::clients::ClientCell;
use fivexx::sim::time::SimDuration;
use serde::Deserialize;
use serde_json::Value;

/// The chance that any of all tests fails though every sample is from the same distribution.
const LEVEL: f64 = 0.05;
/// For each recorded run, so many simulated ones.
const TIMES: u64 = 40;
/// Fewer waits than this say nothing.
const LEAST: usize = 5;

/// Waits within so many milliseconds are no chance, but at their cap.
const CERTAIN: f64 = 20.0;

/// A client's configuration, and which retry.
type Place = (String, usize);

/// The recorded and the simulated waits before each retry of each client.
struct Samples(BTreeMap<Place, (Vec<f64>, Vec<f64>)>);

impl Samples {
    /// The simulated ones are of the client's policy, changed.
    fn of(client: impl Fn(&str) -> bool, change: impl Fn(&mut Policy)) -> Self {
        let mut samples: BTreeMap<Place, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        // No two runs share their draws.
        let mut seed = 0;
        for line in include_str!("recordings/delays.jsonl").lines() {
            let line: Value = serde_json::from_str(line).expect("a recording");
            let cell = ClientCell::deserialize(&line).expect("a cell");
            let runs: Vec<Vec<f64>> = serde_json::from_value(line["runs"].clone()).expect("waits");
            let id = format!("{}/{}", cell.client, cell.config);
            if !client(&id) {
                continue;
            }
            for (retry, wait) in runs.iter().flat_map(|waits| waits.iter().enumerate()) {
                samples.entry((id.clone(), retry)).or_default().0.push(*wait);
            }
            let mut trial = cell.trial(0).expect("what the profiles have");
            change(&mut trial.policy);
            for _ in 0..runs.len() as u64 * TIMES {
                seed += 1;
                trial.seed = seed;
                let tried = trial.run();
                let seen = tried.attempts.partition_point(|(start, _)| *start <= cell.stopped(seed));
                for (retry, wait) in tried.delays().into_iter().take(seen.saturating_sub(1)).enumerate() {
                    samples.entry((id.clone(), retry)).or_default().1.push(wait.as_secs_f64() * 1e3);
                }
            }
        }
        samples.retain(|_, (recorded, simulated)| {
            let spread = |waits: &[f64]| {
                let ends =
                    waits.iter().fold((f64::MAX, f64::MIN), |(a, b), wait| (a.min(*wait), b.max(*wait)));
                ends.1 - ends.0
            };
            recorded.len() >= LEAST && spread(simulated) >= CERTAIN
        });
        Self(samples)
    }

    /// Of each place the p-value, the statistic and the number of recorded waits; the least likely first.
    fn tested(self) -> Vec<(f64, f64, usize, Place)> {
        let test = |(place, (recorded, simulated)): (Place, (Vec<f64>, Vec<f64>))| {
            let (n, d) = (recorded.len(), distance(recorded, &simulated));
            let effective = (n * simulated.len()) as f64 / (n + simulated.len()) as f64;
            let p = beyond(effective.sqrt() * d);
            (p, d, n, place)
        };
        let mut tested: Vec<_> = self.0.into_iter().map(test).collect();
        tested.sort_by(|a, b| a.0.total_cmp(&b.0));
        tested
    }
}

/// The greatest distance between the shares of two samples that are not above a value, over all values.
fn distance(mut a: Vec<f64>, b: &[f64]) -> f64 {
    let mut b = b.to_vec();
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let share = |sample: &[f64], value: f64| {
        sample.partition_point(|other| *other <= value) as f64 / sample.len() as f64
    };
    a.iter().chain(&b).map(|value| (share(&a, *value) - share(&b, *value)).abs()).fold(0.0, f64::max)
}

/// The chance that Kolmogorov's statistic is greater: 2 Σ (-1)ᵏ⁻¹ exp(-2k²x²) over k from 1.
///
/// Source: Smirnov, "Table for estimating the goodness of fit of empirical distributions", Annals of Mathematical
/// Statistics 19 (1948). It holds for large samples; for small ones the true chance is less.
fn beyond(x: f64) -> f64 {
    // The series needs some 3 / x terms; below 0.2 the chance is 1 to twelve digits.
    if x < 0.2 {
        return 1.0;
    }
    let term = |k: u32| {
        let k = f64::from(k);
        libm::exp(-2.0 * k * k * x * x)
    };
    (1..=50).map(|k| if k % 2 == 1 { 2.0 * term(k) } else { -2.0 * term(k) }).sum::<f64>().clamp(0.0, 1.0)
}

/// Holm's procedure (1979): the tests that fail where all of them together may do so with the level's chance.
fn rejected(tested: &[(f64, f64, usize, Place)]) -> Vec<String> {
    let fails = |(i, test): &(usize, &(f64, f64, usize, Place))| test.0 <= LEVEL / (tested.len() - i) as f64;
    let words = |(_, (p, d, n, (id, retry))): (usize, &(f64, f64, usize, Place))| {
        format!("{id}, retry {}: D = {d:.3} of {n} waits, p = {p:.2e}", retry + 1)
    };
    tested.iter().enumerate().take_while(fails).map(words).collect()
}

#[test]
fn the_statistic_and_its_distribution_are_those_of_the_tables() {
    // The critical values of the tables for 10, 5 and 1 %.
    for (x, p) in [(1.2239, 0.10), (1.3581, 0.05), (1.6276, 0.01)] {
        assert!((beyond(x) - p).abs() < 1e-4, "{x}: {}", beyond(x));
    }
    assert!(beyond(0.2) > 0.999_999 && beyond(0.0) > 0.999_999);
    // By hand: up to 2 there are two of three, and one of four; up to 3 three of three, and one of four.
    assert!((distance(vec![1.0, 2.0, 3.0], &[2.0, 4.0, 5.0, 6.0]) - 0.75).abs() < 1e-12);
    assert!(distance(vec![1.0, 2.0], &[2.0, 1.0]) < 1e-12);
}

#[test]
fn waits_are_spread_as_those_of_the_real_clients() {
    let tested = Samples::of(|_| true, |_| ()).tested();
    assert!(
        tested.len() >= 90 && tested.iter().map(|t| t.2).sum::<usize>() >= 2_500,
        "{} tests",
        tested.len()
    );
    assert_eq!(rejected(&tested), Vec::<String>::new());
    // A slight difference everywhere fails no single test. One in ten has p < 0.1 by chance: 10.6 of 106, with a
    // standard deviation of 3.1.
    let small = tested.iter().filter(|t| t.0 < 0.1).count();
    assert!(small <= 23, "{small} of {} tests have p < 0.1: {:?}", tested.len(), &tested[..small]);
}

/// Another jitter in place of the client's own.
fn jittered(instead: Jitter) -> impl Fn(&mut Policy) {
    move |policy| match &mut policy.delay {
        Delay::Exponential { jitter, .. } => *jitter = instead,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn another_jitter_is_found_out() {
    let half = SimDuration::from_millis(500);
    for (id, instead) in [
        ("tenacity+requests/random_expo_1_max60_stop5", Jitter::Equal),
        ("google-api-core+requests/default", Jitter::PlusMinus(0.5)),
        ("reqwest-retry/exponential_max3", Jitter::Bounded(half)),
        ("reqwest-retry/exponential_max3_bounded", Jitter::Full),
        ("stamina+requests/default", Jitter::Proportional(1.0)),
        ("cockatiel+fetch/retry3_expo", Jitter::Full),
        ("boto3/s3_standard", Jitter::Decorrelated),
        ("axios-retry/exponentialDelay", Jitter::Proportional(0.1)),
        ("got/limit5", Jitter::Additive(SimDuration::from_millis(50))),
        ("tower-retry+reqwest/budget_default", Jitter::Proportional(0.99)),
    ] {
        assert!(profile(id).is_some(), "{id}");
        let tested = Samples::of(|client| client == id, jittered(instead)).tested();
        assert!(!rejected(&tested).is_empty(), "{id} would pass with {instead:?}: {tested:?}");
    }
}
