//! Where a new value goes: onto the timeline at the moment, or into the scenario from its start.

use serde_json::{Map, Value, json};

use super::product::{GROUPS, Product};
use super::schema::{Part, Schema};
use super::{Lands, shown};
use crate::sim::json;
use crate::sim::scenario::{Action, Scenario};
use crate::sim::time::SimTime;
use crate::view::edit;
use crate::view::form::Refusal;

/// Where a change of what a pointer leads to lands.
pub(super) fn lands(pointer: &str) -> Lands {
    let path: Vec<&str> = pointer.split('/').skip(1).collect();
    match path.as_slice() {
        ["clients", _, "policy" | "traffic", ..]
        | ["gateways" | "origins" | "dependencies", _, "settings", ..]
        | [_, _, "link", "latency"] => Lands::AtMoment,
        _ => Lands::FromStart,
    }
}

/// The scenario with a new value at a pointer, and what there is to say about it.
///
/// # Errors
/// What is wrong with the value.
pub(super) fn put(
    schema: &Schema,
    scenario: &Scenario,
    at: SimTime,
    pointer: &str,
    value: Value,
) -> Result<(Scenario, Option<String>), Refusal> {
    let path: Vec<&str> = pointer.split('/').skip(1).collect();
    if lands(pointer) == Lands::FromStart {
        let mut whole = serde_json::to_value(scenario).unwrap_or_default();
        set(schema.whole(), &mut whole, &path, value);
        return Ok((Scenario::from_value(&whole)?, None));
    }
    let mut now = shown::now(scenario, at);
    set(schema.whole(), &mut now, &path, value);
    let [list, place, part, rest @ ..] = path.as_slice() else {
        return Err(Refusal(format!("{pointer} is no setting.")));
    };
    let node = &now[list][place.parse::<usize>().unwrap_or_default()];
    let id = node["id"].as_str().unwrap_or_default();
    let (target, to) = match (*list, *part) {
        (_, "link") => (format!("link:{id}"), json!({ "latency": node["link"]["latency"] })),
        (_, "policy") => (id.to_owned(), json!({ "client": node["policy"] })),
        (_, "traffic") if node["traffic"].is_null() => (id.to_owned(), json!({ "no_traffic": {} })),
        (_, "traffic") => (id.to_owned(), json!({ "traffic": node["traffic"] })),
        (list, _) => {
            let kind = kind_of(list);
            let Some(setting) = rest.first() else {
                return Err(Refusal(format!("{pointer} is no setting.")));
            };
            if node["settings"].get(setting).is_none_or(Value::is_null) {
                return unnamed(scenario, list, place, id, setting);
            }
            let named = named(scenario, kind, place, &node["settings"], rest);
            (id.to_owned(), json!({ kind: named }))
        }
    };
    let next = settle(scenario, at, &target, to)?;
    Ok((tidy(next, at, &target), None))
}

fn kind_of(list: &str) -> &'static str {
    match list {
        "gateways" => "gateway",
        "origins" => "origin",
        _ => "dependency",
    }
}

/// The settings that name what stands at a path, and nothing else that would change.
fn named(scenario: &Scenario, kind: &str, place: &str, settings: &Value, path: &[&str]) -> Value {
    let setting = path[0];
    let mut named = match path.get(1) {
        Some(field) if kind == "gateway" && GROUPS.contains(&setting) => {
            json!({ setting: { *field: settings[setting][field] } })
        }
        _ => json!({ setting: settings[setting] }),
    };
    // Naming the group would switch the probes on.
    let enabled = settings["health_check"]["enabled"].clone();
    if let Some(probes) = named.get_mut("health_check") {
        probes["enabled"] = enabled;
    } else if kind == "gateway" && setting == "passive_health" {
        let product = place.parse().ok().and_then(|place| Product::of(scenario, place));
        if product.is_some_and(|product| product.needs_probes(&named)) {
            named["health_check"] = json!({ "enabled": enabled });
        }
    }
    named
}

/// Puts a value at a path; groups that were absent begin, and what is absent then is left out.
fn set(part: Part<'_>, place: &mut Value, path: &[&str], value: Value) {
    let Some((step, rest)) = path.split_first() else {
        *place = value;
        return;
    };
    if part.is_spread {
        *place = part.spread(place);
    }
    let Some(inner) = part.step(step) else { return };
    if let Value::Array(entries) = place {
        if let Some(entry) = step.parse::<usize>().ok().and_then(|i| entries.get_mut(i)) {
            set(inner, entry, rest, value);
        }
        return;
    }
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    let Some(fields) = place.as_object_mut() else { return };
    if rest.is_empty() && value.is_null() && inner.default.is_none_or(Value::is_null) {
        fields.remove(*step);
        return;
    }
    let held = || inner.default.cloned().unwrap_or_default();
    set(inner, fields.entry((*step).to_owned()).or_insert_with(held), rest, value);
}

/// The scenario with new settings of a node at a moment; the reader of scenarios looks at them first.
fn settle(scenario: &Scenario, at: SimTime, node: &str, to: Value) -> Result<Scenario, Refusal> {
    let mut alone = serde_json::to_value(shown::without_timeline(scenario)).unwrap_or_default();
    alone["timeline"] = json!([{ "at": at, "do": { "set": { "node": node, "to": to } } }]);
    let read = Scenario::from_value(&alone)?;
    match read.timeline.into_iter().next() {
        Some(change) => Ok(edit::with(scenario, at, change.action)?),
        None => Ok(scenario.clone()),
    }
}

/// Takes away what a change of that moment names although it holds anyway, so that trying leaves no trail.
fn tidy(scenario: Scenario, at: SimTime, node: &str) -> Scenario {
    let is_here = |scenario: &Scenario, i: usize| {
        scenario.timeline.get(i).is_some_and(|change| {
            change.at == at && matches!(&change.action, Action::Set { node: n, .. } if n == node)
        })
    };
    let holds = shown::now(&scenario, at);
    let mut tidied = scenario;
    for i in (0..tidied.timeline.len()).rev().filter(|i| is_here(&tidied, *i)).collect::<Vec<_>>() {
        let mut lighter = tidied.clone();
        lighter.timeline.remove(i);
        if shown::now(&lighter, at) == holds {
            tidied = lighter;
            continue;
        }
        let mut change = serde_json::to_value(&tidied.timeline[i]).unwrap_or_default();
        let named = change.pointer("/do/set/to").cloned().unwrap_or_default();
        for kind in ["gateway", "origin", "dependency"] {
            let names = named[kind].as_object().into_iter().flatten().map(|(name, _)| name);
            for name in names {
                let mut less = change.clone();
                if let Some(fields) = less["do"]["set"]["to"][kind].as_object_mut() {
                    fields.remove(name);
                }
                let Ok(read) = json::read(&less) else { continue };
                let mut lighter = tidied.clone();
                lighter.timeline[i] = read;
                if lighter.check().is_ok() && shown::now(&lighter, at) == holds {
                    (tidied, change) = (lighter, less);
                }
            }
        }
    }
    tidied
}

/// The scenario in which nobody ever sets this: a value that a change could set for having none does not exist.
fn unnamed(
    scenario: &Scenario,
    list: &str,
    place: &str,
    id: &str,
    setting: &str,
) -> Result<(Scenario, Option<String>), Refusal> {
    let mut whole = serde_json::to_value(scenario).unwrap_or_default();
    let start = whole.pointer_mut(&format!("/{list}/{place}/settings"));
    if let Some(settings) = start.and_then(Value::as_object_mut) {
        settings.remove(setting);
    }
    let within = format!("/do/set/to/{}", kind_of(list));
    if let Some(changes) = whole["timeline"].as_array_mut() {
        changes.retain_mut(|change| {
            let is_of_node = change.pointer("/do/set/node").is_some_and(|node| node == id);
            match change.pointer_mut(&within).and_then(Value::as_object_mut).filter(|_| is_of_node) {
                Some(settings) => settings.remove(setting).is_none() || !settings.is_empty(),
                None => true,
            }
        });
    }
    let note = format!(
        "{setting} is as usual again, from the start of the run: it has no value that stands for none."
    );
    Ok((Scenario::from_value(&whole)?, Some(note)))
}
