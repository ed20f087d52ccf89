//! The JSON Schema of a scenario in `docs/scenario.schema.json`: it is today's, and it says what the reader says.

mod support;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fivexx::sim::Scenario;
use fivexx::sim::scenario::schema;
use jsonschema::Validator;
use serde_json::{Value, json};

use support::any_scenario;

static SCHEMA: LazyLock<Value> = LazyLock::new(schema);

fn validator() -> Validator {
    jsonschema::validator_for(&SCHEMA).expect("the schema is one")
}

#[test]
fn the_kept_schema_is_that_of_the_types() {
    let now = format!("{:#}\n", *SCHEMA);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scenario.schema.json");
    if std::env::var("FIVEXX_BLESS").is_ok_and(|v| v == "1") {
        std::fs::write(path, &now).expect("the schema can be written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(now == kept, "docs/scenario.schema.json is out of date; `cargo xtask schema` writes it anew");
}

#[test]
fn what_is_written_fits_the_schema() {
    let validator = validator();
    let first = fivexx::view::first::scenario();
    for scenario in (0..300).map(any_scenario).chain([Scenario::default(), first]) {
        let json = serde_json::to_value(&scenario).expect("json");
        let wrong: Vec<String> =
            validator.iter_errors(&json).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{wrong:?} in {json}");
    }
}

/// One number or text replaced at a time: the schema takes it if, and only if, the reader does.
#[test]
fn ranges_and_names_are_those_of_the_reader() {
    let validator = validator();
    const EDGES: [f64; 17] =
        [-1.0, 0.0, 0.5, 1.0, 2.0, 99.0, 100.0, 999.0, 1e3, 1e4, 65_536.0, 1e5, 1e6, 1e7, 1e12, 1e13, 1e20];
    let texts =
        ["", "none", "250ms", "1.5 h", "-1s", "5", "0x1s", "GET", "/report", "report", "/a b", "a b", "x"];
    let mut taken = [0, 0];
    let mut differ = Vec::new();
    let mut seen = BTreeSet::new();
    for scenario in (0..300).map(any_scenario) {
        let json = serde_json::to_value(scenario).expect("json");
        for pointer in pointers(&json) {
            // One of each kind: places in lists do not matter.
            if !seen.insert(pointer.replace(|c: char| c.is_ascii_digit(), "")) {
                continue;
            }
            let old = json.pointer(&pointer).expect("it exists");
            let others: Vec<Value> = match old {
                // A schema takes 1.0 for a whole number, the reader does not.
                Value::Number(_) => EDGES
                    .into_iter()
                    .filter(|n| old.is_f64() || n.fract() != 0.0)
                    .map(|n| json!(n))
                    .chain(EDGES.map(|n| json!(n as i64)))
                    .collect(),
                Value::String(_) => {
                    texts.iter().map(|text| json!(text)).chain([json!("y".repeat(5_000)), json!(1)]).collect()
                }
                Value::Bool(_) => vec![json!("true"), json!(0)],
                _ => continue,
            };
            for other in others {
                let mut changed = json.clone();
                *changed.pointer_mut(&pointer).expect("it exists") = other.clone();
                let read = Scenario::from_value(&changed);
                let fits = validator.is_valid(&changed);
                if fits == read.is_ok() {
                    taken[usize::from(fits)] += 1;
                } else if !fits {
                    differ.push(format!(
                        "{pointer} = {other} does not fit the schema, but the reader takes it"
                    ));
                } else {
                    // What a schema cannot say: how durations and how two fields compare, which
                    // names there are, and what a product has.
                    let why = read.expect_err("it is refused").to_string();
                    let duration = other.as_str().is_some_and(|text| text.ends_with(['s', 'h']));
                    let name = other.is_string()
                        && (["/id", "/node", "/client", "/fault"].iter().any(|end| pointer.ends_with(end))
                            || why.contains("the name of an origin"));
                    let two_fields =
                        ["/memory_leak/", "/status_ratio/"].iter().any(|of| pointer.contains(of));
                    if !(duration || name || two_fields || why.contains("has no such setting")) {
                        differ
                            .push(format!("{pointer} = {other} fits the schema, but the reader says {why}"));
                    }
                }
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(taken.iter().all(|count| *count > 500), "{taken:?} refused and taken proves little");
}

#[test]
fn misspelt_fields_are_refused() {
    let validator = validator();
    for scenario in (0..30).map(any_scenario) {
        let json = serde_json::to_value(scenario).expect("json");
        for pointer in pointers(&json) {
            let mut changed = json.clone();
            if let Some(Value::Object(fields)) = changed.pointer_mut(&pointer) {
                fields.insert("misspelt".to_owned(), json!(1));
                assert!(!validator.is_valid(&changed), "a field more at {pointer:?} fits the schema");
            }
        }
    }
}

fn pointers(json: &Value) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut add = |step: &str, value: &Value| {
        all.extend(pointers(value).into_iter().map(|rest| format!("/{step}{rest}")));
    };
    match json {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| add(name, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, value)| add(&i.to_string(), value)),
        _ => {}
    }
    all
}
