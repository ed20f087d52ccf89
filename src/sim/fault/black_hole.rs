//! Packets vanish.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, LinkCondition, Place};

/// Packets vanish: a firewall that drops, a dead route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BlackHole {}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "black_hole",
    place: Place::Link,
    group: Group::NeverConnects,
    title: "Black hole",
    summary: "Packets vanish: a firewall that drops, a dead route.",
    mechanism: "The SYN is never answered, nothing on open connections is acknowledged; only timers end the wait.",
    default: || BlackHole::default().into(),
};

impl Behaviour for BlackHole {
    fn condition(&self, link: &mut LinkCondition) {
        link.black_hole = true;
    }

    fn label(&self) -> String {
        "black hole".to_owned()
    }
}
