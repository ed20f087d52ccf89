//! The process dies again and again.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

/// The process dies now, and each time this long after its start: a migration that fails, a missing file.
///
/// Its supervisor starts it again (setting `restart`); by default it waits longer each time, as Kubernetes does in
/// CrashLoopBackOff. When the fault is gone, what is left of the wait is still waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CrashLoop {
    /// How long the process lives, its start included; 2 s by default, 0 to an hour.
    pub after: SimDuration,
}

impl Default for CrashLoop {
    fn default() -> Self {
        Self { after: SimDuration::from_secs(2) }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "crash_loop",
    place: Place::Origin,
    group: Group::NeverConnects,
    title: "Crash loop",
    summary: "The process dies shortly after each start.",
    mechanism: "Its port is closed while it is down, and its supervisor waits longer each time.",
    default: || CrashLoop::default().into(),
};

impl Behaviour for CrashLoop {
    fn crashes_after(&self) -> Option<SimDuration> {
        Some(self.after)
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/after"), self.after, SimDuration::ZERO, SimDuration::from_secs(3_600))
    }

    fn label(&self) -> String {
        format!("dies {} after each start", self.after.spoken())
    }
}
