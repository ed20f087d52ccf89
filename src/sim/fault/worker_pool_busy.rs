//! Workers that are stuck.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};
use crate::sim::scenario::{ScenarioError, within};

/// So many workers hang in something that never ends: a deadlock, a call without a timeout.
///
/// They take no request while the fault lasts. One stuck worker stops an event loop altogether.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct WorkerPoolBusy {
    /// How many workers; 8 by default, 1 to 10,000.
    pub workers: u32,
}

impl Default for WorkerPoolBusy {
    fn default() -> Self {
        Self { workers: 8 }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "worker_pool_busy",
    place: Place::Origin,
    group: Group::Late,
    title: "Workers stuck",
    summary: "Workers hang in a deadlock or a call without a timeout.",
    mechanism: "Requests are read and wait for the workers that are left, if there are any.",
    default: || WorkerPoolBusy::default().into(),
};

impl Behaviour for WorkerPoolBusy {
    fn stuck_workers(&self) -> u32 {
        self.workers
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/workers"), self.workers, 1, 10_000)
    }

    fn label(&self) -> String {
        format!("{} workers stuck", self.workers)
    }
}
