use super::*;
use crate::sim::message::{Message, TemplateId};
use crate::sim::scenario::Scenario;
use crate::sim::simulation::run;
use crate::sim::time::SimTime;
use crate::sim::trace::{Outcome, SpanKind, Trace};

fn page(own: OwnAnswer) -> String {
    let message = Message { template: TemplateId(0), number: 0, sent: SimTime::ZERO };
    Traefik.own(own).render(message, 0)
}

/// A run in front of one origin with a fault; `settings` and `fault` are JSON.
fn played(settings: &str, fault: &str, method: &str) -> Trace {
    let send =
        format!(r#"{{"send": {{"client": "client", "request": {{"method": "{method}", "path": "/1"}}}}}}"#);
    let json = format!(
        r#"{{"gateways": [{{"dialect": "traefik", "settings": {settings}}}], "origins": [{{"faults": [{fault}]}}],
            "timeline": [{{"at": "0s", "do": {send}}}]}}"#
    );
    run(&Scenario::from_json(&json).expect("a scenario"))
}

fn tries(trace: &Trace) -> usize {
    trace.of_kind(SpanKind::Try).count()
}

fn status(trace: &Trace) -> Option<u16> {
    let (_, span) = trace.of_kind(SpanKind::GatewayRequest).next()?;
    match span.outcome {
        Outcome::Answer(m) | Outcome::Broken(m, _) => trace.status(m),
        _ => None,
    }
}

#[test]
fn its_own_words_have_no_type_but_those_of_go_have() {
    let refused =
        OwnAnswer { failure: Some(Failure::Refused), ..OwnAnswer::configured(502, RetryAfter::Absent) };
    let seen = page(refused);
    assert!(seen.ends_with("GMT\r\nContent-Length: 11\r\n\r\nBad Gateway"), "{seen}");
    assert!(!seen.contains("Content-Type"));
    // Recorded: sequence health_kill1, with its newline.
    let nobody = page(OwnAnswer {
        failure: Some(Failure::NoLiveUpstream),
        ..OwnAnswer::configured(503, RetryAfter::Absent)
    });
    assert!(nobody.ends_with("\r\n\r\nno available server\n"), "{nobody}");
    assert!(
        nobody
            .contains("Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nDate: ")
    );
}

#[test]
fn names_are_canonical_sorted_and_followed_by_what_go_adds() {
    let upstream = Template {
        framing: Framing::Chunked,
        ..Template::new(999, "Odd", &[("x-b", "2"), ("connection", "close"), ("a-header", "1")], "hi")
    };
    let forwarded = Traefik.forward(&upstream);
    let names: Vec<_> = forwarded.headers.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(names, ["A-Header", "X-B", "Date", "Transfer-Encoding"]);
    assert_eq!(forwarded.reason, "status code 999");
}

#[test]
fn a_retry_repeats_what_was_not_sent_and_statuses_that_it_names() {
    let with = |conditions: &str| format!(r#"{{"next_upstream": {conditions}, "next_upstream_tries": 3}}"#);
    let down = r#"{"process_down": {}}"#;
    let says_503 = r#"{"application_error": {"status": 503}}"#;
    for (settings, fault, method, expected) in [
        ("{}".to_owned(), down, "GET", 1),
        (r#"{"next_upstream_tries": 3}"#.to_owned(), down, "POST", 3),
        (r#"{"next_upstream_tries": 3}"#.to_owned(), says_503, "GET", 1),
        (with(r#"["http503"]"#), down, "GET", 1),
        (with(r#"["http502"]"#), down, "GET", 3),
        (with(r#"["http503"]"#), says_503, "GET", 3),
        (with(r#"["http5xx"]"#), says_503, "POST", 1),
        (with(r#"["http5xx", "non_idempotent"]"#), says_503, "POST", 3),
    ] {
        assert_eq!(tries(&played(&settings, fault, method)), expected, "{settings} {fault} {method}");
    }
}

#[test]
fn after_the_retry_s_time_an_answer_is_passed_on_although_its_status_is_named() {
    let slow = r#"{"application_error": {"status": 503}}, {"slow_answer": {"delay": "400ms"}}"#;
    let settings =
        r#"{"next_upstream": ["http503"], "next_upstream_tries": 9, "next_upstream_timeout": "1s"}"#;
    let trace = played(settings, slow, "GET");
    // Answers at 0.4, 0.8 and 1.2 s: the third is too late to be dropped.
    assert_eq!((tries(&trace), status(&trace)), (3, Some(503)));
}

#[test]
fn a_body_that_breaks_off_leaves_nothing_where_nothing_was_flushed() {
    let cut = r#"{"answer_cut": {"how": "close"}}"#;
    let trace = played(r#"{"response_buffering": true}"#, cut, "GET");
    assert_eq!(status(&trace), Some(500));
    let quick = Situation {
        failure: Failure::Truncated { reset: false },
        method: Method::Get,
        sent: true,
        reused: false,
        head_begun: false,
        client_reused: false,
        status_line_read: true,
        head_accepted: true,
        answer_begun: false,
        others_left: false,
        tries_left: 0,
        before: None,
        elapsed: SimDuration::ZERO,
        come_back_in: None,
        settings: &Traefik.effective(&GatewaySettings::default()),
    };
    assert_eq!(Traefik.decide(quick).action, Action::Close);
    assert_eq!(Traefik.decide(Situation { answer_begun: true, ..quick }).action, Action::CutShort);
}

#[test]
fn too_many_at_a_time_are_told_how_many_there_may_be() {
    let settings = r#"{"limits": {"total_requests": 2}}"#;
    let slow = r#"{"slow_answer": {"delay": "1s"}}"#;
    let send = r#"{"at": "0s", "do": {"send": {"client": "client", "request": {"path": "/1"}}}}"#;
    let json = format!(
        r#"{{"gateways": [{{"dialect": "traefik", "settings": {settings}}}], "origins": [{{"faults": [{slow}]}}],
            "timeline": [{send}, {send}, {send}]}}"#
    );
    let trace = run(&Scenario::from_json(&json).expect("a scenario"));
    let shed = trace.of_kind(SpanKind::GatewayRequest).find_map(|(_, span)| match span.outcome {
        Outcome::Answer(m) if trace.status(m) == Some(429) => Some(trace.template(m).body_at(m)),
        _ => None,
    });
    assert_eq!(shed.as_deref(), Some("max connections reached: 2"));
}
