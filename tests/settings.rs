//! The form of random scenarios: what it shows can be typed back, and nonsense is refused.

mod support;

use fivexx::sim::Scenario;
use fivexx::sim::time::{SimDuration, SimTime};
use fivexx::view::form::Refusal;
use fivexx::view::settings::{Edit, Field, Form, Kind, Schema};

use support::any_scenario;

const SEEDS: u64 = 10;

fn schema() -> Schema {
    Schema::read(include_str!("../docs/scenario.schema.json")).expect("the schema")
}

fn moments(scenario: &Scenario) -> [SimTime; 2] {
    let middle = SimDuration::from_nanos(scenario.horizon.as_nanos() / 3);
    [SimTime::ZERO, SimTime::ZERO + middle]
}

#[test]
fn what_is_shown_and_typed_back_changes_nothing() {
    let schema = schema();
    let mut typed = 0;
    for seed in 0..SEEDS {
        let scenario = any_scenario(seed);
        for at in moments(&scenario) {
            let form = Form::new(&schema, &scenario, at);
            for field in
                form.fields().filter(|field| field.kind.is_leaf() || matches!(field.kind, Kind::Forms(_)))
            {
                let edits = match &field.kind {
                    Kind::Ticks(choices) => {
                        choices.iter().map(|c| Edit::Tick(c.key.clone(), c.is_chosen)).collect()
                    }
                    _ => vec![Edit::Value(field.value.clone())],
                };
                for edit in edits {
                    let next = form.edit(&schema, &scenario, at, &field.pointer, &edit);
                    let next =
                        next.unwrap_or_else(|refusal| unreachable!("seed {seed}, {field:?}: {refusal:?}"));
                    let same = match &field.kind {
                        // A list that was written in another order is put into the form's.
                        Kind::Ticks(_) => {
                            Form::new(&schema, &next.scenario, at).field(&field.pointer).map(ticked)
                                == Some(ticked(field))
                        }
                        _ => next.scenario == scenario,
                    };
                    assert!(same, "seed {seed} at {at}: {field:?}");
                    typed += 1;
                }
            }
        }
    }
    assert!(typed > 5_000, "{typed}");
}

fn ticked(field: &Field) -> Vec<String> {
    let Kind::Ticks(choices) = &field.kind else { return Vec::new() };
    choices.iter().filter(|choice| choice.is_chosen).map(|choice| choice.key.clone()).collect()
}

#[test]
fn nonsense_is_refused_with_field_value_and_what_is_expected() {
    let schema = schema();
    let mut refused = 0;
    for seed in 0..SEEDS {
        let scenario = any_scenario(seed);
        let at = moments(&scenario)[1];
        let form = Form::new(&schema, &scenario, at);
        for field in form.fields() {
            let text = match field.kind {
                Kind::Duration | Kind::Whole | Kind::Number | Kind::Choice(_) | Kind::Forms(_) => {
                    "soon".to_owned()
                }
                Kind::Switch => "perhaps".to_owned(),
                Kind::Text | Kind::Lines | Kind::Entries => "\u{1F980}".repeat(20_000),
                Kind::Ticks(_) | Kind::Group | Kind::List { .. } => continue,
            };
            let shown: String = text.chars().take(4).collect();
            match form.edit(&schema, &scenario, at, &field.pointer, &Edit::Value(text)) {
                Err(Refusal(words)) => {
                    // Of a very long text the size is said.
                    let is_shown = words.contains(&shown) || words.contains("80000");
                    let says_all = is_shown && words.contains("expected");
                    assert!(says_all, "seed {seed}, {}: {words}", field.pointer);
                    let name = field.pointer.rsplit('/').find(|step| step.parse::<usize>().is_err());
                    let is_named = name.is_some_and(|name| words.contains(name))
                        || field.pointer.split('/').any(|step| step.len() > 2 && words.contains(step));
                    assert!(is_named, "seed {seed}, {}: {words}", field.pointer);
                    refused += 1;
                }
                Ok(next) => {
                    unreachable!("seed {seed}, {} takes {shown:?}: {:?}", field.pointer, next.scenario)
                }
            }
        }
    }
    assert!(refused > 2_000, "{refused}");
}

#[test]
fn a_change_holds_from_its_moment_on() {
    let schema = schema();
    for seed in 0..SEEDS {
        let mut scenario = any_scenario(seed);
        scenario.horizon = SimDuration::from_secs(60);
        let at = SimTime::from_secs(30);
        let before = Form::new(&schema, &scenario, SimTime::from_secs(29));
        let form = Form::new(&schema, &scenario, at);
        for (pointer, text) in [
            ("/origins/0/settings/workers", "77"),
            ("/clients/0/policy/attempts", "77"),
            ("/origins/0/link/latency", "77ms"),
        ] {
            let edit = Edit::Value(text.to_owned());
            let next = form.edit(&schema, &scenario, at, pointer, &edit).expect(pointer).scenario;
            let shown = |at| Form::new(&schema, &next, at).field(pointer).map(|f| f.value.clone());
            assert_eq!(shown(at).as_deref(), Some(text), "seed {seed}");
            assert_eq!(shown(SimTime::from_secs(29)), before.field(pointer).map(|f| f.value.clone()));
        }
    }
}
