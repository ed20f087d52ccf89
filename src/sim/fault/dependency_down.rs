//! The database or the third party is not there.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};

/// The process is gone: what it worked on is lost, and every new query is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DependencyDown {}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "dependency_down",
    place: Place::Dependency,
    group: Group::NeverConnects,
    title: "Dependency down",
    summary: "The database is not running; its port is closed.",
    mechanism: "The kernel answers every SYN with a RST, and the application sees its query fail at once.",
    default: || DependencyDown::default().into(),
};

impl Behaviour for DependencyDown {
    fn kills(&self) -> bool {
        true
    }

    fn label(&self) -> String {
        "dependency down".to_owned()
    }
}
