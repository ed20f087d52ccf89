//! The network loses packets.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, LinkCondition, Place};
use crate::sim::scenario::{ScenarioError, within};

/// Packets are lost, each independently of the others, and sent again by TCP.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PacketLoss {
    /// The share that is lost; 0.05 by default, 0 to 0.9.
    pub share: f64,
}

impl Default for PacketLoss {
    fn default() -> Self {
        Self { share: 0.05 }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "packet_loss",
    place: Place::Link,
    group: Group::Late,
    title: "Lost packets",
    summary: "Some packets are lost and have to be sent again.",
    mechanism: "TCP sends a lost packet again after 200 ms, a lost opening after 1 s, and waits twice as long each further time.",
    default: || PacketLoss::default().into(),
};

impl Behaviour for PacketLoss {
    fn condition(&self, link: &mut LinkCondition) {
        link.loss = self.share;
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/share"), self.share, 0.0, 0.9)
    }

    fn label(&self) -> String {
        format!("{} % lost", self.share * 100.0)
    }
}
