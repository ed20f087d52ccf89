//! The code throws and nobody catches.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};
use crate::sim::scenario::{ScenarioError, within};

/// A share of the requests ends in an exception that the application does not handle.
///
/// The framework catches it, rolls the transaction back and answers 500.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct UnhandledException {
    /// Which share of the requests; 1 by default, 0 to 1.
    pub share: f64,
}

impl Default for UnhandledException {
    fn default() -> Self {
        Self { share: 1.0 }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "unhandled_exception",
    place: Place::Origin,
    group: Group::AnswersWithAnError,
    title: "Unhandled exception",
    summary: "The code throws, and nothing catches it but the framework.",
    mechanism: "The framework rolls back and writes its own error answer.",
    default: || UnhandledException::default().into(),
};

impl Behaviour for UnhandledException {
    fn exception_share(&self) -> Option<f64> {
        Some(self.share)
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/share"), self.share, 0.0, 1.0)
    }

    fn label(&self) -> String {
        if self.share >= 1.0 {
            "throws on every request".to_owned()
        } else {
            format!("throws on {} % of requests", (self.share * 1_000.0).round() / 10.0)
        }
    }
}
