//! What origins and dependencies do under load, in trouble, and when they are stopped and started.
//!
//! Links take no time here unless a test says so: every moment below can be computed by hand.

mod support;

use fivexx::sim::message::Value;
use fivexx::sim::scenario::Scenario;
use fivexx::sim::simulation::run;
use fivexx::sim::trace::{Failure, Note, Outcome, ProcessStep, QueryFailure, SpanKind, Step, Trace};

/// A run of a scenario with one client, nginx, one origin and one database, in which links take no time.
fn trial(settings: &str, database: &str, policy: &str, timeline: &[&str]) -> Trace {
    let json = format!(
        r#"{{"clients": [{{"policy": {{{policy}}}}}],
            "gateways": [{{"link": {{"latency": "0s"}}}}],
            "origins": [{{"link": {{"latency": "0s"}}, "settings": {{{settings}}}}}],
            "dependencies": [{{"link": {{"latency": "0s"}}, "settings": {{{database}}}}}],
            "timeline": [{}]}}"#,
        timeline.join(", ")
    );
    play(&json)
}

fn play(json: &str) -> Trace {
    run(&Scenario::from_json(json).unwrap_or_else(|e| unreachable!("{e}\n{json}")))
}

fn send(at: &str, request: &str) -> String {
    format!(r#"{{"at": "{at}", "do": {{"send": {{"client": "client", "request": {request}}}}}}}"#)
}

const READ: &str = "{}";
const CREATE: &str = r#"{"method": "POST", "path": "/orders"}"#;
const UPDATE: &str = r#"{"method": "PUT"}"#;

/// Status (0 without an answer) and end in milliseconds of each call, in the order in which they began.
fn calls(trace: &Trace) -> Vec<(u16, u64)> {
    trace
        .of_kind(SpanKind::Call)
        .map(|(_, call)| {
            let status = match call.outcome {
                Outcome::Answer(message) => trace.status(message).unwrap_or_default(),
                _ => 0,
            };
            (status, call.end.as_millis())
        })
        .collect()
}

fn steps(trace: &Trace) -> Vec<(u64, Step)> {
    let step = |note| if let Note::Step(step) = note { Some(step) } else { None };
    trace.events.iter().filter_map(|e| step(e.note).map(|s| (e.at.as_millis(), s))).collect()
}

fn process(trace: &Trace) -> Vec<(u64, ProcessStep)> {
    let steps = steps(trace).into_iter();
    steps.filter_map(|(at, s)| if let Step::Process(_, s) = s { Some((at, s)) } else { None }).collect()
}

fn commits(trace: &Trace) -> Vec<u32> {
    let commit = |note| if let Note::Committed(order) = note { Some(order) } else { None };
    trace.events.iter().filter_map(|e| commit(e.note)).collect()
}

#[test]
fn a_thread_waits_with_its_query_and_a_loop_does_not() {
    let (slow, two) = (r#""query_time": {"fixed": "100ms"}"#, [send("0s", READ), send("0s", READ)]);
    let two: Vec<&str> = two.iter().map(String::as_str).collect();
    let service = r#""service_time": {"fixed": "10ms"}"#;
    let threads = trial(&format!(r#"{service}, "workers": 1"#), slow, "", &two);
    assert_eq!(calls(&threads), [(200, 110), (200, 220)]);
    let event_loop = trial(&format!(r#"{service}, "execution": "event_loop""#), slow, "", &two);
    assert_eq!(calls(&event_loop), [(200, 110), (200, 120)]);
}

#[test]
fn one_long_computation_holds_up_what_the_database_has_answered() {
    let report = send("20ms", r#"{"path": "/report"}"#);
    let trace = trial(
        r#""service_time": {"fixed": "10ms"}, "report_service_time": {"fixed": "500ms"}, "execution": "event_loop""#,
        r#""query_time": {"fixed": "100ms"}, "report_time": {"fixed": "50ms"}"#,
        "",
        &[&send("0s", READ), &report],
    );
    // The order's query is answered at 110 ms, and goes on when the loop is free, at 520 ms.
    assert_eq!(calls(&trace), [(200, 520), (200, 570)]);
}

#[test]
fn a_frozen_process_has_connections_up_to_its_backlog_and_the_rest_ask_again() {
    let frozen = r#"{"at": "0s", "do": {"inject": {"node": "A", "fault": {"frozen": {}}}}}"#;
    let repair = r#"{"at": "2500ms", "do": {"repair": {"node": "A", "fault": "frozen"}}}"#;
    let (first, second) = (send("0s", READ), send("0s", READ));
    let trace = trial(r#""backlog": 0"#, "", "", &[frozen, &first, &second, repair]);
    // The second SYN is sent again after 1 s, when nothing has changed, and after 3 s.
    assert_eq!(calls(&trace), [(200, 2_505), (200, 3_005)]);
    assert_eq!(steps(&trace), [(0, Step::SynDropped(1)), (1_000, Step::SynDropped(1))]);
    let endless = trial("", "", "", &[frozen, &first, &second, repair]);
    assert_eq!(calls(&endless), [(200, 2_505), (200, 2_505)]);
}

#[test]
fn a_process_that_accepts_with_a_free_worker_only_keeps_the_rest_in_the_kernel() {
    let three = [send("0s", READ), send("0s", READ), send("0s", READ)];
    let three: Vec<&str> = three.iter().map(String::as_str).collect();
    let settings = r#""workers": 1, "service_time": {"fixed": "97ms"}, "accepts": "when_free", "queue": 0"#;
    let trace = trial(settings, "", "", &three);
    assert_eq!(calls(&trace), [(200, 100), (200, 200), (200, 300)]);
    let short = trial(&format!(r#"{settings}, "backlog": 0"#), "", "", &three);
    assert_eq!(calls(&short)[0], (200, 100));
    assert!(calls(&short).iter().any(|(_, at)| *at >= 1_000), "one had to ask again: {:?}", calls(&short));
}

#[test]
fn a_request_in_the_kernel_whose_caller_has_left_is_worked_on_all_the_same() {
    let two = [send("0s", CREATE), send("0s", CREATE)];
    let settings = r#""workers": 1, "service_time": {"fixed": "97ms"}, "accepts": "when_free""#;
    let trace = trial(settings, "", r#""attempt_timeout": "50ms""#, &[&two[0], &two[1]]);
    assert_eq!(calls(&trace), [(0, 50), (0, 50)]);
    assert_eq!(commits(&trace).len(), 2);
}

#[test]
fn the_discipline_says_who_is_next_and_how_long_one_waits() {
    let three = [send("0s", READ), send("1ms", READ), send("2ms", READ)];
    let three: Vec<&str> = three.iter().map(String::as_str).collect();
    let one = r#""workers": 1, "service_time": {"fixed": "97ms"}"#;
    let with = |more: &str| calls(&trial(&format!("{one}, {more}"), "", "", &three));
    assert_eq!(with(r#""discipline": "fifo""#), [(200, 100), (200, 200), (200, 300)]);
    assert_eq!(with(r#""discipline": "lifo""#), [(200, 100), (200, 300), (200, 200)]);
    assert_eq!(with(r#""queue_timeout": "150ms""#), [(200, 100), (200, 200), (503, 152)]);
    // From 101 ms on the queue has not been empty for more than 100 ms, but both came before: they wait 100 ms.
    assert_eq!(with(r#""discipline": {"adaptive": {}}"#), [(200, 100), (200, 200), (503, 102)]);
}

#[test]
fn what_is_shed_says_when_to_come_back() {
    let three = [send("0s", READ), send("1ms", READ), send("2ms", READ)];
    let three: Vec<&str> = three.iter().map(String::as_str).collect();
    let settings = r#""workers": 1, "shedding": {"concurrency": {"limit": 2, "retry_after": 7}}"#;
    let trace = trial(settings, r#""query_time": {"fixed": "98ms"}"#, "", &three);
    assert_eq!(calls(&trace), [(200, 100), (200, 200), (503, 2)]);
    assert_eq!(steps(&trace), [(2, Step::ShedByConcurrency(2))]);
    let shed = trace.templates.iter().find(|t| t.status == Some(503)).expect("an answer");
    assert_eq!(shed.header("Retry-After"), Some(&Value::Text("7".to_owned())));
    let delay = r#""workers": 1, "shedding": {"queue_delay": {"limit": "50ms"}}"#;
    let late = send("52ms", READ);
    let trace = trial(delay, r#""query_time": {"fixed": "98ms"}"#, "", &[three[0], three[1], &late]);
    assert_eq!(calls(&trace), [(200, 100), (200, 200), (503, 52)]);
}

#[test]
fn what_becomes_of_work_for_a_caller_who_has_left() {
    let two = [send("0s", CREATE), send("1ms", CREATE)];
    let two: Vec<&str> = two.iter().map(String::as_str).collect();
    let with = |more: &str| {
        let settings = format!(r#""workers": 1, "service_time": {{"fixed": "10ms"}}{more}"#);
        let trace =
            trial(&settings, r#""query_time": {"fixed": "90ms"}"#, r#""attempt_timeout": "50ms""#, &two);
        let ends =
            trace.of_kind(SpanKind::Work).map(|(_, w)| (w.end.as_millis(), w.outcome == Outcome::Done));
        (ends.collect::<Vec<_>>(), commits(&trace).len())
    };
    assert_eq!(with(""), (vec![(100, true), (200, true)], 2));
    // The first query is hung up, and the database commits it all the same; the second request begins at 50 ms.
    assert_eq!(with(r#", "caller_left": "cancels""#), (vec![(50, false), (51, false)], 1));
    assert_eq!(with(r#", "caller_left": "skips_queued""#), (vec![(100, true), (100, false)], 1));
}

#[test]
fn a_rolling_deploy_behind_a_gateway_that_tries_the_next_loses_nothing() {
    let scenario = |graceful: bool, origins: &str| {
        format!(
            r#"{{"clients": [{{"traffic": {{"arrivals": {{"constant": {{"rate": 50}}}}, "until": "20s"}}}}],
                "gateways": [{{"settings": {{"fail_timeout": "1s"}}}}],
                "origins": [{origins}],
                "timeline": [{{"at": "5s", "do": {{"deploy": {{"origins": ["A"], "graceful": {graceful}}}}}}}]}}"#
        )
    };
    let origin = |id: &str| {
        format!(
            r#"{{"id": "{id}", "settings": {{"start_time": "2s", "service_time": {{"fixed": "30ms"}}}}}}"#
        )
    };
    let two = format!("{}, {}", origin("A"), origin("B"));
    let trace = play(&scenario(true, &two));
    assert!(calls(&trace).iter().all(|(status, _)| *status == 200), "{:?}", calls(&trace));
    let life: Vec<ProcessStep> = process(&trace).into_iter().map(|(_, s)| s).collect();
    assert_eq!(
        life,
        [ProcessStep::Stopping, ProcessStep::Stopped, ProcessStep::Starting, ProcessStep::Ready]
    );
    let killed =
        |trace: &Trace| trace.spans.iter().filter(|s| s.outcome == Outcome::Failed(Failure::Killed)).count();
    assert_eq!(killed(&trace), 0);
    // Alone, its port is closed for two seconds.
    let alone = play(&scenario(true, &origin("A")));
    let failed: Vec<u64> = calls(&alone).into_iter().filter(|(s, _)| *s == 502).map(|(_, at)| at).collect();
    assert!((90..=102).contains(&failed.len()), "{} of 50 a second for 2 s", failed.len());
    assert!(failed.iter().all(|at| (5_000..7_100).contains(at)), "{failed:?}");
    assert!(killed(&play(&scenario(false, &origin("A")))) > 0, "ungraceful");
}

#[test]
fn timers_of_a_process_that_died_do_not_meet_the_requests_of_the_next() {
    // The first request would be answered at 1,005 ms; the second begins at 900 ms and takes its full second.
    let deploy = r#"{"at": "800ms", "do": {"deploy": {"origins": ["A"], "graceful": false}}}"#;
    let settings = r#""service_time": {"fixed": "1s"}"#;
    let trace = trial(settings, "", "", &[&send("0s", READ), deploy, &send("900ms", READ)]);
    assert_eq!(calls(&trace), [(502, 800), (200, 1_903)]);
}

#[test]
fn a_drain_that_takes_too_long_is_cut() {
    let deploy = r#"{"at": "1s", "do": {"deploy": {"origins": ["A"], "drain": "3s"}}}"#;
    let trace = trial("", r#""query_time": {"fixed": "10s"}"#, "", &[&send("0s", READ), deploy]);
    assert_eq!(calls(&trace), [(502, 4_000)]);
    assert_eq!(process(&trace)[..2], [(1_000, ProcessStep::Stopping), (4_000, ProcessStep::DrainCut)]);
}

#[test]
fn a_crash_loop_backs_off() {
    let json = r#"{"origins": [{"faults": [{"crash_loop": {"after": "2s"}}]}], "horizon": "200s",
        "timeline": [{"at": "1s", "do": {"send": {"client": "client", "request": {}}}},
                     {"at": "3s", "do": {"send": {"client": "client", "request": {}}}}]}"#;
    let trace = play(json);
    let starts: Vec<u64> = process(&trace)
        .into_iter()
        .filter(|(_, s)| *s == ProcessStep::Starting)
        .map(|(at, _)| at / 1_000)
        .collect();
    // Restarts at once, then after 10, 20, 40 and 80 s; each time it lives 2 s.
    assert_eq!(starts, [0, 12, 34, 76, 158]);
    assert_eq!(calls(&trace).iter().map(|(s, _)| *s).collect::<Vec<_>>(), [200, 502]);
}

#[test]
fn memory_grows_until_the_kernel_kills_the_process() {
    let leak = r#"{"at": "0s", "do": {"inject": {"node": "A", "fault": {"memory_leak":
        {"start_kib": 0, "limit_kib": 3, "per_request_kib": 1}}}}}"#;
    let four = ["1s", "2s", "3s", "4s"].map(|at| send(at, READ));
    let mut timeline = vec![leak];
    timeline.extend(four.iter().map(String::as_str));
    let trace = trial(r#""restart": {"after": "500ms"}"#, "", "", &timeline);
    assert_eq!(calls(&trace).iter().map(|(s, _)| *s).collect::<Vec<_>>(), [200, 200, 502, 200]);
    assert_eq!(
        process(&trace)[..3],
        [
            (3_000, ProcessStep::OutOfMemory),
            (3_000, ProcessStep::RestartIn(fivexx::sim::time::SimDuration::from_millis(500))),
            (3_500, ProcessStep::Starting)
        ]
    );
    let by_time = r#"{"at": "0s", "do": {"inject": {"node": "A", "fault": {"memory_leak":
        {"start_kib": 0, "limit_kib": 10, "per_request_kib": 0, "per_second_kib": 4}}}}}"#;
    let trace = trial(r#""restart": "never""#, "", "", &[by_time, &four[1], &four[2]]);
    assert_eq!(process(&trace), [(2_500, ProcessStep::OutOfMemory)]);
    assert_eq!(calls(&trace).iter().map(|(s, _)| *s).collect::<Vec<_>>(), [200, 502]);
}

#[test]
fn a_young_process_is_slow() {
    let deploy = r#"{"at": "0s", "do": {"deploy": {"origins": ["A"]}}}"#;
    let settings = r#""service_time": {"fixed": "10ms"}, "warm_up": {"factor": 3, "over": "10s"}"#;
    let (early, half, late) = (send("0s", READ), send("5s", READ), send("11s", READ));
    let trace = trial(settings, "", "", &[deploy, &early, &half, &late]);
    assert_eq!(calls(&trace), [(200, 33), (200, 5_023), (200, 11_013)]);
}

#[test]
fn of_two_updates_at_once_one_finds_a_conflict() {
    let two = [send("0s", UPDATE), send("1ms", UPDATE)];
    let two: Vec<&str> = two.iter().map(String::as_str).collect();
    let with = |more: &str| {
        trial(
            &format!(r#""service_time": {{"fixed": "10ms"}}, "updates": {{"optimistic": {{{more}}}}}"#),
            "",
            "",
            &two,
        )
    };
    // Read 3 ms, compute 10 ms, write 3 ms.
    let trace = with("");
    assert_eq!(calls(&trace), [(200, 16), (409, 17)]);
    let expected =
        [Step::RowRead(0), Step::RowRead(0), Step::RowWritten(1), Step::RowStale { read: 0, found: 1 }];
    assert_eq!(steps(&trace).into_iter().map(|(_, s)| s).collect::<Vec<_>>(), expected);
    assert_eq!(calls(&with(r#""answer": "precondition_failed""#))[1], (412, 17));
    assert_eq!(calls(&with(r#""retries": 1"#)), [(200, 16), (200, 33)]);
    let refused = trial("", "", "", &two);
    assert_eq!(calls(&refused).iter().map(|(s, _)| *s).collect::<Vec<_>>(), [405, 405]);
}

#[test]
fn a_lock_lets_one_in_after_the_other() {
    let three = [send("0s", UPDATE), send("0s", UPDATE), send("0s", UPDATE)];
    let three: Vec<&str> = three.iter().map(String::as_str).collect();
    let with = |more: &str| {
        let settings = format!(
            r#""service_time": {{"fixed": "0s"}}, "updates": {{"locked": {{"hold": "97ms"{more}}}}}"#
        );
        calls(&trial(&settings, "", "", &three))
    };
    assert_eq!(with(""), [(200, 100), (200, 200), (200, 300)]);
    assert_eq!(
        with(r#", "timeout": "150ms", "on_timeout": "http503""#),
        [(200, 100), (200, 200), (503, 150)]
    );
}

#[test]
fn a_key_makes_a_repeated_order_one_order() {
    let keyed = r#"{"method": "POST", "path": "/orders", "idempotency_key": "per_call"}"#;
    let policy = r#""attempts": 4, "methods": ["POST"], "statuses": [409], "attempt_timeout": "50ms",
        "delay": {"fixed": "100ms"}"#;
    let slow = r#""query_time": {"fixed": "200ms"}"#;
    // Attempts at 0, 150, 300: the first runs into its limit, the second finds the key busy at 152 ms, the third
    // comes at 252 ms and gets what the first has made at 202 ms.
    let trace = trial("", slow, policy, &[&send("0s", keyed)]);
    assert_eq!(commits(&trace), [1_042]);
    let told: Vec<(u64, Step)> = steps(&trace);
    assert_eq!(told, [(2, Step::KeyClaimed), (152, Step::KeyBusy), (254, Step::KeyReplayed(1_042))]);
    assert_eq!(calls(&trace), [(201, 254)]);
    // Without a key each attempt that got through makes an order.
    let trace = trial("", slow, policy, &[&send("0s", CREATE)]);
    assert_eq!(commits(&trace).len(), 4);
    let trace = trial(r#""idempotency_keys": "ignored""#, slow, policy, &[&send("0s", keyed)]);
    assert_eq!(commits(&trace).len(), 4);
}

#[test]
fn a_key_for_another_request_is_refused() {
    let with = |body: &str| {
        format!(
            r#"{{"method": "POST", "path": "/orders", "body": "{body}", "idempotency_key": {{"given": "k"}}}}"#
        )
    };
    let timeline = [send("0s", &with("a")), send("1s", &with("b")), send("2s", &with("a"))];
    let timeline: Vec<&str> = timeline.iter().map(String::as_str).collect();
    let statuses = |trace: &Trace| calls(trace).iter().map(|(s, _)| *s).collect::<Vec<_>>();
    let trace = trial("", "", "", &timeline);
    assert_eq!((statuses(&trace), commits(&trace).len()), (vec![201, 422, 201], 1));
    // The same where the origin keeps the orders itself.
    let trace = play(&format!(r#"{{"dependencies": [], "timeline": [{}]}}"#, timeline.join(", ")));
    assert_eq!((statuses(&trace), commits(&trace).len()), (vec![201, 422, 201], 1));
}

#[test]
fn orders_that_do_not_exist_are_not_found_and_heads_have_no_body() {
    let get = |n: u32| send("1s", &format!(r#"{{"path": "/orders/{n}"}}"#));
    let timeline = [send("0s", CREATE), get(42), get(999), get(1_042), get(1_043)];
    let timeline: Vec<&str> = timeline.iter().map(String::as_str).collect();
    let trace = trial("", "", "", &timeline);
    assert_eq!(calls(&trace).iter().map(|(s, _)| *s).collect::<Vec<_>>(), [201, 200, 404, 200, 404]);
    let trace = trial("", "", "", &[&send("0s", r#"{"method": "HEAD"}"#)]);
    let (_, call) = trace.of_kind(SpanKind::Call).next().expect("a call");
    let Outcome::Answer(message) = call.outcome else { unreachable!("{call:?}") };
    assert!(trace.render(message).ends_with("\r\n\r\n"), "{}", trace.render(message));
}

#[test]
fn a_pool_that_is_exhausted_fails_the_query() {
    let two = [send("0s", READ), send("0s", READ)];
    let two: Vec<&str> = two.iter().map(String::as_str).collect();
    let with = |size: u32, more: &str| {
        let pool = format!(r#""pool": {{"size": {size}, "acquire_timeout": "50ms"}}{more}"#);
        calls(&trial(&pool, r#""query_time": {"fixed": "100ms"}"#, "", &two))
    };
    assert_eq!(with(2, ""), [(200, 102), (200, 102)]);
    assert_eq!(with(1, ""), [(200, 102), (500, 52)]);
    assert_eq!(with(1, r#", "on_query_failure": "http503""#), [(200, 102), (503, 52)]);
}

#[test]
fn a_query_that_is_given_up_is_carried_out_all_the_same() {
    let settings = r#""query_timeout": "50ms", "on_query_failure": "http504", "pool": {"size": 1}"#;
    let trace = trial(settings, r#""query_time": {"fixed": "100ms"}"#, "", &[&send("0s", CREATE)]);
    assert_eq!(calls(&trace), [(504, 52)]);
    assert_eq!(commits(&trace), [1_042]);
    assert_eq!(steps(&trace), [(52, Step::QueryFailed(QueryFailure::TimedOut))]);
}

#[test]
fn a_database_in_trouble_is_an_error_of_the_application() {
    let two = [send("1s", READ), send("1s", CREATE)];
    let with = |settings: &str, database: &str, fault: &str| {
        let inject =
            format!(r#"{{"at": "0s", "do": {{"inject": {{"node": "database", "fault": {fault}}}}}}}"#);
        let repair = r#"{"at": "2s", "do": {"repair": {"node": "database", "fault": "lock_held"}}}"#;
        let trace = trial(settings, database, "", &[&inject, &two[0], &two[1], repair]);
        (calls(&trace), commits(&trace).len())
    };
    let down = r#"{"dependency_down": {}}"#;
    assert_eq!(with("", "", down), (vec![(500, 1_002), (500, 1_002)], 0));
    assert_eq!(with(r#""on_query_failure": "http503""#, "", down).0, [(503, 1_002), (503, 1_002)]);
    assert_eq!(with("", "", r#"{"dependency_errors": {}}"#), (vec![(500, 1_005), (500, 1_005)], 0));
    assert_eq!(with("", "", r#"{"dependency_errors": {"share": 0}}"#).1, 1);
    let locked = r#"{"lock_held": {}}"#;
    assert_eq!(with("", "", locked), (vec![(200, 1_005), (201, 2_003)], 1));
    assert_eq!(with("", r#""lock_timeout": "300ms""#, locked), (vec![(200, 1_005), (500, 1_302)], 0));
    let crowded = with("", r#""max_connections": 1"#, r#"{"slow_query": {"query_time": {"fixed": "1s"}}}"#);
    assert_eq!(crowded, (vec![(200, 2_002), (500, 1_002)], 0));
}

#[test]
fn a_link_to_the_database_that_lets_nothing_through_fails_the_query() {
    let with = |fault: &str| {
        let inject =
            format!(r#"{{"at": "0s", "do": {{"inject": {{"node": "link:database", "fault": {fault}}}}}}}"#);
        let settings = r#""query_timeout": "5s", "on_query_failure": "http504""#;
        let trace = trial(settings, "", "", &[&inject, &send("1s", READ)]);
        calls(&trace)[0]
    };
    assert_eq!(with(r#"{"refused": {}}"#), (504, 1_002));
    assert_eq!(with(r#"{"name_not_resolved": {}}"#), (504, 1_002));
    assert_eq!(with(r#"{"reset": {}}"#), (504, 1_002));
    assert_eq!(with(r#"{"black_hole": {}}"#), (504, 6_002));
}

#[test]
fn a_third_party_has_to_agree_before_an_order_is_stored() {
    let with = |fault: &str| {
        let json = format!(
            r#"{{"gateways": [{{"link": {{"latency": "0s"}}}}],
                "origins": [{{"link": {{"latency": "0s"}},
                             "settings": {{"call_timeout": "500ms", "on_call_failure": "http502"}}}}],
                "dependencies": [
                    {{"link": {{"latency": "0s"}}}},
                    {{"id": "payments", "kind": "api", "link": {{"latency": "0s"}},
                      "settings": {{"query_time": {{"fixed": "100ms"}}}}, "faults": [{fault}]}}],
                "timeline": [{}, {}]}}"#,
            send("0s", CREATE),
            send("0s", READ)
        );
        let trace = play(&json);
        (calls(&trace), commits(&trace).len())
    };
    assert_eq!(with(""), (vec![(201, 105), (200, 5)], 1));
    assert_eq!(with(r#"{"dependency_down": {}}"#), (vec![(502, 2), (200, 5)], 0));
    assert_eq!(with(r#"{"dependency_errors": {}}"#), (vec![(502, 102), (200, 5)], 0));
    assert_eq!(with(r#"{"slow_query": {"query_time": {"fixed": "2s"}}}"#), (vec![(502, 502), (200, 5)], 0));
}

#[test]
fn stuck_workers_leave_less_for_the_rest() {
    let inject = |n: u32| {
        format!(
            r#"{{"at": "0s", "do": {{"inject": {{"node": "A", "fault": {{"worker_pool_busy": {{"workers": {n}}}}}}}}}}}"#
        )
    };
    let repair = r#"{"at": "1s", "do": {"repair": {"node": "A", "fault": "worker_pool_busy"}}}"#;
    let two = [send("0s", READ), send("0s", READ)];
    let with = |n: u32| calls(&trial(r#""workers": 3"#, "", "", &[&inject(n), &two[0], &two[1], repair]));
    assert_eq!(with(1), [(200, 5), (200, 5)]);
    assert_eq!(with(2), [(200, 5), (200, 10)]);
    assert_eq!(with(3), [(200, 1_005), (200, 1_005)]);
}

#[test]
fn a_process_that_dies_in_a_body_takes_its_other_requests_with_it() {
    let inject = r#"{"at": "0s", "do": {"inject": {"node": "A", "fault": {"crash_in_body": {}}}}}"#;
    let report = send("0s", r#"{"path": "/report"}"#);
    let trace = trial(r#""restart": {"after": "1s"}"#, "", "", &[inject, &report, &send("1s", READ)]);
    let outcomes: Vec<Outcome> = trace.of_kind(SpanKind::Call).map(|(_, call)| call.outcome).collect();
    assert!(matches!(outcomes[1], Outcome::Broken(_, Failure::Truncated { .. })), "{outcomes:?}");
    assert_eq!(calls(&trace)[0], (502, 1_205));
    assert_eq!(process(&trace)[0], (1_205, ProcessStep::Crashed));
    assert_eq!(process(&trace).last(), Some(&(2_205, ProcessStep::Ready)));
}

#[test]
fn a_missing_setting_fails_every_request_before_the_database_is_asked() {
    for (what, status) in [("setting", 500), ("module", 501), ("routes", 404)] {
        let inject = format!(
            r#"{{"at": "0s", "do": {{"inject": {{"node": "A", "fault": {{"misconfigured": {{"what": "{what}"}}}}}}}}}}"#
        );
        let trace = trial("", "", "", &[&inject, &send("0s", CREATE)]);
        assert_eq!(calls(&trace), [(status, 0)]);
        assert_eq!(trace.of_kind(SpanKind::Query).count(), 0);
    }
}

#[test]
fn no_worker_is_lost_in_random_trouble() {
    let mut told = 0;
    for seed in 0..1_500 {
        let trace = run(&support::random_scenario(seed));
        for node in 0..trace.nodes.len() {
            let works = |s: &fivexx::sim::trace::Span| {
                usize::from(s.node.0) == node && matches!(s.kind, SpanKind::Work | SpanKind::Query)
            };
            // A process that dies has no workers to count, and a run that was cut has some at work.
            let mut spans = trace.spans.iter().filter(|s| works(s));
            if spans.any(|s| matches!(s.outcome, Outcome::Failed(Failure::Killed) | Outcome::Unfinished)) {
                continue;
            }
            let busy = trace.events.iter().rev().find_map(|e| match e.note {
                Note::Started(n) | Note::Released(n) if works(trace.span(e.span)) => Some(n),
                _ => None,
            });
            told += usize::from(busy.is_some());
            assert!(
                matches!(busy, None | Some(0)),
                "seed {seed}: {busy:?} busy at the end on {:?}",
                trace.nodes[node]
            );
        }
    }
    assert!(told > 1_000, "{told} nodes worked");
}
