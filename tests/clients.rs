//! What clients do to a system, and what holds them back: whole scenarios from JSON, against published figures.

use fivexx::sim::Scenario;
use fivexx::sim::metrics::{Bucket, Metrics};
use fivexx::sim::simulation::{Simulation, run};
use fivexx::sim::time::SimDuration;
use fivexx::sim::trace::{BreakerState, Failure, GiveUp, Note, Outcome, SpanKind, Trace};

/// One client with that policy and traffic, in front of a probe that has those faults.
fn scenario(policy: &str, traffic: &str, faults: &str, timeline: &str) -> Scenario {
    let json = format!(
        r#"{{"horizon": "200s", "dependencies": [],
            "clients": [{{"policy": {policy}, "traffic": {traffic}}}],
            "gateways": [{{"link": {{"latency": "20us"}}, "settings": {{"max_fails": 0}}}}],
            "origins": [{{"app": "probe", "link": {{"latency": "20us"}}, "settings": {{"workers": 10000}}, "faults": [{faults}]}}],
            "timeline": [{timeline}]}}"#
    );
    Scenario::from_json(&json).expect(&json)
}

fn constant(rate: u32, until: &str) -> String {
    format!(r#"{{"arrivals": {{"constant": {{"rate": {rate}}}}}, "until": "{until}"}}"#)
}

/// One call at the start, in place of traffic.
const ONCE: &str = r#"{"at": "0s", "do": {"send": {"client": "client", "request": {}}}}"#;

const FAILS: &str = r#"{"application_error": {"status": 503}}"#;

fn total(scenario: &Scenario) -> Bucket {
    let mut simulation = Simulation::new(scenario, Metrics::new(scenario, SimDuration::from_secs(1)));
    simulation.finish();
    simulation.observer().total()
}

fn reasons(trace: &Trace, why: GiveUp) -> usize {
    trace.events.iter().filter(|e| e.note == Note::GaveUp(why)).count()
}

/// The changes of the breaker's state, in milliseconds.
fn shifts(trace: &Trace) -> Vec<(u64, BreakerState)> {
    let shift = |note| match note {
        Note::Breaker(_, state) => Some(state),
        _ => None,
    };
    trace.events.iter().filter_map(|e| shift(e.note).map(|state| (e.at.as_millis(), state))).collect()
}

fn ms(trace: &Trace, kind: SpanKind) -> Vec<u64> {
    trace.of_kind(kind).map(|(_, s)| s.end.since(s.start).as_millis()).collect()
}

#[test]
fn retries_multiply_an_outage_and_budgets_bound_it() {
    // 990 calls within 10 s, four attempts each, all of which fail.
    let load = |budget: &str| {
        let policy = format!(r#"{{"attempts": 4, "delay": {{"fixed": "10ms"}}{budget}}}"#);
        total(&scenario(&policy, &constant(100, "9.905s"), FAILS, "")).attempts
    };
    assert_eq!(load(""), 3_960, "no budget");
    // The reserve of 10 a second for 10 s, and 20 % of 990 calls.
    assert_eq!(load(r#", "budget": {"finagle": {}}"#), 990 + 100 + 198);
    assert_eq!(load(r#", "budget": {"finagle": {"deposit": "successes"}}"#), 990 + 100);
    // 500 tokens, 5 for each retry.
    assert_eq!(load(r#", "budget": {"aws": {}}"#), 990 + 100);
    // 5 tokens at the start, of which the first call's deposit spills over, then 0.1 for each call.
    assert_eq!(load(r#", "budget": {"token_bucket": {}}"#), 990 + 5 + 98);
    // Tokens fall by one for each failure: retries while more than 5 of 10 are left.
    assert_eq!(load(r#", "budget": {"grpc": {"max_tokens": 10, "token_ratio": 0.1}}"#), 990 + 4);
}

#[test]
fn at_half_of_all_failing_retries_have_the_load_and_the_availability_of_their_formulas() {
    // 1 - f⁴ and (1 - f⁴) / (1 - f) at f = 0.5.
    let faults = r#"{"unhandled_exception": {"share": 0.5}}"#;
    let run = |budget: &str| {
        let policy = format!(r#"{{"attempts": 4, "statuses": [500]{budget}}}"#);
        let total = total(&scenario(&policy, &constant(100, "100.005s"), faults, ""));
        let offered = f64::from(total.offered);
        (f64::from(total.good) / offered, f64::from(total.attempts) / offered)
    };
    let (available, load) = run("");
    assert!((available - 0.9375).abs() < 0.01 && (load - 1.875).abs() < 0.04, "{available} {load}");
    // With Brooker's bucket one in ten may be tried again: load 1.1, of which half helps.
    let (available, load) = run(r#", "budget": {"token_bucket": {}}"#);
    assert!((available - 0.55).abs() < 0.02 && (load - 1.1).abs() < 0.005, "{available} {load}");
}

#[test]
fn a_refused_retry_says_so_and_the_call_keeps_its_answer() {
    let policy = r#"{"attempts": 3, "budget": {"max_retries": {"concurrent": 0}}}"#;
    let trace = run(&scenario(policy, &constant(1, "3.5s"), FAILS, ""));
    let refused = trace.events.iter().filter(|e| e.note == Note::BudgetRefused).count();
    assert_eq!((refused, reasons(&trace, GiveUp::Budget)), (3, 3));
    assert!(trace.of_kind(SpanKind::Call).all(|(_, c)| matches!(c.outcome, Outcome::Answer(_))));
}

#[test]
fn envoy_s_limit_counts_retries_that_wait() {
    // Three retries may wait at a time: of ten calls at once three make their second attempt.
    let sends: Vec<String> = (0..10)
        .map(|_| r#"{"at": "1s", "do": {"send": {"client": "client", "request": {}}}}"#.to_owned())
        .collect();
    let policy = r#"{"attempts": 2, "delay": {"fixed": "1s"}, "budget": {"envoy": {}}}"#;
    let trace = run(&scenario(policy, "null", FAILS, &sends.join(",")));
    assert_eq!(trace.of_kind(SpanKind::Attempt).count(), 13);
    assert_eq!(reasons(&trace, GiveUp::Budget), 7);
}

/// 12 s of failures, then none; ten calls a second, as the breakers were recorded.
fn outage(breaker: &str, seconds: u32) -> Trace {
    let policy = format!(r#"{{"breaker": {breaker}}}"#);
    let repaired = r#"{"at": "12.05s", "do": {"repair": {"node": "A", "fault": "application_error"}}}"#;
    let until = format!("{seconds}.05s");
    run(&scenario(&policy, &constant(10, &until), FAILS, repaired))
}

#[test]
fn opossum_s_breaker_as_recorded() {
    use BreakerState::{Closed, HalfOpen, Open};
    // Recording: volumeThreshold 10, resetTimeout 10 s; 89 calls succeed, 11 fail, 200 are refused.
    let trace = outage(
        r#"{"trip": {"window": {"over": {"time": {"length": "10s"}}, "exceeds": true, "minimum": 10, "looks_at_failures": true,
            "counts_refused": true, "keeps": true}}, "open": {"fixed": "10s"}, "permitted": 1, "half_open_by_timer": true}"#,
        30,
    );
    let recorded = [(913, Open), (10_913, HalfOpen), (11_003, Open), (21_003, HalfOpen), (21_100, Closed)];
    let found = shifts(&trace);
    assert_eq!(found.len(), recorded.len(), "{found:?}");
    for (found, recorded) in found.iter().zip(recorded) {
        assert!(found.1 == recorded.1 && found.0.abs_diff(recorded.0) <= 130, "{found:?}, {recorded:?}");
    }
    let reached = trace.of_kind(SpanKind::Work).count();
    let refused =
        trace.of_kind(SpanKind::Call).filter(|(_, c)| c.outcome == Outcome::Failed(Failure::BreakerOpen));
    assert!(reached.abs_diff(100) <= 1 && refused.count().abs_diff(200) <= 1, "{reached} reached the origin");
}

#[test]
fn cockatiel_s_breakers_as_recorded() {
    let trace = outage(r#"{"trip": {"consecutive": 5}, "open": {"fixed": "10s"}, "permitted": 1}"#, 30);
    assert_eq!(shifts(&trace).len(), 5);
    assert!(trace.of_kind(SpanKind::Work).count().abs_diff(101) <= 1);
    // A sampling breaker that needs 750 calls in 30 s never opens at ten a second.
    let trace = outage(
        r#"{"trip": {"window": {"over": {"time": {"length": "30s", "slices": 30}}, "ratio": 0.2, "exceeds": true, "minimum": 750,
            "looks_at_failures": true}}, "open": {"fixed": "10s"}, "permitted": 1}"#,
        45,
    );
    assert_eq!(shifts(&trace), []);
    assert!(trace.of_kind(SpanKind::Work).count().abs_diff(451) <= 1);
}

#[test]
fn without_a_gateway_clients_speak_to_the_first_origin() {
    let json = r#"{"gateways": [], "origins": [{"app": "probe", "faults": [{"application_error": {"status": 503}}]}, {"id": "B"}],
        "timeline": [{"at": "0s", "do": {"send": {"client": "client", "request": {}}}}]}"#;
    let trace = run(&Scenario::from_json(json).expect(json));
    let calls: Vec<_> = trace.of_kind(SpanKind::Call).collect();
    assert!(matches!(calls[0].1.outcome, Outcome::Answer(m) if trace.status(m) == Some(503)));
    assert_eq!((trace.of_kind(SpanKind::Work).count(), trace.of_kind(SpanKind::Try).count()), (1, 0));
    // Whoever explains the run finds an origin's own answer.
    let attempt = trace.of_kind(SpanKind::Attempt).next().expect("an attempt").0;
    let explained = fivexx::sim::explain(&trace, attempt);
    assert_eq!(explained.mechanism.map(|m| m.name()), Some("own_answer"), "{}", explained.summary);
}

#[test]
fn a_refused_call_makes_no_attempt() {
    let trace = outage(r#"{"trip": {"consecutive": 1}, "open": {"fixed": "60s"}}"#, 3);
    assert_eq!(trace.of_kind(SpanKind::Attempt).count(), 1);
    assert_eq!(reasons(&trace, GiveUp::Breaker), trace.of_kind(SpanKind::Call).count() - 1);
}

#[test]
fn users_of_a_closed_loop_do_not_spin_on_an_open_breaker() {
    let policy = r#"{"breaker": {"trip": {"consecutive": 1}, "open": {"fixed": "60s"}}}"#;
    let traffic = r#"{"arrivals": {"closed": {"users": 1, "think": {"fixed": "0s"}}}, "until": "1s"}"#;
    let calls = run(&scenario(policy, traffic, FAILS, "")).of_kind(SpanKind::Call).count();
    assert!((9..=11).contains(&calls), "{calls} calls in a second, one each 100 ms");
}

#[test]
fn throttling_sends_twice_what_is_accepted() {
    // The origin works on 100 a second and rejects the rest; 300 are offered.
    let mut scenario = scenario(
        r#"{"throttle": {}}"#,
        r#"{"arrivals": {"poisson": {"rate": 300}}, "until": "200s"}"#,
        "",
        "",
    );
    scenario.origins[0].settings.workers = Some(1);
    scenario.origins[0].settings.queue = Some(1);
    scenario.origins[0].settings.service_time =
        Some(fivexx::sim::scenario::Distribution::Fixed(SimDuration::from_millis(10)));
    let mut simulation = Simulation::new(&scenario, Metrics::new(&scenario, SimDuration::from_secs(50)));
    simulation.finish();
    let last = simulation.observer().bucket(3).expect("the run goes on for four stretches");
    let (sent, good, offered) = (last.attempts, last.good, last.offered);
    assert!(offered > 14_000);
    let ratio = f64::from(sent) / f64::from(good);
    assert!((ratio - 2.0).abs() < 0.06, "{sent} sent for {good} accepted of {offered}");
}

#[test]
fn a_deadline_cuts_an_attempt_and_leaves_no_room_for_another() {
    let policy = r#"{"attempts": 3, "attempt_timeout": "2s", "deadline": "3s", "delay": {"fixed": "500ms"}}"#;
    let trace = run(&scenario(policy, "null", r#"{"frozen": {}}"#, ONCE));
    assert_eq!(ms(&trace, SpanKind::Attempt), [2_000, 500]);
    assert_eq!(ms(&trace, SpanKind::Call), [3_000]);
    let (_, call) = trace.of_kind(SpanKind::Call).next().expect("a call");
    assert_eq!(call.outcome, Outcome::Failed(Failure::DeadlineExceeded));
    assert_eq!(reasons(&trace, GiveUp::Deadline), 1);
}

#[test]
fn a_user_leaves_after_some_time_even_between_attempts() {
    let policy = r#"{"attempts": null, "delay": {"fixed": "10s"}, "patience": {"fixed": "25s"}}"#;
    let trace = run(&scenario(policy, "null", FAILS, ONCE));
    assert_eq!(trace.of_kind(SpanKind::Attempt).count(), 3, "at 0, 10 and 20 s");
    assert_eq!(ms(&trace, SpanKind::Call), [25_000]);
    assert_eq!(reasons(&trace, GiveUp::Abandoned), 1);
}

#[test]
fn without_a_limit_a_client_goes_on_to_the_horizon() {
    let policy = r#"{"attempts": null, "delay": {"fixed": "1s"}}"#;
    let trace = run(&scenario(policy, "null", FAILS, ONCE));
    assert_eq!(trace.of_kind(SpanKind::Attempt).count(), 200);
}

#[test]
fn a_hedge_goes_out_after_its_delay_and_the_first_good_answer_wins() {
    // Each attempt takes a second; a hedge after 300 ms does not overtake it and is cancelled.
    let slow = r#"{"slow_answer": {"delay": "1s"}}"#;
    let policy = r#"{"attempts": 3, "hedge": {"delay": "300ms", "most": 2}}"#;
    let trace = run(&scenario(policy, "null", slow, ONCE));
    let attempts: Vec<_> = trace.of_kind(SpanKind::Attempt).map(|(_, a)| *a).collect();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[1].start.since(attempts[0].start).as_millis(), 300);
    assert!(matches!(attempts[0].outcome, Outcome::Answer(_)));
    assert_eq!(attempts[1].outcome, Outcome::Failed(Failure::Cancelled));
    assert_eq!(attempts[0].end, attempts[1].end);
    assert_eq!(trace.events.iter().filter(|e| e.note == Note::Hedged).count(), 1);
}

#[test]
fn hedges_cut_the_tail() {
    // Service times are exponential with a mean of 100 ms; the second attempt draws anew.
    let quantile = |hedge: &str| {
        let mut scenario = scenario(
            &format!(r#"{{"attempts": 2{hedge}}}"#),
            r#"{"arrivals": {"poisson": {"rate": 50}}, "until": "190s"}"#,
            "",
            "",
        );
        scenario.origins[0].settings.service_time =
            Some(fivexx::sim::scenario::Distribution::Exponential(SimDuration::from_millis(100)));
        let mut simulation = Simulation::new(&scenario, Metrics::new(&scenario, SimDuration::from_secs(1)));
        simulation.finish();
        (simulation.observer().quantile(0.99).as_secs_f64(), simulation.observer().amplification())
    };
    // P(T > t) = e^-10t: 460 ms. With a hedge after 200 ms it falls twice as steeply from there: 330 ms,
    // for e^-2 = 13.5 % more attempts.
    let (plain, _) = quantile("");
    let (hedged, load) = quantile(r#", "hedge": {"delay": "200ms"}"#);
    assert!((plain - 0.4605).abs() < 0.025, "{plain}");
    assert!((hedged - 0.3303).abs() < 0.015, "{hedged}");
    assert!((load - 1.1353).abs() < 0.01, "{load}");
}

#[test]
fn a_failed_attempt_brings_the_next_hedge_forward() {
    let policy = r#"{"attempts": 2, "statuses": [503], "hedge": {"delay": "100ms", "most": 2}, "attempt_timeout": "150ms"}"#;
    let trace = run(&scenario(policy, "null", r#"{"frozen": {}}"#, ONCE));
    let ends = ms(&trace, SpanKind::Call);
    // The first ends at 150 ms, the second, sent at 100 ms, at 250 ms; no attempt is left.
    assert_eq!(ends, [250]);
    assert_eq!(reasons(&trace, GiveUp::Attempts), 1);
}

#[test]
fn throttling_answers_pace_the_attempts_that_follow() {
    let starts = |at: &str, rate_limit: &str| {
        let policy = format!(r#"{{"attempts": 3, "statuses": [429], "rate_limit": {rate_limit}}}"#);
        let once = format!(r#"{{"at": "{at}", "do": {{"send": {{"client": "client", "request": {{}}}}}}}}"#);
        let trace = run(&scenario(&policy, "null", r#"{"application_error": {"status": 429}}"#, &once));
        let paced = trace.events.iter().filter(|e| matches!(e.note, Note::Paced(_))).count();
        let starts = trace.of_kind(SpanKind::Attempt).map(|(_, a)| a.start.as_millis()).collect::<Vec<u64>>();
        (starts, paced)
    };
    // A client that is more than a second old has saved up one token; then 0.5 a second is the least rate: two
    // seconds from one attempt to the next.
    assert_eq!(starts("1500ms", "{}"), (vec![1_500, 1_502, 3_502], 1));
    // One that has just begun has only what it earned until the answer, and one that saves up from there on nothing.
    assert_eq!(starts("0s", "{}"), (vec![0, 1_997, 3_997], 2));
    assert_eq!(starts("0s", r#"{"earns_since": "first_answer"}"#), (vec![0, 2_002, 4_002], 2));
}

#[test]
fn a_new_policy_keeps_the_guards_that_stay_the_same() {
    let set = |at: &str, policy: &str| {
        format!(r#"{{"at": "{at}", "do": {{"set": {{"node": "client", "to": {{"client": {policy}}}}}}}}}"#)
    };
    let breaker = r#""breaker": {"trip": {"consecutive": 3}, "open": {"fixed": "60s"}}"#;
    let same = set("5s", &format!(r#"{{"attempts": 2, {breaker}}}"#));
    let gone = set("10s", "{}");
    let trace =
        run(&scenario(&format!("{{{breaker}}}"), &constant(1, "14.5s"), FAILS, &[same, gone].join(",")));
    // Three attempts open it; from 10 s on there is none, which the next call tells.
    assert_eq!(
        shifts(&trace).iter().map(|s| s.1).collect::<Vec<_>>(),
        [BreakerState::Open, BreakerState::Closed]
    );
    assert_eq!(trace.of_kind(SpanKind::Attempt).count(), 3 + 5);
}

#[test]
fn what_is_out_of_range_is_refused_with_its_place() {
    for (policy, pointer) in [
        (r#"{"attempts": 1001}"#, "/attempts"),
        (r#"{"delay": {"list": []}}"#, "/delay/list"),
        (r#"{"delay": {"linear": {"base": "1s", "step": "25h"}}}"#, "/delay/linear/step"),
        (r#"{"statuses": ["5xx", 1000]}"#, "/statuses/100"),
        (r#"{"statuses": ["6yx"]}"#, "/statuses/0"),
        (r#"{"connection_errors": {"refused": "maybe"}}"#, "/connection_errors/refused"),
        (r#"{"deadline": "0s"}"#, "/deadline"),
        (r#"{"budget": {"finagle": {"ratio": -1}}}"#, "/budget/finagle/ratio"),
        (r#"{"budget": {"grpc": {"max_tokens": 0}}}"#, "/budget/grpc/max_tokens"),
        (r#"{"budget": {"piggy_bank": {}}}"#, "/budget"),
        (r#"{"breaker": {"trip": {"window": {"ratio": 1.1}}}}"#, "/breaker/trip/window/ratio"),
        (r#"{"breaker": {"trip": {"consecutive": 0}}}"#, "/breaker/trip/consecutive"),
        (r#"{"throttle": {"k": 0.5}}"#, "/throttle/k"),
        (r#"{"hedge": {"most": 11}}"#, "/hedge/most"),
        (r#"{"rate_limit": {"beta": 2}}"#, "/rate_limit/beta"),
        (r#"{"patience": {"uniform": {"low": "2s", "high": "1s"}}}"#, "/patience/uniform/low"),
    ] {
        let json = format!(r#"{{"clients": [{{"policy": {policy}}}]}}"#);
        let error = Scenario::from_json(&json).expect_err(policy).to_string();
        assert!(error.starts_with(&format!("/clients/0/policy{pointer} is ")), "{policy}\n{error}");
    }
}
