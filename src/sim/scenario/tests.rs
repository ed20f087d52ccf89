use super::*;

/// What is wrong, and where the message must point and what it must say.
#[test]
fn errors_name_the_field_the_value_and_what_was_expected() {
    for (json, pointer, says) in [
        (r#"{"horizon": "0s"}"#, "/horizon", "\"0s\"; expected 1ms to 86400s"),
        (r#"{"horizon": 5}"#, "/horizon", "5; expected a duration as text"),
        (r#"{"horizon": "soon"}"#, "/horizon", "\"soon\"; expected a number and a unit"),
        (r#"{"seed": -1}"#, "/seed", "-1; expected a whole number, not below 0"),
        (r#"{"speed": 2}"#, "/speed", "2; expected no such field here"),
        (
            r#"{"client": []}"#,
            "/client",
            "no such field here (did you mean `clients`?), but one of `version`",
        ),
        (
            r#"{"origins": [{"faults": [{"proces_down": {}}]}]}"#,
            "/origins/0/faults/0",
            "expected another name (did you mean `process_down`?): `process_down`, `accept_then_close`",
        ),
        (r#"{"clients": []}"#, "/clients", "expected 1 to 64 entries"),
        (r#"{"clients": [{"id": "a b"}]}"#, "/clients/0/id", "letters, digits"),
        (r#"{"clients": [{"id": "A"}]}"#, "/origins/0/id", "\"A\"; expected a name that no other node has"),
        (
            r#"{"clients": [{"policy": {"attempts": 0}}]}"#,
            "/clients/0/policy/attempts",
            "0; expected 1 to 1000",
        ),
        (
            r#"{"clients": [{"policy": {"delay": {"exponential": {"base": "1s", "factor": 0.5}}}}]}"#,
            "/clients/0/policy/delay/exponential/factor",
            "0.5; expected 1 to 100",
        ),
        (
            r#"{"gateways": [{"settings": {"read_timeout": "25h"}}]}"#,
            "/gateways/0/settings/read_timeout",
            "expected 1ms to 86400s",
        ),
        (
            r#"{"gateways": [{"dialect": "lighttpd"}]}"#,
            "/gateways/0/dialect",
            "expected another name: `nginx`",
        ),
        (
            r#"{"origins": [{"faults": [{"slow_query": {}}]}]}"#,
            "/origins/0/faults/0",
            "expected a fault of an origin: process_down",
        ),
        (
            r#"{"timeline": [{"at": "1s", "do": {"inject": {"node": "C", "fault": {"frozen": {}}}}}]}"#,
            "/timeline/0/do/inject/node",
            "\"C\"; expected one of \"A\", \"link:A\"",
        ),
        (
            r#"{"timeline": [{"at": "1s", "do": {"inject": {"node": "A", "fault": {"unhandled_exception": {"share": 1.5}}}}}]}"#,
            "/timeline/0/do/inject/fault/unhandled_exception/share",
            "1.5; expected 0 to 1",
        ),
        (
            r#"{"timeline": [{"at": "1s", "do": {"send": {"client": "client", "request": {"path": "orders"}}}}]}"#,
            "/timeline/0/do/send/request/path",
            "\"orders\"; expected a path that starts with a slash",
        ),
        (r#"{"timeline": [{}]}"#, "/timeline/0", "expected it to have the field `at`"),
        (r#"{"timeline": [{"do": {}}]}"#, "/timeline/0/do", "{}; expected an object with a single key"),
    ] {
        let error = Scenario::from_json(json).expect_err(json);
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("{pointer} is ")),
            "{json}\n  says {message}\n  and not {pointer}"
        );
        assert!(message.contains(says), "{json}\n  says {message}\n  and not {says}");
    }
}

#[test]
fn what_is_no_scenario_at_all_is_told_apart() {
    for (text, says) in [
        ("", "The scenario is not JSON"),
        ("{\"seed\": 1", "line 1, column 10"),
        ("[]", "The scenario is []; expected an object"),
        (r#"{"clients": [["client"]]}"#, "/clients/0 is [\"client\"]; expected an object"),
        ("{\"version\": 2, \"later\": true}", "/version is 2; this program reads version 1"),
        ("{\"seed\": NaN}", "not JSON"),
    ] {
        let message = Scenario::from_json(text).expect_err(text).to_string();
        assert!(message.contains(says), "{text:?} says {message}");
    }
    let large = format!("{}{{}}", " ".repeat(MAX_BYTES));
    assert_eq!(Scenario::from_json(&large), Err(ScenarioError::TooLarge { bytes: MAX_BYTES + 2 }));
}

#[test]
fn an_empty_object_is_the_default_scenario() {
    assert_eq!(Scenario::from_json("{}"), Ok(Scenario::default()));
    assert_eq!(Scenario::default().to_json(), r#"{"version":1}"#);
    assert_eq!(Scenario::default().check(), Ok(()));
}

#[test]
fn a_message_stays_short_whatever_a_field_is_called() {
    let text = format!("{{\"{}\": 1}}", "[é".repeat(50_000));
    let error = Scenario::from_json(&text).expect_err("there is no such field").to_string();
    assert!(error.starts_with("/[é[é") && error.contains("...") && error.len() < 1_000, "{error:.300}");
}

#[test]
fn numbers_read_back_to_the_bit() {
    let mut chance = crate::sim::random::Stream::new(1, "test", "numbers");
    for _ in 0..1_000 {
        let traffic =
            Traffic { arrivals: Arrivals::Poisson { rate: 8.0 * chance.unit() }, ..Traffic::default() };
        let client = Client { traffic: Some(traffic), ..Client::default() };
        let scenario = Scenario { clients: vec![client], ..Scenario::default() };
        assert_eq!(Scenario::from_json(&scenario.to_json()), Ok(scenario));
    }
}
