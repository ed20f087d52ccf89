//! The application's process is not running.

use serde::{Deserialize, Serialize};

use super::{Behaviour, FaultInfo, Group, OnConnect, Place};

/// The process is gone: killed, not started, or crashed for good.
///
/// Connections that were open are closed by the kernel, and what was being worked on is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ProcessDown {}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "process_down",
    place: Place::Origin,
    group: Group::NeverConnects,
    title: "Process down",
    summary: "The application is not running; its port is closed.",
    mechanism: "The kernel answers every SYN with a RST, and a FIN ends the connections that were open.",
    default: || ProcessDown::default().into(),
};

impl Behaviour for ProcessDown {
    fn on_connect(&self) -> Option<OnConnect> {
        Some(OnConnect::Refuse)
    }

    fn kills(&self) -> bool {
        true
    }

    fn label(&self) -> String {
        "process down".to_owned()
    }
}
