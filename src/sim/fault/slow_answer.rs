//! The application itself is slow.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, OnRead, Place};
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

/// Every request takes this long before its answer is written, whatever it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SlowAnswer {
    /// How long; 3.5 s by default, 0 to 1 h.
    pub delay: SimDuration,
}

impl Default for SlowAnswer {
    fn default() -> Self {
        Self { delay: SimDuration::from_millis(3_500) }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "slow_answer",
    place: Place::Origin,
    group: Group::Late,
    title: "Slow answer",
    summary: "The application needs long for every request.",
    mechanism: "The request is acknowledged at once; the first byte of the answer comes late.",
    default: || SlowAnswer::default().into(),
};

impl Behaviour for SlowAnswer {
    fn on_read(&self) -> Option<OnRead> {
        Some(OnRead::AnswerAfter(self.delay))
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/delay"), self.delay, SimDuration::ZERO, SimDuration::from_secs(3_600))
    }

    fn label(&self) -> String {
        format!("answers after {}", self.delay.spoken())
    }
}
