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

/// The whole chain of the first attempt, a line to a link.
fn chain_of(dialect: &str, settings: &str, origins: &str) -> String {
    let scenario = Scenario::from_json(&format!(
        r#"{{"horizon": "200s", "gateways": [{{"dialect": "{dialect}", "settings": {settings}}}], "origins": {origins},
            "timeline": [{{"at": "0s", "do": {{"send": {{"client": "client", "request": {{}}}}}}}}]}}"#
    ))
    .expect("a scenario");
    let trace = run(&scenario);
    let attempt = trace.of_kind(SpanKind::Attempt).next().expect("an attempt").0;
    let texts: Vec<_> = explain(&trace, attempt).chain.into_iter().map(|l| l.text).collect();
    assert!(texts.len() <= 6, "{texts:#?}");
    texts.join("\n")
}

#[test]
fn each_product_tells_by_which_settings_it_tried_again() {
    const DOWN: &str = r#"[{"faults": [{"process_down": {}}]}]"#;
    const FROZEN: &str = r#"[{"faults": [{"frozen": {}}]}]"#;
    const ONE_OF_TWO_DOWN: &str = r#"[{"faults": [{"process_down": {}}]}, {"id": "B"}]"#;
    const ALL_DOWN: &str =
        r#"[{"faults": [{"process_down": {}}]}, {"id": "B", "faults": [{"process_down": {}}]}]"#;
    let again = r#"{"next_upstream": ["http5xx", "error"], "next_upstream_tries": 3}"#;
    for (dialect, settings, origins, sentence) in [
        (
            "haproxy",
            "{}",
            DOWN,
            "HAProxy: `retries 3` after connection failures, no `option redispatch`, 1 s apart, therefore 503 after 4 tries and 3.0 s.",
        ),
        (
            "haproxy",
            r#"{"retry": {"again": "other"}}"#,
            ONE_OF_TWO_DOWN,
            "HAProxy: `retries 3` after connection failures, with `option redispatch`, at once, therefore 200 after 2 tries and ",
        ),
        (
            "haproxy",
            r#"{"read_timeout": "2s", "next_upstream": ["connect_failure", "timeout"]}"#,
            FROZEN,
            "HAProxy: `retries 3` after `retry-on conn-failure response-timeout`, no `option redispatch`, at once, therefore 504 after 4 tries and 8.0 s.",
        ),
        (
            "caddy",
            r#"{"next_upstream_timeout": "2s"}"#,
            DOWN,
            "Caddy: `lb_try_duration 2s`, 250 ms apart, therefore 502 after 9 tries and 2.0 s.",
        ),
        (
            "traefik",
            r#"{"next_upstream_tries": 3}"#,
            DOWN,
            "Traefik: `retry.attempts 3`, at once, therefore 502 after 3 tries and ",
        ),
        ("envoy", again, DOWN, "Envoy: `num_retries 2` with `retry_on 5xx,connect-failure,reset`, "),
        (
            "varnish",
            again,
            DOWN,
            "Varnish: `return (retry)` while `bereq.retries < 2`, no dialling for 250 ms after a refusal, at once, therefore 503 after 3 tries (but one connection) and 1 ms.",
        ),
        (
            "nginx",
            "{}",
            ALL_DOWN,
            "nginx: `proxy_next_upstream error timeout`, each server once, at once, therefore 502 after 2 tries and ",
        ),
        (
            "apache",
            "{}",
            ALL_DOWN,
            "Apache: the balancer's next member where no connection comes about, at once, therefore 503 after 2 tries and ",
        ),
    ] {
        let told = chain_of(dialect, settings, origins);
        assert!(told.contains(sentence), "{dialect} {settings}:\n{told}");
    }
}

#[test]
fn each_product_names_the_rule_and_the_setting_of_a_time_out() {
    const FROZEN: &str = r#"[{"faults": [{"frozen": {}}]}]"#;
    for (dialect, settings, sentence) in [
        ("nginx", "{}", "`proxy_read_timeout 60s`: nginx answers 504"),
        ("haproxy", r#"{"read_timeout": "2s"}"#, "`timeout server 2s`: HAProxy answers 504"),
        ("apache", "{}", "`ProxyTimeout 60s`: Apache answers 502, not 504,"),
        ("envoy", "{}", "`timeout 15s`: Envoy answers 504 when the whole answer, all tries included,"),
        ("varnish", "{}", "`first_byte_timeout 60s`: Varnish answers 503"),
    ] {
        let told = chain_of(dialect, settings, FROZEN);
        assert!(told.contains(sentence), "{dialect}:\n{told}");
        assert!(!told.contains("therefore"), "one try needs no story: {told}");
    }
}

#[test]
fn what_is_not_documented_is_told_to_be_so() {
    let told = chain_of("cloudfront", "{}", r#"[{"faults": [{"crash_after_read": {}}]}]"#);
    assert!(
        told.contains(
            "The documents of CloudFront that were read do not say what it does here: not documented."
        ),
        "{told}"
    );
}
