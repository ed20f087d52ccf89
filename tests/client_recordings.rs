//! The simulator against recordings of real clients (November 2026, loopback).
//!
//! Each line of `tests/recordings/clients.jsonl` is one configuration of one client that met one trouble with one
//! method: how many attempts it made, the least and most of each wait, and what its last attempt met. What is known
//! to differ stands in `clients.known`, each with the reason, and must differ. `budgets.jsonl` are retry quotas that
//! run dry, `breakers.jsonl` circuit breakers in an outage.

use std::collections::{BTreeMap, BTreeSet};

use fivexx::sim::Scenario;
use fivexx::sim::client::profile;
use fivexx::sim::message::Method;
use fivexx::sim::recorded::clients::ClientCell;
use fivexx::sim::simulation::run;
use fivexx::sim::trace::{Failure, Note, Outcome, SpanKind, Trace};
use serde::Deserialize;

#[derive(Deserialize)]
struct Recording {
    client: String,
    config: String,
    scenario: String,
    method: Method,
    #[serde(default)]
    part: String,
    #[serde(default = "usual_cap")]
    cap_s: u64,
    attempts: Vec<u32>,
    delays_ms: Vec<(f64, f64)>,
    /// None where the recording was cut before the call ended.
    outcome: Option<String>,
}

fn usual_cap() -> u64 {
    25
}

/// What disagrees, in words; nothing if all agrees.
fn differences(seen: Recording) -> Vec<String> {
    let cell = ClientCell {
        client: seen.client,
        config: seen.config,
        scenario: seen.scenario,
        method: seen.method,
        part: seen.part,
        cap_s: seen.cap_s,
    };
    let said = match cell.predict() {
        Ok(said) => said,
        Err(missing) => return vec![format!("not built: {}", missing.0)],
    };
    let mut wrong = Vec::new();
    let (least, most) = said.attempts;
    let spread = seen.attempts.last().unwrap_or(&0) - seen.attempts.first().unwrap_or(&0);
    if seen.attempts.iter().any(|n| !(least..=most).contains(n)) || most - least > (spread + 1).max(1) {
        wrong.push(format!("attempts were {:?}, predicted {least} to {most}", seen.attempts));
    }
    if seen.outcome.as_ref().is_some_and(|outcome| *outcome != said.outcome) {
        wrong.push(format!("outcome was {:?}, predicted {}", seen.outcome, said.outcome));
    }
    for (i, (low, high)) in seen.delays_ms.iter().enumerate() {
        let Some((least, most)) = said.delays.get(i) else {
            wrong.push(format!("wait {i} was {low} to {high} ms, predicted none"));
            continue;
        };
        // Machines are late by some milliseconds, and never early.
        let (least, most) = (least.as_secs_f64() * 1e3, most.as_secs_f64() * 1e3);
        if *low < least - f64::max(60.0, 0.06 * least) || *high > most + f64::max(120.0, 0.06 * most) {
            wrong.push(format!("wait {i} was {low} to {high} ms, predicted {least} to {most} ms"));
        }
    }
    wrong
}

/// The recordings of every `of`-th part, so that two tests share the work.
fn compare(part: usize, of: usize) {
    let known: BTreeMap<&str, &str> = include_str!("recordings/clients.known")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(": ").expect("a known difference has a reason"))
        .collect();
    let mut wrong = String::new();
    let (mut met, mut count) = (BTreeSet::new(), BTreeMap::<String, u32>::new());
    let names = |line: &str| {
        let r: Recording = serde_json::from_str(line).expect("a recording");
        let part = if r.part.is_empty() { String::new() } else { format!(" {}", r.part) };
        (format!("{} {} {} {}{part}", r.client, r.config, r.scenario, r.method), r)
    };
    for (cell, seen) in include_str!("recordings/clients.jsonl").lines().skip(part).step_by(of).map(names) {
        *count.entry(seen.client.clone()).or_default() += 1;
        let differences = differences(seen);
        match (known.contains_key(cell.as_str()), differences.is_empty()) {
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
    assert!(wrong.is_empty(), "{wrong}");
    let recorded =
        include_str!("recordings/clients.jsonl").lines().map(|line| names(line).0).collect::<BTreeSet<_>>();
    let stray: Vec<_> = known.keys().filter(|cell| !recorded.contains(**cell)).collect();
    assert!(stray.is_empty(), "not recorded: {stray:?}");
    assert!(count.len() >= 25 && count.values().sum::<u32>() >= 2_933 / of as u32, "only {count:?}");
}

#[test]
fn clients_even_lines() {
    compare(0, 2);
}

#[test]
fn clients_odd_lines() {
    compare(1, 2);
}

#[test]
fn every_recorded_configuration_has_a_profile() {
    for line in include_str!("recordings/clients.jsonl").lines() {
        let r: Recording = serde_json::from_str(line).expect("a recording");
        let id = format!("{}/{}", r.client, r.config);
        assert!(profile(&id).is_some(), "{id}");
    }
}

#[derive(Deserialize)]
struct Quota {
    client: String,
    config: String,
    /// What the origin did, and how many attempts the call made.
    calls: Vec<(String, usize)>,
}

#[test]
fn quotas_run_dry_and_fill_as_recorded() {
    for line in include_str!("recordings/budgets.jsonl").lines() {
        let quota: Quota = serde_json::from_str(line).expect("a recording");
        let name = if quota.client == "aws-sdk-js" && quota.config == "s3_standard" {
            "s3_default"
        } else {
            &quota.config
        };
        let policy = &profile(&format!("{}/{name}", quota.client)).expect("a profile").policy;
        // Calls stand so far apart that none meets the next one.
        let mut timeline = Vec::new();
        for (i, (does, _)) in quota.calls.iter().enumerate() {
            let fault = match does.as_str() {
                "ok" => r#"{"repair": {"node": "A", "fault": "application_error"}}"#,
                _ => r#"{"inject": {"node": "A", "fault": {"application_error": {"status": 503}}}}"#,
            };
            timeline.push(format!(r#"{{"at": "{}s", "do": {fault}}}"#, i * 100));
            timeline.push(format!(
                r#"{{"at": "{}s", "do": {{"send": {{"client": "client", "request": {{}}}}}}}}"#,
                i * 100
            ));
        }
        let trace =
            probe(&serde_json::to_string(policy).expect("json"), "null", "20000s", "", &timeline.join(","));
        let made: Vec<usize> = trace
            .of_kind(SpanKind::Call)
            .map(|(call, _)| trace.of_kind(SpanKind::Attempt).filter(|(_, a)| a.parent == call).count())
            .collect();
        let recorded: Vec<usize> = quota.calls.iter().map(|(_, attempts)| *attempts).collect();
        assert_eq!(made, recorded, "{} {}", quota.client, quota.config);
    }
}

/// One client in front of a probe, without a gateway.
fn probe(policy: &str, traffic: &str, horizon: &str, faults: &str, timeline: &str) -> Trace {
    let json = format!(
        r#"{{"horizon": "{horizon}", "dependencies": [], "gateways": [],
            "clients": [{{"policy": {policy}, "traffic": {traffic}}}],
            "origins": [{{"app": "probe", "link": {{"latency": "20us"}}, "settings": {{"workers": 10000}}, "faults": [{faults}]}}],
            "timeline": [{timeline}]}}"#
    );
    run(&Scenario::from_json(&json).expect(&json))
}

#[derive(Deserialize)]
struct Outage {
    breaker: String,
    outage_ms: u64,
    call_every_ms: u64,
    calls: u64,
    through_fail: usize,
    rejected: usize,
    state_events: Vec<(u64, String)>,
}

/// The breaker of that name as its library sets it.
fn breaker(name: &str) -> Option<&'static str> {
    Some(match name {
        "opossum volumeThreshold=10 resetTimeout=10s" => {
            r#"{"trip": {"window": {"over": {"time": {"length": "10s"}}, "exceeds": true, "minimum": 10, "looks_at_failures": true,
                "counts_refused": true, "keeps": true}}, "open": {"fixed": "10s"}, "permitted": 1, "half_open_by_timer": true}"#
        }
        "opossum default" => {
            r#"{"trip": {"window": {"over": {"time": {"length": "10s"}}, "exceeds": true, "minimum": 0, "looks_at_failures": true,
                "counts_refused": true, "keeps": true}}, "open": {"fixed": "30s"}, "permitted": 1, "half_open_by_timer": true}"#
        }
        "cockatiel Consecutive(5) halfOpenAfter=10s" => {
            r#"{"trip": {"consecutive": 5}, "open": {"fixed": "10s"}, "permitted": 1}"#
        }
        "cockatiel Sampling(threshold .5, 10s, minimumRps 5) halfOpenAfter=10s" => {
            r#"{"trip": {"window": {"over": {"time": {"length": "10s", "slices": 10}}, "ratio": 0.5, "exceeds": true, "minimum": 50,
                "looks_at_failures": true}}, "open": {"fixed": "10s"}, "permitted": 1}"#
        }
        "cockatiel Sampling(threshold .2, 30s) halfOpenAfter=10s" => {
            r#"{"trip": {"window": {"over": {"time": {"length": "30s", "slices": 30}}, "ratio": 0.2, "exceeds": true, "minimum": 750,
                "looks_at_failures": true}}, "open": {"fixed": "10s"}, "permitted": 1}"#
        }
        // Chance decides how long it stays open; the file of that delay compares the waits.
        "cockatiel Consecutive(5) halfOpenAfter=ExponentialBackoff()" => return None,
        other => unreachable!("{other}"),
    })
}

#[test]
fn breakers_open_and_close_as_recorded() {
    let mut compared = 0;
    for line in include_str!("recordings/breakers.jsonl").lines() {
        let seen: Outage = serde_json::from_str(line).expect("a recording");
        let Some(breaker) = breaker(&seen.breaker) else { continue };
        // At twenty milliseconds a call, the breaker's own figures are in doubt: see the recording of 2,250 calls.
        let rate = 1_000 / seen.call_every_ms;
        let until = seen.calls * seen.call_every_ms + 50;
        let traffic = format!(r#"{{"arrivals": {{"constant": {{"rate": {rate}}}}}, "until": "{until}ms"}}"#);
        let repaired = format!(
            r#"{{"at": "{}ms", "do": {{"repair": {{"node": "A", "fault": "application_error"}}}}}}"#,
            seen.outage_ms + 50
        );
        let fails = r#"{"application_error": {"status": 503}}"#;
        let trace = probe(&format!(r#"{{"breaker": {breaker}}}"#), &traffic, "100s", fails, &repaired);
        let refused = |o: Outcome| o == Outcome::Failed(Failure::BreakerOpen);
        let rejected = trace.of_kind(SpanKind::Call).filter(|(_, c)| refused(c.outcome)).count();
        let answered = |o: Outcome| matches!(o, Outcome::Answer(m) if trace.status(m) == Some(503));
        let failed = trace.of_kind(SpanKind::Call).filter(|(_, c)| answered(c.outcome)).count();
        let shifts: Vec<u64> = trace
            .events
            .iter()
            .filter(|e| matches!(e.note, Note::Breaker(..)))
            .map(|e| e.at.as_millis())
            .collect();
        let name = &seen.breaker;
        assert!(
            rejected.abs_diff(seen.rejected) <= 2,
            "{name}: {rejected} refused, recorded {}",
            seen.rejected
        );
        assert!(
            failed.abs_diff(seen.through_fail) <= 2,
            "{name}: {failed} failed, recorded {}",
            seen.through_fail
        );
        assert_eq!(shifts.len(), seen.state_events.len(), "{name}: {shifts:?}");
        for (at, (recorded, state)) in shifts.iter().zip(&seen.state_events) {
            assert!(at.abs_diff(*recorded) <= 230, "{name}: {state} at {at} ms, recorded at {recorded}");
        }
        compared += 1;
    }
    assert_eq!(compared, 7, "breakers whose figures are no chance");
}
