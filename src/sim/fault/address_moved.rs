//! The host has a new address, and callers remember the old one.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, LinkCondition, Place};

/// What is at the old address now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OldAddress {
    /// A host on which nobody listens at that port: refused at once.
    #[default]
    Refuses,
    /// Nobody: packets vanish.
    IsGone,
}

/// The host moves to a new address at the moment at which this begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AddressMoved {
    /// What is at the old address now; it refuses by default.
    pub old: OldAddress,
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "address_moved",
    place: Place::Link,
    group: Group::NeverConnects,
    title: "Stale address",
    summary: "The host has moved to another address.",
    mechanism: "Who remembers the old address goes on connecting to it, until the name is looked up again. It has an effect where the link has a `dns` setting.",
    default: || AddressMoved::default().into(),
};

impl Behaviour for AddressMoved {
    fn condition(&self, link: &mut LinkCondition) {
        link.moved = Some(self.old);
    }

    fn label(&self) -> String {
        match self.old {
            OldAddress::Refuses => "moved, old address refuses".to_owned(),
            OldAddress::IsGone => "moved, old address is gone".to_owned(),
        }
    }
}
