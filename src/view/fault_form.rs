//! A fault's parameters as fields, whatever the fault: they are read from the form that scenarios write.

use serde_json::Value;

use crate::sim::fault::Fault;
use crate::sim::json;

use super::form::Refusal;

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its place within the fault, as a JSON pointer.
    pub pointer: String,
    /// What it is called: `query time`.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// The parameters of a fault that can be typed: texts, numbers and switches.
pub fn parameters(fault: &Fault) -> Vec<Parameter> {
    let mut found = Vec::new();
    collect(&serde_json::to_value(fault).unwrap_or_default(), "", &mut found);
    found
}

fn collect(value: &Value, pointer: &str, found: &mut Vec<Parameter>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, &format!("{pointer}/{name}"), found);
            }
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) => {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // The first name is the kind of fault, which the chip says already.
            let names = pointer.split('/').skip(2).filter(|name| *name != "fixed");
            let name = names.collect::<Vec<_>>().join(", ").replace('_', " ");
            if !name.is_empty() {
                found.push(Parameter { pointer: pointer.to_owned(), name, value });
            }
        }
        Value::Null | Value::Array(_) => {}
    }
}

/// The fault with another value of a parameter.
///
/// # Errors
/// If the text is none that the parameter can hold. Ranges are checked when the fault is put into a scenario.
pub fn with(fault: &Fault, pointer: &str, text: &str) -> Result<Fault, Refusal> {
    let mut value = serde_json::to_value(fault).unwrap_or_default();
    let text = text.trim();
    if let Some(place) = value.pointer_mut(pointer) {
        *place = match place {
            Value::Number(_) | Value::Bool(_) => serde_json::from_str(text)
                .map_err(|_| Refusal(format!("{text:?} is not accepted; expected a number.")))?,
            _ => Value::String(text.to_owned()),
        };
    }
    json::read(&value).map_err(|e| Refusal(format!("{text:?} is not accepted: {e}.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::fault::ALL;

    #[test]
    fn every_parameter_of_every_fault_reads_back() {
        for info in ALL {
            let fault = (info.default)();
            for parameter in parameters(&fault) {
                assert_eq!(
                    with(&fault, &parameter.pointer, &parameter.value),
                    Ok(fault.clone()),
                    "{parameter:?}"
                );
                assert_ne!(with(&fault, &parameter.pointer, "\u{1F980}"), Ok(fault.clone()));
            }
        }
    }
}
