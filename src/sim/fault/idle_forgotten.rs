//! A middlebox forgets connections that nobody uses.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, LinkCondition, Place};
use crate::sim::scenario::{ScenarioError, within};
use crate::sim::time::SimDuration;

/// A firewall or NAT drops its record of an idle connection without telling either end: the connection is half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct IdleForgotten {
    /// After how long; 30 s by default, 1 ms to 24 h. (A well-known one: 350 s at AWS NAT gateways and network
    /// load balancers, says their documentation.)
    pub after: SimDuration,
}

impl Default for IdleForgotten {
    fn default() -> Self {
        Self { after: SimDuration::from_secs(30) }
    }
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "idle_forgotten",
    place: Place::Link,
    group: Group::GivesNoAnswer,
    title: "Half-open connections",
    summary: "A firewall forgets connections that were idle for a while.",
    mechanism: "Both ends believe that the connection stands; what is sent on it vanishes. New connections are fine.",
    default: || IdleForgotten::default().into(),
};

impl Behaviour for IdleForgotten {
    fn condition(&self, link: &mut LinkCondition) {
        link.forgets_after = Some(self.after);
    }

    fn check(&self, at: &str) -> Result<(), ScenarioError> {
        within(
            &format!("{at}/after"),
            self.after,
            SimDuration::from_millis(1),
            SimDuration::from_secs(86_400),
        )
    }

    fn label(&self) -> String {
        format!("idle connections forgotten after {}", self.after.spoken())
    }
}
