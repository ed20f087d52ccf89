//! The application hangs up before it reads.

use serde::{Deserialize, Serialize};

use super::{Behaviour, Ending, FaultInfo, Group, OnConnect, Place};

/// The connection is accepted and ended before the request is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AcceptThenClose {
    /// How it is ended; `close` by default.
    pub how: Ending,
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "accept_then_close",
    place: Place::Origin,
    group: Group::GivesNoAnswer,
    title: "Hangs up at once",
    summary: "The application accepts connections and ends them without reading.",
    mechanism: "SYN and ACK as usual, then a FIN or RST before a byte of an answer.",
    default: || AcceptThenClose::default().into(),
};

impl Behaviour for AcceptThenClose {
    fn on_connect(&self) -> Option<OnConnect> {
        Some(OnConnect::AcceptThenEnd { reset: self.how.is_reset() })
    }

    fn label(&self) -> String {
        "hangs up at once".to_owned()
    }
}
