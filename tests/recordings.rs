//! The simulator against recordings of real gateways (November 2026, loopback).
//!
//! Each line of `tests/recordings/<gateway>.jsonl` is one experiment: configuration, fault, method, and what the
//! client got. Every one of them must agree in status, outcome, connections, time, later requests, and for the
//! gateway's own answers in headers and body. Where a product begins at any origin of a pool, one beginning must agree,
//! and later requests are not compared. What is known to differ stands in `<gateway>.known`, each with the
//! reason, and must differ: a difference that is gone has to be struck out.

use std::collections::{BTreeMap, BTreeSet};

use fivexx::sim::message::Method;
use fivexx::sim::recorded::Cell;
use serde::Deserialize;

/// Headers whose values no two answers share.
const VARIES: [&str; 9] = [
    "date",
    "expires",
    "age",
    "x-varnish",
    "x-request-id",
    "etag",
    "last-modified",
    "keep-alive",
    "x-envoy-upstream-service-time",
];

#[derive(Deserialize)]
struct Recording {
    profile: String,
    fault: String,
    method: Method,
    status: Option<u16>,
    outcome: String,
    connects: Option<BTreeMap<String, u32>>,
    elapsed_ms: f64,
    later: Vec<Option<u16>>,
    body: Option<String>,
    headers: Option<Vec<(String, String)>>,
}

/// Products that begin at any origin of a pool.
const BY_CHANCE: [&str; 3] = ["caddy", "envoy", "traefik"];

/// What disagrees, in words; nothing if all agrees.
fn differences(gateway: &str, seen: &Recording) -> Vec<String> {
    if !BY_CHANCE.contains(&gateway) || !seen.profile.contains("pool2") {
        return differences_with(gateway, seen, 1);
    }
    // Among these seeds there are some that begin at A and some that begin at B, and at products that draw at random
    // some that meet the faulty origin several times before the other.
    let mut least: Option<Vec<String>> = None;
    for seed in 1..=256 {
        let wrong = differences_with(gateway, seen, seed);
        if wrong.is_empty() {
            return wrong;
        }
        if least.as_ref().is_none_or(|least| wrong.len() < least.len()) {
            least = Some(wrong);
        }
    }
    least.unwrap_or_default()
}

fn differences_with(gateway: &str, seen: &Recording, seed: u64) -> Vec<String> {
    let cell = Cell {
        gateway: gateway.to_owned(),
        profile: seen.profile.clone(),
        fault: seen.fault.clone(),
        method: seen.method,
    };
    let said = match cell.predict_with(seed) {
        Ok(said) => said,
        Err(missing) => return vec![format!("not built: {}", missing.0)],
    };
    let by_chance = BY_CHANCE.contains(&gateway) && seen.profile.contains("pool2");
    let mut wrong = Vec::new();
    let mut compare = |what: &str, seen: String, said: String| {
        if seen != said {
            wrong.push(format!("{what} was {seen}, predicted {said}"));
        }
    };
    compare("status", format!("{:?}", seen.status), format!("{:?}", said.status));
    compare("outcome", seen.outcome.clone(), said.client_outcome.to_owned());
    if let Some(connects) = &seen.connects {
        let said: BTreeMap<String, u32> = said.connects.iter().cloned().collect();
        let counts = |of: &BTreeMap<String, u32>| {
            let mut counts: Vec<_> = of.values().copied().collect();
            counts.sort_unstable();
            format!("{counts:?}")
        };
        if by_chance && seen.profile.ends_with("alldown") {
            compare("connects", counts(connects), counts(&said));
        } else {
            compare("connects", format!("{connects:?}"), format!("{said:?}"));
        }
    }
    if !by_chance {
        compare("later", format!("{:?}", seen.later), format!("{:?}", said.statuses));
    }
    if let Some((headers, body)) = &said.answer {
        if let Some(seen) = &seen.body {
            compare("body", unnumbered(seen), unnumbered(body));
        }
        if let Some(seen) = &seen.headers {
            let seen: Vec<_> =
                seen.iter().filter(|(n, _)| !VARIES.contains(&n.to_ascii_lowercase().as_str())).collect();
            let headers: Vec<_> = headers
                .iter()
                .filter(|(n, _)| !VARIES.contains(&n.to_ascii_lowercase().as_str()))
                // The number has more digits or fewer.
                .filter(|(n, _)| n != "Content-Length" || !body.contains("XID: "))
                .cloned()
                .collect();
            compare("headers", format!("{seen:?}"), format!("{headers:?}"));
        }
    }
    // Timings below 30 ms are noise of the machine that recorded; 80 ms or 6 % is the tolerance for all.
    let said_ms = said.elapsed.as_secs_f64() * 1e3;
    if (said_ms - seen.elapsed_ms).abs() > f64::max(80.0, 0.06 * seen.elapsed_ms) {
        wrong.push(format!("elapsed was {} ms, predicted {said_ms} ms", seen.elapsed_ms));
    }
    wrong
}

/// A page of Varnish without the number of its transaction.
fn unnumbered(page: &str) -> String {
    let Some((before, after)) = page.split_once("XID: ") else { return page.to_owned() };
    format!("{before}XID: {}", after.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// Compares every recording of a gateway; those that are known to differ must differ still.
fn compare(gateway: &str, recordings: &str, known: &str, least: usize) {
    let known: BTreeSet<String> = known
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").expect("a known difference has a reason").0.to_owned())
        .collect();
    let mut wrong = String::new();
    let mut met = BTreeSet::new();
    let (mut count, mut at_once) = (0, 0);
    for line in recordings.lines() {
        let seen: Recording = serde_json::from_str(line).expect("a recording");
        count += 1;
        let cell = format!("{} {} {}", seen.profile, seen.fault, seen.method);
        at_once += usize::from(differences_with(gateway, &seen, 1).is_empty());
        let differences = differences(gateway, &seen);
        match (known.contains(&cell), differences.is_empty()) {
            (false, true) => {}
            (true, false) => {
                met.insert(cell);
            }
            (true, true) => wrong.push_str(&format!("{cell} agrees now: strike it from the known ones\n")),
            (false, false) => {
                for difference in differences {
                    wrong.push_str(&format!("{cell}: {difference}\n"));
                }
            }
        }
    }
    println!(
        "{gateway}: {} of {count} recordings agree in full, {at_once} of them in the first run",
        count - met.len()
    );
    let stray: Vec<_> = known.difference(&met).collect();
    assert!(wrong.is_empty() && stray.is_empty(), "{gateway}:\n{wrong}not recorded: {stray:?}");
    assert!(count >= least, "only {count} recordings of {gateway} were compared");
}

#[test]
fn envoy() {
    compare("envoy", include_str!("recordings/envoy.jsonl"), include_str!("recordings/envoy.known"), 300);
}

#[test]
fn caddy() {
    compare("caddy", include_str!("recordings/caddy.jsonl"), include_str!("recordings/caddy.known"), 476);
}

#[test]
fn varnish() {
    compare(
        "varnish",
        include_str!("recordings/varnish.jsonl"),
        include_str!("recordings/varnish.known"),
        300,
    );
}

#[test]
fn nginx() {
    compare("nginx", include_str!("recordings/nginx.jsonl"), include_str!("recordings/nginx.known"), 334);
}

#[test]
fn haproxy() {
    compare(
        "haproxy",
        include_str!("recordings/haproxy.jsonl"),
        include_str!("recordings/haproxy.known"),
        360,
    );
}

#[test]
fn apache() {
    compare("apache", include_str!("recordings/apache.jsonl"), include_str!("recordings/apache.known"), 301);
}

#[test]
fn traefik() {
    compare(
        "traefik",
        include_str!("recordings/traefik.jsonl"),
        include_str!("recordings/traefik.known"),
        350,
    );
}
