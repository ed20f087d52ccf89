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
