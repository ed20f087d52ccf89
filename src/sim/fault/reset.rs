//! A middlebox cuts connections.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, LinkCondition, Place};

/// A middlebox resets every connection that carries data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Reset {}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "reset",
    place: Place::Link,
    group: Group::GivesNoAnswer,
    title: "Connections reset",
    summary: "A middlebox resets every connection that carries data.",
    mechanism: "SYN and ACK pass; a RST answers the first data that crosses.",
    default: || Reset::default().into(),
};

impl Behaviour for Reset {
    fn condition(&self, link: &mut LinkCondition) {
        link.reset = true;
    }

    fn label(&self) -> String {
        "connections reset".to_owned()
    }
}
