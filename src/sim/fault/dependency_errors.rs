//! The database or the third party answers with errors.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};
use crate::sim::scenario::{ScenarioError, within};

/// A share of the queries ends in an error: a deadlock, a full disk, a constraint. Nothing is stored.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DependencyErrors {
    /// Which share of the queries; 1 by default, 0 to 1.
    pub share: f64,
}

impl Default for DependencyErrors {
    fn default() -> Self {
        Self { share: 1.0 }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "dependency_errors",
    place: Place::Dependency,
    group: Group::AnswersWithAnError,
    title: "Dependency answers with errors",
    summary: "Queries fail: a deadlock, a full disk, a bad migration.",
    mechanism: "The query takes its time, is rolled back, and the application has to answer something.",
    default: || DependencyErrors::default().into(),
};

impl Behaviour for DependencyErrors {
    fn error_share(&self) -> Option<f64> {
        Some(self.share)
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/share"), self.share, 0.0, 1.0)
    }

    fn label(&self) -> String {
        if self.share >= 1.0 {
            "every query fails".to_owned()
        } else {
            format!("{} % of queries fail", (self.share * 1_000.0).round() / 10.0)
        }
    }
}
