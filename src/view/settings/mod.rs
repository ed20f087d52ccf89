//! Every setting of a scenario as a form, made from the JSON Schema of scenarios.
//!
//! The schema is a file of the page, not part of the program. With it, a scenario and a moment give a [`Form`]: fields
//! by JSON pointer, each with its name, the product's directive, what it means, its value as text and the default. An
//! [`Edit`] of a field gives the next scenario, or says what would be accepted; the reader of scenarios does the
//! checking.
//!
//! What can change during a run lands on the timeline at the moment; everything else changes the scenario from its
//! start ([`Lands`]). Left out: the version, which the program writes, and the timeline, which has its own place.

mod build;
mod edit;
mod product;
mod put;
mod schema;
mod search;
mod section;
mod shown;
mod start;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use serde_json::Value;

pub use edit::{Edit, Edited};
pub use schema::Schema;
pub use section::{Heading, Section};

use crate::sim::scenario::Scenario;
use crate::sim::time::SimTime;

/// All settings of a scenario at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Form {
    /// The nodes and the run, in the order in which they are shown.
    pub sections: Vec<Section>,
    fields: BTreeMap<String, Field>,
}

/// A setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its place in the scenario, as a JSON pointer.
    pub pointer: String,
    /// The id of its control, unique in the form.
    pub id: String,
    /// Its name, as scenarios write it.
    pub name: String,
    /// What the product calls it.
    pub directive: Option<&'static str>,
    /// What it means, in one sentence; empty where its name says all.
    pub description: String,
    /// What else there is to know.
    pub more: String,
    /// What the chosen form or name means.
    pub meaning: String,
    /// Range and default, as far as the description does not say them.
    pub hint: String,
    /// The unit of a number; empty where the text says it.
    pub unit: &'static str,
    /// What kind of control it has.
    pub kind: Kind,
    /// Its value as text; for a choice, its name.
    pub value: String,
    /// The default as text; none where there is none to go back to.
    pub usual: Option<String>,
    /// It differs from the default.
    pub changed: bool,
    /// An empty text stands for having none.
    pub is_optional: bool,
    /// Why it cannot be set here, with what there is instead.
    pub instead: Option<String>,
    /// Where a change lands.
    pub lands: Lands,
    /// The pointers of the fields within it.
    pub children: Vec<String>,
    raw: Value,
    raw_usual: Option<Value>,
}

/// What kind of control a setting has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text with a number and a unit of time.
    Duration,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A text in one line.
    Text,
    /// Several numbers or texts with commas between.
    Entries,
    /// A text of several lines.
    Lines,
    /// On or off.
    Switch,
    /// One of several names.
    Choice(Vec<Choice>),
    /// Some of several names.
    Ticks(Vec<Choice>),
    /// Several fields.
    Group,
    /// One of several forms, the chosen one with fields of its own.
    Forms(Vec<Choice>),
    /// A list of groups or forms.
    List {
        /// One more may be added.
        can_grow: bool,
        /// One may be taken away.
        can_shrink: bool,
    },
}

impl Kind {
    /// A word for each kind, to tell when a field needs another control.
    pub const fn tag(&self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::Whole => "whole",
            Self::Number => "number",
            Self::Text => "text",
            Self::Entries => "entries",
            Self::Lines => "lines",
            Self::Switch => "switch",
            Self::Choice(_) => "choice",
            Self::Ticks(_) => "ticks",
            Self::Group => "group",
            Self::Forms(_) => "forms",
            Self::List { .. } => "list",
        }
    }

    /// True if it has a value of its own, not only fields within.
    pub const fn is_leaf(&self) -> bool {
        !matches!(self, Self::Group | Self::Forms(_) | Self::List { .. })
    }
}

/// A name that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The name in scenarios; empty for none.
    pub key: String,
    /// What is shown.
    pub label: String,
    /// What it means.
    pub description: String,
    /// It is chosen.
    pub is_chosen: bool,
}

/// Where a change of a setting lands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lands {
    /// On the timeline, at the moment that is shown.
    AtMoment,
    /// In the scenario from its start: a run cannot change it.
    FromStart,
}

impl Form {
    /// The settings of a scenario at a moment.
    pub fn new(schema: &Schema, scenario: &Scenario, at: SimTime) -> Self {
        let fields = build::fields(schema, scenario, at);
        let sections = section::sections(scenario, &fields);
        Self { sections, fields }
    }

    /// The sections of a scenario without their fields, for as long as there is no schema.
    pub fn outline(scenario: &Scenario) -> Self {
        let fields = BTreeMap::new();
        Self { sections: section::sections(scenario, &fields), fields }
    }

    /// The field at a pointer.
    pub fn field(&self, pointer: &str) -> Option<&Field> {
        self.fields.get(pointer)
    }

    /// All fields, by pointer.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.values()
    }

    /// True if the field, or one within it, differs from its default.
    pub fn is_changed(&self, pointer: &str) -> bool {
        self.field(pointer)
            .is_some_and(|field| field.changed || field.children.iter().any(|child| self.is_changed(child)))
    }
}
