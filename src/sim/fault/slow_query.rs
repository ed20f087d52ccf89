//! The database is slow.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};
use crate::sim::scenario::{Distribution, ScenarioError};
use crate::sim::time::SimDuration;

/// Every query takes this long: a missing index, a lock, a disk at its limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SlowQuery {
    /// How long; always 3.5 s by default.
    pub query_time: Distribution,
}

impl Default for SlowQuery {
    fn default() -> Self {
        Self { query_time: Distribution::Fixed(SimDuration::from_millis(3_500)) }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "slow_query",
    place: Place::Dependency,
    group: Group::Late,
    title: "Slow query",
    summary: "Every query takes long: a missing index, a lock, a full disk queue.",
    mechanism: "Workers of the origins wait for the database, each holding a connection.",
    default: || SlowQuery::default().into(),
};

impl Behaviour for SlowQuery {
    fn query_time(&self) -> Option<Distribution> {
        Some(self.query_time)
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        self.query_time.check(&format!("{at}/query_time"))
    }

    fn label(&self) -> String {
        format!("query takes {}", self.query_time.words())
    }
}
