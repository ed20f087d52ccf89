//! All presets as one file of the page's own, with what their runs write and decide, so that a search finds it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Preset, basics, clients, gateways};
use crate::sim::dialect::dialect;
use crate::sim::explain::explain_with;
use crate::sim::run;
use crate::sim::scenario::{Scenario, ScenarioError};
use crate::sim::trace::{Index, SpanKind, Trace};
use crate::view::first;

/// How many attempts and requests of a run are looked at for the search; the later ones are like the first.
const MOST_LOOKED_AT: usize = 200;
/// How many different lines of a log a preset is found by.
const MOST_LINES: usize = 24;

/// Fields that are a scenario's form, and nobody's setting.
const FORM: [&str; 16] = [
    "app",
    "clients",
    "dependencies",
    "do",
    "faults",
    "fault",
    "gateways",
    "horizon",
    "inject",
    "link",
    "origins",
    "repair",
    "request",
    "set",
    "settings",
    "timeline",
];

/// The text of `docs/presets.json`, one preset a line.
///
/// # Errors
/// The first file that is no preset, which the tests rule out.
pub fn file() -> Result<String, ScenarioError> {
    let mut lines = vec![first_visit()];
    for (group, presets) in [("basics", basics()?), ("gateways", gateways()?), ("clients", clients()?)] {
        lines.extend(presets.iter().map(|preset| of(group, preset)));
    }
    let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
    Ok(format!("{{\"version\":1,\"presets\":[\n{}\n]}}\n", lines.join(",\n")))
}

/// What a first visit starts with. It has no finding: the page has a list of things to try for it.
fn first_visit() -> Value {
    let scenario = first::scenario();
    json!({
        "id": "first-visit",
        "group": "basics",
        "title": scenario.name,
        "question": "Every query of the orders API has become slow. What will a client get that posts an order?",
        "runs": [{"name": "nginx", "scenario": plain(&scenario)}],
        "settings": settings(&[&scenario]),
    })
}

fn of(group: &str, preset: &Preset) -> Value {
    let scenarios: Vec<&Scenario> = preset.runs.iter().map(|r| &r.scenario).collect();
    // The first sentence about gateways says what is done to them; about clients, both tell what they do.
    let (given, finding) = preset.text.split_at(usize::from(group == "gateways"));
    let runs: Vec<Value> =
        (preset.runs.iter()).map(|run| json!({"name": run.name, "scenario": plain(&run.scenario)})).collect();
    json!({
        "id": preset.id,
        "group": group,
        "title": preset.title,
        "question": preset.question,
        "look": preset.look,
        "given": given,
        "finding": finding,
        "runs": runs,
        "settings": settings(&scenarios),
        "log": log(&scenarios),
    })
}

fn plain(scenario: &Scenario) -> Value {
    serde_json::from_str(&scenario.to_json()).unwrap_or_default()
}

/// The names that somebody may look for: of fields and choices of the scenarios, and of the settings that decided, as the products call them.
fn settings(scenarios: &[&Scenario]) -> Vec<String> {
    let mut names = BTreeSet::new();
    for scenario in scenarios {
        if let Value::Object(fields) = plain(scenario) {
            keys(&fields, &mut names);
        }
        let trace = run(scenario);
        let index = Index::new(&trace);
        for (id, _) in trace.of_kind(SpanKind::Attempt).take(MOST_LOOKED_AT) {
            for link in explain_with(&trace, &index, id).chain {
                names.extend(link.text.split('`').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    names.into_iter().collect()
}

/// The names of fields, and texts that are a choice; not the times, titles and paths.
fn keys(fields: &Map<String, Value>, names: &mut BTreeSet<String>) {
    for (name, value) in fields {
        if matches!(
            name.as_str(),
            "name" | "description" | "id" | "version" | "at" | "path" | "client" | "node"
        ) {
            continue;
        }
        if !FORM.contains(&name.as_str()) {
            names.insert(name.clone());
        }
        match value {
            Value::Object(inner) => keys(inner, names),
            Value::Array(items) => items.iter().filter_map(Value::as_object).for_each(|i| keys(i, names)),
            Value::String(text) if text.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                names.insert(text.clone());
            }
            _ => {}
        }
    }
}

/// Lines of the gateways' logs, each kind of line once.
fn log(scenarios: &[&Scenario]) -> Vec<String> {
    let mut kinds = BTreeSet::new();
    let mut lines = Vec::new();
    for scenario in scenarios {
        let trace = run(scenario);
        for line in lines_of(&trace) {
            let kind: String = line.chars().filter(|c| !c.is_ascii_digit()).collect();
            if lines.len() < MOST_LINES && kinds.insert(kind) {
                lines.push(line);
            }
        }
    }
    lines
}

fn lines_of(trace: &Trace) -> Vec<String> {
    let requests = trace.of_kind(SpanKind::GatewayRequest).take(MOST_LOOKED_AT);
    let lines =
        requests.filter_map(|(id, span)| Some(dialect(trace.dialect(span.node)?).log_lines(trace, id)));
    lines.flatten().map(|line| line.text).collect()
}
