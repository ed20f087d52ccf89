use super::*;
use crate::sim::scenario::Scenario;
use crate::sim::simulation::run;
use crate::sim::trace::SpanKind;

#[test]
fn the_reference_knows_every_mechanism() {
    for mechanism in Mechanism::ALL {
        assert!(crate::reference::MECHANISMS.contains(&mechanism.name()), "{mechanism:?}");
    }
}

#[test]
fn the_deciding_setting_comes_with_the_value_that_held_then() {
    // The timeout is changed while the first request is under way; the second one meets the new value.
    let scenario = Scenario::from_json(
        r#"{"gateways": [{"settings": {"read_timeout": "2s"}}], "origins": [{"faults": [{"frozen": {}}]}], "timeline": [
            {"at": "0s", "do": {"send": {"client": "client", "request": {}}}},
            {"at": "1s", "do": {"set": {"node": "gateway", "to": {"gateway": {"read_timeout": "3s"}}}}},
            {"at": "4s", "do": {"send": {"client": "client", "request": {}}}}]}"#,
    )
    .expect("a scenario");
    let trace = run(&scenario);
    let decided: Vec<_> = trace
        .of_kind(SpanKind::Attempt)
        .filter_map(|(id, _)| explain(&trace, id).chain.into_iter().find_map(|l| l.setting))
        .map(|s| (s.directive, s.value, s.is_default))
        .collect();
    assert_eq!(
        decided,
        [("proxy_read_timeout", "2s".to_owned(), false), ("proxy_read_timeout", "3s".to_owned(), false)]
    );
}

#[test]
fn a_default_is_told_to_be_one() {
    let scenario = Scenario::from_json(
        r#"{"horizon": "120s", "origins": [{"faults": [{"frozen": {}}]}], "timeline": [{"at": "0s", "do": {"send": {"client": "client", "request": {}}}}]}"#,
    )
    .expect("a scenario");
    let trace = run(&scenario);
    let attempt = trace.of_kind(SpanKind::Attempt).next().expect("an attempt").0;
    let why = explain(&trace, attempt);
    assert_eq!(why.summary, "nginx waited 60 s for A, then gave up.");
    assert_eq!(why.mechanism, Some(Mechanism::ReadTimeout));
    let setting = why.chain.iter().find_map(|l| l.setting.as_ref()).expect("a setting decided");
    assert!(setting.is_default, "{setting:?}");
    assert!(why.chain.iter().any(|l| l.kind == LinkKind::Fault && l.text.contains("From the start")));
}

#[test]
fn caddy_tells_how_often_it_tried_and_why_no_more() {
    let told = |settings: &str, faults: &str, method: &str| {
        let scenario = Scenario::from_json(&format!(
            r#"{{"gateways": [{{"dialect": "caddy", "settings": {settings}}}], "origins": [{{"faults": [{faults}]}}],
            "timeline": [{{"at": "0s", "do": {{"send": {{"client": "client", "request": {{"method": "{method}"}}}}}}}}]}}"#,
        ))
        .expect("a scenario");
        let trace = run(&scenario);
        let attempt = trace.of_kind(SpanKind::Attempt).next().expect("an attempt").0;
        let why = explain(&trace, attempt);
        let texts: Vec<_> = why.chain.into_iter().map(|l| l.text).collect();
        format!("{}\n{}", why.summary, texts.join("\n"))
    };
    let refused = told(r#"{"next_upstream_timeout": "2s"}"#, r#"{"process_down": {}}"#, "POST");
    assert!(refused.contains("nobody listens there; Caddy tried 9 times in 2.0"), "{refused}");
    assert!(
        refused.contains("`lb_try_duration 2s`: Caddy tries no more once that time is over."),
        "{refused}"
    );
    let closed =
        told(r#"{"next_upstream_timeout": "2s"}"#, r#"{"crash_after_read": {"how": "close"}}"#, "POST");
    assert!(closed.contains("`lb_retry_match method GET`: Caddy repeats only GET"), "{closed}");
    let settings = r#"{"passive_health": {"window": {}}, "next_upstream_timeout": "1s"}"#;
    let out = told(settings, r#"{"process_down": {}}"#, "GET");
    assert!(out.contains("`lb_try_duration 1s`: Caddy answers as the try before failed"), "{out}");
    assert!(out.ends_with("Caddy answers `502 Bad Gateway`."), "{out}");
}
