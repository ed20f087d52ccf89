//! The network is slow.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, LinkCondition, Place};
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

/// Every crossing takes longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AddedLatency {
    /// How much, each way; 250 ms by default, 0 to 60 s.
    pub latency: SimDuration,
}

impl Default for AddedLatency {
    fn default() -> Self {
        Self { latency: SimDuration::from_millis(250) }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "added_latency",
    place: Place::Link,
    group: Group::Late,
    title: "Slow network",
    summary: "Every crossing of the network takes longer.",
    mechanism: "A new connection costs three crossings before the request arrives, the answer one more.",
    default: || AddedLatency::default().into(),
};

impl Behaviour for AddedLatency {
    fn condition(&self, link: &mut LinkCondition) {
        link.added_latency += self.latency;
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/latency"), self.latency, SimDuration::ZERO, SimDuration::from_secs(60))
    }

    fn label(&self) -> String {
        format!("{} slower each way", self.latency.spoken())
    }
}
