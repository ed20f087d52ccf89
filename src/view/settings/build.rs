//! The fields of a form: the schema, the values that hold, and the defaults, walked side by side.

use crate::sim::order;
use std::collections::BTreeMap;

use serde_json::Value;

use super::product::{GROUPS, Product};
use super::schema::{Part, Schema, Shape, Variant};
use super::{Choice, Field, Kind, Lands, put, shown, start, words};
use crate::sim::fault::{self, Place};
use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;

/// What no field is for; see the module.
const LEFT_OUT: [&str; 2] = ["/timeline", "/version"];

/// What decides whether the other fields of a group matter; the others follow by name.
const FIRST: [&str; 10] =
    ["enabled", "trip", "arrivals", "requests", "ttl", "again", "request", "method", "path", "latency"];

/// All fields of a scenario at a moment, by pointer.
pub(super) fn fields(schema: &Schema, scenario: &Scenario, at: SimTime) -> BTreeMap<String, Field> {
    let mut builder = Builder { schema, scenario, fields: BTreeMap::new() };
    let (now, usual) = (shown::now(scenario, at), shown::usual(scenario, at));
    builder.add(schema.whole(), String::new(), "", &now, Some(&usual));
    builder.fields
}

struct Builder<'a> {
    schema: &'a Schema,
    scenario: &'a Scenario,
    fields: BTreeMap<String, Field>,
}

impl Builder<'_> {
    /// Adds the field at a pointer, and those within it.
    fn add(&mut self, part: Part<'_>, pointer: String, name: &str, value: &Value, usual: Option<&Value>) {
        // What is left out of the JSON of a scenario holds its default.
        // Without its name and its product a node is none; there is no way back from them.
        let is_free = !matches!(name, "id" | "dialect");
        let usual = usual
            .filter(|_| is_free)
            .or(part.default.filter(|_| is_free))
            .or(part.is_optional.then_some(&Value::Null));
        let value = if value.is_null() && !part.is_optional { usual.unwrap_or(value) } else { value };
        let (value, usual) = if part.is_spread {
            (part.spread(value), usual.map(|usual| part.spread(usual)))
        } else {
            (value.clone(), usual.cloned())
        };
        // Where the default is a value, absence is that value, unless the schema has both.
        let is_optional =
            part.is_optional && (part.default.is_some() || usual.as_ref().is_none_or(Value::is_null));
        let (description, more) = words::sentences(part.description);
        let mut field = Field {
            id: id(self.scenario, &pointer),
            name: name.to_owned(),
            directive: None,
            description,
            more,
            meaning: String::new(),
            hint: String::new(),
            unit: words::unit(part, name),
            kind: Kind::Group,
            value: words::written(part, &value),
            usual: usual.as_ref().map(|usual| words::written(part, usual)),
            changed: usual.as_ref().is_some_and(|usual| *usual != value),
            is_optional,
            instead: None,
            lands: put::lands(&pointer),
            children: Vec::new(),
            raw: value,
            raw_usual: usual,
            pointer,
        };
        self.control(part, &mut field);
        self.ask_product(&mut field);
        field.hint = hint(part, &field);
        self.fields.insert(field.pointer.clone(), field);
    }

    /// The kind of control, its choices, and what stands within.
    fn control(&mut self, part: Part<'_>, field: &mut Field) {
        let value = field.raw.clone();
        let usual = field.raw_usual.clone();
        field.kind = match part.shape() {
            Shape::Duration => Kind::Duration,
            Shape::Whole => Kind::Whole,
            Shape::Number => Kind::Number,
            Shape::Text if field.pointer.contains("/upstreams/") => self.origins(&value),
            Shape::Text if matches!(field.name.as_str(), "description" | "body") => Kind::Lines,
            Shape::Text => Kind::Text,
            Shape::Line(_) => Kind::Entries,
            Shape::Headers => Kind::Lines,
            Shape::Switch => Kind::Switch,
            Shape::Ticks(names) => {
                let ticked = |v: &Variant<'_>| value.as_array().is_some_and(|l| l.iter().any(|n| v.is(n)));
                Kind::Ticks(names.iter().map(|name| choice(name, ticked(name))).collect())
            }
            Shape::Choice(names) => {
                let mut choices = none_first(field.is_optional, &value);
                choices.extend(names.iter().map(|name| choice(name, name.is(&value))));
                chosen(field, &choices);
                Kind::Choice(choices)
            }
            Shape::Forms(forms) => {
                let mut choices = none_first(field.is_optional, &value);
                let here = place_of_faults(&field.pointer);
                let offered = forms.iter().filter(|f| part.type_name != "Fault" || is_fault_of(f, here));
                choices.extend(offered.map(|form| choice(form, form.is(&value))));
                chosen(field, &choices);
                let form = forms.into_iter().find(|form| form.inner.is_some() && form.is(&value));
                if let Some((key, inner)) = form.and_then(|form| Some((form.key, form.inner?))) {
                    let usual = usual.as_ref().and_then(|usual| usual.get(&key));
                    let pointer = format!("{}/{key}", field.pointer);
                    field.children = self.within(inner, &pointer, &key, &value[&key], usual);
                }
                Kind::Forms(choices)
            }
            Shape::List(items) => {
                let entries = value.as_array().map(Vec::as_slice).unwrap_or_default();
                for (i, entry) in entries.iter().enumerate() {
                    let pointer = format!("{}/{i}", field.pointer);
                    // Nodes have defaults, each its own; entries of other lists have those of the schema.
                    let usual = usual.as_ref().filter(|_| pointer.split('/').count() == 3);
                    let usual = usual.and_then(|usual| usual.get(i));
                    self.add(items, pointer.clone(), &(i + 1).to_string(), entry, usual);
                    field.children.push(pointer);
                }
                let (least, most) = part.entries();
                let can_shrink = entries.len() > least;
                Kind::List { can_grow: entries.len() < most && self.has_more(field), can_shrink }
            }
            Shape::Group(_) => {
                let choices = none_first(field.is_optional, &value);
                if !value.is_null() {
                    let pointer = field.pointer.clone();
                    let usual = usual.filter(|usual| !usual.is_null());
                    field.children = self.within(part, &pointer, "", &value, usual.as_ref());
                }
                if choices.is_empty() {
                    Kind::Group
                } else {
                    let set = Choice {
                        key: "set".to_owned(),
                        label: "set".to_owned(),
                        description: String::new(),
                        is_chosen: !value.is_null(),
                    };
                    let choices: Vec<Choice> = choices.into_iter().chain([set]).collect();
                    chosen(field, &choices);
                    Kind::Forms(choices)
                }
            }
        };
    }

    /// The fields of a group, or the one field that is none; their pointers.
    fn within(
        &mut self,
        part: Part<'_>,
        pointer: &str,
        name: &str,
        value: &Value,
        usual: Option<&Value>,
    ) -> Vec<String> {
        let Shape::Group(fields) = part.shape() else {
            self.add(part, pointer.to_owned(), name, value, usual);
            return vec![pointer.to_owned()];
        };
        let mut added = Vec::new();
        let mut names: Vec<_> = fields.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        order::by_key(&mut names, |name| FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len()));
        for name in names {
            let pointer = format!("{pointer}/{name}");
            if let Some(part) = part.step(name).filter(|_| !LEFT_OUT.contains(&pointer.as_str())) {
                let value = value.get(name).unwrap_or(&Value::Null);
                self.add(part, pointer.clone(), name, value, usual.and_then(|usual| usual.get(name)));
                added.push(pointer);
            }
        }
        added
    }

    /// The origins that an upstream can be.
    fn origins(&self, value: &Value) -> Kind {
        let choice = |id: &String| Choice {
            key: id.clone(),
            label: id.clone(),
            description: String::new(),
            is_chosen: value == id,
        };
        Kind::Choice(self.scenario.origins.iter().map(|o| choice(&o.id)).collect())
    }

    /// True if a list of upstreams or faults has not all of them yet.
    fn has_more(&self, field: &Field) -> bool {
        let entries = field.raw.as_array().map_or(0, Vec::len);
        match field.name.as_str() {
            "upstreams" => entries < self.scenario.origins.len(),
            "faults" => {
                let here = place_of_faults(&field.pointer);
                entries < fault::ALL.iter().filter(|info| info.place == here).count()
            }
            _ => true,
        }
    }

    /// The directive of a gateway's setting, and what the product has instead.
    fn ask_product(&mut self, field: &mut Field) {
        let path: Vec<&str> = field.pointer.split('/').collect();
        let ["", "gateways", place, "settings", rest @ ..] = path.as_slice() else { return };
        let Some(product) = place.parse().ok().and_then(|place| Product::of(self.scenario, place)) else {
            return;
        };
        let [setting, within @ ..] = rest else { return };
        let is_group = GROUPS.contains(setting);
        if within.is_empty() {
            field.directive = product.directive(setting);
        }
        if within.len() != usize::from(is_group) {
            // A group is lacking if all of its fields are; what lies deeper goes with what it is part of.
            if is_group && within.is_empty() {
                let lacking: Vec<_> =
                    field.children.iter().map(|child| self.fields.get(child)?.instead.clone()).collect();
                field.instead =
                    lacking.into_iter().collect::<Option<Vec<_>>>().and_then(|l| l.into_iter().next());
            }
            return;
        }
        let refuses = |value: &Value| product.refuses(rest, value);
        let (raw, pointer) = (&field.raw, &field.pointer);
        let lacking = match &mut field.kind {
            Kind::Choice(choices) => keep(choices, |c| refuses(&c.key.clone().into())),
            Kind::Ticks(choices) => keep(choices, |c| refuses(&vec![c.key.clone()].into())),
            Kind::Forms(choices) => keep(choices, |c| {
                let form = self.schema.at(pointer).and_then(|part| start::form(part, &c.key));
                form.and_then(|form| refuses(&form))
            }),
            _ => refuses(raw),
        };
        // A form with fields of its own is something to set, even where there is no other.
        field.instead = lacking.filter(|_| field.children.is_empty() || refuses(raw).is_some());
    }
}

/// Keeps what the product has, and what is chosen already; why there is no more, if nothing else is left to choose.
fn keep(choices: &mut Vec<Choice>, refuses: impl Fn(&Choice) -> Option<String>) -> Option<String> {
    let mut why = None;
    choices.retain(|choice| {
        let refusal = refuses(choice);
        let is_kept = choice.is_chosen || refusal.is_none();
        why = why.take().or(refusal);
        is_kept
    });
    why.filter(|_| choices.iter().all(|choice| choice.is_chosen))
}

fn choice(form: &Variant<'_>, is_chosen: bool) -> Choice {
    let label = match form.key.as_str() {
        "true" => "yes".to_owned(),
        "false" => "no".to_owned(),
        // As products write the conditions of a status.
        key => match key.strip_prefix("http") {
            Some(status) if status.starts_with(|c: char| c.is_ascii_digit()) => format!("http_{status}"),
            _ => key.to_owned(),
        },
    };
    let (first, more) = words::sentences(form.description);
    let description = if more.is_empty() { first } else { format!("{first} {more}") };
    Choice { key: form.key.clone(), label, description, is_chosen }
}

/// The choice of having none, where that is one.
fn none_first(is_optional: bool, value: &Value) -> Vec<Choice> {
    let none = || Choice {
        key: String::new(),
        label: "none".to_owned(),
        description: String::new(),
        is_chosen: value.is_null(),
    };
    if is_optional { vec![none()] } else { Vec::new() }
}

/// The field shows what is chosen of it, and what that means.
fn chosen(field: &mut Field, choices: &[Choice]) {
    if let Some(choice) = choices.iter().find(|choice| choice.is_chosen) {
        field.value.clone_from(&choice.key);
        field.meaning = words::sentences(&choice.description).0;
    }
}

/// Where the faults of a list are.
pub(super) fn place_of_faults(pointer: &str) -> Place {
    if pointer.contains("/link/") {
        Place::Link
    } else if pointer.starts_with("/dependencies/") {
        Place::Dependency
    } else {
        Place::Origin
    }
}

fn is_fault_of(form: &Variant<'_>, place: Place) -> bool {
    fault::ALL.iter().any(|info| info.kind == form.key && info.place == place)
}

/// The id of a field's control: after its node, but the first gateway's settings go by their names alone.
fn id(scenario: &Scenario, pointer: &str) -> String {
    let mut path: Vec<&str> = pointer.split('/').skip(1).collect();
    if let [list, place, ..] = path.as_slice() {
        let place = place.parse::<usize>().unwrap_or_default();
        let node = match *list {
            "clients" => scenario.clients.get(place).map(|n| &n.id),
            "gateways" => scenario.gateways.get(place).map(|n| &n.id),
            "origins" => scenario.origins.get(place).map(|n| &n.id),
            "dependencies" => scenario.dependencies.get(place).map(|n| &n.id),
            _ => None,
        };
        if let Some(node) = node {
            let is_first_gateway = path[0] == "gateways" && place == 0;
            path.drain(..2);
            match path.first().copied() {
                Some("settings") if is_first_gateway => drop(path.remove(0)),
                Some("settings" | "policy") => path[0] = node,
                _ => path.insert(0, node),
            }
        }
    }
    format!("set-{}", path.join("-"))
}

/// The range and the default, as far as the description does not say them.
fn hint(part: Part<'_>, field: &Field) -> String {
    let usual = match (&field.usual, part.shape()) {
        (None, _) | (_, Shape::Group(_) | Shape::List(_)) => None,
        // A product's own default may differ from what the description says of most.
        _ if field.description.contains("by default") && !field.pointer.starts_with("/gateways/") => None,
        // What a form holds alone: the form says it.
        _ if field.description.is_empty() => None,
        (_, Shape::Forms(forms)) => {
            let usual = field.raw_usual.as_ref().unwrap_or(&Value::Null);
            let form = forms.iter().find(|form| form.is(usual));
            form.map(|form| match usual.get(&form.key) {
                Some(scalar) if !scalar.is_object() && !scalar.is_array() => {
                    format!("{} {}", form.key, super::schema::key(scalar))
                }
                _ => form.key.clone(),
            })
        }
        (Some(usual), _) => Some(usual.clone()),
    };
    let usual = usual.map(|usual| {
        let unit = if usual.is_empty() { "" } else { field.unit };
        let usual = if usual.is_empty() { "none" } else { &usual };
        format!("default {usual} {unit}").trim_end().to_owned()
    });
    let range = words::range(part);
    let start = (field.lands == Lands::FromStart).then(|| "from the start".to_owned());
    [range, usual, start].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
