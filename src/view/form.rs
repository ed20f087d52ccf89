//! Why what a person typed is not accepted.

use crate::sim::message::Method;
use crate::sim::scenario::ScenarioError;

/// Why a text is not accepted: what it is, and what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub String);

impl From<ScenarioError> for Refusal {
    fn from(error: ScenarioError) -> Self {
        match error {
            ScenarioError::Field { pointer, value, expected } => {
                // The field's own name: indices of lists say nothing to who sees one field.
                let name = pointer.rsplit('/').find(|step| step.parse::<usize>().is_err());
                let name =
                    name.filter(|name| !name.is_empty()).map_or(String::new(), |name| format!("{name} "));
                Self(format!("{name}{value} is not accepted; expected {expected}."))
            }
            other => Self(other.to_string()),
        }
    }
}

/// All methods of the composer.
pub fn methods() -> impl Iterator<Item = Method> {
    Method::ALL.into_iter()
}
