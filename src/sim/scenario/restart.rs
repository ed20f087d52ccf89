//! How an origin's process is started, and by whom.

use serde::{Deserialize, Serialize};

use super::ScenarioError;
use super::validate::{DAY, MILLISECOND, within};
use crate::sim::time::SimDuration;

/// How much slower a process is after a start: caches are cold, code is not compiled yet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// The service time at the start, as a multiple of the usual one; 1 to 1,000.
    pub factor: f64,
    /// How long it takes to fall, evenly, to 1; up to 24 h.
    pub over: SimDuration,
}

/// Who starts the process again when it has died by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Restart {
    /// Nobody.
    Never,
    /// A supervisor, after this long (systemd: `Restart=on-failure` with `RestartSec`, 100 ms by default); up to 24 h.
    After(SimDuration),
    /// A supervisor that waits longer each time (Kubernetes' CrashLoopBackOff: the first restart at once, then after
    /// 10 s, 20 s, 40 s and so on to 300 s; forgotten after 10 minutes without a death. Kubernetes documentation,
    /// "Pod Lifecycle", Container restarts).
    BackOff {
        /// The wait before the second restart; 10 s by default, 1 ms to 24 h.
        #[serde(default = "ten_s")]
        first: SimDuration,
        /// The longest wait; 300 s by default, 1 ms to 24 h.
        #[serde(default = "five_min")]
        cap: SimDuration,
        /// How long the process must live for its deaths to be forgotten; 600 s by default, 1 ms to 24 h.
        #[serde(default = "ten_min")]
        reset: SimDuration,
    },
}

impl Default for Restart {
    fn default() -> Self {
        Self::BackOff { first: ten_s(), cap: five_min(), reset: ten_min() }
    }
}

const fn ten_s() -> SimDuration {
    SimDuration::from_secs(10)
}

const fn five_min() -> SimDuration {
    SimDuration::from_secs(300)
}

const fn ten_min() -> SimDuration {
    SimDuration::from_secs(600)
}

impl WarmUp {
    /// Checks ranges; `at` is the setting's JSON pointer.
    pub(super) fn check(self, at: &str) -> Result<(), ScenarioError> {
        within(&format!("{at}/factor"), self.factor, 1.0, 1_000.0)?;
        within(&format!("{at}/over"), self.over, SimDuration::ZERO, DAY)
    }
}

impl Restart {
    /// Checks ranges; `at` is the setting's JSON pointer.
    pub(super) fn check(self, at: &str) -> Result<(), ScenarioError> {
        match self {
            Self::Never => Ok(()),
            Self::After(wait) => within(&format!("{at}/after"), wait, SimDuration::ZERO, DAY),
            Self::BackOff { first, cap, reset } => {
                for (name, time) in [("first", first), ("cap", cap), ("reset", reset)] {
                    within(&format!("{at}/back_off/{name}"), time, MILLISECOND, DAY)?;
                }
                Ok(())
            }
        }
    }
}
