//! The simulator against recordings of real clients (November 2026, loopback).
//!
//! Each line of `tests/recordings/clients.jsonl` is one configuration of one client that met one trouble with one
//! method: how many attempts it made, the least and most of each wait, and what its last attempt met. What is known
//! to differ stands in `clients.known`, each with the reason, and must differ. `budgets.jsonl` are retry quotas that
//! run dry, `breakers.jsonl` circuit breakers in an outage.

use std::collections::{BTreeMap, BTreeSet};

use fivexx::sim::Scenario;
use fivexx::sim::client::{Breaker, Delay, Trip, profile};
use fivexx::sim::message::Method;
use fivexx::sim::recorded::clients::ClientCell;
use fivexx::sim::simulation::run;
use fivexx::sim::time::SimDuration;
use fivexx::sim::trace::{BreakerState, Failure, Note, Outcome, SpanKind, Trace};
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
    let all: u32 = count.values().sum();
    println!("clients, part {part}: {} of {all} recordings agree in full", all as usize - met.len());
    assert!(wrong.is_empty(), "{wrong}");
    let recorded =
        include_str!("recordings/clients.jsonl").lines().map(|line| names(line).0).collect::<BTreeSet<_>>();
    let stray: Vec<_> = known.keys().filter(|cell| !recorded.contains(**cell)).collect();
    assert!(stray.is_empty(), "not recorded: {stray:?}");
    assert!(count.len() >= 25 && all >= 2_933 / of as u32, "only {count:?}");
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
            "origins": [{{"app": "probe", "link": {{"latency": "20us"}}, "settings": {{"workers": 10000, "service_time": {{"fixed": "0s"}}}}, "faults": [{faults}]}}],
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
    through_ok: usize,
    through_fail: usize,
    rejected: usize,
    state_events: Vec<(u64, String)>,
}

/// The breaker of that name as its library sets it.
fn breaker(name: &str) -> Option<Breaker> {
    let seconds = |n| Delay::Fixed(SimDuration::from_secs(n));
    let sampling = |threshold, length, rps| {
        Breaker::cockatiel_sampling(threshold, SimDuration::from_secs(length), rps, seconds(10))
    };
    Some(match name {
        "opossum default" => Breaker::opossum(),
        "opossum volumeThreshold=10 resetTimeout=10s" => {
            let mut breaker = Breaker { open: seconds(10), ..Breaker::opossum() };
            if let Trip::Window(window) = &mut breaker.trip {
                window.minimum = 10;
            }
            breaker
        }
        "cockatiel Consecutive(5) halfOpenAfter=10s" => Breaker::cockatiel_consecutive(5, seconds(10)),
        "cockatiel Sampling(threshold .5, 10s, minimumRps 5) halfOpenAfter=10s" => {
            sampling(0.5, 10, Some(5.0))
        }
        "cockatiel Sampling(threshold .2, 30s) halfOpenAfter=10s" => sampling(0.2, 30, None),
        // Chance decides how long it stays open; a test of the breaker's file compares what is certain.
        "cockatiel Consecutive(5) halfOpenAfter=ExponentialBackoff()" => return None,
        other => unreachable!("{other}"),
    })
}

/// How long answers took, and up to when, in milliseconds, where that decides about a call: client and origin were
/// cold in the first half second, and several recordings ran at once.
fn answers_take(seen: &Outage) -> Option<(u64, u64)> {
    match seen.breaker.as_str() {
        // It opens with the first answer.
        "opossum default" => Some((seen.state_events[0].0, 500)),
        // It opens with the fifth, sent at 400 ms, which reached the origin at 487 ms, and had opened at 500 ms: the
        // probe at 10,500 ms was let through.
        "cockatiel Consecutive(5) halfOpenAfter=10s" => Some((95, 500)),
        // It opened at 4,901 ms with the call of 4,900 ms, so that the one of 14,900 ms came a millisecond early.
        "cockatiel Sampling(threshold .5, 10s, minimumRps 5) halfOpenAfter=10s" => Some((1, 5_000)),
        _ => None,
    }
}

/// The origin counts the outage from the first request, which takes 20 to 90 ms to reach it.
const FIRST_REQUEST_MS: u64 = 30;

#[test]
fn breakers_open_and_close_as_recorded() {
    let mut compared = 0;
    for line in include_str!("recordings/breakers.jsonl").lines() {
        let seen: Outage = serde_json::from_str(line).expect("a recording");
        let Some(breaker) = breaker(&seen.breaker) else { continue };
        let breaker = serde_json::to_string(&breaker).expect("json");
        // The first call leaves one interval after the run's start, from where the recording counts.
        let start = seen.call_every_ms;
        let rate = 1_000 / seen.call_every_ms;
        let until = start + seen.calls * seen.call_every_ms - 1;
        let traffic = format!(r#"{{"arrivals": {{"constant": {{"rate": {rate}}}}}, "until": "{until}ms"}}"#);
        let mut timeline = vec![format!(
            r#"{{"at": "{}ms", "do": {{"repair": {{"node": "A", "fault": "application_error"}}}}}}"#,
            start + seen.outage_ms + FIRST_REQUEST_MS
        )];
        if let Some((answer, until)) = answers_take(&seen) {
            // To and fro, twice.
            let late = format!(r#"{{"added_latency": {{"latency": "{}us"}}}}"#, answer * 250);
            timeline.extend([
                format!(r#"{{"at": "0s", "do": {{"inject": {{"node": "link:A", "fault": {late}}}}}}}"#),
                format!(
                    r#"{{"at": "{}ms", "do": {{"repair": {{"node": "link:A", "fault": "added_latency"}}}}}}"#,
                    start + until
                ),
            ]);
        }
        let fails = r#"{"application_error": {"status": 503}}"#;
        let policy = format!(r#"{{"breaker": {breaker}}}"#);
        let trace = probe(&policy, &traffic, "100s", fails, &timeline.join(","));
        let ended = |ends: &dyn Fn(Outcome) -> bool| {
            trace.of_kind(SpanKind::Call).filter(|(_, call)| ends(call.outcome)).count()
        };
        let status = |o: Outcome| match o {
            Outcome::Answer(message) => trace.status(message),
            _ => None,
        };
        let counts = [
            ended(&|o| status(o) == Some(200)),
            ended(&|o| status(o) == Some(503)),
            ended(&|o| o == Outcome::Failed(Failure::BreakerOpen)),
        ];
        let recorded = [seen.through_ok, seen.through_fail, seen.rejected];
        let name = format!("{} over {} ms", seen.breaker, seen.outage_ms);
        assert_eq!(counts, recorded, "{name}: good, failed, refused");
        let shifts: Vec<(u64, &str)> = (trace.events.iter())
            .filter_map(|e| match e.note {
                Note::Breaker(_, BreakerState::Open) => Some((e.at.as_millis() - start, "open")),
                Note::Breaker(_, BreakerState::HalfOpen) => Some((e.at.as_millis() - start, "halfOpen")),
                Note::Breaker(_, BreakerState::Closed) => Some((e.at.as_millis() - start, "close")),
                _ => None,
            })
            .collect();
        assert_eq!(shifts.len(), seen.state_events.len(), "{name}: {shifts:?}");
        for ((at, state), (recorded_at, recorded)) in shifts.iter().zip(&seen.state_events) {
            let near = at.abs_diff(*recorded_at) <= 150;
            assert!(
                near && state == recorded,
                "{name}: {state} at {at} ms, recorded {recorded} at {recorded_at}"
            );
        }
        compared += 1;
    }
    assert_eq!(compared, 7, "breakers whose figures are no chance");
}
