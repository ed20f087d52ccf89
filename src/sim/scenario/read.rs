//! From JSON to a scenario and back, with errors that say where, what stood there, and what was expected.

use std::fmt;

use serde_json::Value;

use super::{Scenario, VERSION};
use crate::sim::json;

/// The largest scenario that is read, in bytes of JSON.
pub const MAX_BYTES: usize = 1 << 20;

/// Why a text is not a scenario that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScenarioError {
    /// The text is longer than [`MAX_BYTES`].
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The text is no JSON.
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What the parser met.
        problem: String,
    },
    /// The scenario was written for a later version of the format.
    Newer {
        /// Its version.
        version: u64,
    },
    /// A field holds what it cannot hold.
    Field {
        /// The field as a JSON pointer (RFC 6901); empty for the whole.
        pointer: String,
        /// What stands there, shortened.
        value: String,
        /// What may stand there.
        expected: String,
    },
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { bytes } => {
                write!(f, "The scenario has {bytes} bytes; at most {MAX_BYTES} are read.")
            }
            Self::Syntax { line, column, problem } => {
                write!(f, "The scenario is not JSON: {problem} at line {line}, column {column}.")
            }
            Self::Newer { version } => write!(
                f,
                "/version is {version}; this program reads version {VERSION}. The scenario was made with a later fivexx."
            ),
            Self::Field { pointer, value, expected } if pointer.is_empty() => {
                write!(f, "The scenario is {value}; expected {expected}.")
            }
            Self::Field { pointer, value, expected } => {
                write!(f, "{pointer} is {value}; expected {expected}.")
            }
        }
    }
}

impl std::error::Error for ScenarioError {}

impl Scenario {
    /// Reads a scenario from JSON and checks it whole.
    ///
    /// # Errors
    /// The first thing that is wrong, as a [`ScenarioError`].
    pub fn from_json(text: &str) -> Result<Self, ScenarioError> {
        if text.len() > MAX_BYTES {
            return Err(ScenarioError::TooLarge { bytes: text.len() });
        }
        let value: Value = serde_json::from_str(text).map_err(|e| ScenarioError::Syntax {
            line: e.line(),
            column: e.column(),
            problem: without_place(&e.to_string()),
        })?;
        Self::from_value(&value)
    }

    /// Reads a scenario from JSON that is parsed already.
    ///
    /// # Errors
    /// As [`Scenario::from_json`].
    pub fn from_value(value: &Value) -> Result<Self, ScenarioError> {
        // The version comes first: a later format may well have fields that are unknown here.
        if let Some(version) = value.get("version").and_then(Value::as_u64)
            && version > u64::from(VERSION)
        {
            return Err(ScenarioError::Newer { version });
        }
        let scenario: Self = json::read(value).map_err(|e| {
            let pointer = e.pointer();
            let found = value.pointer(&pointer).map_or_else(|| "absent".to_owned(), shortened);
            let message = e.message();
            let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
            let meant = unknown.and_then(|field| super::directive::meant(value, &pointer, field));
            ScenarioError::Field {
                pointer: beginning(pointer, 200),
                value: found,
                expected: match (unknown, meant) {
                    (Some(field), Some(meant)) => with_suggestion(message, field, meant),
                    _ => expectation(message),
                },
            }
        })?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Writes the scenario as JSON in one line; fields that hold their default are left out where that is safe.
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    /// Writes the scenario as indented JSON.
    pub fn to_json_pretty(&self) -> String {
        format!("{:#}", self.to_value())
    }

    fn to_value(&self) -> Value {
        match (json::write(self), json::write(&Self::default())) {
            (Value::Object(mut fields), Value::Object(default)) => {
                fields.retain(|name, value| name == "version" || default.get(name) != Some(value));
                Value::Object(fields)
            }
            (whole, _) => whole,
        }
    }
}

/// A value as it is quoted in an error: JSON, cut after some 60 characters.
pub(super) fn shortened(value: &Value) -> String {
    beginning(value.to_string(), 60)
}

/// A text that is cut after so many characters. The name of an unknown field may be as long as the scenario.
fn beginning(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text,
        Some(_) => text.chars().take(most - 3).chain("...".chars()).collect(),
    }
}

/// serde's message as the end of the sentence "expected ...".
fn expectation(message: &str) -> String {
    let message = without_place(message);
    if let Some((_, expected)) = message.split_once(", expected ") {
        let known = expected.trim_start_matches("one of ");
        return match message.split('`').nth(1) {
            Some(found) if message.starts_with("unknown field") => {
                format!("no such field here{}, but one of {known}", suggestion(found, known))
            }
            Some(found) if message.starts_with("unknown variant") => {
                format!("another name{}: {known}", suggestion(found, known))
            }
            _ => plain(expected),
        };
    }
    if let Some((_, expected)) = message.split_once("; expected ") {
        return expected.to_owned();
    }
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("it to have the field {field}");
    }
    if message.starts_with("unknown field") {
        return "no such field here".to_owned();
    }
    message
}

/// What a gateway's product says of an unknown field, with the name that was probably meant, if one is close.
fn with_suggestion(message: &str, field: &str, meant: String) -> String {
    let known = message.split_once(", expected ").map_or("", |(_, known)| known);
    match meant.strip_prefix("no such field here") {
        Some(rest) if rest.starts_with(';') => {
            format!("no such field here{}{rest}", suggestion(field, known))
        }
        _ => meant,
    }
}

/// The name among `known` (each between backticks) that was probably meant.
fn suggestion(found: &str, known: &str) -> String {
    let closest = known
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|name| (strsim::normalized_damerau_levenshtein(found, name), name))
        .filter(|(likeness, _)| *likeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    closest.map_or_else(String::new, |(_, name)| format!(" (did you mean `{name}`?)"))
}

/// Rust's names of types as a reader of JSON knows them.
fn plain(expected: &str) -> String {
    match expected {
        "u64" | "u32" | "u16" | "u8" | "usize" => "a whole number, not below 0".to_owned(),
        "f64" => "a number".to_owned(),
        "a map" | "map" => "an object".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "map with a single key" => "an object with a single key, the name of what it is".to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other => other.to_owned(),
    }
}

/// serde_json's message without its "at line 1 column 2".
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(m, _)| m).to_owned()
}
