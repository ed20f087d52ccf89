//! Somebody holds a lock in the database and does not let go.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, Place};

/// A migration or a forgotten transaction holds a lock on the orders: whatever writes waits for it, each with a
/// connection of the database in its hands, until the lock is released or the database's `lock_timeout` runs out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LockHeld {}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "lock_held",
    place: Place::Dependency,
    group: Group::Late,
    title: "Lock held",
    summary: "A migration holds a lock on the table of orders.",
    mechanism: "Writing queries wait and fill the connections, until reading ones wait as well.",
    default: || LockHeld::default().into(),
};

impl Behaviour for LockHeld {
    fn locks(&self) -> bool {
        true
    }

    fn label(&self) -> String {
        "table is locked".to_owned()
    }
}
