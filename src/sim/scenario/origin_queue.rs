//! How requests of an origin wait, and which are turned away.

use serde::{Deserialize, Serialize};

use super::ScenarioError;
use super::validate::{HOUR, MILLISECOND, within};
use crate::sim::time::SimDuration;

/// When the process takes requests in from the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Accepts {
    /// At once; they wait in the process's own queue.
    #[default]
    Always,
    /// Only when a worker is free; until then they wait in the kernel, unread, and the process's own queue stays empty
    /// (Apache's prefork, gunicorn's sync workers, PHP-FPM).
    WhenFree,
}

/// Who is next of those who wait for a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Discipline {
    /// First come, first served.
    #[default]
    Fifo,
    /// Last come, first served.
    Lifo,
    /// First come, first served; requests are dropped (503) when the least wait of an interval is above the target
    /// (RFC 8289, whose defaults for packets these are).
    Codel {
        /// The wait that is acceptable for good; 5 ms by default, 1 ms to an hour.
        #[serde(default = "five_ms")]
        target: SimDuration,
        /// How long the wait may be above it; 100 ms by default, 1 ms to an hour.
        #[serde(default = "hundred_ms")]
        interval: SimDuration,
    },
    /// Facebook's variant (Maurer, "Fail at Scale", ACM Queue 13(8), 2015): a request may wait `longest`, but only
    /// `shortest` once the queue has not been empty for `longest`; and while that is so the last come is served first.
    Adaptive {
        /// 5 ms by default, 1 ms to an hour.
        #[serde(default = "five_ms")]
        shortest: SimDuration,
        /// 100 ms by default, 1 ms to an hour.
        #[serde(default = "hundred_ms")]
        longest: SimDuration,
    },
}

const fn five_ms() -> SimDuration {
    SimDuration::from_millis(5)
}

const fn hundred_ms() -> SimDuration {
    SimDuration::from_millis(100)
}

/// Which requests are turned away on arrival, with 503 and `Retry-After`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Shedding {
    /// None.
    #[default]
    Off,
    /// Those that come when so many are inside already, waiting or worked on.
    Concurrency {
        /// How many; 1 to 1,000,000.
        limit: u32,
        /// The seconds that `Retry-After` names; 1 by default.
        #[serde(default = "one")]
        retry_after: u32,
    },
    /// Those that come when the oldest request in the queue has waited longer than this.
    QueueDelay {
        /// How long; 1 ms to an hour.
        limit: SimDuration,
        /// The seconds that `Retry-After` names; 1 by default.
        #[serde(default = "one")]
        retry_after: u32,
    },
}

impl Shedding {
    pub(crate) const fn retry_after(self) -> u32 {
        match self {
            Self::Off => 0,
            Self::Concurrency { retry_after, .. } | Self::QueueDelay { retry_after, .. } => retry_after,
        }
    }
}

const fn one() -> u32 {
    1
}

/// What becomes of a request whose caller has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallerLeft {
    /// It is finished for nobody: what blocking code does, which sees only its own write fail.
    #[default]
    GoesOn,
    /// It ends at once, its worker is free, its query is hung up (Go: `http.Request.Context` is cancelled when the
    /// client's connection closes).
    Cancels,
    /// It is skipped if it still waits for a worker; what has begun goes on.
    SkipsQueued,
}

impl Discipline {
    /// Checks ranges; `at` is the setting's JSON pointer.
    pub(super) fn check(self, at: &str) -> Result<(), ScenarioError> {
        let time = |name: &str, value| within(&format!("{at}/{name}"), value, MILLISECOND, HOUR);
        match self {
            Self::Codel { target, interval } => {
                time("codel/target", target)?;
                time("codel/interval", interval)
            }
            Self::Adaptive { shortest, longest } => {
                time("adaptive/shortest", shortest)?;
                time("adaptive/longest", longest)
            }
            Self::Fifo | Self::Lifo => Ok(()),
        }
    }
}

impl Shedding {
    /// Checks ranges; `at` is the setting's JSON pointer.
    pub(super) fn check(self, at: &str) -> Result<(), ScenarioError> {
        match self {
            Self::Concurrency { limit, .. } => {
                within(&format!("{at}/concurrency/limit"), limit, 1, 1_000_000)
            }
            Self::QueueDelay { limit, .. } => {
                within(&format!("{at}/queue_delay/limit"), limit, MILLISECOND, HOUR)
            }
            Self::Off => Ok(()),
        }
    }
}
