//! What a form begins with when it is chosen, or an entry when it is added.

use serde_json::{Map, Value, json};

use super::schema::{Part, Shape};
use crate::sim::fault;

/// Where the plainest value would not be accepted, or would say nothing.
fn sensible(name: &str) -> Option<Value> {
    Some(match name {
        "log_normal" => json!({"median": "100ms", "sigma": 0.5}),
        "uniform" => json!({"low": "50ms", "high": "150ms"}),
        "normal" => json!({"mean": "100ms", "deviation": "20ms"}),
        "pareto" => json!({"scale": "10ms", "shape": 1.5}),
        "hyperexponential" => json!({"mean": "100ms", "c2": 4.0}),
        "mixture" => json!([{"weight": 1.0, "low": "50ms", "high": "150ms"}]),
        "status_ratio" => json!({"from": 500, "to": 600, "above": 0.5}),
        "network_error_ratio" => json!({"above": 0.5}),
        "latency" => json!({"quantile": 0.99, "above": "1s"}),
        "consecutive" => json!({"failures": 5}),
        "exponential" => json!({"initial": "100ms", "factor": 2.0, "cap": "10s", "jitter": 0.5}),
        "full_jitter" => json!({"base": "25ms", "cap": "250ms"}),
        "ramp" => json!({"from": 1.0, "to": 20.0, "over": "30s"}),
        "spike" => json!({"rate": 5.0, "peak": 50.0, "at": "5s", "length": "5s"}),
        "bursts" => json!({"rate": 10.0, "on": "2s", "off": "8s"}),
        "closed" => json!({"users": 10, "think": {"fixed": "1s"}}),
        "warm_up" => json!({"factor": 3.0, "over": "30s"}),
        "pool" => json!({"size": 10}),
        "concurrency" => json!({"limit": 50}),
        "given" => json!("key-1"),
        "list" => json!(["1s", "2s", "5s"]),
        "plus_minus" | "proportional" => json!(0.5),
        _ => return None,
    })
}

/// A value that fits the part, by the name under which it stands.
pub(super) fn value(part: Part<'_>, name: &str) -> Value {
    if part.type_name == "Fault" {
        return fault_of("").unwrap_or_default();
    }
    plain(part, name, 0)
}

/// A form of that name.
pub(super) fn form(part: Part<'_>, name: &str) -> Option<Value> {
    let (Shape::Forms(forms) | Shape::Choice(forms)) = part.shape() else { return None };
    let form = forms.into_iter().find(|form| form.key == name)?;
    if part.type_name == "Fault" {
        return fault_of(name);
    }
    Some(match (form.constant, form.inner) {
        (Some(constant), _) => constant.clone(),
        (None, Some(inner)) => json!({ name: plain(inner, name, 0) }),
        (None, None) => Value::Null,
    })
}

/// A fault of that kind, with the parameters that a person gets who breaks something by the menu.
pub(super) fn fault_of(kind: &str) -> Option<Value> {
    let info = fault::ALL.iter().find(|info| info.kind == kind)?;
    serde_json::to_value((info.default)()).ok()
}

fn plain(part: Part<'_>, name: &str, depth: usize) -> Value {
    // A name stands for several types; what is sensible for one need not fit another.
    if let Some(value) = sensible(name).filter(|value| fits(part, value)) {
        return value;
    }
    if let Some(default) = part.default.filter(|default| !default.is_null()) {
        return default.clone();
    }
    if depth > 6 {
        return Value::Null;
    }
    match part.shape() {
        Shape::Duration => "1s".into(),
        Shape::Text => "text".into(),
        Shape::Switch => true.into(),
        Shape::Headers => json!({}),
        Shape::Ticks(_) => json!([]),
        Shape::Line(items) | Shape::List(items) => match part.entries().0 {
            0 => json!([]),
            _ => json!([plain(items, name, depth + 1)]),
        },
        Shape::Whole | Shape::Number => {
            let bound = |bound: &Value| bound.as_f64().unwrap_or(1.0);
            let one = part.range().map_or(1.0, |(least, most)| 1_f64.max(bound(least)).min(bound(most)));
            if matches!(part.shape(), Shape::Whole) { json!(one as u64) } else { json!(one) }
        }
        Shape::Choice(forms) | Shape::Forms(forms) => {
            forms.first().and_then(|first| form(part, &first.key)).unwrap_or_default()
        }
        Shape::Group(fields) => {
            let required = fields.into_iter().flatten().filter(|(field, _)| part.requires(field));
            let field = |(field, _): (&String, &Value)| {
                Some((field.clone(), plain(part.step(field)?, field, depth + 1)))
            };
            Value::Object(required.filter_map(field).collect::<Map<_, _>>())
        }
    }
}

/// True if the value has what the part requires and nothing that it does not know.
fn fits(part: Part<'_>, value: &Value) -> bool {
    match (part.shape(), value) {
        (Shape::Group(Some(known)), Value::Object(fields)) => {
            fields.iter().all(|(name, value)| part.step(name).is_some_and(|part| fits(part, value)))
                && known.keys().all(|name| fields.contains_key(name) || !part.requires(name))
        }
        (Shape::Forms(_), Value::Object(fields)) => {
            fields.iter().all(|(name, value)| part.step(name).is_some_and(|part| fits(part, value)))
        }
        (Shape::Duration | Shape::Text, value) => value.is_string(),
        (Shape::Whole, value) => value.is_u64(),
        (Shape::Number, value) => value.is_number(),
        (Shape::List(items) | Shape::Line(items), Value::Array(entries)) => {
            entries.iter().all(|entry| fits(items, entry))
        }
        _ => false,
    }
}
