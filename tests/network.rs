//! What the network costs and loses: connections kept or not, handshakes, names, bandwidth, lost packets.

use fivexx::sim::Scenario;
use fivexx::sim::simulation::{Simulation, run};
use fivexx::sim::time::{SimDuration, SimTime};
use fivexx::sim::trace::{Failure, Note, Outcome, Parcel, SpanKind, Trace};

/// One millisecond each way on both hops, an origin that takes 2 ms, and no database.
fn scenario(client: &str, gateway: &str, origin: &str, timeline: &str) -> Scenario {
    let json = format!(
        r#"{{"clients": [{{{client}}}],
            "gateways": [{{"link": {{"latency": "1ms"}}{gateway}}}],
            "origins": [{{"app": "probe"{origin}}}], "dependencies": [], "timeline": [{timeline}]}}"#
    );
    Scenario::from_json(&json).map_err(|e| format!("{e}: {json}")).expect("a scenario")
}

fn send(at: &str) -> String {
    format!(r#"{{"at": "{at}", "do": {{"send": {{"client": "client", "request": {{}}}}}}}}"#)
}

/// Milliseconds of every call.
fn took(trace: &Trace) -> Vec<f64> {
    trace.of_kind(SpanKind::Call).map(|(_, s)| s.end.since(s.start).as_secs_f64() * 1e3).collect()
}

fn statuses(trace: &Trace) -> Vec<Option<u16>> {
    let attempts = trace.of_kind(SpanKind::Attempt);
    attempts.map(|(_, s)| if let Outcome::Answer(m) = s.outcome { trace.status(m) } else { None }).collect()
}

fn departed(trace: &Trace, parcel: Parcel) -> usize {
    trace.events.iter().filter(|e| matches!(e.note, Note::Departed { parcel: p, .. } if p == parcel)).count()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-6, "{found} ms, {expected} ms expected");
}

const LINK: &str = r#", "link": {"latency": "1ms"}"#;
const KEPT: &str = r#""keep_alive": {"idle": "60s"}"#;
const UPSTREAM_KEPT: &str = r#", "settings": {"upstream_keep_alive": {"on": {"idle": "60s"}}}"#;

#[test]
fn a_kept_connection_saves_its_round_trips() {
    let timeline = [send("0s"), send("1s")].join(",");
    // Opening, request, answer: two round trips a hop, and 2 ms of work.
    let fresh = run(&scenario("", "", LINK, &timeline));
    assert_eq!(departed(&fresh, Parcel::Connect), 4);
    took(&fresh).iter().for_each(|ms| close(*ms, 10.0));
    let kept = run(&scenario(KEPT, UPSTREAM_KEPT, LINK, &timeline));
    assert_eq!(departed(&kept, Parcel::Connect), 2);
    close(took(&kept)[0], 10.0);
    close(took(&kept)[1], 6.0);
    assert_eq!(kept.events.iter().filter(|e| e.note == Note::Reused).count(), 2);
}

#[test]
fn handshakes_cost_their_round_trips_once_for_each_connection() {
    for (version, round_trips) in [("1.2", 2.0), ("1.3", 1.0)] {
        let origin = format!(r#", "link": {{"latency": "1ms", "tls": "{version}"}}"#);
        let trace = run(&scenario(KEPT, UPSTREAM_KEPT, &origin, &[send("0s"), send("1s")].join(",")));
        close(took(&trace)[0], 10.0 + 2.0 * round_trips);
        close(took(&trace)[1], 6.0);
    }
}

#[test]
fn a_failed_handshake_is_no_answer_of_the_origin() {
    for (fault, failure) in
        [("plaintext", Failure::HandshakeFailed), ("bad_certificate", Failure::BadCertificate)]
    {
        let origin =
            format!(r#", "link": {{"latency": "1ms", "tls": "1.3"}}, "faults": [{{"{fault}": {{}}}}]"#);
        let trace = run(&scenario("", "", &origin, &send("0s")));
        assert_eq!(statuses(&trace), [Some(502)]);
        assert!(trace.events.iter().any(|e| e.note == Note::Noticed(failure)), "{fault}");
    }
}

#[test]
fn the_two_ends_race_when_the_origin_gives_up_first() {
    // The origin closes after 5 s, the gateway would keep the connection for 60 s: a request that leaves the
    // gateway while the origin's close is on its way meets a closed end, and is sent again on a new one.
    let slow = r#", "link": {"latency": "100ms"}, "settings": {"keep_alive": "5s"}"#;
    // Answered at 0.306 s (the gateway is 1 ms from the client): the close leaves at 5.306 s and arrives at 5.406 s.
    let race = run(&scenario(KEPT, UPSTREAM_KEPT, slow, &[send("0s"), send("5.35s")].join(",")));
    assert_eq!(statuses(&race), [Some(200), Some(200)]);
    assert_eq!(race.of_kind(SpanKind::Try).count(), 3);
    let late = run(&scenario(KEPT, UPSTREAM_KEPT, slow, &[send("0s"), send("6s")].join(",")));
    assert_eq!(late.of_kind(SpanKind::Try).count(), 2, "a close that has arrived is no race");
    // nginx does not repeat a POST that it had sent, not even then (ngx_http_upstream_next).
    let post = send("5.35s").replace("{}", r#"{"method": "POST"}"#);
    let lost = run(&scenario(KEPT, UPSTREAM_KEPT, slow, &[send("0s"), post].join(",")));
    assert_eq!(statuses(&lost), [Some(200), Some(502)]);
}

#[test]
fn a_caller_keeps_no_more_idle_connections_than_it_may() {
    let one = r#"{"clients": [{"keep_alive": {"idle": "10s", "most": 2}}], "origins": [{"app": "probe"}], "dependencies": [], "timeline": [SENDS]}"#;
    let sends = vec![send("0s"); 5].join(",");
    let scenario = Scenario::from_json(&one.replace("SENDS", &sends)).expect("a scenario");
    let mut simulation = Simulation::new(&scenario, ());
    simulation.run_until(SimTime::from_secs(1));
    let (opened, ended, standing) = simulation.connections();
    assert_eq!((opened, ended, standing), (10, 8, 2));
    simulation.finish();
    assert_eq!(simulation.connections(), (10, 10, 0), "idle connections are closed in the end");
}

#[test]
fn a_connection_carries_no_more_requests_than_it_may() {
    let client = r#""keep_alive": {"requests": 3}"#;
    let sends: Vec<_> = (0..7).map(|i| send(&format!("{i}s"))).collect();
    let trace = run(&scenario(client, "", LINK, &sends.join(",")));
    let fresh =
        trace.of_kind(SpanKind::Attempt).map(|(id, _)| trace.notes(id).all(|e| e.note != Note::Reused));
    assert_eq!(fresh.collect::<Vec<_>>(), [true, false, false, true, false, false, true]);
}

#[test]
fn a_forgotten_connection_swallows_the_request_until_a_timer_runs_out() {
    let origin = r#", "link": {"latency": "1ms", "faults": [{"idle_forgotten": {"after": "2s"}}]}, "settings": {"keep_alive": "60s"}"#;
    let gateway = r#", "settings": {"read_timeout": "3s", "upstream_keep_alive": {"on": {}}}"#;
    let trace = run(&scenario("", gateway, origin, &[send("0s"), send("1s"), send("4s")].join(",")));
    assert_eq!(statuses(&trace), [Some(200), Some(200), Some(504)]);
    close(took(&trace)[2], 3_004.0);
}

#[test]
fn an_address_that_is_remembered_goes_stale_until_it_is_looked_up_again() {
    let origin = r#", "link": {"latency": "1ms", "dns": {"ttl": "10s", "lookup": {"fixed": "20ms"}}}"#;
    let moved = r#"{"at": "2s", "do": {"inject": {"node": "link:A", "fault": {"address_moved": {}}}}}"#;
    let sends = [send("0s"), send("1s"), moved.to_owned(), send("3s"), send("11s")].join(",");
    let trace = run(&scenario("", "", origin, &sends));
    assert_eq!(statuses(&trace), [Some(200), Some(200), Some(502), Some(200)]);
    close(took(&trace)[0], 30.0);
    close(took(&trace)[1], 10.0);
    close(took(&trace)[3], 30.0);
    // Without a time to live the name is looked up once, as nginx does with names in its configuration.
    let forever = origin.replace(r#""ttl": "10s", "#, "");
    assert_eq!(statuses(&run(&scenario("", "", &forever, &sends)))[3], Some(502));
}

#[test]
fn a_name_that_is_remembered_outlives_its_server() {
    let origin = r#", "link": {"latency": "1ms", "dns": {"ttl": "10s"}}"#;
    let gone = r#"{"at": "2s", "do": {"inject": {"node": "link:A", "fault": {"name_not_resolved": {}}}}}"#;
    let sends = [send("0s"), gone.to_owned(), send("5s"), send("15s")].join(",");
    assert_eq!(statuses(&run(&scenario("", "", origin, &sends))), [Some(200), Some(200), Some(502)]);
}

#[test]
fn bodies_take_the_time_that_the_bandwidth_gives_them_and_share_it() {
    let origin = r#", "link": {"latency": "1ms", "bandwidth": 10000}"#;
    let alone = took(&run(&scenario("", "", origin, &send("0s"))))[0];
    // Some hundred bytes each way at 10 kB/s: tens of milliseconds.
    assert!((40.0..150.0).contains(&alone), "{alone} ms");
    let both = took(&run(&scenario("", "", origin, &[send("0s"), send("0s")].join(","))));
    assert!(both[1] > alone + 10.0, "two share it: {both:?}, alone {alone}");
}

#[test]
fn lost_packets_come_late_by_whole_retransmissions() {
    let client = r#""traffic": {"arrivals": {"constant": {"rate": 20}}, "until": "50s"}"#;
    let origin = r#", "link": {"latency": "1ms", "faults": [{"packet_loss": {"share": 0.05}}]}"#;
    let trace = run(&scenario(client, "", origin, ""));
    let late: Vec<f64> = took(&trace).into_iter().map(|ms| ms - 10.0).collect();
    let n = late.len() as f64;
    // A call crosses four times; a loss costs 1 s at the opening's two crossings, 0.2 s at the others, then double.
    let touched = late.iter().filter(|ms| **ms > 1.0).count() as f64;
    let expected = 1.0 - libm_pow(0.95, 4);
    let error = (expected * (1.0 - expected) / n).sqrt();
    assert!((touched / n - expected).abs() < 4.0 * error, "{touched} of {n}");
    for ms in late {
        let hundreds = ms / 200.0;
        assert!((hundreds - hundreds.round()).abs() < 1e-6, "{ms} ms is no sum of waits");
    }
}

fn libm_pow(base: f64, n: u32) -> f64 {
    (0..n).fold(1.0, |product, _| product * base)
}

#[test]
fn what_crosses_on_one_connection_stays_in_order() {
    let client = r#""traffic": {"arrivals": {"constant": {"rate": 50}}, "until": "20s"}, "keep_alive": {}"#;
    let origin =
        r#", "link": {"latency": "1ms", "jitter": {"exponential": "20ms"}}, "faults": [{"slow_body": {}}]"#;
    let trace = run(&scenario(client, "", origin, ""));
    for (id, span) in trace.of_kind(SpanKind::Try) {
        let mut last = SimTime::ZERO;
        for event in trace.notes(id) {
            if let Note::Departed { toward: false, takes, .. } = event.note {
                let arrives = event.at + SimDuration::from_nanos(takes);
                assert!(arrives >= last, "overtaken in {span:?}");
                last = arrives;
            }
        }
    }
}

#[test]
fn a_process_that_dies_takes_its_idle_connections_with_it() {
    let down = r#"{"at": "1s", "do": {"inject": {"node": "A", "fault": {"process_down": {}}}}}"#;
    let up = r#"{"at": "2s", "do": {"repair": {"node": "A", "fault": "process_down"}}}"#;
    let sends = [send("0s"), down.to_owned(), up.to_owned(), send("3s")].join(",");
    let trace = run(&scenario("", UPSTREAM_KEPT, LINK, &sends));
    assert_eq!(statuses(&trace), [Some(200), Some(200)]);
    assert_eq!(trace.events.iter().filter(|e| e.note == Note::Reused).count(), 0);
}
