//! Links and scenarios that are broken: a message, never a panic.

mod support;

use fivexx::interop::link;
use fivexx::sim::Scenario;
use fivexx::sim::simulation::run;
use proptest::prelude::*;
use serde_json::Value;

use support::any_scenario;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_is_refused_with_a_message(text in ".{0,200}") {
        if let Err(error) = Scenario::from_json(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
        if let Err(error) = link::decode(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn arbitrary_bytes_behind_a_packing_mark_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        use base64::Engine as _;
        let text = format!("1{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes));
        if let Err(error) = link::decode(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn a_link_with_one_character_changed_or_lost_is_refused_or_still_a_scenario(seed: u64, at in 0.0..1.0f64, byte in 0x20..0x7fu8, cut: bool) {
        let mut text = link::encode(&any_scenario(seed % 64)).into_bytes();
        let at = (at * text.len() as f64) as usize;
        if cut { text.truncate(at) } else { text[at] = byte }
        let text = String::from_utf8(text).expect("ASCII stays ASCII");
        if let Ok(scenario) = link::decode(&text) {
            run(&scenario);
        }
    }

    #[test]
    fn a_scenario_with_one_value_replaced_is_refused_with_its_pointer_or_runs(seed: u64, at: prop::sample::Index, value in nasty()) {
        let mut json: Value = serde_json::from_str(&any_scenario(seed % 64).to_json()).expect("json");
        let mut pointers = Vec::new();
        walk(&json, String::new(), &mut pointers);
        let pointer = at.get(&pointers).clone();
        *json.pointer_mut(&pointer).expect("it exists") = value;
        match Scenario::from_value(&json) {
            // Whatever is accepted can be run; a run limit keeps absurd values short.
            Ok(scenario) => {
                let mut simulation = fivexx::sim::Simulation::new(&scenario, ());
                simulation.limit_events(100_000);
                simulation.finish();
            }
            Err(error) => {
                let message = error.to_string();
                // The error names the replaced value, something within it, or what contains it: a bound of a
                // range is checked against its sibling, and a changed name is missed where it is used.
                let named = message.split(" is ").next().unwrap_or_default();
                let container = pointer.rsplit_once('/').map_or("", |(container, _)| container);
                let whole = message.starts_with("The scenario") || message.contains("version");
                // A node that is replaced whole loses its name, too.
                let renames = pointer.ends_with("/id") || pointer.matches('/').count() <= 2;
                prop_assert!(
                    whole || named.starts_with(container) || pointer.starts_with(named) || renames,
                    "{pointer} was replaced, but the message is {message}"
                );
            }
        }
    }
}

/// Values at the edge of every type.
fn nasty() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        Value::Null,
        Value::Bool(true),
        0.into(),
        (-1).into(),
        u64::MAX.into(),
        i64::MIN.into(),
        1e308.into(),
        1_000_000.into(),
        "".into(),
        "0s".into(),
        "18446744073.709551615s".into(),
        "99999999999999999999h".into(),
        "link:".into(),
        "\u{0}".into(),
        Value::Array(Vec::new()),
        Value::Object(serde_json::Map::new()),
        serde_json::json!({ "unknown": 1 }),
    ])
}

fn walk(value: &Value, pointer: String, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                walk(value, format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), into);
            }
        }
        Value::Array(items) => {
            for (i, value) in items.iter().enumerate() {
                walk(value, format!("{pointer}/{i}"), into);
            }
        }
        _ => {}
    }
    if !pointer.is_empty() {
        into.push(pointer);
    }
}
