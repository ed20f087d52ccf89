//! The format of a scenario as a JSON Schema (draft 2020-12), for editors and for programs that write scenarios.
//!
//! Types, names, defaults and descriptions follow from the types and their documentation. Ranges are not written
//! down a second time: example scenarios that reach every field go through [`Scenario::check`], and
//! what it compares with is noted. So the schema says what the check does.
//!
//! Left out, since a schema cannot say it: ranges of durations, which are texts (the descriptions name them), and
//! whether a name stands for a node.

use std::borrow::Cow;
use std::cell::RefCell;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::{Scenario, ScenarioError};
use crate::sim::client::{ConnectionErrors, Repeat};
use crate::sim::dialect::DialectName;
use crate::sim::fault;
use crate::sim::time::{SimDuration, SimTime};

/// A duration as [`SimDuration`] reads it.
const DURATION: &str = r"^\s*[0-9]+(\.[0-9]+)?\s*(ns|us|µs|μs|ms|s|m|h)\s*$";

impl JsonSchema for SimDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": DURATION,
            "description": "A number and a unit: ns, us, ms, s, m or h.",
            "examples": ["250ms", "1.5s", "2m"]
        })
    }
}

impl JsonSchema for SimTime {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": DURATION,
            "description": "A moment of the run, as the time since its start: a number and a unit, ns, us, ms, s, m or h.",
            "examples": ["0s", "3.2s"]
        })
    }
}

/// A list of statuses as clients' policies write it.
pub(crate) struct Statuses;

impl JsonSchema for Statuses {
    fn schema_name() -> Cow<'static, str> {
        "Statuses".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "description": "Statuses, as numbers or as a class such as \"5xx\".",
            "items": {
                "anyOf": [
                    { "type": "integer", "format": "uint16", "minimum": 0 },
                    { "type": "string", "pattern": "^[1-9]xx$" }
                ]
            }
        })
    }
}

impl JsonSchema for Repeat {
    fn schema_name() -> Cow<'static, str> {
        "Repeat".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut forms = vec![
            json!({ "const": true, "description": "It is tried again for the policy's methods." }),
            json!({ "const": false, "description": "It ends the call." }),
        ];
        for (name, repeat) in Repeat::NAMED {
            let description = match repeat {
                Repeat::AnyMethod => "It is tried again whatever the method is.",
                Repeat::Once => {
                    "It is tried again for the policy's methods, and whatever comes then is final."
                }
                Repeat::WithBody => {
                    "It is tried again for those of the policy's methods whose requests have a body."
                }
                Repeat::Methods | Repeat::Never => "",
            };
            forms.push(json!({ "const": name, "description": description }));
        }
        json_schema!({ "description": "Whether a kind of failure is tried again.", "oneOf": forms })
    }
}

impl JsonSchema for ConnectionErrors {
    fn schema_name() -> Cow<'static, str> {
        "ConnectionErrors".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let repeat = generator.subschema_for::<Repeat>();
        let kinds = ConnectionErrors::KINDS.map(|kind| {
            let mut field = repeat.clone().to_value();
            field["default"] = true.into();
            field["description"] = what_failed(kind).into();
            (kind.to_owned(), field)
        });
        let kinds = Value::Object(kinds.into_iter().collect());
        json_schema!({
            "description": "One value for all kinds of failure, or an object with those that differ from true.",
            "anyOf": [repeat, { "type": "object", "additionalProperties": false, "properties": kinds }]
        })
    }
}

/// A kind of [`ConnectionErrors`] in words.
fn what_failed(kind: &str) -> &'static str {
    match kind {
        "refused" => "The connection was refused.",
        "unreachable" => "There is no way to the host.",
        "name_not_resolved" => "The name does not resolve.",
        "connect_timeout" => "The connection did not open in time.",
        "closed" => "The connection was closed before an answer.",
        "reset" => "The connection was reset before an answer.",
        "truncated" => "The answer broke off.",
        "unparsable" => "What came is no answer that can be read.",
        "attempt_timeout" => "The client's own limit for the attempt ran out.",
        "tls" => "The TLS handshake failed, or the certificate is not to be trusted.",
        _ => "",
    }
}

/// What a check compares a value with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Limit {
    /// The least and the most.
    Range(Value, Value),
    /// The most characters.
    Length(usize),
}

thread_local! {
    /// The limits that the check in progress has met, by JSON pointer.
    static MET: RefCell<Vec<(String, Limit)>> = const { RefCell::new(Vec::new()) };
}

/// Notes a limit; the checks call it.
pub(super) fn met(pointer: &str, limit: Limit) {
    MET.with_borrow_mut(|met| met.push((pointer.to_owned(), limit)));
}

/// The whole schema.
pub fn schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    let mut schema = settings.into_generator().into_root_schema_for::<Scenario>().to_value();
    each(&mut schema, &mut |part| drop(part.remove("maximum")));
    let examples = Examples { root: schema.clone() }.of(&schema, 0);
    for mut example in examples {
        for (pointer, limit) in limits(&mut example) {
            if let Some(place) = place(&schema, &pointer) {
                tighten(&mut schema, &place, &limit);
            }
        }
    }
    for info in fault::ALL {
        describe_fault(&mut schema, info.kind, info.summary);
    }
    each(&mut schema, &mut bound_by_type);
    each(&mut schema, &mut without_links);
    schema["title"] = "A scenario of fivexx".into();
    schema
}

/// The limits that the check of a scenario meets. A number outside of its range is moved into it, so that the
/// check goes on to the next one; anything else that is refused, such as a setting that the product lacks, is
/// taken away.
fn limits(example: &mut Value) -> Vec<(String, Limit)> {
    let mut all = Vec::new();
    for _ in 0..40 {
        MET.take();
        let Ok(scenario) = serde_json::from_value::<Scenario>(example.clone()) else { break };
        let outcome = scenario.check();
        let met = MET.take();
        let refused = match outcome {
            Err(ScenarioError::Field { pointer, .. }) => Some(pointer),
            _ => None,
        };
        let wrong = met.iter().find_map(|(at, limit)| match limit {
            Limit::Range(low, _) if Some(at) == refused.as_ref() => Some((at.clone(), low.clone())),
            _ => None,
        });
        all.extend(met);
        if let Some((pointer, low)) = wrong {
            let Some(value) = example.pointer_mut(&pointer) else { break };
            *value = low;
        } else if !refused.is_some_and(|pointer| remove(example, &pointer)) {
            break;
        }
    }
    all
}

/// Takes a field or an entry away; false if there is none.
fn remove(example: &mut Value, pointer: &str) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return false };
    match example.pointer_mut(parent) {
        Some(Value::Object(fields)) => fields.remove(last).is_some(),
        Some(Value::Array(items)) => match last.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// Makes scenarios that together reach every field in each of its forms.
struct Examples {
    root: Value,
}

impl Examples {
    /// Values that fit a schema: the first is the plainest, each other one differs in one part.
    fn of(&self, schema: &Value, depth: usize) -> Vec<Value> {
        if let Some(name) = schema["$ref"].as_str() {
            return self.of(self.root.pointer(name.trim_start_matches('#')).unwrap_or(&Value::Null), depth);
        }
        for form in ["oneOf", "anyOf"] {
            if let Some(forms) = schema[form].as_array() {
                let forms = forms.iter().filter(|form| form["type"] != "null");
                return forms.flat_map(|form| self.of(form, depth)).collect();
            }
        }
        if let Some(only) = schema.get("const") {
            return vec![only.clone()];
        }
        if let Some(names) = schema["enum"].as_array() {
            return names.clone();
        }
        let usual =
            |value: Value| vec![schema.get("default").filter(|d| !d.is_null()).cloned().unwrap_or(value)];
        match schema["type"].as_str().or_else(|| schema["type"][0].as_str()) {
            // Deeper than any scenario is.
            _ if depth > 12 => Vec::new(),
            Some("object") => self.objects(schema, depth),
            Some("array") => {
                let items = self.of(&schema["items"], depth + 1);
                let lists = items.into_iter().map(|item| Value::Array(vec![item]));
                usual(json!([])).into_iter().chain(lists).collect()
            }
            Some("string") if schema["pattern"] == DURATION => usual("1s".into()),
            Some("string") => usual("a".into()),
            Some("boolean") => usual(true.into()),
            _ => usual(1.into()),
        }
    }

    fn objects(&self, schema: &Value, depth: usize) -> Vec<Value> {
        let mut fields = Vec::new();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            // What the timeline sets, nodes have, too; and what it names would have to exist.
            let values = match name.as_str() {
                "timeline" => vec![json!([])],
                // The one that has every setting.
                "dialect" => vec![json!(DialectName::Rfc9209)],
                _ => self.of(field, depth + 1),
            };
            fields.push((name, values));
        }
        let plain: Map<String, Value> = (fields.iter())
            .filter_map(|(name, values)| Some(((*name).clone(), values.first()?.clone())))
            .collect();
        let others =
            fields.iter().flat_map(|(name, values)| values.iter().skip(1).map(move |value| (*name, value)));
        let others = others.map(|(name, value)| {
            let mut other = plain.clone();
            other.insert(name.clone(), value.clone());
            other
        });
        std::iter::once(plain.clone()).chain(others).map(Value::Object).collect()
    }
}

/// Where the schema describes what a pointer into a scenario means, as a pointer into the schema.
fn place(schema: &Value, pointer: &str) -> Option<String> {
    let mut places = vec![String::new()];
    for step in pointer.split('/').skip(1) {
        places = places.iter().flat_map(|place| forms(schema, place)).collect();
        places = (places.iter())
            .filter_map(|place| {
                let fields = format!("{place}/properties/{step}");
                let items = format!("{place}/items");
                schema.pointer(&fields).map(|_| fields).or_else(|| schema.pointer(&items).map(|_| items))
            })
            .collect();
    }
    let places: Vec<String> = places.iter().flat_map(|place| forms(schema, place)).collect();
    places.into_iter().find(|place| schema.pointer(place).is_some_and(|found| found.get("type").is_some()))
}

/// A place in the schema, or what it refers to, or the forms that it offers.
fn forms(schema: &Value, place: &str) -> Vec<String> {
    let Some(found) = schema.pointer(place) else { return Vec::new() };
    if let Some(name) = found["$ref"].as_str() {
        return forms(schema, name.trim_start_matches('#'));
    }
    for form in ["oneOf", "anyOf"] {
        if let Some(offered) = found[form].as_array() {
            return (0..offered.len()).flat_map(|i| forms(schema, &format!("{place}/{form}/{i}"))).collect();
        }
    }
    vec![place.to_owned()]
}

/// Writes a limit into the schema. Where one type stands at several places, the widest limit holds.
fn tighten(schema: &mut Value, place: &str, limit: &Limit) {
    let Some(Value::Object(found)) = schema.pointer_mut(place) else { return };
    let widest = |found: &Map<String, Value>, key: &str, new: &Value, wider: fn(f64, f64) -> bool| {
        let old = found.get(key).and_then(Value::as_f64);
        !old.is_some_and(|old| new.as_f64().is_some_and(|new| wider(old, new)))
    };
    match limit {
        Limit::Range(low, high) if low.is_number() => {
            // The type's own bound, such as 0 for a number without a sign, is no limit of the check.
            let bounded = found.get("maximum").is_some();
            if !bounded || widest(found, "minimum", low, |old, new| old <= new) {
                found.insert("minimum".to_owned(), low.clone());
            }
            if widest(found, "maximum", high, |old, new| old >= new) {
                found.insert("maximum".to_owned(), high.clone());
            }
        }
        Limit::Range(..) => {}
        Limit::Length(most) => {
            found.insert("maxLength".to_owned(), (*most).into());
        }
    }
}

/// The registry's summary of a kind of fault, in place of the documentation of its file.
fn describe_fault(schema: &mut Value, kind: &str, summary: &str) {
    for (list, has) in [("Fault", "required"), ("FaultKind", "const")] {
        let Some(forms) = schema["$defs"][list]["oneOf"].as_array_mut() else { continue };
        for form in forms {
            if form[has] == kind || form[has][0] == kind {
                form["description"] = summary.into();
            }
        }
    }
}

/// What the type itself cannot hold, where no check is stricter.
fn bound_by_type(part: &mut Map<String, Value>) {
    let most = match part.get("format").and_then(Value::as_str) {
        Some("uint8") => u8::MAX.into(),
        Some("uint16") => u16::MAX.into(),
        Some("uint32") => u32::MAX.into(),
        Some("uint64") => u64::MAX,
        _ => return,
    };
    part.entry("maximum").or_insert(most.into());
}

/// A description without the links of the documentation: ``[`X`](y)`` and ``[`X`]`` become `X` between backticks.
fn without_links(part: &mut Map<String, Value>) {
    let Some(Value::String(text)) = part.get_mut("description") else { return };
    let mut plain = text.replace('\n', " ").replace("[`", "`");
    while let Some(start) = plain.find("`](") {
        let end = plain[start..].find(')').map_or(plain.len(), |end| start + end + 1);
        plain.replace_range(start + 1..end, "");
    }
    *text = plain.replace("`]", "`");
}

/// Does something to every object of the schema.
fn each(value: &mut Value, what: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            what(fields);
            fields.values_mut().for_each(|field| each(field, what));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, what)),
        _ => {}
    }
}
