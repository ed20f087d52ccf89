//! The process stands still.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};

/// The process is stopped (SIGSTOP, a deadlock, a long pause of the garbage collector).
///
/// The kernel still opens connections and takes data in; nothing is worked on until it goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Frozen {}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "frozen",
    place: Place::Origin,
    group: Group::GivesNoAnswer,
    title: "Frozen",
    summary: "The process stands still: a deadlock, a long pause, a stop signal.",
    mechanism: "The kernel still opens connections and acknowledges requests; no byte of an answer follows.",
    default: || Frozen::default().into(),
};

impl Behaviour for Frozen {
    fn freezes(&self) -> bool {
        true
    }

    fn label(&self) -> String {
        "frozen".to_owned()
    }
}
