//! The failures that everybody should know, each as a golden trace.
//!
//! The scenarios are data (`tests/golden/*.json`), the expectations readable text beside them. After a
//! deliberate change of behaviour, `FIVEXX_BLESS=1 cargo test --test mechanisms` writes them anew; the diff
//! is the review.

use std::fmt::Write as _;
use std::path::Path;

use fivexx::interop::story::story;
use fivexx::sim::client::preset;
use fivexx::sim::dialect::dialect;
use fivexx::sim::explain;
use fivexx::sim::message::Message;
use fivexx::sim::scenario::Scenario;
use fivexx::sim::simulation::run;
use fivexx::sim::trace::{Outcome, SpanId, SpanKind, Trace};

fn scenario(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.json"));
    let text = std::fs::read_to_string(path).expect("the scenario is there");
    Scenario::from_json(&text).expect("the scenario is valid")
}

/// Compares a run with the text that is kept of it.
fn golden(name: &str) -> Trace {
    let trace = run(&scenario(name));
    let mut text = story(&trace);
    for (id, _) in trace.of_kind(SpanKind::Attempt) {
        let why = explain(&trace, id);
        let _ = writeln!(text, "\nwhy: {}", why.summary);
        for link in &why.chain {
            let _ = writeln!(text, "  {:>9} {:?}: {}", link.at.to_string(), link.kind, link.text);
        }
        let _ = writeln!(text, "  see {}", why.paragraphs().join(", "));
    }
    for (id, span) in trace.of_kind(SpanKind::GatewayRequest) {
        if let Some(name) = trace.dialect(span.node) {
            for line in dialect(name).log_lines(&trace, id) {
                let _ = writeln!(text, "{}.log: {}", line.file, line.text);
            }
        }
    }
    if let Some((_, call)) = trace.of_kind(SpanKind::Call).last()
        && let Outcome::Answer(message) | Outcome::Broken(message, _) = call.outcome
    {
        let _ = writeln!(text, "\n{}", trace.render(message).replace("\r\n", "\n"));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"));
    if std::env::var("FIVEXX_BLESS").is_ok_and(|v| v == "1") {
        std::fs::write(&path, &text).expect("the golden file can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{} differs from this run:\n{text}", path.display());
    trace
}

fn answer(outcome: Outcome) -> Option<Message> {
    match outcome {
        Outcome::Answer(message) => Some(message),
        _ => None,
    }
}

fn statuses(trace: &Trace) -> Vec<Option<u16>> {
    trace.of_kind(SpanKind::Attempt).map(|(_, s)| answer(s.outcome).and_then(|m| trace.status(m))).collect()
}

/// Milliseconds from the end of each attempt to the start of the next.
fn waits(trace: &Trace) -> Vec<u64> {
    let attempts: Vec<_> = trace.of_kind(SpanKind::Attempt).map(|(_, s)| *s).collect();
    attempts.windows(2).map(|w| w[1].start.since(w[0].end).as_millis()).collect()
}

fn took_ms(trace: &Trace) -> u64 {
    trace.of_kind(SpanKind::Attempt).next().map_or(0, |(_, s)| s.end.since(s.start).as_millis())
}

#[test]
fn a_dead_process_is_a_502_with_nginx_s_own_page() {
    let trace = golden("process_down");
    assert_eq!(statuses(&trace), [Some(502)]);
    let (_, call) = trace.of_kind(SpanKind::Call).next().expect("a call");
    let message = answer(call.outcome).expect("an answer");
    let body = trace.template(message).body_at(message);
    assert_eq!(
        body,
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
    );
    assert_eq!(body.len(), 157, "as recorded");
}

#[test]
fn a_frozen_process_is_a_504_after_the_read_timeout() {
    let trace = golden("frozen");
    assert_eq!(statuses(&trace), [Some(504)]);
    assert_eq!(took_ms(&trace), 2_003, "2 s and the crossings of two links");
}

#[test]
fn a_black_hole_is_a_504_after_the_connect_timeout() {
    let trace = golden("black_hole");
    assert_eq!(statuses(&trace), [Some(504)]);
    assert_eq!(took_ms(&trace), 1_002);
}

#[test]
fn an_unhandled_exception_is_the_application_s_500() {
    assert_eq!(statuses(&golden("exception")), [Some(500)]);
}

#[test]
fn maintenance_is_a_503_and_the_client_waits_as_told() {
    let trace = golden("maintenance");
    assert_eq!(statuses(&trace), [Some(503), Some(200)]);
    assert_eq!(waits(&trace), [7_000], "Retry-After: 7 in place of the policy's 1 s");
}

#[test]
fn maintenance_until_a_date_is_waited_for_as_well() {
    let trace = golden("maintenance_date");
    assert_eq!(statuses(&trace), [Some(503), Some(200)]);
    // The date has whole seconds: 5 s after the answer at 0.002 s is second 5 of the clock.
    assert_eq!(waits(&trace), [4_998]);
}

#[test]
fn the_sample_s_retry_rule_waits_one_second_then_two() {
    let trace = golden("fetch_with_retry");
    assert_eq!(statuses(&trace), [Some(502), Some(502), Some(502)]);
    assert_eq!(waits(&trace), [1_000, 2_000]);
    let policy = (preset("fetch-with-retry").expect("it exists").policy)();
    assert_eq!(
        scenario("fetch_with_retry").clients[0].policy,
        policy,
        "the golden scenario shows the preset"
    );
}

#[test]
fn a_post_that_timed_out_is_stored_all_the_same_and_again_with_each_retry() {
    let trace = golden("order_twice");
    let stored =
        trace.events.iter().filter(|e| matches!(e.note, fivexx::sim::trace::Note::Committed(_))).count();
    assert!(stored > 1, "{stored} orders");
    let first = trace.of_kind(SpanKind::Attempt).next().expect("an attempt").0;
    let why = explain(&trace, first);
    assert_eq!(why.status, Some(504));
    assert!(why.timer);
    assert!(why.chain.iter().any(|l| l.text.contains("Nobody is listening")), "{:#?}", why.chain);
}

#[test]
fn an_unknown_method_is_the_application_s_501() {
    assert_eq!(statuses(&golden("unknown_method")), [Some(501)]);
}

#[test]
fn a_full_line_is_the_application_s_503() {
    let trace = golden("overloaded");
    assert!(statuses(&trace).contains(&Some(503)));
    assert!(statuses(&trace).contains(&Some(200)));
}

#[test]
fn a_client_that_leaves_is_a_499_in_the_log_and_the_work_goes_on() {
    let trace = golden("client_leaves");
    assert_eq!(statuses(&trace), [None]);
    let (id, _) = trace.of_kind(SpanKind::GatewayRequest).next().expect("a request");
    let lines = dialect(Default::default()).log_lines(&trace, id);
    assert!(lines.iter().any(|l| l.text.contains("status=499")), "{lines:?}");
    assert_ne!(id, SpanId::NONE);
}
