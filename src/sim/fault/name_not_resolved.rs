//! The name of the host is unknown.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, LinkCondition, Place};

/// DNS has no address for the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct NameNotResolved {}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "name_not_resolved",
    place: Place::Link,
    group: Group::NeverConnects,
    title: "Name does not resolve",
    summary: "DNS has no address for the host.",
    mechanism: "The look-up ends without an address, so no SYN is sent: nobody knows where to.",
    default: || NameNotResolved::default().into(),
};

impl Behaviour for NameNotResolved {
    fn condition(&self, link: &mut LinkCondition) {
        link.name_not_resolved = true;
    }

    fn label(&self) -> String {
        "name does not resolve".to_owned()
    }
}
