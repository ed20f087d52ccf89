//! The JSON Schema of a scenario, read as what a form is made of.

use serde_json::{Map, Value};

use crate::view::form::Refusal;

/// The JSON Schema of a scenario.
#[derive(Debug)]
pub struct Schema {
    root: Value,
}

impl Schema {
    /// Reads the text of the schema.
    ///
    /// # Errors
    /// If it is no JSON, or no schema of a scenario.
    pub fn read(text: &str) -> Result<Self, Refusal> {
        let root: Value = serde_json::from_str(text).map_err(|e| Refusal(format!("it is not JSON ({e})")))?;
        let is_one = ["clients", "gateways", "origins", "dependencies"]
            .iter()
            .all(|list| root.pointer(&format!("/properties/{list}/items")).is_some());
        if is_one { Ok(Self { root }) } else { Err(Refusal("it is no schema of a scenario".to_owned())) }
    }

    /// The scenario itself.
    pub(super) fn whole(&self) -> Part<'_> {
        Part::of(&self.root, &self.root)
    }

    /// What a pointer into a scenario leads to.
    pub(super) fn at(&self, pointer: &str) -> Option<Part<'_>> {
        pointer.split('/').skip(1).try_fold(self.whole(), |part, step| part.step(step))
    }
}

/// A part of the schema: what may stand at a place of the scenario.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    root: &'a Value,
    schema: &'a Value,
    /// The name of its type, if it has one.
    pub type_name: &'a str,
    /// It may be absent, which is a value of its own.
    pub is_optional: bool,
    /// One value may stand for all fields of this group.
    pub is_spread: bool,
    /// What it means; empty if nothing is said.
    pub description: &'a str,
    /// What holds where it is absent.
    pub default: Option<&'a Value>,
}

/// What kind of value a part holds.
#[derive(Clone, Debug)]
pub(super) enum Shape<'a> {
    /// A text with a number and a unit of time.
    Duration,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A text.
    Text,
    /// True or false.
    Switch,
    /// Names with texts.
    Headers,
    /// Some of several names.
    Ticks(Vec<Variant<'a>>),
    /// A list of numbers or texts.
    Line(Part<'a>),
    /// A list of anything else.
    List(Part<'a>),
    /// One of several names.
    Choice(Vec<Variant<'a>>),
    /// One of several forms, some with fields of their own.
    Forms(Vec<Variant<'a>>),
    /// Several fields.
    Group(Option<&'a Map<String, Value>>),
}

/// One of several forms.
#[derive(Clone, Debug)]
pub(super) struct Variant<'a> {
    /// The name by which it is chosen.
    pub key: String,
    /// The whole value, where the name says all.
    pub constant: Option<&'a Value>,
    /// What belongs to it otherwise.
    pub inner: Option<Part<'a>>,
    /// What it means.
    pub description: &'a str,
}

impl Variant<'_> {
    /// True if the value has this form.
    pub(super) fn is(&self, value: &Value) -> bool {
        match self.constant {
            Some(constant) => constant == value,
            None => value.get(&self.key).is_some(),
        }
    }
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

fn said(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// The name by which a value is chosen: a text as it is, anything else as JSON.
pub(super) fn key(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl<'a> Part<'a> {
    fn of(root: &'a Value, schema: &'a Value) -> Self {
        let mut part = Self {
            root,
            schema,
            type_name: "",
            is_optional: false,
            is_spread: false,
            description: said(schema),
            default: schema.get("default"),
        };
        // References lead to types and types to no other reference; more than a few steps would be a circle.
        for _ in 0..8 {
            let any = part.schema["anyOf"].as_array();
            if let Some(name) = part.schema["$ref"].as_str() {
                part.type_name = name.rsplit('/').next().unwrap_or_default();
                part.schema = root.pointer(name.trim_start_matches('#')).unwrap_or(&Value::Null);
            } else if let Some(forms) = any.filter(|forms| forms.iter().any(is_null)) {
                part.is_optional = true;
                part.schema = forms.iter().find(|form| !is_null(form)).unwrap_or(&Value::Null);
            } else if let Some(group) = any.and_then(|f| f.iter().find(|f| f.get("properties").is_some())) {
                part.is_spread = true;
                part.schema = group;
            } else {
                break;
            }
            if part.description.is_empty() {
                part.description = said(part.schema);
            }
            part.default = part.default.or(part.schema.get("default"));
        }
        let types = part.schema["type"].as_array();
        part.is_optional |= types.is_some_and(|types| types.iter().any(|t| t == "null"));
        part
    }

    /// The part behind one step of a pointer.
    pub(super) fn step(&self, step: &str) -> Option<Self> {
        match self.shape() {
            Shape::Group(fields) => fields?.get(step).map(|field| Self::of(self.root, field)),
            Shape::Forms(forms) => forms.into_iter().find(|form| form.key == step)?.inner,
            Shape::List(items) | Shape::Line(items) => step.parse::<usize>().ok().map(|_| items),
            _ => None,
        }
    }

    /// What kind of value it holds.
    pub(super) fn shape(&self) -> Shape<'a> {
        if let Some(forms) = self.schema["oneOf"].as_array() {
            let forms: Vec<_> = forms.iter().flat_map(|form| self.variant(form)).collect();
            return if forms.iter().all(|f| f.inner.is_none()) {
                Shape::Choice(forms)
            } else {
                Shape::Forms(forms)
            };
        }
        if let Some(names) = self.schema["enum"].as_array() {
            let name = |name| Variant { key: key(name), constant: Some(name), inner: None, description: "" };
            return Shape::Choice(names.iter().map(name).collect());
        }
        let kind = &self.schema["type"];
        match kind.as_str().or_else(|| kind[0].as_str()).unwrap_or_default() {
            "boolean" => Shape::Switch,
            "integer" => Shape::Whole,
            "number" => Shape::Number,
            "array" => {
                let items = Self::of(self.root, &self.schema["items"]);
                match items.shape() {
                    Shape::Choice(names) => Shape::Ticks(names),
                    Shape::Group(_) | Shape::Forms(_) => Shape::List(items),
                    _ => Shape::Line(items),
                }
            }
            "object" if self.schema["additionalProperties"].is_object() => Shape::Headers,
            "object" => Shape::Group(self.schema["properties"].as_object()),
            _ if matches!(self.type_name, "Duration" | "Time") => Shape::Duration,
            _ => Shape::Text,
        }
    }

    fn variant(&self, form: &'a Value) -> Option<Variant<'a>> {
        let description = said(form);
        if let Some(constant) = form.get("const") {
            return Some(Variant { key: key(constant), constant: Some(constant), inner: None, description });
        }
        let name = form["required"][0].as_str()?;
        let field = &form["properties"][name];
        let inner = Self { description: said(field), ..Self::of(self.root, field) };
        Some(Variant { key: name.to_owned(), constant: None, inner: Some(inner), description })
    }

    /// True if an entry of this kind may be a number.
    pub(super) fn takes_numbers(&self) -> bool {
        let is_number = |schema: &Value| {
            ["integer", "number"].iter().any(|kind| schema["type"] == *kind || schema["type"][0] == *kind)
        };
        is_number(self.schema) || self.schema["anyOf"].as_array().is_some_and(|f| f.iter().any(is_number))
    }

    /// True if a field of this group cannot be left out.
    pub(super) fn requires(&self, field: &str) -> bool {
        self.schema["required"].as_array().is_some_and(|names| names.iter().any(|name| name == field))
    }

    /// The least and the most of a number.
    pub(super) fn range(&self) -> Option<(&'a Value, &'a Value)> {
        Some((self.schema.get("minimum")?, self.schema.get("maximum")?))
    }

    /// How few and how many entries a list has.
    pub(super) fn entries(&self) -> (usize, usize) {
        let read = |name: &str| self.schema[name].as_u64().map(|n| n as usize);
        (read("minItems").unwrap_or(0), read("maxItems").unwrap_or(1_000))
    }

    /// The value as a group shows it: where one value stands for all fields, each field has it, and where it names
    /// some, the others have their default.
    pub(super) fn spread(&self, value: &Value) -> Value {
        let Shape::Group(Some(fields)) = self.shape() else { return value.clone() };
        let each = |(name, field): (&String, &Value)| {
            let value = match value {
                Value::Object(named) => named.get(name).or(field.get("default")),
                all => Some(all),
            };
            (name.clone(), value.cloned().unwrap_or_default())
        };
        Value::Object(fields.iter().map(each).collect())
    }
}
