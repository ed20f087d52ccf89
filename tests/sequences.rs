//! The simulator against recorded sequences: steady requests through a real gateway while its origins fail and come
//! back (November 2026, loopback).
//!
//! Each line of `tests/recordings/sequences/<gateway>.jsonl` defines one sequence and tells the status of each of its
//! requests. Second by second the shares of the statuses must agree: by 95 % on the whole (90 % over three seconds
//! where a gateway picks among origins by chance), and by 75 % in the seconds in which not every answer was a 200.
//! What is known to differ stands in `<gateway>.known`, each with the reason, and must differ.

use std::collections::{BTreeMap, BTreeSet};

use fivexx::sim::recorded::Sequence;
use fivexx::sim::time::SimTime;
use serde_json::Value;

/// The statuses of each second.
type Seconds = BTreeMap<u64, Vec<Option<u16>>>;

fn by_second(requests: impl Iterator<Item = (SimTime, Option<u16>)>) -> Seconds {
    let mut seconds = Seconds::new();
    for (at, status) in requests {
        seconds.entry(at.as_millis() / 1_000).or_default().push(status);
    }
    seconds
}

/// The share of each status in the `width` seconds from `start`.
fn shares(seconds: &Seconds, start: u64, width: u64) -> BTreeMap<Option<u16>, f64> {
    let statuses: Vec<_> = seconds.range(start..start + width).flat_map(|(_, s)| s).collect();
    let mut shares = BTreeMap::new();
    for status in &statuses {
        *shares.entry(**status).or_default() += 1.0 / statuses.len() as f64;
    }
    shares
}

/// How far two runs agree: on the whole, and in the seconds of trouble.
fn agreement(seen: &Seconds, said: &Seconds, width: u64) -> (f64, f64) {
    let well = |shares: &BTreeMap<Option<u16>, f64>| shares.keys().eq([&Some(200)]);
    let mut all = Vec::new();
    let mut trouble = Vec::new();
    let last = seen.keys().last().copied().unwrap_or_default();
    for start in (0..=last).step_by(width as usize) {
        let (a, b) = (shares(seen, start, width), shares(said, start, width));
        if a.is_empty() {
            continue;
        }
        let share = |of: &BTreeMap<_, f64>, status| of.get(status).copied().unwrap_or_default();
        let statuses: BTreeSet<_> = a.keys().chain(b.keys()).collect();
        let apart = statuses.iter().map(|s| (share(&a, s) - share(&b, s)).abs()).sum::<f64>() / 2.0;
        all.push(1.0 - apart);
        if !well(&a) || !well(&b) {
            trouble.push(1.0 - apart);
        }
    }
    let mean = |of: &[f64]| if of.is_empty() { 1.0 } else { of.iter().sum::<f64>() / of.len() as f64 };
    (mean(&all), mean(&trouble))
}

/// Compares every sequence of a gateway; those that are known to differ must differ still.
fn compare(gateway: &str, recordings: &str, known: &str, by_chance: bool, least: usize) {
    let known: BTreeSet<&str> = known
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").expect("a known difference has a reason").0)
        .collect();
    let mut wrong = String::new();
    let (mut count, mut agreed, mut in_trouble) = (0, 0, 0.0);
    for line in recordings.lines() {
        count += 1;
        let line: Value = serde_json::from_str(line).expect("a recording is JSON");
        let sequence = Sequence::read(&line).expect("a recording is a definition");
        let statuses = line["statuses"].as_array().expect("a recording has statuses");
        let statuses = statuses.iter().map(|s| s.as_u64().map(|s| s as u16));
        let seen = by_second(sequence.arrivals.iter().copied().zip(statuses));
        let width = if by_chance && sequence.origins > 1 { 3 } else { 1 };
        let outcome = sequence.predict().map(|fared| {
            let said = by_second(fared.iter().map(|f| (f.at, f.status)));
            agreement(&seen, &said, width)
        });
        let least = if width > 1 { 0.9 } else { 0.95 };
        let agrees = matches!(outcome, Ok((all, trouble)) if all >= least && trouble >= 0.75);
        agreed += usize::from(agrees);
        in_trouble += outcome.as_ref().map_or(0.0, |(_, trouble)| *trouble);
        match (known.contains(sequence.name.as_str()), agrees) {
            (false, true) | (true, false) => {}
            (true, true) => {
                wrong.push_str(&format!("{} agrees now: strike it from the known ones\n", sequence.name));
            }
            (false, false) => wrong.push_str(&format!("{}: {outcome:?}\n", sequence.name)),
        }
    }
    println!(
        "{gateway}: {agreed} of {count} sequences agree in full, the seconds of trouble to {:.1} %",
        100.0 * in_trouble / count as f64
    );
    assert!(wrong.is_empty(), "{gateway} (all seconds, seconds of trouble):\n{wrong}");
    assert!(count >= least, "only {count} sequences of {gateway} were compared");
}

macro_rules! sequences {
    ($gateway:ident, by_chance: $by_chance:literal, least: $least:literal) => {
        #[test]
        fn $gateway() {
            compare(
                stringify!($gateway),
                include_str!(concat!("recordings/sequences/", stringify!($gateway), ".jsonl")),
                include_str!(concat!("recordings/sequences/", stringify!($gateway), ".known")),
                $by_chance,
                $least,
            );
        }
    };
}

sequences!(nginx, by_chance: false, least: 13);
sequences!(envoy, by_chance: true, least: 8);
sequences!(caddy, by_chance: true, least: 13);
sequences!(varnish, by_chance: false, least: 13);
sequences!(haproxy, by_chance: false, least: 9);
sequences!(apache, by_chance: false, least: 11);
sequences!(traefik, by_chance: true, least: 9);
