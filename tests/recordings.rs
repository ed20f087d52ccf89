//! The simulator against recordings of a real nginx 1.22.1 (November 2026, Debian, loopback).
//!
//! Each line of `tests/recordings/nginx.jsonl` is one experiment: configuration, fault, method, and what the
//! client got. Every one of them must agree in status, outcome, connections, time, later requests, and for
//! nginx's own answers in headers and body. There are no known differences.

use std::collections::BTreeMap;

use fivexx::sim::message::Method;
use fivexx::sim::recorded::Cell;
use serde::Deserialize;

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

/// What disagrees, in words; nothing if all agrees.
fn differences(seen: &Recording) -> Vec<String> {
    let cell = Cell {
        gateway: "nginx".to_owned(),
        profile: seen.profile.clone(),
        fault: seen.fault.clone(),
        method: seen.method,
    };
    let said = match cell.predict() {
        Ok(said) => said,
        Err(missing) => return vec![format!("not built: {}", missing.0)],
    };
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
        compare("connects", format!("{connects:?}"), format!("{said:?}"));
    }
    compare("later", format!("{:?}", seen.later), format!("{:?}", said.statuses));
    if let Some((headers, body)) = &said.answer {
        if let Some(seen) = &seen.body {
            compare("body", seen.clone(), body.clone());
        }
        if let Some(seen) = &seen.headers {
            let headers: Vec<_> = headers.iter().filter(|(n, _)| n != "Date").cloned().collect();
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

#[test]
fn every_recorded_nginx_experiment_agrees_in_full() {
    let mut wrong = String::new();
    let mut count = 0;
    for line in include_str!("recordings/nginx.jsonl").lines() {
        let seen: Recording = serde_json::from_str(line).expect("a recording");
        count += 1;
        for difference in differences(&seen) {
            wrong.push_str(&format!("{} {} {}: {difference}\n", seen.profile, seen.fault, seen.method));
        }
    }
    assert!(count > 300, "only {count} recordings were compared");
    assert!(wrong.is_empty(), "{wrong}");
}
