//! What a person does to a field, as the next scenario.

use serde_json::{Value, json};

use super::schema::{Part, Schema, Shape};
use super::{Field, Form, Kind, build, put, start, words};
use crate::sim::dialect::DialectName;
use crate::sim::fault;
use crate::sim::json;
use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;
use crate::view::form::Refusal;
use crate::view::nodes;

/// What a person does to a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// A text is typed, a name or form is chosen, or a switch becomes `true` or `false`.
    Value(String),
    /// A name in a list is ticked, or is no more.
    Tick(String, bool),
    /// A list gets one more entry.
    Add,
    /// A list loses an entry.
    Remove(usize),
    /// The default holds again.
    Reset,
}

/// The next scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    /// The scenario.
    pub scenario: Scenario,
    /// What else became of it, where a person would not expect that.
    pub note: Option<String>,
}

impl Form {
    /// The scenario after an edit of the field at a pointer. Scenario and moment are those of the form.
    ///
    /// # Errors
    /// What would be accepted instead; the scenario then stays as it is.
    pub fn edit(
        &self,
        schema: &Schema,
        scenario: &Scenario,
        at: SimTime,
        pointer: &str,
        edit: &Edit,
    ) -> Result<Edited, Refusal> {
        let (Some(field), Some(part)) = (self.field(pointer), schema.at(pointer)) else {
            return Err(Refusal(format!("{pointer} is no setting.")));
        };
        let value = value(scenario, part, field, edit)?;
        if value == field.raw {
            return Ok(Edited { scenario: scenario.clone(), note: None });
        }
        let path: Vec<&str> = pointer.split('/').skip(1).collect();
        let (scenario, note) = match path.as_slice() {
            [_, _, "id"] => {
                (nodes::renamed(scenario, &field.value, value.as_str().unwrap_or_default())?, None)
            }
            ["gateways", place, "dialect"] => {
                // Whether there is such a product, the reader says.
                let name = json::read::<DialectName>(&value);
                let place = place.parse::<usize>().ok();
                match (name, place.and_then(|place| scenario.gateways.get(place))) {
                    (Ok(name), Some(gateway)) => nodes::with_dialect(scenario, &gateway.id, name)?,
                    _ => put::put(schema, scenario, at, pointer, value)?,
                }
            }
            _ => put::put(schema, scenario, at, pointer, value)?,
        };
        Ok(Edited { scenario, note })
    }
}

/// The value that an edit makes of a field's.
fn value(scenario: &Scenario, part: Part<'_>, field: &Field, edit: &Edit) -> Result<Value, Refusal> {
    let entries = || field.raw.as_array().cloned().unwrap_or_default();
    Ok(match (edit, &field.kind) {
        (Edit::Reset, _) => match &field.raw_usual {
            Some(usual) => usual.clone(),
            None => return Err(Refusal(format!("{} has no default.", field.name))),
        },
        (Edit::Value(text), _) if field.is_optional && text.trim().is_empty() => Value::Null,
        (Edit::Value(key), Kind::Forms(_)) if *key == field.value => field.raw.clone(),
        (Edit::Value(key), Kind::Forms(_)) => match part.shape() {
            Shape::Group(_) if key == "set" => start::value(part, &field.name),
            Shape::Group(_) => {
                let name = &field.name;
                let words = format!("{name} {key:?} is not accepted; expected set, or nothing for none.");
                return Err(Refusal(words));
            }
            _ => match start::form(part, key) {
                Some(form) => with_its_time(form, &field.raw),
                // No form of that name; the reader says which there are.
                None => json!({ key: {} }),
            },
        },
        (Edit::Value(text), Kind::Choice(_)) if matches!(part.shape(), Shape::Text) => text.as_str().into(),
        (Edit::Value(text), _) => words::read(part, text)?,
        (Edit::Tick(name, on), Kind::Ticks(choices)) => {
            let ticked = choices.iter().filter(|c| if c.key == *name { *on } else { c.is_chosen });
            ticked.map(|choice| Value::from(choice.key.as_str())).collect()
        }
        (Edit::Add, Kind::List { .. }) => added(scenario, part, field, entries()),
        (Edit::Remove(place), Kind::List { .. }) => {
            let mut left = entries();
            if *place < left.len() {
                left.remove(*place);
            }
            // No upstream listed stands for all of them.
            if left.is_empty() && field.is_optional { Value::Null } else { left.into() }
        }
        (Edit::Tick(..) | Edit::Add | Edit::Remove(_), _) => {
            return Err(Refusal(format!("{} is no list.", field.name)));
        }
    })
}

/// A list with one more entry.
fn added(scenario: &Scenario, part: Part<'_>, field: &Field, mut entries: Vec<Value>) -> Value {
    if field.name == "upstreams" {
        let all = scenario.origins.iter().map(|o| json!({ "origin": o.id }));
        // The first list has all origins: with one of them the others would get nothing.
        let is_first = entries.is_empty();
        for upstream in all {
            let is_listed = entries.iter().any(|entry| entry["origin"] == upstream["origin"]);
            if !is_listed {
                entries.push(upstream);
                if !is_first {
                    break;
                }
            }
        }
    } else if field.name == "faults" {
        let place = build::place_of_faults(&field.pointer);
        let is_there = |kind: &str| entries.iter().any(|entry| entry.get(kind).is_some());
        let kind = fault::ALL.iter().find(|info| info.place == place && !is_there(info.kind));
        entries.extend(kind.and_then(|info| start::fault_of(info.kind)));
    } else if let Shape::List(items) = part.shape() {
        entries.push(start::value(items, ""));
    }
    entries.into()
}

/// A form that is a time keeps the time of the form before it.
fn with_its_time(form: Value, before: &Value) -> Value {
    let only = |value: &Value| {
        let fields = value.as_object().filter(|fields| fields.len() == 1)?;
        fields.iter().next().map(|(name, value)| (name.clone(), value.clone()))
    };
    match (only(&form), only(before)) {
        (Some((name, Value::String(_))), Some((_, Value::String(time)))) if name != "given" => {
            json!({ name: time })
        }
        _ => form,
    }
}
