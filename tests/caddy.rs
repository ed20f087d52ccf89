//! What Caddy does in whole runs that no recording has: `tryAgain` and `countFailure` of its `reverse_proxy`, 2.11.

use fivexx::sim::scenario::Scenario;
use fivexx::sim::simulation::run;
use fivexx::sim::trace::{Outcome, SpanKind};
use serde_json::{Value as Json, json};

/// Sends requests at these moments (ms) by these methods; tells each one's status and how long it took (ms).
fn fared(settings: Json, faults: &[Json], sends: &[(u64, &str)], more: &[Json]) -> Vec<(u16, u64)> {
    let send = |(at, method): &(u64, &str)| {
        let request = json!({"method": method, "path": "/same"});
        json!({"at": format!("{at}ms"), "do": {"send": {"client": "client", "request": request}}})
    };
    let mut timeline: Vec<Json> = sends.iter().map(send).collect();
    timeline.extend_from_slice(more);
    let origin = |(i, faults): (usize, &Json)| {
        let id = ["A", "B"][i];
        json!({"id": id, "app": "probe", "link": {"latency": "20us"}, "settings": {"workers": 100}, "faults": faults})
    };
    let all = json!({
        "gateways": [{"dialect": "caddy", "link": {"latency": "20us"}, "settings": settings}],
        "origins": faults.iter().enumerate().map(origin).collect::<Vec<_>>(),
        "dependencies": [], "timeline": timeline,
    });
    let trace = run(&Scenario::from_json(&all.to_string()).expect("a scenario"));
    let attempts = trace.of_kind(SpanKind::Attempt).map(|(_, s)| {
        let status = match s.outcome {
            Outcome::Answer(m) => trace.status(m).unwrap_or_default(),
            _ => 0,
        };
        (status, s.end.since(s.start).as_millis())
    });
    attempts.collect()
}

#[test]
fn a_request_waits_until_an_upstream_is_trusted_again() {
    let settings =
        json!({"next_upstream_timeout": "2s", "passive_health": {"window": {"fail_duration": "1s"}}});
    let back = json!({"at": "600ms", "do": {"repair": {"node": "A", "fault": "process_down"}}});
    let got = fared(settings, &[json!([{"process_down": {}}])], &[(0, "GET"), (100, "POST")], &[back]);
    // A is back after 0.6 s, but its failure is remembered for 1 s. Looks are 250 ms apart: the first request's at
    // 1.0 s, the second's, which never reached anybody before, at 1.1 s. The origin takes 2 ms.
    assert_eq!(got, [(200, 1_002), (200, 1_002)]);
}

#[test]
fn looks_that_find_nobody_are_counted_as_retries() {
    let health = json!({"window": {}});
    let down = [json!([{"process_down": {}}])];
    let sends = [(0, "GET"), (1_000, "GET")];
    let settings =
        json!({"next_upstream_tries": 3, "retry": {"wait": {"fixed": "100ms"}}, "passive_health": health});
    // One try and two looks; three looks. The first request keeps the error of its try.
    assert_eq!(fared(settings, &down, &sends, &[]), [(502, 200), (503, 200)]);
    let settings = json!({"next_upstream_tries": 3, "passive_health": health});
    assert_eq!(fared(settings, &down, &sends, &[]), [(502, 0), (503, 0)]);
}

#[test]
fn a_replayed_request_is_not_held_against_the_upstream_and_a_failed_one_is() {
    let settings = json!({"passive_health": {"window": {}}});
    let sends = [(0, "GET"), (100, "GET"), (200, "OPTIONS"), (300, "POST"), (400, "GET")];
    let got = fared(settings, &[json!([{"hangs_up_on_reuse": {}}])], &sends, &[]);
    let statuses: Vec<_> = got.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [200, 200, 200, 502, 503]);
}

#[test]
fn a_full_upstream_is_waited_for_only_with_a_time_for_it() {
    let slow = [json!([{"slow_answer": {"delay": "400ms"}}])];
    let sends = [(0, "GET"), (100, "POST")];
    let settings = json!({"limits": {"upstream_requests": 1}});
    assert_eq!(fared(settings, &slow, &sends, &[]), [(200, 400), (503, 0)]);
    // Looks at 100, 350 and 600 ms; the place is free from 400 ms on.
    let settings = json!({"limits": {"upstream_requests": 1}, "next_upstream_timeout": "1s"});
    assert_eq!(fared(settings, &slow, &sends, &[]), [(200, 400), (200, 900)]);
}

#[test]
fn a_status_that_is_tried_again_counts_as_a_failure_only_where_it_is_unhealthy() {
    let faults = [json!([{"application_error": {"status": 503}}]), json!([])];
    let settings = |health: Json| {
        json!({"balance": "first_available", "next_upstream_tries": 2,
            "next_upstream": ["connect_failure", "http503"], "passive_health": {"window": health}})
    };
    let status = |health| fared(settings(health), &faults, &[(0, "GET")], &[])[0].0;
    assert_eq!(status(json!({})), 503, "A is asked twice");
    assert_eq!(status(json!({"statuses": [503]})), 200, "A is out after the first answer");
    // A body that was sent is gone.
    let post = fared(settings(json!({"statuses": [503]})), &faults, &[(0, "POST")], &[]);
    assert_eq!(post[0].0, 502);
}
