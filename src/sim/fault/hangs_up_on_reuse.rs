//! The origin hangs up just as a kept connection is used again.

use serde::{Deserialize, Serialize};

use super::{Behaviour, Ending, FaultInfo, Group, OnRead, Place};

/// The origin closes a kept-alive connection at the moment at which the next request arrives on it: the race
/// between the caller's reuse and the callee's idle timeout (RFC 9112 §9.5), every time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct HangsUpOnReuse {
    /// How it ends; closed by default.
    pub how: Ending,
}

pub(super) const INFO: FaultInfo = FaultInfo {
    kind: "hangs_up_on_reuse",
    place: Place::Origin,
    group: Group::GivesNoAnswer,
    title: "Hangs up on reuse",
    summary: "It closes kept-alive connections just as the next request is on its way.",
    mechanism: "The request meets a closed connection; whether it is sent again is up to the caller. It has an effect where connections are kept alive.",
    default: || HangsUpOnReuse::default().into(),
};

impl Behaviour for HangsUpOnReuse {
    fn on_reuse(&self) -> Option<OnRead> {
        Some(OnRead::End { reset: self.how.is_reset() })
    }

    fn label(&self) -> String {
        match self.how {
            Ending::Close => "hangs up on reuse".to_owned(),
            Ending::Reset => "resets on reuse".to_owned(),
        }
    }
}
