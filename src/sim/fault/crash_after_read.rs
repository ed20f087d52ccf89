//! The worker dies with the request in its hands.

use serde::{Deserialize, Serialize};

use super::{Behaviour, Ending, FaultInfo, Group, OnRead, Place};

/// The worker crashes after it has read the request: a segmentation fault, an OOM kill of one worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CrashAfterRead {
    /// How the connection ends; `close` by default.
    pub how: Ending,
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "crash_after_read",
    place: Place::Origin,
    group: Group::GivesNoAnswer,
    title: "Crashes after reading",
    summary: "The worker reads the request and dies.",
    mechanism: "The request is acknowledged, then the kernel sends a FIN or RST where the answer should begin.",
    default: || CrashAfterRead::default().into(),
};

impl Behaviour for CrashAfterRead {
    fn on_read(&self) -> Option<OnRead> {
        Some(OnRead::End { reset: self.how.is_reset() })
    }

    fn label(&self) -> String {
        "crashes after reading".to_owned()
    }
}
